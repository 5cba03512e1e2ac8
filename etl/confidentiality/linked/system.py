"""The linear system of a release: every cell that is shown or that ties shown ones together, and all relations.

A cell that no value shows is hidden anyway: it costs nothing and cannot be shown again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from etl.confidentiality.linked.candidates import ValueKey
from etl.confidentiality.linked.cells import HIGHEST, Key
from etl.confidentiality.suppression.table import Bools

EXACT = 1e-6
SMALL, TERM, FEW, UNKNOWN = "klein", "glied", "wenige_einwohner", "zurueckgehalten"
FEWER, DOMINANT, EARLIER = "beitragende", "dominanz", "frueher"
"""Rules that make a cell primary: a small count; one that no value shows by itself, only within sums; too few
inhabitants; withheld by who delivered it; a sum of too few contributors, or of one that outweighs the others; withheld
before beside a count that has been corrected since."""

Relation = tuple[tuple[int, float], ...]


@dataclass(slots=True)
class Cell:
    """One unknown: its true value, what is known about it anyway, how it is protected.

    ``value`` None until a consistent one is found: whoever delivered it withholds it (``unknown``). ``fixed``: stays
    visible, because an earlier edition shows it. ``rule``: why it is primary. ``up`` and ``down``: how far an attacker
    must be off at least where that is not told by the threshold. ``base``: measures and groups that it is made of.
    """

    key: Key
    value: float | None
    lower: float = 0.0
    upper: float = HIGHEST
    shown: bool = False
    primary: bool = False
    fixed: bool = False
    unknown: bool = False
    threshold: float = 0.0
    cost: float = 0.0
    up: float = 0.0
    down: float = 0.0
    rule: str = ""
    base: frozenset[tuple[str, str]] = frozenset()


@dataclass
class System:
    """Cells, relations Σ coefficient × cell = 0, and which cells each released value shows.

    A value made in no linear way (segregation) lists the districts' cells it is made of.
    ``left_out``: relations that the counts themselves do not fulfil (estimates, breaks) and that nobody could use.
    """

    cells: list[Cell] = field(default_factory=list)
    index: dict[Key, int] = field(default_factory=dict)
    relations: list[Relation] = field(default_factory=list)
    values: dict[ValueKey, tuple[int, ...]] = field(default_factory=dict)
    left_out: int = 0

    def add(self, cell: Cell) -> int:
        """The number of a cell, entered where it is new."""
        number = self.index.setdefault(cell.key, len(self.cells))
        if number == len(self.cells):
            self.cells.append(cell)
        return number

    def relate(self, terms: Iterable[tuple[int, float]]) -> None:
        """Enter a relation, if the known values fulfil it."""
        total: dict[int, float] = defaultdict(float)
        for number, coefficient in terms:
            total[number] += coefficient
        relation = tuple((n, c) for n, c in total.items() if c)
        result, scale = 0.0, 1.0
        for n, c in relation:
            if (value := self.cells[n].value) is None:
                break
            result += c * value
            scale += abs(c * value)
        else:
            if abs(result) > EXACT * scale:
                self.left_out += 1
                return
        if len(relation) > 1:
            self.relations.append(relation)

    def cut(self, cells: int, relations: int) -> None:
        """Take back everything entered after that many cells and relations."""
        for cell in self.cells[cells:]:
            del self.index[cell.key]
        del self.cells[cells:], self.relations[relations:]

    @property
    def hidden_anyway(self) -> Bools:
        """Cells that no value shows."""
        return np.array([not c.shown for c in self.cells], dtype=bool)

    @property
    def primary(self) -> Bools:
        """Cells that must be hidden for their own sake."""
        return np.array([c.primary for c in self.cells], dtype=bool)
