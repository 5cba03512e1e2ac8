"""The commands ``roles sync`` and ``roles show``."""

from __future__ import annotations

from typing import Annotated

import typer

from etl import settings
from etl.catalogue import load_catalogue
from etl.console import tell
from etl.warehouse import role_sync
from etl.warehouse.role_matrix import Role, role_matrix
from etl.warehouse.role_sync import Synced

app = typer.Typer(no_args_is_help=True, help="Rollen der Datenbank: anlegen, Rechte abgleichen, ansehen.")


def _words(report: Synced, *, look_only: bool) -> str:
    count = len(report.statements)
    lines = []
    if report.in_step:
        lines.append("Rollen und Rechte sind auf dem Stand der Rechteliste.")
    elif count:
        what = "Abweichung" if count == 1 else "Abweichungen"
        lines.append(f"{count} {what} von der Rechteliste{'' if look_only else ' behoben'}:")
        lines += [f"  {statement};" for statement in report.statements]
    lines += [f"Das Kennwort der Rolle {role} passte nicht mehr und gilt wieder." for role in report.renewed]
    if report.for_administrator:
        lines.append("Das darf diese Anmeldung nicht; empfohlen wird es dem Administrator, in dieser Datenbank:")
        lines += [f"  {statement};" for statement in report.for_administrator]
    return "\n".join([*lines, *report.remarks])


@app.command()
def sync(
    look_only: Annotated[
        bool, typer.Option("--pruefen", help="Nur zeigen, was sich ändern würde (Ende mit 1, wenn etwas).")
    ] = False,
) -> None:
    """Rollen anlegen und alle Rechte auf den Stand der Rechteliste bringen; Überzähliges wird entzogen."""
    report = role_sync.sync(load_catalogue(settings.catalogue_dir()), look_only=look_only)
    tell(
        _words(report, look_only=look_only),
        geaendert=[] if look_only else report.statements,
        abweichungen=report.statements if look_only else [],
        kennwoerter_erneuert=report.renewed,
        fuer_den_administrator=report.for_administrator,
        hinweise=report.remarks,
    )
    if look_only and not report.in_step:
        raise typer.Exit(1)


def _lines(name: str, role: Role, members: list[str]) -> list[str]:
    """A role in words."""
    lines = [f"{name}: {role.title}"]
    if role.member_of:
        lines.append(f"    darf alles, was {', '.join(role.member_of)} darf")
    for schema, objects in role.rights.items():
        told = (f"{'' if what == '*' else what + ' '}{', '.join(may) or 'nichts'}" for what, may in objects.items())
        lines.append(f"    {schema}: {'; '.join(told)}")
    if role.connections >= 0:
        lines.append(f"    höchstens {role.connections} Sitzungen")
    if waits := role.settings.get("statement_timeout"):
        lines.append(f"    höchstens {waits} je Abfrage")
    if not role.login:
        lines.append("    ohne Anmeldung")
    if members:
        lines.append(f"    Mitglieder: {', '.join(members)}")
    return lines


@app.command()
def show() -> None:
    """Zeigen, welche Rollen es gibt, was sie dürfen und wer Mitglied ist."""
    catalogue = load_catalogue(settings.catalogue_dir())
    matrix = role_matrix(catalogue)
    members = role_sync.members(matrix)
    facts = {
        name: {**role.model_dump(mode="json"), "mitglieder": members.get(name, [])}
        for name, role in matrix.roles.items()
    }
    told = [line for name, role in matrix.roles.items() for line in _lines(name, role, members.get(name, []))]
    tell("\n".join(told), rollen=facts)
