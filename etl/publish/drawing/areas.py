"""Outlines of a level for drawing: simplified together, so that neighbours keep their common border."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
import shapely
from shapely import MultiPolygon, Polygon

from etl.publish.drawing.svg import num
from etl.publish.source import Source

PROVISIONAL = " (vorläufig)"
TOLERANCE = 1 / 900
"""Of the extent's longer side: simplification nobody sees at the size of a page."""


@dataclass(frozen=True)
class Area:
    """A unit: key, name as drawn (without „vorläufig“), outline and a point well inside it, in EPSG:25832, metres."""

    key: str
    name: str
    outline: Polygon | MultiPolygon
    inside: tuple[float, float]
    room: float
    """Radius of the largest circle round ``inside`` within the outline, metres."""
    parent: str = ""


@dataclass(frozen=True)
class Areas:
    """The units of a level with the outlines of the level above, and the extent (min E, min N, max E, max N)."""

    level: str
    units: tuple[Area, ...]
    parents: tuple[Area, ...]
    extent: tuple[float, float, float, float]

    def __bool__(self) -> bool:
        return bool(self.units)

    def coarser(self, metres: float) -> Areas:
        """The same with less detail, for small drawings; neighbours keep their common border."""
        if not self.units:
            return self
        outlines = shapely.coverage_simplify([a.outline for a in self.units], metres)
        units = tuple(replace(a, outline=o) for a, o in zip(self.units, outlines, strict=True))
        parents = []
        for parent in self.parents:
            parts = [a.outline for a in units if a.parent == parent.key]
            parents.append(replace(parent, outline=shapely.coverage_union_all(parts)) if parts else parent)
        return replace(self, units=units, parents=tuple(parents))


def short_name(name: str) -> str:
    """A name without „(vorläufig)“, which is said once beside the figure."""
    return name.removesuffix(PROVISIONAL)


def read_areas(source: Source, level: str) -> Areas:
    """The units of a level in the current district version, with those of the level above; empty where there are none.

    Two queries, however many units.
    """
    columns = ("gebiet_id", "ebene", "gebiet", "name", "uebergeordnet", "geom")
    rows = source.frame("gebiet", columns, "aktuell AND geom IS NOT NULL").filter(pl.col("geom").is_not_null())
    units = rows.filter(pl.col("ebene") == level).sort("gebiet")
    if units.is_empty():
        return Areas(level, (), (), (0.0, 0.0, 1.0, 1.0))
    above = rows.filter(
        pl.col("gebiet").is_in(units["uebergeordnet"].drop_nulls().implode()) & (pl.col("ebene") != level)
    )
    outlines = shapely.from_wkb(units["geom"].to_list())
    left, bottom, right, top = (float(v) for v in shapely.total_bounds(outlines))
    tolerance = max(right - left, top - bottom) * TOLERANCE
    outlines = shapely.coverage_simplify(outlines, tolerance)
    made = tuple(_area(row, outline) for row, outline in zip(units.iter_rows(named=True), outlines, strict=True))
    return Areas(level, made, _parents(above, units["uebergeordnet"].to_list(), outlines), (left, bottom, right, top))


def _area(row: dict[str, Any], outline: Any) -> Area:
    circle = shapely.maximum_inscribed_circle(outline, tolerance=5.0)
    (x, y), (x2, y2) = circle.coords[0], circle.coords[-1]
    return Area(
        row["gebiet"], short_name(row["name"]), outline, (x, y), float(np.hypot(x2 - x, y2 - y)),
        row["uebergeordnet"] or "",
    )  # fmt: skip


def _parents(above: pl.DataFrame, parent_of: Sequence[str | None], outlines: Any) -> tuple[Area, ...]:
    """The level above, dissolved from the same simplified outlines so that the lines lie upon each other."""
    made = []
    for row in above.sort("gebiet").iter_rows(named=True):
        parts = [o for o, parent in zip(outlines, parent_of, strict=True) if parent == row["gebiet"]]
        if parts:
            made.append(_area(row, shapely.coverage_union_all(parts)))
    return tuple(made)


class Projection:
    """From metres to the units of a drawing: fits an extent into a box (x, y, width, height), north up."""

    def __init__(self, extent: tuple[float, float, float, float], box: tuple[float, float, float, float]) -> None:
        left, bottom, right, top = extent
        x, y, width, height = box
        self.scale = min(width / (right - left), height / (top - bottom))
        """Units a metre."""
        self._x = x + (width - (right - left) * self.scale) / 2 - left * self.scale
        self._y = y + (height - (top - bottom) * self.scale) / 2 + top * self.scale

    def point(self, east: float, north: float) -> tuple[float, float]:
        """A place in the drawing."""
        return self._x + east * self.scale, self._y - north * self.scale

    def geometry(self, geometry: Any) -> Any:
        """A geometry in the drawing."""
        return shapely.transform(
            geometry, lambda p: np.column_stack((self._x + p[:, 0] * self.scale, self._y - p[:, 1] * self.scale))
        )


def path(geometry: Any) -> str:
    """The ``d`` of polygons or lines in drawing units, relative moves with one decimal, to be filled by even-odd."""
    rings: list[Any] = []
    for part in shapely.get_parts(geometry).tolist():
        if isinstance(part, Polygon):
            rings.extend((part.exterior, *part.interiors))
        elif part.geom_type in ("LineString", "LinearRing"):
            rings.append(part)
    return "".join(_ring(ring) for ring in rings)


def _ring(ring: Any) -> str:
    points = np.round(np.asarray(ring.coords)[:, :2], 1)
    closed = bool((points[0] == points[-1]).all()) and len(points) > 2
    steps = np.round(np.diff(points, axis=0), 1)
    if closed:
        steps = steps[:-1]
    steps = steps[np.any(steps != 0, axis=1)]
    text = "".join(f"l{num(dx)} {num(dy)}" for dx, dy in steps.tolist())
    return f"M{num(points[0][0])} {num(points[0][1])}{text}{'z' if closed else ''}"
