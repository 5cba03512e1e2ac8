"""Roles on the server: made, limited and kept to the matrix; what only a superuser can close in a database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import psycopg
from psycopg import sql

from etl.errors import SetupError
from etl.warehouse import cluster, passwords, service
from etl.warehouse.role_matrix import RoleMatrix

ATTRIBUTES = {
    "rolsuper": "NOSUPERUSER",
    "rolcreaterole": "NOCREATEROLE",
    "rolcreatedb": "NOCREATEDB",
    "rolreplication": "NOREPLICATION",
    "rolbypassrls": "NOBYPASSRLS",
}
"""What none of our roles may have, and the word that takes it away."""

SHARED_DATABASES = ("postgres", "template1")
"""Databases of the private cluster that only the superuser needs."""

_STATE = """
SELECT r.rolname, r.rolsuper, r.rolcreaterole, r.rolcreatedb, r.rolreplication, r.rolbypassrls,
       r.rolconnlimit, coalesce(s.setconfig, '{}') AS settings,
       ARRAY(SELECT g.rolname::text FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid WHERE m.member = r.oid)
FROM pg_roles r LEFT JOIN pg_db_role_setting s ON s.setrole = r.oid AND s.setdatabase = 0
WHERE r.rolname = ANY(%s)
"""

_SETTINGS_OF_DATABASES = """
SELECT r.rolname, d.datname FROM pg_db_role_setting s
JOIN pg_roles r ON r.oid = s.setrole JOIN pg_database d ON d.oid = s.setdatabase WHERE r.rolname = ANY(%s)
"""

_OPEN_DATABASES = """
SELECT d.datname FROM pg_database d CROSS JOIN LATERAL aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) g
WHERE d.datname = ANY(%s) AND g.grantee = 0 AND g.privilege_type = 'CONNECT'
"""

_CLOSED_FUNCTIONS = """
SELECT format('pg_catalog.%%I(%%s)', p.proname, pg_get_function_identity_arguments(p.oid)),
       has_function_privilege(0::oid, p.oid, 'EXECUTE'),
       ARRAY(SELECT r FROM unnest(%(keep)s::text[]) r JOIN pg_catalog.pg_roles k ON k.rolname = r
             WHERE NOT EXISTS (SELECT FROM aclexplode(p.proacl) g WHERE g.grantee = k.oid))
FROM pg_catalog.pg_proc p
WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.proname LIKE %(like)s AND p.prokind = 'f'
ORDER BY 1
"""

_CLOSED_LANGUAGES = """
SELECT format('%%I', l.lanname), has_language_privilege(0::oid, l.oid, 'USAGE'),
       ARRAY(SELECT r FROM unnest(%(keep)s::text[]) r JOIN pg_catalog.pg_roles k ON k.rolname = r
             WHERE NOT EXISTS (SELECT FROM aclexplode(l.lanacl) g WHERE g.grantee = k.oid))
FROM pg_catalog.pg_language l WHERE l.lanname LIKE %(like)s
"""


def _name(role: str) -> str:
    return sql.Identifier(role).as_string(None)


def _limits(role: str, limit: int, settings: Mapping[str, str], wanted: RoleMatrix) -> Iterator[str]:
    entry = wanted.roles[role]
    if limit != entry.connections:
        yield f"ALTER ROLE {_name(role)} CONNECTION LIMIT {entry.connections}"
    for key in sorted(settings.keys() - entry.settings.keys()):
        yield f"ALTER ROLE {_name(role)} RESET {_name(key)}"
    for key, value in entry.settings.items():
        if settings.get(key) != value:
            yield f"ALTER ROLE {_name(role)} SET {_name(key)} TO {sql.Literal(value).as_string(None)}"


def missing_roles(connection: psycopg.Connection, matrix: RoleMatrix) -> list[str]:
    """Statements that make the roles that are missing, and give them the memberships of the matrix."""
    found = {str(row[0]): set(row[8]) for row in connection.execute(_STATE, (list(matrix.roles),))}
    needed = [f"CREATE ROLE {_name(role)} NOLOGIN" for role in matrix.roles if role not in found]
    for role, entry in matrix.roles.items():
        for group in entry.member_of:
            if group not in found.get(role, set()):
                needed.append(f"GRANT {_name(group)} TO {_name(role)}")
    return needed


def astray(connection: psycopg.Connection, matrix: RoleMatrix) -> list[str]:
    """Statements that bring roles that exist back to the matrix: attributes, memberships, limits, settings.

    The login that is at work is left alone: it may be the administrator's. So is, on an existing server, the login of
    the programs, which there steps into the other roles.
    """
    needed = []
    spared = {connection.info.user} if embedded() else {connection.info.user, service.ADMIN}
    names = [role for role in matrix.roles if role not in spared]
    for role, *attributes, limit, config, groups in connection.execute(_STATE, (names,)).fetchall():
        wrong = [word for held, word in zip(attributes, ATTRIBUTES.values(), strict=True) if held]
        if wrong:
            needed.append(f"ALTER ROLE {_name(role)} {' '.join(wrong)}")
        for group in sorted(set(groups) - set(matrix.roles[role].member_of)):
            needed.append(f"REVOKE {_name(group)} FROM {_name(role)}")
        needed += _limits(role, limit, dict(entry.split("=", 1) for entry in config), matrix)
    for role, database in connection.execute(_SETTINGS_OF_DATABASES, (names,)).fetchall():
        needed.append(f"ALTER ROLE {_name(role)} IN DATABASE {_name(database)} RESET ALL")
    return needed


def open_databases(connection: psycopg.Connection) -> list[str]:
    """Statements that close the private cluster's shared databases to everybody but the superuser."""
    rows = connection.execute(_OPEN_DATABASES, (list(SHARED_DATABASES),)).fetchall()
    return [f"REVOKE CONNECT, TEMPORARY ON DATABASE {_name(row[0])} FROM PUBLIC" for row in rows]


def open_to_everybody(connection: psycopg.Connection, matrix: RoleMatrix) -> list[str]:
    """Statements, for a superuser, that close in this database what the matrix closes; none where it is closed."""
    needed = []
    for word, query, closed in (
        ("EXECUTE ON FUNCTION", _CLOSED_FUNCTIONS, matrix.closed.functions),
        ("USAGE ON LANGUAGE", _CLOSED_LANGUAGES, matrix.closed.languages),
    ):
        for pattern, keep in closed.items():
            like = pattern.replace("_", r"\_").replace("*", "%")
            for what, is_open, lacking in connection.execute(query, {"like": like, "keep": list(keep)}).fetchall():
                if is_open:
                    needed.append(f"REVOKE {word} {what} FROM PUBLIC")
                needed += [f"GRANT {word} {what} TO {_name(role)}" for role in lacking]
    anybody = "SELECT has_schema_privilege(0::oid, 'public', 'CREATE')"
    if connection.execute(anybody).fetchone() == (True,):
        needed.append("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    return needed


def ensure_logins(connection: psycopg.Connection, home: Path, matrix: RoleMatrix) -> None:
    """Give the logins of the private cluster the passwords of the password file; new ones are made there."""
    rows = connection.execute("SELECT rolname FROM pg_authid WHERE rolcanlogin AND rolpassword IS NOT NULL")
    ready = {row[0] for row in rows}
    before = passwords.read(home)
    known = passwords.ensure(home, (cluster.SUPERUSER, *matrix.logins))
    for role in matrix.logins:
        if role not in ready or role not in before:
            set_password(connection, role, known[role])


def set_password(connection: psycopg.Connection, role: str, password: str) -> None:
    """Let ``role`` log in with ``password``."""
    # Hashed here, so that no clear password travels or reaches a log.
    hashed = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
    connection.execute(sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(role), sql.Literal(hashed)))


def join(connection: psycopg.Connection, matrix: RoleMatrix) -> list[str]:
    """Statements that make this login, on an existing server, a member of all roles that it steps into."""
    login = connection.info.user
    has = "SELECT pg_has_role(%s, oid, 'MEMBER') FROM pg_roles WHERE rolname = %s"
    return [
        f"GRANT {_name(role)} TO {_name(login)}"
        for role in matrix.roles
        if role != login and connection.execute(has, (login, role)).fetchone() != (True,)
    ]


def for_administrator(connection: psycopg.Connection, matrix: RoleMatrix) -> SetupError:
    """The refusal with the SQL that makes what is missing on an existing server."""
    needed = [*missing_roles(connection, matrix), *join(connection, matrix)]
    return SetupError(
        "Auf dem Datenbankserver fehlen Rollen oder Mitgliedschaften, und diese Anmeldung darf sie nicht anlegen. "
        "Bitte den Administrator des Servers um:\n" + "\n".join(f"{statement};" for statement in needed)
    )


def embedded() -> bool:
    """Whether the server is our private cluster, where we are the superuser."""
    return service.existing_server() is None
