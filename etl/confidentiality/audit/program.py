"""One linear program that is kept: its cells are bounded one after the other, each from where the last one ended."""

from __future__ import annotations

from collections.abc import Sequence

import highspy
import numpy as np
from scipy.sparse import csc_array, csr_array

from etl.confidentiality.audit.system import Bools, Contradiction, Floats, Ints, System

PRIMAL = 4
"""Only the objective changes from program to program: the last solution stays possible."""

NODES = 2_000
"""Budget of an integer program."""

LARGEST = 1e6
"""Figures above are brought into this range, so that tolerances mean the same everywhere."""


def _quiet() -> highspy.Highs:
    model = highspy.Highs()  # type: ignore[no-untyped-call]
    for name, value in (("output_flag", False), ("threads", 1), ("random_seed", 1), ("simplex_strategy", PRIMAL)):
        model.setOptionValue(name, value)
    return model


class Program:
    """The values that unknown cells can take, for one component."""

    def __init__(self, system: System) -> None:
        right = np.concatenate([system.row_lower, system.row_upper])
        finite = np.abs(right[np.abs(right) < highspy.kHighsInf])
        self.unit = max(1.0, float(finite.max(initial=0.0)) / LARGEST)
        self.system = system
        self.by_cell, self.by_relation = csc_array(system.matrix), csr_array(system.matrix)
        self.model = _quiet()
        self.model.passModel(self._described(system))
        self.objective = np.zeros(len(system.lower))
        self.solved = 0

    def _described(self, system: System) -> highspy.HighsLp:
        lp = highspy.HighsLp()
        matrix = csc_array(system.matrix)
        rows, cells = matrix.shape
        lp.num_col_, lp.num_row_ = cells, rows
        lp.col_cost_ = np.zeros(cells)
        lp.col_lower_, lp.col_upper_ = system.lower / self.unit, system.upper / self.unit
        lp.row_lower_, lp.row_upper_ = system.row_lower / self.unit, system.row_upper / self.unit
        lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        lp.a_matrix_.start_ = matrix.indptr
        lp.a_matrix_.index_ = matrix.indices
        lp.a_matrix_.value_ = matrix.data
        return lp

    def _aim(self, cells: Ints | Sequence[int], weight: float) -> None:
        wanted = np.zeros(len(self.objective))
        wanted[np.asarray(cells, dtype=np.int64)] = -weight
        changed = np.flatnonzero(wanted != self.objective).astype(np.int32)
        if len(changed):
            self.model.changeColsCost(len(changed), changed, wanted[changed])
        self.objective = wanted

    def _solution(self) -> Floats:
        return np.asarray(self.model.getSolution().col_value, dtype=np.float64) * self.unit

    def highest(self, cells: Ints | Sequence[int], sign: int = 1) -> Floats:
        """Values of all cells, possible together, with the largest (``sign`` -1: smallest) sum over ``cells``.

        Raises Contradiction where no values are possible.
        """
        self._aim(cells, float(sign))
        self.model.run()
        self.solved += 1
        if self.model.getModelStatus() == highspy.HighsModelStatus.kInfeasible:
            raise Contradiction("relations contradict what is visible")
        if self.model.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            # from anew: what the last solution left behind was of no use
            self.model.clearSolver()
            self.model.run()
        status = self.model.getModelStatus()
        if status == highspy.HighsModelStatus.kInfeasible:
            raise Contradiction("relations contradict what is visible")
        if status != highspy.HighsModelStatus.kOptimal:
            raise ArithmeticError(f"HiGHS: {self.model.modelStatusToString(status)}")
        return self._solution()

    def limit(self, cell: int, low: float, high: float) -> None:
        """Set what is known about a cell to new limits."""
        self.model.changeColBounds(cell, low / self.unit, high / self.unit)

    def whole_state(
        self,
        cells: Ints | Sequence[int] = (),
        sign: int = 0,
        within: tuple[int, float, float] | None = None,
        near: tuple[Floats, Bools] | None = None,
    ) -> tuple[Floats | None, bool]:
        """A state in whole numbers, with a large (``sign`` -1: small) sum over ``cells``, one cell ``within`` limits.

        ``near``: a known state, and the cells that may differ from it. None with True where there is certainly no such
        state, with False where the budget ended before one was found.
        """
        if near is not None:
            return self._whole_near(near, within)
        cost = np.zeros(len(self.objective))
        cost[np.asarray(cells, dtype=np.int64)] = -float(sign)
        return self._solve_whole(self.system, cost, within)

    def _whole_near(
        self, near: tuple[Floats, Bools], within: tuple[int, float, float] | None
    ) -> tuple[Floats | None, bool]:
        """Only the cells that may differ, with the relations they stand in."""
        state, free = near
        cells = np.flatnonzero(free)
        columns = csc_array(self.by_cell[:, cells])
        rows = np.unique(columns.indices)
        held = self.by_relation[rows] @ np.where(free, 0.0, state)
        system = self.system
        inner = System(
            csr_array(csr_array(columns)[rows]), system.row_lower[rows] - held, system.row_upper[rows] - held,
            system.lower[cells], system.upper[cells], system.whole[cells], system.doubtful[cells],
        )  # fmt: skip
        place = None if within is None else (int(np.searchsorted(cells, within[0])), within[1], within[2])
        found, none = self._solve_whole(inner, np.zeros(len(cells)), place)
        if found is None:
            return None, none
        whole = state.copy()
        whole[cells] = found
        return whole, False

    def _solve_whole(
        self, system: System, cost: Floats, within: tuple[int, float, float] | None
    ) -> tuple[Floats | None, bool]:
        model = _quiet()
        lower, upper = system.lower / self.unit, system.upper / self.unit
        if within is not None:
            lower[within[0]] = max(lower[within[0]], within[1] / self.unit)
            upper[within[0]] = min(upper[within[0]], within[2] / self.unit)
            if lower[within[0]] > upper[within[0]]:
                return None, True
        lp = self._described(system)
        lp.col_cost_, lp.col_lower_, lp.col_upper_ = cost, lower, upper
        lp.integrality_ = [
            highspy.HighsVarType.kInteger if w else highspy.HighsVarType.kContinuous for w in system.whole
        ]
        model.passModel(lp)
        model.setOptionValue("mip_max_nodes", NODES)
        model.setOptionValue("mip_rel_gap", 0.2)
        model.run()
        self.solved += 1
        if model.getInfo().primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible:
            return np.asarray(model.getSolution().col_value, dtype=np.float64) * self.unit, False
        return None, model.getModelStatus() == highspy.HighsModelStatus.kInfeasible
