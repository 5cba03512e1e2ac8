"""The ground that units of two versions share: by whole blocks where both are made of them, else by polygons."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from sqlalchemy import Connection, text

from etl.districts.areas import Geometries, geometry_array
from etl.districts.crosswalk.relations import Floats, Ids

NOISE = 0.005
"""Pieces below this share of the smaller of the two units are differences of digitising, not a relation."""
SMALLEST = 1.0
"""Square metres below which a piece is none, however small the units are."""

SAME_BLOCKS = text("""
SELECT count(*) > 0 AND count(*) = count(x.block_id) AND count(*) = count(y.block_id)
FROM (SELECT block_id FROM geo.block_assignment WHERE version_id = :a) x
FULL JOIN (SELECT block_id FROM geo.block_assignment WHERE version_id = :b) y USING (block_id)
""")

ABOVE = """
WITH RECURSIVE above AS (
    SELECT u.id AS district_id, u.id AS unit_id, u.level, u.parent_id
    FROM geo.unit u JOIN geo.level l ON l.code = u.level AND l.code = :district
    WHERE u.version_id IN (:a, :b)
    UNION ALL
    SELECT d.district_id, p.id, p.level, p.parent_id FROM above d JOIN geo.unit p ON p.id = d.parent_id
), common AS (
    SELECT x.block_id, f.unit_id AS from_unit_id, t.unit_id AS to_unit_id, f.level
    FROM geo.block_assignment x
    JOIN geo.block_assignment y ON y.block_id = x.block_id AND y.version_id = :b
    JOIN above f ON f.district_id = x.unit_id
    JOIN above t ON t.district_id = y.unit_id AND t.level = f.level
    WHERE x.version_id = :a
)
"""

BY_BLOCKS = text(
    ABOVE
    + """
SELECT c.from_unit_id, c.to_unit_id, sum(b.area_m2)
FROM common c JOIN geo.block b ON b.id = c.block_id
WHERE c.level = :level GROUP BY 1, 2 ORDER BY 1, 2
"""
)

SHARES_BY_BLOCKS = text(
    ABOVE
    + """
INSERT INTO pg_temp.carrier_share (carrier, from_unit_id, to_unit_id, share)
SELECT block_id, from_unit_id, to_unit_id, 1 FROM common
"""
)


@dataclass
class Ground:
    """Pairs of units of one level with their common area in m²; ``geoms`` only where polygons were laid over another.

    ``uncovered`` holds, by unit id of either version, the share of its area that no unit of the other version covers.
    """

    source: Ids
    target: Ids
    area_m2: Floats
    geoms: Geometries | None = None
    uncovered: dict[int, float] = field(default_factory=dict)


def made_of_the_same_blocks(connection: Connection, a: int, b: int) -> bool:
    """Whether both versions assign exactly the same blocks."""
    return bool(connection.scalar(SAME_BLOCKS, {"a": a, "b": b}))


def by_blocks(connection: Connection, a: int, b: int, district: str, level: str) -> Ground:
    """Common ground counted in whole blocks; exact."""
    rows = connection.execute(BY_BLOCKS, {"a": a, "b": b, "district": district, "level": level}).all()
    return Ground(
        np.array([r[0] for r in rows], dtype=np.int64),
        np.array([r[1] for r in rows], dtype=np.int64),
        np.array([r[2] for r in rows], dtype=np.float64),
    )


def _polygons(connection: Connection, version: int, level: str) -> tuple[list[int], Geometries]:
    rows = connection.execute(
        text("""
            SELECT id, ST_AsBinary(geom) FROM geo.unit
            WHERE version_id = :version AND level = :level AND geom IS NOT NULL ORDER BY id
        """),
        {"version": version, "level": level},
    ).all()
    return [int(r[0]) for r in rows], geometry_array([shapely.from_wkb(bytes(r[1])) for r in rows])


def overlay(sources: Geometries, targets: Geometries, noise: float = NOISE) -> tuple[Ids, Ids, Geometries]:
    """Positions of the units that meet, and the polygons they share; pieces that are mere noise are left out."""
    at, to = shapely.STRtree(targets).query(sources, predicate="intersects")
    common = shapely.intersection(sources[at], targets[to])
    smaller = np.minimum(shapely.area(sources)[at], shapely.area(targets)[to])
    kept = shapely.area(common) >= np.maximum(SMALLEST, noise * smaller)
    return at[kept].astype(np.int64), to[kept].astype(np.int64), common[kept]


def by_polygons(connection: Connection, a: int, b: int, level: str, noise: float = NOISE) -> Ground:
    """Common ground by laying the polygons of the level over each other."""
    from_ids, sources = _polygons(connection, a, level)
    to_ids, targets = _polygons(connection, b, level)
    at, to, common = overlay(sources, targets, noise)
    area: Floats = shapely.area(common)
    uncovered: dict[int, float] = {}
    for ids, geoms, where in ((from_ids, sources, at), (to_ids, targets, to)):
        covered = np.bincount(where, weights=area, minlength=len(ids))
        uncovered |= dict(zip(ids, np.clip(1 - covered / shapely.area(geoms), 0, 1).tolist(), strict=True))
    source = np.array(from_ids, dtype=np.int64)[at]
    target = np.array(to_ids, dtype=np.int64)[to]
    return Ground(source, target, area, common, uncovered)


def spread(carriers: Geometries, pieces: Geometries) -> tuple[Ids, Ids, Floats]:
    """How polygons with counts divide among pieces: positions of carrier and piece, and the share of the carrier.

    Shares sum to 1 by carrier, as if its ground lay in the pieces alone; a carrier with less than half of its ground
    in any piece is left out.
    """
    at, to = shapely.STRtree(pieces).query(carriers, predicate="intersects")
    area = shapely.area(shapely.intersection(carriers[at], pieces[to]))
    inside = np.bincount(at, weights=area, minlength=len(carriers))
    kept = (area > 0) & (inside[at] >= 0.5 * shapely.area(carriers)[at])
    at, to, area = at[kept], to[kept], area[kept]
    share: Floats = area / inside[at]
    return at.astype(np.int64), to.astype(np.int64), share


def carriers_by_block(connection: Connection) -> tuple[list[Any], Geometries]:
    """Ids and polygons of all blocks that active deliveries have counts for."""
    rows = connection.execute(
        text("""
            SELECT b.id, ST_AsBinary(b.geom) FROM geo.block b
            WHERE b.id IN (SELECT c.block_id FROM warehouse.count c
                           JOIN intake.delivery d ON d.id = c.delivery_id AND d.status = 'active')
            ORDER BY b.id
        """)
    ).all()
    return [int(r[0]) for r in rows], geometry_array([shapely.from_wkb(bytes(r[1])) for r in rows])
