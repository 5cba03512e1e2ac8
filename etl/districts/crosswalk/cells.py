"""Counts by grid cell from a file, as carriers of estimates where no blocks exist."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl
import shapely

from etl.districts import crs
from etl.districts.areas import Geometries
from etl.districts.columns import pick
from etl.districts.crosswalk.relations import Floats
from etl.districts.table import ROW, numbers, read_table
from etl.errors import InputError, InputProblem


@dataclass(frozen=True)
class CellFile:
    """A table of cells: columns of the midpoints and the value, and which rows (``column`` = ``word``) count.

    The values stand for the catalogue's measure ``measure`` in ``period``.
    """

    path: Path
    measure: str
    period: str
    x: str = "x"
    y: str = "y"
    value: str = "value"
    size: int = 100
    epsg: int = 3035
    column: str | None = None
    words: tuple[str, ...] = ()


def read_cells(file: CellFile) -> tuple[Geometries, Floats]:
    """Cells as squares in EPSG:25832 and their amounts; negative values mean unknown and are left out.

    Raises ``InputError`` for a file, column or word that does not exist.
    """
    table = read_table(file.path)
    columns = [c for c in table.columns if c != ROW]
    name = file.path.name
    x, y = pick(columns, file.x, name, "--x"), pick(columns, file.y, name, "--y")
    value = pick(columns, file.value, name, "--value")
    if file.column is not None:
        table = table.filter(pl.col(pick(columns, file.column, name, "--where")).is_in(list(file.words)))
        if table.is_empty():
            reason = "keine Zeile hat " + " oder ".join(f"„{w}“" for w in file.words)
            raise InputError(InputProblem(name, reason, column=file.column))
    known = table.filter(pl.col(value).is_not_null())
    found = pl.DataFrame(
        {"x": numbers(known, x, name), "y": numbers(known, y, name), "value": numbers(known, value, name)}
    )
    cells = found.filter(pl.col("value") > 0).group_by("x", "y", maintain_order=True).agg(pl.col("value").sum())
    if cells.is_empty():
        raise InputError(InputProblem(name, "keine Zelle hat einen Wert über 0", column=file.value))
    half = file.size / 2
    east, north = cells["x"].to_numpy(), cells["y"].to_numpy()
    squares = shapely.box(east - half, north - half, east + half, north + half)
    moved, _ = crs.to_utm(squares, crs.from_epsg(file.epsg), name)
    return moved, cells["value"].to_numpy()
