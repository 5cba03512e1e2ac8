"""Options and output that the commands of this package share."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from etl import settings
from etl.console import console, tell
from etl.districts.load import Outcome
from etl.districts.report import Report

File = Annotated[Path, typer.Argument(help="Datei: Shapefile (auch im Zip), GeoPackage, GeoJSON und andere.")]
Json = Annotated[bool, typer.Option("--json", help="Bericht als JSON ausgeben.")]
Synthetic = Annotated[bool, typer.Option("--synthetic", help="Daten als synthetisch kennzeichnen.")]
Label = Annotated[str, typer.Option("--version", help="Gebietsstand; ein neuer wird als Entwurf angelegt.")]
Title = Annotated[str | None, typer.Option(help="Titel eines neuen Gebietsstands.")]
From = Annotated[
    datetime | None, typer.Option("--from", formats=["%Y-%m-%d", "%d.%m.%Y"], help="Gültig ab (einschließlich).")
]
To = Annotated[
    datetime | None, typer.Option("--to", formats=["%Y-%m-%d", "%d.%m.%Y"], help="Gültig bis (ausschließlich).")
]
Key = Annotated[str, typer.Option(help="Spalte mit dem Schlüssel.")]
Name = Annotated[str | None, typer.Option(help="Spalte mit dem Namen.")]
Parent = Annotated[str | None, typer.Option(help="Spalte mit dem Schlüssel des übergeordneten Gebiets.")]
LayerName = Annotated[str | None, typer.Option(help="Layer, wenn die Datei mehrere hat.")]
Charset = Annotated[str | None, typer.Option("--encoding", help="Zeichenkodierung, zum Beispiel cp1252.")]
Epsg = Annotated[int | None, typer.Option("--crs", help="EPSG-Code, nur wenn er in der Datei fehlt oder falsch ist.")]
Mend = Annotated[bool, typer.Option("--mend", help="Splitter innerhalb und zwischen den Ebenen bereinigen.")]
MinSliver = Annotated[float, typer.Option(help="Splitter unter dieser Fläche (m²) nur zusammenfassen.", min=0)]
GapWidth = Annotated[float, typer.Option(help="Lücken bis zu dieser Breite (m) mit --mend schließen.", min=0)]


def show(report: Report, as_json: bool) -> None:
    """Print a report, as JSON if asked for."""
    if as_json or settings.ui.json:
        typer.echo(json.dumps(report.as_json(), ensure_ascii=False))
    elif not settings.ui.quiet:
        report.render(console)


def show_outcome(outcome: Outcome, as_json: bool) -> None:
    """Print what a load did."""
    if outcome.report is not None:
        show(outcome.report, as_json)
    elif as_json:
        typer.echo(json.dumps({"changed": outcome.changed, "result": outcome.message}, ensure_ascii=False))
    else:
        tell(outcome.message, changed=outcome.changed, result=outcome.message)
