"""A lower bound of the medoid model by Lagrangian relaxation, and what it proves about single variables.

The rows "every block in exactly one district" are priced with a multiplier a block, and in each district the count of
its persons with a price a person. What remains falls apart into single decisions; of the districts so priced the k
cheapest are taken. Beasley (1993), "Lagrangean heuristics for location problems", EJOR 65, 383-399. The bound holds for
any prices; at the best ones it is that of the linear relaxation.

Districts are connected: block i can belong to medoid j only with a whole path of blocks between them. The cheapest
such path in reduced costs is added before a variable is tested, which the linear relaxation alone cannot see.

All n × n arrays here have a medoid a row and a block a column.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from etl.districts.zoning.medoid import Floats, Ints, Problem

Bools = npt.NDArray[np.bool_]
PATIENCE = 15
"""Steps without progress after which the step length is halved."""


@dataclass(frozen=True)
class Relaxed:
    """The relaxation at one vector of multipliers."""

    bound: float
    medoid: Floats
    """Value of the district of each medoid, n; infinite where it can have none."""
    reduced: Floats
    """What block i adds at medoid j beyond its prices; negative where the relaxation takes it."""
    chosen: Ints
    """The k medoids that the relaxation takes."""
    taken: Floats
    """How often the relaxation takes each block, n (1 everywhere would be a plan)."""


def relax(part: Problem, prices: Floats, may: Bools) -> Relaxed:
    """The relaxation at these multipliers; ``may[j, i]`` says whether block i can belong to medoid j at all."""
    n, band, slope, pop = part.n, part.band, part.deviation, part.pop
    net = np.where(may, part.cost.T - prices[None, :], np.inf)
    own = net.diagonal().copy()
    np.fill_diagonal(net, np.inf)
    inhabited = np.flatnonzero(pop > 0)
    ratio = net[:, inhabited] / pop[inhabited]
    order = np.argsort(ratio, axis=1, kind="stable")
    ratio = np.take_along_axis(ratio, order, axis=1)
    persons = np.where(np.isfinite(ratio), pop[inhabited][order], 0.0)
    after = pop[:, None] + np.cumsum(persons, axis=1)
    price = _best_price(part, ratio, persons, after)
    reduced = net - price[:, None] * pop[None, :]
    at = np.array([band.smallest, band.target, band.largest])
    level = (slope * np.abs(at - band.target) + price[:, None] * at).min(axis=1)
    value = own + np.minimum(reduced, 0.0).sum(axis=1) + level - price * pop
    most = after[:, -1] if after.shape[1] else pop
    impossible = (most < band.smallest - 1e-9) | (pop > band.largest + 1e-9) | ~np.isfinite(own)
    value[impossible] = np.inf
    chosen = np.argsort(value, kind="stable")[: part.k].astype(np.int64)
    taken = np.zeros(n)
    taken[chosen] = 1.0
    if np.isfinite(value[chosen[-1]]):
        goal = _goal(part, ratio, persons)[chosen]
        reach = np.clip((goal[:, None] - (after - persons)[chosen]) / np.maximum(persons[chosen], 1e-9), 0.0, 1.0)
        reach *= persons[chosen] > 0
        np.add.at(taken, inhabited[order[chosen]].ravel(), reach.ravel())
        deserted = np.flatnonzero(pop == 0)
        taken[deserted] += (net[np.ix_(chosen, deserted)] < 0).sum(axis=0)
    return Relaxed(float(prices.sum() + value[chosen].sum()), value, reduced, chosen, taken)


def _goal(part: Problem, ratio: Floats, persons: Floats) -> Floats:
    """Persons in the cheapest filling of each medoid."""
    gladly = part.pop + (persons * (ratio < -part.deviation)).sum(axis=1)
    still = part.pop + (persons * (ratio < part.deviation)).sum(axis=1)
    goal = np.clip(part.band.target, gladly, still)
    wanted: Floats = np.clip(goal, part.band.smallest, part.band.largest)
    return wanted


def _best_price(part: Problem, ratio: Floats, persons: Floats, after: Floats) -> Floats:
    """The price of a person in each medoid's district: what the block costs a person at which the filling stops."""
    if not after.shape[1]:
        return np.zeros(part.n)
    goal = _goal(part, ratio, persons)
    stop = np.minimum((after < goal[:, None] - 1e-9).sum(axis=1), after.shape[1] - 1)
    critical = ratio[np.arange(part.n), stop]
    free = (goal > part.band.smallest + 1e-9) & (goal < part.band.largest - 1e-9) & (goal != part.band.target)
    side = np.where(goal < part.band.target, part.deviation, -part.deviation)
    price: Floats = np.where(free, side, critical)
    return np.where(np.isfinite(price), price, 0.0)


def ascend(part: Problem, may: Bools, prices: Floats, upper: float, steps: int) -> tuple[Relaxed, Floats]:
    """Better multipliers by ``steps`` subgradient steps (Held, Wolfe and Crowder 1974); the best ones are returned.

    ``upper`` is the value of a known plan (or any guess above the bound): it sets the step length only.
    """
    best, best_prices = relax(part, prices, may), prices
    length, idle, moving, direction = 1.0, 0, prices, np.zeros(part.n)
    now = best
    for _ in range(steps):
        if not np.isfinite(now.bound):
            break
        direction = 0.7 * direction + (1.0 - now.taken)
        square = float((direction**2).sum())
        if square < 1e-12 or length < 1e-3:
            break
        moving = moving + length * max(upper - now.bound, 1e-9) / square * direction
        now = relax(part, moving, may)
        if now.bound > best.bound:
            idle = idle if now.bound < best.bound + 1e-5 * abs(best.bound) else 0
            best, best_prices = now, moving
        idle += 1
        if idle > PATIENCE:
            length, idle, moving, now = length / 2, 0, best_prices, best
            direction = np.zeros(part.n)
    return best, best_prices


def paths(part: Problem, weight: Floats) -> Floats:
    """For each medoid (row) the least sum of ``weight`` over the blocks of a path from it to each block.

    Both ends count, the medoid itself counts nothing. Weights are not negative.
    """
    n = part.n
    widest = int(np.diff(part.first).max(initial=0))
    around = np.full((n, max(widest, 1)), -1)
    for i in range(n):
        around[i, : part.first[i + 1] - part.first[i]] = part.around(i)
    reach = np.full((n, n + 1), np.inf)
    reach[np.arange(n), np.arange(n)] = 0.0
    while True:
        nearest = reach[:, around[:, 0]]
        for column in range(1, around.shape[1]):
            np.minimum(nearest, reach[:, around[:, column]], out=nearest)
        better: Floats = np.minimum(reach[:, :n], nearest + weight)
        if np.array_equal(better, reach[:, :n]):
            return better
        reach[:, :n] = better


def reachable(part: Problem) -> Bools:
    """Which blocks a medoid can have at all: those to which a path of no more than the largest district leads."""
    weight = np.broadcast_to(part.pop, (part.n, part.n))
    near: Bools = paths(part, weight) + part.pop[:, None] <= part.band.largest + 1e-9
    return near


def possible(part: Problem, at: Relaxed, may: Bools, cutoff: float) -> Bools:
    """The pairs that a connected plan cheaper than ``cutoff`` can use: all others are proven not to help.

    A plan with the pair costs at least the bound, plus what it costs to take this medoid instead of the k-th, plus the
    reduced costs along the cheapest path from the medoid to the block.
    """
    if not np.isfinite(at.bound):
        return may
    worst = at.medoid[at.chosen[-1]]
    extra = np.maximum(at.medoid - worst, 0.0)
    along = paths(part, np.where(may, np.maximum(at.reduced, 0.0), np.inf))
    kept: Bools = may & (at.bound + extra[:, None] + along <= cutoff)
    return kept
