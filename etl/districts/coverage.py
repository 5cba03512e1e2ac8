"""Do the units of one level tile the ground? Keys, overlaps, gaps, edges; and mending of slivers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import shapely

from etl.districts.areas import Areas, geometry_array, polygons_only
from etl.districts.findings import Findings, error, note, warning
from etl.districts.wording import area, count, listed, number

MIN_SLIVER = 1.0
"""Square metres below which an overlap or gap is summed up instead of listed."""
TINY_PART = 100.0
"""Square metres below which a separate part of a unit is suspicious."""
REAL_OVERLAP = 0.01
"""Share of the smaller unit from which an overlap is a contradiction, not a sliver."""
MAX_SHIFT = 0.02
"""Share of a unit's area that mending may move."""
GAP_WIDTH = 2.0
"""Metres: gaps narrower than this are closed by mending; wider ones may be streets or water and stay."""


@dataclass(frozen=True)
class Overlap:
    """Ground claimed by two units, in square metres."""

    first: str
    second: str
    area_m2: float


@dataclass(frozen=True)
class Gap:
    """Ground enclosed by units but belonging to none, in square metres, with the units around it."""

    neighbours: tuple[str, ...]
    area_m2: float


def check_keys(areas: Areas, findings: Findings) -> None:
    """Report duplicate keys (errors), empty names and names used twice (warnings and notes)."""
    for key, times in sorted(Counter(areas.keys).items()):
        if times > 1:
            sizes = [area(float(g.area)) for k, g in zip(areas.keys, areas.geoms, strict=True) if k == key]
            findings.add(
                error("key_duplicate", f"der Schlüssel „{key}“ kommt {times}-mal vor (Flächen {', '.join(sizes)})", key)
            )
    unnamed = [k for k, n in zip(areas.keys, areas.names, strict=True) if not n]
    if unnamed:
        found = f"{count(len(unnamed), 'Gebiet', 'Gebiete')} ohne Namen: {listed(unnamed)}"
        findings.add(warning("name_missing", found, *unnamed))
    for name, times in sorted(Counter(n for n in areas.names if n).items()):
        if times > 1:
            keys = [k for k, n in zip(areas.keys, areas.names, strict=True) if n == name]
            findings.add(note("name_duplicate", f"der Name „{name}“ kommt {times}-mal vor: {listed(keys)}", *keys))


def overlaps(areas: Areas) -> list[Overlap]:
    """Every pair of units that share ground, largest first. The polygons must be valid."""
    tree = shapely.STRtree(areas.geoms)
    left, right = tree.query(areas.geoms, predicate="intersects")
    once = left < right
    left, right = left[once], right[once]
    shared = shapely.area(shapely.intersection(areas.geoms[left], areas.geoms[right]))
    found = [
        Overlap(areas.keys[i], areas.keys[j], float(s)) for i, j, s in zip(left, right, shared, strict=True) if s > 0
    ]
    return sorted(found, key=lambda o: (-o.area_m2, o.first, o.second))


def gaps(areas: Areas) -> list[Gap]:
    """Every enclosed piece of ground outside all units, largest first.

    A true enclave appears too: only the reader knows better. The border is cut into faces, because ground between units
    that meet only in points is enclosed but no hole of their union.
    """
    union = shapely.union_all(areas.geoms)
    border = shapely.union_all(shapely.get_parts(shapely.boundary(union)))
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(border)))
    shapely.prepare(union)
    holes = faces[~shapely.intersects(union, shapely.point_on_surface(faces))]
    tree = shapely.STRtree(areas.geoms)
    found = []
    for hole in holes:
        around = sorted({areas.keys[i] for i in tree.query(hole, predicate="intersects")})
        found.append(Gap(tuple(around), float(hole.area)))
    return sorted(found, key=lambda g: (-g.area_m2, g.neighbours))


def check_coverage(areas: Areas, findings: Findings, *, min_sliver: float = MIN_SLIVER, mended: bool = False) -> None:
    """Report overlaps, gaps, unmatched edges and tiny parts of the units of one level.

    An overlap of more than ``REAL_OVERLAP`` of the smaller unit is an error. ``mended`` says that slivers will be (or
    were) mended, so that they are notes.
    """
    say = note if mended else warning
    size = dict(zip(areas.keys, areas.areas_m2().tolist(), strict=True))
    small: list[float] = []
    for lap in overlaps(areas):
        smaller = min(size[lap.first], size[lap.second])
        text = f"„{lap.first}“ und „{lap.second}“ überlappen sich auf {area(lap.area_m2)}"
        if lap.area_m2 > REAL_OVERLAP * smaller and lap.area_m2 >= min_sliver:
            text += f"; das sind {number(100 * lap.area_m2 / smaller, 1)} % des kleineren Gebiets und kein Splitter"
            findings.add(error("overlap", text, lap.first, lap.second, area_m2=lap.area_m2))
        elif lap.area_m2 >= min_sliver:
            findings.add(say("overlap_sliver", text, lap.first, lap.second, area_m2=lap.area_m2))
        else:
            small.append(lap.area_m2)
    _sum_up("overlap_small", ("Überlappung", "Überlappungen"), small, min_sliver, findings)
    small = []
    for gap in gaps(areas):
        if gap.area_m2 >= min_sliver:
            place = "in" if len(gap.neighbours) == 1 else "zwischen"
            text = f"Lücke von {area(gap.area_m2)} {place} {listed(gap.neighbours)}"
            findings.add(say("gap", text, *gap.neighbours, area_m2=gap.area_m2))
        else:
            small.append(gap.area_m2)
    _sum_up("gap_small", ("Lücke", "Lücken"), small, min_sliver, findings)
    _check_edges(areas, findings)
    _check_parts(areas, findings)


def _sum_up(kind: str, words: tuple[str, str], small: list[float], limit: float, findings: Findings) -> None:
    if small:
        total = sum(small)
        text = (
            f"{count(len(small), *words)} unter {number(limit, 1)} m², zusammen {number(total, 2)} m², die größte "
            f"{number(max(small), 2)} m²"
        )
        findings.add(note(kind, text, area_m2=total))


def _check_edges(areas: Areas, findings: Findings) -> None:
    edges = shapely.coverage_invalid_edges(areas.geoms)
    bad = [k for k, e in zip(areas.keys, edges, strict=True) if not shapely.is_empty(e)]
    if bad:
        length = float(shapely.length(edges).sum())
        text = (
            f"die gemeinsamen Grenzen stimmen bei {count(len(bad), 'Gebiet', 'Gebieten')} nicht Punkt für Punkt "
            f"überein (zusammen {number(length)} m): {listed(bad)}"
        )
        findings.add(note("edges_unmatched", text, *bad))


def _check_parts(areas: Areas, findings: Findings) -> None:
    for key, geom in zip(areas.keys, areas.geoms, strict=True):
        parts = shapely.area(shapely.get_parts(geom))
        tiny = parts[parts < TINY_PART]
        if len(parts) > 1 and len(tiny):
            text = (
                f"Gebiet „{key}“ hat {count(len(tiny), 'abgetrennten Teil', 'abgetrennte Teile')} unter "
                f"{number(TINY_PART)} m² (zusammen {number(float(tiny.sum()), 2)} m²)"
            )
            findings.add(note("part_tiny", text, key, area_m2=float(tiny.sum())))


def mend_coverage(areas: Areas, findings: Findings, *, gap_width: float = GAP_WIDTH) -> Areas:
    """The units as a valid coverage: overlaps and gaps narrower than ``gap_width`` metres go to the neighbour with the
    longest common border (GEOS ``CoverageCleaner``), shared edges become identical.

    A unit whose area changes by more than ``MAX_SHIFT`` becomes an error in ``findings``; so does a result that is
    still no coverage.
    """
    cleaned = shapely.coverage_clean(areas.geoms, gap_width=gap_width, merge_strategy="longest_border")
    result = areas.with_geoms(geometry_array([polygons_only(g) for g in cleaned]))
    before, after = areas.areas_m2(), result.areas_m2()
    report_shift(areas.keys, before.tolist(), after.tolist(), findings, MAX_SHIFT)
    moved = float(np.abs(after - before).sum())
    if not shapely.coverage_is_valid(result.geoms):
        findings.add(
            error("mend_failed", "die Grenzen lassen sich nicht selbsttätig bereinigen; bitte im GIS bereinigen")
        )
    elif moved >= 0.005:
        findings.add(note("mended", f"Splitter bereinigt; Flächenänderungen zusammen {area(moved)}", area_m2=moved))
    return result


def report_shift(keys: list[str], before: list[float], after: list[float], findings: Findings, limit: float) -> None:
    """An error for each unit whose area changed by more than the share ``limit`` of what it was."""
    for key, old, new in zip(keys, before, after, strict=True):
        if abs(new - old) > limit * old:
            findings.add(
                error(
                    "mend_too_much",
                    f"Gebiet „{key}“ würde beim Bereinigen von {area(old)} auf {area(new)} geändert; erlaubt sind "
                    f"{number(100 * limit)} %. Bitte die Grenzen im GIS prüfen",
                    key,
                    area_m2=abs(new - old),
                )
            )
