"""The command ``run``: the whole way from files to figures and a map."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from etl import settings
from etl.catalogue import Catalogue, load_catalogue
from etl.console import say, tell
from etl.main_job.job import read_job
from etl.main_job.run import Outcome, Runner
from etl.main_job.sample_city import sample_job
from etl.publish import products, qgis_store
from etl.publish.source import open_source
from etl.releases import files
from etl.warehouse import service
from etl.warehouse.session import prepared_engine


def run(
    job_file: Annotated[
        Path | None, typer.Argument(metavar="AUFTRAG", help="Auftragsdatei; ohne sie die synthetische Beispielstadt.")
    ] = None,
    data: Annotated[Path | None, typer.Option(help="Ordner der Dateien; sonst der Ordner der Auftragsdatei.")] = None,
) -> None:
    """Alles in einem: Grenzen und Lieferungen einlesen, Kennzahlen berechnen, veröffentlichen, Karte erzeugen."""
    start = time.perf_counter()
    outcome = Outcome()
    if job_file is None:
        say("Synthetische Beispielstadt")
        before = time.perf_counter()
        folder = settings.home() / "beispielstadt"
        job = sample_job(folder)
        outcome.seconds["Beispielstadt"] = time.perf_counter() - before
        catalogue = load_catalogue(settings.catalogue_dir())
    else:
        job = read_job(job_file)
        folder = data or job_file.parent
        say(job.title)
        catalogue = load_catalogue(
            job_file.parent / job.catalogue if job.catalogue is not None else settings.catalogue_dir()
        )
    before = time.perf_counter()
    engine = prepared_engine(catalogue)
    outcome.seconds["Datenbank"] = time.perf_counter() - before
    Runner(engine, catalogue, job, folder, outcome).run()
    before = time.perf_counter()
    project = qgis_store.current_project(open_source(catalogue), catalogue)
    if outcome.edition is not None and outcome.edition.state == "published":
        products.put_into_database(engine, catalogue)
    outcome.seconds["QGIS-Projekt"] = time.perf_counter() - before
    total = time.perf_counter() - start
    _report(outcome, total, project, catalogue)


def _report(outcome: Outcome, total: float, project: Path, catalogue: Catalogue) -> None:
    """What was made, where it is, how long it took."""
    steps = "\n".join(f"  {name:<20}{seconds:7.1f} s" for name, seconds in outcome.seconds.items())
    edition, database = outcome.edition, catalogue.city.database
    option = "" if database == "sozialbericht" else f" --database {database}"
    theme = catalogue.themes[0]
    columns = ", ".join(["name", *(i.code.lower() for i in theme.shown[:2])])
    folder = files.root(database) / files.CURRENT
    files_there = edition is not None and edition.state == "published" and folder.exists()
    made = f"Veröffentlicht in {folder}:\n{products.listed(folder)}\n" if files_there else ""
    query = f"SELECT {columns} FROM sozialbericht.{theme.code}_aktuell"  # noqa: S608  # codes of the checked catalogue
    tell(
        f"Fertig in {total:.1f} s (Hauptspeicher höchstens {outcome.peak_memory_mib:.0f} MiB):\n{steps}\n"
        f"{made}"
        f"QGIS-Projekt:    {project}\n"
        f"Verbindung:      PGSERVICEFILE={service.service_file()}, Dienst {database}\n"
        f"Abfrage:         ./sozialbericht db psql{option} -- -c '{query}'",
        sekunden=round(total, 2),
        schritte={name: round(seconds, 2) for name, seconds in outcome.seconds.items()},
        hauptspeicher_mib=round(outcome.peak_memory_mib),
        abgelehnt=outcome.refused,
        stand=edition.label if edition else None,
        zustand=edition.state if edition else None,
        werte=edition.values if edition else 0,
        geheim=edition.withheld if edition else 0,
        ordner=str(folder) if files_there else None,
        produkte={title: str(place) for title, place in products.made(folder)} if files_there else {},
        projekt=str(project),
        dienstdatei=str(service.service_file()),
    )
