"""The delivery report on the terminal and as a self-contained HTML page, in German."""

from __future__ import annotations

from pathlib import Path

import jinja2
from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from etl.intake.findings import DeliveryReport
from etl.intake.outcome import DeliveryOutcome
from etl.intake.report_sections import (
    RESTRICTED,
    Section,
    figures,
    headline,
    periods,
    rate_words,
    sections,
    state,
    total_words,
    totals_in_order,
)
from etl.intake.wording import counted

MAX_TOTALS = 12
MAX_ROWS = 15
"""Rows of a table on the terminal; the page shows all."""


def _figures(outcome: DeliveryOutcome) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column()
    table.add_column(justify="right")
    for words, number in figures(outcome):
        table.add_row(words, number)
    return table


def _totals(outcome: DeliveryOutcome) -> list[str]:
    """Control totals: those that fail first, the rest in numbers."""
    if not outcome.totals:
        return []
    met = sum(t.state == "met" for t in outcome.totals)
    others = totals_in_order(outcome)
    lines = [f"Kontrollsummen: {met} von {len(outcome.totals)} stimmen"]
    lines += [f"  {total_words(t)}" for t in others[:MAX_TOTALS]]
    if len(others) > MAX_TOTALS:
        lines.append(f"  … und {len(others) - MAX_TOTALS} weitere")
    return lines


def render(outcome: DeliveryOutcome, console: Console) -> None:
    """Print what became of a file."""
    console.print(escape(headline(outcome)))
    if outcome.state == "unchanged":
        return
    parts: list[RenderableType] = [_figures(outcome)]
    if outcome.periods:
        parts.append(f"Zeiträume: {periods(outcome)}")
    parts += [escape(line) for line in _totals(outcome)]
    parts += [escape(f"Nachgerechnet: {rate_words(rate)}") for rate in outcome.rates]
    if outcome.top_rejects:
        parts.append("Häufigste Gründe der Ablehnung:")
        for reason, column, number in outcome.top_rejects:
            place = f"Spalte „{column}“: " if column else ""
            parts.append(escape(f"  {counted(number, 'Zeile', 'Zeilen')}: {place}{reason}"))
        parts.append(f"Alle abgelehnten Zeilen: ./sozialbericht rejects {outcome.delivery}")
    parts += [f"[yellow]Hinweis:[/yellow] {escape(warning)}" for warning in outcome.warnings]
    parts.append(f"Ausführlich: ./sozialbericht deliveries report {outcome.delivery}")
    seconds = f"{outcome.seconds:.1f}".replace(".", ",")
    console.print(Panel(Group(*parts), subtitle=f"{seconds} s", expand=False))


def _table(section: Section) -> Table:
    table = Table(show_lines=False)
    for column, heading in enumerate(section.headings):
        right = column in section.numeric
        table.add_column(escape(heading), justify="right" if right else "left", overflow="fold")
    for row in section.rows[:MAX_ROWS]:
        table.add_row(*map(escape, row))
    return table


def render_report(report: DeliveryReport, console: Console) -> None:
    """Print the whole report; long tables are cut, the page has all of them."""
    console.print(escape(headline(report.outcome)), style="bold")
    console.print(escape(RESTRICTED), style="yellow")
    for section in sections(report):
        mark = " [yellow](bitte ansehen)[/yellow]" if section.attention else ""
        console.print(f"\n[bold]{escape(section.title)}[/bold]{mark}")
        for words in section.words:
            console.print(escape(words))
        if section.headings:
            console.print(_table(section))
            if len(section.rows) > MAX_ROWS:
                console.print(f"… {len(section.rows) - MAX_ROWS} weitere Zeilen zeigt der Bericht mit --html DATEI")


def html(report: DeliveryReport, title: str) -> str:
    """The report as one HTML page without anything to be loaded; ``title`` is that of the social report."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("delivery_report.html.j2").render(
        title=title,
        outcome=report.outcome,
        state=state(report.outcome),
        report=report,
        restricted=RESTRICTED,
        sections=sections(report),
    )
