"""The commands ``osm …`` and ``alkis …``."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from etl import settings
from etl.catalogue import load_catalogue
from etl.console import tell
from etl.districts.alkis import load_alkis
from etl.districts.landuse_file import write_land_use
from etl.districts.options import Charset, File, LayerName, Synthetic, show_outcome
from etl.districts.osm import load_osm
from etl.districts.wording import count
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


alkis = typer.Typer(no_args_is_help=True, help="Liegenschaftskataster (ALKIS): Gebäude und Nutzung laden.")


@alkis.callback()
def _alkis() -> None:
    """Liegenschaftskataster (ALKIS): Gebäude und Nutzung laden."""


@alkis.command("load")
def load_cadastre(
    file: File,
    *,
    theme: Annotated[str, typer.Option(help="gebaeude, nutzung oder flurstueck (wird nur geprüft).")],
    layer: LayerName = None,
    encoding: Charset = None,
    synthetic: Synthetic = False,
) -> None:
    """Gebäude oder Nutzungsflächen laden; sie ersetzen die früheren. Eigentümer werden nie angenommen."""
    catalogue = load_catalogue(settings.catalogue_dir())
    with prepared_engine(catalogue).begin() as connection:
        outcome = load_alkis(
            connection, catalogue.city, file, theme, layer=layer, charset=encoding, synthetic=synthetic
        )
    show_outcome(outcome, False)


@alkis.command("areas")
def land_use_by_block(
    out: Annotated[
        Path, typer.Argument(metavar="DATEI", help="CSV-Datei für die Lieferung (deliver flaechennutzung).")
    ],
    *,
    at: Annotated[datetime, typer.Option("--date", formats=["%d.%m.%Y", "%Y-%m-%d"], help="Stichtag des Katasters.")],
) -> None:
    """Nutzungsflächen nach Baublöcken zählen und als Lieferdatei schreiben."""
    catalogue = load_catalogue(settings.catalogue_dir())
    with prepared_engine(catalogue, migrated=False).connect() as connection:
        rows = write_land_use(connection, out, at.date())
    tell(f"{count(rows, 'Zeile', 'Zeilen')} nach {out} geschrieben.", file=str(out), rows=rows)
