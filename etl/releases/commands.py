"""The commands ``check`` and ``publish``."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.table import Table

from etl import settings
from etl.catalogue import load_catalogue
from etl.console import console, say, tell
from etl.releases import steps
from etl.releases.checks import CheckResult, run_checks
from etl.warehouse.session import prepared_engine

SHOWN = 5
"""Failing rows shown per check; all of them with --json."""


def publish(
    label: Annotated[str | None, typer.Option(help="Bezeichnung des Stands; sonst das heutige Datum.")] = None,
) -> None:
    """Alles bis zur Veröffentlichung: festschreiben, prüfen und, soweit es einer allein darf, freigeben."""
    catalogue = load_catalogue(settings.catalogue_dir())
    engine = prepared_engine(catalogue, migrated=False)
    edition = steps.all_the_way(engine, catalogue, label=label, say=say)
    published = edition.state == "published"
    if published:
        state = "gilt unverändert" if edition.unchanged else "veröffentlicht"
        words = f"Stand „{edition.label}“ {state}: {edition.values} Werte, davon {edition.withheld} geheim gehalten."
    else:
        words = steps.next_steps(edition.label, edition.state)
    tell(
        words, stand=edition.label, zustand=edition.state, werte=edition.values, geheim=edition.withheld,
        neu=not edition.unchanged,
    )  # fmt: skip


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
