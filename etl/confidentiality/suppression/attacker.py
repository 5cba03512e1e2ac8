"""What an attacker can compute: the range of a hidden cell by linear programming, and the cut a too narrow one gives.

Everything is in deviations z from the true values: Σ coefficient × z = 0, and a cell that is hidden to the degree x
(0 … 1) may deviate by at most x × its room below and above. Fischetti and Salazar-González (2001), "Solving the cell
suppression problem on tabular data with linear constraints", Management Science 47, 1008-1027.
"""

from __future__ import annotations

from dataclasses import dataclass

import highspy
import numpy as np

from etl.confidentiality.suppression.table import Bools, Floats, Table

TOLERANCE = 1e-6
PRIMAL = 4
FAR = 1000.0
"""Rooms wider than this many times the largest protection level are cut to it: enough to protect, easier to compute."""


@dataclass(frozen=True)
class Demand:
    """A primary cell must be able to deviate by ``least`` upwards (``sign`` 1) or downwards (-1)."""

    cell: int
    sign: int
    least: float


@dataclass(frozen=True)
class Reach:
    """How far the attacker must reckon with: ``reach``, the deviations that attain it and the cut's coefficients."""

    reach: float
    deviation: Floats
    coefficients: Floats


def demands(table: Table) -> list[Demand]:
    """What the pattern must fulfil, cell by cell: a deviation of at least the protection level on either side."""
    found = []
    for cell in table.primaries:
        up, down = float(table.upper_protection[cell]), float(table.lower_protection[cell])
        width = float(table.sliding[cell])
        # a width to be had on either side: asked for above, where room is not limited by 0
        up = max(up, width - down)
        found += [Demand(int(cell), s, least) for s, least in ((1, up), (-1, down)) if least > TOLERANCE]
    return found


class Attacker:
    """The attacker's linear program; ``hide`` sets the pattern, ``reach`` asks how far a cell can deviate."""

    def __init__(self, table: Table, among: Bools | None = None) -> None:
        """``among``: the only cells that will ever be hidden; fewer make the program smaller."""
        self.table = table
        largest = max((d.least for d in demands(table)), default=1.0)
        self.below = np.minimum(table.room_below, FAR * largest)
        self.above = np.minimum(table.room_above, FAR * largest)
        self.hidden = np.zeros(table.cells)
        self._cells = np.arange(table.cells) if among is None else np.flatnonzero(among)
        self._column = np.full(table.cells, -1)
        self._column[self._cells] = np.arange(len(self._cells))
        self._columns = np.arange(len(self._cells), dtype=np.int32)
        self._model = highspy.Highs()  # type: ignore[no-untyped-call]
        self._model.setOptionValue("output_flag", False)
        self._model.setOptionValue("threads", 1)
        # the deviation 0 is always possible: only the objective changes between two questions
        self._model.setOptionValue("simplex_strategy", PRIMAL)
        self._model.passModel(self._problem())
        self._model.changeObjectiveSense(highspy.ObjSense.kMaximize)
        self._asked = -1

    def _problem(self) -> highspy.HighsLp:
        table = self.table
        row = np.repeat(np.arange(table.relations), np.diff(table.start))
        kept = self._column[table.cell] >= 0
        rows, row = np.unique(row[kept], return_inverse=True)
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = len(self._cells), len(rows)
        lp.col_cost_ = np.zeros(len(self._cells))
        lp.col_lower_ = np.zeros(len(self._cells))
        lp.col_upper_ = np.zeros(len(self._cells))
        lp.row_lower_ = np.zeros(len(rows))
        lp.row_upper_ = np.zeros(len(rows))
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_ = np.searchsorted(row, np.arange(len(rows) + 1)).astype(np.int32)
        lp.a_matrix_.index_ = self._column[table.cell[kept]].astype(np.int32)
        lp.a_matrix_.value_ = table.coefficient[kept]
        return lp

    def _bounds(self, below: Floats, above: Floats) -> None:
        self._model.changeColsBounds(len(self._cells), self._columns, -below[self._cells], above[self._cells])

    def hide(self, degree: Floats | Bools) -> None:
        """Hide cells to a degree 0 … 1 (fractions occur while the optimum is being bounded)."""
        self.hidden = np.clip(np.asarray(degree, dtype=np.float64), 0, 1)
        self._bounds(self.below * self.hidden, self.above * self.hidden)

    def set(self, cell: int, hidden: bool) -> None:
        """Hide or show a single cell."""
        self.hidden[cell] = float(hidden)
        self._model.changeColBounds(int(self._column[cell]), -self.below[cell] * hidden, self.above[cell] * hidden)

    def confine(self, degree: Floats, least: float) -> None:
        """Hide cells to a degree, with rooms no wider than ``least``; ``reach`` still has the rooms as they are."""
        self.hidden = degree
        self._bounds(np.minimum(self.below, least) * degree, np.minimum(self.above, least) * degree)

    def reach(self, cell: int, sign: int) -> Reach:
        """The largest deviation of a cell in a direction.

        The coefficients hold for every pattern (of ``among``), by weak duality: however far the cell can deviate under
        x, it is at most Σ coefficient × x, with the rooms as they are.
        """
        column = int(self._column[cell])
        if self._asked not in (-1, column):
            self._model.changeColCost(self._asked, 0.0)
        self._model.changeColCost(column, float(sign))
        self._asked = column
        self._model.run()
        if self._model.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            self._model.clearSolver()
            self._model.run()
        solution = self._model.getSolution()
        deviation, reduced = np.zeros(self.table.cells), np.zeros(self.table.cells)
        deviation[self._cells] = solution.col_value
        # reduced costs at the optimum, for maximisation: positive where a wider upper limit would help
        reduced[self._cells] = solution.col_dual
        coefficients = np.maximum(reduced, 0) * self.above + np.maximum(-reduced, 0) * self.below
        return Reach(float(sign * deviation[cell]), deviation, coefficients)


def met(demand: Demand, reach: float) -> bool:
    """Whether a reach is enough, up to rounding."""
    return reach >= demand.least - TOLERANCE * max(1.0, demand.least)
