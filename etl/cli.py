"""The command line: commands of the layers below by name; errors become one German message.

Only the module of the wanted command is imported: a short command is not kept waiting by the libraries of others.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Annotated, cast

import typer

from etl import __version__, settings
from etl.errors import CatalogueError, SozialberichtError

COMMANDS = {
    "run": "etl.main_job.commands:run",
    "sample": "etl.sample.commands:sample",
    "boundaries": "etl.districts.commands:boundaries",
    "addresses": "etl.districts.place_commands:addresses",
    "facilities": "etl.districts.place_commands:facilities",
    "districts": "etl.districts.district_commands:districts",
    "blocks": "etl.districts.blockbuild.commands:blocks",
    "osm": "etl.districts.land_commands:osm",
    "alkis": "etl.districts.land_commands:alkis",
    "areas": "etl.districts.custom_areas.commands:areas",
    "deliver": "etl.intake.commands:deliver",
    "deliveries": "etl.intake.journal_commands:deliveries",
    "rejects": "etl.intake.commands:rejects",
    "purge": "etl.intake.purge_commands:purge",
    "recount": "etl.intake.commands:recount",
    "statistics": "etl.intake.statistics_commands:statistics",
    "compute": "etl.indicators.commands:compute",
    "confidentiality": "etl.confidentiality.commands:app",
    "check": "etl.releases.commands:check",
    "release": "etl.publish.release_commands:app",
    "publish": "etl.publish.release_commands:publish",
    "status": "etl.publish.gaps.commands:status",
    "profile": "etl.publish.profile.commands:app",
    "report": "etl.publish.report.commands:app",
    "export": "etl.publish.exports.commands:export",
    "qgis": "etl.publish.commands:app",
    "steckbriefe": "etl.publish.steckbriefe_commands:app",
    "serve": "etl.publish.map_server.commands:serve",
    "catalogue": "etl.catalogue.commands:app",
    "audit": "etl.warehouse.auditlog_commands:app",
    "roles": "etl.warehouse.role_commands:app",
    "db": "etl.main_job.backup_commands:app",
    "doctor": "etl.warehouse.commands:doctor",
    "bench": "etl.main_job.bench_commands:app",
}
"""Command or group → where it is, in the order of the help."""

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Sozialbericht: kleinräumige Kennzahlen einer Stadt, von der Lieferung bis zur Karte.",
)


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


def register(arguments: Sequence[str]) -> None:
    """Make the commands that these arguments can mean known: the one named first, or all of them for the help."""
    named = [a for before, a in zip(("", *arguments), arguments, strict=False) if before != "--catalogue"]
    first = next((a for a in named if not a.startswith("-")), None)
    wanted = [first] if first in COMMANDS else list(COMMANDS)
    if first is None and "--version" in named:
        wanted = ["catalogue"]  # any one: the version is told before a command is looked for
    for name in wanted:
        module, _, attribute = COMMANDS[name].partition(":")
        command = getattr(import_module(module), attribute)
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=name)
        else:
            app.command(name)(command)


def _trouble_of_the_server(error: Exception) -> str | None:
    """What to say of an error that the database server or the way to it has made; None for any other."""
    if "psycopg" not in sys.modules:
        return None
    return cast("str | None", import_module("etl.warehouse.troubles").words(error))


def main() -> None:
    """Run the command line; a known error is printed once and ends with 1 (2: the catalogue is wrong)."""
    register(sys.argv[1:])
    try:
        app()
    except CatalogueError as error:
        typer.echo(str(error), err=True)
        sys.exit(2)
    except SozialberichtError as error:
        typer.echo(f"Fehler: {error}", err=True)
        sys.exit(1)
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
            raise
        where = f" ({error.filename})" if error.filename else ""
        typer.echo(
            f"Fehler: Auf dem Datenträger ist kein Platz mehr{where}. Platz schaffen, dann noch einmal.", err=True
        )
        sys.exit(1)
    except Exception as error:
        words = _trouble_of_the_server(error)
        if words is None:
            raise
        typer.echo(f"Fehler: {words}", err=True)
        sys.exit(1)
    finally:
        # Only commands that worked on a database have loaded it.
        if anchor := sys.modules.get("etl.warehouse.auditlog_anchor"):
            anchor.write_pending()
