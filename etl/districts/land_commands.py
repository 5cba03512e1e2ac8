"""The commands ``osm …`` and ``alkis …``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from etl import settings
from etl.catalogue import load_catalogue
from etl.districts.options import Synthetic, show_outcome
from etl.districts.osm import load_osm
from etl.warehouse.session import prepared_engine

osm = typer.Typer(no_args_is_help=True, help="OpenStreetMap: Straßen, Bahn und Gewässer laden.")


@osm.callback()
def _osm() -> None:
    """OpenStreetMap: Straßen, Bahn und Gewässer laden."""


@osm.command("load")
def load_extract(
    file: Annotated[Path, typer.Argument(metavar="DATEI", help="Auszug aus OpenStreetMap (.osm.pbf).")],
    *,
    synthetic: Synthetic = False,
) -> None:
    """Straßen, Bahn und Gewässer der Stadt aus einem OpenStreetMap-Auszug laden; sie ersetzen die früheren."""
    catalogue = load_catalogue(settings.catalogue_dir())
    with prepared_engine(catalogue).begin() as connection:
        outcome = load_osm(connection, catalogue.city, file, synthetic=synthetic)
    show_outcome(outcome, False)
