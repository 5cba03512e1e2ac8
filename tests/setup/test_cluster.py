"""The embedded cluster lives through what happens to a machine: crash, reboot, taken port, two calls at once."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from etl import settings
from etl.errors import SetupError
from etl.warehouse import cluster, databases, passwords, service
from etl.warehouse.account import server_account


def connect(home: Path, database: str = "postgres") -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(service.dsn(database, cluster.SUPERUSER, home), autocommit=True)


def value(home: Path, query: str) -> object:
    with connect(home) as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return row[0]


def server_pid(home: Path) -> int:
    return int((home / "cluster" / "postmaster.pid").read_text().split("\n", 1)[0])


def test_a_new_cluster_is_safe_private_and_the_same_everywhere(shared_home: Path) -> None:
    expected = {
        "fsync": "on",
        "full_page_writes": "on",
        "listen_addresses": "127.0.0.1",
        "server_encoding": "UTF8",
        "data_checksums": "on",
        "password_encryption": "scram-sha-256",
        "jit": "off",
        "TimeZone": "Europe/Berlin",
    }
    with connect(shared_home) as connection:
        found = {
            name: connection.execute("SELECT current_setting(%s)", (name,)).fetchone()[0]  # type: ignore[index]
            for name in expected
        }
        collations = {row[0] for row in connection.execute("SELECT datcollate FROM pg_database")}
    assert found == expected
    assert collations == {"C.UTF-8"}
    assert (shared_home / "cluster").stat().st_mode & 0o077 == 0
    assert (shared_home / "run").stat().st_mode & 0o077 == 0
    assert passwords.passfile(shared_home).stat().st_mode & 0o077 == 0


def test_the_server_does_not_run_as_root(shared_home: Path) -> None:
    assert Path(f"/proc/{server_pid(shared_home)}").stat().st_uid != 0


@pytest.mark.parametrize("host", ["socket", "127.0.0.1"])
def test_nobody_enters_with_a_wrong_password(shared_home: Path, host: str) -> None:
    info = cluster.ensure_running(shared_home)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(
            host=info.host if host == "socket" else host,
            port=info.port,
            user=info.superuser,
            dbname="postgres",
            password="falsch",  # noqa: S106
        )


def test_stop_and_start_keep_the_data(home: Path) -> None:
    assert cluster.status(home) == ("fehlt", None)
    first = cluster.ensure_running(home)
    with connect(home) as connection:
        connection.execute("CREATE TABLE merkmal AS SELECT 42 AS zahl")
    assert cluster.stop(home) is True
    assert cluster.status(home) == ("gestoppt", first)
    assert cluster.stop(home) is False
    assert cluster.ensure_running(home) == first
    assert value(home, "SELECT zahl FROM merkmal") == 42


def test_a_killed_server_comes_back_with_what_was_committed(home: Path) -> None:
    cluster.ensure_running(home)
    with connect(home) as connection:
        connection.execute("CREATE TABLE merkmal AS SELECT generate_series(1, 1000) AS zahl")
    pid = server_pid(home)
    os.kill(pid, signal.SIGKILL)
    cluster.ensure_running(home)
    assert server_pid(home) != pid
    assert value(home, "SELECT count(*) FROM merkmal") == 1000


def test_a_pid_file_that_names_somebody_else_is_stale(home: Path) -> None:
    """After a reboot the recorded process id may belong to any living process, here to this one."""
    cluster.ensure_running(home)
    saved = (home / "cluster" / "postmaster.pid").read_text()
    cluster.stop(home)
    stale = home / "cluster" / "postmaster.pid"
    stale.write_text(saved.replace(saved.split("\n", 1)[0], str(os.getpid()), 1))
    server_account().give(stale, 0o600)
    assert cluster.stop(home) is False
    cluster.ensure_running(home)
    assert value(home, "SELECT 1") == 1


def test_a_taken_port_is_chosen_anew_and_the_service_file_follows(home: Path) -> None:
    databases.ensure_database("hafen", home)
    taken = cluster.ensure_running(home).port
    cluster.stop(home)
    with socket.socket() as squatter:
        squatter.bind(("127.0.0.1", taken))
        squatter.listen()
        databases.ensure_database("hafen", home)
        assert cluster.ensure_running(home).port != taken
    assert service.entry("hafen", home)["port"] == str(cluster.ensure_running(home).port)


def test_two_calls_at_once_make_one_cluster(home: Path) -> None:
    code = "from etl.warehouse import databases; print(databases.ensure_database('zugleich'))"
    calls = [
        subprocess.Popen(
            [sys.executable, "-c", code],
            cwd=settings.PROJECT,
            env={**os.environ, "PYTHONPATH": str(settings.PROJECT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    results = [call.communicate(timeout=120) for call in calls]
    assert [call.returncode for call in calls] == [0, 0, 0], results
    assert len({output for output, _ in results}) == 1
    assert not list(home.glob("cluster.new-*"))


def test_leftovers_of_a_killed_first_start_do_not_matter(home: Path) -> None:
    leftover = home / "cluster.new-4711"
    leftover.mkdir()
    (leftover / "PG_VERSION").write_text("15\n")
    cluster.ensure_running(home)
    assert not leftover.exists()
    assert value(home, "SELECT 1") == 1


def test_a_long_folder_name_still_gets_a_socket(home: Path) -> None:
    deep = home / ("langer-ordnername-" * 4) / ("noch-einer-" * 5)
    deep.mkdir(parents=True)
    try:
        info = cluster.ensure_running(deep)
        assert len(info.host) < 90 < len(str(deep))
        assert value(deep, "SELECT 1") == 1
    finally:
        cluster.destroy(deep)
    assert not Path(info.host).exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server under another account")
def test_a_folder_closed_to_the_server_is_named(home: Path) -> None:
    closed = home / "zu"
    closed.mkdir(mode=0o700)
    with pytest.raises(SetupError, match=f"chmod o\\+x {closed}"):
        cluster.ensure_running(closed / "daten")


def test_no_row_reaches_the_log(home: Path) -> None:
    cluster.ensure_running(home)
    with connect(home) as connection:
        connection.execute("CREATE TABLE person (nummer int PRIMARY KEY, strasse text NOT NULL)")
        connection.execute("INSERT INTO person VALUES (1, 'Geheimweg 7')")
        for statement in (
            "INSERT INTO person VALUES (1, 'Geheimweg 7')",
            "INSERT INTO person SELECT 2, NULL WHERE 'Geheimweg 7' <> ''",
            "SELECT 'Geheimweg 7'::int",
        ):
            with pytest.raises(psycopg.Error):
                connection.execute(statement)
    # beside its first words the server writes into files of its own where pgaudit is installed
    log = "".join(path.read_text() for path in (home / "cluster").rglob("server*.log"))
    assert "duplicate key" in log
    # The last message quotes the value itself; PostgreSQL offers nothing against that but casting in the client.
    assert log.count("Geheimweg") <= 1


def test_destroy_leaves_neither_data_nor_passwords(home: Path) -> None:
    databases.ensure_database("weg", home)
    pid = server_pid(home)
    assert cluster.destroy(home) is True
    assert {path.name for path in home.iterdir()} <= {"cluster.lock", "pg_service.lock"}
    deadline = time.monotonic() + 10
    while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not Path(f"/proc/{pid}").exists()
    assert cluster.destroy(home) is False


def test_a_cluster_of_another_version_says_what_to_install(home: Path) -> None:
    cluster.ensure_running(home)
    cluster.stop(home)
    port = home / "cluster.port"
    saved = port.read_text()
    port.write_text(f"{saved.split()[0]} 9\n")
    with pytest.raises(SetupError, match="apt-get install postgresql-9-postgis-3"):
        cluster.ensure_running(home)
    port.write_text(saved)


def test_a_server_that_cannot_start_says_why(home: Path) -> None:
    cluster.ensure_running(home)
    cluster.stop(home)
    settings_file = home / "cluster" / "sozialbericht.conf"
    settings_file.write_text(settings_file.read_text() + "shared_buffers = viel\n")
    with pytest.raises(SetupError, match="shared_buffers"):
        cluster.ensure_running(home)
    shutil.rmtree(home / "cluster")
