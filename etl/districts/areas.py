"""The units of one level as they travel through the checks: keys, names, parents and polygons side by side."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

Geometries = NDArray[Any]
"""One-dimensional object array of shapely geometries."""

SRID = 25832
"""ETRS89 / UTM zone 32N; every stored geometry has it, every area is in its square metres."""


@dataclass(frozen=True)
class Areas:
    """Units of one level; element *i* of each field belongs together.

    ``parents`` holds the parent's key as delivered, or ``None`` where the file has no such column or cell.
    """

    keys: list[str]
    names: list[str]
    parents: list[str | None]
    geoms: Geometries

    def __len__(self) -> int:
        return len(self.keys)

    def with_geoms(self, geoms: Geometries) -> Areas:
        """The same units with other polygons."""
        return replace(self, geoms=geoms)

    def with_parents(self, parents: list[str | None]) -> Areas:
        """The same units under other parents."""
        return replace(self, parents=parents)

    def areas_m2(self) -> NDArray[np.float64]:
        """Area of each unit in square metres (of the plane of EPSG:25832)."""
        result: NDArray[np.float64] = shapely.area(self.geoms)
        return result


def geometry_array(geoms: list[Any]) -> Geometries:
    """An object array of the geometries; numpy alone would try to iterate multi-part ones."""
    array = np.empty(len(geoms), dtype=object)
    array[:] = geoms
    return array


def polygons_only(geom: Any) -> Any:
    """The polygonal part of a geometry as a MultiPolygon (empty if it has none); lines and points are dropped."""
    parts = [p for p in shapely.get_parts(shapely.get_parts(geom)) if p.geom_type == "Polygon" and not p.is_empty]
    return shapely.MultiPolygon(parts)
