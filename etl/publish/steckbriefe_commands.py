"""The command ``steckbriefe build``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from etl import settings
from etl.catalogue import load_catalogue
from etl.console import tell
from etl.publish import steckbriefe
from etl.publish.source import open_source
from etl.warehouse.session import prepared_engine

app = typer.Typer(no_args_is_help=True, help="Steckbriefe der Gebiete als PDF, aus dem QGIS-Projekt.")


@app.callback()
def group() -> None:
    """Steckbriefe der Gebiete als PDF, aus dem QGIS-Projekt."""


@app.command()
def build(
    out: Annotated[Path, typer.Option(help="Ordner, in den geschrieben wird.")] = Path("steckbriefe"),
    gebiet: Annotated[
        list[str] | None, typer.Option(help="Schlüssel eines Gebiets, auch mehrmals; sonst alle.")
    ] = None,
) -> None:
    """Steckbriefe des veröffentlichten Stands zeichnen: alle in einer Datei und einzeln, oder nur einzelne."""
    catalogue = load_catalogue(settings.catalogue_dir())
    prepared_engine(catalogue, migrated=False).dispose()
    source = open_source(catalogue)
    made = steckbriefe.build(source, catalogue, out, gebiet or ())
    files = [*([made.together] if made.together else []), *made.single.values()]
    tell(
        f"{len(made.single)} {'Steckbrief' if len(made.single) == 1 else 'Steckbriefe'}, Stand {source.edition.label}: "
        f"{files[0] if files else out}",
        stand=source.edition.label,
        dateien=[str(file) for file in files],
    )
