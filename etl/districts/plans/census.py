"""Building blocks from the Zensus 2011 grid where a city has none: populated 100-m cells with the ground around them.

Persons are published by 1-km cell, dwellings by 100-m cell. The persons of a 1-km cell are spread over its 100-m cells
by dwellings (dasymetric mapping, Eicher and Brewer 2001). Uninhabited ground belongs to the nearest populated cell of
its Stadtteil, so that the blocks tile the city.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import shapely
from numpy.typing import NDArray

from etl.districts import crs
from etl.districts.areas import Areas, Geometries, geometry_array, polygons_only
from etl.districts.table import ROW, numbers, read_table
from etl.districts.zoning.instance import Instance, from_arrays
from etl.districts.zoning.shapes import shapes_of
from etl.errors import InputError, InputProblem

FINE, COARSE = 100, 1000
ATTRIBUTES = ("u18", "ab65", "auslaender", "mehrfamilienhaus")
"""Shares: persons under 18, from 65, without German citizenship (1 km); dwellings in larger houses (100 m)."""
SHARES = {"u18": "continuous_unter18_A", "ab65": "continuous_ab65_A", "auslaender": "continuous_Auslaender_A"}
PERSONS = "continuous_Einwohner"
HOUSE = "dwellings_GEBTYPGROESSE"
MANY = ("7", "8", "9")
"""Values of the size of house that mean three dwellings or more."""


@dataclass(frozen=True)
class CensusBlocks:
    """Blocks made of cells, by key; ``attributes`` (blocks × ``ATTRIBUTES``) are shares from 0 to 1.

    ``middle``: the cell's midpoint in EPSG:25832.
    """

    keys: list[str]
    parents: list[str]
    persons: NDArray[np.float64]
    attributes: NDArray[np.float64]
    geoms: Geometries
    middle: Geometries

    def instance(self) -> Instance:
        """The zone design problem of these blocks."""
        return from_arrays(
            self.keys, self.parents, self.persons, self.attributes, list(ATTRIBUTES), shapes=shapes_of(self.geoms)
        )


def census_blocks(fine: Path, coarse: Path, parents: Areas) -> CensusBlocks:
    """Blocks of the populated cells whose midpoint lies in one of ``parents`` (EPSG:25832).

    ``fine``: 100-m cells in long form (value, x, y, feature); ``coarse``: 1-km cells with persons and shares, −9 is not
    given (the mean of the city stands in). A cell on the city's edge counts with the share of its ground inside. Raises
    ``InputError`` where columns are missing or no cell lies inside.
    """
    cells = _dwellings(fine)
    big = _persons(coarse)
    placed = cells.join(big, on=["kx", "ky"], how="inner").sort("y", "x")
    if placed.is_empty():
        raise InputError(InputProblem(fine.name, "keine bewohnte Zelle passt zu den 1-km-Zellen"))
    grid = crs.from_epsg(3035)
    middle, _ = crs.to_utm(shapely.points(placed["x"].to_numpy(), placed["y"].to_numpy()), grid, fine.name)
    point, parent = shapely.STRtree(parents.geoms).query(middle, predicate="intersects")
    point, first = np.unique(point, return_index=True)
    parent = parent[first]
    if not len(point):
        raise InputError(InputProblem(fine.name, "keine bewohnte Zelle liegt im Stadtgebiet"))
    inside = _share_inside(placed, parents, grid, coarse.name)
    here = placed.with_columns(pl.Series("inside", inside))[point]
    total = here.group_by("kx", "ky").agg(pl.col("weight").sum().alias("total"))
    here = here.join(total, on=["kx", "ky"], how="left", maintain_order="left")
    persons = (here["persons"] * here["inside"] * here["weight"] / here["total"]).to_numpy()
    attributes = np.column_stack([here[name].to_numpy() for name in ATTRIBUTES]).astype(np.float64)
    for column in attributes.T:
        missing = ~np.isfinite(column)
        column[missing] = np.average(column[~missing], weights=persons[~missing]) if (~missing).any() else 0.0
    middle = middle[point]
    geoms = _grown(middle, parent, parents)
    x, y = here["x"].to_numpy(), here["y"].to_numpy()
    keys = [f"{FINE}mN{int(b // FINE)}E{int(a // FINE)}" for a, b in zip(x, y, strict=True)]
    return CensusBlocks(keys, [parents.keys[p] for p in parent.tolist()], persons, attributes, geoms, middle)


def _dwellings(path: Path) -> pl.DataFrame:
    """Cells with dwellings: their number (the fullest of the characteristics counts, others are blanked more often) and
    the share in houses of three or more."""
    table = read_table(path)
    _need(table, path.name, "feature", "value", "x", "y")
    own = table.filter(pl.col("feature").str.starts_with("dwellings_"))
    own = own.with_columns(
        *(numbers(own, c, path.name).alias(c) for c in ("value", "x", "y")),
        pl.col("feature").str.replace(r"_[0-9]+$", "").alias("kind"),
        pl.col("feature").str.extract(r"_([0-9]+)$").alias("code"),
    )
    number = own.group_by("x", "y", "kind").agg(pl.col("value").sum()).group_by("x", "y").agg(
        pl.col("value").max().alias("weight")
    )  # fmt: skip
    houses = own.filter(pl.col("kind") == HOUSE).group_by("x", "y").agg(
        (pl.col("value").filter(pl.col("code").is_in(MANY)).sum() / pl.col("value").sum()).alias("mehrfamilienhaus")
    )  # fmt: skip
    joined = number.join(houses, on=["x", "y"], how="left")
    return joined.with_columns(
        ((pl.col("x") // COARSE) * COARSE).alias("kx"), ((pl.col("y") // COARSE) * COARSE).alias("ky")
    )


def _persons(path: Path) -> pl.DataFrame:
    table = read_table(path)
    _need(table, path.name, "x", "y", PERSONS, *SHARES.values())
    values = {c: numbers(table, c, path.name) for c in ("x", "y", PERSONS, *SHARES.values())}
    frame = pl.DataFrame(
        {
            "kx": (values["x"] // COARSE) * COARSE,
            "ky": (values["y"] // COARSE) * COARSE,
            "persons": values[PERSONS],
            **{name: pl.Series(values[column]) / 100 for name, column in SHARES.items()},
        }
    )
    shares = [pl.when(pl.col(n) < 0).then(None).otherwise(pl.col(n)).alias(n) for n in SHARES]
    return frame.filter(pl.col("persons") > 0).with_columns(shares)


def _need(table: pl.DataFrame, file: str, *columns: str) -> None:
    missing = [c for c in columns if c not in table.columns]
    if missing:
        there = ", ".join(c for c in table.columns if c != ROW)
        raise InputError(InputProblem(file, f"es fehlt die Spalte {', '.join(missing)}; vorhanden: {there}"))


def _share_inside(placed: pl.DataFrame, parents: Areas, grid: crs.Crs, file: str) -> NDArray[np.float64]:
    """Share of the ground of each cell's 1-km cell that lies in the city."""
    big = placed.select("kx", "ky").unique().sort("kx", "ky")
    west, south = big["kx"].to_numpy(), big["ky"].to_numpy()
    squares, _ = crs.to_utm(shapely.box(west, south, west + COARSE, south + COARSE), grid, file)
    city = shapely.union_all(parents.geoms)
    share = shapely.area(shapely.intersection(squares, city)) / shapely.area(squares)
    joined = placed.join(
        big.with_columns(pl.Series("share", share)), on=["kx", "ky"], how="left", maintain_order="left"
    )
    result: NDArray[np.float64] = joined["share"].to_numpy()
    return result


def _grown(middle: Geometries, parent: NDArray[np.int64], parents: Areas) -> Geometries:
    """Each Stadtteil divided among its cells by nearest midpoint (Voronoi), so that the blocks tile it."""
    result = np.empty(len(middle), dtype=object)
    for number in np.unique(parent).tolist():
        own = np.flatnonzero(parent == number)
        ground = parents.geoms[number]
        if len(own) == 1:
            result[own[0]] = polygons_only(ground)
            continue
        cells = shapely.get_parts(
            shapely.voronoi_polygons(shapely.MultiPoint(list(middle[own])), extend_to=shapely.envelope(ground))
        )
        point, cell = shapely.STRtree(cells).query(middle[own], predicate="intersects")
        order = dict(zip(point.tolist(), cell.tolist(), strict=True))
        for position, block in enumerate(own.tolist()):
            result[block] = polygons_only(shapely.intersection(cells[order[position]], ground))
    return geometry_array(list(result))
