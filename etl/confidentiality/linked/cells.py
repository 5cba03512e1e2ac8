"""What the linear system is made of, read from a database: counts by unit and year, pieces of blocks, atoms."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection, text

from etl.catalogue import NOT_LOCATED, Catalogue, Source
from etl.confidentiality.linked.shown import VERSIONS
from etl.intake.counting import cell_weights

SHAPES = {"vierteljaehrlich": r"-Q4$", "halbjaehrlich": r"-H2$", "schuljahr": r"^\d{4}/\d{2}$"}
YEARLY = r"^\d{4}$"


class Key(NamedTuple):
    """A cell: a measure or an expression over measures in a unit, or an atom in a piece of blocks; for a year."""

    kind: str
    name: str
    place: int
    year: int


@dataclass(frozen=True)
class Count:
    """A measure's value in a unit and year; ``value`` None: withheld by who delivered it, within the bounds."""

    value: float | None
    at_least: float
    at_most: float
    estimated: bool


@dataclass(frozen=True)
class Units:
    """Units of all shown versions: children by parent and level, the pseudo-units, and units of the same outline."""

    level: dict[int, str]
    rank: dict[int, int]
    children: dict[int, list[list[int]]]
    not_located: dict[int, int]
    same: list[tuple[int, int]]


@dataclass(frozen=True)
class Atoms:
    """Classes of dimension cells that the measures of a source tell apart, in one year.

    ``weights``: class → measure → what one record of it counts; ``counts``: piece → class → records.
    ``pieces``: unit → the pieces of blocks that it is made of.
    """

    year: int
    weights: dict[str, dict[str, float]]
    counts: dict[tuple[int, str], float]
    pieces: dict[int, frozenset[int]]


COUNTS = text(f"""
WITH withheld AS MATERIALIZED (
    SELECT w.unit_id, w.measure_id, w.group_code, w.period, max(w.at_least) AS at_least, min(w.at_most) AS at_most
    FROM warehouse.count w
    JOIN intake.delivery y ON y.id = w.delivery_id AND y.status = 'active'
    WHERE w.value IS NULL AND w.at_most IS NOT NULL
    GROUP BY 1, 2, 3, 4
)
SELECT m.code AS measure, c.unit_id, c.period, c.value, c.status, c.quality <> 'exakt' AS estimated,
       CASE WHEN c.value IS NULL THEN b.at_least END AS at_least,
       CASE WHEN c.value IS NULL THEN b.at_most END AS at_most
FROM warehouse.unit_count c
JOIN catalogue.measure m ON m.id = c.measure_id
JOIN geo.unit u ON u.id = c.unit_id AND u.level <> 'vergleichsraum'
JOIN geo.district_version d ON d.id = u.version_id AND {VERSIONS}
LEFT JOIN withheld b USING (unit_id, measure_id, group_code, period)
WHERE c.group_code = 'insgesamt' AND m.code = ANY (:measures) AND c.status IN ('gueltig', 'unsicher', 'geheim')
ORDER BY 1, 2, 3
""")  # noqa: S608  # a constant of this package


def shape_of(catalogue: Catalogue, measure: str) -> re.Pattern[str]:
    """Which of a measure's periods stand for years: of quarters the last, school years, else years."""
    source = catalogue.measure[measure].source
    return re.compile(SHAPES.get(catalogue.source[source].periodicity, YEARLY) if source else YEARLY)


def read_counts(connection: Connection, catalogue: Catalogue, measures: set[str]) -> dict[Key, Count]:
    """Every count of the measures, by unit and year, as the indicators read them."""
    shapes = {m: shape_of(catalogue, m) for m in measures}
    found = {}
    for row in connection.execute(COUNTS, {"measures": sorted(measures)}):
        if shapes[row.measure].search(row.period):
            low = 0.0 if row.at_least is None else row.at_least
            high = float("inf") if row.at_most is None else row.at_most
            key = Key("measure", row.measure, row.unit_id, int(row.period[:4]))
            found[key] = Count(row.value, low, high, row.estimated)
    return found


UNITS = text(f"""
SELECT u.id, u.level, u.parent_id, coalesce(l.rank, -1) AS rank
FROM geo.unit u JOIN geo.district_version d ON d.id = u.version_id AND {VERSIONS}
LEFT JOIN geo.level l ON l.code = u.level
WHERE u.level <> 'vergleichsraum' ORDER BY u.id
""")  # noqa: S608

SAME = text(f"""
SELECT a.id AS one, min(b.id) AS other
FROM geo.unit a
JOIN geo.unit b ON b.version_id < a.version_id AND b.level = a.level AND ST_Equals(a.geom, b.geom)
JOIN geo.district_version d ON d.id = a.version_id AND {VERSIONS}
JOIN geo.district_version e ON e.id = b.version_id AND {VERSIONS.replace("d.", "e.")}
GROUP BY a.id ORDER BY a.id
""")  # noqa: S608


def read_units(connection: Connection) -> Units:
    """The hierarchy of every shown version."""
    rows = connection.execute(UNITS).all()
    level = {r.id: r.level for r in rows}
    below: dict[int, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        if row.parent_id is not None:
            below[row.parent_id][row.level].append(row.id)
    same = [(r.one, r.other) for r in connection.execute(SAME)]
    children = {p: [ids for name, ids in sorted(levels.items()) if name != NOT_LOCATED] for p, levels in below.items()}
    nowhere = {p: levels[NOT_LOCATED][0] for p, levels in below.items() if NOT_LOCATED in levels}
    # the pseudo-unit counts as a district
    deepest = max((r.rank for r in rows if r.level != NOT_LOCATED), default=0)
    return Units(level, {r.id: min(r.rank, deepest) for r in rows}, children, nowhere, same)


DELIVERIES = text("""
SELECT d.id, d.reference_date, min(c.period) AS period
FROM intake.delivery d JOIN warehouse.count c ON c.delivery_id = d.id
WHERE d.source = :source AND d.status = 'active'
GROUP BY d.id, d.reference_date ORDER BY d.reference_date, d.id
""")

PIECES = text(f"""
WITH version AS (
    SELECT DISTINCT a.version_id FROM geo.block_assignment a
    JOIN geo.district_version d ON d.id = a.version_id AND {VERSIONS}
)
SELECT b.id AS block_id, array_agg(coalesce(a.unit_id, n.id) ORDER BY v.version_id) AS units
FROM (SELECT id FROM geo.block UNION ALL SELECT NULL) b
CROSS JOIN version v
JOIN geo.unit n ON n.version_id = v.version_id AND n.level = :not_located
LEFT JOIN geo.block_assignment a ON a.version_id = v.version_id AND a.block_id = b.id
GROUP BY b.id ORDER BY b.id
""")  # noqa: S608

RECORDS = text("""
SELECT p.piece, u.cell_id, sum(u.n)::float8 AS n
FROM (SELECT r.block_id, unnest(r.cells) AS cell_id, unnest(r.counts) AS n
      FROM intake.record r WHERE r.delivery_id = :delivery) u
JOIN unnest(CAST(:blocks AS int[]), CAST(:pieces AS int[])) AS p(block_id, piece)
  ON p.block_id = coalesce(u.block_id, -1)
GROUP BY 1, 2 ORDER BY 1, 2
""")


def read_atoms(connection: Connection, catalogue: Catalogue, source: Source, measures: set[str]) -> list[Atoms]:
    """The atoms of a source of counted rows, year by year; empty where its rows are not kept.

    A piece is what two versions have in common: the blocks that lie in the same districts of each.
    """
    mine = tuple(m for m in catalogue.measures_of(source.code) if m.code in measures)
    rows = connection.execute(PIECES, {"not_located": NOT_LOCATED}).all()
    if not mine or not rows:
        return []
    numbers: dict[tuple[int, ...], int] = {}
    piece_of = {row.block_id: numbers.setdefault(tuple(row.units), len(numbers)) for row in rows}
    pieces: dict[int, set[int]] = defaultdict(set)
    for units, number in numbers.items():
        for unit in units:
            pieces[unit].add(number)
    found = []
    shape = shape_of(catalogue, mine[0].code)
    for delivery in connection.execute(DELIVERIES, {"source": source.code}).all():
        if not shape.search(delivery.period):
            continue
        weights = cell_weights(connection, mine, source, delivery.reference_date)
        classes: dict[tuple[float, ...], str] = {}
        for weight in weights.values():
            classes.setdefault(weight, f"{source.code}#{len(classes)}")
        counts: dict[tuple[int, str], float] = {(n, c): 0.0 for n in numbers.values() for c in classes.values()}
        blocks = {"blocks": [-1 if b is None else b for b in piece_of], "pieces": list(piece_of.values())}
        for piece, cell, number in connection.execute(RECORDS, {"delivery": delivery.id, **blocks}):
            if cell in weights:
                counts[piece, classes[weights[cell]]] += number
        named = {c: {m.code: w for m, w in zip(mine, weight, strict=True) if w} for weight, c in classes.items()}
        if any(counts.values()):
            found.append(
                Atoms(int(delivery.period[:4]), named, counts, {u: frozenset(p) for u, p in pieces.items()})
            )  # fmt: skip
    return found
