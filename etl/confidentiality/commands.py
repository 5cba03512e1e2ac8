"""The commands ``confidentiality``: solve and audit for tables in JJ format. ``release audit`` attacks a release."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from etl import settings
from etl.confidentiality.audit.pattern import Audit, audit_pattern
from etl.confidentiality.office_commands import attach
from etl.confidentiality.suppression.heuristic import Impossible
from etl.confidentiality.suppression.jj import read_jj, read_pattern, write_pattern
from etl.confidentiality.suppression.optimum import Budget, Outcome, suppress
from etl.console import tell
from etl.errors import SozialberichtError

app = typer.Typer(no_args_is_help=True, help="Geheimhaltung: Sperrmuster berechnen und angreifen.")
attach(app)
SHOWN = 20


@app.command()
def solve(
    table: Annotated[Path, typer.Argument(metavar="TABELLE.jj", help="Verbundene Tabelle im Format JJ.")],
    *,
    out: Annotated[Path, typer.Option(help="Sperrmuster als CSV: cell,suppressed.")],
    seconds: Annotated[float, typer.Option(min=1, help="Sicherheitsgrenze in Sekunden.")] = 120.0,
) -> None:
    """Ein möglichst günstiges Sperrmuster berechnen, mit bewiesener unterer Schranke seiner Kosten."""
    problem = read_jj(table)
    # progress goes to the error output, so that the result can be piped
    shown = Console(stderr=True, quiet=settings.ui.quiet or settings.ui.json or not sys.stderr.isatty())
    try:
        found = suppress(problem, Budget(seconds=seconds), shown.print)
    except Impossible as error:
        raise SozialberichtError(
            f"{table.name}: Die Zelle {error.cell} lässt sich nicht schützen, auch wenn alles gesperrt wird, was "
            "gesperrt werden darf. Abhilfe: weniger Zellen als „z“ festhalten oder die bekannten Grenzen prüfen."
        ) from error
    write_pattern(out, found.hidden)
    tell(
        _words(found, int(problem.primary.sum()), out),
        zielwert=found.price, schranke=found.bound, luecke=found.gap, sekunden=round(found.seconds, 2),
        sekundaer=int((found.hidden & ~problem.primary).sum()), primaer=int(problem.primary.sum()),
        schnitte=found.cuts, abgebrochen=found.stopped, muster=str(out),
    )  # fmt: skip


def _number(value: float) -> str:
    return f"{value:,.0f}".replace(",", ".")


def _words(found: Outcome, primaries: int, out: Path) -> str:
    secondary = int(found.hidden.sum()) - primaries
    proof = "bewiesen" if found.gap == 0 else f"Lücke {100 * found.gap:.2f} %".replace(".", ",")
    stopped = "; die Sicherheitsgrenze hat die Rechnung beendet" if found.stopped and found.gap > 0 else ""
    return (
        f"Zielwert (Kosten der Sekundärsperrungen): {_number(found.price)}\n"
        f"Untere Schranke:                          {_number(found.bound)} ({proof})\n"
        f"Gesperrt:                                 {primaries} primär, {secondary} sekundär\n"
        f"Sekunden:                                 {found.seconds:.1f}{stopped}\n"
        f"Muster:                                   {out}"
    )


@app.command()
def audit(
    table: Annotated[Path, typer.Argument(metavar="TABELLE.jj", help="Verbundene Tabelle im Format JJ.")],
    pattern: Annotated[Path, typer.Argument(metavar="MUSTER.csv", help="Sperrmuster: cell,suppressed.")],
) -> None:
    """Ein Sperrmuster angreifen: jede gesperrte Zelle aus allem Sichtbaren eingrenzen. Fehler: Rückgabewert 1."""
    problem = read_jj(table)
    found = audit_pattern(problem, read_pattern(pattern, problem.cells))
    tell(
        "\n".join(_findings(found)),
        sicher=found.safe, primaer=found.primaries, gesperrt=found.hidden, ungeschuetzt=len(found.faults),
        exakt=sum(f.kind == "exakt" for f in found.faults), beifang=len(found.idle),
        zellen=[{"zelle": f.cell, "art": f.kind, "von": f.lower, "bis": f.upper} for f in found.faults],
    )  # fmt: skip
    if not found.safe:
        raise typer.Exit(1)


def _findings(found: Audit) -> list[str]:
    lines = [f"{found.hidden} gesperrte Zellen angegriffen; {found.primaries} Zellen sind primär zu schützen."]
    if found.safe:
        lines.append("Sicher: Keine primäre Zelle lässt sich genauer bestimmen, als die Schutzabstände erlauben.")
    else:
        exact = sum(f.kind == "exakt" for f in found.faults)
        lines.append(f"NICHT SICHER: {len(found.faults)} Zellen zu wenig geschützt, davon {exact} exakt bestimmbar.")
    lines += [
        f"  Zelle {f.cell} ({f.kind}): {f.lower:.6g} bis {f.upper:.6g}, nötig wäre mindestens {f.wanted_lower:.6g} bis "
        f"{f.wanted_upper:.6g}"
        for f in found.faults[:SHOWN]
    ]
    if len(found.faults) > SHOWN:
        lines.append(f"  … und {len(found.faults) - SHOWN} weitere")
    if found.idle:
        lines.append(f"Bemerkung: {len(found.idle)} Sekundärsperrungen lassen sich berechnen und schützen nichts.")
    return lines
