"""The cheapest pattern with a proof: Benders cuts from the attacker's programs, relaxation first, then whole decisions.

Every cut says: the rooms of the cells that matter to a demand, weighted by the attacker's dual solution, must add up to
what the demand asks for. Coefficients above that are cut down to it (decisions are 0 or 1). Fischetti and
Salazar-González (2001), sections 3 and 4. A hidden cell alone in a relation hides nothing: at least one other cell of
each of its relations is hidden too (bridgeless inequalities, ibid.), which holds for every pattern worth its cost.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import highspy
import numpy as np

from etl.confidentiality.suppression.attacker import TOLERANCE, Attacker, demands, met
from etl.confidentiality.suppression.heuristic import Patterns
from etl.confidentiality.suppression.table import Bools, Floats, Table

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Budget:
    """Iterations end the search; seconds are a safety stop that the outcome records."""

    seconds: float = 120.0
    relaxations: int = 400
    searches: int = 200
    improvements: int = 40


@dataclass
class Outcome:
    """A pattern (True: hidden), the cost of its secondaries, a proven lower bound, and how it came about."""

    hidden: Bools
    price: float
    bound: float
    seconds: float = 0.0
    cuts: int = 0
    stopped: bool = False
    steps: dict[str, float] = field(default_factory=dict)

    @property
    def gap(self) -> float:
        """(price - bound) / price; 0 for a proven optimum."""
        return 0.0 if self.price <= 0 else max(0.0, (self.price - self.bound) / self.price)


class _Master:
    """Which cells to hide, as far as the cuts know."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.cuts = 0
        self.model = highspy.Highs()  # type: ignore[no-untyped-call]
        self.model.setOptionValue("output_flag", False)
        self.model.setOptionValue("threads", 1)
        self.model.setOptionValue("random_seed", 1)
        n = table.cells
        lower = table.primary.astype(np.float64)
        upper = (~table.fixed).astype(np.float64)
        cost = np.where(table.primary, 0.0, table.cost)
        self.scale = max(1.0, float(cost.max(initial=1.0)) / 1000.0)
        empty = np.empty(0)
        self.model.addCols(n, cost / self.scale, lower, upper, 0, np.empty(0, np.int32), np.empty(0, np.int32), empty)
        self._bridges()

    def _bridges(self) -> None:
        table = self.table
        # what is hidden without asking for anything may be computed: it needs no company
        asks = table.upper_protection + table.lower_protection + table.sliding > TOLERANCE
        for r in range(table.relations):
            cells = table.cell[table.start[r] : table.start[r + 1]]
            cells = cells[~table.fixed[cells]]
            for cell in cells[~table.primary[cells] | asks[cells]]:
                others = cells[cells != cell]
                index = np.concatenate([others, [cell]]).astype(np.int32)
                self.model.addRow(0.0, highspy.kHighsInf, len(index), index, np.append(np.ones(len(others)), -1.0))

    def add(self, coefficients: Floats, least: float) -> None:
        """A cut Σ coefficient × x ≥ least, normalised to a right-hand side of 1 over undecided cells."""
        scaled = np.minimum(coefficients / least, 1.0)
        given = float(scaled[self.table.primary].sum())
        rest = 1.0 - given
        if rest <= TOLERANCE:
            return
        free = ~self.table.primary & ~self.table.fixed & (scaled > 1e-7)
        index = np.flatnonzero(free).astype(np.int32)
        self.model.addRow(1.0, highspy.kHighsInf, len(index), index, np.minimum(scaled[index] / rest, 1.0))
        self.cuts += 1

    def relaxed(self) -> tuple[Floats, float]:
        """Solution and value of the linear relaxation."""
        self.model.run()
        value = self.model.getInfo().objective_function_value * self.scale
        return np.asarray(self.model.getSolution().col_value), value

    def whole(self, seconds: float, start: Bools, gap: float) -> tuple[Bools, float]:
        """The best whole pattern as far as the cuts know, and a bound on all of them."""
        model, n = self.model, self.table.cells
        everything = np.arange(n, dtype=np.int32)
        model.changeColsIntegrality(n, everything, np.full(n, highspy.HighsVarType.kInteger))
        model.setOptionValue("time_limit", model.getRunTime() + max(1.0, seconds))
        model.setOptionValue("mip_rel_gap", gap)
        solution = highspy.HighsSolution()
        solution.col_value = start.astype(np.float64).tolist()
        model.setSolution(solution)
        model.run()
        found = np.asarray(model.getSolution().col_value) > 0.5
        bound = model.getInfo().mip_dual_bound * self.scale
        model.changeColsIntegrality(n, everything, np.full(n, highspy.HighsVarType.kContinuous))
        model.setOptionValue("time_limit", highspy.kHighsInf)
        return found, bound


class _Search:
    def __init__(self, table: Table, budget: Budget, tell: Tell) -> None:
        self.table = table
        self.budget = budget
        self.tell = tell
        self.begun = time.monotonic()
        self.patterns = Patterns(table)
        self.attacker = Attacker(table)
        self.demands = demands(table)
        self.master = _Master(table)
        self.rng = np.random.default_rng(1)
        start = self.patterns.start()
        self.best = Outcome(start, table.price(start), 0.0)
        self.tell(f"Näherung: Kosten {self.best.price:,.0f}")

    def left(self) -> float:
        return self.budget.seconds - (time.monotonic() - self.begun)

    def done(self) -> bool:
        # costs of counts are whole numbers: a bound above price - 1 proves the price
        whole = np.all(self.table.cost == np.round(self.table.cost))
        return self.best.price - self.best.bound <= (0.999 if whole else 1e-6 * max(1.0, self.best.price))

    def separate(self, degree: Floats, least_violated: float = 1e-4) -> int:
        """Cuts for demands that a pattern (whole or not) does not meet; returns their number."""
        self.attacker.hide(degree)
        added = 0
        for demand in self.demands:
            found = self.attacker.reach(demand.cell, demand.sign)
            if found.reach < demand.least * (1 - least_violated) and not met(demand, found.reach):
                self.master.add(found.coefficients, demand.least)
                added += 1
        return added

    def offer(self, hidden: Bools) -> None:
        price = self.table.price(hidden)
        if price < self.best.price - TOLERANCE:
            self.best.hidden, self.best.price = hidden, price
            self.tell(f"besseres Muster: Kosten {price:,.0f}, untere Schranke {self.best.bound:,.0f}")

    def improve(self, rounds: int, until: float = 1.0) -> None:
        """Rounds of improvement within a share of the safety stop."""
        for _ in range(rounds):
            if self.left() < (1 - until) * self.budget.seconds:
                return
            self.offer(self.patterns.improve(self.best.hidden, 1, self.rng))

    def relax(self) -> None:
        """Cuts until the relaxation is exhausted; its value bounds every pattern from below."""
        for number in range(self.budget.relaxations):
            degree, value = self.master.relaxed()
            self.best.bound = max(self.best.bound, value)
            # between the relaxation's corner and the best pattern cuts are deeper than in the corner
            mixed = 0.7 * degree + 0.3 * self.best.hidden
            added = self.separate(np.where(self.table.primary, 1.0, mixed), 1e-3)
            added += self.separate(degree, 1e-3) if added == 0 else 0
            if number % 10 == 0:
                self.tell(f"Schranke {value:,.0f} nach {self.master.cuts} Schnitten")
            if number % 25 == 24:
                self.offer(self.patterns.thin(self.patterns.repair(self.table.primary | (degree > 0.6))))
            if added == 0 or self.left() < 0.5 * self.budget.seconds or self.done():
                return

    def decide(self) -> None:
        """Whole patterns under the cuts; each that fails gives new cuts, each that holds is the best there is."""
        gap = 0.01
        for _ in range(self.budget.searches):
            if self.left() < 1 or self.done():
                return
            found, bound = self.master.whole(self.left(), self.best.hidden, gap)
            self.best.bound = max(self.best.bound, min(bound, self.best.price))
            added = self.separate(found.astype(np.float64))
            if added == 0:
                self.offer(found)
                if gap <= 1e-9:
                    return
                gap = 0.0
                continue
            self.offer(self.patterns.thin(self.patterns.repair(found | self.table.primary)))
            self.tell(f"Schranke {self.best.bound:,.0f}, bestes {self.best.price:,.0f}, {self.master.cuts} Schnitte")
            gap = 0.003 if self.best.gap > 0.005 else 0.0


def suppress(table: Table, budget: Budget = Budget(), tell: Tell = lambda _text: None) -> Outcome:
    """The cheapest pattern found within the budget, with a proven lower bound of every pattern's cost.

    The same table and budget give the same pattern as long as the seconds do not stop it (``stopped`` says so).
    Raises Impossible where a primary cell cannot be protected.
    """
    search = _Search(table, budget, tell)
    if search.best.price > 0:
        search.relax()
        search.improve(budget.improvements // 4, until=0.6)
        search.decide()
        if not search.done():
            search.improve(budget.improvements)
    else:
        search.best.bound = 0.0
    outcome = search.best
    outcome.seconds = time.monotonic() - search.begun
    outcome.cuts = search.master.cuts
    outcome.stopped = search.left() <= 1 and not search.done()
    outcome.bound = min(outcome.bound, outcome.price)
    if search.done():
        outcome.bound = outcome.price
    return outcome
