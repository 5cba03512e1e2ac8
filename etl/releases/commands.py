"""The command ``check``."""

from __future__ import annotations

import json

import typer
from rich.table import Table

from etl import settings
from etl.catalogue import load_catalogue
from etl.console import console
from etl.releases.checks import CheckResult, run_checks
from etl.warehouse.session import prepared_engine

SHOWN = 5
"""Failing rows shown per check; all of them with --json."""


def check() -> None:
    """Prüfregeln der Datenbank ausführen; jede gefundene Zeile ist ein Fehler (Ende mit 1)."""
    catalogue = load_catalogue(settings.catalogue_dir())
    with prepared_engine(catalogue, migrated=False).connect() as connection:
        results = run_checks(connection)
    if settings.ui.json:
        typer.echo(json.dumps({r.name: r.failures for r in results}, ensure_ascii=False, default=str))
    elif not settings.ui.quiet:
        _show(results)
    if any(result.failures for result in results):
        raise typer.Exit(1)


def _show(results: list[CheckResult]) -> None:
    table = Table("Prüfung", "was gelten muss", "Fehler")
    for result in results:
        table.add_row(result.name, result.rule, str(len(result.failures)) if result.failures else "keine")
    console.print(table)
    for result in results:
        for row in result.failures[:SHOWN]:
            console.print(f"{result.name}: " + ", ".join(f"{key}={value}" for key, value in row.items()))
