"""The command ``catalogue check``."""

from __future__ import annotations

import typer

from etl import settings
from etl.catalogue.load import load_catalogue
from etl.console import tell

app = typer.Typer(no_args_is_help=True, help="Katalog: Stadt, Quellen, Messgrößen, Kennzahlen.")


@app.callback()
def group() -> None:
    """Katalog: Stadt, Quellen, Messgrößen, Kennzahlen."""


@app.command()
def check() -> None:
    """Den Katalog prüfen; jeder Fehler nennt Datei, Schlüssel und was richtig wäre."""
    found = load_catalogue(settings.catalogue_dir())
    gaps = sum(i.gap is not None for i in found.indicators)
    indices = f", {len(found.indices)} Indizes" if found.indices else ""
    missing = f" (davon {gaps} {'Lücke' if gaps == 1 else 'Lücken'})" if gaps else ""
    tell(
        f"Der Katalog {found.city.name} ist in Ordnung: {len(found.sources)} Quellen, {len(found.measures)} Messgrößen,"
        f" {len(found.indicators)} Kennzahlen{missing}{indices}, {len(found.themes)} Themen.",
        stadt=found.city.name,
        quellen=len(found.sources),
        messgroessen=len(found.measures),
        themen=len(found.themes),
        kennzahlen=len(found.indicators),
        luecken=gaps,
        indizes=len(found.indices),
        sha256=found.sha256,
    )
