"""Disk full, connection lost, two releases at once, a correction after a release: each ends in a stated condition."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from etl.warehouse import cluster, service
from etl.warehouse.account import server_account
from tests.faults.city import SOURCE, City, until

DELIVER = ("deliver", SOURCE, "bestand_2023.csv", "--date", "2023-12-31", "--synthetic")
PUBLISH = ("publish", "--label", "B")
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root to mount a small file system")


def test_a_lost_connection_is_said_in_german_and_undoes_the_step(city: City) -> None:
    before = city.state()
    with city.held("warehouse.count"):
        process = city.start(*DELIVER)
        until(lambda: bool(city.blocked("warehouse.count")))
        with city.connect(cluster.SUPERUSER) as connection:
            connection.execute("SELECT pg_terminate_backend(%s)", (city.blocked("warehouse.count")[0],))
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (1, "")
    assert err.startswith("Fehler: Die Verbindung zur Datenbank ist abgerissen.")
    assert len(err.splitlines()) == 1
    assert city.state() == before
    city.call(*DELIVER)
    assert city.state() != before


def test_of_two_releases_at_once_exactly_one_is_published(city: City) -> None:
    city.call(*DELIVER)
    city.call("compute")
    with city.held("release.value"):
        first, second = (city.start(*PUBLISH) for _ in range(2))
        until(lambda: city.sessions() >= 3)
        until(lambda: bool(city.blocked("release.value")))
    told = sorted((process.wait(), *process.communicate()) for process in (first, second))
    assert told[0][0] == 0
    assert '"stand": "B"' in told[0][1]
    # the other finds it done, or says that it was overtaken while it was auditing
    assert told[1][0] == 0 or "hat sich während der Prüfung geändert" in told[1][2]
    with city.connect() as connection:
        labels = connection.execute("SELECT label, status FROM release.edition ORDER BY id").fetchall()
    assert labels == [("A", "superseded"), ("B", "published")]


RELEASED = """
SELECT to_jsonb(v) FROM release.value v JOIN release.edition e ON e.id = v.edition_id WHERE e.label = %s ORDER BY v.id
"""
HIDDEN = """
SELECT unit_id, indicator_id, group_code, period FROM release.value v JOIN release.edition e ON e.id = v.edition_id
WHERE e.label = %s AND v.status = 'geheim'
"""


def test_a_correction_after_a_release_leaves_it_as_it_was_and_reveals_nothing_hidden(city: City) -> None:
    city.call(*DELIVER)
    city.call("compute")
    city.call(*PUBLISH)
    with city.connect() as connection:
        old = connection.execute(RELEASED, ("B",)).fetchall()
        hidden = set(connection.execute(HIDDEN, ("B",)))
    city.call("deliver", SOURCE, "bestand_2023_neu.csv", "--date", "2023-12-31", "--synthetic")
    city.call("compute")
    assert city.call("publish", "--label", "C")["neu"]
    with city.connect() as connection:
        assert connection.execute(RELEASED, ("B",)).fetchall() == old
        assert old
        # corrected counts are others, which the audit of C has tried together with B; the rest stays hidden
        untouched = {cell for cell in hidden if cell[3] == "2022"}
        assert untouched
        assert untouched <= set(connection.execute(HIDDEN, ("C",)))
        states = connection.execute(
            "SELECT file_name, status FROM intake.delivery WHERE reference_date = '2023-12-31' ORDER BY id"
        ).fetchall()
    assert states == [("bestand_2023.csv", "superseded"), ("bestand_2023_neu.csv", "active")]
    assert city.call("audit", "verify")["unversehrt"]


@contextmanager
def small_disk(megabytes: int) -> Iterator[Path]:
    """A file system of some megabytes that the database's account may write to."""
    folder = Path(tempfile.mkdtemp(prefix="sozialbericht-klein-", dir="/var/tmp"))
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0755", "tmpfs", str(folder)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        folder.rmdir()
        if os.environ.get("CI") == "true":
            pytest.fail(f"CI must be able to mount a small file system: {done.stderr}")
        pytest.skip(f"cannot mount a small file system: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)
        folder.rmdir()


@contextmanager
def on_small_disk(city: City, room: int) -> Iterator[Path]:
    """The database on a disk with ``room`` megabytes beside it; a file there takes all but some of them."""
    size = int(city.value("SELECT pg_database_size(current_database())")) // 2**20
    with small_disk(size + room) as disk:
        data = disk / "daten"
        data.mkdir()
        server_account().give(data, 0o700)
        with psycopg.connect(service.dsn("postgres", cluster.SUPERUSER), autocommit=True) as connection:
            run = connection.execute
            run(sql.SQL("CREATE TABLESPACE stoerung_klein LOCATION {}").format(sql.Literal(str(data))))
            try:
                name = sql.Identifier(city.name)
                run(sql.SQL("ALTER DATABASE {} SET TABLESPACE stoerung_klein").format(name))
                yield disk
                city.wait_until_alone()
            finally:
                city.put_back()
                run("DROP TABLESPACE stoerung_klein")


def fill(disk: Path, left: int) -> Path:
    """A file that takes all of a disk but ``left`` bytes."""
    file = disk / "voll"
    with file.open("wb") as handle:
        handle.write(b"\0" * max(0, shutil.disk_usage(disk).free - left))
    return file


@as_root
@pytest.mark.skipif("SOZIALBERICHT_DSN" in os.environ, reason="needs the private cluster's account")
def test_a_full_disk_of_the_server_is_said_in_german_and_undoes_the_step(city: City) -> None:
    assert pwd.getpwuid(server_account().uid)
    city.wait_until_alone()
    before = city.state()
    with on_small_disk(city, 16) as disk:
        full = fill(disk, 64 * 1024)
        words = city.call(*DELIVER, code=1)
        assert "kein Platz mehr" in words
        assert "Abhilfe" in words
        full.unlink()
        assert city.state() == before
        city.call(*DELIVER)
        assert city.state()["journal"] != before["journal"]


@as_root
def test_a_full_disk_leaves_no_half_backup(city: City) -> None:
    with small_disk(1) as disk:
        words = city.call("db", "backup", str(disk / "sicherung.dump"), code=1)
        assert "wurde nicht geschrieben" in words
        assert list(disk.iterdir()) == []
