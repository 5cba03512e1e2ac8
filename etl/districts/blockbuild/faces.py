"""Faces that tile the parents: polygons enclosed by lines, or the surroundings of points."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.typing import NDArray

from etl.districts.areas import Areas, Geometries, geometry_array
from etl.districts.blockbuild.merge import absorb

GRID = 0.001
"""Lines are noded on the grid that boundaries are mended on (1 mm): crossings have one coordinate for all who meet."""


@dataclass(frozen=True)
class Limits:
    """What counts as no block of its own: narrower than a carriageway's gap, or smaller than a traffic island.

    ``width`` (m): mean width 2·area/perimeter; ``island`` (m²): largest roundabout or traffic island.
    """

    width: float = 8.0
    island: float = 1500.0


@dataclass
class Cleaning:
    """What was taken away, counted for the report."""

    dangles: int = 0
    cuts: int = 0
    slivers: int = 0
    islands: int = 0
    fragments: int = 0
    absorbed: int = field(default=0)


def parents_of(faces: Geometries, parents: Areas) -> list[str | None]:
    """Key of the parent that each face's inner point lies in; None outside all of them."""
    points = shapely.point_on_surface(faces)
    face, parent = shapely.STRtree(parents.geoms).query(points, predicate="within")
    keys: list[str | None] = [None] * len(faces)
    for f, p in zip(face, parent, strict=True):
        keys[int(f)] = parents.keys[int(p)]
    return keys


def polygonised(parents: Areas, lines: Geometries, cleaning: Cleaning) -> tuple[Geometries, list[str]]:
    """Faces between the lines and the parents' outlines, with their parents' keys; loose ends are counted.

    All parents are noded together: where a line meets an outline, the faces on both sides get that corner.
    """
    linework = shapely.union_all(geometry_array([*shapely.boundary(parents.geoms), *lines]), grid_size=GRID)
    polygons, cuts, dangles, _invalid = shapely.polygonize_full([linework])
    faces = geometry_array(list(shapely.get_parts(polygons)))
    keys = parents_of(faces, parents)
    cleaning.dangles, cleaning.cuts = len(shapely.get_parts(dangles)), len(shapely.get_parts(cuts))
    return faces[[key is not None for key in keys]], [key for key in keys if key is not None]


def enclosed(parents: Areas, lines: Geometries, addresses: Geometries, limits: Limits) -> tuple[Areas, Cleaning]:
    """Polygons enclosed by the lines and the parents' outlines, cleaned, tiling each parent.

    Dangling ends and dead ends (lines with the same face on both sides) vanish in polygonising and are counted. Faces
    without an address that are narrower or smaller than the limits join the neighbour across the longest border.
    """
    cleaning = Cleaning()
    near = lines[shapely.intersects(lines, shapely.union_all(parents.geoms))] if len(lines) else lines
    faces, groups = polygonised(parents, near, cleaning)
    lived = np.zeros(len(faces), dtype=bool)
    if len(addresses):
        lived[np.unique(shapely.STRtree(faces).query(addresses, predicate="intersects")[1])] = True
    area, perimeter = shapely.area(faces), shapely.length(faces)
    narrow = ~lived & (2 * area / perimeter < limits.width)
    island = ~lived & ~narrow & (area < limits.island)
    cleaning.slivers, cleaning.islands = int(narrow.sum()), int(island.sum())
    merged = absorb(faces, groups, narrow | island)
    cleaning.absorbed = len(faces) - len(merged)
    return _named(merged, parents), cleaning


def around(parents: Areas, points: NDArray[np.float64]) -> tuple[Areas, Cleaning]:
    """The surroundings (Voronoi cells) of points, cut to each parent; uninhabited land goes to the nearest point.

    Pieces of a cell that the parent's outline cuts off from their point join their neighbour. A parent without points
    is one block.
    """
    cleaning = Cleaning()
    edges = []
    for parent in parents.geoms:
        own = points[shapely.contains_xy(parent, points[:, 0], points[:, 1])] if len(points) else points
        if len(own) > 1:
            network = shapely.voronoi_polygons(
                shapely.multipoints(own), extend_to=shapely.buffer(parent, 100), only_edges=True
            )
            edges.append(shapely.intersection(network, parent))
    faces, groups = polygonised(parents, geometry_array(edges), cleaning)
    cleaning.dangles = cleaning.cuts = 0  # ends of cell borders, not of anything in the city
    seeded = np.zeros(len(faces), dtype=bool)
    if len(points):
        seeded[np.unique(shapely.STRtree(faces).query(shapely.points(points), predicate="intersects")[1])] = True
    cleaning.fragments = int((~seeded).sum())
    merged = absorb(faces, groups, ~seeded)
    cleaning.absorbed = len(faces) - len(merged)
    return _named(merged, parents), cleaning


def clusters(points: NDArray[np.float64], spacing: float) -> NDArray[np.float64]:
    """Centres (x, y) of the points in each square of ``spacing`` metres: clusters of neighbouring addresses."""
    if not len(points):
        return points
    _, square = np.unique(np.floor(points / spacing), axis=0, return_inverse=True)
    square = square.ravel()
    size = np.bincount(square)
    return np.column_stack([np.bincount(square, points[:, axis]) / size for axis in (0, 1)])


def _named(faces: Geometries, parents: Areas) -> Areas:
    """Faces with keys ``parent-number``, numbered from north-west to south-east within each parent."""
    keys = parents_of(faces, parents)
    centre = shapely.centroid(faces)
    order = sorted(
        range(len(faces)), key=lambda f: (keys[f] or "", -shapely.get_y(centre[f]), shapely.get_x(centre[f]))
    )
    numbered: dict[str, int] = {}
    names = []
    for face in order:
        parent = keys[face] or ""
        numbered[parent] = numbered.get(parent, 0) + 1
        names.append(f"{parent}-{numbered[parent]:04d}")
    chosen = geometry_array([shapely.multipolygons([f]) if f.geom_type == "Polygon" else f for f in faces[order]])
    return Areas(names, names, [keys[face] for face in order], chosen)
