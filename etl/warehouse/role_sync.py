"""Roles and rights of a catalogue's database brought in step with the matrix, as one report of what was changed."""

from __future__ import annotations

from dataclasses import dataclass, field

import psycopg

from etl import settings
from etl.catalogue import Catalogue
from etl.catalogue.roles import DEPARTMENT
from etl.errors import SozialberichtError
from etl.warehouse import auditlog, cluster, databases, engine, grants, passwords, roles, service
from etl.warehouse.role_matrix import RoleMatrix, role_matrix


@dataclass
class Synced:
    """SQL that was run (or, when only looked, would be); what an administrator has to do; what else was noticed.

    ``renewed``: logins whose password did not fit the password file any more. No password stands in any of it.
    """

    statements: list[str] = field(default_factory=list)
    for_administrator: list[str] = field(default_factory=list)
    renewed: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    @property
    def in_step(self) -> bool:
        """Whether nothing had to be changed."""
        return not (self.statements or self.renewed)


def _carry_out(connection: psycopg.Connection, statements: list[str], report: Synced, *, look_only: bool) -> None:
    """Run statements, or only note them; what this login may not do is for the administrator."""
    for statement in statements:
        if not look_only:
            try:
                connection.execute(statement.encode())
            except psycopg.errors.InsufficientPrivilege:
                report.for_administrator.append(statement)
                continue
        report.statements.append(statement)


def _server(report: Synced, matrix: RoleMatrix, database: str, *, look_only: bool) -> bool:
    """Roles of the server; returns whether the database exists."""
    own = roles.embedded()
    with databases.maintenance() as connection, databases.turn(connection):
        if own or look_only:
            _carry_out(connection, roles.missing_roles(connection, matrix), report, look_only=look_only)
        else:
            try:
                needed = [*roles.missing_roles(connection, matrix), *roles.join(connection, matrix)]
                databases.carry_out(connection, needed)
                report.statements += needed
            except psycopg.errors.InsufficientPrivilege as problem:
                raise roles.for_administrator(connection, matrix) from problem
        rest = roles.astray(connection, matrix)
        if own:
            rest += roles.open_databases(connection)
        _carry_out(connection, rest, report, look_only=look_only)
        if own and not look_only:
            roles.ensure_logins(connection, settings.home(), matrix)
        known = {str(row[0]) for row in connection.execute("SELECT rolname FROM pg_roles")}
        report.remarks += [
            f"Die Rolle {role} steht nicht (mehr) im Katalog; sie liest weiter, was alle lesen. Braucht sie auch keine "
            f"andere Datenbank: DROP ROLE {role}"
            for role in sorted(known - set(matrix.roles))
            if role.startswith(DEPARTMENT)
        ]
        exists = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (database,)).fetchone()
    return exists is not None


def _database(report: Synced, matrix: RoleMatrix, database: str, *, look_only: bool) -> None:
    with psycopg.connect(service.dsn(database, cluster.SUPERUSER), autocommit=True) as connection:
        if connection.info.parameter_status("is_superuser") != "on":
            report.for_administrator += roles.open_to_everybody(connection, matrix)
        elif look_only:
            report.statements += roles.open_to_everybody(connection, matrix)
        else:
            report.statements += databases.close_to_everybody(connection)
    with engine.open_engine(service.url(database, service.ADMIN)).begin() as opened:
        inside = engine.driver(opened)
        report.statements += grants.plan(inside, matrix) if look_only else grants.apply(inside, matrix)
        if not look_only and not report.in_step:
            auditlog.record(opened, "rollen_abgeglichen", database, anweisungen=len(report.statements))


def _renew_logins(report: Synced, matrix: RoleMatrix, database: str) -> None:
    """A role may change its own password: whoever shares it would be locked out. Ours goes back to the file's."""
    known = passwords.read(settings.home())
    for role in matrix.logins:
        try:
            psycopg.connect(service.dsn(database, role), connect_timeout=10).close()
        except psycopg.OperationalError as problem:
            if "password authentication failed" not in str(problem):
                raise SozialberichtError(
                    f"Die Rolle {role} kann sich nicht anmelden: {str(problem).strip()}"
                ) from problem
            with databases.maintenance() as connection, databases.turn(connection):
                roles.set_password(connection, role, known[role])
            report.renewed.append(role)


def sync(catalogue: Catalogue, *, look_only: bool = False) -> Synced:
    """Bring roles, limits, passwords and rights in step with ``sql/roles.yaml`` and the catalogue's departments.

    ``look_only``: nothing is changed, ``statements`` are what would be. Raises SetupError with SQL for the
    administrator where an existing server lacks roles that this login may not make.
    """
    matrix, database = role_matrix(catalogue), catalogue.city.database
    report = Synced()
    if roles.embedded():
        cluster.ensure_running()
    if not _server(report, matrix, database, look_only=look_only):
        report.remarks.append(f"Die Datenbank {database} gibt es noch nicht; ihre Rechte entstehen mit ihr.")
        return report
    _database(report, matrix, database, look_only=look_only)
    if not look_only:
        if roles.embedded():
            _renew_logins(report, matrix, database)
        service.write_service_file(database, departments=[d.code for d in catalogue.departments])
    return report


def members(matrix: RoleMatrix) -> dict[str, list[str]]:
    """Roles of the matrix → other roles of the server (persons, say) that are their direct members."""
    query = (
        "SELECT g.rolname, m.rolname FROM pg_auth_members a JOIN pg_roles g ON g.oid = a.roleid "
        "JOIN pg_roles m ON m.oid = a.member WHERE g.rolname = ANY(%s) AND m.rolname <> ALL(%s) ORDER BY 1, 2"
    )
    names = list(matrix.roles)
    found: dict[str, list[str]] = {}
    with databases.maintenance() as connection:
        for group, member in connection.execute(query, (names, names)):
            found.setdefault(str(group), []).append(str(member))
    return found
