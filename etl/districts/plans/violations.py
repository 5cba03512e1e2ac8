"""What stands against adopting a version: every rule checked, every fault in words."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from sqlalchemy import Connection, text

from etl.catalogue import City
from etl.districts import coverage, store
from etl.districts.areas import Areas, geometry_array
from etl.districts.blocks import above_districts
from etl.districts.load import level_of
from etl.districts.plans.naming import check_keys
from etl.districts.versions import Version, dissolve
from etl.districts.wording import area, count, listed, number
from etl.errors import SozialberichtError

BAND = "band"
TOLERANCE_M = 0.001
"""Districts and Stadtteil may differ by a strip of this width: rounding of coordinates, no ground."""


@dataclass(frozen=True)
class Violation:
    """A rule that is broken, and in German how; ``kind`` is one of band, contiguity, assignment, coverage, keys."""

    kind: str
    text: str


def find_violations(connection: Connection, city: City, version: Version) -> list[Violation]:
    """Everything that is wrong with the districts of a version; empty if it can be adopted.

    Checked are the assignment (every block of the set in exactly one district, inside its Stadtteil), contiguity, the
    band of the version's parameters, keys and names, the coverage of the polygons and that they fill each Stadtteil.
    Raises ``SozialberichtError`` if the version has no districts at all.
    """
    level = level_of(city, city.district_level or "")
    above = above_districts(city)
    districts = store.read_units(connection, version.id, level.code)
    if not len(districts):
        raise SozialberichtError(f"Im Gebietsstand „{version.label}“ gibt es keine Bezirke.")
    assigned = bool(
        connection.scalar(
            text("SELECT EXISTS (SELECT FROM geo.block_assignment WHERE version_id = :v)"), {"v": version.id}
        )
    )
    found = _by_blocks(connection, version) if assigned else _by_polygons(districts)
    if above is not None:
        parents = store.read_units(connection, version.id, above.code)
        found += _filling(districts, parents, above.title)
        try:
            check_keys(districts.keys, [p or "" for p in districts.parents], "Bezirke")
        except SozialberichtError as error:
            if assigned:  # an official list has its own keys
                found.append(Violation("keys", str(error)))
    found += _names(districts)
    if not shapely.coverage_is_valid(districts.geoms):
        laps = coverage.overlaps(districts)
        where = f": {listed(f'{lap.first}/{lap.second}' for lap in laps)} überlappen sich" if laps else ""
        found.append(Violation("coverage", f"Die Grenzen der Bezirke passen nicht lückenlos aneinander{where}."))
    off = [
        key for key, geom, point in _labels(connection, version, level.code)
        if point is None or not shapely.contains(geom, point)
    ]  # fmt: skip
    if off:
        found.append(Violation("coverage", f"Der Beschriftungspunkt liegt außerhalb: {listed(off)}."))
    return found


def _by_blocks(connection: Connection, version: Version) -> list[Violation]:
    found = []
    loose = connection.execute(
        text("""
            SELECT b.key, s.label FROM geo.block b JOIN geo.block_set s ON s.id = b.block_set_id
            WHERE b.block_set_id IN (SELECT k.block_set_id FROM geo.block_assignment a
                                     JOIN geo.block k ON k.id = a.block_id WHERE a.version_id = :v)
              AND NOT EXISTS (SELECT FROM geo.block_assignment a WHERE a.version_id = :v AND a.block_id = b.id)
            ORDER BY b.key
        """),
        {"v": version.id},
    ).all()
    if loose:
        text_ = (
            f"{count(len(loose), 'Block gehört', 'Blöcke gehören')} zu keinem Bezirk: {listed(r[0] for r in loose)}."
        )
        found.append(Violation("assignment", text_))
    sets = connection.scalars(
        text("""
            SELECT DISTINCT s.label FROM geo.block_assignment a JOIN geo.block b ON b.id = a.block_id
            JOIN geo.block_set s ON s.id = b.block_set_id WHERE a.version_id = :v ORDER BY s.label
        """),
        {"v": version.id},
    ).all()
    if len(sets) > 1:
        found.append(Violation("assignment", f"Die Blöcke stammen aus mehreren Blockständen: {listed(sets)}."))
    faults = connection.execute(
        text("""
            SELECT u.key, f.fault, f.stray, v.parameters #>> '{band,min}', v.parameters #>> '{band,max}', f.persons
            FROM geo.district_version v CROSS JOIN LATERAL geo.district_faults(v.id) f
            JOIN geo.unit u ON u.id = f.unit_id
            WHERE v.id = :v AND f.fault <> '' ORDER BY u.key
        """),
        {"v": version.id},
    ).all()
    for key, fault, stray, low, high, persons in faults:
        outside = low is not None and bool(persons) and not float(low) <= persons <= float(high)
        other = [part for part in fault.split("; ") if not (outside and " Einwohner, " in part)]
        if other:
            kind = "contiguity" if stray else "assignment"
            found.append(Violation(kind, f"Bezirk {key}: {'; '.join(other)}."))
        if outside:
            text_ = f"Bezirk {key}: {number(persons)} Einwohner statt {number(float(low))} bis {number(float(high))}."
            found.append(Violation(BAND, text_))
    return found


def _by_polygons(districts: Areas) -> list[Violation]:
    """Contiguity without blocks: parts that meet in a point only are separate, as they would be for blocks."""
    parted = [k for k, g in zip(districts.keys, districts.geoms, strict=True) if len(shapely.get_parts(g)) > 1]
    return [Violation("contiguity", f"Bezirk {key}: mehrere getrennte Teile.") for key in parted]


def _filling(districts: Areas, parents: Areas, title: str) -> list[Violation]:
    found = []
    for key, name, geom in zip(parents.keys, parents.names, parents.geoms, strict=True):
        own = districts.geoms[np.array([p == key for p in districts.parents], dtype=bool)]
        if not len(own):
            found.append(Violation("coverage", f"{title} {key} ({name}): kein Bezirk."))
            continue
        apart = float(shapely.area(shapely.symmetric_difference(geom, shapely.union_all(own))))
        if apart > 1.0 + TOLERANCE_M * shapely.length(geom):
            found.append(
                Violation("coverage", f"{title} {key} ({name}): die Bezirke weichen um {area(apart)} von ihm ab.")
            )
    return found


def _names(districts: Areas) -> list[Violation]:
    twice = sorted(name for name, n in Counter(districts.names).items() if n > 1)
    return [Violation("keys", f"Mehrere Bezirke tragen denselben Namen: {listed(twice)}.")] if twice else []


def _labels(connection: Connection, version: Version, level: str) -> list[tuple[str, Any, Any]]:
    rows = connection.execute(
        text("""
            SELECT key, ST_AsBinary(geom), ST_AsBinary(label_point) FROM geo.unit
            WHERE version_id = :v AND level = :level AND geom IS NOT NULL
        """),
        {"v": version.id, "level": level},
    ).all()
    return [
        (str(r[0]), shapely.from_wkb(bytes(r[1])), None if r[2] is None else shapely.from_wkb(bytes(r[2])))
        for r in rows
    ]


def dissolve_all(connection: Connection, version: Version, level: str) -> Areas:
    """The districts' polygons dissolved anew from their blocks, by key: the assignment is the truth."""
    rows = connection.execute(
        text("""
            SELECT u.key, u.name, p.key, array_agg(ST_AsBinary(b.geom) ORDER BY b.key)
            FROM geo.unit u JOIN geo.unit p ON p.id = u.parent_id
            JOIN geo.block_assignment a ON a.unit_id = u.id AND a.version_id = u.version_id
            JOIN geo.block b ON b.id = a.block_id
            WHERE u.version_id = :v AND u.level = :level GROUP BY u.key, u.name, p.key ORDER BY u.key
        """),
        {"v": version.id, "level": level},
    ).all()
    polygons = [dissolve(geometry_array([shapely.from_wkb(bytes(g)) for g in r[3]])) for r in rows]
    return Areas([r[0] for r in rows], [r[1] for r in rows], [r[2] for r in rows], geometry_array(polygons))
