"""The command ``districts deliver-agency``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from etl import settings
from etl.catalogue import load_catalogue
from etl.console import tell
from etl.districts.agency.deliver import deliver_agency
from etl.districts.agency.files import Layout
from etl.districts.wording import count, number
from etl.warehouse.session import prepared_engine


def deliver(
    label: Annotated[str, typer.Argument(metavar="GEBIETSSTAND", help="Gebietsstand, der geliefert wird.")],
    *,
    out: Annotated[Path, typer.Option(help="Ordner für die beiden Dateien.")],
    period: Annotated[str | None, typer.Option(help="Zeitraum der Einwohnerzahlen; sonst der jüngste.")] = None,
    encoding: Annotated[str, typer.Option(help="Zeichenkodierung der Dateien.")] = "cp1252",
    header: Annotated[bool, typer.Option("--header/--no-header", help="Kopfzeile schreiben.")] = True,
) -> None:
    """Zuordnungsdatei und Rasterdatei für die Arbeitsagentur schreiben und gegen die Adressen prüfen."""
    catalogue = load_catalogue(settings.catalogue_dir())
    with prepared_engine(catalogue).begin() as connection:
        report = deliver_agency(connection, catalogue, label, out, period=period, layout=Layout(encoding, header))
    words = [
        f"{report.areas_file}: {number(report.areas)} Gebiete, Einwohner {report.period or 'unbekannt'}.",
        f"{report.grid_file}: {number(report.lines)} Zeilen; {count(report.addresses, 'Adresse', 'Adressen')} geprüft, "
        "jede landet in ihrem Bezirk.",
        *(f"Bitte beachten: {note}." for note in report.notes),
    ]
    tell(
        "\n".join(words),
        zuordnungsdatei=str(report.areas_file),
        rasterdatei=str(report.grid_file),
        gebiete=report.areas,
        zeilen=report.lines,
        adressen=report.addresses,
        hinweise=report.notes,
    )
