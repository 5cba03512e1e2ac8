"""The commands ``audit …``: looking at the audit log, checking its chain, who read restricted tables."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from etl import settings
from etl.catalogue import load_catalogue
from etl.console import console, tell
from etl.errors import SozialberichtError
from etl.warehouse import auditlog, auditlog_anchor, auditlog_reads
from etl.warehouse.auditlog_verify import Verdict
from etl.warehouse.auditlog_verify import verify as check_chain
from etl.warehouse.session import prepared_engine

app = typer.Typer(no_args_is_help=True, help="Protokoll: wer hat was wann getan, und ist es unverändert?")


@app.command("log")
def show(
    limit: Annotated[int, typer.Option(help="So viele Einträge, die neuesten.", min=1)] = 30,
    action: Annotated[str | None, typer.Option(help="Nur Einträge dieser Art, etwa stand_published.")] = None,
    subject: Annotated[str, typer.Option("--object", help="Nur Einträge, deren Gegenstand diesen Text enthält.")] = "",
) -> None:
    """Die neuesten Einträge des Protokolls zeigen."""
    catalogue = load_catalogue(settings.catalogue_dir())
    with prepared_engine(catalogue, migrated=False).connect() as connection:
        found = auditlog.entries(connection, limit=limit, action=action, subject=subject)
    if settings.ui.json:
        typer.echo(json.dumps([asdict(e) for e in found], ensure_ascii=False, default=str))
        return
    if settings.ui.quiet:
        return
    table = Table(title="Protokoll")
    table.add_column("Nr.", justify="right", no_wrap=True)
    for heading in ("Zeit", "Wer", "Was", "Gegenstand", "Näheres"):
        table.add_column(heading, overflow="fold")
    for entry in found:
        who = entry.actor if entry.role == entry.actor else f"{entry.actor} als {entry.role}"
        more = [f"{key}: {_short(value)}" for key, value in entry.detail.items() if value is not None]
        if entry.clock_behind_ms is not None:
            more.append(f"Uhr war um {entry.clock_behind_ms / 1000:.0f} s zurückgesprungen")
        words = (who, auditlog.TITLES.get(entry.action, entry.action), entry.object, ", ".join(more))
        table.add_row(str(entry.id), f"{entry.at.astimezone():%d.%m.%Y %H:%M:%S}", *map(escape, words))
    console.print(table)


def _short(value: object) -> str:
    words = str(value)
    return f"{words[:12]}…" if len(words) == 64 and " " not in words else words


@app.command()
def verify(
    anchor: Annotated[
        Path | None, typer.Option(help="Ankerdatei, etwa eine Kopie von einem anderen Rechner; sonst die eigene.")
    ] = None,
) -> None:
    """Prüfen, ob das Protokoll lückenlos und unverändert ist (Ende mit 1, wenn nicht)."""
    catalogue = load_catalogue(settings.catalogue_dir())
    database = catalogue.city.database
    lines = auditlog_anchor.read(anchor or auditlog_anchor.file_of(database))
    if anchor is not None and not lines:
        raise SozialberichtError(f"{anchor} gibt es nicht, oder es steht kein Anker darin.")
    with prepared_engine(catalogue, migrated=False).connect() as connection:
        head = auditlog.head(connection)
        verdict = check_chain(connection, auditlog_anchor.expected(lines, head.chain) if head else [])
    lost = auditlog_anchor.lost_chain(lines, head.chain if head else None)
    if verdict.fault is None and lost is not None:
        words = (
            f"Diese Datenbank hatte am {lost.day} ein anderes Protokoll mit {lost.number} Einträgen; es ist "
            "verschwunden, ohne dass die Datenbank mit diesem Programm gelöscht oder wiederhergestellt wurde."
        )
        verdict = Verdict(verdict.entries, verdict.head, words, 1, verdict.clock_jumps)
    tell(
        "\n".join(_words(verdict, len(lines))),
        unversehrt=verdict.fault is None, eintraege=verdict.entries, erster_fehler=verdict.entry, befund=verdict.fault,
        kopf=verdict.head.sha256 if verdict.head else None, uhrspruenge=list(verdict.clock_jumps), anker=len(lines),
    )  # fmt: skip
    if verdict.fault is not None:
        raise typer.Exit(1)


def _words(verdict: Verdict, anchors: int) -> list[str]:
    if verdict.fault is not None:
        return [f"DAS PROTOKOLL IST NICHT UNVERSEHRT. {verdict.fault}"]
    lines = [f"Das Protokoll ist lückenlos und unverändert: {verdict.entries} Einträge."]
    if verdict.head is not None:
        lines.append(f"Kopf: Nr. {verdict.head.number}, {verdict.head.sha256}")
    if anchors:
        lines.append(f"Verglichen mit {anchors} Ankern außerhalb der Datenbank.")
    else:
        lines.append("Außerhalb der Datenbank war noch kein Anker; ein abgeschnittenes Ende fiele nicht auf.")
    if verdict.clock_jumps:
        numbers = ", ".join(map(str, verdict.clock_jumps))
        lines.append(f"Vor diesen Einträgen war die Uhr des Servers zurückgesprungen: {numbers}.")
    return lines


@app.command()
def reads() -> None:
    """Zusammenfassen, wer mit eigener Anmeldung welche geschützten Tabellen gelesen hat."""
    catalogue = load_catalogue(settings.catalogue_dir())
    database = catalogue.city.database
    reason = auditlog_reads.unavailable()
    if reason is not None:
        raise SozialberichtError(reason)
    auditlog.record_read(prepared_engine(catalogue, migrated=False), "Leseprotokoll")
    found = auditlog_reads.summary(database)
    if settings.ui.json:
        typer.echo(json.dumps([asdict(f) for f in found], ensure_ascii=False, default=str))
        return
    if settings.ui.quiet:
        return
    if not found:
        tell("Niemand hat mit eigener Anmeldung geschützte Tabellen gelesen.")
        return
    table = Table(title="Gelesene geschützte Tabellen")
    for heading in ("Rolle", "Gegenstand", "Abfragen", "zuerst", "zuletzt"):
        table.add_column(heading, justify="right" if heading == "Abfragen" else "left", overflow="fold")
    for read in found:
        table.add_row(read.role, read.object, str(read.statements), read.first, read.last)
    console.print(table)
