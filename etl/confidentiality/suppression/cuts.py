"""Inequalities that every safe pattern fulfils, from the attacker's programs: Σ coefficient × x ≥ 1.

A dual solution of the attacker's program gives reach(x) ≤ Σ coefficient × x for every pattern x, whatever rooms it was
found with. It is looked for with rooms cut to what the demand asks for: what lies beyond cannot count after the
coefficients are cut down to the demand, and without it a fraction of a wide room looks like safety. Fischetti and
Salazar-González (2001), Management Science 47, 1008-1027, section 3 (capacity constraints and their strengthening).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from etl.confidentiality.suppression.attacker import TOLERANCE, Attacker, demands
from etl.confidentiality.suppression.attacker import met as demand_met
from etl.confidentiality.suppression.table import Bools, Floats, Table

NOISE = 1e-9
LONGEST_PAUSE = 8
"""A demand that was met in a round is looked at again after 1, 2, 4 … 8 rounds."""


@dataclass(frozen=True)
class Cut:
    """Σ ``coefficient`` × x[``index``] ≥ 1 over cells that may be hidden and need not; coefficients at most 1."""

    index: NDArray[np.int32]
    coefficient: Floats

    @property
    def key(self) -> bytes:
        """The same for equal cuts."""
        return self.index.tobytes() + np.round(self.coefficient, 9).tobytes()


class Separator:
    """Finds cuts that a pattern, whole or in fractions, does not fulfil."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.attacker = Attacker(table)
        found = demands(table)
        # the widest first: what fulfils one of them fulfils many narrower ones
        self.demands = [found[n] for n in np.argsort([-d.least for d in found], kind="stable")]
        self._cell = np.array([d.cell for d in self.demands], dtype=np.int64)
        self._sign = np.array([d.sign for d in self.demands], dtype=np.float64)
        self._least = np.array([d.least for d in self.demands], dtype=np.float64)
        self._free = ~table.primary & ~table.fixed
        self._pause = np.zeros(len(self.demands), dtype=np.int64)
        self._next = np.zeros(len(self.demands), dtype=np.int64)
        self._round = 0

    def cuts(self, degree: Floats, violation: float = 1e-3) -> list[Cut]:
        """Cuts that ``degree`` (0 … 1 a cell) misses by more than ``violation``; none: hardly any are left."""
        self._round += 1
        due = self._next <= self._round
        found = self._look(degree, due, violation)
        return found if found else self._look(degree, ~due, violation)

    def _look(self, degree: Floats, which: Bools, violation: float) -> list[Cut]:
        found: dict[bytes, Cut] = {}
        met = ~which
        rooms = -1.0
        share = np.maximum(degree, TOLERANCE)
        for n in range(len(self.demands)):
            if met[n]:
                continue
            demand = self.demands[n]
            if demand.least != rooms:
                rooms = demand.least
                self.attacker.confine(degree, rooms)
            reached = self.attacker.reach(demand.cell, demand.sign)
            deviation = reached.deviation
            # the same deviation, scaled down, serves whoever deviates most in it
            widest = float((np.abs(deviation) / share).max())
            theirs = self._sign * deviation[self._cell]
            met |= (theirs >= self._least - TOLERANCE) & (theirs >= widest - TOLERANCE)
            enough = reached.reach >= demand.least * (1 - violation)
            cut = None if enough else self._cut(reached.coefficients, demand.least)
            if cut is not None and cut.coefficient @ degree[cut.index] < 1 - violation:
                found[cut.key] = cut
                self._pause[n] = 0
            else:
                self._pause[n] = min(LONGEST_PAUSE, max(1, 2 * self._pause[n]))
            self._next[n] = self._round + self._pause[n]
        return list(found.values())

    def _cut(self, coefficients: Floats, least: float) -> Cut | None:
        scaled = np.minimum(coefficients / least, 1.0)
        rest = 1.0 - float(scaled[self.table.primary].sum())
        if rest <= TOLERANCE:
            return None
        index = np.flatnonzero(self._free & (scaled > NOISE))
        return Cut(index.astype(np.int32), np.minimum(scaled[index] / rest, 1.0))

    def refuse(self, hidden: Bools) -> list[Cut]:
        """Cuts that a whole pattern misses; none: it is safe (decided with the rooms as they are)."""
        found = self.cuts(hidden.astype(np.float64), 1e-6)
        if found:
            return found
        self.attacker.hide(hidden)
        met = np.zeros(len(self.demands), dtype=bool)
        for n, demand in enumerate(self.demands):
            if met[n]:
                continue
            reached = self.attacker.reach(demand.cell, demand.sign)
            met |= self._sign * reached.deviation[self._cell] >= self._least - TOLERANCE
            if demand_met(demand, reached.reach):
                continue
            cut = self._cut(reached.coefficients, demand.least)
            if cut is None or cut.coefficient @ hidden[cut.index] > 1 - TOLERANCE:
                # too coarse in numbers; but more than these cells must be hidden in any case
                index = np.flatnonzero(self._free & ~hidden).astype(np.int32)
                cut = Cut(index, np.ones(len(index)))
            found.append(cut)
        return found
