"""The cheapest pattern with a proof: cuts from the attacker's programs, relaxation first, then whole decisions.

Fischetti and Salazar-González (2001), Management Science 47, 1008-1027, sections 3 and 4, in another order: the whole
decisions are a mixed-integer program over the cuts found so far, solved anew until its solution is safe.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from etl.confidentiality.suppression.attacker import TOLERANCE
from etl.confidentiality.suppression.cuts import Separator
from etl.confidentiality.suppression.heuristic import Patterns
from etl.confidentiality.suppression.master import Master
from etl.confidentiality.suppression.table import Bools, Table

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
    """The seconds have ended something: another machine may find another pattern of the table."""

    @property
    def gap(self) -> float:
        """(price - bound) / price; 0 for a proven optimum."""
        return 0.0 if self.price <= 0 else max(0.0, (self.price - self.bound) / self.price)


class _Search:
    def __init__(self, table: Table, budget: Budget, tell: Tell) -> None:
        self.table = table
        self.budget = budget
        self.tell = tell
        self.begun = time.monotonic()
        self.patterns = Patterns(table)
        self.patterns.until = self.begun + 0.95 * budget.seconds
        self.separator = Separator(table)
        self.master = Master(table)
        self.rng = np.random.default_rng(1)
        self.hurried = False
        """The seconds have ended something: another machine may find another pattern."""
        # costs of counts are whole numbers: a bound above price - 1 proves the price
        whole = bool(np.all(table.cost == np.round(table.cost)))
        start = self.patterns.first()
        self.best = Outcome(start, table.price(start), 0.0)
        self.enough = 0.999 if whole else 1e-6 * max(1.0, self.best.price)
        self.tell(f"Näherung: Kosten {self.best.price:,.0f}")

    def left(self) -> float:
        return self.budget.seconds - (time.monotonic() - self.begun)

    def done(self) -> bool:
        return self.best.price - self.best.bound <= self.enough

    def offer(self, hidden: Bools) -> None:
        price = self.table.price(hidden)
        if price < self.best.price - TOLERANCE:
            self.best.hidden, self.best.price = hidden, price
            self.tell(f"besseres Muster: Kosten {price:,.0f}, untere Schranke {self.best.bound:,.0f}")

    def improve(self, rounds: int, until: float) -> None:
        """Rounds of improvement, as long as more than a share of the time is left."""
        for _ in range(rounds):
            if self.left() < until * self.budget.seconds:
                self.hurried = True
                return
            self.offer(self.patterns.improve(self.best.hidden, 1, self.rng))

    def relax(self, rounds: int, until: float) -> None:
        """Cuts until the relaxation is exhausted, as long as more than a share of the time is left.

        Its value bounds every pattern from below.
        """
        value = 0.0
        for number in range(rounds):
            degree, value = self.master.relaxed()
            self.best.bound = max(self.best.bound, value)
            added = self.master.add(self.separator.cuts(degree))
            if number % 10 == 0:
                self.tell(f"Schranke {value:,.0f} nach {self.master.cuts} Schnitten")
            if added == 0 or self.done():
                break
            if self.left() < until * self.budget.seconds:
                self.hurried = True
                break
        else:
            value = self.master.relaxed()[1]
        self.master.exclude(value, self.best.price)

    def round_up(self) -> None:
        """A pattern from the relaxation: what is more hidden than not, mended and thinned."""
        degree, _ = self.master.relaxed()
        self.offer(self.patterns.thin(self.patterns.repair(self.table.primary | (degree > 0.5))))

    def decide(self, until: float) -> None:
        """Whole patterns under the cuts; each that fails gives new cuts, each that holds is the best there is.

        As long as more than a share of the time is left.
        """
        gap = 0.005
        for number in range(self.budget.searches):
            left = self.left() - until * self.budget.seconds
            if left < 1 or self.done():
                self.hurried |= left < 1
                return
            found = self.master.whole(left, gap, 0.9 * self.enough, self.best.hidden)
            self.best.bound = max(self.best.bound, min(found.bound, self.best.price))
            cuts = self.separator.refuse(found.hidden)
            self.master.add(cuts)
            if cuts and number % 4 == 0:
                self.mend(found.hidden)
            if not cuts:
                self.offer(found.hidden)
                if gap == 0.0:
                    return
                gap = 0.0
            self.tell(f"Schranke {self.best.bound:,.0f}, bestes {self.best.price:,.0f}, {self.master.cuts} Schnitte")
            if not self.done():
                self.relax(3, until)

    def mend(self, found: Bools) -> None:
        """Make a nearly safe pattern safe, thin what was added, and all of it if it comes near the best."""
        mended = self.patterns.repair(found)
        mended = self.patterns.thin(mended, np.flatnonzero(mended & ~found))
        if self.table.price(mended) < 1.005 * self.best.price:
            mended = self.patterns.thin(mended)
        self.offer(mended)


def suppress(table: Table, budget: Budget = Budget(), tell: Tell = lambda _text: None) -> Outcome:
    """The cheapest pattern found within the budget, with a proven lower bound of every pattern's cost.

    The same table and budget give the same pattern as long as the seconds do not stop it (``stopped`` says so).
    Raises Impossible where a primary cell cannot be protected.
    """
    search = _Search(table, budget, tell)
    if search.best.price > 0:
        search.relax(budget.relaxations, 0.6)
        if not search.done():
            search.round_up()
        # what is not proven soon: a better pattern first, then the proof again
        for until in (0.5, 0.0):
            search.decide(until)
            if search.done():
                break
            search.improve(budget.improvements if until else 0, 0.25)
    else:
        search.best.bound = 0.0
    outcome = search.best
    outcome.seconds = time.monotonic() - search.begun
    outcome.cuts = search.master.cuts
    outcome.stopped = search.hurried
    outcome.bound = min(outcome.bound, outcome.price)
    if search.done():
        outcome.bound = outcome.price
    return outcome
