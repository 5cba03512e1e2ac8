"""The commands ``districts plans | choose | review | adopt | export | import``."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from etl import settings
from etl.catalogue import load_catalogue
from etl.console import console, tell
from etl.districts import versions
from etl.districts.options import Json
from etl.districts.plans import export as files
from etl.districts.plans import store
from etl.districts.plans.adopt import adopt as adopt_version
from etl.districts.plans.frame import lock_changes
from etl.districts.plans.official import ImportOptions, import_districts
from etl.districts.plans.review import finish_review, read_review
from etl.districts.wording import count, number
from etl.warehouse.session import prepared_engine

Label = Annotated[str, typer.Argument(help="Gebietsstand.")]
EXPORTS = settings.PROJECT / "district_boundaries"
FIGURES = {
    "bezirke": ("Bez.", 0),
    "abweichung_prozent": ("Abw. %", 1),
    "heterogenitaet": ("Heter.", 3),
    "kompaktheit": ("PP", 3),
    "kompaktheit_min": ("PP min", 3),
    "schnittlaenge_km": ("km", 1),
    "barriere_prozent": ("Barr. %", 1),
    "zielwert": ("Ziel", 3),
    "luecke_prozent": ("Lücke %", 2),
}
"""Figures of a quality sheet that a table shows: heading and digits."""


def _emit(facts: Any) -> None:
    typer.echo(json.dumps(facts, ensure_ascii=False, default=str))


def _cell(value: object, digits: int) -> str:
    return number(float(value), digits) if isinstance(value, int | float) else "–"


def plans_table(plans: list[store.StoredPlan]) -> Table:
    """The plans side by side, the chosen one marked."""
    table = Table(box=None, caption="Abw.: mittlere Abweichung vom Ziel; PP: Kompaktheit; km: Grenzen; * gewählt")
    table.add_column("Plan", no_wrap=True)
    for heading, _ in FIGURES.values():
        table.add_column(heading, justify="right")
    for plan in plans:
        name = f"{plan.name} *" if plan.chosen else plan.name
        table.add_row(escape(name), *(_cell(plan.quality.get(f), digits) for f, (_, digits) in FIGURES.items()))
    return table


def list_plans(label: Label, as_json: Json = False) -> None:
    """Die Pläne eines Entwurfs mit ihrer Güte nebeneinander zeigen."""
    catalogue = load_catalogue(settings.catalogue_dir())
    with prepared_engine(catalogue, migrated=False).begin() as connection:
        plans = store.read_plans(connection, versions.get(connection, label))
    if as_json or settings.ui.json:
        _emit([asdict(plan) for plan in plans])
    elif not plans:
        tell(f"Für „{label}“ gibt es noch keine Pläne; bitte districts build --version {label}.")
    elif not settings.ui.quiet:
        console.print(plans_table(plans))


def choose(label: Label, plan: Annotated[str, typer.Argument(help="Name des Plans.")]) -> None:
    """Einen Plan zum Entwurf machen; Änderungen von Hand entfallen damit."""
    catalogue = load_catalogue(settings.catalogue_dir())
    with prepared_engine(catalogue).begin() as connection:
        lock_changes(connection)
        made = store.choose_plan(connection, catalogue.city, versions.get(connection, label), plan)
    words = f"Plan „{plan}“ ist jetzt der Entwurf „{label}“: {count(made, 'Bezirk', 'Bezirke')}."
    tell(words, version=label, plan=plan, districts=made)


def review(
    label: Label,
    done: Annotated[bool, typer.Option("--done", help="Prüfung abschließen.")] = False,
    as_json: Json = False,
) -> None:
    """Zeigen, wie der Entwurf nach den Änderungen von Hand steht; mit --done die Prüfung abschließen."""
    catalogue = load_catalogue(settings.catalogue_dir())
    with prepared_engine(catalogue).begin() as connection:
        version = versions.get(connection, label)
        has_blocks = bool(store.read_assignment(connection, version.id))
        found = read_review(connection, version) if has_blocks or not done else None
        if done:
            lock_changes(connection)
            finish_review(connection, version)
    if as_json or settings.ui.json:
        _emit({"version": label, "reviewed": done} | (asdict(found) if found is not None else {}))
        return
    if found is not None and not settings.ui.quiet:
        table = Table(box=None)
        for heading, side in (
            ("Bezirk", "left"), ("Name", "left"), ("Blöcke", "right"), ("Einwohner", "right"), ("Abw. %", "right"),
            ("Kompakt", "right"), ("Hinweis", "left"),
        ):  # fmt: skip
            table.add_column(heading, justify="right" if side == "right" else "left")
        for row in found.districts:
            table.add_row(
                row["bezirk"], escape(row["name"]), _cell(row["bloecke"], 0), _cell(row["einwohner"], 0),
                _cell(row["abweichung_prozent"], 1), _cell(row["kompaktheit"], 3), escape(row["hinweis"]),
            )  # fmt: skip
        console.print(table)
        for row in found.quality:
            facts = "; ".join(f"{h} {_cell(row[f], d)}" for f, (h, d) in FIGURES.items() if f in row)
            console.print(f"[bold]{escape(row['stand'])}[/bold]: {facts}")
        for row in found.changes:
            moved = f"{row['vorher']} → {row['nachher']}"
            console.print(
                f"  {row['zeit']:%d.%m.%Y %H:%M} {row['rolle']}: {row['art']} {escape(row['gegenstand'])} "
                f"{escape(moved)} {escape(row['hinweis'])}"
            )
    if done:
        tell(f"Die Prüfung von „{label}“ ist abgeschlossen; districts adopt {label} --from DATUM beschließt ihn.")


def adopt(
    label: Label,
    *,
    valid_from: Annotated[
        datetime, typer.Option("--from", formats=["%Y-%m-%d", "%d.%m.%Y"], help="Gültig ab (einschließlich).")
    ],
    allow_band: Annotated[
        str | None, typer.Option("--allow-band", help="Begründung für Bezirke außerhalb des Einwohnerbands.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Ordner für die Ausgabe.")] = EXPORTS,
) -> None:
    """Einen geprüften Gebietsstand beschließen; er wird danach nicht mehr geändert."""
    catalogue = load_catalogue(settings.catalogue_dir())
    engine = prepared_engine(catalogue)
    with engine.begin() as connection:
        done = adopt_version(connection, catalogue.city, label, valid_from.date(), band_reason=allow_band)
    with engine.begin() as connection:
        folder = files.export(connection, catalogue.city, label, out)
    hint = f"Anzeigen: boundaries use „{label}“, dann compute und publish."
    tell(f"{done.message()}\nAusgegeben nach {folder}.\n{hint}", **asdict(done), folder=str(folder))


def export(label: Label, out: Annotated[Path, typer.Option(help="Ordner für die Ausgabe.")] = EXPORTS) -> None:
    """Einen beschlossenen Gebietsstand als GeoPackage, Blockliste und Herkunftsnachweis ausgeben."""
    catalogue = load_catalogue(settings.catalogue_dir())
    with prepared_engine(catalogue, migrated=False).begin() as connection:
        folder = files.export(connection, catalogue.city, label, out)
    tell(f"„{label}“ ist ausgegeben nach {folder}.", version=label, folder=str(folder))


def import_file(
    file: Annotated[Path, typer.Argument(help="Blockliste (CSV: block;bezirk;name) oder Polygone der Bezirke.")],
    *,
    version: Annotated[str, typer.Option("--version", help="Gebietsstand, der daraus wird (Entwurf).")],
    like: Annotated[
        str | None, typer.Option("--like", help="Gebietsstand, dessen Stadtteile gelten; sonst der aktuelle.")
    ] = None,
    block: Annotated[str, typer.Option(help="Spalte mit dem Block.")] = "block",
    district: Annotated[str, typer.Option(help="Spalte mit dem Bezirk.")] = "bezirk",
    name: Annotated[str | None, typer.Option(help="Spalte mit dem Namen.")] = None,
    layer: Annotated[str | None, typer.Option(help="Layer, wenn die Datei mehrere hat.")] = None,
    epsg: Annotated[int | None, typer.Option("--crs", help="EPSG-Code, nur wenn er in der Datei fehlt.")] = None,
) -> None:
    """Eine amtliche Einteilung statt eines optimierten Plans übernehmen."""
    catalogue = load_catalogue(settings.catalogue_dir())
    options = ImportOptions(block, district, name, layer, epsg, like)
    with prepared_engine(catalogue).begin() as connection:
        made = import_districts(connection, catalogue.city, file, version, options)
    tell(made.message(), **asdict(made))
