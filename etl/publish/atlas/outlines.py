"""Outlines and base map lines for the atlas: whole metres from one corner, simplified as far as nobody sees it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from etl.publish.drawing.areas import Area, Areas, read_areas
from etl.publish.source import Source

LINE_TOLERANCE = 6.0
"""Metres; a pixel at the scale of a whole city on a screen is about 15 m."""

KINDS = (("gew", "gewaesser"), ("bahn", "bahn"), ("str", "strasse"))
CLASSES = (("haupt", "haupt"), ("sammel", "sammel"))


@dataclass(frozen=True)
class Mapped:
    """Outlines of the levels that can be drawn, coarse to fine, and the corner (E, N in EPSG:25832) they count from."""

    levels: tuple[Areas, ...]
    corner: tuple[int, int]


def read_mapped(source: Source, levels: Sequence[str]) -> Mapped:
    """Outlines of these levels, given coarse to fine.

    A level is put together from the simplified outlines below it where these cover it, so that borders lie upon each
    other. Levels without outlines are left out.
    """
    found: list[Areas] = []
    for level in reversed(levels):
        areas = read_areas(source, level)
        if not areas:
            continue
        below = found[-1].parents if found else ()
        if {a.key for a in below} == {a.key for a in areas.units}:
            areas = Areas(level, below, areas.parents, areas.extent)
        found.append(areas)
    corner = (int(found[0].extent[0]), int(found[0].extent[1])) if found else (0, 0)
    return Mapped(tuple(reversed(found)), corner)


def outlines(mapped: Mapped) -> dict[str, Any]:
    """By level: key, a point inside with the radius of the circle it has, and rings (metres from the corner)."""
    return {
        "ecke": list(mapped.corner),
        "ebenen": {areas.level: [_unit(area, mapped.corner) for area in areas.units] for areas in mapped.levels},
    }


def _unit(area: Area, corner: tuple[int, int]) -> list[Any]:
    polygons = [
        [_points(ring, corner) for ring in (part.exterior, *part.interiors)]
        for part in shapely.get_parts(area.outline).tolist()
    ]
    inside = [round(area.inside[0]) - corner[0], round(area.inside[1]) - corner[1], round(area.room)]
    return [area.key, inside, polygons]


def _points(line: Any, corner: tuple[int, int]) -> list[int]:
    """East and north by turns; points that fall together once."""
    points = np.rint(np.asarray(line.coords)[:, :2]).astype(int) - np.array(corner)
    kept = np.ones(len(points), dtype=bool)
    kept[1:] = np.any(points[1:] != points[:-1], axis=1)
    return [int(n) for n in points[kept].ravel()]


def base_lines(source: Source, mapped: Mapped) -> list[list[Any]]:
    """Lines for orientation: kind, class and points, without tracks; a kind nobody knows is left out."""
    if "grundkarte" not in source.views or not mapped.levels:
        return []
    lines: list[list[Any]] = []
    frame = source.frame("grundkarte", ("grundkarte_id", "art", "klasse", "geom"))
    for row in frame.iter_rows(named=True):
        kind = next((name for start, name in KINDS if row["art"].lower().startswith(start)), None)
        rank = (row["klasse"] or "").lower()
        if kind is None or rank.startswith("wirtschaft"):
            continue
        shape = shapely.simplify(shapely.from_wkb(row["geom"]), LINE_TOLERANCE)
        if shape.geom_type in ("Polygon", "MultiPolygon"):
            shape = shape.boundary
        name = next((short for start, short in CLASSES if rank.startswith(start)), "")
        lines.extend(
            [kind, name, _points(part, mapped.corner)]
            for part in shapely.get_parts(shape).tolist()
            if len(part.coords) > 1
        )
    return lines
