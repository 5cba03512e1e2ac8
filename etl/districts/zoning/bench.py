"""Figures of zone design that take minutes: growth with the number of blocks, and Mexico's states.

``python -m etl.districts.zoning.bench growth`` · ``… mexico path/to/mexicojoin.shp`` (example data of libpysal).
One line of JSON a figure on stdout.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np
import shapely

from etl.districts.areas import geometry_array
from etl.districts.read import read_features
from etl.districts.zoning.feasible import pieces
from etl.districts.zoning.instance import Floats, Instance, Ints, from_arrays
from etl.districts.zoning.model import COMPOSITE, Band
from etl.districts.zoning.pairwise import regions
from etl.districts.zoning.search import Effort, find, warm_up
from etl.districts.zoning.shapes import shapes_of

BAND = Band(1000, 1750, 2500)
YEARS = range(1950, 2001, 10)


def town(n: int, seed: int = 7) -> Instance:
    """A synthetic city of ``n`` Voronoi blocks of 60 to 100 inhabitants in five Stadtteile, attributes smooth in space.

    The ground grows with ``n``, so that blocks stay of one size (about 5.8 ha).
    """
    rng = np.random.default_rng(seed)
    width, height = 6800.0 * (n / 1000) ** 0.5, 8500.0 * (n / 1000) ** 0.5
    box = shapely.box(0, 0, width, height)
    points = rng.uniform([0, 0], [width, height], (n, 2))
    for _ in range(2):
        cells = _cells(points, box)
        points = shapely.get_coordinates(shapely.centroid(cells))
    cells = _cells(points, box)
    shapes = shapes_of(cells)
    centres = np.array([[0.27, 0.22], [0.72, 0.30], [0.45, 0.55], [0.22, 0.82], [0.75, 0.78]]) * [width, height]
    parent = ((shapes.xy[:, None] - centres[None]) ** 2).sum(2).argmin(1)
    parent = _whole_parents(parent, shapes.edges.i, shapes.edges.j)
    return from_arrays(
        [str(k) for k in range(len(cells))],
        [str(p + 1) for p in parent.tolist()],
        rng.integers(60, 101, len(cells)).astype(np.float64),
        _fields(shapes.xy, rng),
        ["a", "b", "c", "d", "e"],
        shapes=shapes,
    )


def _cells(points: Floats, box: shapely.Polygon) -> Ints:
    parts = shapely.get_parts(shapely.voronoi_polygons(shapely.MultiPoint(points), extend_to=box))
    return geometry_array(list(shapely.intersection(parts, box)))


def _whole_parents(parent: Ints, i: Ints, j: Ints) -> Ints:
    """Blocks without a neighbour in their Stadtteil go to that of a neighbour."""
    fixed = parent.copy()
    same = parent[i] == parent[j]
    kin = np.bincount(i[same], minlength=len(parent)) + np.bincount(j[same], minlength=len(parent))
    for block in np.flatnonzero(kin == 0).tolist():
        near = np.concatenate([j[i == block], i[j == block]])
        fixed[block] = parent[near[0]]
    return fixed


def _fields(xy: Floats, rng: np.random.Generator) -> Floats:
    """Five sums of long waves (650 m and more) with noise, as shares."""
    columns = []
    for _ in range(5):
        waves = rng.normal(0, 1 / 900, (40, 2))
        phase = rng.uniform(0, 2 * np.pi, 40)
        field = np.cos(xy @ waves.T * np.pi + phase).sum(axis=1) / 20**0.5
        columns.append(1 / (1 + np.exp(-0.7 * (field + 0.55 * rng.normal(size=len(xy))))))
    return np.stack(columns, axis=1)


def growth(sizes: tuple[int, ...] = (1000, 5000, 20_000), steps: int = 5000) -> None:
    """Time and objective for the same effort a block, one process, in cities of growing size."""
    warm_up()
    for n in sizes:
        begun = time.monotonic()
        instance = town(n)
        made = time.monotonic() - begun
        parts, _ = pieces(instance, BAND)
        used = time.process_time()
        outcome = find(parts, BAND, COMPOSITE, Effort(steps, seeds=1, processes=1))
        print(
            json.dumps(
                {
                    "blocks": n,
                    "districts": outcome.terms.districts,
                    "steps": outcome.steps,
                    "seconds": round(outcome.seconds, 1),
                    "cpu_seconds": round(time.process_time() - used, 1),
                    "cpu_seconds_per_1000_blocks": round(1000 * (time.process_time() - used) / n, 2),
                    "objective": round(outcome.terms.objective(COMPOSITE), 4),
                    "outside": outcome.terms.outside,
                    "making_the_city": round(made, 1),
                }
            ),
            flush=True,
        )


def mexico(path: Path) -> None:
    """Mexico's 32 states in 8 regions of at least 4 (queen contiguity), by income in six decades."""
    features = read_features(path)
    values = np.array([[float(row[f"PCGDP{year}"]) for year in YEARS] for row in features.rows])
    cost = np.abs(values[:, None] - values[None]).sum(axis=2)
    edges = shapes_of(geometry_array(features.geoms), "queen").edges
    begun = time.monotonic()
    found = regions(cost, edges, k=8, low=4)
    print(
        json.dumps(
            {
                "states": len(values),
                "neighbours": len(edges),
                "regions": int(found.labels.max()) + 1,
                "cost": round(found.cost, 1),
                "seconds": round(time.monotonic() - begun, 1),
            }
        )
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["growth"]:
        growth()
    elif sys.argv[1:2] == ["mexico"] and len(sys.argv) == 3:
        mexico(Path(sys.argv[2]))
    else:
        sys.exit(__doc__)
