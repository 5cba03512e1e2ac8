"""``boundaries grid``: units from the cells of a statistical grid, known by their midpoints."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import shapely
from sqlalchemy import Connection

from etl.catalogue import City
from etl.districts import crs, store, versions
from etl.districts.areas import Areas, Geometries, geometry_array
from etl.districts.columns import pick
from etl.districts.findings import Findings, note
from etl.districts.load import UNCHANGED, Outcome, level_of, stop
from etl.districts.prepare import Source, file_hash
from etl.districts.report import Report
from etl.districts.table import numbers, read_table
from etl.districts.versions import NewVersion
from etl.districts.wording import count
from etl.errors import InputError, InputProblem, SozialberichtError


@dataclass(frozen=True)
class GridOptions:
    """The level to make, columns of the midpoints, cell size in metres, CRS of the grid, and the level whose units the
    cells must lie in."""

    level: str
    x: str
    y: str
    size: int = 1000
    epsg: int = 3035
    inside: str | None = None

    def as_json(self) -> dict[str, Any]:
        """For the load journal."""
        return asdict(self)


def cells(path: Path, options: GridOptions) -> tuple[list[str], Geometries]:
    """Keys and polygons (in the grid's CRS) of the distinct cells of a table, by key.

    Keys name the lower left corner, as the official grid does: ``CRS3035RES1000mN3395000E4316000``. Raises
    ``InputError`` for midpoints that do not lie on the grid.
    """
    table = read_table(path)
    columns = [c for c in table.columns if not c.startswith("__")]
    x, y = pick(columns, options.x, path.name, "--x"), pick(columns, options.y, path.name, "--y")
    points = table.with_columns(numbers(table, x, path.name).alias("_x"), numbers(table, y, path.name).alias("_y"))
    half = options.size / 2
    off = points.filter(((pl.col("_x") - half) % options.size != 0) | ((pl.col("_y") - half) % options.size != 0))
    if not off.is_empty():
        line, vx, vy = off.select("__zeile", x, y).row(0)
        reason = f"{count(len(off), 'Punkt ist', 'Punkte sind')} keine Mitte einer Zelle von {options.size} m"
        raise InputError(InputProblem(path.name, reason, line=int(line), column=f"{x}/{y}", value=f"{vx}/{vy}"))
    distinct = points.select("_x", "_y").unique().sort("_y", "_x")
    west = distinct["_x"].to_numpy() - half
    south = distinct["_y"].to_numpy() - half
    keys = [f"CRS{options.epsg}RES{options.size}mN{int(n)}E{int(e)}" for n, e in zip(south, west, strict=True)]
    return keys, geometry_array(list(shapely.box(west, south, west + options.size, south + options.size)))


def load_grid(connection: Connection, city: City, path: Path, version: NewVersion, options: GridOptions) -> Outcome:
    """Make the cells of a grid table the units of the level ``options.level``.

    Cells are squares in the grid's CRS, transformed corner by corner, so that neighbours still share their corners. A
    cell belongs to the unit that its midpoint lies in; with ``options.inside`` cells with their midpoint elsewhere are
    left out. Raises ``InputError`` and ``SozialberichtError`` like ``load_boundaries``.
    """
    level = options.level
    wanted = level_of(city, level)
    versions.lock(connection)
    target = versions.open_version(connection, version)
    sha256 = file_hash(path) if path.is_file() else ""
    last = store.last_load(connection, target.id, level)
    if last is not None and (last["sha256"], last["options"]) == (sha256, options.as_json()):
        return Outcome(False, UNCHANGED)
    keys, squares = cells(path, options)
    found = crs.from_epsg(options.epsg)
    polygons, operation = crs.to_utm(squares, found, path.name)
    middle, _ = crs.to_utm(shapely.centroid(squares), found, path.name)
    findings = Findings()
    if options.inside is not None:
        kept = _inside(connection, target.id, level_of(city, options.inside).code, middle)
        dropped = int((~kept).sum())
        if dropped:
            text = f"{count(dropped, 'Zelle liegt', 'Zellen liegen')} mit der Mitte außerhalb und entfallen"
            findings.add(note("cells_outside", text))
        keys = [k for k, k_in in zip(keys, kept, strict=True) if k_in]
        polygons, middle = polygons[kept], middle[kept]
    if not keys:
        raise InputError(InputProblem(path.name, "keine Zelle liegt im gewünschten Gebiet"))
    multi = geometry_array([shapely.multipolygons([p]) for p in polygons])
    areas = Areas(keys, list(keys), [None] * len(keys), multi)
    above = wanted.parent
    if above is not None and versions.has_own_file(connection, target.id, above):
        areas = areas.with_parents(_parents(connection, target.id, above, middle))
    source = Source(path.name, sha256, "", "Tabelle", "utf-8", str(found), operation.name, operation.accuracy_m)
    report = Report(source, wanted.title, target.label, areas, findings)
    stop(report)
    store.write_units(connection, target.id, level, areas, above)
    report.result = f"{count(len(areas), 'Zelle', 'Zellen')} in den Gebietsstand „{target.label}“ geladen."
    journal = store.Journal(level, target.id, options.as_json(), report.summary(), version.synthetic)
    store.record_load(connection, source, journal)
    versions.complete_version(connection, city, target.id)
    return Outcome(True, report.result, report)


def _inside(connection: Connection, version_id: int, level: str, points: Geometries) -> np.ndarray[Any, Any]:
    """Whether each point lies in a unit of the level."""
    units = store.read_units(connection, version_id, level)
    if not len(units):
        raise SozialberichtError(f"Die Ebene „{level}“ (--inside) ist in diesem Gebietsstand noch nicht geladen.")
    result = np.zeros(len(points), dtype=bool)
    result[shapely.STRtree(units.geoms).query(points, predicate="intersects")[0]] = True
    return result


def _parents(connection: Connection, version_id: int, level: str, points: Geometries) -> list[str | None]:
    """Key of the unit of the level that each point lies in (the first by key on a border)."""
    units = store.read_units(connection, version_id, level)
    result: list[str | None] = [None] * len(points)
    if not len(units):
        return result
    at, by = shapely.STRtree(units.geoms).query(points, predicate="intersects")
    for point, unit in sorted(zip(at.tolist(), by.tolist(), strict=True), reverse=True):
        result[point] = units.keys[unit]
    return result
