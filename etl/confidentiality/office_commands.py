"""The commands ``confidentiality explain``, ``shares`` and ``list``: for the statistics office, in its own role."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import polars as pl
import typer
from sqlalchemy import Connection

from etl import settings
from etl.catalogue import Catalogue, load_catalogue
from etl.confidentiality.linked.explain import explain, shares
from etl.confidentiality.linked.shown import Part, released_list
from etl.console import tell
from etl.warehouse import auditlog, engine, service

OFFICE = "statistik"

Edition = Annotated[str | None, typer.Option("--stand", help="Stand (Vorgabe: der neueste).")]


@contextmanager
def _office(subject: str) -> Iterator[tuple[Connection, Catalogue]]:
    catalogue = load_catalogue(settings.catalogue_dir())
    address = service.url(catalogue.city.database, OFFICE)
    opened = engine.open_engine(address, role=OFFICE)
    auditlog.record_read(opened, subject)
    with opened.connect() as connection:
        yield connection, catalogue


def explain_value(
    indicator: Annotated[str, typer.Argument(metavar="KENNZAHL", help="Zum Beispiel SOZ03.")],
    unit: Annotated[str, typer.Argument(metavar="GEBIET", help="Schlüssel des Gebiets.")],
    period: Annotated[str, typer.Argument(metavar="ZEITRAUM", help="Wie in der Sicht wert: 2025, 2024/25, 2023-2025.")],
    *,
    group: Annotated[str, typer.Option("--gruppe", help="Gruppe.")] = "insgesamt",
    version: Annotated[str | None, typer.Option("--gebietsstand", help="Vorgabe: der geltende.")] = None,
    edition: Edition = None,
) -> None:
    """Sagen, warum ein Wert geheim ist: die Regel, oder welche anderen er schützt. Nur für die Statistikstelle."""
    with _office(f"Grund der Geheimhaltung: {indicator.upper()} {unit} {period} {group}") as (connection, catalogue):
        found = explain(
            connection, catalogue, indicator=indicator.upper(), unit=unit, period=period, group=group,
            version=version, edition=edition,
        )  # fmt: skip
    named = f"{found.indicator}, {found.unit}, {found.period}" + ("" if group == "insgesamt" else f", {group}")
    if found.status != "geheim":
        said = f"{named}: nicht geheim (Zustand: {found.status})."
    elif not found.sentences:
        said = f"{named}: geheim; schon die Lieferung hält ihn zurück, oder zu diesem Stand sind keine Gründe bekannt."
    else:
        said = f"{named}: geheim, denn " + "; ".join(found.sentences) + "."
    tell(said, **asdict(found))


def show_shares(*, edition: Edition = None) -> None:
    """Anteil geheimer Werte nach Handlungsfeld und Ebene. Nur für die Statistikstelle."""
    with _office("Anteile geheimer Werte") as (connection, _):
        label, found = shares(connection, edition)
    lines = [f"Stand „{label}“: geheime Werte nach Handlungsfeld und Ebene"]
    lines += [
        f"  {s.theme}, {s.level}: {s.withheld} von {s.values} ({100 * s.withheld / s.values:.1f} %), "
        f"davon {s.for_others} zum Schutz anderer".replace(".", ",")
        for s in found
    ]
    tell("\n".join(lines), stand=label, anteile=[asdict(s) for s in found])


PARTS: dict[Part, str] = {
    "numerator": "Zähler", "denominator": "Nenner", "complement": "Rest zum Nenner", "formula": "Formel",
}  # fmt: skip


def show_list(
    out: Annotated[Path | None, typer.Option("--out", help="Alle Zeilen als CSV-Datei hierhin schreiben.")] = None,
) -> None:
    """Die Liste dessen, was ein Stand zeigen würde: jeder Teil einer Kennzahl je Gebiet, Gruppe und Zeitraum."""
    with _office("Liste der gezeigten Zahlen") as (connection, catalogue):
        lines = released_list(connection, catalogue)
    counted = Counter((line.shown.indicator, line.shown.part) for line in lines)
    words = [f"{len(lines)} Zeilen; was hier nicht steht, wird nicht veröffentlicht."]
    words += [f"  {code} {PARTS[part]}: {number}" for (code, part), number in counted.items()]
    if out is not None:
        listed = [(line.shown.indicator, PARTS[line.shown.part], line.shown.name, line.unit, line.group, line.period)
                  for line in lines]  # fmt: skip
        columns = ("kennzahl", "teil", "ausdruck", "gebiet_id", "gruppe", "zeitraum")
        pl.DataFrame(listed, schema=columns, orient="row").write_csv(out, separator=";", include_bom=True)
        words.append(f"geschrieben: {out}")
    tell("\n".join(words), zeilen=len(lines), teile=[[*key, number] for key, number in counted.items()])


def attach(app: typer.Typer) -> None:
    """Add these commands to the group ``confidentiality``."""
    app.command("explain")(explain_value)
    app.command("shares")(show_shares)
    app.command("list")(show_list)
