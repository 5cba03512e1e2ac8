"""What this machine lacks and how to mend it. Looks only; changes, starts and installs nothing."""

from __future__ import annotations

import importlib.metadata
import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import psycopg

from etl import settings
from etl.catalogue import load_catalogue
from etl.errors import SozialberichtError
from etl.warehouse import cluster, pgaudit, service
from etl.warehouse.databases import EXTENSIONS

State = Literal["gut", "hinweis", "fehler"]
SYSTEM_PYTHON = "/usr/bin/python3"
SERVER_PROGRAMS = (Path("/usr/lib/cgi-bin/qgis_mapserv.fcgi"), Path("/usr/bin/qgis_mapserver"))
WEB_SERVER = Path("/usr/sbin/nginx")
FONT = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")
LIBRARIES = Path("/usr/lib")
TYPESETTING = {
    "libpango-1.0.so.0": "libpango-1.0-0",
    "libpangoft2-1.0.so.0": "libpangoft2-1.0-0",
    "libharfbuzz-subset.so.0": "libharfbuzz-subset0",
}
"""What sets the text of the report's PDF: library → Debian package."""
GIBIBYTE = 2**30
ROOM = 5 * GIBIBYTE
OLDEST_SERVER = 14
INSTALL = "sudo apt-get update && sudo apt-get install --yes --no-install-recommends "


@dataclass(frozen=True)
class Finding:
    """One thing looked at: ``state``, what was found, and for anything but ``gut`` what to do."""

    name: str
    state: State
    found: str
    remedy: str = ""

    def as_dict(self) -> dict[str, str]:
        """The finding with German keys, for ``--json``."""
        keys = {"name": "name", "state": "stand", "found": "befund", "remedy": "abhilfe"}
        return {keys[key]: value for key, value in asdict(self).items()}


def examine(home: Path | None = None) -> list[Finding]:
    """All findings in the order in which things depend on each other."""
    home = settings.home() if home is None else home
    checks: tuple[Callable[[Path], Iterator[Finding]], ...] = (
        _data_folder,
        _environment,
        _pyqgis,
        _qgis_server,
        _display,
        _catalogue,
        _database,
        _service_file,
    )
    findings: list[Finding] = []
    for check in checks:
        try:
            findings.extend(check(home))
        except (SozialberichtError, OSError) as problem:
            # One broken thing must not hide the others.
            findings.append(Finding(check.__name__.strip("_"), "fehler", str(problem), "siehe Befund"))
    return findings


def _data_folder(home: Path) -> Iterator[Finding]:
    name = "Datenordner"
    if not home.is_dir() or not os.access(home, os.W_OK):
        yield Finding(name, "fehler", f"{home} fehlt oder ist nicht beschreibbar", "SOZIALBERICHT_HOME anders setzen")
        return
    free = shutil.disk_usage(home).free
    text = f"{home}, {free / GIBIBYTE:.1f} GiB frei"
    if free < ROOM:
        yield Finding(name, "hinweis", text, f"mindestens {ROOM // GIBIBYTE} GiB frei machen")
    else:
        yield Finding(name, "gut", text)


def _environment(_home: Path) -> Iterator[Finding]:
    name = "Python-Umgebung"
    wrong = []
    for line in (settings.PROJECT / "constraints.txt").read_text(encoding="utf-8").splitlines():
        if match := re.fullmatch(r"([A-Za-z0-9._-]+)==(\S+)", line):
            try:
                found = importlib.metadata.version(match[1])
            except importlib.metadata.PackageNotFoundError:
                found = "fehlt"
            if found != match[2]:
                wrong.append(f"{match[1]} {found} statt {match[2]}")
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    if wrong:
        yield Finding(name, "fehler", "; ".join(wrong), f"Ordner {sys.prefix} löschen und noch einmal aufrufen")
    else:
        yield Finding(name, "gut", f"Python {version}, Pakete wie festgeschrieben ({sys.prefix})")


def _says(command: list[str]) -> str | None:
    """The first line that a program prints, or None if it is missing or fails."""
    variables = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    try:
        done = subprocess.run(  # noqa: S603 - fixed programs
            command,
            env={**variables, "QT_QPA_PLATFORM": "offscreen"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    lines = done.stdout.strip().splitlines()
    return lines[0] if done.returncode == 0 and lines else None


def _pyqgis(_home: Path) -> Iterator[Finding]:
    version = _says([SYSTEM_PYTHON, "-c", "from qgis.core import Qgis; print(Qgis.QGIS_VERSION)"])
    if version is None:
        yield Finding("PyQGIS", "fehler", f"{SYSTEM_PYTHON} kann qgis.core nicht laden", INSTALL + "python3-qgis")
    else:
        yield Finding("PyQGIS", "gut", f"QGIS {version}")


def _qgis_server(_home: Path) -> Iterator[Finding]:
    missing = [str(path) for path in SERVER_PROGRAMS if not path.exists()]
    if missing:
        yield Finding("QGIS-Server", "fehler", f"{', '.join(missing)} fehlt", INSTALL + "qgis-server")
    else:
        yield Finding("QGIS-Server", "gut", str(SERVER_PROGRAMS[0]))
    if WEB_SERVER.exists():
        yield Finding("Webserver", "gut", str(WEB_SERVER))
    else:
        yield Finding("Webserver", "fehler", f"{WEB_SERVER} fehlt", INSTALL + "nginx")


def _display(_home: Path) -> Iterator[Finding]:
    if shutil.which("Xvfb") is None or shutil.which("xauth") is None:
        yield Finding("Bildschirmersatz", "fehler", "Xvfb oder xauth fehlt", INSTALL + "xvfb xauth")
    else:
        yield Finding("Bildschirmersatz", "gut", "Xvfb")
    if FONT.exists():
        yield Finding("Schrift", "gut", "DejaVu Sans")
    else:
        yield Finding("Schrift", "fehler", "DejaVu Sans fehlt", INSTALL + "fonts-dejavu-core")
    if missing := [package for library, package in TYPESETTING.items() if not any(LIBRARIES.glob(f"*/{library}"))]:
        yield Finding("Satz des Berichts", "fehler", f"Es fehlt: {', '.join(missing)}", INSTALL + " ".join(missing))
    else:
        yield Finding("Satz des Berichts", "gut", "Pango")


def _catalogue(_home: Path) -> Iterator[Finding]:
    folder = settings.catalogue_dir()
    try:
        city = load_catalogue(folder).city
    except SozialberichtError as problem:
        yield Finding("Katalog", "fehler", str(problem).splitlines()[0], "./sozialbericht catalogue check")
    else:
        yield Finding("Katalog", "gut", f"{city.name} ({folder})")


def _database(home: Path) -> Iterator[Finding]:
    if service.existing_server() is not None:
        yield from _server("Vorhandener Datenbankserver", home)
        return
    versions = cluster.packaged_versions()
    if not versions:
        yield Finding(
            "PostgreSQL mit PostGIS", "fehler", "nicht installiert oder ohne PostGIS", INSTALL + "postgresql-postgis"
        )
        return
    yield Finding("PostgreSQL mit PostGIS", "gut", f"Version {', '.join(map(str, versions))} installiert")
    state, info = cluster.status(home)
    if info is None:
        yield Finding(
            "Datenbank", "hinweis", "noch nicht angelegt", "./sozialbericht db start (geschieht sonst selbst)"
        )
        return
    yield _reads(info.version, home)
    if info.version not in versions:
        yield Finding(
            "Datenbank",
            "fehler",
            f"angelegt mit PostgreSQL {info.version}, das hier nicht mehr installiert ist",
            f"{INSTALL}postgresql-{info.version}-postgis-3 – oder ./sozialbericht db destroy und neu laden",
        )
        return
    if state == "gestoppt":
        yield Finding(
            "Datenbank", "hinweis", "angelegt, läuft nicht", "./sozialbericht db start (geschieht sonst selbst)"
        )
        return
    yield from _server(f"Datenbank auf 127.0.0.1:{info.port}", home)


def _reads(version: int, home: Path) -> Finding:
    name = "Leseprotokoll (pgaudit)"
    package = pgaudit.PACKAGE.format(version=version)
    if not pgaudit.library(version).exists():
        remedy = f"{INSTALL}{package}, dann ./sozialbericht db stop"
        return Finding(name, "hinweis", "nicht installiert: wer geschützte Tabellen liest, wird nicht notiert", remedy)
    if cluster.status(home)[0] == "laeuft":
        with psycopg.connect(service.dsn("postgres", cluster.SUPERUSER, home), connect_timeout=10) as connection:
            loaded = connection.execute("SHOW shared_preload_libraries").fetchone()
        if loaded is None or "pgaudit" not in str(loaded[0]):
            return Finding(name, "hinweis", "installiert, aber noch nicht geladen", "./sozialbericht db stop")
    return Finding(name, "gut", package)


def _server(name: str, home: Path) -> Iterator[Finding]:
    try:
        with psycopg.connect(
            service.dsn("postgres", cluster.SUPERUSER, home), autocommit=True, connect_timeout=10
        ) as connection:
            version = connection.info.server_version
            state: State = "gut" if version // 10000 >= OLDEST_SERVER else "fehler"
            yield Finding(
                name, state, f"PostgreSQL {version // 10000}.{version % 10000}", "" if state == "gut" else "ab 14 nötig"
            )
            rows = connection.execute(
                "SELECT name, default_version FROM pg_available_extensions WHERE name = ANY(%s)", (list(EXTENSIONS),)
            )
            available = {str(row[0]): str(row[1]) for row in rows}
            databases = [
                str(row[0])
                for row in connection.execute(
                    "SELECT datname FROM pg_database WHERE datname = ANY(%s) ORDER BY 1",
                    (service.listed_databases(home),),
                )
            ]
    except psycopg.OperationalError as problem:
        remedy = "Adresse, Anmeldename und Kennwort in SOZIALBERICHT_DSN prüfen"
        yield Finding(name, "fehler", str(problem).strip().splitlines()[0], remedy)
        return
    for extension in EXTENSIONS:
        if extension not in available:
            yield Finding(
                f"Erweiterung {extension}", "fehler", "fehlt auf dem Server", "vom Administrator einrichten lassen"
            )
    for database in databases:
        yield from _extensions(database, available, home)


def _extensions(database: str, available: dict[str, str], home: Path) -> Iterator[Finding]:
    with psycopg.connect(service.dsn(database, cluster.SUPERUSER, home), autocommit=True) as connection:
        rows = connection.execute("SELECT extname, extversion FROM pg_extension")
        installed = {str(row[0]): str(row[1]) for row in rows}
    for extension in EXTENSIONS:
        name = f"Datenbank {database}: {extension}"
        if extension not in installed:
            yield Finding(name, "fehler", "nicht eingerichtet", "./sozialbericht db upgrade")
        elif installed[extension] != available.get(extension, installed[extension]):
            yield Finding(
                name,
                "hinweis",
                f"{installed[extension]}, neuer verfügbar: {available[extension]}",
                f"./sozialbericht db psql --role postgres --database {database} -- "
                + (
                    "-c 'SELECT postgis_extensions_upgrade()'"
                    if extension == "postgis"
                    else f"-c 'ALTER EXTENSION {extension} UPDATE'"
                ),
            )
        else:
            yield Finding(name, "gut", installed[extension])


def _service_file(home: Path) -> Iterator[Finding]:
    path = service.service_file(home)
    name = "Dienstdatei"
    if not path.exists():
        yield Finding(name, "hinweis", f"{path} gibt es noch nicht", "entsteht beim ersten Laden")
        return
    stale = []
    for database in service.listed_databases(home):
        expected = service.parameters(database, service.READER, home)
        if any(service.entry(database, home).get(key) != expected[key] for key in ("host", "port") if key in expected):
            stale.append(database)
    if stale:
        yield Finding(name, "fehler", f"alte Adresse für {', '.join(stale)}", "./sozialbericht db start")
    elif stat.S_IMODE(path.stat().st_mode) & 0o077:
        yield Finding(name, "hinweis", f"{path} ist für andere lesbar", f"chmod 600 {path}")
    else:
        yield Finding(name, "gut", f"{path}: {', '.join(service.listed_databases(home)) or 'noch ohne Eintrag'}")
