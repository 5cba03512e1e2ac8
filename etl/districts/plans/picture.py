"""A map of districts as SVG, for a report or a browser; no GIS needed."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np
import shapely

from etl.districts.areas import Areas

COLOURS = ("#a6cee3", "#b2df8a", "#fdbf6f", "#cab2d6", "#ffff99", "#d9d9d9")
"""Pale, told apart by colour-blind people too (ColorBrewer, Paired); neighbours never have the same."""
WIDTH, MARGIN, FOOT = 1000, 20, 46


def colours(areas: Areas) -> list[int]:
    """A colour number for each area such that neighbours differ; the area with most neighbours first (Welsh-Powell)."""
    left, right = shapely.STRtree(areas.geoms).query(areas.geoms, predicate="intersects")
    near: list[set[int]] = [set() for _ in range(len(areas))]
    for a, b in zip(left.tolist(), right.tolist(), strict=True):
        if a != b:
            near[a].add(b)
    found = [-1] * len(areas)
    for area in sorted(range(len(areas)), key=lambda i: (-len(near[i]), i)):
        taken = {found[other] for other in near[area]}
        found[area] = next(c for c in range(len(areas) + 1) if c not in taken)
    return found


def _common_start(keys: Sequence[str]) -> int:
    """Number of characters that all keys begin with, so that at least two of each are left."""
    most = min(map(len, keys)) - 2
    return next((n for n in range(most, 0, -1) if len({key[:n] for key in keys}) == 1), 0)


def svg(areas: Areas, title: str, *, bold: Areas | None = None, notes: Sequence[str] = (), source: str = "") -> str:
    """The districts coloured and labelled with their keys, ``bold`` outlines above them, title and source below.

    The drawing is to scale with north up; ``notes`` are shown on pointing at a district, in the order of ``areas``.
    """
    west, south, east, north = shapely.total_bounds(areas.geoms).tolist()
    scale = (WIDTH - 2 * MARGIN) / (east - west)
    height = round((north - south) * scale) + 2 * MARGIN + FOOT

    def path(geom: object) -> str:
        rings = []
        for part in shapely.get_parts(geom):
            for ring in [shapely.get_exterior_ring(part), *shapely.get_rings(part)[1:]]:
                points = shapely.get_coordinates(shapely.simplify(ring, 0.5 / scale))
                x = MARGIN + (points[:, 0] - west) * scale
                y = MARGIN + (north - points[:, 1]) * scale
                rings.append("M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in zip(x, y, strict=True)) + "Z")
        return "".join(rings)

    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        'font-family="sans-serif" text-anchor="middle">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
        '<g stroke="#555" stroke-width="1" stroke-linejoin="round" fill-rule="evenodd">',
    ]
    shades = colours(areas)
    for i, geom in enumerate(areas.geoms):
        note = f"<title>{escape(notes[i])}</title>" if i < len(notes) else ""
        lines.append(f'<path fill="{COLOURS[shades[i] % len(COLOURS)]}" d="{path(geom)}">{note}</path>')
    lines.append("</g>")
    if bold is not None:
        edges = "".join(path(g) for g in bold.geoms)
        lines.append(f'<path fill="none" stroke="#222" stroke-width="2.5" stroke-linejoin="round" d="{edges}"/>')
    points = shapely.get_coordinates(shapely.point_on_surface(areas.geoms))
    common = _common_start(areas.keys)  # the city's own key says nothing here
    size = float(np.clip(9000 / (len(areas) * 12), 10, 18))
    for key, (x, y) in zip(areas.keys, points.tolist(), strict=True):
        at = f'x="{MARGIN + (x - west) * scale:.1f}" y="{MARGIN + (north - y) * scale + size / 3:.1f}"'
        lines.append(
            f'<text {at} font-size="{size:.0f}" stroke="white" stroke-width="3" paint-order="stroke">'
            f"{escape(key[common:])}</text>"
        )
    foot = height - FOOT + 18
    lines.append(f'<text x="{MARGIN}" y="{foot}" font-size="18" text-anchor="start">{escape(title)}</text>')
    lines.append(
        f'<text x="{MARGIN}" y="{foot + 20}" font-size="12" fill="#444" text-anchor="start">{escape(source)}</text>'
    )
    lines.append("</svg>")
    return "\n".join(lines) + "\n"
