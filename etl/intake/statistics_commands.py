"""The commands ``statistics …``: fetch tables of official statistics, and which of them the catalogue uses."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from etl import settings
from etl.catalogue import AreaForm, load_catalogue
from etl.console import console, say, tell
from etl.errors import SozialberichtError
from etl.intake import genesis
from etl.intake.webservice import SERVICES, Client, Query, ServiceError, credentials
from etl.intake.wording import counted, thousands

statistics = typer.Typer(no_args_is_help=True, help="Amtliche Statistik: Tabellen abrufen.")
_TABLE = re.compile(r"^[0-9A-Z]{4,6}(-[0-9A-Z]{1,4})*$")


@statistics.callback()
def group() -> None:
    """Amtliche Statistik: Tabellen abrufen."""


@statistics.command()
def fetch(
    table: Annotated[str, typer.Argument(metavar="TABELLE", help="Code der Tabelle, zum Beispiel 12411-02-03-5.")],
    *,
    first: Annotated[int, typer.Option("--from", help="Erstes Jahr.", min=1950)],
    last: Annotated[int | None, typer.Option("--to", help="Letztes Jahr; sonst das laufende.", min=1950)] = None,
    service: Annotated[str, typer.Option(help=f"Datenbank: {', '.join(SERVICES)}.")] = "regionalstatistik",
    url: Annotated[str | None, typer.Option(help="Andere Adresse der Schnittstelle.")] = None,
    region: Annotated[list[str] | None, typer.Option(help="Nur diese Regionalschlüssel (mehrfach möglich).")] = None,
    region_variable: Annotated[
        str | None, typer.Option("--region-variable", help="Regionalmerkmal zu --region, sonst GEMEIN.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Ordner für die Tabelle und ihren Herkunftsnachweis.")] = Path(),
    wait: Annotated[float, typer.Option(help="Sekunden, die auf große Tabellen gewartet wird.", min=1)] = 600.0,
) -> None:
    """Eine Tabelle vom Webdienst abrufen und als Lieferdatei speichern; Zugangsdaten stehen in der Umgebung."""
    until = last or date.today().year
    if not _TABLE.match(table):
        raise SozialberichtError(f"„{table}“ ist kein Tabellencode; richtig wäre zum Beispiel 12411-02-03-5.")
    if first > until:
        raise SozialberichtError(f"Das erste Jahr ({first}) liegt nach dem letzten ({until}).")
    if url is None and service not in SERVICES:
        raise SozialberichtError(f"Die Datenbank „{service}“ gibt es nicht; bekannt sind {', '.join(SERVICES)}.")
    address = url or SERVICES[service]
    query = Query(table, first, until, region_variable, tuple(region or ()))
    client = Client(address, credentials(), wait=wait, tell=say)
    path = save(client.table(query), query, service if url is None else address, address, out)
    size = thousands(round(path.stat().st_size / 1024))
    tell(f"{table} ({first} bis {until}) nach {path} geschrieben, {size} kB.", file=str(path), table=table)


def save(raw: bytes, query: Query, service: str, address: str, folder: Path) -> Path:
    """Write the table and beside it where it comes from (``….herkunft.json``); both or neither. Returns the table.

    Raises ServiceError where the answer is no table that the intake can read.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{query.table}_{query.first}_{query.last}.csv"
    new = path.with_suffix(".neu")
    new.write_bytes(raw)
    if genesis.recognised(new) is None:
        new.unlink()
        raise ServiceError(f"Die Antwort von {service} ist keine lesbare GENESIS-Tabelle; nichts gespeichert.")
    origin = {
        "tabelle": query.table,
        "dienst": service,
        "adresse": address,
        "auswahl": query.form(),
        "abgerufen": datetime.now(UTC).isoformat(timespec="seconds"),
        "sha256": hashlib.sha256(raw).hexdigest(),
        "bytes": len(raw),
        "lizenz": "Datenlizenz Deutschland – Namensnennung – Version 2.0 (dl-de/by-2-0)",
    }
    note = json.dumps(origin, ensure_ascii=False, indent=1) + "\n"
    path.with_suffix(".herkunft.json").write_text(note, encoding="utf-8")
    new.replace(path)
    return path


@statistics.command("tables")
def tables() -> None:
    """Die Tabellen zeigen, die der Katalog verwendet."""
    catalogue = load_catalogue(settings.catalogue_dir())
    used = [
        (source.code, form.format.genesis.table, len(form.format.genesis.columns))
        for source in catalogue.sources
        for form in source.forms
        if isinstance(form, AreaForm) and form.format.genesis is not None
    ]
    if settings.ui.json:
        typer.echo(json.dumps([{"source": s, "table": t, "columns": n} for s, t, n in used], ensure_ascii=False))
        return
    shown = Table(title=counted(len(used), "Tabelle", "Tabellen"))
    for heading in ("Quelle", "Tabelle", "Spalten"):
        shown.add_column(heading, justify="right" if heading == "Spalten" else "left")
    for source, code, columns in used:
        shown.add_row(source, code, str(columns))
    if not settings.ui.quiet:
        console.print(shown)
