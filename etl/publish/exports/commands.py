"""The command ``export``: the files of the published release, or of a draft, into a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from etl import settings
from etl.catalogue import load_catalogue
from etl.console import tell
from etl.errors import SozialberichtError
from etl.publish.exports.build import FORMATS, build
from etl.publish.source import open_source


def export(
    out: Annotated[Path, typer.Option("--out", metavar="ORDNER", help="Ordner für die Dateien.")],
    wanted: Annotated[
        list[str] | None, typer.Option("--format", help=f"Nur diese Formate: {', '.join(FORMATS)}. Mehrfach möglich.")
    ] = None,
    decimal: Annotated[
        Literal["komma", "punkt"], typer.Option("--dezimal", help="Dezimalzeichen in den CSV-Dateien.")
    ] = "komma",
    draft: Annotated[
        bool, typer.Option("--entwurf", help="Den neuesten Entwurf statt des veröffentlichten Stands.")
    ] = False,
) -> None:
    """Den Stand als CSV, XLSX, GeoPackage und GeoParquet ausgeben, mit Datenwörterbuch und Metadaten."""
    unknown = sorted(set(wanted or ()) - set(FORMATS))
    if unknown:
        raise SozialberichtError(f"Unbekanntes Format: {', '.join(unknown)}. Möglich sind: {', '.join(FORMATS)}.")
    catalogue = load_catalogue(settings.catalogue_dir())
    source = open_source(catalogue, "kandidat" if draft else "sozialbericht")
    label = source.edition.label
    out.mkdir(parents=True, exist_ok=True)
    build(source, catalogue, out, wanted or FORMATS, comma=decimal == "komma")
    files = [p for p in out.rglob("*") if p.is_file()]
    tell(f"Stand „{label}“: {len(files)} Dateien in {out}", stand=label, dateien=len(files), ordner=str(out))
