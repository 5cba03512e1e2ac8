"""The certificate: how far a plan is from the best one in the medoid model, proven for each Stadtteil.

The steps for one Stadtteil: a good plan by annealing, a bound by Lagrangian relaxation, pairs of block and medoid that
are proven useless taken out, then branch and cut on the rest. Plan and bound close in on each other until the gap
is as small as wanted. Every step is kept in a file if one is named, and the next call goes on there.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Literal

import numpy as np

from etl.districts.zoning.certify_bound import ascend, possible, reachable
from etl.districts.zoning.certify_search import good_plan
from etl.districts.zoning.certify_state import Node, State, fingerprint, load, save
from etl.districts.zoning.certify_tree import Tree
from etl.districts.zoning.instance import Instance, ZoningError
from etl.districts.zoning.medoid import Band, Blocks, Ints, MedoidWeights, Problem, Whole, problem

Status = Literal["proven", "stopped", "infeasible"]
ASCENT = 600
"""Steps of the Lagrangian ascent."""


@dataclass(frozen=True)
class Effort:
    """How much is done: budgets are steps and nodes, seconds only a safety stop that the result tells of."""

    gap: float = 0.0049
    """Wanted gap as a share of the plan's value; never better than 1e-7."""
    seconds: float = 600.0
    nodes: int = 100_000
    tries: int = 6
    steps: int = 2_000_000
    """Proposed moves of each of the ``tries`` annealing runs."""
    seed: int = 1
    workers: int = 2


@dataclass(frozen=True)
class ParentCertificate:
    """The proof for one Stadtteil: no plan in ``k`` districts costs less than ``bound``, this one costs ``objective``.

    ``labels`` number the districts 0…k-1 in the order of the instance's blocks of this parent; None if no plan is
    known. ``gap`` is (objective - bound) / objective. ``rounds`` are relaxations solved, ``nodes`` parts of the tree.
    """

    parent: str
    k: int
    status: Status
    objective: float
    bound: float
    gap: float
    rounds: int
    cuts: int
    nodes: int
    seconds: float
    labels: Ints | None


@dataclass(frozen=True)
class Certificate:
    """The proofs of all parents. Their values add up, so the whole plan's gap follows."""

    parents: tuple[ParentCertificate, ...]
    weights: MedoidWeights
    seed: int

    @property
    def objective(self) -> float:
        """Value of the plan of the whole city."""
        return sum(p.objective for p in self.parents)

    @property
    def bound(self) -> float:
        """No plan of the whole city with these numbers of districts costs less."""
        return sum(p.bound for p in self.parents)

    @property
    def gap(self) -> float:
        """Share of the plan's value that is not proven to be needed."""
        return relative_gap(self.objective, self.bound)


def relative_gap(objective: float, bound: float) -> float:
    """(objective - bound) / objective; infinite without a plan, 0 where nothing costs anything."""
    if not np.isfinite(objective):
        return float("inf")
    return max(objective - bound, 0.0) / objective if objective > 0 else 0.0


def districts_for(persons: float, band: Band) -> int:
    """K of a parent: persons over target, rounded to the nearest number that the band admits (at least 1)."""
    least, most = int(np.ceil(persons / band.largest)), int(persons // band.smallest)
    return max(1, min(max(round(persons / band.target), least), max(most, 1)))


def problem_of(
    instance: Instance, number: int, weights: MedoidWeights, band: Band, k_by_parent: Mapping[str, int]
) -> Problem:
    """The medoid model of the parent ``instance.parents[number]``."""
    part = instance.of_parent(number)
    if len(part) < k_by_parent[instance.parents[number]]:
        raise ZoningError(
            f"Stadtteil „{instance.parents[number]}“ hat {len(part)} Blöcke, das reicht nicht für "
            f"{k_by_parent[instance.parents[number]]} Bezirke. Weniger Bezirke oder kleinere Blöcke machen es möglich."
        )
    blocks = Blocks(
        pop=part.pop,
        scores=part.z,
        xy=part.xy,
        edges=np.column_stack([part.linked.i, part.linked.j]).astype(np.int64),
        side=part.side,
    )
    # Without shapes there is no ground: a unit area keeps the term finite, and all distances are 0.
    whole = Whole(
        persons=instance.city_pop,
        squares=instance.city_ss,
        area=float(instance.area.sum()) if instance.shaped else 1.0,
        districts=sum(k_by_parent.values()),
    )
    return problem(blocks, whole, weights, band, k_by_parent[instance.parents[number]])


def certify(  # noqa: PLR0917 - the order in which one thinks of them
    instance: Instance,
    weights: MedoidWeights,
    band: Band,
    k_by_parent: Mapping[str, int] | None = None,
    start_labels: Ints | None = None,
    state_path: Path | None = None,
    effort: Effort | None = None,
    tell: Callable[[ParentCertificate], None] | None = None,
) -> Certificate:
    """Prove bounds for every parent, the largest first, in ``effort.workers`` processes.

    ``k_by_parent`` defaults to `districts_for`; ``start_labels`` (a district for each block, any numbers) is a plan to
    begin with where it has the wanted number of connected districts. ``state_path`` is a folder that takes one file a
    parent; what stands there is gone on with. ``tell`` hears of each parent as it is finished.
    Raises `ZoningError` where a parent has fewer blocks than districts and `SozialberichtError` for a state of other
    input.
    """
    effort = effort or Effort()
    sizes = np.bincount(instance.parent, minlength=len(instance.parents))
    persons = np.bincount(instance.parent, instance.pop, len(instance.parents))
    counts = dict(k_by_parent or {p: districts_for(persons[n], band) for n, p in enumerate(instance.parents)})
    order = sorted(range(len(instance.parents)), key=lambda n: (-int(sizes[n]), n))
    # Work grows faster than the square of the blocks: the safety stop is shared out alike.
    share = sizes.astype(float) ** 2 / (sizes.astype(float) ** 2).sum()
    begun = time.monotonic()
    jobs = []
    for n in order:
        part = problem_of(instance, n, weights, band, counts)
        start = None
        if start_labels is not None:
            mine = np.unique(start_labels[instance.parent == n], return_inverse=True)[1].astype(np.int64)
            start = mine if int(mine.max()) + 1 == part.k else None
        path = None if state_path is None else state_path / f"stadtteil_{n + 1}.npz"
        allowance = effort.seconds * min(1.0, effort.workers * float(share[n]) + 0.1)
        jobs.append((instance.parents[n], part, start, path, allowance))
    results: dict[str, ParentCertificate] = {}
    run = partial(_job, effort=effort, begun=begun)
    if effort.workers > 1 and len(jobs) > 1:
        os.environ.setdefault("OMP_NUM_THREADS", "1")
        with ProcessPoolExecutor(effort.workers, mp_context=get_context("spawn")) as pool:
            for finished in as_completed([pool.submit(run, job) for job in jobs]):
                done = finished.result()
                results[done.parent] = done
                if tell:
                    tell(done)
    else:
        for job in jobs:
            results[job[0]] = run(job)
            if tell:
                tell(results[job[0]])
    return Certificate(tuple(results[p] for p in instance.parents), weights, effort.seed)


Job = tuple[str, Problem, Ints | None, Path | None, float]


def _job(job: Job, effort: Effort, begun: float) -> ParentCertificate:
    name, part, start, path, allowance = job
    # The monotonic clock is the machine's, so that processes agree on it.
    seconds = min(allowance, begun + effort.seconds - time.monotonic())
    return certify_parent(name, part, effort, seconds=seconds, start=start, path=path)


def certify_parent(
    name: str,
    part: Problem,
    effort: Effort,
    *,
    seconds: float,
    start: Ints | None = None,
    path: Path | None = None,
) -> ParentCertificate:
    """The certificate of one parent; ``seconds`` is the safety stop of this call."""
    begun = time.monotonic()
    wanted = fingerprint(part, effort.seed, effort.gap)
    state = (load(path, wanted) if path else None) or State(wanted)
    before = state.seconds

    def left() -> float:
        return seconds - (time.monotonic() - begun)

    def keep() -> None:
        state.seconds = before + time.monotonic() - begun
        if path:
            save(state, path)

    tree = Tree(part, state, gap=effort.gap, seed=effort.seed, left=left, keep=keep)
    if state.stage == 0:
        found = good_plan(part, start, effort.steps, effort.seed, effort.tries)
        if found is not None:
            tree.take(found)
        state.stage = 1
        keep()
    if state.stage == 1:
        _relax(part, state, tree)
        state.stage = 2
        keep()
    tree.run(effort.nodes)
    keep()
    finished = not state.open
    status: Status = "stopped" if not finished else "infeasible" if state.labels is None else "proven"
    return ParentCertificate(
        parent=name,
        k=part.k,
        status=status,
        objective=state.upper,
        bound=min(state.bound, state.upper),
        gap=relative_gap(state.upper, min(state.bound, state.upper)),
        rounds=state.rounds,
        cuts=len(state.cuts),
        nodes=state.nodes,
        seconds=state.seconds,
        labels=state.labels,
    )


def _relax(part: Problem, state: State, tree: Tree) -> None:
    """The Lagrangian bound and the root of the tree: the pairs that it leaves."""
    may = reachable(part)
    guess = state.upper if np.isfinite(state.upper) else float(part.cost.mean()) * part.n
    at, state.prices = ascend(part, may, np.full(part.n, guess / part.n), guess, ASCENT)
    state.bound = max(0.0, min(at.bound, tree.cutoff))
    if not np.isfinite(at.bound):  # no k medoids have a district within the band
        state.bound = np.inf
        return
    may = possible(part, at, may, tree.cutoff) if np.isfinite(state.upper) else may
    state.root = may
    if at.bound < tree.cutoff:
        state.open = [Node(at.bound, (), may)]
