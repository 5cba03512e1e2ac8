"""Branch and cut for one parent: the tree of linear relaxations that closes the gap.

A node's relaxation is solved, broken rows (blocks without their medoid, connectivity) are added, and pairs whose
reduced costs along a path exceed what a better plan may cost are taken out. What is left undecided is split by a
medoid (is this block one or not?), then by a block. The order is fixed, and every `EPOCH` nodes the solver starts
afresh from what the state holds, so that a run that was interrupted there and one that was not are the same run.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from etl.districts.zoning.certify_bound import paths
from etl.districts.zoning.certify_cuts import Bools, Cut, neighbour_cut, separate
from etl.districts.zoning.certify_model import Model, Solved
from etl.districts.zoning.certify_search import improve, regrown
from etl.districts.zoning.certify_state import Node, State
from etl.districts.zoning.medoid import Floats, Ints, Problem, allowed, medoids, value

EPOCH = 8
WHOLE = 1e-5
POLISH = 200_000
PROBES = 8
PROBE_STEPS = 120
"""Simplex steps of one probe of a medoid to split by."""
IDLE = 4
"""Rounds of added rows without a better bound after which a node is split."""
PROGRESS = 2e-5


class OutOfTime(Exception):
    """The safety stop came inside a node; what the state held before stays true."""


class Tree:
    """The search over one parent. ``left`` tells the seconds that remain; ``keep`` saves the state."""

    def __init__(
        self,
        part: Problem,
        state: State,
        *,
        gap: float,
        seed: int,
        left: Callable[[], float],
        keep: Callable[[], None],
    ) -> None:
        self.part, self.state, self.seed = part, state, seed
        self.gap = max(gap, 1e-7)
        self.left, self.keep = left, keep
        self.model: Model | None = None

    @property
    def cutoff(self) -> float:
        """A plan that costs at least this is not worth finding: the known one is within the gap of it."""
        return self.state.upper * (1 - self.gap)

    def prune(self) -> None:
        """Close what cannot hold a better plan; the bound is that of the open rest."""
        self.state.open = [node for node in self.state.open if node.bound < self.cutoff]
        best = min((node.bound for node in self.state.open), default=np.inf)
        self.state.bound = max(self.state.bound, min(best, self.cutoff))

    def run(self, most_nodes: int) -> None:
        """Work until the gap is closed, the budget of nodes is used up or the time is over."""
        state = self.state
        self.prune()
        while state.open and state.nodes < most_nodes:
            self.model = None
            for _ in range(EPOCH):
                if not state.open or state.nodes >= most_nodes:
                    break
                state.open.sort(key=lambda node: (node.bound, node.ones))
                try:
                    children = self._split(state.open[0])
                except OutOfTime:
                    return
                state.open = state.open[1:] + children
                state.nodes += 1
                self.prune()
            self.keep()

    def _everywhere(self) -> Bools:
        """The pairs that help anywhere in the tree: what a cut leaves out must be useless in every node."""
        root = self.state.root
        return np.ones((self.part.n, self.part.n), dtype=bool) if root is None else root

    def _fresh(self) -> Model:
        """A model of what the open nodes can use, with the rows kept so far."""
        usable = np.logical_or.reduce([other.may for other in self.state.open])
        part = self.part
        usual = max(float(part.cost.mean()) * part.n / 4, part.deviation * part.band.target)
        model = Model(part, usable, self.seed, 1e4 / usual if usual > 0 else 1.0)
        pairs = [(j, i) for j, i in self.state.links if usable[j, i]]
        model.link(pairs or [(int(j), int(i)) for j, i in np.argwhere(usable) if part.pop[i] == 0])
        model.cut(self.state.cuts)
        return model

    def _split(self, node: Node) -> list[Node]:
        """Solve a node; its two halves, or nothing where it is decided."""
        if self.model is None:
            self.model = self._fresh()
        solved, may = self._tighten(node)
        if solved.bound >= self.cutoff:
            return []
        if not self.state.nodes:
            self.state.root = may
        bound = max(node.bound, solved.bound)
        pair = self._choose(solved, bound)
        if pair is None:
            self._offer(np.argmax(solved.shares, axis=0))
            return []
        if self.state.nodes % 4 == 0:
            self._polish(solved.shares)
        without = may.copy()
        without[pair] = False
        if pair[0] == pair[1]:
            without[pair[0]] = False
        within = may.copy()
        within[:, pair[1]] = False
        within[pair] = True
        return [Node(bound, (*node.ones, pair), within), Node(bound, node.ones, without)]

    def _choose(self, solved: Solved, bound: float) -> tuple[int, int] | None:
        """The pair to split by: of some undecided medoids the one that adds most on both sides (strong branching)."""
        assert self.model is not None  # noqa: S101 - set by the only caller
        first = branch(self.part, solved.shares)
        if first is None or first[0] != first[1]:
            return first
        undecided = np.abs(solved.shares.diagonal() - 0.5)
        several = [
            (int(j), int(j)) for j in np.argsort(undecided, kind="stable")[:PROBES] if undecided[j] < 0.5 - WHOLE
        ]
        if len(several) == 1:
            return several[0]
        room = self.cutoff - bound if np.isfinite(self.cutoff) else np.inf
        gains = [min(max(a, 1e-9), room) * min(max(b, 1e-9), room) for a, b in self.model.probe(several, PROBE_STEPS)]
        return several[int(np.argmax(gains))]

    def _tighten(self, node: Node) -> tuple[Solved, Bools]:
        """The node's relaxation with all rows it needs, and the pairs that can still help."""
        assert self.model is not None  # noqa: S101 - set by the only caller
        may, idle, last = node.may, 0, -np.inf
        self.model.restrict(may, list(node.ones))
        known = set(self.state.links)
        while True:
            solved = self.model.solve(self.left())
            self.state.rounds += 1
            if solved.status == "Infeasible" or solved.bound >= self.cutoff:
                return Solved(solved.status, np.inf, solved.shares, solved.reduced), may
            if solved.status != "Optimal":
                raise OutOfTime
            slim = self._useful(may, solved)
            idle = 0 if solved.bound > last + PROGRESS * abs(solved.bound) else idle + 1
            last = max(last, solved.bound)
            links = broken_links(solved.shares, known)
            cuts = broken_cuts(self.part, solved.shares, self._everywhere())
            if not links and not cuts and int(slim.sum()) == int(may.sum()):
                return solved, may
            if idle > IDLE and branch(self.part, solved.shares) is not None:
                return solved, slim
            self.model.link(links)
            self.model.cut(cuts)
            known.update(links)
            self.state.links += links
            self.state.cuts += cuts
            if int(slim.sum()) < int(may.sum()):
                may = slim
                self.model.restrict(may, list(node.ones))

    def _useful(self, may: Bools, solved: Solved) -> Bools:
        """The pairs that a connected plan below the cutoff can use, by reduced costs along the cheapest path."""
        if not np.isfinite(self.cutoff):
            return may
        along = paths(self.part, np.where(may, solved.reduced, np.inf)) + solved.reduced.diagonal()[:, None]
        kept: Bools = may & (solved.bound + along < self.cutoff)
        return kept

    def _offer(self, medoid_of: Ints) -> None:
        """Take a plan as the best known one if it is; blocks name their medoid."""
        labels = np.unique(medoid_of, return_inverse=True)[1].astype(np.int64)
        self.take(labels)

    def take(self, labels: Ints) -> None:
        """Take a plan as the best known one if it is allowed and better."""
        if not allowed(self.part, labels):
            return
        worth = value(self.part, labels)
        if worth < self.state.upper:
            self.state.labels, self.state.upper = labels, worth

    def _polish(self, shares: Floats) -> None:
        """A plan grown around the medoids that the relaxation prefers, polished."""
        weight = shares.diagonal()
        starts = np.argsort(-weight, kind="stable")[: self.part.k]
        grown = regrown(self.part, [int(j) for j in starts])
        if grown is not None:
            self.take(improve(self.part, grown, POLISH, self.seed + self.state.nodes, 0.3))
        if self.state.labels is not None and self.state.nodes % 16 == 0:
            self.take(improve(self.part, self.state.labels, POLISH, self.seed + self.state.nodes, 0.3))


def branch(part: Problem, shares: Floats) -> tuple[int, int] | None:
    """The undecided pair (medoid, block) to split by; None where all is decided. Medoids come before blocks."""
    medoid = shares.diagonal()
    open_medoids = np.flatnonzero((medoid > WHOLE) & (medoid < 1 - WHOLE))
    if len(open_medoids):
        j = open_medoids[np.argmin(np.abs(medoid[open_medoids] - 0.5))]
        return int(j), int(j)
    open_pairs = np.argwhere((shares > WHOLE) & (shares < 1 - WHOLE))
    if not len(open_pairs):
        return None
    weight = (part.pop[open_pairs[:, 1]] + 1) * (0.5 - np.abs(shares[open_pairs[:, 0], open_pairs[:, 1]] - 0.5))
    j, i = open_pairs[np.argmax(weight)]
    return int(j), int(i)


def broken_links(shares: Floats, known: set[tuple[int, int]]) -> list[tuple[int, int]]:
    """Pairs where a block belongs to a medoid by more than that is one."""
    pairs = np.argwhere(shares > shares.diagonal()[:, None] + 1e-4)
    return [(int(j), int(i)) for j, i in pairs if (int(j), int(i)) not in known]


def broken_cuts(part: Problem, shares: Floats, may: Bools) -> list[Cut]:
    """Connectivity cuts that the solution breaks."""
    found = dict.fromkeys(separate(part, shares, may))
    for j, i in np.argwhere(shares > 0.02):
        cut = neighbour_cut(part, int(j), int(i), may[j])
        if cut is not None and shares[j, i] > shares[j, list(cut[2])].sum() + 0.02:
            found[cut] = None
    return list(found)


def plan_medoids(part: Problem, labels: Ints) -> Bools:
    """The pairs (medoid, block) that a plan uses."""
    used = np.zeros((part.n, part.n), dtype=bool)
    used[medoids(part, labels)[labels], np.arange(part.n)] = True
    return used
