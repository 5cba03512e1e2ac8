"""The delivery report on the terminal, in German."""

from __future__ import annotations

from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from etl.intake.outcome import ControlTotal, DeliveryOutcome
from etl.intake.wording import counted, thousands

STATES = {
    "new": "neu eingelesen",
    "unchanged": "schon eingelesen, nichts geändert",
    "superseding": "eingelesen, ersetzt Lieferung {superseded}",
    "recounted": "erneut eingelesen und gezählt",
}
_TOTAL_STATES = {"met": "stimmt", "not_met": "stimmt nicht", "not_checkable": "nicht prüfbar"}
MAX_TOTALS = 12


def headline(outcome: DeliveryOutcome) -> str:
    """One sentence: what became of the file."""
    state = STATES[outcome.state].format(superseded=outcome.superseded)
    return (
        f"Lieferung {outcome.delivery}: {outcome.file} ({outcome.source}, Stichtag "
        f"{outcome.reference_date:%d.%m.%Y}) {state}"
    )


def _figures(outcome: DeliveryOutcome) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column()
    table.add_column(justify="right")
    rows = [
        ("Zeilen gelesen", outcome.read),
        ("  angenommen", outcome.accepted),
        ("    davon nicht zuordenbar", outcome.unlocated),
        ("  abgelehnt", outcome.rejected),
        ("  laut Vereinbarung ausgelassen", outcome.ignored),
    ]
    if outcome.persons is not None:
        rows.append(("Personen oder Fälle", outcome.persons))
        rows.append(("  davon nicht zuordenbar", outcome.persons_unlocated or 0))
    for word, number in rows:
        table.add_row(word, thousands(number))
    return table


def _total(total: ControlTotal) -> str:
    text = f"{total.column} {total.period}: {_TOTAL_STATES[total.state]}"
    if total.difference is not None and total.state == "not_met":
        sign = "+" if total.difference > 0 else "−"
        text += (
            f" (Summenzeile {thousands(total.total)}, Summe der Gebiete {thousands(total.summed or 0)}, "
            f"Unterschied {sign}{thousands(abs(total.difference))})"
        )
    return f"{text}{': ' + total.note if total.note else ''}"


def _totals(outcome: DeliveryOutcome) -> list[str]:
    """Control totals: those that fail first, the rest in numbers."""
    if not outcome.totals:
        return []
    met = sum(t.state == "met" for t in outcome.totals)
    lines = [f"Kontrollsummen: {met} von {len(outcome.totals)} stimmen"]
    others = sorted((t for t in outcome.totals if t.state != "met"), key=lambda t: t.state != "not_met")
    lines += [f"  {_total(t)}" for t in others[:MAX_TOTALS]]
    if len(others) > MAX_TOTALS:
        lines.append(f"  … und {len(others) - MAX_TOTALS} weitere")
    return lines


def render(outcome: DeliveryOutcome, console: Console) -> None:
    """Print the report."""
    console.print(escape(headline(outcome)))
    if outcome.state == "unchanged":
        return
    parts: list[RenderableType] = [_figures(outcome)]
    if outcome.periods:
        shown = outcome.periods if len(outcome.periods) < 6 else [outcome.periods[0], "…", outcome.periods[-1]]
        parts.append(f"Zeiträume: {', '.join(shown)}")
    parts += [escape(line) for line in _totals(outcome)]
    if outcome.top_rejects:
        parts.append("Häufigste Gründe der Ablehnung:")
        for reason, column, number in outcome.top_rejects:
            place = f"Spalte „{column}“: " if column else ""
            parts.append(escape(f"  {counted(number, 'Zeile', 'Zeilen')}: {place}{reason}"))
        parts.append(f"Alle abgelehnten Zeilen: ./sozialbericht rejects {outcome.delivery}")
    parts += [f"[yellow]Hinweis:[/yellow] {escape(warning)}" for warning in outcome.warnings]
    seconds = f"{outcome.seconds:.1f}".replace(".", ",")
    console.print(Panel(Group(*parts), subtitle=f"{seconds} s", expand=False))
