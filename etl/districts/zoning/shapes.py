"""Area, perimeter and neighbours of block polygons."""

from __future__ import annotations

from typing import Literal

import numpy as np
import shapely

from etl.districts.areas import Geometries
from etl.districts.zoning.instance import Edges, Shapes

Contiguity = Literal["rook", "queen"]

TOUCH_M = 0.01
"""Blocks whose common border is shorter than this (m) meet in a point only."""


def shapes_of(polygons: Geometries, contiguity: Contiguity = "rook") -> Shapes:
    """Area (m²), perimeter (m), centroids (m) and neighbours of polygons that tile the ground.

    Rook: neighbours share a border longer than 1 cm; queen: a common point is enough.
    """
    i, j = shapely.STRtree(polygons).query(polygons, predicate="intersects")
    once = i < j
    i, j = i[once], j[once]
    rims = shapely.boundary(polygons)
    length = shapely.length(shapely.intersection(rims[i], rims[j]))
    length[length <= TOUCH_M] = 0.0
    if contiguity == "rook":
        i, j, length = i[length > 0], j[length > 0], length[length > 0]
    order = np.lexsort((j, i))
    return Shapes(
        area=shapely.area(polygons),
        perimeter=shapely.length(polygons),
        xy=shapely.get_coordinates(shapely.centroid(polygons)),
        misfits=int((~shapely.is_empty(shapely.coverage_invalid_edges(polygons))).sum()),
        edges=Edges(i[order].astype(np.int64), j[order].astype(np.int64), length[order]),
    )
