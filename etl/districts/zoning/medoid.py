"""The medoid model of one parent: what a district costs when one of its blocks stands for it.

A district is a set of blocks with one of them as its medoid j. It costs the sum of ``cost[i, j]`` over its blocks i
plus ``deviation`` times the persons it lies above or below the target. The cheapest medoid of a set is taken, so a
plan has one value. The model is the assignment model of Weaver and Hess (1963), "A procedure for nonpartisan
districting", Yale Law Journal 73, with attribute distance and barriers beside the distance on the ground.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

TOKEN_PERSONS = 1.0
"""An empty block counts as so many persons in the distance on the ground; otherwise nobody cared where it goes."""


@dataclass(frozen=True)
class MedoidWeights:
    """Weights of the four terms; each term is 0 at best and without unit, so that plans of cities can be compared.

    - heterogeneity: share of the attributes' sum of squares that stays inside districts, measured to the medoid,
    - compactness: moment of inertia on the ground over that of discs of the districts' mean area,
    - deviation: mean \\|P - target\\| over the target,
    - barrier: share of persons who live on another side of a barrier than their medoid.
    """

    heterogeneity: float = 1.0
    compactness: float = 1.0
    deviation: float = 0.5
    barrier: float = 1.0


@dataclass(frozen=True)
class Band:
    """Persons in a district: never below ``smallest``, never above ``largest``, ``target`` if possible."""

    smallest: float
    target: float
    largest: float


@dataclass(frozen=True)
class Whole:
    """Figures of the whole city that make the terms of its parts addable: the parents' values sum to the city's."""

    persons: float
    squares: float
    """Sum over blocks of persons times squared z-scores (around the city's mean)."""
    area: float
    """Square metres."""
    districts: int


@dataclass(frozen=True)
class Blocks:
    """The n blocks of one parent as arrays."""

    pop: Floats
    """Persons, n."""
    scores: Floats
    """Population-weighted z-scores, n × attributes."""
    xy: Floats
    """Centres in metres, n × 2."""
    edges: Ints
    """Pairs of rook neighbours (positions 0…n-1), m × 2."""
    side: Ints | None = None
    """Side of the barriers each block lies on, n."""


@dataclass(frozen=True)
class Problem:
    """One parent, ready to solve: n blocks into ``k`` connected districts."""

    pop: Floats
    cost: Floats
    """What block i costs in the district of medoid j, n × n."""
    deviation: float
    """Cost of one person above or below the target."""
    band: Band
    k: int
    first: Ints
    """The neighbours of i stand in ``neighbours[first[i]:first[i + 1]]``."""
    neighbours: Ints

    @property
    def n(self) -> int:
        return len(self.pop)

    def around(self, i: int) -> Ints:
        """Neighbours of block i."""
        return self.neighbours[self.first[i] : self.first[i + 1]]


def problem(blocks: Blocks, whole: Whole, weights: MedoidWeights, band: Band, k: int) -> Problem:
    """The model of one parent with k districts.

    The terms are those of `MedoidWeights`. Heterogeneity uses squared distances between z-scores (Steiner: the sum of
    squares around a medoid is never below that around the mean); the disc of area a has the mean squared distance
    a / 2π from its centre.
    """
    n = len(blocks.pop)
    token = np.where(blocks.pop > 0, blocks.pop, TOKEN_PERSONS)
    apart = ((blocks.scores[:, None, :] - blocks.scores[None, :, :]) ** 2).sum(axis=2)
    metres = ((blocks.xy[:, None, :] - blocks.xy[None, :, :]) ** 2).sum(axis=2)
    disc = whole.area / whole.districts / (2 * np.pi)
    cost = weights.heterogeneity / max(whole.squares, 1e-12) * blocks.pop[:, None] * apart
    cost += weights.compactness / (max(whole.persons, 1.0) * max(disc, 1e-12)) * token[:, None] * metres
    if blocks.side is not None:
        crossing = blocks.side[:, None] != blocks.side[None, :]
        cost += weights.barrier / max(whole.persons, 1.0) * blocks.pop[:, None] * crossing
    first, neighbours = adjacency(n, blocks.edges)
    per_person = weights.deviation / (whole.districts * band.target)
    return Problem(blocks.pop.astype(float), cost, per_person, band, k, first, neighbours)


def adjacency(n: int, edges: Ints) -> tuple[Ints, Ints]:
    """The neighbours of n blocks, sorted, in the two arrays of `Problem`."""
    both = np.concatenate([edges, edges[:, ::-1]]) if len(edges) else np.empty((0, 2), dtype=np.int64)
    both = np.unique(both, axis=0)
    first = np.searchsorted(both[:, 0], np.arange(n + 1))
    return first.astype(np.int64), both[:, 1].astype(np.int64).copy()


def medoids(part: Problem, labels: Ints) -> Ints:
    """The cheapest medoid of each district (k positions); on a tie the first block."""
    found = np.empty(part.k, dtype=np.int64)
    for d in range(part.k):
        members = np.flatnonzero(labels == d)
        found[d] = members[np.argmin(part.cost[np.ix_(members, members)].sum(axis=0))]
    return found


def value(part: Problem, labels: Ints) -> float:
    """The model's cost of a plan whose districts are numbered 0…k-1, none of them empty."""
    centre = medoids(part, labels)
    persons = np.bincount(labels, part.pop, part.k)
    travel = part.cost[np.arange(part.n), centre[labels]].sum()
    return float(travel + part.deviation * np.abs(persons - part.band.target).sum())


def components(part: Problem, inside: npt.NDArray[np.bool_]) -> list[Ints]:
    """The connected pieces of the blocks marked in ``inside``, each sorted, in the order of their first block."""
    piece = np.full(part.n, -1, dtype=np.int64)
    found: list[Ints] = []
    for start in np.flatnonzero(inside):
        if piece[start] >= 0:
            continue
        stack, members = [int(start)], [int(start)]
        piece[start] = len(found)
        while stack:
            for b in part.around(stack.pop()):
                if inside[b] and piece[b] < 0:
                    piece[b] = len(found)
                    members.append(int(b))
                    stack.append(int(b))
        found.append(np.sort(np.array(members, dtype=np.int64)))
    return found


def allowed(part: Problem, labels: Ints) -> bool:
    """Whether a plan keeps all that is hard: k districts, each connected and within the band."""
    if len(labels) != part.n or labels.min() < 0 or set(labels.tolist()) != set(range(part.k)):
        return False
    persons = np.bincount(labels, part.pop, part.k)
    if persons.min() < part.band.smallest - 1e-9 or persons.max() > part.band.largest + 1e-9:
        return False
    return all(len(components(part, labels == d)) == 1 for d in range(part.k))
