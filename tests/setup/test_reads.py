"""Who reads restricted tables with a login of their own is noted in the server's log, and nobody else."""

from __future__ import annotations

import time
from pathlib import Path

import psycopg
import pytest

from etl.warehouse import auditlog_reads, cluster, databases, pgaudit, service
from etl.warehouse.auditlog_reads import Read

TABLES = """
CREATE SCHEMA warehouse; CREATE TABLE warehouse.count (value int); CREATE TABLE warehouse.period (code text);
CREATE SCHEMA sozialbericht; CREATE VIEW sozialbericht.wert AS SELECT value FROM warehouse.count;
GRANT USAGE ON SCHEMA warehouse, sozialbericht TO statistik, leser;
GRANT SELECT ON warehouse.count, warehouse.period, sozialbericht.wert TO statistik;
GRANT SELECT ON sozialbericht.wert TO leser;
GRANT SELECT ON warehouse.count TO sozialbericht_pruefer;
"""


def noted(home: Path, expected: int) -> list[Read]:
    """What is in the log once the server's collector has written ``expected`` lines."""
    for _ in range(100):
        found = auditlog_reads.summary("praxis", home)
        if sum(read.statements for read in found) >= expected:
            break
        time.sleep(0.05)
    return found


@pytest.fixture
def tables(server_home: Path) -> Path:
    info = cluster.ensure_running(server_home)
    if not pgaudit.library(info.version).exists():
        pytest.skip("pgaudit is not installed; the program goes on without it")
    databases.ensure_database("praxis")
    with psycopg.connect(service.dsn("praxis", service.ADMIN), autocommit=True) as connection:
        if connection.execute("SELECT to_regclass('warehouse.count')").fetchone() == (None,):
            connection.execute(TABLES.encode())
    return server_home


def test_people_are_noted_with_role_table_and_time_but_not_with_what_they_asked(tables: Path) -> None:
    for role, statement in (
        ("statistik", "SELECT value FROM warehouse.count WHERE value = 4711"),
        ("statistik", "SELECT count(*) FROM warehouse.count"),
        ("statistik", "SELECT * FROM warehouse.period"),
        ("leser", "SELECT * FROM sozialbericht.wert"),
        (service.ADMIN, "SELECT * FROM warehouse.count"),
    ):
        with psycopg.connect(service.dsn("praxis", role), autocommit=True) as connection:
            connection.execute(statement.encode())
    found = noted(tables, 2)
    assert [(r.role, r.object, r.statements) for r in found] == [("statistik", "warehouse.count", 2)]
    assert found[0].first <= found[0].last
    for log in (tables / "cluster" / pgaudit.FOLDER).iterdir():
        assert "4711" not in log.read_text(encoding="utf-8")
        assert log.stat().st_mode & 0o077 == 0


def test_a_person_cannot_switch_it_off(tables: Path) -> None:
    with psycopg.connect(service.dsn("praxis", "statistik"), autocommit=True) as connection:
        for setting in ("pgaudit.role", "pgaudit.log"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"SET {setting} TO ''".encode())


def test_without_the_extension_the_server_starts_and_it_is_said(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pgaudit, "LIBRARIES", Path("/nonexistent"))
    cluster.ensure_running(home)
    assert "apt-get install postgresql-" in str(auditlog_reads.unavailable(home))
    with psycopg.connect(service.dsn("postgres", cluster.SUPERUSER, home)) as connection:
        assert connection.execute("SHOW shared_preload_libraries").fetchone() == ("",)
    databases.ensure_database("praxis", home)
    with psycopg.connect(service.dsn("praxis", "statistik", home)) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_only_the_newest_log_files_are_kept(tmp_path: Path) -> None:
    folder = tmp_path / pgaudit.FOLDER
    folder.mkdir()
    for number in range(pgaudit.KEPT_FILES + 3):
        (folder / f"server-2026-01-01_{number:06d}.log").touch()
    pgaudit.clear_old(tmp_path)
    left = sorted(p.name for p in folder.iterdir())
    assert len(left) == pgaudit.KEPT_FILES
    assert left[0] == "server-2026-01-01_000003.log"
