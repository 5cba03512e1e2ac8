"""The command ``blocks build``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from etl import settings
from etl.catalogue import load_catalogue
from etl.console import tell
from etl.districts.blockbuild.build import BuildOptions, build_blocks
from etl.districts.blockbuild.faces import Limits
from etl.districts.grid import GridOptions
from etl.warehouse.session import prepared_engine

blocks = typer.Typer(no_args_is_help=True, help="Baublöcke bilden, wo die Stadt keine hat.")


@blocks.callback()
def group() -> None:
    """Baublöcke bilden, wo die Stadt keine hat."""


@blocks.command()
def build(  # noqa: PLR0917  # options of a command line have no positions
    label: Annotated[str, typer.Option(help="Bezeichnung des Satzes von Blöcken.")],
    method: Annotated[
        str,
        typer.Option(help="lines: von Linien umschlossen; grid: um bewohnte Zellen; clusters: um Adressen."),
    ] = "lines",
    width: Annotated[float, typer.Option(help="Schmalere Flächen ohne Adressen sind keine Blöcke (m).", min=0)] = 8.0,
    island: Annotated[float, typer.Option(help="Kleinere Flächen ohne Adressen sind Inseln (m²).", min=0)] = 1500.0,
    spacing: Annotated[float, typer.Option(help="clusters: Maschenweite der Adressgruppen (m).", min=1)] = 150,
    grid: Annotated[Path | None, typer.Option(help="grid: Tabelle der bewohnten Zellen (CSV oder Parquet).")] = None,
    x: Annotated[str, typer.Option(help="grid: Spalte des Ostwerts der Zellmitte.")] = "x",
    y: Annotated[str, typer.Option(help="grid: Spalte des Nordwerts der Zellmitte.")] = "y",
    size: Annotated[int, typer.Option(help="grid: Kantenlänge der Zellen (m).", min=1)] = 100,
    crs: Annotated[int, typer.Option(help="grid: EPSG-Code der Zellmitten.")] = 3035,
) -> None:
    """Baublöcke bilden; sie füllen jeden Stadtteil genau aus, und jede Adresse liegt in genau einem."""
    catalogue = load_catalogue(settings.catalogue_dir())
    cells = GridOptions("block", x, y, size, crs) if grid is not None else None
    options = BuildOptions(method, label, spacing, Limits(width, island), grid, cells)
    with prepared_engine(catalogue, migrated=False).begin() as connection:
        report = build_blocks(connection, catalogue.city, options)
    tell(report.result, **report.summary())
