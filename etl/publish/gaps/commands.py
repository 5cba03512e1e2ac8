"""The command ``status``: what is there, what is missing, whom to ask, what an unanswered request costs."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from etl import settings
from etl.catalogue import load_catalogue
from etl.console import console, say
from etl.errors import SozialberichtError
from etl.publish.gaps.heatmap import heatmap
from etl.publish.gaps.read import read_overdue, read_rows, set_today
from etl.publish.gaps.summary import Summary, WithoutSource, summarise
from etl.warehouse.session import prepared_engine

MANY = 12
"""Requests and questions shown; all with --all, --json and --html."""


def status(  # noqa: PLR0917  # options of a command line have no positions
    theme: Annotated[str | None, typer.Option(help="Nur ein Handlungsfeld (Kennung).")] = None,
    year: Annotated[int | None, typer.Option(min=1990, max=2100, help="Nur ein Jahr.")] = None,
    owner: Annotated[str | None, typer.Option(help="Nur eine Stelle (Teil ihres Namens).")] = None,
    at: Annotated[
        datetime | None, typer.Option(formats=["%d.%m.%Y", "%Y-%m-%d"], help="Fälligkeiten an diesem Tag; sonst heute.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Auch lange Listen ganz zeigen.")] = False,
    html: Annotated[Path | None, typer.Option(help="Übersicht zusätzlich als HTML-Datei schreiben.")] = None,
) -> None:
    """Was vorliegt und was fehlt: je Handlungsfeld, bei wem was nachzufordern ist, welche Lücken bleiben."""
    catalogue = load_catalogue(settings.catalogue_dir())
    known = [t.code for t in catalogue.themes]
    if theme is not None and theme not in known:
        raise SozialberichtError(f"Das Handlungsfeld „{theme}“ gibt es nicht; bekannt sind {', '.join(known)}.")
    day = at.date() if at else date.today()
    with prepared_engine(catalogue, migrated=False).begin() as connection:
        set_today(connection, day)
        rows, overdue = read_rows(connection), read_overdue(connection)
    found = summarise(catalogue, rows, overdue, day, theme=theme, year=year, owner=owner)
    if html is not None:
        html.write_text(heatmap(catalogue, found), encoding="utf-8")
    if settings.ui.json:
        typer.echo(json.dumps(as_json(found), ensure_ascii=False, default=str))
    elif not settings.ui.quiet:
        _show(found, None if everything else MANY)
    if html is not None:
        say(f"Geschrieben: {html}")


def as_json(found: Summary) -> dict[str, Any]:
    """The summary as plain values with German names."""
    return {
        "stand": found.day,
        "handlungsfelder": [
            {
                "handlungsfeld": t.code,
                "kennzahlen": t.indicators,
                "erwartet": t.expected,
                "vollstaendig": t.complete,
                "vollstaendig_prozent": round(t.percent, 1),
                "zustaende": dict(sorted(t.states.items())),
            }
            for t in found.themes
        ],
        "nachfordern": [
            {
                "stelle": r.owner,
                "quelle": r.source,
                "titel": r.title,
                "zeitraeume": r.periods,
                "faellig_seit": r.since,
                "zustand": r.state,
                "kennzahlen": r.indicators,
                "indizes": r.indices,
            }
            for r in found.requests
        ],
        "ohne_quelle": [_as_json(g) for g in found.gaps],
        "andere_berichte": [_as_json(g) for g in found.questions],
    }


def _as_json(gap: WithoutSource) -> dict[str, Any]:
    return {
        "herkunft": gap.origin,
        "kennzahl": gap.code,
        "titel": gap.title,
        "stelle": gap.owner,
        "grund": gap.reason,
        "schliesst": gap.closed_by,
        "teilweise": gap.partly,
    }


def _show(found: Summary, limit: int | None) -> None:
    console.print(
        f"Datenstand am {found.day:%d.%m.%Y}, je Kennzahl auf der kleinsten Ebene, bis zu der die Daten reichen"
    )
    table = Table(title="Handlungsfelder: erwartete Zeiträume der Kennzahlen", title_justify="left")
    table.add_column("Handlungsfeld")
    for word in ("vollst.", "%", "geheim", "gesch.", "teils", "fällig", "fehlt"):
        table.add_column(word, justify="right")
    for t in found.themes:
        states = [t.states[s] for s in ("anteil_geheim", "geschaetzt", "teilweise", "verspaetet", "fehlt")]
        table.add_row(
            escape(t.title), f"{t.complete}/{t.expected}", f"{t.percent:.0f}", *(str(n or "") for n in states)
        )
    console.print(table)
    console.print("geheim, gesch.: darunter mit geheim gehaltenen oder geschätzten Werten", style="dim")
    _requests(found, limit)
    _listed("Kennzahlen ohne kleinräumige Quelle", found.gaps, limit)
    _listed("Was andere Berichte zeigen und unserer nicht", found.questions, limit)


def _requests(found: Summary, limit: int | None) -> None:
    if not found.requests:
        console.print("Nichts ist überfällig.")
        return
    table = Table(title="Nachzufordern; oben, was am meisten blockiert", title_justify="left")
    for word in ("Stelle und Tabelle", "Zeiträume", "seit", "blockiert"):
        table.add_column(word)
    for r in found.requests[:limit]:
        waiting = f"{len(r.indicators)} {'Kennzahl' if len(r.indicators) == 1 else 'Kennzahlen'}"
        name = f"[bold]{escape(r.owner)}[/bold]\n{escape(r.title)}"
        table.add_row(name, r.spoken, f"{r.since:%d.%m.%Y}", ", ".join([waiting, *r.indices]))
    console.print(table)
    _rest(len(found.requests), limit)


def _listed(title: str, gaps: tuple[WithoutSource, ...], limit: int | None) -> None:
    if not gaps:
        return
    table = Table(title=title, title_justify="left")
    for word in ("Größe", "was fehlt, und was die Lücke schließt", "zu fragen"):
        table.add_column(word)
    for g in gaps[:limit]:
        name = f"{g.code} {g.title}" if g.origin == "Katalog" else f"{g.title} ({g.origin})"
        table.add_row(escape(name), f"{escape(g.reason)}\n[italic]{escape(g.closed_by)}[/italic]", escape(g.owner))
    console.print(table)
    _rest(len(gaps), limit)


def _rest(number: int, limit: int | None) -> None:
    if limit is not None and number > limit:
        console.print(f"… und {number - limit} weitere (alle mit --all)", style="dim")
