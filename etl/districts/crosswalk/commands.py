"""The command ``districts crosswalk``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from etl import settings
from etl.catalogue import load_catalogue
from etl.console import console, tell
from etl.districts.crosswalk.build import CrosswalkReport, build_crosswalk
from etl.districts.crosswalk.cells import CellFile
from etl.districts.crosswalk.ground import NOISE
from etl.districts.options import Json
from etl.districts.wording import number
from etl.errors import SozialberichtError
from etl.warehouse.session import prepared_engine

WORDS = {
    "unchanged": "unverändert", "split": "geteilt", "merged": "zusammengelegt", "irregular": "unregelmäßig",
}  # fmt: skip


def crosswalk(
    source: Annotated[str, typer.Argument(metavar="VON", help="Gebietsstand, aus dem umgestiegen wird.")],
    target: Annotated[str, typer.Argument(metavar="NACH", help="Gebietsstand, in den umgestiegen wird.")],
    *,
    both: Annotated[bool, typer.Option("--both", help="Auch die Gegenrichtung.")] = False,
    noise: Annotated[
        float,
        typer.Option(help="Schnittflächen unter diesem Anteil (%) des kleineren Gebiets gelten als Ungenauigkeit."),
    ] = 100 * NOISE,
    cells: Annotated[
        Path | None, typer.Option(help="Tabelle mit Gitterzellen als Gewichte, wo es keine Blöcke gibt.")
    ] = None,
    measure: Annotated[str | None, typer.Option(help="Messgröße, die die Zellen tragen; sonst die Einwohner.")] = None,
    period: Annotated[str | None, typer.Option(help="Zeitraum der Zellen, zum Beispiel 2011.")] = None,
    x: Annotated[str, typer.Option(help="Spalte mit dem Rechtswert der Zellmitte.")] = "x",
    y: Annotated[str, typer.Option(help="Spalte mit dem Hochwert der Zellmitte.")] = "y",
    value: Annotated[str, typer.Option(help="Spalte mit dem Wert der Zelle.")] = "value",
    where: Annotated[
        str | None, typer.Option(metavar="SPALTE=WERT[,WERT]", help="Nur Zeilen mit diesen Werten zählen.")
    ] = None,
    size: Annotated[int, typer.Option(help="Kantenlänge der Zellen in Metern.", min=1)] = 100,
    epsg: Annotated[int, typer.Option("--crs", help="EPSG-Code des Gitters.")] = 3035,
    as_json: Json = False,
) -> None:
    """Umsteigeschlüssel zwischen zwei Gebietsständen bilden: Beziehungen, Gewichte, Schätzfehler."""
    catalogue = load_catalogue(settings.catalogue_dir())
    files: list[CellFile] = []
    if cells is not None:
        carried = measure or catalogue.city.population
        if carried is None or period is None:
            raise SozialberichtError("Zu --cells gehören --period und, ohne Einwohner im Katalog, --measure.")
        column, _, words = (where or "").partition("=")
        only = tuple(w for w in words.split(",") if w)
        if where is not None and not (column and only):
            raise SozialberichtError("--where braucht die Form SPALTE=WERT oder SPALTE=WERT,WERT.")
        files = [CellFile(cells, carried, period, x, y, value, size, epsg, column or None, only)]
    reports = []
    with prepared_engine(catalogue).begin() as connection:
        for a, b in ((source, target), (target, source)) if both else ((source, target),):
            reports.append(build_crosswalk(connection, catalogue, a, b, noise=noise / 100, cells=files))
    if as_json or settings.ui.json:
        typer.echo(json.dumps([r.as_json() for r in reports], ensure_ascii=False))
        return
    if not settings.ui.quiet:
        for report in reports:
            _show(report)
    tell("Die Werte folgen mit dem nächsten „compute“.")


def _show(report: CrosswalkReport) -> None:
    how = "aus gemeinsamen Blöcken" if report.method == "blocks" else "durch Verschneiden der Flächen"
    table = Table("Ebene", *WORDS.values(), title=f"{report.source} → {report.target} ({how})")
    for level in report.levels:
        table.add_row(level.title, *(str(level.relations.get(word, 0)) for word in WORDS))
    console.print(table)
    for level in report.levels:
        for name, share in level.uncovered.items():
            console.print(f"Warnung: {name} liegt zu {number(100 * share, 1)} % außerhalb des anderen Gebietsstands.")
    for error in report.errors:
        by = f"Gewicht {error.carrier}" if error.carrier else "Gewicht Fläche"
        console.print(
            f"Nachgespielter Schätzfehler, Ebene {error.level}, {by}: im Mittel {number(100 * error.error, 1)} % "
            f"({error.measures} Messgrößen; am ungenauesten: {error.worst})"
        )
    for note in report.notes:
        console.print(note)
