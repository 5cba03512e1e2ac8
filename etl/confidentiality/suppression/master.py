"""Which cells to hide, as far as the cuts found so far know: a linear relaxation and whole decisions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import highspy
import numpy as np

from etl.confidentiality.suppression.attacker import TOLERANCE
from etl.confidentiality.suppression.cuts import Cut
from etl.confidentiality.suppression.table import Bools, Floats, Table

NONE = np.empty(0, np.int32)


@dataclass(frozen=True)
class Whole:
    """The best whole pattern under the cuts, a bound on all of them, and the nodes searched."""

    hidden: Bools
    bound: float
    nodes: int


class Master:
    """Cells are decided 0 or 1, primaries are 1; costs are scaled inside, prices and bounds are not.

    A hidden cell alone in a relation hides nothing: at least one other cell of each of its relations is hidden too
    (bridgeless inequalities), which holds for every pattern worth its cost.
    """

    def __init__(self, table: Table) -> None:
        self.table = table
        self.cuts = 0
        self._known: set[bytes] = set()
        self.model = highspy.Highs()  # type: ignore[no-untyped-call]
        for option, value in (("output_flag", False), ("threads", 1), ("random_seed", 1)):
            self.model.setOptionValue(option, value)
        n = table.cells
        self.lower = table.primary.astype(np.float64)
        self.upper = (~table.fixed).astype(np.float64)
        cost = np.where(table.primary, 0.0, table.cost)
        self.scale = max(1.0, float(cost.max(initial=1.0)) / 1000.0)
        self._everything = np.arange(n, dtype=np.int32)
        self.model.addCols(n, cost / self.scale, self.lower, self.upper, 0, NONE, NONE, np.empty(0))
        self._bridges()

    def _bridges(self) -> None:
        table = self.table
        # what is hidden without asking for anything may be computed: it needs no company
        asks = table.upper_protection + table.lower_protection + table.sliding > TOLERANCE
        for r in range(table.relations):
            cells = table.cell[table.start[r] : table.start[r + 1]]
            cells = cells[~table.fixed[cells]]
            # two that ask for company in the row keep each other company
            company = int((table.primary[cells]).sum())
            for cell in cells[~table.primary[cells] | asks[cells]]:
                if company - int(table.primary[cell]) > 0:
                    continue
                others = cells[cells != cell]
                index = np.concatenate([others, [cell]]).astype(np.int32)
                self.model.addRow(0.0, highspy.kHighsInf, len(index), index, np.append(np.ones(len(others)), -1.0))

    def add(self, cuts: Iterable[Cut]) -> int:
        """Add cuts that are new; returns their number."""
        fresh = [c for c in {c.key: c for c in cuts}.values() if c.key not in self._known]
        for cut in fresh:
            self._known.add(cut.key)
            self.model.addRow(1.0, highspy.kHighsInf, len(cut.index), cut.index, cut.coefficient)
        self.cuts += len(fresh)
        return len(fresh)

    def relaxed(self) -> tuple[Floats, float]:
        """Solution and value of the linear relaxation."""
        self.model.run()
        value = self.model.getInfo().objective_function_value * self.scale
        return np.clip(np.asarray(self.model.getSolution().col_value), 0.0, 1.0), value

    def exclude(self, value: float, price: float) -> int:
        """Fix what no pattern cheaper than ``price`` can have, by the reduced costs of a relaxation of ``value``."""
        reduced = np.asarray(self.model.getSolution().col_dual) * self.scale
        margin = price - value + TOLERANCE * max(1.0, price)
        out = (reduced > margin) & (self.lower < self.upper)
        sure = (-reduced > margin) & (self.lower < self.upper)
        self.upper[out] = 0.0
        self.lower[sure] = 1.0
        if out.any() or sure.any():
            self.model.changeColsBounds(self.table.cells, self._everything, self.lower, self.upper)
        return int(out.sum() + sure.sum())

    def whole(self, seconds: float, gap: float, absolute: float, start: Bools | None = None) -> Whole:
        """The best whole pattern as far as the cuts know, up to a relative or an ``absolute`` gap."""
        model, n = self.model, self.table.cells
        model.changeColsIntegrality(n, self._everything, np.full(n, highspy.HighsVarType.kInteger))
        model.setOptionValue("time_limit", model.getRunTime() + max(1.0, seconds))
        model.setOptionValue("mip_rel_gap", gap)
        model.setOptionValue("mip_abs_gap", absolute / self.scale)
        if start is not None:
            solution = highspy.HighsSolution()
            solution.col_value = start.astype(np.float64).tolist()
            model.setSolution(solution)
        model.run()
        info = model.getInfo()
        hidden = np.asarray(model.getSolution().col_value) > 0.5
        found = Whole(hidden | self.table.primary, info.mip_dual_bound * self.scale, int(info.mip_node_count))
        model.changeColsIntegrality(n, self._everything, np.full(n, highspy.HighsVarType.kContinuous))
        model.setOptionValue("time_limit", highspy.kHighsInf)
        return found
