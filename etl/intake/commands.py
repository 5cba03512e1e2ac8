"""The commands ``deliver``, ``rejects`` and ``recount``."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from sqlalchemy import Connection, text

from etl import settings
from etl.catalogue import load_catalogue
from etl.console import console, say, tell
from etl.errors import SozialberichtError
from etl.intake import journal, report
from etl.intake.deliver import deliver as take_in
from etl.intake.findings import gather
from etl.intake.outcome import DeliveryOutcome
from etl.intake.recount import recount as count_again
from etl.intake.wording import counted
from etl.warehouse.auditlog import record_read
from etl.warehouse.session import prepared_engine

Json = Annotated[bool, typer.Option("--json", help="Ergebnis als JSON ausgeben.")]
DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet takes a cell that begins so for a formula."""


@contextmanager
def shown_progress(name: str, *, quiet: bool) -> Iterator[Callable[[str, int], None]]:
    """A line on the terminal with the step, the rows so far and the time; called with a step and rows done in it."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TextColumn("{task.fields[rows]}"),
        TimeElapsedColumn(),
    )
    done = 0
    with Progress(*columns, console=console, transient=True, disable=quiet) as bar:
        task = bar.add_task(name, total=None, rows="")

        def progress(step: str, rows: int) -> None:
            nonlocal done
            done += rows
            bar.update(task, description=step, rows=counted(done, "Zeile", "Zeilen") if done else "")

        yield progress


def deliver(
    source: Annotated[str, typer.Argument(metavar="QUELLE", help="Quelle des Katalogs.")],
    file: Annotated[Path, typer.Argument(metavar="DATEI", help="CSV, XLSX, Parquet oder ein Zip mit einer Datei.")],
    *,
    reference_date: Annotated[
        datetime,
        typer.Option("--date", formats=["%d.%m.%Y", "%Y-%m-%d"], help="Stichtag oder letzter Tag des Zeitraums."),
    ],
    form: Annotated[str | None, typer.Option(help="Form der Quelle, falls sie nicht erkannt wird.")] = None,
    synthetic: Annotated[bool, typer.Option("--synthetic", help="Daten als synthetisch kennzeichnen.")] = False,
    allow_person_level: Annotated[
        bool, typer.Option("--allow-person-level", help="Dateien mit einer Zeile je Person zulassen.")
    ] = False,
    again: Annotated[bool, typer.Option("--again", help="Auch eine schon eingelesene Datei neu einlesen.")] = False,
    report_file: Annotated[
        Path | None, typer.Option("--report", help="Den ausführlichen Bericht (intern) als HTML-Datei schreiben.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Eine gelieferte Datei prüfen, einlesen und zählen."""
    catalogue = load_catalogue(settings.catalogue_dir())
    engine = prepared_engine(catalogue, migrated=False)
    quiet = as_json or settings.ui.json or settings.ui.quiet or not console.is_terminal
    day = reference_date.date()
    noted = journal.refusals_noted(engine, source, day, file)
    with shown_progress(file.name, quiet=quiet) as progress, noted, engine.begin() as connection:
        outcome = take_in(
            connection,
            catalogue,
            source,
            file,
            reference_date=day,
            form=form,
            synthetic=synthetic,
            allow_person_level=allow_person_level,
            again=again,
            progress=progress,
        )
        page = None if report_file is None else report.html(
            gather(connection, catalogue, outcome.delivery), catalogue.city.report_title
        )  # fmt: skip
    _show(outcome, as_json)
    if report_file is not None and page is not None:
        report_file.write_text(page, encoding="utf-8")
        say(f"Bericht (intern): {report_file}")


def _show(outcome: DeliveryOutcome, as_json: bool) -> None:
    if as_json or settings.ui.json:
        typer.echo(json.dumps(outcome.as_json(), ensure_ascii=False))
    elif not settings.ui.quiet:
        report.render(outcome, console)


def _chosen_delivery(connection: Connection, wanted: int | None) -> int:
    """The delivery asked for, or the newest one with rejected rows."""
    if wanted is None:
        newest = connection.scalar(
            text("SELECT max(id) FROM intake.delivery WHERE rows_rejected > 0 AND purged_at IS NULL")
        )
        if newest is None:
            raise SozialberichtError("Keine Lieferung hat abgelehnte Zeilen.")
        return int(newest)
    if not connection.scalar(text("SELECT EXISTS (SELECT FROM intake.delivery WHERE id = :id)"), {"id": wanted}):
        raise SozialberichtError(f"Die Lieferung {wanted} gibt es nicht (./sozialbericht deliveries zeigt alle).")
    gone = connection.scalar(text("SELECT purged_at FROM intake.delivery WHERE id = :id"), {"id": wanted})
    if gone is not None:
        raise SozialberichtError(
            f"Die Zeilen der Lieferung {wanted} wurden am {gone:%d.%m.%Y} gelöscht, auch die abgelehnten; Zahl und "
            f"Arten der Fehler nennt ./sozialbericht deliveries report {wanted}."
        )
    return wanted


def defused(cell: object) -> str:
    """A cell for CSV that no spreadsheet takes for a formula: an apostrophe before a dangerous first character."""
    written = "" if cell is None else str(cell)
    return f"'{written}" if written.startswith(DANGEROUS) else written


def rejects(
    delivery: Annotated[
        int | None, typer.Argument(metavar="NR", help="Lieferung; sonst die neueste mit Ablehnungen.")
    ] = None,
    limit: Annotated[int, typer.Option(help="Höchstens so viele Zeilen zeigen.", min=1)] = 50,
    csv_file: Annotated[Path | None, typer.Option("--csv", help="Alle in diese CSV-Datei schreiben.")] = None,
    as_json: Json = False,
) -> None:
    """Die abgelehnten Zeilen einer Lieferung mit ihren Gründen zeigen."""
    catalogue = load_catalogue(settings.catalogue_dir())
    engine = prepared_engine(catalogue, migrated=False)
    with engine.connect() as connection:
        number = _chosen_delivery(connection, delivery)
    record_read(engine, f"abgewiesene Zeilen der Lieferung {number}")
    with engine.connect() as connection:
        name = connection.scalar(text("SELECT file_name FROM intake.delivery WHERE id = :id"), {"id": number})
        every = connection.scalar(
            text("SELECT count(*) FROM intake.rejected_row WHERE delivery_id = :id"), {"id": number}
        )
        query = (
            "SELECT line, column_name, value, reason FROM intake.rejected_row WHERE delivery_id = :id "
            "ORDER BY line NULLS FIRST, id LIMIT CAST(:limit AS bigint)"
        )
        shown = None if csv_file is not None else limit
        rows = connection.execute(text(query), {"id": number, "limit": shown}).all()
    if csv_file is not None:
        with csv_file.open("w", encoding="utf-8-sig", newline="") as handle:
            writer = csv.writer(handle, delimiter=";")
            writer.writerow(("Zeile", "Spalte", "Wert", "Grund"))
            writer.writerows([defused(c) for c in row] for row in rows)
        tell(
            f"{counted(len(rows), 'Ablehnung', 'Ablehnungen')} nach {csv_file} geschrieben.",
            file=str(csv_file),
            rows=len(rows),
        )
        return
    if as_json or settings.ui.json:
        keys = ("line", "column", "value", "reason")
        found = [dict(zip(keys, row, strict=True)) for row in rows]
        typer.echo(json.dumps({"delivery": number, "file": name, "rejects": found, "all": every}, ensure_ascii=False))
        return
    if settings.ui.quiet:
        return
    table = Table(title=escape(f"Lieferung {number}, {name}: {counted(int(every or 0), 'Ablehnung', 'Ablehnungen')}"))
    table.add_column("Zeile", justify="right")
    for heading in ("Spalte", "Wert", "Grund"):
        table.add_column(heading)
    for line, column, value, reason in rows:
        table.add_row(str(line or ""), escape(column or ""), escape(value or ""), escape(reason))
    console.print(table)
    if len(rows) < int(every or 0):
        console.print(f"… gezeigt sind {len(rows)}; alle mit --limit oder --csv")


def recount(
    source: Annotated[str | None, typer.Argument(metavar="QUELLE", help="Quelle; sonst alle mit Zeilen.")] = None,
) -> None:
    """Vorhandene Lieferungen mit den Messgrößen des Katalogs neu zählen."""
    catalogue = load_catalogue(settings.catalogue_dir())
    codes = [source] if source else [s.code for s in catalogue.sources if s.kind == "records"]
    engine = prepared_engine(catalogue, migrated=False)
    with engine.begin() as connection:
        done = {code: count_again(connection, catalogue, code) for code in codes}
    for code, results in done.items():
        stale = [r.delivery for r in results if r.stale and not r.gone]
        gone = [r.delivery for r in results if r.gone]
        tell(
            f"{code}: {counted(len(results) - len(gone), 'Lieferung', 'Lieferungen')} neu gezählt."
            + (
                f" Die Zeilen sind nicht mehr da, bitte neu einlesen (--again): {', '.join(map(str, gone))}."
                if gone
                else ""
            )
            + (f" Die Form hat sich geändert, bitte neu einlesen: {', '.join(map(str, stale))}." if stale else ""),
            source=code,
            deliveries=[r.delivery for r in results if not r.gone],
            stale=stale,
            gone=gone,
        )
