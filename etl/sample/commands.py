"""The command ``sample``."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from etl.console import tell
from etl.sample.write import write_sample
from etl.settings import ui


def sample(
    folder: Annotated[Path, typer.Argument(help="Ordner, in den die Dateien geschrieben werden", metavar="ORDNER")],
    seed: Annotated[int, typer.Option(min=0, help="Startzahl: dieselbe Zahl ergibt dieselben Dateien")] = 1,
    scale: Annotated[float, typer.Option(help="Größe der Stadt, 1 = etwa 84.000 Einwohner")] = 1.0,
) -> None:
    """Schreibt die synthetische Beispielstadt als Dateien, wie eine Stadt sie geliefert bekäme."""
    started = time.perf_counter()
    console = Console(stderr=True, quiet=ui.quiet or ui.json)
    with console.status("Beispielstadt wird gebaut …") as status:
        manifest = write_sample(folder, seed=seed, scale=scale, progress=status.update)
    last = manifest.truth[manifest.years[-1]].persons
    people = f"{last.total:,}".replace(",", ".")
    tell(
        f"Synthetische Beispielstadt in {folder}: {len(manifest.files) + 1} Dateien, {manifest.blocks} Blöcke, "
        f"{manifest.addresses} Adressen, {people} Einwohner am 31.12.{manifest.years[-1]} "
        f"({time.perf_counter() - started:.0f} s).",
        folder=str(folder),
        files=len(manifest.files) + 1,
        blocks=manifest.blocks,
        addresses=manifest.addresses,
        persons=last.total,
        synthetic=True,
    )
