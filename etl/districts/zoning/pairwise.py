"""Regions by a cost of pairs: the sum over all pairs in a region, as in the p-regions and max-p-regions problems.

Duque, Anselin, Rey (2012), "The max-p-regions problem", Journal of Regional Science 52, 397–419. Units are moved one by
one or swapped between neighbouring regions; a region may fall short of its smallest size at a price that rises while
the temperature falls, since with the largest possible number of regions nothing else could move.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit

from etl.districts.zoning.instance import Edges, Floats, Ints, ZoningError
from etl.districts.zoning.kernel import State, rand, seeded
from etl.districts.zoning.model import relabelled

HOT, COOL = 0.5, 0.002
"""First and last temperature in units of the mean cost of a unit in the starting plan."""
SHORT = 0.5
"""Price of a missing unit in the same units at the start; it grows tenfold."""


@dataclass(frozen=True)
class Regions:
    """Region 0 … of each unit and the total cost (in the unit of the pairs' costs, each pair once)."""

    labels: Ints
    cost: float


@njit(cache=True)
def _connected_without(  # noqa: PLR0917
    label: Ints, unit: int, indptr: Ints, indices: Ints, seen: Ints, mark: int, queue: Ints
) -> bool:
    home = label[unit]
    size = 0
    first = -1
    for u in range(len(label)):
        if label[u] == home and u != unit:
            size += 1
            first = u
    if size == 0:
        return False
    seen[unit] = mark
    seen[first] = mark
    queue[0] = first
    head, tail = 0, 1
    while head < tail:
        here = queue[head]
        head += 1
        for e in range(indptr[here], indptr[here + 1]):
            other = indices[e]
            if label[other] == home and seen[other] != mark:
                seen[other] = mark
                queue[tail] = other
                tail += 1
    return tail == size


@njit(cache=True)
def _beside(label: Ints, unit: int, region: int, indptr: Ints, indices: Ints, but: int) -> bool:  # noqa: PLR0917
    """Whether ``unit`` has a neighbour in ``region`` other than ``but``."""
    for e in range(indptr[unit], indptr[unit + 1]):  # noqa: SIM110 - Numba compiles no generators
        if label[indices[e]] == region and indices[e] != but:
            return True
    return False


@njit(cache=True)
def _anneal(  # noqa: PLR0912, PLR0915, PLR0917
    cost: Floats, indptr: Ints, indices: Ints, label: Ints, best: Ints, k: int, low: int, steps: int, unit_cost: float,
    state: State,
) -> float:  # fmt: skip
    """Anneal ``label``; the best plan of full regions goes to ``best``. Returns its cost (infinite: none met)."""
    n = len(label)
    to = np.zeros((n, k))
    size = np.zeros(k, dtype=np.int64)
    total = 0.0
    for u in range(n):
        size[label[u]] += 1
        for v in range(n):
            to[u, label[v]] += cost[u, v]
    for u in range(n):
        total += 0.5 * to[u, label[u]]
    seen = np.zeros(n, dtype=np.int64)
    queue = np.zeros(n, dtype=np.int64)
    mark = 0
    least = np.inf
    missing = 0
    for d in range(k):
        missing += max(0, low - size[d])
    if missing == 0:
        least = total
        best[:] = label
    for step in range(steps):
        share = step / steps
        temperature = HOT * unit_cost * (COOL / HOT) ** share
        price = SHORT * unit_cost * 10.0**share
        u = int(rand(state) * n)
        if indptr[u] == indptr[u + 1]:
            continue
        v = indices[indptr[u] + int(rand(state) * (indptr[u + 1] - indptr[u]))]
        a, b = label[u], label[v]
        if a == b:
            continue
        swap = rand(state) < 0.5
        w = -1
        if swap:
            w = int(rand(state) * n)
            if label[w] != b or not _beside(label, w, a, indptr, indices, u):
                continue
            if not _beside(label, u, b, indptr, indices, w):
                continue
            change = to[u, b] - to[u, a] + to[w, a] - to[w, b] - 2.0 * cost[u, w]
            short = 0
        else:
            if size[a] == 1:
                continue
            change = to[u, b] - to[u, a]
            short = max(0, low - size[a] + 1) - max(0, low - size[a])
            short += max(0, low - size[b] - 1) - max(0, low - size[b])
        delta = change + price * short
        if delta > 0.0 and rand(state) >= math.exp(-delta / temperature):
            continue
        if swap:
            label[u], label[w] = b, a
            mark += 2
            fine = _whole(label, a, indptr, indices, seen, mark, queue)
            if not (fine and _whole(label, b, indptr, indices, seen, mark + 1, queue)):
                label[u], label[w] = a, b
                continue
        else:
            mark += 1
            if not _connected_without(label, u, indptr, indices, seen, mark, queue):
                continue
            label[u] = b
            size[a] -= 1
            size[b] += 1
        for x in range(n):
            to[x, a] -= cost[x, u]
            to[x, b] += cost[x, u]
            if swap:
                to[x, b] -= cost[x, w]
                to[x, a] += cost[x, w]
        total += change
        missing += short
        if missing == 0 and total < least - 1e-9:
            least = total
            best[:] = label
    return least


@njit(cache=True)
def _whole(label: Ints, region: int, indptr: Ints, indices: Ints, seen: Ints, mark: int, queue: Ints) -> bool:  # noqa: PLR0917
    """Whether the region is connected."""
    size = 0
    first = -1
    for u in range(len(label)):
        if label[u] == region:
            size += 1
            first = u
    if size == 0:
        return False
    seen[first] = mark
    queue[0] = first
    head, tail = 0, 1
    while head < tail:
        here = queue[head]
        head += 1
        for e in range(indptr[here], indptr[here + 1]):
            other = indices[e]
            if label[other] == region and seen[other] != mark:
                seen[other] = mark
                queue[tail] = other
                tail += 1
    return tail == size


def regions(  # noqa: PLR0917
    cost: Floats, edges: Edges, k: int, low: int, seeds: int = 8, steps: int = 2_000_000, seed: int = 1
) -> Regions:
    """``k`` connected regions of at least ``low`` units with the smallest sum of ``cost`` over their pairs met.

    ``cost`` is symmetric with a zero diagonal. The same input gives the same regions. Raises ``ZoningError`` if no plan
    of full regions was met.
    """
    n = len(cost)
    indptr, indices, _ = edges.csr(n)
    unit_cost = float(cost.sum()) / n / k
    found: Regions | None = None
    for number in range(seeds):
        state = seeded(seed, number)
        label = _grown(n, k, indptr, indices, state)
        best = label.copy()
        value = float(_anneal(cost, indptr, indices, label, best, k, low, steps, unit_cost, state))
        if math.isfinite(value) and (found is None or value < found.cost - 1e-9):
            found = Regions(relabelled(best), value)
    if found is None:
        raise ZoningError(f"{k} zusammenhängende Gebiete mit je mindestens {low} Einheiten wurden nicht gefunden.")
    return found


def _grown(n: int, k: int, indptr: Ints, indices: Ints, state: State) -> Ints:
    """Regions grown from random units, the smallest first."""
    label = np.full(n, -1, dtype=np.int64)
    order = sorted(range(n), key=lambda _: rand(state))
    for d, unit in enumerate(order[:k]):
        label[unit] = d
    while (label < 0).any():
        sizes = np.bincount(label[label >= 0], minlength=k)
        grown = False
        for d in np.argsort(sizes, kind="stable").tolist():
            rim = [int(v) for u in np.flatnonzero(label == d).tolist() for v in indices[indptr[u] : indptr[u + 1]]]
            free = sorted({v for v in rim if label[v] < 0})
            if free:
                label[free[int(rand(state) * len(free))]] = d
                grown = True
                break
        if not grown:
            raise ZoningError("Die Einheiten hängen nicht zusammen; die Zahl der Gebiete reicht nicht für alle Teile.")
    return label
