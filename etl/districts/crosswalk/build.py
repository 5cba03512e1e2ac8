"""``districts crosswalk``: relations and weights between two versions, level by level."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
from sqlalchemy import Connection, text

from etl.catalogue import NOT_LOCATED, Catalogue
from etl.districts import versions
from etl.districts.crosswalk import ground, weights
from etl.districts.crosswalk.cells import CellFile
from etl.districts.crosswalk.ground import NOISE
from etl.districts.crosswalk.relations import Relations, relate
from etl.districts.wording import number
from etl.errors import SozialberichtError
from etl.intake.copy import copy_in

UNCOVERED = 0.05
"""Share of a unit's area outside the other version from which values are not comparable."""

STORE = text("""
INSERT INTO geo.crosswalk AS x (from_unit_id, to_unit_id, component, relation, method, area_m2, area_weight)
SELECT from_unit_id, to_unit_id, component, relation, :method, area_m2, area_weight
FROM pg_temp.found_relation ORDER BY from_unit_id, to_unit_id
ON CONFLICT (from_unit_id, to_unit_id) DO UPDATE
SET component = excluded.component, relation = excluded.relation, method = excluded.method,
    area_m2 = excluded.area_m2, area_weight = excluded.area_weight, built_at = now()
""")

FORGET = text("""
DELETE FROM geo.crosswalk x USING geo.unit f, geo.unit t
WHERE f.id = x.from_unit_id AND t.id = x.to_unit_id AND f.version_id = :a AND t.version_id = :b
  AND NOT EXISTS (SELECT FROM pg_temp.found_relation r
                  WHERE r.from_unit_id = x.from_unit_id AND r.to_unit_id = x.to_unit_id)
""")


@dataclass
class LevelReport:
    """Relations of one level: number of pairs of each kind, and units that the other version covers badly."""

    level: str
    title: str
    relations: dict[str, int]
    uncovered: dict[str, float]


@dataclass(frozen=True)
class Replayed:
    """Mean error of estimates on a level with the weights of a measure (``None``: area), over the replayed measures."""

    level: str
    carrier: str | None
    measures: int
    error: float
    worst: str


@dataclass
class CrosswalkReport:
    """What a crosswalk found, and how good estimates with it are."""

    source: str
    target: str
    method: str
    levels: list[LevelReport] = field(default_factory=list)
    errors: list[Replayed] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """For ``--json``."""
        return {
            "from": self.source,
            "to": self.target,
            "method": self.method,
            "levels": [one.__dict__ for one in self.levels],
            "errors": [one.__dict__ for one in self.errors],
            "notes": self.notes,
        }


def build_crosswalk(
    connection: Connection, catalogue: Catalogue, source: str, target: str,
    *, noise: float = NOISE, cells: Sequence[CellFile] = (),
) -> CrosswalkReport:  # fmt: skip
    """Relate the units of version ``source`` to those of version ``target`` on every level both have.

    Where both are made of the same blocks, everything is exact; else the polygons are laid over each other and pieces
    below ``noise`` (share of the smaller unit) are left out. Weights: area always; every measure counted by block; and
    those given by ``cells``, now or earlier as long as no border moved. An earlier crosswalk of this direction is
    replaced, relations that stay keep their id.
    Raises ``SozialberichtError`` for unknown or equal versions and versions without a common level.
    """
    versions.lock(connection)
    a, b = versions.get(connection, source), versions.get(connection, target)
    if a.id == b.id:
        raise SozialberichtError("Ein Umsteigeschlüssel braucht zwei verschiedene Gebietsstände.")
    district = catalogue.city.district_level or ""
    same = ground.made_of_the_same_blocks(connection, a.id, b.id)
    report = CrosswalkReport(source, target, "blocks" if same else "overlay")
    grounds = []
    found = []
    for level in catalogue.city.levels:
        one = (
            ground.by_blocks(connection, a.id, b.id, district, level.code)
            if same
            else ground.by_polygons(connection, a.id, b.id, level.code, noise)
        )
        if not len(one.source):
            continue
        if same and cells:
            one.geoms = ground.by_polygons(connection, a.id, b.id, level.code, 0.0).geoms
        grounds.append(one)
        relations = relate(one.source, one.target, one.area_m2)
        found.append(relations)
        named = _names(connection, {u: s for u, s in one.uncovered.items() if s > UNCOVERED})
        report.levels.append(LevelReport(level.code, level.title, dict(Counter(relations.relation)), named))
    if not found:
        raise SozialberichtError(
            f"Die Gebietsstände „{source}“ und „{target}“ haben keine gemeinsame Ebene mit Grenzen; bitte zuerst "
            "boundaries load ausführen."
        )
    found.append(_not_located(connection, a.id, b.id))
    before = _fingerprint(connection, a.id, b.id)
    _store(connection, a.id, b.id, report.method, found)
    weights.clear(connection, a.id, b.id, keep_cells=before == _fingerprint(connection, a.id, b.id))
    if same:
        weights.from_assignments(connection, a.id, b.id, district)
    else:
        weights.from_polygons(connection, a.id, b.id, grounds)
    for file in cells:
        inside = weights.from_cells(connection, a.id, b.id, grounds, file)
        report.notes.append(f"{file.path.name}: {number(inside)} Zellen als Gewichte für „{file.measure}“ verwendet.")
    weights.replay(connection, a.id, b.id, catalogue.city.population)
    report.errors = _errors(connection, a.id, b.id)
    return report


def _not_located(connection: Connection, a: int, b: int) -> Relations:
    """Persons that no district has are the same persons in either version."""
    rows = connection.execute(
        text("""
            SELECT f.id, t.id FROM geo.unit f JOIN geo.unit t ON t.level = f.level AND t.version_id = :b
            WHERE f.version_id = :a AND f.level = :level
        """),
        {"a": a, "b": b, "level": NOT_LOCATED},
    ).all()
    ids = np.array([tuple(r) for r in rows], dtype=np.int64).reshape(-1, 2)
    return relate(ids[:, 0], ids[:, 1], np.zeros(len(ids)))


def _fingerprint(connection: Connection, a: int, b: int) -> str | None:
    """The same for the same pairs with the same common ground; ``None`` where there is no crosswalk yet."""
    found: str | None = connection.scalar(
        text("""
            SELECT md5(string_agg(x.id || ':' || round(x.area_m2), ',' ORDER BY x.id))
            FROM geo.crosswalk x JOIN geo.unit f ON f.id = x.from_unit_id JOIN geo.unit t ON t.id = x.to_unit_id
            WHERE f.version_id = :a AND t.version_id = :b
        """),
        {"a": a, "b": b},
    )
    return found


def _store(connection: Connection, a: int, b: int, method: str, found: Sequence[Relations]) -> None:
    connection.execute(text("DROP TABLE IF EXISTS pg_temp.found_relation"))
    connection.execute(
        text("""
            CREATE TEMPORARY TABLE found_relation (
                from_unit_id integer, to_unit_id integer, component integer, relation text, area_m2 double precision,
                area_weight double precision
            ) ON COMMIT DROP
        """)
    )
    for one in found:
        frame = pl.DataFrame(
            {
                "from_unit_id": one.source,
                "to_unit_id": one.target,
                "component": one.component,
                "relation": pl.Series(one.relation, dtype=pl.String),
                "area_m2": one.area_m2,
                "area_weight": one.weight,
            }
        )
        copy_in(connection, ("pg_temp", "found_relation"), frame)
    connection.execute(FORGET, {"a": a, "b": b})
    connection.execute(STORE, {"method": method})
    connection.execute(text("ANALYZE geo.crosswalk"))


def _names(connection: Connection, shares: dict[int, float]) -> dict[str, float]:
    rows = connection.execute(
        text("""
            SELECT u.id, v.label || ', ' || u.key FROM geo.unit u JOIN geo.district_version v ON v.id = u.version_id
            WHERE u.id = ANY(:ids) ORDER BY 2
        """),
        {"ids": list(shares)},
    ).all()
    return {name: shares[unit] for unit, name in rows}


def _errors(connection: Connection, a: int, b: int) -> list[Replayed]:
    rows = connection.execute(
        text("""
            SELECT e.level, c.code, count(*), avg(e.error), (array_agg(m.title ORDER BY e.error DESC))[1]
            FROM warehouse.crosswalk_error e
            JOIN catalogue.measure m ON m.id = e.measure_id
            JOIN geo.level l ON l.code = e.level
            LEFT JOIN catalogue.measure c ON c.id = e.carrier_id
            WHERE e.from_version_id = :a AND e.to_version_id = :b
            GROUP BY l.rank, e.level, c.code ORDER BY l.rank, c.code NULLS LAST
        """),
        {"a": a, "b": b},
    ).all()
    return [Replayed(*row) for row in rows]
