"""The whole search: K scanned in every piece, then several seeds for the numbers that pay, best parts put together.

For a given number of districts in the city the objective is a sum over pieces, so the best plan of the city is the best
choice of one plan a piece: found exactly by ``choose``, whichever seed each came from.
"""

from __future__ import annotations

import math
import multiprocessing
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np

from etl.districts.zoning.anneal import POLISH_STEPS, REHEATS, Found, Task, search
from etl.districts.zoning.feasible import Piece
from etl.districts.zoning.instance import Edges, Ints, ZoningError, from_arrays
from etl.districts.zoning.model import Band, Terms, Weights

TOLERANCE = 1e-6
"""Inhabitants by which a plan may lie outside the band for rounding's sake."""
SMALL = 2_000_000
"""Steps in all below which starting further processes does not pay."""
MARGIN = 0.8
"""Share of the time limit after which searches are ended; the rest is for starting, reading and writing."""
SCAN_SHARE = 0.5
"""Share of the time limit after which the scan of the numbers of districts is ended."""
HASTE = 1.3
"""How much longer than measured the steps may take before time is shared out."""
TRIAL_STEPS = 500_000


@dataclass(frozen=True)
class Effort:
    """How much to search: ``steps`` moves tried a block in each search, ``seeds`` searches a piece after the scan.

    ``seconds`` is a safety stop: where it is too short for the steps, it is shared out over the searches.
    """

    steps: int = 40_000
    seeds: int = 4
    seed: int = 1
    seconds: float | None = None
    processes: int = 2


@dataclass(frozen=True)
class Outcome:
    """The best plan found: labels 0 … for the whole city (in the order of pieces), its terms, steps tried, time.

    ``cut``: the clock ended a search early, so that another run may differ.
    """

    labels: Ints
    terms: Terms
    steps: int
    seconds: float
    cut: bool


@dataclass
class _Job:
    pieces: list[Piece]
    band: Band
    weights: Weights
    previous: list[Ints | None]


_job: _Job | None = None


def _prepare(job: _Job) -> None:
    global _job  # noqa: PLW0603 - a process holds the blocks once instead of getting them with every task
    _job = job


def _work(task: Task) -> Found:
    job = _job
    if job is None:
        raise RuntimeError("the process has no blocks yet")
    return search(job.pieces[task.piece].blocks, task, job.band, job.weights, job.previous[task.piece])


def warm_up() -> float:
    """Compile the inner loop (or load it compiled); returns the seconds it took."""
    begun = time.monotonic()
    edges = Edges(np.array([0, 1]), np.array([1, 2]), np.ones(2))
    tiny = from_arrays(["1", "2", "3"], ["1"] * 3, [1.0, 1.0, 1.0], np.zeros((3, 1)), ["a"], shapes=edges)
    search(tiny, Task(0, 2, 2, 8, 1), Band(1, 1, 2), Weights())
    search(tiny, Task(0, 2, 2, 8, 1, start=np.zeros(3, dtype=np.int64)), Band(1, 1, 2), Weights())
    return time.monotonic() - begun


def find(
    pieces: Sequence[Piece],
    band: Band,
    weights: Weights,
    effort: Effort,
    *,
    previous: Ints | None = None,
    told: Callable[[int, int], None] | None = None,
) -> Outcome:
    """The best plan of all pieces together within the effort.

    ``previous``: an earlier district of each block of the city (for ``Weights.change``). ``told`` is called with the
    searches done and planned. Raises ``ZoningError`` if no plan within the band was met.
    """
    warm_up()  # in this process first, so that the others load what it compiled, and outside the time limit
    begun = time.monotonic()
    job = _Job(list(pieces), band, weights, [None if previous is None else previous[p.blocks.rows] for p in pieces])
    nominal = sum(p.count for p in pieces)
    scan = [
        Task(n, k, nominal, effort.steps * len(p.blocks), effort.seed)
        for n, p in enumerate(pieces)
        for k in (p.count, p.count - 1, p.count + 1)
        if k in p.counts
    ]
    planned = sum(t.steps for t in scan) + sum(effort.seeds * effort.steps * len(p.blocks) for p in pieces)
    scan = _timed(scan, job, effort, begun, planned, begun + SCAN_SHARE * (effort.seconds or 0.0))
    everything = len(scan) + effort.seeds * len(pieces)
    with _workers(job, effort.processes if planned > SMALL else 1) as run:
        found = _collected(run, scan, told, 0, everything)
        chosen = choose(found, weights, len(pieces))
        more = _deeper(job, found, chosen, effort)
        more = _timed(more, job, effort, begun, sum(t.steps for t in more), begun + MARGIN * (effort.seconds or 0.0))
        found += _collected(run, more, told, len(scan), len(scan) + len(more))
    chosen = choose(found, weights, len(pieces))
    _refuse_outside(chosen, pieces, band)
    size = sum(len(p.blocks) for p in pieces)
    labels = np.full(size, -1, dtype=np.int64)
    offset = 0
    for piece, plan in zip(pieces, chosen, strict=True):
        labels[piece.blocks.rows] = plan.labels + offset
        offset += plan.terms.districts
    return Outcome(
        labels,
        _total(chosen),
        sum(f.steps for f in found),
        time.monotonic() - begun,
        any(f.cut for f in found),
    )


def _timed(  # noqa: PLR0917
    tasks: list[Task], job: _Job, effort: Effort, begun: float, planned: int, deadline: float
) -> list[Task]:
    """The tasks with the safety stop: the same deadline for all, and where the machine looks too slow for the steps
    that are planned, a share of the time for each, so that the last ones are not left without."""
    if effort.seconds is None:
        return tasks
    left = max(1.0, begun + MARGIN * effort.seconds - time.monotonic()) * effort.processes
    enough = planned / _speed(job) * HASTE <= left
    return [replace(t, deadline=deadline, seconds=None if enough else left * t.steps / planned) for t in tasks]


def _speed(job: _Job) -> float:
    """Steps a second on the largest piece, from a short try."""
    piece = max(range(len(job.pieces)), key=lambda n: len(job.pieces[n].blocks))
    part = job.pieces[piece]
    tried = TRIAL_STEPS + (REHEATS + 1) * POLISH_STEPS * len(part.blocks)
    begun = time.monotonic()
    search(part.blocks, Task(piece, part.count, part.count, TRIAL_STEPS, 1), job.band, job.weights)
    return tried / max(1e-6, time.monotonic() - begun)


def _deeper(job: _Job, found: Sequence[Found], chosen: Sequence[Found], effort: Effort) -> list[Task]:
    """Further searches for the chosen numbers of districts: new seeds, and starts made from the plans of other seeds
    and numbers by splitting or merging a district."""
    districts = _total(chosen).districts
    tasks: list[Task] = []
    for n, (piece, best) in enumerate(zip(job.pieces, chosen, strict=True)):
        k = best.terms.districts
        if k == 1 and len(piece.counts) == 1:
            continue
        others = [f for f in found if f.piece == n and f.terms.districts != k]
        others.sort(key=lambda f: f.terms.separable(job.weights, districts))
        steps = effort.steps * len(piece.blocks)
        rivals = [f.terms.districts for f in others if f.terms.outside <= TOLERANCE][:1]
        for s in range(effort.seeds):
            # every fourth search follows the second best number, every other third one starts from a neighbour's plan
            count = rivals[0] if rivals and s % 4 == 3 else k
            start = others[0].labels if others and s % 3 == 2 else None
            tasks.append(Task(n, count, districts, steps, effort.seed * 1000 + s, start=start))
    return tasks


def _total(chosen: Sequence[Found]) -> Terms:
    total = chosen[0].terms
    for plan in chosen[1:]:
        total += plan.terms
    return total


def choose(found: Sequence[Found], weights: Weights, pieces: int) -> list[Found]:
    """One plan a piece, so that the city's objective is smallest; plans outside the band only where there is no other.

    Dynamic programming over the total number of districts, which the means in the objective depend on.
    """
    options: list[list[Found]] = []
    for n in range(pieces):
        own = [f for f in found if f.piece == n]
        least = min(f.terms.outside for f in own)
        options.append([f for f in own if f.terms.outside <= least + TOLERANCE])
    low = sum(min(f.terms.districts for f in own) for own in options)
    high = sum(max(f.terms.districts for f in own) for own in options)
    best: tuple[float, list[Found]] | None = None
    for districts in range(low, high + 1):
        plan = _cheapest(options, weights, districts)
        if plan is None:
            continue
        value = _total(plan).objective(weights)
        if best is None or value < best[0] - 1e-12:
            best = (value, plan)
    if best is None:
        raise RuntimeError("no combination of plans has a possible number of districts")
    return best[1]


def _cheapest(options: list[list[Found]], weights: Weights, districts: int) -> list[Found] | None:
    """The cheapest plans with exactly ``districts`` districts in all; ``None`` if no choice gives that number."""
    reached: dict[int, tuple[float, tuple[int, ...]]] = {0: (0.0, ())}
    for own in options:
        by_count: dict[int, tuple[float, int]] = {}
        for number, plan in enumerate(own):
            cost = plan.terms.separable(weights, districts)
            k = plan.terms.districts
            if k not in by_count or cost < by_count[k][0]:
                by_count[k] = (cost, number)
        step: dict[int, tuple[float, tuple[int, ...]]] = {}
        for used, (cost, path) in reached.items():
            for k, (extra, number) in by_count.items():
                total = used + k
                if total <= districts and cost + extra < step.get(total, (math.inf, ()))[0]:
                    step[total] = (cost + extra, (*path, number))
        reached = step
    if districts not in reached:
        return None
    return [own[number] for own, number in zip(options, reached[districts][1], strict=True)]


def _refuse_outside(chosen: Sequence[Found], pieces: Sequence[Piece], band: Band) -> None:
    bad = [(plan, piece) for plan, piece in zip(chosen, pieces, strict=True) if plan.terms.outside > TOLERANCE]
    if not bad:
        return
    texts = [
        f"Stadtteil „{piece.parent}“: im besten Plan mit {plan.terms.districts} Bezirken liegen zusammen "
        f"{plan.terms.outside:.0f} Einwohner außerhalb des Bandes (größter Block {piece.blocks.pop.max():.0f})"
        for plan, piece in bad
    ]
    raise ZoningError(
        f"Kein Plan im Band von {band.low:g} bis {band.high:g} Einwohnern gefunden:\n" + "\n".join(texts) + "\n"
        "Das ist kein Beweis, dass es keinen gibt. Abhilfe: das Band weiten, große Blöcke teilen oder mit --effort "
        "länger suchen."
    )


Run = Callable[[Sequence[Task]], Iterator[Found]]


@contextmanager
def _workers(job: _Job, processes: int) -> Iterator[Run]:
    if processes <= 1:
        _prepare(job)
        yield lambda tasks: (_work(task) for task in tasks)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context, initializer=_prepare, initargs=(job,)) as pool:
        yield lambda tasks: _spread(pool, tasks)


def _spread(pool: Executor, tasks: Sequence[Task]) -> Iterator[Found]:
    """Largest first, so that no process waits for the last; results in the order of ``tasks``."""
    order = sorted(range(len(tasks)), key=lambda k: (-tasks[k].steps, k))
    futures = {k: pool.submit(_work, tasks[k]) for k in order}
    for k in range(len(tasks)):
        yield futures[k].result()


def _collected(
    run: Run, tasks: Sequence[Task], told: Callable[[int, int], None] | None, before: int, planned: int
) -> list[Found]:
    found: list[Found] = []
    for result in run(tasks):
        found.append(result)
        if told is not None:
            told(before + len(found), planned)
    return found
