"""The command line. Every command of the layers below is registered here; errors become one German message."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from etl import __version__, settings
from etl.catalogue import commands as catalogue_commands
from etl.districts import commands as boundary_commands
from etl.districts import place_commands
from etl.errors import CatalogueError, SozialberichtError
from etl.indicators import commands as indicator_commands
from etl.intake import commands as intake_commands
from etl.main_job import commands as job_commands
from etl.releases import commands as release_commands
from etl.sample import commands as sample_commands
from etl.warehouse import commands as warehouse_commands

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Sozialbericht: kleinräumige Kennzahlen einer Stadt, von der Lieferung bis zur Karte.",
)
app.command()(job_commands.run)
app.command()(sample_commands.sample)
app.add_typer(boundary_commands.boundaries, name="boundaries")
app.add_typer(place_commands.addresses, name="addresses")
app.add_typer(place_commands.facilities, name="facilities")
app.add_typer(place_commands.districts, name="districts")
app.command()(intake_commands.deliver)
app.command()(intake_commands.deliveries)
app.command()(intake_commands.rejects)
app.command()(intake_commands.recount)
app.command()(indicator_commands.compute)
app.command()(release_commands.check)
app.command()(release_commands.publish)
app.add_typer(catalogue_commands.app, name="catalogue")
app.add_typer(warehouse_commands.app, name="db")
app.command()(warehouse_commands.doctor)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"sozialbericht {__version__}")
        raise typer.Exit


@app.callback()
def options(
    catalogue: Annotated[Path | None, typer.Option(help="Verzeichnis des Katalogs; sonst der mitgelieferte.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Nur Fehler ausgeben.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Ergebnisse als JSON ausgeben.")] = False,
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Fassung.")] = False,
) -> None:
    """Gemeinsame Angaben aller Befehle."""
    if catalogue is not None:
        os.environ["SOZIALBERICHT_CATALOGUE"] = str(catalogue.resolve())
    settings.ui.quiet = quiet
    settings.ui.json = as_json


def main() -> None:
    """Run the command line; a known error is printed once and ends with 1 (2: the catalogue is wrong)."""
    try:
        app()
    except CatalogueError as error:
        typer.echo(str(error), err=True)
        sys.exit(2)
    except SozialberichtError as error:
        typer.echo(f"Fehler: {error}", err=True)
        sys.exit(1)
