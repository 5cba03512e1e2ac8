"""Protects many cells of a large part at a time: one linear program looks for deviations that serve all of them.

Where it succeeds for a cell, the deviation is the proof. What it does not reach is done cell by cell.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import highspy
import numpy as np

from etl.confidentiality.suppression.attacker import FAR, TOLERANCE, Demand, demands, met
from etl.confidentiality.suppression.table import Bools, Floats, Table

PATIENCE = 2
"""Draws of signs in a row that serve hardly any demand; after them what is left is asked for one by one."""
SLOW = 2_000
"""Tables with more cells cost too much to ask for one cell at a time in haste."""
FORCE = 50.0
"""What a demand is worth against the price of all that may be hidden for it."""


@dataclass(frozen=True)
class Bulk:
    """A pattern, and the cells that nothing protects in full."""

    hidden: Bools
    weak: tuple[int, ...]


class _Flows:
    """Deviations split into ups (columns 0 … n - 1) and downs (n … 2n - 1); rows are the relations."""

    def __init__(self, table: Table) -> None:
        self.table = table
        n = table.cells
        largest = max((d.least for d in demands(table)), default=1.0)
        may = ~table.fixed
        self.above = np.minimum(table.room_above, FAR * largest) * may
        self.below = np.minimum(table.room_below, FAR * largest) * may
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = 2 * n, table.relations
        lp.col_cost_ = np.zeros(2 * n)
        lp.col_lower_ = np.zeros(2 * n)
        lp.col_upper_ = np.concatenate([self.above, self.below])
        lp.row_lower_ = np.zeros(table.relations)
        lp.row_upper_ = np.zeros(table.relations)
        row = np.repeat(np.arange(table.relations), np.diff(table.start))
        index = np.concatenate([table.cell, table.cell + n])
        value = np.concatenate([table.coefficient, -table.coefficient])
        order = np.argsort(np.concatenate([row, row]), kind="stable")
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_ = (2 * table.start).astype(np.int32)
        lp.a_matrix_.index_ = index[order].astype(np.int32)
        lp.a_matrix_.value_ = value[order]
        self.model = highspy.Highs()  # type: ignore[no-untyped-call]
        self.model.setOptionValue("output_flag", False)
        self.model.setOptionValue("threads", 1)
        self.model.passModel(lp)

    def best(self, wanted: list[Demand], hidden: Bools, price: Floats) -> Floats:
        """Deviations that serve as many of the demands as possible, at a small price of what is not hidden yet."""
        n = self.table.cells
        rate = np.where(hidden, 0.0, price)
        least = np.full(n, np.inf)
        for d in wanted:
            least[d.cell] = d.least
        caps = [np.minimum(side, least) for side in (self.above, self.below)]
        typical = float(np.median([d.least for d in wanted]))
        costs = np.concatenate([rate / np.maximum(np.minimum(c, typical), TOLERANCE) for c in caps])
        for d in wanted:
            up, down = d.cell, d.cell + n
            gain, other = (up, down) if d.sign > 0 else (down, up)
            costs[gain] -= FORCE * max(1.0, float(price.max(initial=1.0))) / d.least
            caps[0 if other == up else 1][d.cell] = 0.0
        every = np.arange(2 * n, dtype=np.int32)
        self.model.changeColsBounds(2 * n, every, np.zeros(2 * n), np.concatenate(caps))
        self.model.changeColsCost(2 * n, every, costs)
        self.model.run()
        if self.model.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            self.model.clearSolver()
            self.model.run()
        values = np.asarray(self.model.getSolution().col_value)
        deviation: Floats = values[:n] - values[n:]
        return deviation


def _served(wanted: Iterable[Demand], deviation: Floats) -> list[Demand]:
    return [d for d in wanted if met(d, d.sign * float(deviation[d.cell]))]


def _draw(open_: list[Demand], rng: np.random.Generator) -> list[Demand]:
    """One demand of each cell, in a random direction where both are open."""
    chosen: dict[int, Demand] = {}
    for d in open_:
        if d.cell not in chosen or rng.random() < 0.5:
            chosen[d.cell] = d
    return list(chosen.values())


def protect_in_bulk(table: Table, *, haste: bool = False) -> Bulk:
    """A pattern for a large table; deterministic. In ``haste`` what many at a time do not reach counts as weak."""
    flows, rng = _Flows(table), np.random.default_rng(1)
    hidden = table.primary.copy()
    open_ = demands(table)
    # first with what is hidden already, then with what has to be added; until draws of signs no longer help
    for price in (np.full(table.cells, 1e6), table.cost):
        idle = 0
        while open_ and idle < PATIENCE:
            deviation = flows.best(_draw(open_, rng), hidden, price)
            hidden |= np.abs(deviation) > TOLERANCE
            done = {(d.cell, d.sign) for d in _served(open_, deviation)}
            idle = 0 if len(done) * 20 > len(open_) else idle + 1
            open_ = [d for d in open_ if (d.cell, d.sign) not in done]
    weak: list[int] = []
    if haste and table.cells > SLOW:
        return Bulk(hidden, tuple(sorted({d.cell for d in open_})))
    for d in open_:
        deviation = flows.best([d], hidden, table.cost)
        hidden |= np.abs(deviation) > TOLERANCE
        if not met(d, d.sign * float(deviation[d.cell])) and d.cell not in weak:
            weak.append(d.cell)
    return Bulk(hidden, tuple(weak))
