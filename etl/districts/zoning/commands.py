"""The command ``districts solve``: districts from a file of blocks, without a database."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from etl import settings
from etl.console import console
from etl.districts.options import Json, LayerName
from etl.districts.zoning.blocks_file import Columns, from_file
from etl.districts.zoning.instance import Instance
from etl.districts.zoning.model import COMPOSITE, PLANS, Band, Weights
from etl.districts.zoning.search import Effort
from etl.districts.zoning.shapes import Contiguity
from etl.districts.zoning.solve import Plan, solve

EVERY = "all"


def weights_of(text: str | None) -> Weights | None:
    """Weights typed as ``Einheitlichkeit,Kompaktheit,Abweichung,Barriere`` (four numbers), ``None`` if not given."""
    if text is None:
        return None
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) != 4 or min(numbers, default=-1) < 0 or sum(numbers) <= 0:
        raise typer.BadParameter(
            "vier Zahlen ab 0 mit Komma dazwischen: Einheitlichkeit, Kompaktheit, Abweichung, Barriere",
            param_hint="--weights",
        )
    return Weights(*numbers)


def bridges_of(texts: list[str] | None) -> list[tuple[str, str]]:
    """Bridges typed as ``A:B``."""
    pairs = [tuple(text.split(":")) for text in texts or ()]
    if any(len(pair) != 2 or not all(pair) for pair in pairs):
        raise typer.BadParameter("zwei Blöcke mit Doppelpunkt dazwischen, zum Beispiel 17:23", param_hint="--bridge")
    return [(pair[0].strip(), pair[1].strip()) for pair in pairs]


def solve_file(
    file: Annotated[Path, typer.Argument(help="Blöcke als Flächen: GeoPackage, Shapefile, GeoJSON und andere.")],
    *,
    out: Annotated[Path, typer.Option(help="CSV mit Block und Bezirk; bei mehreren Plänen je Plan eine Datei.")],
    key: Annotated[str, typer.Option("--id", help="Spalte mit dem Schlüssel des Blocks.")] = "block_id",
    parent: Annotated[str, typer.Option(help="Spalte mit dem Stadtteil.")] = "parent",
    pop: Annotated[str, typer.Option(help="Spalte mit den Einwohnern.")] = "pop",
    attributes: Annotated[str, typer.Option(help="Spalten der Merkmale, mit Komma getrennt.")] = "",
    low: Annotated[float, typer.Option("--min", help="Kleinste Einwohnerzahl eines Bezirks.")] = 2500,
    target: Annotated[float, typer.Option(help="Angestrebte Einwohnerzahl.")] = 5000,
    high: Annotated[float, typer.Option("--max", help="Größte Einwohnerzahl.")] = 7500,
    plan: Annotated[str, typer.Option(help=f"Plan: {', '.join(PLANS)} oder {EVERY}.")] = "composite",
    weights: Annotated[
        str | None, typer.Option(help="Gewichte des Plans composite; sonst 1,0.5,0.5,1 (siehe docs/zone_design.md).")
    ] = None,
    barriers: Annotated[
        Literal["soft", "hard", "none"],
        typer.Option(help="Barrieren (Spalte barrier_side): als Nachteil, als Grenze oder gar nicht werten."),
    ] = "soft",
    contiguity: Annotated[
        Literal["rook", "queen"], typer.Option(help="Nachbarn: gemeinsame Grenze (rook) oder auch nur ein Punkt.")
    ] = "rook",
    bridge: Annotated[list[str] | None, typer.Option(help="Zwei Blöcke A:B als Nachbarn werten (mehrfach).")] = None,
    seed: Annotated[int, typer.Option(help="Startwert; gleiche Eingabe, gleiches Ergebnis.", min=0)] = 1,
    seeds: Annotated[int, typer.Option(help="Suchläufe je Stadtteil nach der Vorauswahl.", min=1)] = Effort.seeds,
    effort: Annotated[int, typer.Option(help="Versuchte Tausche je Block und Suchlauf.", min=100)] = Effort.steps,
    seconds: Annotated[float | None, typer.Option(help="Zeitgrenze; greift sie, wird es gemeldet.", min=1)] = None,
    processes: Annotated[int, typer.Option(help="Gleichzeitige Prozesse.", min=1)] = Effort.processes,
    layer: LayerName = None,
    as_json: Json = False,
) -> None:
    """Bezirke aus einer Datei mit Blöcken bilden, ohne Datenbank."""
    columns = Columns(key, parent, pop, tuple(name.strip() for name in attributes.split(",") if name.strip()))
    kind: Contiguity = contiguity
    blocks = from_file(
        file,
        columns,
        layer=layer,
        contiguity=kind,
        hard_barriers=barriers == "hard",
        bridges=bridges_of(bridge),
    )
    chosen = weights_of(weights)
    if barriers == "none":
        blocks = blocks.without_sides()
    names = tuple(PLANS) if plan == EVERY else (plan,)
    quiet = as_json or settings.ui.json or settings.ui.quiet
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        console=console,
        disable=quiet,
        transient=True,
    ) as progress:
        bar = progress.add_task("Bezirke suchen")
        plans = solve(
            blocks,
            Band(low, target, high),
            plans=names,
            weights=chosen or COMPOSITE,
            effort=Effort(effort, seeds, seed, seconds, processes),
            told=lambda name, done, of: progress.update(bar, description=f"Plan {name}", completed=done, total=of),
        )
    files = [out if len(plans) == 1 else out.with_name(f"{out.stem}-{p.name}{out.suffix}") for p in plans]
    for found, path in zip(plans, files, strict=True):
        write_labels(path, blocks, found, key)
    _tell(plans, files, as_json or settings.ui.json)


def write_labels(path: Path, blocks: Instance, plan: Plan, key: str = "block_id") -> None:
    """Write ``block,district`` as CSV; the first column is called as in the file of blocks."""
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow([key, "district"])
        writer.writerows(zip(blocks.ids, plan.keys(blocks), strict=True))


def _tell(plans: list[Plan], files: list[Path], as_json: bool) -> None:
    if as_json:
        rows = [
            {"plan": p.name, "datei": str(f), "hinweise": list(p.remarks), **p.quality.as_json()}
            for p, f in zip(plans, files, strict=True)
        ]
        typer.echo(json.dumps(rows[0] if len(rows) == 1 else rows, ensure_ascii=False))
        return
    if settings.ui.quiet:
        return
    table = Table(title="Gütebogen", title_justify="left")
    table.add_column("Größe", no_wrap=True)
    sheets = [dict(p.quality.table()) for p in plans]
    for p in plans:
        table.add_column(escape(p.name), justify="right")
    for name in dict.fromkeys(n for sheet in sheets for n in sheet):
        table.add_row(escape(name), *(escape(sheet.get(name, "–")) for sheet in sheets))
    console.print(table)
    for remark in plans[0].remarks:
        console.print(f"[yellow]Hinweis:[/] {escape(remark)}")
    if any(p.quality.cut_by_clock for p in plans):
        console.print(
            "[yellow]Hinweis:[/] Die Zeitgrenze hat die Suche beendet; ein weiterer Lauf kann anders ausgehen. Mit "
            "kleinerem --effort oder größerem --seconds wird das Ergebnis wiederholbar."
        )
    for p, f in zip(plans, files, strict=True):
        console.print(f"{escape(p.title)} ({p.name}): {p.quality.districts} Bezirke in {escape(str(f))}")
    console.print("Fassungen: " + ", ".join(f"{name} {version}" for name, version in plans[0].quality.versions))
