"""The linear relaxation of the medoid model in HiGHS, with rows added as they are needed.

Columns: x[i, j] for the pairs that are not proven useless (x[j, j] says that j is a medoid), and for each medoid the
persons above and below the target. Rows: every block once, k medoids, persons of a district, no block without its
medoid, connectivity cuts. The band is kept by the bounds of the persons above and below.
"""

from __future__ import annotations

from dataclasses import dataclass

import highspy
import numpy as np
import numpy.typing as npt

from etl.districts.zoning.certify_cuts import Cut
from etl.districts.zoning.medoid import Floats, Problem

Bools = npt.NDArray[np.bool_]
Rows = list[tuple[list[int], list[float]]]
INFINITE = highspy.kHighsInf


@dataclass(frozen=True)
class Solved:
    """What HiGHS found: its status, the bound it proves, and for each pair ``[j, i]`` share and reduced cost."""

    status: str
    bound: float
    shares: Floats
    reduced: Floats


class Model:
    """One model over the pairs ``may[j, i]``; rows can be added to it. ``scale`` multiplies its costs in the solver."""

    def __init__(self, part: Problem, may: Bools, seed: int, scale: float) -> None:
        self.part = part
        self.scale = scale
        self.may = may
        self.medoid, self.block = np.nonzero(may)
        self.column = np.full(may.shape, -1, dtype=np.int64)
        self.column[self.medoid, self.block] = np.arange(len(self.medoid))
        self.centres = np.flatnonzero(may.diagonal())
        self.highs = highspy.Highs()  # type: ignore[no-untyped-call]
        for option, setting in (
            ("output_flag", False),
            ("threads", 1),
            ("parallel", "off"),
            ("random_seed", seed),
        ):
            self.highs.setOptionValue(option, setting)
        self._columns()
        self._rows()

    def _columns(self) -> None:
        part, pairs, centres = self.part, len(self.medoid), len(self.centres)
        cost = np.concatenate([part.cost[self.block, self.medoid], np.full(2 * centres, part.deviation)])
        cost *= self.scale
        self.used = np.zeros(pairs, dtype=bool)
        self.fixed = np.zeros(pairs, dtype=bool)
        self.highs.addVars(pairs + 2 * centres, np.zeros(len(cost)), np.full(len(cost), INFINITE))
        self.highs.changeColsCost(len(cost), np.arange(len(cost), dtype=np.int32), cost)
        self.above = pairs + np.arange(centres)
        self.below = self.above + centres

    def _rows(self) -> None:
        part, band = self.part, self.part.band
        rows: Rows = []
        by_block = np.argsort(self.block, kind="stable")
        cuts = np.searchsorted(self.block[by_block], np.arange(part.n + 1))
        for i in range(part.n):
            mine = by_block[cuts[i] : cuts[i + 1]]
            rows.append((mine.tolist(), [1.0] * len(mine)))
        self.add(rows, 1.0, 1.0)
        own = self.column[self.centres, self.centres]
        self.add([(own.tolist(), [1.0] * len(own))], float(part.k), float(part.k))
        persons, limits = [], []
        starts = np.searchsorted(self.medoid, np.arange(part.n + 1))
        for c, j in enumerate(self.centres):
            mine = np.arange(starts[j], starts[j + 1])
            weight = part.pop[self.block[mine]] - np.where(self.block[mine] == j, band.target, 0.0)
            over, under = int(self.above[c]), int(self.below[c])
            persons.append(([*mine.tolist(), over, under], [*weight.tolist(), -1.0, 1.0]))
            limits.append(([over, int(own[c])], [1.0, band.target - band.largest]))
            limits.append(([under, int(own[c])], [1.0, band.smallest - band.target]))
        self.add(persons, 0.0, 0.0)
        self.add(limits, -INFINITE, 0.0)

    def add(self, rows: Rows, low: float, high: float) -> None:
        """Rows with the same bounds; an entry is the columns and their coefficients."""
        if not rows:
            return
        first = np.cumsum([0] + [len(columns) for columns, _ in rows[:-1]]).astype(np.int32)
        columns = np.array([c for row, _ in rows for c in row], dtype=np.int32)
        numbers = np.array([v for _, row in rows for v in row])
        count = len(rows)
        self.highs.addRows(count, np.full(count, low), np.full(count, high), len(columns), first, columns, numbers)

    def link(self, pairs: list[tuple[int, int]]) -> None:
        """No block (second) belongs to a block (first) that is no medoid."""
        self.add(
            [([int(self.column[j, i]), int(self.column[j, j])], [1.0, -1.0]) for j, i in pairs if i != j],
            -INFINITE,
            0.0,
        )

    def cut(self, cuts: list[Cut]) -> None:
        """Connectivity cuts; what is proven useless is left out of them."""
        rows: Rows = []
        for j, block, separator in cuts:
            if self.column[j, block] < 0:
                continue
            inner = [int(self.column[j, s]) for s in separator if self.column[j, s] >= 0]
            rows.append(([int(self.column[j, block]), *inner], [1.0] + [-1.0] * len(inner)))
        self.add(rows, -INFINITE, 0.0)

    def restrict(self, may: Bools, ones: list[tuple[int, int]]) -> None:
        """Only the pairs of ``may`` can be used, and those of ``ones`` (medoid, block) must be."""
        upper = np.where(may[self.medoid, self.block], INFINITE, 0.0)
        lower = np.zeros(len(upper))
        for j, i in ones:
            lower[self.column[j, i]] = 1.0
        self.highs.changeColsBounds(len(upper), np.arange(len(upper), dtype=np.int32), lower, upper)
        self.used = lower > 0
        self.fixed = self.used | (upper == 0)

    def solve(self, seconds: float) -> Solved:
        """The linear relaxation with the rows so far, by the dual simplex from where it stood."""
        self.highs.setOptionValue("time_limit", self.highs.getRunTime() + max(seconds, 0.01))
        self.highs.run()
        status = self.highs.modelStatusToString(self.highs.getModelStatus())
        if status != "Optimal":
            nothing = np.zeros(self.may.shape)
            return Solved(status, np.inf if status == "Infeasible" else -np.inf, nothing, nothing)
        solution = self.highs.getSolution()
        shares = np.zeros(self.may.shape)
        shares[self.medoid, self.block] = np.array(solution.col_value)[: len(self.medoid)]
        duals = np.array(solution.col_dual)[: len(self.medoid)] / self.scale
        # What the solver's tolerance leaves negative could be used by one medoid a block at most. (Columns that
        # are fixed have their say in the objective.)
        slack = np.zeros(self.part.n)
        np.maximum.at(slack, self.block, np.where(self.fixed, 0.0, np.maximum(-duals, 0.0)))
        reduced = np.zeros(self.may.shape)
        reduced[self.medoid, self.block] = np.where(self.used, 0.0, np.maximum(duals, 0.0))
        bound = self.highs.getInfo().objective_function_value / self.scale - float(slack.sum())
        return Solved(status, bound, shares, reduced)

    def probe(self, pairs: list[tuple[int, int]], iterations: int) -> list[tuple[float, float]]:
        """What forbidding and what demanding each pair (medoid, block) adds to the value, in few simplex steps.

        An estimate to choose by: nothing is proven by it. The relaxation has to be solved before.
        """
        basis, before = self.highs.getBasis(), self.highs.getInfo().objective_function_value
        self.highs.setOptionValue("simplex_iteration_limit", iterations)
        gains = []
        for j, i in pairs:
            column = int(self.column[j, i])
            both = []
            for low, high in ((0.0, 0.0), (1.0, INFINITE)):
                self.highs.changeColBounds(column, low, high)
                self.highs.run()
                if self.highs.getModelStatus() == highspy.HighsModelStatus.kInfeasible:
                    both.append(np.inf)
                else:
                    both.append((self.highs.getInfo().objective_function_value - before) / self.scale)
                self.highs.changeColBounds(column, 0.0, INFINITE)
                self.highs.setBasis(basis)
            gains.append((both[0], both[1]))
        self.highs.setOptionValue("simplex_iteration_limit", highspy.kHighsIInf)
        return gains
