"""Good connected plans of the medoid model by simulated annealing: the upper end of the certificate's gap.

Moves take one block on a district's edge to a neighbouring district. A district is kept connected and never empty;
persons outside the band cost so much that a plan within it wins. For each district the sums of ``cost`` to every
possible medoid are carried along, so that a move is judged by looking at its two districts only.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from etl.districts.zoning.medoid import Floats, Ints, Problem, allowed, components, value

PENALTY = 50.0
"""Cost of a person outside the band, in multiples of the mean cost of a person."""
HOT = 50.0
"""First temperature that forgets the start, in multiples of what a block costs in a near district."""


@njit(cache=True)
def _cheapest(  # noqa: PLR0917
    labels: Ints, sums: Floats, cost: Floats, d: int, block: int, joins: bool
) -> float:  # pragma: no cover - compiled
    """Cost of district d with its cheapest medoid after ``block`` joined or left it (-1: as it is)."""
    best = np.inf
    for j in range(len(labels)):
        if j == block:
            if not joins:
                continue
        elif labels[j] != d:
            continue
        total = sums[d, j]
        if block >= 0:
            total += cost[block, j] if joins else -cost[block, j]
        best = min(best, total)
    return best


@njit(cache=True)
def _band_cost(  # noqa: PLR0917
    persons: float, smallest: float, target: float, largest: float, deviation: float, penalty: float
) -> float:  # pragma: no cover - compiled
    outside = max(smallest - persons, persons - largest, 0.0)
    return deviation * abs(persons - target) + penalty * outside


@njit(cache=True)
def _stays_connected(  # noqa: PLR0917
    block: int, labels: Ints, first: Ints, neighbours: Ints, seen: Ints, mark: int, stack: Ints
) -> bool:  # pragma: no cover - compiled
    """Whether the district of ``block`` hangs together (and has blocks left) without it."""
    d = labels[block]
    wanted = 0
    start = -1
    for e in range(first[block], first[block + 1]):
        if labels[neighbours[e]] == d:
            wanted += 1
            start = neighbours[e]
    if wanted == 0:
        return False
    if wanted == 1:
        return True
    seen[block] = mark
    seen[start] = mark
    stack[0] = start
    size = 1
    found = 0
    while size:
        size -= 1
        b = stack[size]
        for e in range(first[b], first[b + 1]):
            c = neighbours[e]
            if c == block:
                found += 1
                if found == wanted:
                    return True
            elif labels[c] == d and seen[c] != mark:
                seen[c] = mark
                stack[size] = c
                size += 1
    return False


@njit(cache=True)
def _anneal(  # noqa: PLR0912, PLR0915, PLR0917
    labels: Ints,
    pop: Floats,
    cost: Floats,
    first: Ints,
    neighbours: Ints,
    k: int,
    band: Floats,
    deviation: float,
    penalty: float,
    hot: float,
    cold: float,
    steps: int,
    seed: int,
) -> Ints:  # pragma: no cover - compiled
    """The best labels met in ``steps`` proposed moves while the temperature falls from ``hot`` to ``cold``."""
    np.random.seed(seed)
    n = len(labels)
    smallest, target, largest = band[0], band[1], band[2]
    sums = np.zeros((k, n))
    persons = np.zeros(k)
    for i in range(n):
        persons[labels[i]] += pop[i]
        for j in range(n):
            sums[labels[i], j] += cost[i, j]
    value = np.zeros(k)
    for d in range(k):
        value[d] = _cheapest(labels, sums, cost, d, -1, False)
        value[d] += _band_cost(persons[d], smallest, target, largest, deviation, penalty)
    now = value.sum()
    best = now
    kept = labels.copy()
    seen = np.zeros(n, dtype=np.int64)
    stack = np.zeros(n, dtype=np.int64)
    falling = (cold / hot) ** (1.0 / max(steps - 1, 1))
    heat = hot
    changed = False
    for step in range(steps):
        heat *= falling
        block = np.random.randint(n)
        if first[block] == first[block + 1]:
            continue
        other = neighbours[first[block] + np.random.randint(first[block + 1] - first[block])]
        a, b = labels[block], labels[other]
        if a == b:
            continue
        luck = np.random.random()
        left = _band_cost(persons[a] - pop[block], smallest, target, largest, deviation, penalty)
        joined = _band_cost(persons[b] + pop[block], smallest, target, largest, deviation, penalty)
        allowance = value[a] + value[b] - heat * np.log(max(luck, 1e-300))
        if left + joined > allowance:
            continue
        left += _cheapest(labels, sums, cost, a, block, False)
        if left + joined > allowance:
            continue
        joined += _cheapest(labels, sums, cost, b, block, True)
        if left + joined > allowance:
            continue
        if not _stays_connected(block, labels, first, neighbours, seen, step + 1, stack):
            continue
        if changed and now < best:
            best = now
            kept[:] = labels
        now += left + joined - value[a] - value[b]
        value[a], value[b] = left, joined
        persons[a] -= pop[block]
        persons[b] += pop[block]
        labels[block] = b
        for j in range(n):
            sums[a, j] -= cost[block, j]
            sums[b, j] += cost[block, j]
        changed = now < best
    if changed and now < best:
        kept[:] = labels
    return kept


def improve(part: Problem, labels: Ints, steps: int, seed: int, warmth: float) -> Ints:
    """The best plan met by annealing from a connected plan; the same for the same seed.

    ``warmth`` scales the first temperature: `HOT` forgets the start, 0.05 only polishes it.
    """
    usual = float(np.partition(part.cost, part.n // 4, axis=1)[:, : part.n // 4 + 1].mean())
    persons = max(float(part.pop.sum()), 1.0)
    penalty = PENALTY * max(usual * part.n / persons, part.deviation, 1e-12)
    band = np.array([part.band.smallest, part.band.target, part.band.largest])
    hot = max(usual, 1e-12) * warmth
    found: Ints = _anneal(
        labels.astype(np.int64).copy(),
        part.pop,
        part.cost,
        part.first,
        part.neighbours,
        part.k,
        band,
        part.deviation,
        penalty,
        hot,
        max(usual, 1e-12) * 1e-3,
        steps,
        seed,
    )
    return found


def grown(part: Problem, seed: int) -> Ints | None:
    """Any k connected districts of similar population; None where the parent has too few blocks or too many pieces."""
    pieces = components(part, np.ones(part.n, dtype=bool))
    if part.k > part.n or len(pieces) > part.k:
        return None
    rng = np.random.default_rng(seed)
    starts = [int(rng.choice(piece)) for piece in pieces]
    while len(starts) < part.k:
        apart = part.cost[:, starts].min(axis=1) + 1e-9
        apart[starts] = 0.0
        starts.append(int(rng.choice(part.n, p=apart / apart.sum())))
    return regrown(part, starts)


def regrown(part: Problem, starts: list[int]) -> Ints | None:
    """Connected districts of similar population around these blocks; None where they do not reach every block."""
    labels = np.full(part.n, -1, dtype=np.int64)
    labels[starts] = np.arange(part.k)
    persons = part.pop[starts].astype(float)
    growing = np.ones(part.k, dtype=bool)
    while growing.any() and (labels < 0).any():
        d = int(np.argmin(np.where(growing, persons, np.inf)))
        edge = np.unique(np.concatenate([part.around(int(i)) for i in np.flatnonzero(labels == d)]))
        edge = edge[labels[edge] < 0]
        if not len(edge):
            growing[d] = False
            continue
        nearest = edge[np.argmin(part.cost[edge, starts[d]])]
        labels[nearest] = d
        persons[d] += part.pop[nearest]
    return labels if labels.min() >= 0 else None


def good_plan(part: Problem, start: Ints | None, steps: int, seed: int, tries: int) -> Ints | None:
    """The best allowed plan of some annealing runs (and of ``start``); None if none within the band was met."""
    begun = [grown(part, seed + t) for t in range(tries)]
    found = [improve(part, b, steps, seed + t, HOT) for t, b in enumerate(begun) if b is not None]
    if start is not None and all(len(components(part, start == d)) == 1 for d in range(part.k)):
        found += [start.astype(np.int64), improve(part, start, steps, seed, 0.05)]
    found = [f for f in found if allowed(part, f)]
    return min(found, key=lambda f: value(part, f), default=None)
