"""A joint pattern for all parts of a system, and what it means for the released values."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from etl.confidentiality.linked.bulk import protect_in_bulk
from etl.confidentiality.linked.candidates import ValueKey
from etl.confidentiality.linked.cells import Key
from etl.confidentiality.linked.noise import Noise
from etl.confidentiality.linked.parts import Component, components
from etl.confidentiality.linked.reading import Reading
from etl.confidentiality.linked.system import System
from etl.confidentiality.suppression.attacker import Attacker, demands, met
from etl.confidentiality.suppression.heuristic import Impossible, Patterns
from etl.confidentiality.suppression.optimum import Budget, suppress
from etl.confidentiality.suppression.table import Bools, Table

SMALL = Budget(seconds=20.0, relaxations=30, searches=10, improvements=4)
EXACT_WORK, THIN_WORK = 6_000, 3_000_000
"""Cells × demands of a part up to which a proof is sought, and up to which needless secondaries are shown again."""
TRIALS = 20_000
"""Demands × secondaries that are tried to be shown again in one part, the dearest first."""
MANY = 3_000
"""Systems with more primaries are protected in haste: they are sparse, and most of what they show is hidden anyway."""


@dataclass(frozen=True)
class Solved:
    """A part's pattern with price and bound, and its cells that cannot be protected in full (numbers in the part)."""

    hidden: Bools
    price: float
    bound: float
    weak: tuple[int, ...] = ()
    stopped: bool = False


@dataclass(frozen=True)
class Joint:
    """The joint pattern. ``hidden``: cells of the system; ``price`` and ``bound``: cost of the secondaries.

    ``unprotected``: primaries that cannot be protected in full, even with everything hidden that may be.
    ``crowded``: those of them in parts so large that no more is tried.
    ``stopped``: parts that the safety stop ended. ``solved``: each part's pattern by its digest; ``reused``: how many
    of them were known before.
    """

    hidden: Bools
    price: float
    bound: float
    parts: int
    seconds: float
    stopped: int
    unprotected: tuple[Key, ...]
    crowded: frozenset[Key] = frozenset()
    solved: dict[str, Solved] = field(default_factory=dict)
    reused: int = 0

    @property
    def gap(self) -> float:
        """(price - bound) / price; 0 for a proven optimum."""
        return 0.0 if self.price <= 0 else max(0.0, (self.price - self.bound) / self.price)


def _lowered(table: Table, cell: int) -> Table:
    """The table with no more asked for a cell than everything hidden together gives."""
    up, down = table.upper_protection.copy(), table.lower_protection.copy()
    attacker = Attacker(table)
    attacker.hide(~table.fixed)
    up[cell] = min(up[cell], max(0.0, attacker.reach(cell, 1).reach) * LITTLE_LESS)
    down[cell] = min(down[cell], max(0.0, attacker.reach(cell, -1).reach) * LITTLE_LESS)
    return replace(table, upper_protection=up, lower_protection=down)


LITTLE_LESS = 1 - 1e-6
"""So that rounding asks for nothing impossible."""


def _one_by_one(table: Table) -> Bools | None:
    """Demand by demand, then the dearest secondaries shown again that nobody needs; None where one cannot be met."""
    patterns = Patterns(table)
    try:
        hidden = patterns.repair(table.primary.copy())
    except Impossible:
        return None
    secondary = np.flatnonzero(hidden & ~table.primary)
    dearest = secondary[np.argsort(-table.cost[secondary], kind="stable")]
    return patterns.thin(hidden, dearest[: max(20, TRIALS // max(1, len(patterns.demands)))])


def solve_part(part: Component, budget: Budget = SMALL, *, haste: bool = False) -> Solved:
    """The pattern of one part: with a proof where it is small, else the best that the heuristics find."""
    table = part.table
    work = table.cells * len(demands(table))
    if work > EXACT_WORK or haste:
        if not haste and work <= THIN_WORK and (hidden := _one_by_one(table)) is not None:
            return Solved(hidden, table.price(hidden), 0.0)
        found = protect_in_bulk(table, haste=haste)
        return Solved(found.hidden, table.price(found.hidden), 0.0, found.weak)
    weak: list[int] = []
    while True:
        try:
            outcome = suppress(table, budget)
        except Impossible as error:
            weak.append(error.cell)
            table = _lowered(table, error.cell)
        else:
            return Solved(outcome.hidden, outcome.price, outcome.bound, tuple(weak), outcome.stopped)


def _holds(part: Component, found: Solved) -> bool:
    """Whether a pattern from before hides every primary and meets every demand but those of its weak cells."""
    if len(found.hidden) != part.table.cells or (part.table.primary & ~found.hidden).any():
        return False
    attacker = Attacker(part.table)
    attacker.hide(found.hidden)
    asked = (d for d in demands(part.table) if d.cell not in found.weak)
    return all(met(d, attacker.reach(d.cell, d.sign).reach) for d in asked)


def solve(
    system: System,
    noise: Noise | None = None,
    *,
    budget: Budget = SMALL,
    known: Mapping[str, Solved] | None = None,
    tell: Callable[[str], None] = lambda _text: None,
) -> Joint:
    """A pattern that hides every primary of the system and protects it jointly; deterministic.

    Parts are independent of each other. The budget is one part's; ``known``: patterns of parts solved before.
    """
    begun = time.monotonic()
    hidden = system.hidden_anyway | system.primary
    price = bound = 0.0
    unprotected: list[Key] = []
    crowded: set[Key] = set()
    solved: dict[str, Solved] = {}
    before = known or {}
    parts = components(system, noise)
    haste = int(system.primary.sum()) > MANY
    for number, part in enumerate(parts, start=1):
        found = before.get(part.digest) or solved.get(part.digest)
        if found is None or not _holds(part, found):
            found = solve_part(part, budget, haste=haste)
        solved[part.digest] = found
        hidden[part.cells[found.hidden]] = True
        price, bound = price + found.price, bound + found.bound
        weak = [system.cells[part.cells[w]].key for w in found.weak]
        unprotected += weak
        crowded |= set(weak) if part.table.cells > CROWDED else set()
        tell(f"Teil {number} von {len(parts)}: {part.table.cells} Zellen, Kosten {found.price:.0f}")
    return Joint(
        hidden=hidden, price=price, bound=bound, parts=len(parts), seconds=time.monotonic() - begun,
        stopped=sum(s.stopped for s in solved.values()), unprotected=tuple(unprotected),
        crowded=frozenset(crowded), solved=solved,
        reused=len(before.keys() & solved.keys()),
    )  # fmt: skip


CROWDED = 5_000
"""Parts with more cells are not made larger for the sake of a cell that nothing in them protects."""
STEPS = 3
"""How often more may be hidden where something cannot be protected."""


def solve_widening(
    reading: Reading,
    *,
    budget: Budget = SMALL,
    known: Mapping[str, Solved] | None = None,
    tell: Callable[[str], None] = lambda _text: None,
) -> Joint:
    """The joint pattern of a reading; where a cell cannot be protected, more around it may be hidden.

    What even that does not protect is not released at all: everything that shares a relation with it is hidden.
    """
    before = dict(known or {})
    system = reading.tie()
    joint = solve(system, reading.noise, budget=budget, known=before, tell=tell)
    reused, solved = joint.reused, dict(joint.solved)
    for step in range(1, STEPS + 1):
        weak = [system.cells[system.index[key]] for key in joint.unprotected if key not in joint.crowded]
        if not weak or system.primary.sum() > MANY:
            break
        tell(f"{len(weak)} Zellen brauchen mehr Spielraum: Stufe {step}")
        noise = reading.noise.wider(system, weak, reading.source_of, step)
        system = reading.tie(noise)
        before |= solved
        joint = solve(system, noise, budget=budget, known=before, tell=tell)
        solved |= joint.solved
    hidden = joint.hidden
    lost = {system.index[key] for key in joint.unprotected}
    for relation in system.relations if lost else ():
        if any(n in lost for n, _ in relation):
            hidden[[n for n, _ in relation]] = True
    return replace(joint, hidden=hidden, reused=reused, solved=solved)


def withheld_values(system: System, hidden: Bools) -> frozenset[ValueKey]:
    """The values that a pattern withholds: those of which numerator, denominator or complement is hidden.

    A value made of the districts' counts in no linear way needs all of them.
    """
    return frozenset(value for value, cells in system.values.items() if hidden[list(cells)].any())
