"""The compiled inner loop: simulated annealing that moves single blocks between neighbouring districts.

Each district keeps sums (inhabitants, weighted z-scores, area, perimeter, inhabitants by side), so that a move is
judged by its two districts alone; whether the district left behind stays connected is tested by a search that starts
beside the moved block and ends as soon as all its neighbours are met again.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from etl.districts.zoning.instance import Floats, Ints

State = NDArray[np.uint64]
"""One number: the state of the random generator (xorshift64*, Vigna 2016); the same on every machine."""

UNIT = 1.0 / 9007199254740992.0


class Ground(NamedTuple):
    """The blocks of one connected part: see ``Instance``. ``side`` and ``old`` are all 0 where they do not count."""

    pop: Floats
    z: Floats
    area: Floats
    perimeter: Floats
    indptr: Ints
    indices: Ints
    border: Floats
    side: Ints
    old: Ints


class Price(NamedTuple):
    """What a district costs: each term's weight divided by what makes the city's sum the term of the objective.

    ``homogeneity`` is per weighted sum of squares, ``compactness`` and ``deviation`` per district, ``barrier`` and
    ``change`` per person. ``penalty`` is per person outside the band ``low`` … ``high``.
    """

    homogeneity: float
    compactness: float
    deviation: float
    barrier: float
    change: float
    penalty: float
    low: float
    target: float
    high: float


class Sums(NamedTuple):
    """Sums of each district (row): inhabitants, weighted z, area, perimeter, inhabitants by side and old district,
    number of blocks, cost."""

    pop: Floats
    z: Floats
    area: Floats
    perimeter: Floats
    side: Floats
    old: Floats
    size: Ints
    cost: Floats


@njit(cache=True, inline="always")
def rand(state: State) -> float:
    """The next number in [0, 1)."""
    x = state[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    state[0] = x
    return np.float64((x * np.uint64(2685821657736338717)) >> np.uint64(11)) * UNIT


@njit(cache=True)
def cost_of(price: Price, pop: float, square: float, area: float, perimeter: float, side: float, old: float) -> float:  # noqa: PLR0917
    """Cost of a district; ``square`` is |Σwz|², ``side`` and ``old`` the inhabitants not on the main side.

    The weighted sum of squares inside a district is Σw|z|² − |Σwz|²/Σw; its first part is the same for every plan.
    """
    cost = 0.0
    if pop > 0.0:
        cost -= price.homogeneity * square / pop
    if perimeter > 0.0:
        cost -= price.compactness * 4.0 * math.pi * area / (perimeter * perimeter)
    cost += price.deviation * abs(pop - price.target)
    cost += price.barrier * side + price.change * old
    if pop < price.low:
        cost += price.penalty * (price.low - pop)
    elif pop > price.high:
        cost += price.penalty * (pop - price.high)
    return cost


@njit(cache=True)
def minority(pop: float, parts: Floats, changed: int, by: float) -> float:
    """Inhabitants outside the largest part, if part ``changed`` grew by ``by`` (``pop`` includes it already)."""
    most = 0.0
    for s in range(len(parts)):
        value = parts[s] + by if s == changed else parts[s]
        most = max(most, value)
    return pop - most


@njit(cache=True)
def fill(ground: Ground, price: Price, label: Ints, sums: Sums) -> float:
    """Fill ``sums`` from ``label`` and return the total cost."""
    for part in (sums.pop, sums.area, sums.perimeter, sums.cost):
        part[:] = 0.0
    sums.size[:] = 0
    sums.z[:] = 0.0
    sums.side[:] = 0.0
    sums.old[:] = 0.0
    for block in range(len(label)):
        d = label[block]
        people = ground.pop[block]
        sums.pop[d] += people
        sums.area[d] += ground.area[block]
        sums.perimeter[d] += ground.perimeter[block]
        sums.size[d] += 1
        sums.side[d, ground.side[block]] += people
        sums.old[d, ground.old[block]] += people
        for c in range(ground.z.shape[1]):
            sums.z[d, c] += people * ground.z[block, c]
        for e in range(ground.indptr[block], ground.indptr[block + 1]):
            if label[ground.indices[e]] == d:
                sums.perimeter[d] -= ground.border[e]
    total = 0.0
    for d in range(len(sums.pop)):
        square = 0.0
        for c in range(ground.z.shape[1]):
            square += sums.z[d, c] ** 2
        side = minority(sums.pop[d], sums.side[d], 0, 0.0)
        old = minority(sums.pop[d], sums.old[d], 0, 0.0)
        sums.cost[d] = cost_of(price, sums.pop[d], square, sums.area[d], sums.perimeter[d], side, old)
        total += sums.cost[d]
    return total


@njit(cache=True)
def stays_connected(ground: Ground, label: Ints, block: int, seen: Ints, mark: int, queue: Ints) -> bool:  # noqa: PLR0917
    """Whether the district of ``block`` is still connected without it. ``seen`` and ``queue`` are room to work in."""
    home = label[block]
    wanted = 0
    first = -1
    for e in range(ground.indptr[block], ground.indptr[block + 1]):
        other = ground.indices[e]
        if label[other] == home:
            wanted += 1
            seen[other] = -mark
            first = other
    if wanted <= 1:
        return True
    seen[block] = mark
    seen[first] = mark
    wanted -= 1
    queue[0] = first
    head, tail = 0, 1
    while head < tail:
        here = queue[head]
        head += 1
        for e in range(ground.indptr[here], ground.indptr[here + 1]):
            other = ground.indices[e]
            if label[other] != home or seen[other] == mark:
                continue
            if seen[other] == -mark:
                wanted -= 1
                if wanted == 0:
                    return True
            seen[other] = mark
            queue[tail] = other
            tail += 1
    return False


@njit(cache=True)
def anneal(  # noqa: PLR0912, PLR0915, PLR0917
    ground: Ground,
    price: Price,
    label: Ints,
    sums: Sums,
    state: State,
    steps: int,
    hot: float,
    cool: float,
) -> int:
    """Try ``steps`` single-block moves, changing ``label`` and ``sums``; returns how many were made.

    The temperature falls geometrically from ``hot`` to ``cool`` (units of cost); 0 for both takes improvements only.
    """
    n = len(label)
    attributes = ground.z.shape[1]
    several_sides = sums.side.shape[1] > 1
    several_old = sums.old.shape[1] > 1
    seen = np.zeros(n, dtype=np.int64)
    queue = np.zeros(n, dtype=np.int64)
    mark = 0
    made = 0
    temperature = hot
    stretch = 256
    fall = (cool / hot) ** (stretch / steps) if hot > 0.0 else 1.0
    for step in range(steps):
        if step % stretch == 0 and step > 0:
            temperature *= fall
        block = int(rand(state) * n)
        start, stop = ground.indptr[block], ground.indptr[block + 1]
        if start == stop:
            continue
        a = label[block]
        b = label[ground.indices[start + int(rand(state) * (stop - start))]]
        if a == b or sums.size[a] == 1:
            continue
        people = ground.pop[block]
        to_a, to_b = 0.0, 0.0
        for e in range(start, stop):
            d = label[ground.indices[e]]
            if d == a:
                to_a += ground.border[e]
            elif d == b:
                to_b += ground.border[e]
        square_a, square_b = 0.0, 0.0
        for c in range(attributes):
            moved = people * ground.z[block, c]
            square_a += (sums.z[a, c] - moved) ** 2
            square_b += (sums.z[b, c] + moved) ** 2
        pop_a, pop_b = sums.pop[a] - people, sums.pop[b] + people
        rim = ground.perimeter[block]
        rim_a, rim_b = sums.perimeter[a] - rim + 2.0 * to_a, sums.perimeter[b] + rim - 2.0 * to_b
        side_a, side_b, old_a, old_b = 0.0, 0.0, 0.0, 0.0
        if several_sides:
            s = ground.side[block]
            side_a, side_b = minority(pop_a, sums.side[a], s, -people), minority(pop_b, sums.side[b], s, people)
        if several_old:
            s = ground.old[block]
            old_a, old_b = minority(pop_a, sums.old[a], s, -people), minority(pop_b, sums.old[b], s, people)
        area = ground.area[block]
        cost_a = cost_of(price, pop_a, square_a, sums.area[a] - area, rim_a, side_a, old_a)
        cost_b = cost_of(price, pop_b, square_b, sums.area[b] + area, rim_b, side_b, old_b)
        change = cost_a + cost_b - sums.cost[a] - sums.cost[b]
        if temperature > 0.0:
            if change > 0.0 and rand(state) >= math.exp(-change / temperature):
                continue
        elif change >= -1e-13:
            continue
        mark += 1
        if not stays_connected(ground, label, block, seen, mark, queue):
            continue
        made += 1
        label[block] = b
        sums.pop[a], sums.pop[b] = pop_a, pop_b
        sums.area[a] -= area
        sums.area[b] += area
        sums.perimeter[a], sums.perimeter[b] = rim_a, rim_b
        sums.size[a] -= 1
        sums.size[b] += 1
        sums.cost[a], sums.cost[b] = cost_a, cost_b
        sums.side[a, ground.side[block]] -= people
        sums.side[b, ground.side[block]] += people
        sums.old[a, ground.old[block]] -= people
        sums.old[b, ground.old[block]] += people
        for c in range(attributes):
            moved = people * ground.z[block, c]
            sums.z[a, c] -= moved
            sums.z[b, c] += moved
    return made


@njit(cache=True)
def mean_change(ground: Ground, price: Price, label: Ints, sums: Sums) -> float:
    """Mean change of cost over all single-block moves, its sign dropped and the band left out: the natural unit of
    temperature."""
    total, count = 0.0, 0
    for block in range(len(label)):
        a = label[block]
        if sums.size[a] == 1:
            continue
        for e in range(ground.indptr[block], ground.indptr[block + 1]):
            b = label[ground.indices[e]]
            if a == b:
                continue
            change = 0.0
            for d, sign in ((a, -1.0), (b, 1.0)):
                square, before = 0.0, 0.0
                for c in range(ground.z.shape[1]):
                    before += sums.z[d, c] ** 2
                    square += (sums.z[d, c] + sign * ground.pop[block] * ground.z[block, c]) ** 2
                rim = 0.0
                for f in range(ground.indptr[block], ground.indptr[block + 1]):
                    if label[ground.indices[f]] == d:
                        rim -= 2.0 * ground.border[f]
                rim = sums.perimeter[d] + sign * (ground.perimeter[block] + rim)
                area = sums.area[d] + sign * ground.area[block]
                pop = sums.pop[d] + sign * ground.pop[block]
                if pop > 0.0:
                    change -= price.homogeneity * square / pop
                if sums.pop[d] > 0.0:
                    change += price.homogeneity * before / sums.pop[d]
                if rim > 0.0 and sums.perimeter[d] > 0.0:
                    change -= (
                        price.compactness * 4.0 * math.pi * (area / rim**2 - sums.area[d] / sums.perimeter[d] ** 2)
                    )
                change += price.deviation * (abs(pop - price.target) - abs(sums.pop[d] - price.target))
            total += abs(change)
            count += 1
    return total / count if count else 0.0


def empty_sums(ground: Ground, k: int) -> Sums:
    """Room for the sums of ``k`` districts."""
    sides = int(ground.side.max(initial=0)) + 1
    old = int(ground.old.max(initial=0)) + 1
    return Sums(
        pop=np.zeros(k), z=np.zeros((k, ground.z.shape[1])), area=np.zeros(k), perimeter=np.zeros(k),
        side=np.zeros((k, sides)), old=np.zeros((k, old)), size=np.zeros(k, dtype=np.int64), cost=np.zeros(k),
    )  # fmt: skip


def seeded(*numbers: int) -> State:
    """A generator's first state, different for every sequence of numbers (SplitMix64 of each in turn)."""
    mask = (1 << 64) - 1
    state = 0x9E3779B97F4A7C15
    for number in numbers:
        state = (state + (int(number) & mask) * 0xBF58476D1CE4E5B9 + 0x9E3779B97F4A7C15) & mask
        state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & mask
        state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & mask
        state ^= state >> 31
    return np.array([state or 1], dtype=np.uint64)
