"""The command ``serve``."""

from __future__ import annotations

import signal
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from etl import settings
from etl.catalogue import Catalogue, load_catalogue
from etl.console import tell
from etl.errors import SetupError, SozialberichtError
from etl.publish import map_server, qgis_project
from etl.publish.map_server.web import Published
from etl.releases import files
from etl.warehouse import cluster, service

LATEST = "SELECT stand, hinweis FROM sozialbericht.veroeffentlichung WHERE zustand = 'aktuell'"


def _about(database: str) -> tuple[str | None, str | None]:
    """Label and notice of the release that readers see, as the map server reads them."""
    import psycopg  # noqa: PLC0415  # a quarter of a second that --help need not wait

    try:
        with psycopg.connect(service.dsn(database, map_server.ROLE), connect_timeout=10) as connection:
            row = connection.execute(LATEST).fetchone()
    except psycopg.Error as problem:
        raise SetupError(
            f"Die veröffentlichten Sichten der Datenbank „{database}“ lassen sich als Rolle „{map_server.ROLE}“ nicht "
            "lesen. Abhilfe: zuerst „./sozialbericht run“ oder „./sozialbericht publish“ ausführen."
        ) from problem
    return (row[0], row[1]) if row else (None, None)


def _published(catalogue: Catalogue, project: Path | None) -> Published:
    """What the catalogue's database publishes. The release's own project goes before the one of the catalogue."""
    database = catalogue.city.database
    current = files.root(database) / files.CURRENT
    common = qgis_project.project_file(catalogue)

    def place() -> Path:
        if project is not None:
            return project
        released = current / "qgis" / common.name
        return released if released.is_file() else common

    qgis_project.present(place())
    return Published(place, current, catalogue.city.report_title, lambda: _about(database))


def serve(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Anschluss; 0 nimmt einen freien.")] = 8080,
    host: Annotated[str, typer.Option(help="Adresse, auf der gelauscht wird; sonst nur dieser Rechner.")] = "127.0.0.1",
    project: Annotated[Path | None, typer.Option(help="QGIS-Projekt; sonst das des veröffentlichten Stands.")] = None,
    processes: Annotated[int, typer.Option(min=0, max=64, help="Wie viele QGIS-Server; 0 je Prozessorkern einen.")] = 0,
    show_log: Annotated[bool, typer.Option("--show-log", help="Das Protokoll laufend ausgeben.")] = False,
) -> None:
    """Karten (WMS, WFS, OGC API Features), Bericht, Atlas und Dateien anbieten, bis zum Abbruch mit Strg+C."""
    catalogue = load_catalogue(settings.catalogue_dir())
    if service.existing_server() is None:
        cluster.ensure_running()
    published = _published(catalogue, project)
    # Ended by a service manager as by a person: the servers behind us end too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    name = catalogue.city.database
    with map_server.running(published, name, host=host, port=port, processes=processes or None) as server:
        tell(
            f"Übersicht:         {server.pages}\nWMS und WFS:       {server.ows}\n"
            f"OGC API Features:  {server.features}\nBeenden mit Strg+C.",
            uebersicht=server.pages,
            ows=server.ows,
            ogc_api_features=server.features,
        )
        try:
            _stay(server, show_log)
        except KeyboardInterrupt:
            return
        raise SozialberichtError("Der Kartendienst hat sich beendet. Abhilfe: mit --show-log noch einmal starten.")


def _stay(server: map_server.MapServer, show_log: bool) -> None:
    """Until the server ends by itself; passes its log on to standard error."""
    with server.log.open(encoding="utf-8", errors="replace") as log:
        while server.process.poll() is None and not server.workers.hopeless:
            if show_log:
                if server.log.stat().st_size < log.tell():
                    log.seek(0)
                sys.stderr.write(log.read())
                sys.stderr.flush()
            time.sleep(0.5)
