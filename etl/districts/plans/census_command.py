"""The command ``districts census``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from etl import settings
from etl.console import console, tell
from etl.districts.plans.build_command import SEEDS, STEPS
from etl.districts.plans.census_plan import plan_census, write_census
from etl.districts.prepare import Options, prepare
from etl.districts.wording import count
from etl.districts.zoning.model import Band
from etl.districts.zoning.search import Effort


def census(
    outline: Annotated[Path, typer.Argument(help="Umriss der Stadt oder ihre Stadtteile.")],
    *,
    key: Annotated[str, typer.Option(help="Spalte mit dem Schlüssel der Stadtteile.")],
    cells_100m: Annotated[Path, typer.Option("--cells-100m", help="Zensus-Zellen von 100 m (lange Form).")],
    cells_1km: Annotated[Path, typer.Option("--cells-1km", help="Zensus-Zellen von 1 km.")],
    out: Annotated[Path, typer.Option(help="Ordner für Blöcke, Zuordnung, Gütebogen und Karte.")],
    target: Annotated[float, typer.Option(help="Angestrebte Einwohner je Bezirk.", min=1)] = 5000,
    smallest: Annotated[float | None, typer.Option("--min", help="Kleinste Zahl; sonst die Hälfte.")] = None,
    largest: Annotated[float | None, typer.Option("--max", help="Größte Zahl; sonst das Anderthalbfache.")] = None,
    number: Annotated[int | None, typer.Option("--districts", help="Genau so viele Bezirke.", min=1)] = None,
    official: Annotated[Path | None, typer.Option(help="Amtliche Bezirke zum Vergleich.")] = None,
    official_key: Annotated[str, typer.Option("--official-key", help="Deren Schlüsselspalte.")] = "AREA_ID",
    title: Annotated[str, typer.Option(help="Überschrift der Karte.")] = "Statistische Bezirke",
    seed: Annotated[int, typer.Option(help="Startzahl; dieselbe gibt denselben Plan.", min=0)] = 1,
    effort: Annotated[float, typer.Option(help="Aufwand der Suche.", min=0.01, max=100)] = 1.0,
) -> None:
    """Bezirke aus Zensus-Gitterzellen bilden, wo es keine Baublöcke gibt; ohne Datenbank."""
    parents = prepare(outline, Options(key, mend=True)).areas
    given = prepare(official, Options(official_key, mend=True)).areas if official is not None else None
    band = Band(smallest or target / 2, target, largest or target * 1.5)
    work = Effort(steps=max(1, round(STEPS * effort)), seeds=SEEDS, seed=seed)
    plan = plan_census(cells_100m, cells_1km, parents, band, work, number, given)
    write_census(plan, parents, title, out)
    if not (settings.ui.json or settings.ui.quiet):
        table = Table(box=None)
        table.add_column("")
        table.add_column("Plan", justify="right")
        if plan.official is not None:
            table.add_column("amtlich", justify="right")
        beside = dict(plan.official.table()) if plan.official is not None else {}
        for name, value in plan.quality.table():
            table.add_row(name, value, *([beside.get(name, "–")] if beside else []))
        console.print(table)
    made = count(plan.quality.districts, "Bezirk", "Bezirke")
    words = f"{made} aus {len(plan.blocks.keys)} Zellen nach {out} geschrieben."
    tell(words, districts=plan.quality.districts, quality=plan.quality.as_json(), folder=str(out))
