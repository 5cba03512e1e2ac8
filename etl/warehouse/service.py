"""Addresses of the warehouse: conninfo strings, SQLAlchemy URLs and the ``pg_service.conf`` that QGIS and psql read.

Two kinds of server. *Embedded*: the private cluster; every role logs in as itself with its password from the password
file. *Existing*: ``SOZIALBERICHT_DSN`` (libpq URL or key=value string) names a server and one login there; nothing is
started, and that login steps into the wanted role with ``SET ROLE``. The database is always the catalogue's.
"""

from __future__ import annotations

import configparser
import contextlib
import fcntl
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import quote, urlencode

import psycopg
from psycopg import conninfo

from etl import settings
from etl.catalogue.roles import DEPARTMENT
from etl.errors import SetupError
from etl.warehouse import cluster, passwords

OWNER = "sozialbericht_owner"
ADMIN = "sozialbericht_admin"
READER = "leser"
PREVIEW = "vorschau"
"""Reads the candidate of a release, as readers will see it, and nothing else."""
# Roles that log in. The first works for the owner; qgis_server is a reader of its own, to be told apart in logs.
LOGINS = (ADMIN, "statistik", "freigabe", PREVIEW, READER, "bezirksplanung", "qgis_server")
APPLICATION = "sozialbericht"
# Service entries beside the reader's own: what people of these roles open in QGIS or psql.
SERVICE_ROLES = ("statistik", "freigabe", PREVIEW, "bezirksplanung", "qgis_server")


def existing_server() -> dict[str, str] | None:
    """Parameters of ``SOZIALBERICHT_DSN`` without a database, or None for the embedded cluster.

    Raises SetupError if it is not a libpq URL or conninfo string.
    """
    text = os.environ.get("SOZIALBERICHT_DSN")
    if not text:
        return None
    try:
        parameters = conninfo.conninfo_to_dict(text.replace("postgresql+psycopg://", "postgresql://", 1))
    except psycopg.ProgrammingError as problem:
        # The text may hold a password and is not repeated.
        raise SetupError(
            "SOZIALBERICHT_DSN ist keine gültige Adresse. Richtig wäre zum Beispiel "
            "postgresql://anmeldename@server:5432 oder „host=server user=anmeldename“."
        ) from problem
    if "service" in parameters:
        raise SetupError(
            "SOZIALBERICHT_DSN darf keinen Dienst nennen, weil dieses Programm selbst eine Dienstdatei schreibt; "
            "bitte host, port und user angeben."
        )
    parameters.pop("dbname", None)
    return {key: str(value) for key, value in parameters.items() if value is not None}


def parameters(database: str, role: str = READER, home: Path | None = None) -> dict[str, str]:
    """libpq parameters for ``role`` in ``database``; the embedded cluster must be running (``ensure_running``).

    ``role`` is one of LOGINS, a department's, or the embedded cluster's superuser (on an existing server: the login as
    it is).
    """
    if role not in (*LOGINS, cluster.SUPERUSER) and not role.startswith(DEPARTMENT):
        raise SetupError(f"Die Rolle „{role}“ gibt es nicht. Möglich sind: {', '.join(LOGINS)}.")
    address = existing_server()
    if address is not None:
        steps_into = {ADMIN: OWNER, cluster.SUPERUSER: None}.get(role, role)
        options = address.pop("options", "")
    else:
        home = settings.home() if home is None else home
        state = cluster.known(home)
        if state is None:
            raise SetupError("Die Datenbank ist noch nicht angelegt. Abhilfe: ./sozialbericht db start")
        address = {"host": state.host, "port": str(state.port), "user": role, "passfile": str(state.passfile)}
        # What the ETL makes belongs to the owner, who cannot log in.
        steps_into = OWNER if role == ADMIN else None
        options = ""
    if steps_into is not None:
        options = f"{options} -c role={steps_into}".strip()
    if options:
        address["options"] = options
    return {**address, "dbname": database}


def dsn(database: str, role: str = READER, home: Path | None = None) -> str:
    """The conninfo string of ``role`` in ``database`` for psycopg; holds a password only if SOZIALBERICHT_DSN does."""
    return conninfo.make_conninfo(**parameters(database, role, home), application_name=APPLICATION)


def url(database: str, role: str = READER, home: Path | None = None) -> str:
    """The same address as SQLAlchemy URL (``postgresql+psycopg://``)."""
    # Composed by hand: importing SQLAlchemy for it would cost every command a quarter of a second.
    query = {**parameters(database, role, home), "application_name": APPLICATION}
    login = quote(query.pop("user", ""), safe="")
    if password := query.pop("password", None):
        login += ":" + quote(password, safe="")
    name = quote(query.pop("dbname"), safe="")
    # All but these go through to libpq as they are, so that sockets need no special case.
    return f"postgresql+psycopg://{login}@/{name}?{urlencode(query, quote_via=quote)}"


def service_file(home: Path | None = None) -> Path:
    """Where the service file of this installation lies; ``PGSERVICEFILE`` points clients to it."""
    return (settings.home() if home is None else home) / "pg_service.conf"


def service_entries(database: str, departments: Iterable[str] = ()) -> dict[str, str]:
    """Service name to role: the database's own name opens with read rights, ``<name>_<role>`` as that role."""
    return {database: READER, **{f"{database}_{role}": role for role in (*SERVICE_ROLES, *departments)}}


def write_service_file(*databases: str, departments: Iterable[str] | None = None, home: Path | None = None) -> Path:
    """Add or renew the entries of ``databases`` and renew the addresses of those already in the file; returns its path.

    ``departments``: roles of departments that ``databases`` have entries for; None keeps those in the file.
    Readers see the old or the new file, never a part. No password stands in it.
    """
    with _locked(home) as folder:
        written = _parsed(home)
        entries = {name: _departments(name, written) for name in (*_databases(written), *databases)}
        if departments is not None:
            entries.update(dict.fromkeys(databases, sorted(departments)))
        return _write(entries, folder)


@contextlib.contextmanager
def _locked(home: Path | None) -> Iterator[Path]:
    """The data folder, while nobody else writes its service file."""
    folder = settings.home() if home is None else home
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "pg_service.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder


def _write(entries: Mapping[str, Sequence[str]], home: Path) -> Path:
    """The file with entries for these databases, each with these departments."""
    lines = ["# Von ./sozialbericht geschrieben; Änderungen gehen verloren.\n"]
    for database, departments in sorted(entries.items()):
        for service, role in service_entries(database, departments).items():
            address = parameters(database, role, home)
            if password := address.pop("password", None):
                address["passfile"] = str(_keep_password(home, password))
            lines.append(f"\n[{service}]\n")
            lines.extend(f"{key}={value}\n" for key, value in address.items())
    path = service_file(home)
    passwords.write_private(path, "".join(lines))
    return path


def listed_databases(home: Path | None = None) -> list[str]:
    """Databases that have entries in the service file."""
    return _databases(_parsed(home))


def _databases(parser: configparser.ConfigParser) -> list[str]:
    return sorted({parser[name]["dbname"] for name in parser.sections() if "dbname" in parser[name]})


def listed_departments(database: str, home: Path | None = None) -> list[str]:
    """Roles of departments that have an entry for ``database`` in the service file."""
    return _departments(database, _parsed(home))


def _departments(database: str, parser: configparser.ConfigParser) -> list[str]:
    prefix = f"{database}_"
    names = (name.removeprefix(prefix) for name in parser.sections() if name.startswith(prefix + DEPARTMENT))
    return sorted(names)


def entry(service: str, home: Path | None = None) -> dict[str, str]:
    """libpq parameters that the service file holds under this name; empty if it has no such entry."""
    parser = _parsed(home)
    return dict(parser[service]) if parser.has_section(service) else {}


def forget(database: str, home: Path | None = None) -> None:
    """Take the entries of ``database`` out of the service file, as it is gone."""
    with _locked(home) as folder:
        written = _parsed(home)
        listed = _databases(written)
        if database in listed:
            _write({name: _departments(name, written) for name in listed if name != database}, folder)


def activate(home: Path | None = None) -> Path:
    """Point this process and its children (psql, QGIS, ogr2ogr) to our service file; returns its path."""
    path = service_file(home)
    os.environ["PGSERVICEFILE"] = str(path)
    return path


def _parsed(home: Path | None) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None, delimiters=("=",), strict=False)
    parser.read(service_file(home), encoding="utf-8")
    return parser


def _keep_password(home: Path, password: str) -> Path:
    path = home / "pgpass.server"
    escaped = password.replace("\\", "\\\\").replace(":", "\\:")
    passwords.write_private(path, f"*:*:*:*:{escaped}\n")
    return path
