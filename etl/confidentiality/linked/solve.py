"""A joint pattern for all parts of a system, and what it means for the released values."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from etl.confidentiality.linked.candidates import ValueKey
from etl.confidentiality.linked.cells import Key
from etl.confidentiality.linked.system import Component, System, components
from etl.confidentiality.suppression.heuristic import Impossible, Patterns
from etl.confidentiality.suppression.optimum import Budget, Outcome, suppress
from etl.confidentiality.suppression.table import Bools, Table

SMALL = Budget(seconds=20.0, relaxations=30, searches=10, improvements=4)
LARGEST = 4_000
"""Parts with more cells are solved by the heuristic alone."""


@dataclass(frozen=True)
class Joint:
    """The joint pattern. ``hidden``: cells of the system; ``price`` and ``bound``: cost of the secondaries.

    ``unprotected``: primaries that cannot be protected in full, even with everything hidden that may be.
    ``stopped``: parts that the safety stop ended.
    """

    hidden: Bools
    price: float
    bound: float
    parts: int
    seconds: float
    stopped: int
    unprotected: tuple[Key, ...]

    @property
    def gap(self) -> float:
        """(price - bound) / price; 0 for a proven optimum."""
        return 0.0 if self.price <= 0 else max(0.0, (self.price - self.bound) / self.price)


def _lowered(table: Table, cell: int) -> Table:
    """The table with less asked for a cell: a deviation of 1 to either side, then none."""
    up, down = table.upper_protection.copy(), table.lower_protection.copy()
    least = 1.0 if max(up[cell], down[cell]) > 1.0 else 0.0
    up[cell], down[cell] = min(up[cell], least), min(down[cell], least)
    return replace(table, upper_protection=up, lower_protection=down)


def solve_part(part: Component, budget: Budget = SMALL) -> tuple[Outcome, list[int]]:
    """The pattern of one part, and its cells that cannot be protected in full (numbers in the part)."""
    table = part.table
    weak: list[int] = []
    while True:
        try:
            if table.cells > LARGEST:
                hidden = Patterns(table).start()
                return Outcome(hidden, table.price(hidden), 0.0), weak
            return suppress(table, budget), weak
        except Impossible as error:
            if error.cell not in weak:
                weak.append(error.cell)
            table = _lowered(table, error.cell)


def solve(system: System, budget: Budget = SMALL, tell: Callable[[str], None] = lambda _text: None) -> Joint:
    """A pattern that hides every primary of the system and protects it jointly; deterministic.

    Parts are independent of each other. The budget is one part's.
    """
    begun = time.monotonic()
    hidden = system.hidden_anyway
    hidden |= np.array([c.primary for c in system.cells], dtype=bool)
    price = bound = 0.0
    stopped = 0
    unprotected: list[Key] = []
    parts = components(system)
    for number, part in enumerate(parts, start=1):
        found, weak = solve_part(part, budget)
        hidden[part.cells[found.hidden]] = True
        price, bound = price + found.price, bound + found.bound
        stopped += found.stopped
        unprotected += [system.cells[part.cells[w]].key for w in weak]
        tell(f"Teil {number} von {len(parts)}: {part.table.cells} Zellen, Kosten {found.price:.0f}")
    return Joint(hidden, price, bound, len(parts), time.monotonic() - begun, stopped, tuple(unprotected))


def withheld_values(system: System, hidden: Bools) -> frozenset[ValueKey]:
    """The values that a pattern withholds: those of which numerator, denominator or complement is hidden.

    A value made of the districts' counts in no linear way needs all of them.
    """
    return frozenset(value for value, cells in system.values.items() if hidden[list(cells)].any())
