"""Roles and databases on the server, made when they are missing and left alone when they are there."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import psycopg
from psycopg import sql

from etl import settings
from etl.errors import SetupError
from etl.warehouse import cluster, roles, service
from etl.warehouse.role_matrix import RoleMatrix, role_matrix

EXTENSIONS = ("postgis", "btree_gist")
# Any constant will do as long as it is ours: makes two processes that prepare a server take turns.
LOCK_KEY = 0x534F5A49


def ensure_database(name: str, home: Path | None = None, matrix: RoleMatrix | None = None) -> str:
    """Server, roles and database ``name`` with its extensions, made if missing; returns the owner's conninfo.

    ``matrix``: roles beside the shipped ones, as far as this server is our own.

    Also renews the service file and points this process to it. Raises SetupError if the server lacks something that
    this login may not make, with the SQL for its administrator.
    """
    ensure_roles(home, matrix if roles.embedded() else None)
    with maintenance(home) as connection, turn(connection):
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone()
        if known is None:
            _create_database(connection, name)
    with psycopg.connect(service.dsn(name, cluster.SUPERUSER, home), autocommit=True) as connection:
        _check_encoding(connection, name)
        _ensure_extensions(connection, name)
        if roles.embedded():
            close_to_everybody(connection)
    service.write_service_file(name, home=home)
    service.activate(home)
    return service.dsn(name, service.ADMIN, home)


def drop_database(name: str, home: Path | None = None) -> bool:
    """Delete database ``name`` with everything in it, ending open sessions; False if there was none."""
    with maintenance(home) as connection, turn(connection):
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone()
        if known is not None:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
    service.forget(name, home)
    # what was known of its audit log: who takes the name next begins anew
    ((settings.home() if home is None else home) / "anker" / f"{name}.jsonl").unlink(missing_ok=True)
    return known is not None


def ensure_roles(home: Path | None = None, matrix: RoleMatrix | None = None) -> None:
    """The roles of the matrix; on an existing server this login becomes a member of all of them.

    In the private cluster they are also brought back to the matrix where they have strayed. Raises SetupError with the
    SQL for the server's administrator if they are missing and may not be made.
    """
    matrix = role_matrix() if matrix is None else matrix
    own = roles.embedded()
    if own:
        cluster.ensure_running(home)
    with maintenance(home) as connection, turn(connection):
        try:
            carry_out(connection, roles.missing_roles(connection, matrix))
            if own:
                carry_out(connection, [*roles.astray(connection, matrix), *roles.open_databases(connection)])
                roles.ensure_logins(connection, settings.home() if home is None else home, matrix)
            else:
                carry_out(connection, roles.join(connection, matrix))
        except psycopg.errors.InsufficientPrivilege as problem:
            raise roles.for_administrator(connection, matrix) from problem


def close_to_everybody(connection: psycopg.Connection) -> list[str]:
    """Close in this database, as superuser, what the matrix closes; returns the statements that were needed."""
    if not roles.open_to_everybody(connection, role_matrix()):
        return []
    with connection.transaction():
        # another process may have done it while this one waited
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK_KEY,))
        needed = roles.open_to_everybody(connection, role_matrix())
        carry_out(connection, needed)
    return needed


def carry_out(connection: psycopg.Connection, statements: list[str]) -> None:
    """Run statements one by one."""
    for statement in statements:
        connection.execute(statement.encode())


@contextlib.contextmanager
def maintenance(home: Path | None = None) -> Iterator[psycopg.Connection]:
    """A session of the server's superuser, or of the login on an existing server, beside all databases of ours."""
    address = service.dsn("postgres", cluster.SUPERUSER, home)
    try:
        connection = psycopg.connect(address, autocommit=True)
    except psycopg.OperationalError as problem:
        raise SetupError(f"Der Datenbankserver antwortet nicht: {str(problem).strip()}") from problem
    with connection:
        yield connection


@contextlib.contextmanager
def turn(connection: psycopg.Connection) -> Iterator[None]:
    """Two processes that prepare a server take turns."""
    connection.execute("SELECT pg_advisory_lock(%s)", (LOCK_KEY,))
    try:
        yield
    finally:
        connection.execute("SELECT pg_advisory_unlock(%s)", (LOCK_KEY,))


def _create_database(connection: psycopg.Connection, name: str) -> None:
    statement = sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8'").format(
        sql.Identifier(name), sql.Identifier(service.OWNER)
    )
    try:
        connection.execute(statement)
        # Dates of time stamps must not depend on the client's clock zone.
        zone = sql.SQL("ALTER DATABASE {} SET timezone TO 'Europe/Berlin'").format(sql.Identifier(name))
        connection.execute(zone)
    except psycopg.errors.InsufficientPrivilege as problem:
        extensions = "".join(f"\nCREATE EXTENSION {extension};" for extension in EXTENSIONS)
        raise SetupError(
            f"Die Datenbank „{name}“ fehlt, und diese Anmeldung darf sie nicht anlegen. Bitte den Administrator des "
            f"Servers um:\n{statement.as_string(connection)};\n\\connect {name}{extensions}"
        ) from problem


def _check_encoding(connection: psycopg.Connection, name: str) -> None:
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise SetupError(f"Die Datenbank „{name}“ hat den Zeichensatz {encoding}; nötig ist UTF8.")


def _ensure_extensions(connection: psycopg.Connection, name: str) -> None:
    known = {row[0] for row in connection.execute("SELECT extname FROM pg_extension")}
    for extension in EXTENSIONS:
        if extension in known:
            continue
        try:
            # Two processes may come here at once; "if not exists" alone does not make that safe.
            with connection.transaction():
                connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK_KEY,))
                connection.execute(
                    sql.SQL("CREATE EXTENSION IF NOT EXISTS {} SCHEMA public").format(sql.Identifier(extension))
                )
        except psycopg.errors.InsufficientPrivilege as problem:
            raise SetupError(
                f"In der Datenbank „{name}“ fehlt die Erweiterung {extension}, und diese Anmeldung darf sie nicht "
                f"anlegen. Bitte den Administrator des Servers um:\n\\connect {name}\nCREATE EXTENSION {extension};"
            ) from problem
        except psycopg.errors.FeatureNotSupported as problem:
            raise SetupError(
                f"Auf dem Datenbankserver ist die Erweiterung {extension} nicht installiert; "
                f"unter Debian: apt-get install postgresql-{connection.info.server_version // 10000}-postgis-3"
            ) from problem
