"""What a reader finds in the published views: values of all releases, units, inhabitants, shares between versions.

The schema is a parameter, so that a candidate is attacked before anybody else sees it.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from psycopg import sql
from sqlalchemy import Connection

from etl.warehouse.engine import driver

TOTAL = "insgesamt"
KNOWN = ("gueltig", "unsicher")
HIDDEN = "geheim"
NOWHERE = "nicht_zuordenbar"

Unit = tuple[str, str]
"""District version and key."""


@dataclass(frozen=True)
class Row:
    """A value as the view shows it. ``edition``: 0 is the oldest release that is shown; ``current``: of the newest."""

    unit: Unit
    level: str
    period: str
    indicator: str
    numerator: float | None
    denominator: float | None
    status: str
    exact: bool
    group: str = TOTAL
    value: float | None = None
    edition: int = 0
    current: bool = True

    @property
    def shown(self) -> bool:
        """Whether numbers stand there."""
        return self.status in KNOWN


@dataclass(frozen=True)
class Ratio:
    """A published share: persons of ``part`` / persons of ``whole``, rounded to ``step``; ``year`` of the persons."""

    part: Unit
    whole: Unit
    share: float
    step: float = 1e-6


@dataclass(frozen=True)
class Place:
    """Units as the view shows them: unit → parent, unit → level; the pieces of ground of each district.

    Districts of different versions that share ground share pieces.
    """

    parent: dict[Unit, Unit]
    level: dict[Unit, str]
    pieces: dict[Unit, frozenset[int]] = field(default_factory=dict)
    ratios: tuple[Ratio, ...] = ()

    @property
    def children(self) -> dict[tuple[Unit, str], list[Unit]]:
        """Units below a unit, by their level."""
        found: dict[tuple[Unit, str], list[Unit]] = defaultdict(list)
        for unit, parent in self.parent.items():
            found[parent, self.level[unit]].append(unit)
        return found

    @property
    def leaves(self) -> list[Unit]:
        """Units without any below."""
        parents = set(self.parent.values())
        return [u for u in self.level if u not in parents]


ROWS = """
SELECT v.gebietsstand, v.gebiet, v.ebene, v.zeitraum, v.kennzahl, v.gruppe, v.zaehler, v.nenner, v.wert, v.status,
       v.guete = 'exakt' AS exakt, s.rang - 1, v.aktuell
FROM {schema}.wert v
JOIN (SELECT stand, row_number() OVER (ORDER BY veroeffentlichung_id)::int AS rang FROM {schema}.veroeffentlichung) s
  USING (stand)
ORDER BY v.gebietsstand, v.gebiet, v.zeitraum, v.kennzahl, v.gruppe, s.rang
"""

UNITS = """
-- of the versions that have values: drafts show outlines alone
SELECT gebietsstand, gebiet, ebene, uebergeordnet, einwohner, einwohner_status, einwohner_zeitraum
FROM {schema}.gebiet
WHERE gebietsstand IN (SELECT DISTINCT gebietsstand FROM {schema}.wert) OR einwohner_status <> 'fehlt'
ORDER BY 1, 2
"""

OVERLAPS = """
-- ground that districts of two versions share; borders drawn twice leave slivers that are no ground
SELECT a.gebietsstand, a.gebiet, b.gebietsstand, b.gebiet
FROM {schema}.gebiet a
JOIN {schema}.gebiet b ON b.gebietsstand > a.gebietsstand AND b.geom && a.geom
CROSS JOIN LATERAL (SELECT ST_Intersection(a.geom, b.geom) AS geom) g
WHERE ST_Area(g.geom) > 1 AND ST_Area(g.geom) > 0.5 * ST_Perimeter(g.geom)
  AND NOT EXISTS (SELECT FROM {schema}.gebiet k
                  WHERE (k.gebietsstand, k.uebergeordnet) IN ((a.gebietsstand, a.gebiet), (b.gebietsstand, b.gebiet)))
ORDER BY 1, 2, 3, 4
"""

COMMON = """
-- whether several districts, each of another version, have ground in common
WITH RECURSIVE asked AS (
    SELECT n, i, g.geom
    FROM unnest(%s::int[], %s::int[], %s::text[], %s::text[]) AS w (n, i, gebietsstand, gebiet)
    JOIN {schema}.gebiet g USING (gebietsstand, gebiet)
), shared AS (
    SELECT n, i, geom FROM asked WHERE i = 0
    UNION ALL
    SELECT s.n, a.i, ST_Intersection(s.geom, a.geom) FROM shared s JOIN asked a ON a.n = s.n AND a.i = s.i + 1
)
SELECT n FROM shared s
WHERE i = (SELECT max(i) FROM asked a WHERE a.n = s.n) AND ST_Area(geom) > 1
  AND ST_Area(geom) > 0.5 * ST_Perimeter(geom)
ORDER BY n
"""

RATIOS = """
SELECT von_gebietsstand, von_gebiet, nach_gebietsstand, nach_gebiet, einwohneranteil
FROM {schema}.umsteigeschluessel WHERE beziehung = 'geteilt' AND einwohneranteil IS NOT NULL ORDER BY 1, 2, 3, 4
"""


CommonGround = Callable[[list[tuple[Unit, ...]]], set[int]]
"""Which groups of districts, by number, have ground that all of a group share."""


def _query(connection: Connection, statement: str, schema: str, *parameters: object) -> list[tuple]:  # type: ignore[type-arg]
    composed = sql.SQL(statement).format(schema=sql.Identifier(schema))
    with driver(connection).cursor() as cursor:
        return cursor.execute(composed, parameters or None).fetchall()


def read_rows(connection: Connection, schema: str = "sozialbericht") -> list[Row]:
    """All values of all releases that are shown, inhabitants of the units not among them."""
    return [
        Row((r[0], r[1]), r[2], r[3], r[4], r[6], r[7], r[9], r[10], r[5], r[8], r[11], r[12])
        for r in _query(connection, ROWS, schema)
    ]


@dataclass(frozen=True)
class Inhabitants:
    """The number that stands beside an outline."""

    unit: Unit
    year: int | None
    persons: float | None
    status: str


def read_inhabitants(connection: Connection, schema: str = "sozialbericht") -> list[Inhabitants]:
    """The inhabitants of all units, as they stand beside the outlines."""
    return [
        Inhabitants((r[0], r[1]), int(r[6][:4]) if r[6] else None, r[4], r[5])
        for r in _query(connection, UNITS, schema)
        if r[5] in (*KNOWN, HIDDEN)
    ]


def read_places(connection: Connection, schema: str = "sozialbericht") -> Place:
    """All units that a reader sees, and what the districts of different versions have in common."""
    rows = _query(connection, UNITS, schema)
    parent = {(r[0], r[1]): (r[0], r[3]) for r in rows if r[3]}
    level = {(r[0], r[1]): r[2] for r in rows}
    place = Place(parent, level)
    ratios = tuple(Ratio((r[2], r[3]), (r[0], r[1]), float(r[4])) for r in _query(connection, RATIOS, schema))
    overlaps = [((r[0], r[1]), (r[2], r[3])) for r in _query(connection, OVERLAPS, schema)]

    def in_common(groups: list[tuple[Unit, ...]]) -> set[int]:
        flat = [(n, i, u) for n, group in enumerate(groups) for i, u in enumerate(group)]
        columns = [[f[0] for f in flat], [f[1] for f in flat], [f[2][0] for f in flat], [f[2][1] for f in flat]]
        return {int(r[0]) for r in _query(connection, COMMON, schema, *columns)}

    leaves = [u for u in place.leaves if u[0] in {v for (v, _) in parent}]
    return Place(parent, level, pieces_of(leaves, overlaps, in_common), ratios)


def pieces_of(
    leaves: list[Unit],
    overlaps: list[tuple[Unit, Unit]],
    in_common: CommonGround | None = None,
) -> dict[Unit, frozenset[int]]:
    """Numbered pieces of each district: the ground that lies in the same districts of all versions.

    ``overlaps``: pairs of districts of two versions that share ground. ``in_common`` says which groups of districts
    (three and more versions) have ground that all of them share.
    """
    versions = sorted({v for v, _ in leaves})
    if len(versions) < 2:
        return {}
    touching: dict[Unit, set[Unit]] = defaultdict(set)
    for one, other in overlaps:
        touching[one].add(other)
        touching[other].add(one)
    groups: list[tuple[Unit, ...]] = [(u,) for u in leaves if u[0] == versions[0]]
    for version in versions[1:]:
        grown: list[tuple[Unit, ...]] = []
        for group in groups:
            shared = set.intersection(*(touching[u] for u in group)) if group else set()
            grown += [(*group, u) for u in sorted(shared) if u[0] == version]
        if version != versions[1] and in_common is not None:
            kept = in_common(grown)
            grown = [g for n, g in enumerate(grown) if n in kept]
        # versions do not always cover the same ground
        covered = set(itertools.chain.from_iterable(grown))
        grown += [g for g in groups if not covered.issuperset(g)]
        grown += [(u,) for u in leaves if u[0] == version and u not in covered]
        groups = grown
    pieces: dict[Unit, set[int]] = defaultdict(set)
    for number, group in enumerate(groups):
        for unit in group:
            pieces[unit].add(number)
    return {u: frozenset(p) for u, p in pieces.items()}
