"""Good patterns quickly: hide the cheapest further cells demand by demand, then show again what nobody needs.

The repair is the flow heuristic of Kelly, Golden and Assad (1992), Networks 22, 397-417, as a linear program; the
improvement takes part of a pattern away and repairs it again.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable

import highspy
import numpy as np
from scipy import sparse

from etl.confidentiality.suppression.attacker import TOLERANCE, Attacker, Demand, demands, met
from etl.confidentiality.suppression.table import Bools, Floats, Ints, Table


class Impossible(ValueError):
    """A primary cell that cannot be protected even with everything hidden that may be."""

    def __init__(self, cell: int) -> None:
        super().__init__(f"cell {cell} cannot be protected")
        self.cell = cell


class Patterns:
    """Makes, mends and thins patterns of one table; keeps for every demand a deviation that fulfils it."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.demands = demands(table)
        self.until = math.inf
        """When thinning ends, on the monotonic clock; what is left then is safe, but may hide more than needed."""
        self.attacker = Attacker(table)
        self._flow = self._flow_model()
        self._cell = np.array([d.cell for d in self.demands], dtype=np.int64)
        self._sign = np.array([d.sign for d in self.demands], dtype=np.float64)
        self._least = np.array([d.least for d in self.demands], dtype=np.float64)
        # for each demand the cells that a deviation fulfilling it moves; many demands share one
        self._uses: list[Bools] = [np.zeros(table.cells, dtype=bool) for _ in self.demands]
        member = sparse.csr_array(
            (np.ones(len(table.cell)), table.cell, table.start), shape=(table.relations, table.cells)
        )
        # demands × cells: whether the demand's cell shares a relation with the cell
        self._near = sparse.csc_array(sparse.csr_array(member.T)[self._cell] @ member)

    def _note(self, deviation: Floats, number: int, among: Bools) -> Bools:
        """Note a deviation for a demand and for those ``among`` that it fulfils as well; returns which."""
        served = among & (self._sign * deviation[self._cell] >= self._least)
        served[number] = True
        uses = np.abs(deviation) > TOLERANCE
        for n in np.flatnonzero(served):
            self._uses[n] = uses
        return served

    def _flow_model(self) -> highspy.Highs:
        """Deviations split into ups (columns 0 … n - 1) and downs (n … 2n - 1), each with its price."""
        table, n = self.table, self.table.cells
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = 2 * n, table.relations
        lp.col_cost_ = np.zeros(2 * n)
        lp.col_lower_ = np.zeros(2 * n)
        may = ~table.fixed
        lp.col_upper_ = np.concatenate([self.attacker.above * may, self.attacker.below * may])
        lp.row_lower_ = np.zeros(table.relations)
        lp.row_upper_ = np.zeros(table.relations)
        terms = np.diff(table.start)
        row = np.repeat(np.arange(table.relations), terms)
        index = np.concatenate([table.cell, table.cell + n])
        value = np.concatenate([table.coefficient, -table.coefficient])
        order = np.argsort(np.concatenate([row, row]), kind="stable")
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_ = (2 * table.start).astype(np.int32)
        lp.a_matrix_.index_ = index[order].astype(np.int32)
        lp.a_matrix_.value_ = value[order]
        model = highspy.Highs()  # type: ignore[no-untyped-call]
        model.setOptionValue("output_flag", False)
        model.setOptionValue("threads", 1)
        model.passModel(lp)
        return model

    def _cheapest(self, demand: Demand, hidden: Bools, price: Floats) -> Floats:
        """The deviation that fulfils a demand at the least price per unit of newly hidden cells."""
        n = self.table.cells
        rate = np.where(hidden, 0.0, price)
        caps = (np.minimum(side, demand.least) for side in (self.attacker.above, self.attacker.below))
        costs = np.concatenate([rate / np.maximum(cap, TOLERANCE) for cap in caps])
        everything = np.arange(2 * n, dtype=np.int32)
        self._flow.changeColsCost(2 * n, everything, costs)
        column = demand.cell if demand.sign > 0 else demand.cell + n
        other = demand.cell + n if demand.sign > 0 else demand.cell
        room = float((self.attacker.above if demand.sign > 0 else self.attacker.below)[demand.cell])
        back = float((self.attacker.below if demand.sign > 0 else self.attacker.above)[demand.cell])
        self._flow.changeColBounds(column, demand.least, max(room, demand.least))
        self._flow.changeColBounds(other, 0.0, 0.0)
        self._flow.run()
        solved = self._flow.getModelStatus() == highspy.HighsModelStatus.kOptimal
        values = np.asarray(self._flow.getSolution().col_value) if solved else None
        self._flow.changeColBounds(column, 0.0, room)
        self._flow.changeColBounds(other, 0.0, back)
        if values is None or room < demand.least - TOLERANCE:
            raise Impossible(demand.cell)
        deviation: Floats = values[:n] - values[n:]
        return deviation

    def repair(self, hidden: Bools, order: Iterable[int] | None = None, price: Floats | None = None) -> Bools:
        """The pattern with what is missing added, demand by demand (in ``order``), and their deviations noted.

        Raises Impossible where no pattern can protect a cell.
        """
        out = hidden.copy()
        self.attacker.hide(out)
        prices = self.table.cost if price is None else price
        open_ = np.ones(len(self.demands), dtype=bool)
        for number in range(len(self.demands)) if order is None else order:
            if not open_[number]:
                continue
            demand = self.demands[number]
            reached = self.attacker.reach(demand.cell, demand.sign)
            if met(demand, reached.reach):
                open_ &= ~self._note(reached.deviation, number, open_)
                continue
            deviation = self._cheapest(demand, out, prices)
            open_ &= ~self._note(deviation, number, open_)
            for cell in np.flatnonzero(self._uses[number] & ~out):
                out[cell] = True
                self.attacker.set(int(cell), hidden=True)
        return out

    def thin(self, hidden: Bools, candidates: Iterable[int] | None = None) -> Bools:
        """The pattern without cells that no demand needs, dearest first; every demand must be met and noted."""
        out = hidden.copy()
        attacker = Attacker(self.table, among=out)
        attacker.hide(out)
        listed = np.flatnonzero(out & ~self.table.primary) if candidates is None else np.fromiter(candidates, np.int64)
        for cell in listed[np.argsort(-self.table.cost[listed], kind="stable")]:
            if time.monotonic() > self.until:
                break
            if not out[cell]:
                continue
            attacker.set(int(cell), hidden=False)
            if self._still_met(int(cell), attacker):
                out[cell] = False
            else:
                attacker.set(int(cell), hidden=True)
        return out

    def _still_met(self, without: int, attacker: Attacker) -> bool:
        before = list(self._uses)
        open_ = np.array([uses[without] for uses in self._uses], dtype=bool)
        waiting = np.flatnonzero(open_)
        # most cells are needed: neighbours, and those served by few cells, are asked first
        near = np.zeros(len(self.demands), dtype=bool)
        near[self._near.indices[self._near.indptr[without] : self._near.indptr[without + 1]]] = True
        cells = np.array([self._uses[n].sum() for n in waiting])
        for number in waiting[np.lexsort((cells, ~near[waiting]))]:
            if not open_[number]:
                continue
            demand = self.demands[number]
            reached = attacker.reach(demand.cell, demand.sign)
            if not met(demand, reached.reach):
                self._uses = before
                return False
            open_ &= ~self._note(reached.deviation, int(number), open_)
        return True

    def first(self) -> Bools:
        """A pattern repaired from the primaries, widest demands first; not thinned yet."""
        return self.repair(self.table.primary.copy(), np.argsort([-d.least for d in self.demands], kind="stable"))

    def start(self) -> Bools:
        """A first good pattern: repaired from the primaries, widest demands first, and thinned."""
        return self.thin(self.first())

    def improve(self, hidden: Bools, rounds: int, rng: np.random.Generator, share: float = 0.15) -> Bools:
        """Take a random part of the secondaries away, mend with jittered prices, thin; keep what is cheaper."""
        best, price = hidden, self.table.price(hidden)
        for _ in range(rounds):
            secondary = np.flatnonzero(best & ~self.table.primary)
            if not len(secondary):
                break
            out = best.copy()
            out[self._neighbourhood(secondary, rng, share)] = False
            jitter = self.table.cost * rng.uniform(0.7, 1.4, self.table.cells)
            attempt = self.thin(self.repair(out, rng.permutation(len(self.demands)), jitter))
            cost = self.table.price(attempt)
            if cost < price - TOLERANCE:
                best, price = attempt, cost
        # the notes belong to the last attempt
        return self.thin(self.repair(best))

    def _neighbourhood(self, secondary: Ints, rng: np.random.Generator, share: float) -> Ints:
        """Secondaries to take away: those that a few random demands rest on, or any."""
        if rng.random() < 0.5:
            few = rng.choice(len(self.demands), max(1, len(self.demands) // 12), replace=False)
            used = np.any([self._uses[n] for n in few], axis=0)
            near = secondary[used[secondary]]
            if len(near):
                return np.asarray(near)
        number = max(1, round(share * len(secondary)))
        return np.asarray(rng.choice(secondary, min(len(secondary), number), replace=False))
