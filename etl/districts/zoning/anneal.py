"""One search: a connected plan of K districts for one piece, annealed, reheated several times, polished."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from etl.districts.zoning.instance import Instance, Ints
from etl.districts.zoning.kernel import Ground, Price, State, Sums, anneal, empty_sums, fill, mean_change, seeded
from etl.districts.zoning.model import Band, Terms, Weights, relabelled, terms_of
from etl.districts.zoning.trees import grow_plan, split

HOT, COOL = 3.0, 0.02
"""First and last temperature in units of the mean change of a single-block move in the starting plan."""
REHEATED = 1.0
"""Temperature of a reheating in the same units: blocks move, districts stay where they are."""
REHEATS = 6
FIRST_SHARE = 0.25
"""Share of the steps for the first cooling; the reheatings share the rest."""
TREES = 10
CHUNK = 4_000_000
"""Steps between two looks at the clock (a fraction of a second)."""
QUENCH_STEPS = 200
POLISH_STEPS = 200
"""Steps a block of the last descent, after the temperature has come down or the clock has run out."""
PENALTY = 10.0
EPSILON = 1e-12


@dataclass(frozen=True)
class Task:
    """What to search: ``piece`` (its number), ``count`` districts, ``steps`` moves tried in all, from ``seed``.

    ``districts`` are those of the whole city, over which the objective takes means. ``start`` is a plan to begin with
    (labels 0 …, of any number of districts: one is split or two are merged until there are ``count``). The search ends
    after ``seconds``, and when the machine's monotonic clock shows ``deadline``.
    """

    piece: int
    count: int
    districts: int
    steps: int
    seed: int
    seconds: float | None = None
    deadline: float | None = None
    start: Ints | None = None


@dataclass(frozen=True)
class Found:
    """A plan of a piece; ``cut`` says that the clock ended the search before its steps were done."""

    piece: int
    labels: Ints
    terms: Terms
    steps: int
    cut: bool


class Clock:
    """Says whether the time is up; never without a limit."""

    def __init__(
        self, seconds: float | None, deadline: float | None = None, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._now = now
        ends = [] if seconds is None else [now() + seconds]
        ends += [] if deadline is None else [deadline]
        self._end = min(ends, default=None)
        self.cut = False

    def up(self) -> bool:
        """Whether the time is up (remembered in ``cut``)."""
        if not self.cut and self._end is not None and self._now() >= self._end:
            self.cut = True
        return self.cut


def ground_of(piece: Instance, previous: Ints | None, sides: bool) -> Ground:
    """The arrays the compiled loop reads; ``previous`` are the districts of an earlier version by block."""
    indptr, indices, border = piece.neighbours
    none = np.zeros(len(piece), dtype=np.int64)
    side = none if piece.side is None or not sides else np.unique(piece.side, return_inverse=True)[1].astype(np.int64)
    old = none if previous is None else np.unique(previous, return_inverse=True)[1].astype(np.int64)
    return Ground(
        piece.pop, np.ascontiguousarray(piece.z), piece.area, piece.perimeter, indptr, indices, border, side, old
    )


def price_of(piece: Instance, band: Band, weights: Weights, districts: int) -> Price:
    """The objective's weights as prices of one district, if the city has ``districts`` in all."""
    every = weights.homogeneity + weights.compactness + weights.deviation + weights.barrier + weights.change
    return Price(
        homogeneity=weights.homogeneity / piece.city_ss if piece.city_ss > 0 else 0.0,
        compactness=weights.compactness / districts if piece.shaped else 0.0,
        deviation=weights.deviation / (band.target * districts),
        barrier=weights.barrier / piece.city_pop,
        change=weights.change / piece.city_pop,
        penalty=PENALTY * every / (band.target * districts),
        low=band.low,
        target=band.target,
        high=band.high,
    )


def search(piece: Instance, task: Task, band: Band, weights: Weights, previous: Ints | None = None) -> Found:
    """The best plan met. The same piece, task and weights give the same plan unless the clock cuts in.

    Plans outside the band are possible where none inside it was met: see ``Found.terms.outside``.
    """
    ground = ground_of(piece, previous, weights.barrier > 0)
    price = price_of(piece, band, weights, task.districts)
    state = seeded(task.seed, piece.rows[0], task.count)
    clock = Clock(task.seconds, task.deadline)
    labels = _start(ground, task, state)
    count = int(labels.max()) + 1
    done = 0
    if count > 1:
        sums = empty_sums(ground, count)
        fill(ground, price, labels, sums)
        unit = mean_change(ground, price, labels, sums)
        first = int(task.steps * FIRST_SHARE) if task.start is None else 0
        again = (task.steps - first) // REHEATS
        if first:
            done += _cool(ground, price, labels, sums, state, first, HOT * unit, COOL * unit, clock)
        cost = fill(ground, price, labels, sums)
        best = labels.copy()
        for _ in range(REHEATS):
            if clock.up():
                break
            done += _cool(ground, price, labels, sums, state, again, REHEATED * unit, COOL * unit, clock)
            new = fill(ground, price, labels, sums)
            if new < cost - EPSILON:
                cost, best = new, labels.copy()
            else:
                labels[:] = best
                fill(ground, price, labels, sums)
        labels = best
    labels = relabelled(labels)
    return Found(task.piece, labels, terms_of(piece, labels, band, previous), done, clock.cut)


def _cool(  # noqa: PLR0917
    ground: Ground,
    price: Price,
    labels: Ints,
    sums: Sums,
    state: State,
    steps: int,
    hot: float,
    cool: float,
    clock: Clock,
) -> int:
    """Anneal in chunks; when the clock cuts in, take the temperature down at once. Returns the steps done."""
    done = 0
    while done < steps and hot > 0.0 and not clock.up():
        now = min(CHUNK, steps - done)
        start, stop = (hot * (cool / hot) ** (x / steps) for x in (done, done + now))
        anneal(ground, price, labels, sums, state, now, start, stop)
        done += now
    if clock.cut and hot > 0.0 and done < steps:
        last = hot * (cool / hot) ** (done / steps)
        anneal(ground, price, labels, sums, state, QUENCH_STEPS * len(labels), last, cool)
    anneal(ground, price, labels, sums, state, POLISH_STEPS * len(labels), 0.0, 0.0)
    return done


def _start(ground: Ground, task: Task, state: State) -> Ints:
    if task.start is None:
        return grow_plan(ground, task.count, state, TREES)
    labels = relabelled(task.start)
    while int(labels.max()) + 1 > task.count:
        labels = _merged(ground, labels)
    while int(labels.max()) + 1 < task.count:
        k = int(labels.max()) + 1
        people = np.bincount(labels, ground.pop, k)
        sizes = np.bincount(labels, minlength=k)
        largest = int(np.argmax(np.where(sizes > 1, people, -1.0)))
        if sizes[largest] < 2 or not split(ground, labels, largest, 0.5, k, state, TREES):
            break
    return labels


def _merged(ground: Ground, labels: Ints) -> Ints:
    """The two neighbouring districts with the fewest inhabitants together made one."""
    k = int(labels.max()) + 1
    people = np.bincount(labels, ground.pop, k)
    a = np.repeat(labels, np.diff(ground.indptr))
    b = labels[ground.indices]
    a, b = a[a < b], b[a < b]
    if not len(a):
        return labels
    pair = int(np.argmin(people[a] + people[b]))
    return relabelled(np.where(labels == b[pair], a[pair], labels))
