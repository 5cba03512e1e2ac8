"""Roles and databases on the server, made when they are missing and left alone when they are there."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import psycopg
from psycopg import sql

from etl import settings
from etl.errors import SetupError
from etl.warehouse import cluster, passwords, service

EXTENSIONS = ("postgis", "btree_gist")
# (role, is a member of): what the owner may, the ETL's login may; the map server may what readers may.
MEMBERSHIPS = ((service.ADMIN, service.OWNER), ("qgis_server", service.READER))
# Any constant will do as long as it is ours: makes two processes that prepare a server take turns.
LOCK_KEY = 0x534F5A49


def ensure_database(name: str, home: Path | None = None) -> str:
    """Server, roles and database ``name`` with its extensions, made if missing; returns the owner's conninfo.

    Also renews the service file and points this process to it. Raises SetupError if the server lacks something that
    this login may not make, with the SQL for its administrator.
    """
    if service.existing_server() is None:
        cluster.ensure_running(home)
    ensure_roles(home)
    with _maintenance(home) as connection, _turn(connection):
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone()
        if known is None:
            _create_database(connection, name)
    with psycopg.connect(service.dsn(name, cluster.SUPERUSER, home), autocommit=True) as connection:
        _check_encoding(connection, name)
        _ensure_extensions(connection, name)
    service.write_service_file(name, home=home)
    service.activate(home)
    return service.dsn(name, service.ADMIN, home)


def drop_database(name: str, home: Path | None = None) -> bool:
    """Delete database ``name`` with everything in it, ending open sessions; False if there was none."""
    with _maintenance(home) as connection, _turn(connection):
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone()
        if known is not None:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
    service.forget(name, home)
    return known is not None


def ensure_roles(home: Path | None = None) -> None:
    """The owner without login and the login roles; on an existing server this login becomes a member of all of them.

    Raises SetupError with the SQL for the server's administrator if they are missing and may not be made.
    """
    embedded = service.existing_server() is None
    if embedded:
        cluster.ensure_running(home)
    with _maintenance(home) as connection, _turn(connection):
        wanted = (service.OWNER, *service.LOGINS)
        rows = connection.execute("SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)", (list(wanted),))
        known = {row[0] for row in rows}
        try:
            for role in wanted:
                if role not in known:
                    connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(role)))
            for role, group in MEMBERSHIPS:
                if not _is_member(connection, role, group):
                    connection.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(group), sql.Identifier(role)))
            if embedded:
                _ensure_logins(connection, settings.home() if home is None else home)
            else:
                _join(connection, wanted)
        except psycopg.errors.InsufficientPrivilege as problem:
            raise SetupError(_roles_for_administrator(connection)) from problem


@contextlib.contextmanager
def _maintenance(home: Path | None) -> Iterator[psycopg.Connection]:
    address = service.dsn("postgres", cluster.SUPERUSER, home)
    try:
        connection = psycopg.connect(address, autocommit=True)
    except psycopg.OperationalError as problem:
        raise SetupError(f"Der Datenbankserver antwortet nicht: {str(problem).strip()}") from problem
    with connection:
        yield connection


@contextlib.contextmanager
def _turn(connection: psycopg.Connection) -> Iterator[None]:
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


def _ensure_logins(connection: psycopg.Connection, home: Path) -> None:
    rows = connection.execute("SELECT rolname FROM pg_authid WHERE rolcanlogin AND rolpassword IS NOT NULL")
    ready = {row[0] for row in rows}
    before = passwords.read(home)
    known = passwords.ensure(home, (cluster.SUPERUSER, *service.LOGINS))
    for role in service.LOGINS:
        if role in ready and role in before:
            continue
        # Hashed here, so that no clear password travels or reaches a log.
        hashed = connection.pgconn.encrypt_password(known[role].encode(), role.encode(), b"scram-sha-256").decode()
        connection.execute(sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(role), sql.Literal(hashed)))


def _is_member(connection: psycopg.Connection, role: str, group: str) -> bool:
    row = connection.execute("SELECT pg_has_role(%s, %s, 'MEMBER')", (role, group)).fetchone()
    return bool(row and row[0])


def _join(connection: psycopg.Connection, roles: tuple[str, ...]) -> None:
    login = connection.info.user
    for role in roles:
        if role != login and not _is_member(connection, login, role):
            connection.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(role), sql.Identifier(login)))


def _roles_for_administrator(connection: psycopg.Connection) -> str:
    wanted = (service.OWNER, *service.LOGINS)
    known = {str(row[0]) for row in connection.execute("SELECT rolname FROM pg_roles")}
    login = connection.info.user
    lines = [f"CREATE ROLE {role} NOLOGIN;" for role in wanted if role not in known]
    lines += [f"GRANT {group} TO {role};" for role, group in MEMBERSHIPS]
    lines.append(f"GRANT {', '.join(wanted)} TO {sql.Identifier(login).as_string(connection)};")
    return (
        "Auf dem Datenbankserver fehlen Rollen oder Mitgliedschaften, und diese Anmeldung darf sie nicht anlegen. "
        "Bitte den Administrator des Servers um:\n" + "\n".join(lines)
    )
