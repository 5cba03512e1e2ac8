"""The command ``purge``: rows of deliveries deleted for good, and what is kept until when."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer
from rich.table import Table

from etl import settings
from etl.catalogue import load_catalogue
from etl.console import console, tell
from etl.errors import SozialberichtError
from etl.intake import purge as deletion
from etl.intake.purge import Held
from etl.intake.wording import counted, thousands
from etl.warehouse.session import prepared_engine


def _facts(one: Held, today: date) -> dict[str, object]:
    return {
        "lieferung": one.delivery,
        "quelle": one.source,
        "form": one.form,
        "stichtag": one.reference_date.isoformat(),
        "eingegangen": one.received.isoformat(),
        "zeilen": one.accepted,
        "abgewiesen": one.rejected,
        "zu_loeschen_ab": one.due.isoformat(),
        "faellig": one.is_due(today),
    }


def _show(every: list[Held]) -> None:
    today = date.today()
    if settings.ui.json:
        tell("", lieferungen=[_facts(one, today) for one in every])
        return
    if settings.ui.quiet:
        return
    table = Table("Nr.", "Quelle", "Stichtag", "Zeilen", "löschen ab", "")
    for one in every:
        table.add_row(
            str(one.delivery),
            one.source,
            f"{one.reference_date:%d.%m.%Y}",
            thousands(one.accepted + one.rejected),
            f"{one.due:%d.%m.%Y}",
            "fällig" if one.is_due(today) else "",
        )
    console.print(table)


def purge(
    numbers: Annotated[list[int] | None, typer.Argument(metavar="NR", help="Lieferungen.")] = None,
    *,
    source: Annotated[str | None, typer.Option("--quelle", help="Alle Lieferungen dieser Quelle.")] = None,
    due: Annotated[bool, typer.Option("--faellig", help="Alle, deren Aufbewahrung abgelaufen ist.")] = False,
    show: Annotated[bool, typer.Option("--zeigen", help="Nur zeigen, was bis wann aufbewahrt wird.")] = False,
) -> None:
    """Zeilen von Lieferungen endgültig löschen, auch die abgewiesenen; die Zählungen bleiben."""
    catalogue = load_catalogue(settings.catalogue_dir())
    engine = prepared_engine(catalogue, migrated=False)
    with engine.connect() as connection:
        every = deletion.held(connection, catalogue)
    if show:
        _show([one for one in every if not one.superseded])
        return
    if not (numbers or source or due):
        raise SozialberichtError(
            "Was soll gelöscht werden? Nummern von Lieferungen angeben, --quelle QUELLE oder --faellig; "
            "--zeigen sagt, was bis wann aufbewahrt wird."
        )
    if source is not None and source not in catalogue.source:
        raise SozialberichtError(f"Die Quelle „{source}“ gibt es nicht.")
    doomed = deletion.chosen(every, numbers or [], source, due=due)
    with engine.begin() as connection:
        deletion.purge(connection, doomed)
    deletion.tidy(engine)
    gone = [one for one in doomed if not one.superseded]
    tell(
        f"Die Zeilen von {counted(len(gone), 'Lieferung', 'Lieferungen')} sind gelöscht; die Zählungen bleiben."
        if gone
        else "Nichts zu löschen.",
        geloescht=[_facts(one, date.today()) for one in gone],
    )
