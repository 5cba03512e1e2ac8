"""Atoms: records of one class of persons in one piece of blocks, from which all measures of a source are sums."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, text

from etl.catalogue import NOT_LOCATED, Catalogue, Source
from etl.confidentiality.linked.cells import shape_of
from etl.confidentiality.linked.shown import VERSIONS
from etl.intake.counting import cell_weights

Named = tuple[str, str]
"""A measure and a group."""


@dataclass(frozen=True)
class Atoms:
    """Classes of dimension cells that the measures of a source tell apart, in one year.

    ``weights``: class → measure and group → what one record of it counts; ``counts``: piece → class → records.
    """

    year: int
    weights: dict[str, dict[Named, float]]
    counts: dict[tuple[int, str], float]


@dataclass(frozen=True)
class Pieces:
    """What the shown versions have in common: the blocks that lie in the same districts of each.

    ``of_block``: block (-1: none) → piece; ``of_unit``: district (or pseudo-unit) → its pieces.
    """

    of_block: dict[int, int]
    of_unit: dict[int, frozenset[int]]


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
""")  # noqa: S608  # a constant of this package

RECORDS = text("""
SELECT p.piece, u.cell_id, sum(u.n)::float8 AS n
FROM (SELECT r.block_id, unnest(r.cells) AS cell_id, unnest(r.counts) AS n
      FROM intake.record r WHERE r.delivery_id = :delivery) u
JOIN unnest(CAST(:blocks AS int[]), CAST(:pieces AS int[])) AS p(block_id, piece)
  ON p.block_id = coalesce(u.block_id, -1)
GROUP BY 1, 2 ORDER BY 1, 2
""")


def read_pieces(connection: Connection) -> Pieces:
    """The pieces of all shown versions; none where there are no blocks."""
    numbers: dict[tuple[int, ...], int] = {}
    of_block: dict[int, int] = {}
    for block, units in connection.execute(PIECES, {"not_located": NOT_LOCATED}):
        of_block[-1 if block is None else int(block)] = numbers.setdefault(tuple(units), len(numbers))
    of_unit: dict[int, set[int]] = defaultdict(set)
    for units, number in numbers.items():
        for unit in units:
            of_unit[unit].add(number)
    return Pieces(of_block, {u: frozenset(p) for u, p in of_unit.items()})


def read_atoms(
    connection: Connection,
    catalogue: Catalogue,
    source: Source,
    pieces: Pieces,
    *,
    years: Collection[int],
    wanted: Collection[Named],
) -> list[Atoms]:
    """The atoms of a source of counted rows in these years; empty where its rows are not kept.

    The ``wanted`` measures and groups tell classes apart; what no release uses tells nobody anything.
    """
    mine = catalogue.measures_of(source.code)
    if not mine or not pieces.of_block or not years:
        return []
    found = []
    shape = shape_of(catalogue, mine[0].code)
    where = {"blocks": list(pieces.of_block), "pieces": list(pieces.of_block.values())}
    for delivery in connection.execute(DELIVERIES, {"source": source.code}).all():
        year = int(delivery.period[:4])
        if not shape.search(delivery.period) or year not in years:
            continue
        names, weights = cell_weights(connection, mine, source, delivery.reference_date)
        used = [n for n, name in enumerate(names) if name in wanted]
        short = {cell: tuple(weight[n] for n in used) for cell, weight in weights.items()}
        classes: dict[tuple[float, ...], str] = {}
        for weight in short.values():
            if any(weight):
                classes.setdefault(weight, f"{source.code}#{len(classes)}")
        counts = {(n, c): 0.0 for n in sorted(set(pieces.of_block.values())) for c in classes.values()}
        for piece, cell, number in connection.execute(RECORDS, {"delivery": delivery.id, **where}):
            if (name := classes.get(short.get(cell, ()))) is not None:
                counts[piece, name] += number
        named = {
            c: {names[n]: w for n, w in zip(used, weight, strict=True) if w} for weight, c in classes.items()
        }  # fmt: skip
        if any(counts.values()):
            found.append(Atoms(year, named, counts))
    return found
