"""The commands ``deliveries`` (the journal) and ``deliveries report`` (all that is to be said of one)."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table
from sqlalchemy import text

from etl import settings
from etl.catalogue import load_catalogue
from etl.console import console, tell
from etl.intake import report as shown
from etl.intake.findings import gather
from etl.intake.report_sections import sections
from etl.intake.wording import thousands
from etl.warehouse.auditlog import record_read
from etl.warehouse.session import prepared_engine

Json = Annotated[bool, typer.Option("--json", help="Ergebnis als JSON ausgeben.")]

deliveries = typer.Typer(help="Das Verzeichnis der Lieferungen und der Bericht zu einer Lieferung.")

_JOURNAL = text("""
SELECT id, source, form, reference_date, file_name, status, superseded_by, synthetic, rows_read, rows_accepted,
       rows_rejected, rows_ignored, rows_unlocated, sha256, received_at, received_by
FROM intake.delivery WHERE CAST(:source AS text) IS NULL OR source = :source ORDER BY source, reference_date, id
""")


@deliveries.callback(invoke_without_command=True)
def listed(
    context: typer.Context,
    source: Annotated[str | None, typer.Option(help="Nur Lieferungen dieser Quelle.")] = None,
    as_json: Json = False,
) -> None:
    """Das Verzeichnis aller Lieferungen zeigen, auch der ersetzten; report: den Bericht einer Lieferung."""
    if context.invoked_subcommand is not None:
        return
    catalogue = load_catalogue(settings.catalogue_dir())
    with prepared_engine(catalogue, migrated=False).connect() as connection:
        rows = [dict(r) for r in connection.execute(_JOURNAL, {"source": source}).mappings()]
    if as_json or settings.ui.json:
        typer.echo(json.dumps(rows, ensure_ascii=False, default=str))
        return
    if not rows:
        tell("Es gibt noch keine Lieferung.")
        return
    table = Table(title="Lieferungen")
    for heading in ("Nr.", "Stichtag"):
        table.add_column(heading, no_wrap=True)
    for heading in ("Quelle", "Datei", "Zustand"):
        table.add_column(heading, overflow="fold")
    for heading in ("Zeilen", "abgelehnt"):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in rows:
        state = "gültig" if row["status"] == "active" else f"ersetzt durch {row['superseded_by']}"
        state += ", synthetisch" if row["synthetic"] else ""
        day: date = row["reference_date"]
        words = [str(row["id"]), f"{day:%d.%m.%Y}", row["source"], row["file_name"], state]
        table.add_row(*(escape(w) for w in words), thousands(row["rows_read"]), thousands(row["rows_rejected"]))
    if not settings.ui.quiet:
        console.print(table)


@deliveries.command()
def report(
    delivery: Annotated[int, typer.Argument(metavar="NR", help="Nummer der Lieferung.")],
    page: Annotated[
        Path | None, typer.Option("--html", help="In diese HTML-Datei schreiben statt auf den Bildschirm.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Den Bericht einer Lieferung zeigen (intern): Fehler, Kontrollsummen, Auffälliges, Vollständigkeit."""
    catalogue = load_catalogue(settings.catalogue_dir())
    engine = prepared_engine(catalogue, migrated=False)
    record_read(engine, f"Bericht der Lieferung {delivery}")
    with engine.connect() as connection:
        found = gather(connection, catalogue, delivery)
    if page is not None:
        page.write_text(shown.html(found, catalogue.city.report_title), encoding="utf-8")
        tell(f"Bericht (intern) nach {page} geschrieben.", file=str(page), delivery=delivery)
    elif as_json or settings.ui.json:
        parts = [asdict(s) | {"numeric": sorted(s.numeric)} for s in sections(found)]
        typer.echo(json.dumps({"delivery": delivery, "sections": parts}, ensure_ascii=False))
    elif not settings.ui.quiet:
        shown.render_report(found, console)
