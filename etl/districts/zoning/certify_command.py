"""The command ``districts certify``: proven bounds for districts from a file of blocks, without a database."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.markup import escape
from rich.table import Table

from etl import settings
from etl.console import console
from etl.districts.options import Json, LayerName
from etl.districts.zoning.blocks_file import Columns, from_file
from etl.districts.zoning.certify import Certificate, Effort, ParentCertificate, certify
from etl.districts.zoning.instance import Instance, Ints
from etl.districts.zoning.medoid import Band, MedoidWeights
from etl.errors import InputError, InputProblem

GERMAN = {
    "proven": "bewiesen",
    "stopped": "abgebrochen",
    "infeasible": "unmöglich",
}


def labels_from(path: Path, instance: Instance, key: str) -> Ints:
    """The district of each block from a CSV (block, district), numbered in the order of first appearance.

    Raises ``InputError`` naming line and column where a column is missing, a block is unknown, named twice or missing.
    """
    row_of = {name: row for row, name in enumerate(instance.ids)}
    found = np.full(len(instance), -1, dtype=np.int64)
    numbers: dict[str, int] = {}
    with path.open(encoding="utf-8-sig", newline="") as handle:
        reader = csv.DictReader(handle)
        for column in (key, "district"):
            if column not in (reader.fieldnames or ()):
                raise InputError(InputProblem(path.name, f"die Spalte „{column}“ fehlt", line=1))
        for line, cells in enumerate(reader, start=2):
            block, district = str(cells[key]).strip(), str(cells["district"]).strip()
            if block not in row_of:
                raise InputError(
                    InputProblem(path.name, "diesen Block gibt es in der Datei der Blöcke nicht", line, key, block)
                )
            if found[row_of[block]] >= 0:
                raise InputError(InputProblem(path.name, "der Block kommt mehrfach vor", line, key, block))
            found[row_of[block]] = numbers.setdefault(district, len(numbers))
    lost = np.flatnonzero(found < 0)
    if len(lost):
        raise InputError(
            InputProblem(path.name, "dieser Block hat keinen Bezirk", column=key, value=instance.ids[lost[0]])
        )
    return found


def weights_from(text: str) -> MedoidWeights:
    """Weights typed as four numbers: Einheitlichkeit, Kompaktheit, Abweichung, Barriere."""
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) != 4 or not all(math.isfinite(x) and x >= 0 for x in numbers) or sum(numbers) <= 0:
        raise typer.BadParameter(
            "vier Zahlen ab 0 mit Komma dazwischen: Einheitlichkeit, Kompaktheit, Abweichung, Barriere",
            param_hint="--weights",
        )
    return MedoidWeights(*numbers)


def certify_file(
    file: Annotated[Path, typer.Argument(help="Blöcke als Flächen: GeoPackage, Shapefile, GeoJSON und andere.")],
    *,
    out: Annotated[Path | None, typer.Option(help="Besten Plan als CSV schreiben: Block und Bezirk.")] = None,
    start: Annotated[Path | None, typer.Option(help="Plan, mit dem begonnen wird: CSV aus districts solve.")] = None,
    state: Annotated[
        Path | None, typer.Option(help="Ordner für den Zwischenstand; ein zweiter Lauf macht dort weiter.")
    ] = None,
    key: Annotated[str, typer.Option("--id", help="Spalte mit dem Schlüssel des Blocks.")] = "block_id",
    parent: Annotated[str, typer.Option(help="Spalte mit dem Stadtteil.")] = "parent",
    pop: Annotated[str, typer.Option(help="Spalte mit den Einwohnern.")] = "pop",
    attributes: Annotated[str, typer.Option(help="Spalten der Merkmale, mit Komma getrennt.")] = "",
    low: Annotated[float, typer.Option("--min", help="Kleinste Einwohnerzahl eines Bezirks.")] = 2500,
    target: Annotated[float, typer.Option(help="Angestrebte Einwohnerzahl.")] = 5000,
    high: Annotated[float, typer.Option("--max", help="Größte Einwohnerzahl.")] = 7500,
    weights: Annotated[
        str, typer.Option(help="Gewichte: Einheitlichkeit, Kompaktheit, Abweichung, Barriere (docs/certificate.md).")
    ] = "1,1,0.5,1",
    gap: Annotated[float, typer.Option(help="Gewünschte Lücke in Prozent.", min=0, max=50)] = Effort.gap * 100,
    nodes: Annotated[int, typer.Option(help="Höchstens so viele Teilprobleme je Stadtteil.", min=0)] = Effort.nodes,
    seconds: Annotated[float, typer.Option(help="Zeitgrenze; greift sie, wird es gemeldet.", min=1)] = Effort.seconds,
    seed: Annotated[int, typer.Option(help="Startwert; gleiche Eingabe, gleiches Ergebnis.", min=0)] = Effort.seed,
    processes: Annotated[int, typer.Option(help="Gleichzeitige Prozesse.", min=1)] = Effort.workers,
    layer: LayerName = None,
    as_json: Json = False,
) -> None:
    """Beweisen, wie nah ein Plan am besten möglichen ist (Medoid-Modell, je Stadtteil)."""
    columns = Columns(key, parent, pop, tuple(name.strip() for name in attributes.split(",") if name.strip()))
    if not 0 < low <= target <= high:
        raise typer.BadParameter("es muss 0 < --min ≤ --target ≤ --max sein", param_hint="--min")
    blocks = from_file(file, columns, layer=layer)
    begun = None if start is None else labels_from(start, blocks, key)
    machine = as_json or settings.ui.json
    result = certify(
        blocks,
        weights_from(weights),
        Band(low, target, high),
        start_labels=begun,
        state_path=state,
        effort=Effort(gap=gap / 100, seconds=seconds, nodes=nodes, seed=seed, workers=processes),
        tell=None if machine or settings.ui.quiet else _tell_parent,
    )
    if out is not None:
        write_plan(out, blocks, result, key)
    if machine:
        typer.echo(json.dumps(as_dict(result), ensure_ascii=False))
    elif not settings.ui.quiet:
        _show(result, out)


def write_plan(path: Path, blocks: Instance, result: Certificate, key: str) -> None:
    """Write the certified plan as CSV ``block,district``; blocks of a parent without a plan are left out."""
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow([key, "district"])
        for number, part in enumerate(result.parents):
            if part.labels is None:
                continue
            for row, label in zip(np.flatnonzero(blocks.parent == number), part.labels.tolist(), strict=True):
                writer.writerow([blocks.ids[row], f"{part.parent}{label + 1:02d}"])


def as_dict(result: Certificate) -> dict[str, object]:
    """The certificate as plain values (infinite becomes None); gaps in percent."""
    return {
        "gewichte": [
            result.weights.heterogeneity,
            result.weights.compactness,
            result.weights.deviation,
            result.weights.barrier,
        ],
        "startwert": result.seed,
        "zielwert": _finite(result.objective),
        "schranke": _finite(result.bound),
        "luecke_prozent": _finite(100 * result.gap),
        "stadtteile": [
            {
                "stadtteil": p.parent,
                "bezirke": p.k,
                "status": GERMAN[p.status],
                "zielwert": _finite(p.objective),
                "schranke": _finite(p.bound),
                "luecke_prozent": _finite(100 * p.gap),
                "relaxationen": p.rounds,
                "schnitte": p.cuts,
                "teilprobleme": p.nodes,
                "sekunden": round(p.seconds, 1),
            }
            for p in result.parents
        ],
    }


def _finite(number: float) -> float | None:
    return round(number, 8) if math.isfinite(number) else None


def _percent(gap: float) -> str:
    return f"{100 * gap:.2f} %".replace(".", ",") if math.isfinite(gap) else "–"


def _tell_parent(part: ParentCertificate) -> None:
    console.print(
        f"Stadtteil {escape(part.parent)}: Lücke {_percent(part.gap)} ({GERMAN[part.status]}, {part.seconds:.0f} s)"
    )


def _show(result: Certificate, out: Path | None) -> None:
    table = Table(title="Nachweis je Stadtteil", title_justify="left")
    for name in ("Stadtteil", "Bezirke", "Zielwert", "Schranke", "Lücke", "Stand"):
        table.add_column(name, justify="left" if name in ("Stadtteil", "Stand") else "right")
    for p in result.parents:
        shown = [f"{x:.5f}".replace(".", ",") if math.isfinite(x) else "–" for x in (p.objective, p.bound)]
        table.add_row(escape(p.parent), str(p.k), *shown, _percent(p.gap), GERMAN[p.status])
    console.print(table)
    console.print(f"Ganze Stadt: Lücke {_percent(result.gap)}")
    for p in result.parents:
        if p.status == "infeasible":
            console.print(
                f"[yellow]Hinweis:[/] In Stadtteil {escape(p.parent)} gibt es keine {p.k} zusammenhängenden Bezirke "
                "mit dieser Einwohnerspanne. Eine weitere Spanne (--min, --max) oder kleinere Blöcke machen es möglich."
            )
    if any(p.status == "stopped" for p in result.parents):
        console.print(
            "[yellow]Hinweis:[/] Die Grenze für Zeit oder Teilprobleme war erreicht. Die Schranken gelten; mit --state "
            "und demselben Aufruf geht es am Zwischenstand weiter."
        )
    if out is not None:
        console.print(f"Plan geschrieben: {escape(str(out))}")
