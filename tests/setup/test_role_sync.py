"""``roles sync`` makes the server what the matrix says, from whatever it was, and writes no password anywhere."""

from __future__ import annotations

import dataclasses
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import yaml
from typer.testing import CliRunner

from etl import settings
from etl.catalogue import Catalogue
from etl.errors import SetupError
from etl.warehouse import cluster, databases, engine, migrate, passwords, role_commands, role_sync, roles, service
from etl.warehouse.role_matrix import role_matrix
from tests.own_catalogue import catalogue_for

NAME = "rollenstadt"


@pytest.fixture(scope="module")
def city(catalogue: Catalogue) -> Catalogue:
    """The shipped catalogue with a database of its own."""
    return dataclasses.replace(catalogue, city=catalogue.city.model_copy(update={"database": NAME}))


@pytest.fixture
def ready(server_home: Path, city: Catalogue) -> Iterator[Path]:
    """A migrated database on the shared cluster of these tests, with roles and rights in step."""
    databases.ensure_database(NAME, matrix=role_matrix(city))
    with engine.open_engine(service.url(NAME, service.ADMIN)).begin() as connection:
        migrate.prepare(connection, city)
    role_sync.sync(city)
    yield server_home
    databases.drop_database(NAME)


def superuser(database: str = "postgres") -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(service.dsn(database, cluster.SUPERUSER), autocommit=True)


STRAYED = (
    "GRANT statistik TO leser",
    "GRANT pg_read_all_data TO abteilung_jugend",
    "ALTER ROLE leser CREATEROLE CREATEDB",
    "ALTER ROLE qgis_server BYPASSRLS",
    "ALTER ROLE leser SET search_path TO stadt, public",
    "ALTER ROLE leser SET statement_timeout TO 0",
    f"ALTER ROLE statistik IN DATABASE {NAME} SET work_mem TO '1GB'",
    "ALTER ROLE leser CONNECTION LIMIT -1",
    "GRANT CONNECT ON DATABASE postgres TO PUBLIC",
)
STRAYED_INSIDE = (
    "GRANT SELECT ON intake.rejected_row TO leser",
    "GRANT SELECT (value) ON release.value TO qgis_server WITH GRANT OPTION",
    "GRANT ALL ON ALL TABLES IN SCHEMA warehouse TO PUBLIC",
    "GRANT CREATE ON SCHEMA sozialbericht TO leser",
    "GRANT CREATE ON SCHEMA public TO PUBLIC",
    f"GRANT TEMPORARY ON DATABASE {NAME} TO PUBLIC",
    "GRANT EXECUTE ON FUNCTION geo.review_marks(integer, integer[]) TO PUBLIC",
    "GRANT USAGE ON SEQUENCE release.value_id_seq TO leser",
    "GRANT EXECUTE ON FUNCTION pg_catalog.lo_create(oid) TO PUBLIC",
    "GRANT USAGE ON LANGUAGE plpgsql TO PUBLIC",
    "REVOKE SELECT ON sozialbericht.wert FROM leser",
    "ALTER VIEW sozialbericht.wert RESET (security_barrier)",
    "ALTER DEFAULT PRIVILEGES FOR ROLE sozialbericht_owner GRANT EXECUTE ON FUNCTIONS TO PUBLIC",
)


def test_what_has_strayed_is_brought_back_and_told(ready: Path, city: Catalogue) -> None:
    with superuser() as connection:
        for statement in STRAYED:
            connection.execute(statement.encode())
    with superuser(NAME) as connection:
        for statement in STRAYED_INSIDE:
            connection.execute(statement.encode())
    looked = role_sync.sync(city, look_only=True)
    done = role_sync.sync(city)
    assert looked.statements == done.statements
    told = "\n".join(done.statements)
    for words in ('REVOKE "statistik" FROM "leser"', "NOCREATEROLE NOCREATEDB", "NOBYPASSRLS", 'RESET "search_path"',
                  "RESET ALL", "CONNECTION LIMIT 30", "intake.rejected_row FROM", "lo_create", "plpgsql",
                  "SCHEMA public FROM PUBLIC", "security_barrier = true", "release.value_id_seq", "review_marks",
                  'GRANT SELECT ON TABLE sozialbericht.wert TO "leser"', "DEFAULT PRIVILEGES",
                  "DATABASE \"postgres\" FROM PUBLIC"):  # fmt: skip
        assert words in told, words
    again = role_sync.sync(city)
    assert (again.statements, again.renewed, again.for_administrator) == ([], [], [])


def test_a_changed_password_is_set_back(ready: Path, city: Catalogue) -> None:
    """Any session of a shared role may change its password, which nobody can forbid."""
    with psycopg.connect(service.dsn(NAME, "leser"), autocommit=True) as reader:
        reader.execute("ALTER ROLE leser PASSWORD 'meins'")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(service.dsn(NAME, "leser"))
    assert role_sync.sync(city).renewed == ["leser"]
    psycopg.connect(service.dsn(NAME, "leser")).close()


def test_a_new_department_and_one_that_is_gone(ready: Path, city: Catalogue) -> None:
    first, *others = city.departments
    more = first.model_copy(update={"code": "abteilung_neu"})
    try:
        grown = dataclasses.replace(city, departments=(*others, more))
        report = role_sync.sync(grown)
        assert 'CREATE ROLE "abteilung_neu" NOLOGIN' in report.statements
        with psycopg.connect(service.dsn(NAME, "abteilung_neu")) as connection:
            connection.execute("SELECT * FROM sozialbericht.wert LIMIT 1")
        assert [first.code in words for words in report.remarks] == [True]
        assert service.entry(f"{NAME}_abteilung_neu")["user"] == "abteilung_neu"
        assert service.entry(f"{NAME}_{first.code}") == {}
        databases.ensure_database(NAME)  # any other command keeps the entries
        assert service.entry(f"{NAME}_abteilung_neu")["user"] == "abteilung_neu"
    finally:
        role_sync.sync(city)
        with superuser(NAME) as connection:
            connection.execute("DROP OWNED BY abteilung_neu")
            connection.execute("DROP ROLE abteilung_neu")


def test_the_commands_tell_what_they_do_and_no_password(
    ready: Path, tmp_path: Path, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOZIALBERICHT_CATALOGUE", str(catalogue_for(NAME, tmp_path / "katalog")))
    with superuser() as connection:
        connection.execute("ALTER ROLE leser CONNECTION LIMIT 3")
    looked = CliRunner().invoke(role_commands.app, ["sync", "--pruefen"])
    assert looked.exit_code == 1
    assert "1 Abweichung von der Rechteliste" in looked.stdout
    done = CliRunner().invoke(role_commands.app, ["sync"])
    assert done.exit_code == 0, done.stdout
    assert "1 Abweichung von der Rechteliste behoben" in done.stdout
    in_step = CliRunner().invoke(role_commands.app, ["sync", "--pruefen"])
    assert (in_step.exit_code, in_step.stdout) == (0, "Rollen und Rechte sind auf dem Stand der Rechteliste.\n")
    with superuser() as connection:
        connection.execute("CREATE ROLE frau_beispiel LOGIN")
        connection.execute("GRANT abteilung_schule TO frau_beispiel")
    try:
        shown = CliRunner().invoke(role_commands.app, ["show"])
    finally:
        with superuser() as connection:
            connection.execute("DROP ROLE frau_beispiel")
    assert "Mitglieder: frau_beispiel" in shown.stdout
    secrets = passwords.read(ready).values()
    assert len(secrets) > 10
    with superuser() as connection:
        log = connection.execute("SELECT pg_read_file('server.log')").fetchone()
    for output in (looked.stdout, done.stdout, shown.stdout, str(log), service.service_file().read_text("utf-8")):
        assert not any(secret in output for secret in secrets)
        assert "SCRAM" not in output


class TestExistingServer:
    """A login of the server's administrator, and one that may nothing."""

    @pytest.fixture
    def server(self, bare_server: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
        """Conninfo of the login without rights; the roles are taken away again afterwards."""
        info = cluster.ensure_running(bare_server)
        admin = psycopg.connect(
            host=info.host, port=info.port, user=info.superuser, dbname="postgres", passfile=str(info.passfile),
            autocommit=True,
        )  # fmt: skip
        self._empty(admin)  # other tests of this folder use the server too
        admin.execute("CREATE ROLE schwach LOGIN PASSWORD 'schwach'")
        monkeypatch.setenv("SOZIALBERICHT_HOME", str(tmp_path))
        monkeypatch.setenv("PGSERVICEFILE", str(tmp_path / "pg_service.conf"))
        monkeypatch.setenv("SOZIALBERICHT_DSN", f"host=127.0.0.1 port={info.port} user=schwach password=schwach")
        self.admin = admin
        yield f"host={info.host} port={info.port} user={info.superuser} passfile={info.passfile}"
        self._empty(admin)
        admin.close()

    def _empty(self, admin: psycopg.Connection[tuple[object, ...]]) -> None:
        others = "SELECT datname FROM pg_database WHERE NOT datistemplate AND datname <> 'postgres'"
        for (database,) in admin.execute(others).fetchall():
            admin.execute(f'DROP DATABASE "{database}" WITH (FORCE)')
        for (role,) in admin.execute("SELECT rolname FROM pg_roles WHERE rolname !~ '^(pg_|postgres)'").fetchall():
            admin.execute(f'DROP OWNED BY "{role}"')
            admin.execute(f'DROP ROLE "{role}"')

    def _by_administrator(self, server: str, script: str) -> None:
        subprocess.run(
            ["psql", "--no-psqlrc", "-q", "-v", "ON_ERROR_STOP=1", f"{server} dbname=postgres"],
            input=script, env={**os.environ, "PGPASSWORD": ""}, text=True, check=True, capture_output=True,
        )  # fmt: skip

    def test_the_administrator_gets_the_sql_and_then_rights_are_in_step(self, server: str, city: Catalogue) -> None:
        with pytest.raises(SetupError, match="fehlen Rollen") as refusal:
            role_sync.sync(city)
        assert 'CREATE ROLE "abteilung_jugend" NOLOGIN' in str(refusal.value)
        assert "PASSWORD" not in str(refusal.value)
        self._by_administrator(server, "\n".join(str(refusal.value).splitlines()[1:]))
        with pytest.raises(SetupError, match="darf sie nicht anlegen") as refusal:
            databases.ensure_database(NAME)
        self._by_administrator(server, "\n".join(str(refusal.value).splitlines()[1:]))
        databases.ensure_database(NAME)
        with engine.open_engine(service.url(NAME, service.ADMIN)).begin() as connection:
            migrate.prepare(connection, city)
        report = role_sync.sync(city)
        assert report.statements == []
        assert any("CONNECTION LIMIT" in statement for statement in report.for_administrator)
        assert "REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC" in report.for_administrator
        self._by_administrator(server, f"\\connect {NAME}\n" + ";\n".join(report.for_administrator) + ";")
        assert role_sync.sync(city).for_administrator == []
        # the login steps into the roles, so that the department's filter is tried here too
        with psycopg.connect(service.dsn(NAME, "abteilung_jugend")) as connection:
            row = connection.execute("SELECT session_user, current_user").fetchone()
            assert row == ("schwach", "abteilung_jugend")
            connection.execute("SELECT * FROM sozialbericht.eigene_lieferung")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("SELECT * FROM intake.delivery")

    def test_the_containers_first_start_leaves_nothing_open(
        self, server: str, city: Catalogue, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        info = dict(part.split("=", 1) for part in server.split())
        script = settings.PROJECT / "docker" / "db" / "10-rollen.sh"
        secrets = {"SOZIALBERICHT_ADMIN_PASSWORD": "anfang-eins", "SOZIALBERICHT_QGIS_PASSWORD": "anfang-zwei"}
        reach = {"PGHOST": info["host"], "PGPORT": info["port"], "PGPASSFILE": info["passfile"]}
        environment = {**os.environ, **secrets, **reach, "SOZIALBERICHT_DATABASE": NAME}
        subprocess.run([str(script)], env=environment, check=True, capture_output=True)
        address = f"host=127.0.0.1 port={info['port']} user={service.ADMIN} password=anfang-eins"
        monkeypatch.setenv("SOZIALBERICHT_DSN", address)
        databases.ensure_database(NAME)
        with engine.open_engine(service.url(NAME, service.ADMIN)).begin() as connection:
            migrate.prepare(connection, city)
        with psycopg.connect(service.dsn(NAME, service.ADMIN)) as connection:
            assert roles.open_to_everybody(connection, role_matrix()) == []
        with pytest.raises(SetupError, match="abteilung_jugend"):
            role_sync.sync(city)  # departments are the administrator's


def test_the_database_container_closes_what_the_matrix_closes() -> None:
    script = (settings.PROJECT / "docker" / "db" / "10-rollen.sh").read_text(encoding="utf-8")
    closed = yaml.safe_load((settings.SQL / "roles.yaml").read_text(encoding="utf-8"))["closed"]
    listed = re.search(r"LIKE ANY \('\{(.+)\}'\)", script)
    assert listed is not None
    patterns = {part.strip().replace(r"\\_", "_").replace("%", "*") for part in listed[1].split(",")}
    assert patterns == set(closed["functions"])
    for language in closed["languages"]:
        assert f"REVOKE USAGE ON LANGUAGE {language} FROM PUBLIC" in script


SECRET = re.compile(
    r"SCRAM-SHA-256\$\d|\bmd5[0-9a-f]{32}\b|postgres(ql)?(\+psycopg)?://[^\s:/@{]+:[^\s@{]+@|"
    r"(?i:password|passwort|kennwort)\s*(=|:\s)\s*['\"](?![A-Z_]+['\"])[^'\"{$<%]{3,}['\"]|"
    r"-----BEGIN [A-Z ]*PRIVATE KEY|\bPASSWORD '[^']{3,}'"
)


def test_no_password_stands_in_a_file_that_is_shipped() -> None:
    """Tests make servers of their own with passwords of their own; everything else is searched."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=settings.PROJECT, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip("no Git checkout")
    found = []
    for name in listed.stdout.split("\0"):
        path = settings.PROJECT / name
        if not name or name.startswith("tests/") or not path.is_file():
            continue
        text = path.read_bytes().decode("utf-8", errors="ignore")
        found += [f"{name}: {match.group()}" for match in SECRET.finditer(text)]
    assert found == []
    assert SECRET.search("postgresql://leser:geheim@server/db")
    assert SECRET.search("ALTER ROLE leser LOGIN PASSWORD 'geheim'")


def test_roles_that_the_program_names_stand_in_the_matrix() -> None:
    matrix = role_matrix()
    assert set(service.LOGINS) == set(matrix.logins)
    assert service.OWNER in matrix.roles
    assert set(service.SERVICE_ROLES) < set(matrix.logins)
    assert roles.ATTRIBUTES.keys() >= {"rolsuper", "rolbypassrls"}
