"""Sums over persons or cases: withheld where few contribute, or where one of them outweighs the others.

The n largest may make up at most k % of a sum (dominance), and whoever knows his own part may not estimate the largest
one more closely than by p %: sum - largest - second ≥ p % of the largest. Hundepool et al. (2012), Statistical
Disclosure Control, chapter 4.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

from sqlalchemy import Connection

from etl.catalogue import Catalogue, Policy
from etl.confidentiality.linked.atoms import DELIVERIES, RECORDS, Named, Pieces
from etl.confidentiality.linked.build import Builder
from etl.confidentiality.linked.cells import shape_of
from etl.confidentiality.linked.system import DOMINANT, FEWER, Cell
from etl.intake.counting import cell_weights

SAFE = 20.0
"""A sum of that many times the largest possible part has many contributors, none of which outweighs the others."""


def sum_rule(parts: Counter[float], policy: Policy) -> str:
    """The rule that a sum breaks, "" for none. ``parts``: contribution → number of persons or cases with it."""
    if sum(parts.values()) < policy.min_contributors:
        return FEWER
    largest = [w for w in sorted(parts, reverse=True)[: max(2, policy.dominance_n)] for _ in range(int(parts[w]))]
    total = sum(w * n for w, n in parts.items())
    if sum(largest[: policy.dominance_n]) > policy.dominance_k / 100 * total:
        return DOMINANT
    if total - sum(largest[:2]) < policy.dominance_p / 100 * largest[0]:
        return DOMINANT
    return ""


def judge_sums(connection: Connection, catalogue: Catalogue, builder: Builder, pieces: Pieces) -> None:
    """Make sums primary that break a rule: those of the system over sources of counted rows."""
    wanted: dict[tuple[str, int], dict[Named, list[Cell]]] = defaultdict(lambda: defaultdict(list))
    for cell in builder.system.cells:
        if cell.key.kind != "measure" or not cell.value:
            continue
        measure = catalogue.measure[cell.key.name]
        # of tables by area nobody knows who contributes
        source = catalogue.source[measure.source] if measure.source is not None else None
        if measure.kind == "sum" and measure.confidential and source is not None and source.kind == "records":
            wanted[source.code, cell.key.year][cell.key.name, cell.key.group].append(cell)
    for (code, year), cells in wanted.items():
        _judge_year(connection, catalogue, builder, pieces, code, year, cells)


def _judge_year(  # noqa: PLR0917
    connection: Connection,
    catalogue: Catalogue,
    builder: Builder,
    pieces: Pieces,
    source: str,
    year: int,
    cells: dict[Named, list[Cell]],
) -> None:
    mine = tuple(m for m in catalogue.measures_of(source) if any(m.code == name for name, _ in cells))
    shape = shape_of(catalogue, mine[0].code)
    for delivery in connection.execute(DELIVERIES, {"source": source}).all():
        if int(delivery.period[:4]) != year or not shape.search(delivery.period):
            continue
        names, weights = cell_weights(connection, mine, catalogue.source[source], delivery.reference_date)
        index = {name: n for n, name in enumerate(names)}
        most = {name: max((w[index[name]] for w in weights.values()), default=0.0) for name in cells if name in index}
        doubtful = [n for n in most if any((c.value or 0) < SAFE * most[n] for c in cells[n])]
        if not doubtful:
            continue
        where = {"blocks": list(pieces.of_block), "pieces": list(pieces.of_block.values())}
        found: dict[tuple[Named, int], Counter[float]] = defaultdict(Counter)
        for piece, number, persons in connection.execute(RECORDS, {"delivery": delivery.id, **where}):
            for name in doubtful:
                if weight := weights.get(number, ())[index[name] : index[name] + 1]:
                    found[name, piece][weight[0]] += persons if weight[0] else 0
        for name in doubtful:
            for cell in cells[name]:
                inside = _pieces_of(builder, pieces, cell.key.place)
                parts: Counter[float] = Counter()
                for piece in inside:
                    parts.update({w: n for w, n in found[name, piece].items() if w})
                if rule := sum_rule(parts, catalogue.policy):
                    cell.primary, cell.rule = True, rule
                    cell.up = cell.down = max(1.0, catalogue.policy.dominance_p / 100 * (cell.value or 0.0))


def _pieces_of(builder: Builder, pieces: Pieces, unit: int) -> Iterable[int]:
    """The pieces of a unit of any level, those that could not be located for the whole."""
    units, found = [unit], set()
    while units:
        one = units.pop()
        found |= set(pieces.of_unit.get(one, ()))
        units += [k for level in builder.units.children.get(one, []) for k in level]
        if (nowhere := builder.units.not_located.get(one)) is not None:
            units.append(nowhere)
    return sorted(found)
