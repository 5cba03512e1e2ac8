"""The commands ``boundaries …``."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table
from sqlalchemy import RowMapping, text

from etl import settings
from etl.catalogue import load_catalogue
from etl.console import console, tell
from etl.districts import blocks, coverage, versions
from etl.districts.basemap import BasemapOptions, load_basemap
from etl.districts.grid import GridOptions, load_grid
from etl.districts.load import Request, load_boundaries
from etl.districts.options import (
    Charset,
    Epsg,
    File,
    From,
    GapWidth,
    Json,
    Key,
    Label,
    LayerName,
    Mend,
    MinSliver,
    Name,
    Parent,
    Synthetic,
    Title,
    To,
    show,
    show_outcome,
)
from etl.districts.prepare import Options, prepare
from etl.districts.report import Report
from etl.districts.versions import NewVersion
from etl.districts.wording import number
from etl.warehouse.session import prepared_engine

boundaries = typer.Typer(no_args_is_help=True, help="Grenzen: laden, prüfen, anzeigen.")


@boundaries.command("load")
def load(
    file: File,
    *,
    level: Annotated[str, typer.Option(help="Ebene des Katalogs (stadt, stadtteil, bezirk, …) oder block.")],
    version: Label,
    key: Key,
    name: Name = None,
    parent: Parent = None,
    layer: LayerName = None,
    encoding: Charset = None,
    epsg: Epsg = None,
    strict: Annotated[bool, typer.Option("--strict", help="Schon bei Warnungen nichts laden.")] = False,
    mend: Mend = False,
    min_sliver: MinSliver = coverage.MIN_SLIVER,
    gap_width: GapWidth = coverage.GAP_WIDTH,
    title: Title = None,
    valid_from: From = None,
    valid_to: To = None,
    synthetic: Synthetic = False,
    as_json: Json = False,
) -> None:
    """Grenzen einer Ebene prüfen und in einen Gebietsstand laden."""
    catalogue = load_catalogue(settings.catalogue_dir())
    wanted = NewVersion(
        version,
        title,
        valid_from.date() if valid_from else None,
        valid_to.date() if valid_to else None,
        synthetic=synthetic,
    )
    options = Options(key, name, parent, layer, encoding, epsg, mend, min_sliver, gap_width)
    run = blocks.load_blocks if level == blocks.LEVEL else load_boundaries
    with prepared_engine(catalogue).begin() as connection:
        outcome = run(connection, catalogue.city, Request(file, level, wanted, options, strict))
    show_outcome(outcome, as_json)


@boundaries.command("check")
def check(
    file: File,
    *,
    key: Key,
    name: Name = None,
    parent: Parent = None,
    layer: LayerName = None,
    encoding: Charset = None,
    epsg: Epsg = None,
    strict: Annotated[bool, typer.Option("--strict", help="Auch Warnungen führen zum Ende mit Fehler.")] = False,
    mend: Mend = False,
    min_sliver: MinSliver = coverage.MIN_SLIVER,
    gap_width: GapWidth = coverage.GAP_WIDTH,
    as_json: Json = False,
) -> None:
    """Eine Grenzdatei nur prüfen; die Datenbank bleibt unberührt."""
    options = Options(key, name, parent, layer, encoding, epsg, mend, min_sliver, gap_width)
    prepared = prepare(file, options, load_catalogue(settings.catalogue_dir()).city.extent)
    report = Report(prepared.source, "(nur Prüfung)", "", prepared.areas, prepared.findings)
    show(report, as_json)
    refusal = report.refusal(strict=strict)
    if refusal is not None:
        raise refusal


@boundaries.command("grid")
def grid(
    file: Annotated[Path, typer.Argument(help="Tabelle (CSV oder Parquet) mit Zellmitten.")],
    *,
    level: Annotated[str, typer.Option(help="Ebene des Katalogs, zu der die Zellen werden.")],
    version: Label,
    x: Annotated[str, typer.Option(help="Spalte mit dem Rechtswert der Zellmitte.")],
    y: Annotated[str, typer.Option(help="Spalte mit dem Hochwert der Zellmitte.")],
    size: Annotated[int, typer.Option(help="Kantenlänge der Zellen in m.", min=1)] = 1000,
    epsg: Annotated[int, typer.Option("--crs", help="EPSG-Code des Gitters.")] = 3035,
    inside: Annotated[str | None, typer.Option(help="Nur Zellen, deren Mitte in dieser Ebene liegt.")] = None,
    title: Title = None,
    synthetic: Synthetic = False,
    as_json: Json = False,
) -> None:
    """Gitterzellen als Gebiete laden."""
    catalogue = load_catalogue(settings.catalogue_dir())
    wanted = NewVersion(version, title, synthetic=synthetic)
    with prepared_engine(catalogue).begin() as connection:
        outcome = load_grid(connection, catalogue.city, file, wanted, GridOptions(level, x, y, size, epsg, inside))
    show_outcome(outcome, as_json)


@boundaries.command("basemap")
def basemap(
    file: File,
    *,
    kind: Annotated[str, typer.Option(help="Art: strasse, bahn oder gewaesser.")],
    name: Name = None,
    class_: Annotated[str | None, typer.Option("--class", help="Spalte mit der Klasse.")] = None,
    layer: LayerName = None,
    encoding: Charset = None,
    epsg: Epsg = None,
    synthetic: Synthetic = False,
) -> None:
    """Linien und Flächen zur Orientierung laden (Straßen, Bahn, Gewässer)."""
    catalogue = load_catalogue(settings.catalogue_dir())
    options = BasemapOptions(kind, name, class_, layer, encoding, epsg, synthetic)
    with prepared_engine(catalogue).begin() as connection:
        outcome = load_basemap(connection, catalogue.city, file, options)
    show_outcome(outcome, False)


@boundaries.command("list")
def list_versions(as_json: Json = False) -> None:
    """Gebietsstände mit ihren Ebenen und deren Herkunft anzeigen."""
    catalogue = load_catalogue(settings.catalogue_dir())
    with prepared_engine(catalogue, migrated=False).begin() as connection:
        rows = connection.execute(text(_LISTING)).mappings().all()
    if as_json or settings.ui.json:
        typer.echo(json.dumps([dict(r) for r in rows], ensure_ascii=False, default=str))
        return
    if settings.ui.quiet:
        return
    if not rows:
        console.print("Es ist noch kein Gebietsstand angelegt.")
    for label, levels in itertools.groupby(rows, key=lambda r: r["gebietsstand"]):
        _print_version(label, list(levels))


def _print_version(label: str, levels: Sequence[RowMapping]) -> None:
    """One version: a headline with its marks, and a line a level."""
    first = levels[0]
    marks = {"aktuell": first["aktuell"], "vorläufig": first["vorlaeufig"], "synthetisch": first["synthetisch"]}
    status = ", ".join([_STATUS[first["status"]], *(word for word, true in marks.items() if true)])
    console.print(f"[bold]{escape(label)}[/bold] ({status})")
    table = Table(box=None)
    for column in ("Ebene", "Gebiete", "ha", "Datei"):
        table.add_column(column, justify="right" if column in ("Gebiete", "ha") else "left")
    for r in levels:
        file = r["datei"] or "(aus der Ebene darunter)"
        table.add_row(escape(r["ebene"]), number(r["gebiete"]), number(float(r["ha"]), 1), escape(file))
    console.print(table)


_STATUS = {"draft": "Entwurf", "reviewed": "geprüft", "adopted": "beschlossen", "superseded": "abgelöst"}
_LISTING = """
    SELECT v.label AS gebietsstand, v.status, v.is_current AS aktuell, v.provisional AS vorlaeufig,
           v.synthetic AS synthetisch, l.title AS ebene, u.gebiete, u.ha, b.file_name AS datei, b.source_crs AS crs,
           b.loaded_at AS geladen
    FROM geo.district_version v
    JOIN LATERAL (
        SELECT level, count(*) AS gebiete, round((sum(area_m2) / 10000)::numeric, 1) AS ha
        FROM geo.unit WHERE version_id = v.id AND geom IS NOT NULL GROUP BY level
    ) u ON true
    JOIN geo.level l ON l.code = u.level
    LEFT JOIN LATERAL (
        SELECT file_name, source_crs, loaded_at FROM geo.boundary_load
        WHERE version_id = v.id AND level = u.level ORDER BY id DESC LIMIT 1
    ) b ON true
    ORDER BY v.label, l.rank
"""


@boundaries.command("use")
def use(version: Annotated[str, typer.Argument(help="Gebietsstand, den die Sichten _aktuell zeigen sollen.")]) -> None:
    """Einen Gebietsstand zum aktuellen machen."""
    with prepared_engine(load_catalogue(settings.catalogue_dir()), migrated=False).begin() as connection:
        chosen = versions.make_current(connection, version)
    tell(f"„{chosen.label}“ ist jetzt der aktuelle Gebietsstand.", version=chosen.label)
