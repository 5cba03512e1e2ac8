"""The audit log: one chain that is only added to, and whose check names the first entry that does not fit."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from etl.errors import SetupError
from etl.warehouse import auditlog, auditlog_anchor, cluster, databases, engine, service
from etl.warehouse.auditlog_anchor import Anchor
from etl.warehouse.auditlog_verify import Verdict, verify
from tests.conftest import clone
from tests.editions import unguarded

ENTRIES = 8


@pytest.fixture(scope="module")
def filled(template: str) -> Iterator[str]:
    """A database whose log has eight entries; tests change it and roll back."""
    name = clone(template)
    with engine.open_engine(service.url(name, service.ADMIN)).begin() as connection:
        for number in range(ENTRIES - 1):
            auditlog.record(connection, "berechnet", f"Schritt {number}", werte=number, text="Größe „€“")
    yield name
    databases.drop_database(name)


@pytest.fixture
def log(filled: str) -> Iterator[Connection]:
    """A connection to the filled log as the owner; nothing that a test does there stays."""
    with engine.open_engine(service.url(filled, service.ADMIN)).connect() as connection:
        yield connection


@contextmanager
def without_triggers(connection: Connection) -> Iterator[None]:
    """What only the owner can do: take the protection away, tamper, put it back."""
    connection.execute(text("ALTER TABLE audit.entry DISABLE TRIGGER USER"))
    yield
    connection.execute(text("ALTER TABLE audit.entry ENABLE TRIGGER USER"))


def tampered(connection: Connection, *statements: str) -> Verdict:
    with without_triggers(connection):
        for statement in statements:
            connection.execute(text(statement))
    return verify(connection)


def test_an_untouched_chain_holds_and_begins_with_something_of_its_own(log: Connection) -> None:
    verdict = verify(log)
    assert (verdict.fault, verdict.entries, verdict.clock_jumps) == (None, ENTRIES, ())
    assert verdict.head == auditlog.head(log)
    first, *rest = auditlog.entries(log, limit=100)
    assert first.action == "protokoll_begonnen"
    assert len(first.detail["kette"]) == 36
    assert [e.id for e in rest] == list(range(2, ENTRIES + 1))
    assert {(e.actor, e.role) for e in rest} == {("sozialbericht_admin", "sozialbericht_owner")}


def test_entries_are_found_by_kind_and_by_a_part_of_their_object(log: Connection) -> None:
    assert [e.object for e in auditlog.entries(log, limit=100, subject="SCHRITT 3")] == ["Schritt 3"]
    assert [e.id for e in auditlog.entries(log, limit=3, action="berechnet")] == [ENTRIES - 2, ENTRIES - 1, ENTRIES]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit.entry SET object = 'anderes' WHERE id = 3",
        "DELETE FROM audit.entry WHERE id = 3",
        "TRUNCATE audit.entry",
    ],
)
def test_nobody_changes_or_deletes_not_even_the_owner(log: Connection, statement: str) -> None:
    with pytest.raises(DBAPIError, match="wird nur fortgeschrieben"):
        log.execute(text(statement))


def test_a_direct_insert_is_numbered_dated_and_chained_by_the_trigger(log: Connection) -> None:
    log.execute(
        text("""
        INSERT INTO audit.entry (id, at, actor, role, application, action, object, previous_sha256, sha256)
        VALUES (99, '1999-01-01', 'jemand', 'anderes', 'x', 'stand_approved', 'A', 'p', 's')
        """)
    )
    verdict = verify(log)
    assert (verdict.fault, verdict.entries) == (None, ENTRIES + 1)
    last = auditlog.entries(log, limit=1)[0]
    assert last.actor == "sozialbericht_admin"
    assert (datetime.now(UTC) - last.at).total_seconds() < 60


@pytest.mark.parametrize(
    ("statements", "entry", "words"),
    [
        (["UPDATE audit.entry SET detail = '{\"werte\": 1000}' WHERE id = 4"], 4, "wurde geändert"),
        (["UPDATE audit.entry SET at = at + interval '1 microsecond' WHERE id = 4"], 4, "wurde geändert"),
        (["UPDATE audit.entry SET clock_behind_ms = 5 WHERE id = 8"], 8, "wurde geändert"),
        (["DELETE FROM audit.entry WHERE id = 4"], 4, "fehlt: er wurde gelöscht"),
        (["DELETE FROM audit.entry WHERE id = 1"], 1, "fehlt: er wurde gelöscht"),
        (
            ["DELETE FROM audit.entry WHERE id = 4", "UPDATE audit.entry SET id = id - 1 WHERE id > 4"],
            4,
            "davor wurde etwas gelöscht",
        ),
        (
            ["UPDATE audit.entry SET id = CASE id WHEN 5 THEN -6 ELSE -5 END WHERE id IN (5, 6)",
             "UPDATE audit.entry SET id = -id WHERE id < 0"],
            5,
            "vertauscht",
        ),
        (
            ["UPDATE audit.entry SET id = -id - 1 WHERE id > 4", "UPDATE audit.entry SET id = -id WHERE id < 0",
             "INSERT INTO audit.entry SELECT 5, at, actor, role, application, action, 'untergeschoben', detail, NULL, "
             "sha256, '' FROM audit.entry WHERE id = 4",
             "UPDATE audit.entry e SET sha256 = audit.fingerprint(e) WHERE id = 5"],
            6,
            "davor wurde etwas eingefügt",
        ),
        (
            ["UPDATE audit.entry SET object = 'anderes' WHERE id = 4",
             "UPDATE audit.entry e SET sha256 = audit.fingerprint(e) WHERE id = 4"],
            5,
            "schließt nicht an Eintrag 4 an",
        ),
    ],
)  # fmt: skip
def test_the_check_names_the_first_entry_that_does_not_fit(
    log: Connection, statements: list[str], entry: int, words: str
) -> None:
    verdict = tampered(log, *statements)
    assert verdict.entry == entry
    assert verdict.fault is not None
    assert words in verdict.fault


REWRITE = """
DO $$ DECLARE n int; BEGIN
    FOR n IN 4..8 LOOP
        UPDATE audit.entry SET previous_sha256 = (SELECT sha256 FROM audit.entry WHERE id = n - 1) WHERE id = n;
        UPDATE audit.entry e SET sha256 = audit.fingerprint(e) WHERE id = n;
    END LOOP;
END $$
"""


def anchored(log: Connection) -> Anchor:
    anchor = auditlog_anchor.now(log)
    assert anchor is not None
    return anchor


def test_only_the_anchor_finds_a_chain_that_was_cut_off_or_rewritten_to_its_end(log: Connection) -> None:
    anchor = anchored(log)
    assert verify(log, [anchor]).fault is None
    with log.begin_nested() as attempt:
        assert tampered(log, "DELETE FROM audit.entry WHERE id > 6").fault is None
        cut = verify(log, [anchor])
        assert cut.entry == 7
        assert "Am Ende fehlen Einträge" in str(cut.fault)
        attempt.rollback()
    assert tampered(log, "UPDATE audit.entry SET object = 'anderes' WHERE id = 4", REWRITE).fault is None
    rewritten = verify(log, [anchor])
    assert rewritten.entry == ENTRIES
    assert "neu geschrieben" in str(rewritten.fault)


def test_a_clock_that_jumps_back_is_noted_and_breaks_nothing(log: Connection) -> None:
    with without_triggers(log):
        log.execute(
            text("""
            INSERT INTO audit.entry SELECT id + 1, at + interval '1 hour', actor, role, application, action, object,
                detail, NULL, sha256, '' FROM audit.entry ORDER BY id DESC LIMIT 1
            """)
        )
        log.execute(text("UPDATE audit.entry e SET sha256 = audit.fingerprint(e) WHERE id = 9"))
    auditlog.record(log, "berechnet", "nach dem Rücksprung")
    auditlog.record(log, "berechnet", "danach")
    verdict = verify(log)
    assert verdict.fault is None
    assert verdict.clock_jumps == (10,)
    behind = auditlog.entries(log, limit=2)[0].clock_behind_ms
    assert behind is not None
    assert 3_000_000 < behind <= 3_600_000


def test_two_writers_take_turns_and_a_rolled_back_entry_leaves_no_gap(database: str) -> None:
    opened = engine.open_engine(service.url(database, service.ADMIN))

    def many(number: int) -> None:
        for _ in range(10):
            auditlog.record_alone(opened, "berechnet", str(number))

    threads = [threading.Thread(target=many, args=(n,)) for n in range(3)]
    for thread in threads:
        thread.start()
    with opened.connect() as connection:
        auditlog.record(connection, "berechnet", "verworfen")
        connection.rollback()
    for thread in threads:
        thread.join()
    with opened.connect() as connection:
        verdict = verify(connection)
        assert (verdict.fault, verdict.entries) == (None, 31)
        assert auditlog.entries(connection, limit=100, subject="verworfen") == []


def as_role(filled: str, role: str) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(service.dsn(filled, role), autocommit=False)


@pytest.mark.parametrize("role", ["statistik", "freigabe"])
def test_people_add_entries_under_their_own_name_and_nothing_else(filled: str, role: str) -> None:
    with as_role(filled, role) as connection:
        connection.execute("SELECT audit.record('eingesehen', 'Probe')")
        row = connection.execute("SELECT actor, role FROM audit.entry ORDER BY id DESC LIMIT 1").fetchone()
        assert row == (role, role)
        connection.rollback()
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("INSERT INTO audit.entry (action, object) VALUES ('eingesehen', 'Probe')")
        connection.rollback()


@pytest.mark.parametrize("role", ["leser", "bezirksplanung", "qgis_server"])
def test_others_neither_read_nor_write_the_log(filled: str, role: str) -> None:
    for statement in ("SELECT audit.record('eingesehen', 'Probe')", "SELECT * FROM audit.entry"):
        with as_role(filled, role) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement)


def test_names_in_schemas_of_others_cannot_stand_in_for_those_of_the_log(filled: str) -> None:
    with psycopg.connect(service.dsn(filled, cluster.SUPERUSER)) as connection:
        connection.execute("CREATE SCHEMA falle")
        connection.execute("CREATE FUNCTION falle.sha256(bytea) RETURNS bytea LANGUAGE sql AS $$ SELECT ''::bytea $$")
        connection.execute("CREATE FUNCTION falle.session_user() RETURNS name LANGUAGE sql AS $$ SELECT 'x'::name $$")
        connection.execute(sql.SQL("SET search_path = falle, pg_catalog"))
        connection.execute("SELECT audit.record('eingesehen', 'Probe')")
        row = connection.execute("SELECT actor, length(sha256) FROM audit.entry ORDER BY id DESC LIMIT 1").fetchone()
        connection.rollback()
    assert row == ("postgres", 64)


def a_line(number: int, chain: str = "a", reason: str = "", kept: int | None = None) -> Anchor:
    return Anchor(chain, number, f"{chain}{number}", "2026-01-01T12:00:00+01:00", None, reason, kept)


def test_the_anchor_file_keeps_every_head_once_and_survives_a_cut_off_line(tmp_path: Path) -> None:
    for number in (1, 2, 2, 3):
        auditlog_anchor.write("stadt", a_line(number), tmp_path)
    path = auditlog_anchor.file_of("stadt", tmp_path)
    assert [a.number for a in auditlog_anchor.read(path)] == [1, 2, 3]
    with path.open("a", encoding="utf-8") as handle:
        handle.write('{"chain": "ü')
    assert [a.number for a in auditlog_anchor.read(path)] == [1, 2, 3]
    auditlog_anchor.write("stadt", a_line(4), tmp_path)
    assert [a.number for a in auditlog_anchor.read(path)] == [1, 2, 3, 4]
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join(["kaputt", *lines]), encoding="utf-8")
    with pytest.raises(SetupError, match="Zeile 1"):
        auditlog_anchor.read(path)


def test_a_restore_gives_up_later_heads_and_a_lost_chain_is_found() -> None:
    lines = [a_line(5), a_line(6), a_line(9), a_line(6, reason="wiederhergestellt", kept=5), a_line(7)]
    assert auditlog_anchor.expected(lines, "a") == [lines[0], *lines[3:]]
    assert auditlog_anchor.lost_chain(lines, "a") is None
    assert auditlog_anchor.lost_chain(lines, "b") == lines[-1]
    assert auditlog_anchor.lost_chain([*lines, a_line(1, "b")], "b") == lines[-1]
    assert auditlog_anchor.lost_chain([*lines, a_line(7, reason="ende"), a_line(1, "b")], "b") is None
    assert auditlog_anchor.lost_chain([], "b") is None


def test_the_head_is_written_with_the_published_release(log: Connection, tmp_path: Path) -> None:
    unguarded(log)
    log.execute(
        text(
            "INSERT INTO release.edition (label, status, policy, catalogue_sha256, deliveries) "
            "VALUES ('Stand X', 'published', '{}', '', '[]')"
        )
    )
    anchor = anchored(log)
    assert anchor.release == "Stand X"
    auditlog_anchor.write("x", anchor, tmp_path)
    assert auditlog_anchor.read(auditlog_anchor.file_of("x", tmp_path)) == [anchor]
    assert auditlog_anchor.newest_known(anchor.chain, "y", tmp_path) == anchor


def test_a_copy_that_was_restored_elsewhere_is_not_taken_for_the_city_s_own(tmp_path: Path) -> None:
    for number in (3, 4):
        auditlog_anchor.write("stadt", a_line(number), tmp_path)
    auditlog_anchor.write("probe", a_line(5, reason="wiederhergestellt", kept=4), tmp_path)
    auditlog_anchor.write("probe", a_line(6), tmp_path)
    seen = {name: auditlog_anchor.newest_known("a", name, tmp_path) for name in ("stadt", "probe", "neu")}
    assert {name: a.number for name, a in seen.items() if a} == {"stadt": 4, "probe": 6, "neu": 4}
