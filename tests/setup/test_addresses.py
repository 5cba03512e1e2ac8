"""Whoever comes through the service file, psql or SQLAlchemy is really the role that the address names."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import sqlalchemy
from psycopg import sql

from etl import settings
from etl.errors import SetupError
from etl.warehouse import cluster, databases, passwords, service

DATABASE = "adressen"
# psql runs this in a shell of its own, whose parent it is.
SHOW_COMMAND_LINE = r"\! tr '\0' ' ' </proc/$PPID/cmdline"


def maintenance(home: Path) -> psycopg.Connection[tuple[object, ...]]:
    """The superuser's session on an embedded cluster, whatever SOZIALBERICHT_DSN says."""
    info = cluster.ensure_running(home)
    return psycopg.connect(
        host=info.host,
        port=info.port,
        user=info.superuser,
        dbname="postgres",
        passfile=str(info.passfile),
        autocommit=True,
    )


def environment(home: Path) -> dict[str, str]:
    """The same for programs of PostgreSQL."""
    info = cluster.ensure_running(home)
    return {
        "PGHOST": info.host,
        "PGPORT": str(info.port),
        "PGUSER": info.superuser,
        "PGDATABASE": "postgres",
        "PGPASSFILE": str(info.passfile),
    }


@pytest.fixture
def database(server_home: Path) -> Iterator[str]:
    databases.ensure_database(DATABASE)
    yield DATABASE
    databases.drop_database(DATABASE)


def psql(target: str, query: str, **variables: str) -> str:
    done = subprocess.run(
        ["psql", "--no-psqlrc", "-At", "-c", query, target],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("role", [role for role in service.LOGINS if role != service.ADMIN])
def test_a_role_logs_in_as_itself(database: str, role: str) -> None:
    """Not a superuser in disguise: resetting the role leads nowhere."""
    with psycopg.connect(service.dsn(database, role)) as connection:
        connection.execute("RESET ROLE")
        assert connection.execute("SELECT session_user, current_user").fetchone() == (role, role)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(service.OWNER)))


def test_what_the_etl_makes_belongs_to_the_owner(database: str) -> None:
    engine = sqlalchemy.create_engine(service.url(database, service.ADMIN))
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text("CREATE SCHEMA probe"))
        owner = connection.execute(
            sqlalchemy.text("SELECT nspowner::regrole::text FROM pg_namespace WHERE nspname = 'probe'")
        ).scalar_one()
    engine.dispose()
    assert owner == service.OWNER


def test_the_owner_cannot_log_in(database: str, server_home: Path) -> None:
    info = cluster.ensure_running(server_home)
    with pytest.raises(psycopg.OperationalError, match=r"not permitted to log in|password"):
        psycopg.connect(host=info.host, port=info.port, user=service.OWNER, dbname=database, password="")


def test_the_database_has_what_we_need(database: str) -> None:
    with psycopg.connect(service.dsn(database, service.READER)) as connection:
        names = {row[0] for row in connection.execute("SELECT extname FROM pg_extension")}
        assert set(databases.EXTENSIONS) <= names
        assert connection.execute(
            "SELECT ST_SRID(ST_Transform('SRID=4326;POINT(10 53.7)'::geometry, 25832))"
        ).fetchone() == (25832,)
        assert connection.execute(
            "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = %s", (database,)
        ).fetchone() == (service.OWNER,)


def test_the_service_file_opens_with_read_rights_and_holds_no_password(database: str, server_home: Path) -> None:
    path = service.service_file()
    assert path.stat().st_mode & 0o077 == 0
    text = path.read_text()
    assert not any(password in text for password in passwords.read(server_home).values())
    assert psql(f"service={database}", "SELECT session_user") == service.READER
    for role in service.SERVICE_ROLES:
        assert psql(f"service={database}_{role}", "SELECT session_user") == role


def test_a_second_database_keeps_the_entries_of_the_first(database: str) -> None:
    databases.ensure_database("adressen_zwei")
    assert service.listed_databases() == [DATABASE, "adressen_zwei"]
    assert databases.drop_database("adressen_zwei") is True
    assert service.listed_databases() == [DATABASE]
    assert psql(f"service={database}", "SELECT 1") == "1"
    assert databases.drop_database("adressen_zwei") is False


def test_the_command_line_opens_psql_as_reader(database: str) -> None:
    def call(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "etl", "db", "psql", "--database", database, *arguments],
            cwd=settings.PROJECT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    assert call("--", "-Atc", "SELECT session_user") == service.READER
    assert call("--role", "statistik", "--", "-Atc", "SELECT session_user") == "statistik"


def test_an_unknown_role_is_answered_with_the_known_ones(database: str) -> None:
    with pytest.raises(SetupError, match=r"„chefin“ gibt es nicht.*leser"):
        service.dsn(database, "chefin")


class TestExistingServer:
    """SOZIALBERICHT_DSN: another cluster plays the server of the city's database team."""

    @pytest.fixture
    def server(self, bare_server: Path) -> Iterator[Path]:
        """A server that knows nothing of us yet, and nothing again afterwards."""
        with maintenance(bare_server) as connection:
            connection.execute("CREATE ROLE amt LOGIN SUPERUSER PASSWORD 'ge:heim\\'")
            connection.execute("CREATE ROLE schwach LOGIN PASSWORD 'schwach'")
        yield bare_server
        with maintenance(bare_server) as connection:
            connection.execute("DROP DATABASE IF EXISTS vorhanden WITH (FORCE)")
            for role in ("amt", "schwach", *service.LOGINS, service.OWNER):
                connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(role)))

    @pytest.fixture
    def foreign(self, server: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """A data folder without cluster whose DSN names that server."""
        port = cluster.ensure_running(server).port
        monkeypatch.setenv("SOZIALBERICHT_DSN", f"postgresql://amt:ge%3Aheim%5C@127.0.0.1:{port}/postgres")
        monkeypatch.setenv("SOZIALBERICHT_HOME", str(tmp_path))
        monkeypatch.setenv("PGSERVICEFILE", str(tmp_path / "pg_service.conf"))
        return tmp_path

    def test_nothing_is_started_and_roles_are_stepped_into(self, foreign: Path) -> None:
        databases.ensure_database("vorhanden")
        assert not (foreign / "cluster").exists()
        with psycopg.connect(service.dsn("vorhanden", service.READER)) as connection:
            row = connection.execute("SELECT session_user, current_user, current_database()").fetchone()
        assert row == ("amt", service.READER, "vorhanden")
        engine = sqlalchemy.create_engine(service.url("vorhanden", service.ADMIN))
        with engine.connect() as open_connection:
            assert open_connection.execute(sqlalchemy.text("SELECT current_user")).scalar_one() == service.OWNER
        engine.dispose()

    def test_the_url_survives_characters_that_mean_something_in_it(self, foreign: Path) -> None:
        address = sqlalchemy.make_url(service.url("vor/han den", service.READER))
        assert (address.username, address.password, address.database) == ("amt", "ge:heim\\", "vor/han den")
        assert address.query["options"] == f"-c role={service.READER}"

    def test_the_service_file_finds_the_password_in_a_private_file(self, foreign: Path) -> None:
        databases.ensure_database("vorhanden")
        text = (foreign / "pg_service.conf").read_text()
        assert "heim" not in text
        assert (foreign / "pgpass.server").stat().st_mode & 0o077 == 0
        assert psql("service=vorhanden", "SELECT current_user") == service.READER

    def test_the_command_line_hands_the_password_over_unseen(self, foreign: Path) -> None:
        databases.ensure_database("vorhanden")
        done = subprocess.run(
            [sys.executable, "-m", "etl", "db", "psql", "--database", "vorhanden", "--", "-Atc", SHOW_COMMAND_LINE],
            cwd=settings.PROJECT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert "dbname=vorhanden" in done.stdout
        assert "heim" not in done.stdout

    @pytest.mark.parametrize("command", ["stop", "destroy"])
    def test_it_is_never_stopped_or_deleted(self, foreign: Path, command: str) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "etl", "db", command, *(["--yes"] if command == "destroy" else [])],
            cwd=settings.PROJECT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 1
        assert "vorhandenen Server" in done.stderr

    def test_a_login_without_rights_gets_the_sql_for_the_administrator(
        self, server: Path, foreign: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What the refusals tell is enough: each is run by the administrator, and the third call goes through."""
        port = cluster.ensure_running(server).port
        monkeypatch.setenv("SOZIALBERICHT_DSN", f"host=127.0.0.1 port={port} user=schwach password=schwach")
        for words in ("fehlen Rollen oder", "Datenbank „vorhanden“ fehlt"):
            with pytest.raises(SetupError, match=words) as refusal:
                databases.ensure_database("vorhanden")
            script = "\n".join(str(refusal.value).splitlines()[1:])
            subprocess.run(
                ["psql", "--no-psqlrc", "-q", "-v", "ON_ERROR_STOP=1"],
                input=script,
                env={**os.environ, **environment(server)},
                capture_output=True,
                text=True,
                check=True,
            )
        databases.ensure_database("vorhanden")
        with psycopg.connect(service.dsn("vorhanden", service.ADMIN)) as connection:
            assert connection.execute("SELECT session_user, current_user").fetchone() == ("schwach", service.OWNER)

    @pytest.mark.parametrize(
        ("address", "words"),
        [
            ("postgresql://[::1", "keine gültige Adresse"),
            ("service=stadt", "darf keinen Dienst nennen"),
        ],
    )
    def test_an_address_that_cannot_be_used_is_explained(
        self, monkeypatch: pytest.MonkeyPatch, address: str, words: str
    ) -> None:
        monkeypatch.setenv("SOZIALBERICHT_DSN", address)
        with pytest.raises(SetupError, match=words):
            service.existing_server()

    def test_a_server_that_does_not_answer_is_reported_without_the_password(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SOZIALBERICHT_DSN", "postgresql://amt:streng-geheim@127.0.0.1:9/")
        with pytest.raises(SetupError, match="antwortet nicht") as problem:
            databases.ensure_roles()
        assert "streng-geheim" not in str(problem.value)
