"""The commands ``areas …``."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table
from sqlalchemy import text

from etl import settings
from etl.catalogue import load_catalogue
from etl.console import console, tell
from etl.districts.custom_areas.counts import recount
from etl.districts.custom_areas.store import AreaOptions, add_areas, outside, remove_areas
from etl.districts.options import Charset, Epsg, File, Key, LayerName, Name, Synthetic
from etl.districts.wording import count, number
from etl.warehouse.session import prepared_engine

areas = typer.Typer(no_args_is_help=True, help="Eigene Gebiete: Einzugsbereiche, Sanierungsgebiete und Ähnliches.")
Set = Annotated[str, typer.Argument(metavar="BEZEICHNUNG", help="Wie die Gebiete zusammen heißen.")]


@areas.command("add")
def add(
    file: File,
    *,
    label: Annotated[str, typer.Option(help="Wie die Gebiete zusammen heißen, zum Beispiel Schuleinzugsbereiche.")],
    key: Key,
    name: Name = None,
    layer: LayerName = None,
    encoding: Charset = None,
    epsg: Epsg = None,
    synthetic: Synthetic = False,
) -> None:
    """Gezeichnete Gebiete einlesen und für die Statistikstelle auszählen; sie ersetzen frühere dieser Bezeichnung."""
    catalogue = load_catalogue(settings.catalogue_dir())
    options = AreaOptions(label, key, name, layer, encoding, epsg, synthetic)
    with prepared_engine(catalogue).begin() as connection:
        added = add_areas(connection, catalogue.city, file, options)
        warning = outside(connection, label, catalogue.city.district_level or "")
        counted = recount(connection, catalogue.city.population)
    words = [f"{count(len(added.keys), 'Gebiet', 'Gebiete')} als „{label}“ eingelesen, {number(counted)} Zählungen."]
    words += [*added.findings, *([warning] if warning else [])]
    words.append("Genaue Zahlen sieht nur die Statistikstelle; veröffentlicht werden Schätzungen aus den Bezirken.")
    tell("\n".join(words), gebiete=list(added.keys), zaehlungen=counted, hinweise=[*added.findings, warning or ""])


@areas.command("list")
def show() -> None:
    """Eingelesene Gebiete zeigen."""
    catalogue = load_catalogue(settings.catalogue_dir())
    with prepared_engine(catalogue, migrated=False).connect() as connection:
        rows = connection.execute(
            text("""
                SELECT label, key, name, ST_Area(geom) / 10000 AS hectares, source FROM geo.custom_area
                ORDER BY label, key
            """)
        ).all()
    table = Table("Bezeichnung", "Schlüssel", "Name", "Fläche (ha)", "Datei")
    for row in rows:
        table.add_row(row.label, row.key, row.name, number(row.hectares, 1), row.source or "")
    if settings.ui.json:
        tell("", gebiete=[dict(row._mapping) for row in rows])
    elif not settings.ui.quiet:
        console.print(table)


@areas.command("counts")
def counts(
    label: Set, period: Annotated[str | None, typer.Option(help="Zeitraum; sonst je Messgröße der jüngste.")] = None
) -> None:
    """Zählungen für die Statistikstelle zeigen (nicht zur Veröffentlichung)."""
    catalogue = load_catalogue(settings.catalogue_dir())
    with prepared_engine(catalogue, migrated=False).connect() as connection:
        rows = connection.execute(
            text("""
                SELECT DISTINCT ON (c.key, m.id) c.key, c.name, m.title, n.period, n.value, n.status, n.explanation
                FROM warehouse.custom_area_count n
                JOIN geo.custom_area c ON c.id = n.area_id AND c.label = :label
                JOIN catalogue.measure m ON m.id = n.measure_id
                WHERE n.group_code = 'insgesamt' AND n.period = coalesce(:period, n.period)
                ORDER BY c.key, m.id, n.period DESC
            """),
            {"label": label, "period": period},
        ).all()
    if settings.ui.json:
        tell("", zaehlungen=[dict(row._mapping) for row in rows])
        return
    table = Table("Gebiet", "Messgröße", "Zeitraum", "Wert", "Herkunft", title="Nur für die Statistikstelle")
    for row in rows:
        value = row.status if row.value is None else number(row.value, 1)
        table.add_row(row.name, row.title, row.period, value, row.explanation)
    if not settings.ui.quiet:
        console.print(table)


@areas.command("remove")
def remove(label: Set) -> None:
    """Gebiete einer Bezeichnung mit ihren Zählungen entfernen."""
    catalogue = load_catalogue(settings.catalogue_dir())
    with prepared_engine(catalogue).begin() as connection:
        number_of = remove_areas(connection, label)
    tell(f"{count(number_of, 'Gebiet', 'Gebiete')} entfernt.", entfernt=number_of)
