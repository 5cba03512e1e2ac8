"""What is asked of districts: the band of inhabitants, the weights of the criteria, and the objective."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from etl.districts.zoning.instance import Floats, Instance, Ints, ZoningError


@dataclass(frozen=True)
class Band:
    """Inhabitants a district must have at least and at most, and the number wanted."""

    low: float
    target: float
    high: float

    def __post_init__(self) -> None:
        if not 0 < self.low <= self.target <= self.high:
            raise ZoningError(
                f"Das Band muss --min ≤ --target ≤ --max erfüllen und über 0 liegen; angegeben sind {self.low:g}, "
                f"{self.target:g} und {self.high:g}."
            )

    def counts(self, people: float, blocks: int) -> range:
        """Numbers of districts that ``people`` can form: ceil(P/max) … floor(P/min), at most one a block.

        Empty if there are none. Ground without inhabitants forms one district.
        """
        if people == 0:
            return range(1, 2)
        return range(max(1, math.ceil(people / self.high)), min(blocks, math.floor(people / self.low)) + 1)

    def count(self, people: float, blocks: int) -> int:
        """K = round(P / target), clamped to ``counts`` (which must not be empty)."""
        possible = self.counts(people, blocks)
        return min(max(round(people / self.target), possible.start), possible.stop - 1)


@dataclass(frozen=True)
class Weights:
    """Weights of the criteria in the objective (see ``Terms``)."""

    homogeneity: float = 1.0
    compactness: float = 0.5
    deviation: float = 0.5
    barrier: float = 1.0
    change: float = 0.0


COMPOSITE = Weights()
"""J = heterogeneity + 0.5 (1 − mean Polsby-Popper) + 0.5 mean relative deviation + share behind barriers."""
PLANS: dict[str, Weights] = {
    "composite": COMPOSITE,
    "homogeneous": Weights(homogeneity=1.0, compactness=0.15, deviation=0.12),
    "compact": Weights(homogeneity=0.3, compactness=1.0, deviation=0.5),
    "balanced": Weights(homogeneity=1.1, compactness=0.4, deviation=0.55),
    "equal": Weights(homogeneity=0.3, compactness=0.3, deviation=2.0),
}
"""The plans offered: the composite measure, one each that puts one criterion first, and a balanced one."""
GERMAN = {
    "composite": "Gesamtmaß", "homogeneous": "möglichst einheitlich", "compact": "möglichst kompakt",
    "balanced": "ausgewogen", "equal": "möglichst gleich groß",
}  # fmt: skip


@dataclass(frozen=True)
class Terms:
    """Sums over the districts of a part or of the whole city, from which the objective follows.

    ``within``: weighted sum of squares inside districts, as share of the city's; ``compactness``: sum of the
    Polsby-Popper ratios 4πA/P² (Polsby and Popper 1991); ``deviation``: sum of |P − target| / target; ``barrier``
    and ``change``: share of the city's inhabitants on a minority side of a barrier inside their district, and of those
    not in the main part of it by an earlier division; ``outside``: inhabitants too many or too few for the band.
    """

    districts: int
    within: float
    compactness: float
    deviation: float
    barrier: float
    change: float
    outside: float

    def __add__(self, other: Terms) -> Terms:
        return Terms(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    def separable(self, weights: Weights, districts: int) -> float:
        """This part's share of the objective, up to a constant, if the city has ``districts`` districts in all."""
        means = weights.deviation * self.deviation - weights.compactness * self.compactness
        shares = weights.homogeneity * self.within + weights.barrier * self.barrier + weights.change * self.change
        return shares + means / districts

    def objective(self, weights: Weights) -> float:
        """The objective of the whole city (these must be its terms); smaller is better."""
        return weights.compactness + self.separable(weights, self.districts)


def relabelled(labels: Sequence[int] | Ints) -> Ints:
    """The labels as 0, 1, 2 … in the order of their first block."""
    _, first, inverse = np.unique(np.asarray(labels), return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    result: Ints = rank[inverse]
    return result


def sums_by(labels: Ints, values: Floats, k: int) -> Floats:
    """Sum of ``values`` by label."""
    return np.bincount(labels, values, k).astype(np.float64)


def minority_people(labels: Ints, groups: Ints, people: Floats, k: int) -> Floats:
    """For each district its inhabitants outside the group that has most of them."""
    table = np.zeros((k, int(groups.max(initial=0)) + 1))
    np.add.at(table, (labels, groups), people)
    result: Floats = table.sum(axis=1) - table.max(axis=1)
    return result


def rims(instance: Instance, labels: Ints, k: int) -> Floats:
    """Perimeter of each district in m: perimeters of its blocks less twice the borders between them."""
    edges = instance.edges
    inside = labels[edges.i] == labels[edges.j]
    return sums_by(labels, instance.perimeter, k) - 2.0 * sums_by(labels[edges.i[inside]], edges.length[inside], k)


def polsby_popper(instance: Instance, labels: Ints, k: int) -> Floats:
    """4πA/P² of each district: 1 for a circle; all 0 if the blocks have no shape."""
    if not instance.shaped:
        return np.zeros(k)
    result: Floats = 4.0 * np.pi * sums_by(labels, instance.area, k) / rims(instance, labels, k) ** 2
    return result


def within_ss(instance: Instance, labels: Ints, weights: Floats, k: int) -> float:
    """Sum of squared distances of z-scores to their district's mean, weighted by ``weights``."""
    total = sums_by(labels, weights, k)
    squares = float(weights @ (instance.z**2).sum(axis=1))
    for column in instance.z.T:
        sums = sums_by(labels, weights * column, k)
        squares -= float(np.divide(sums**2, total, out=np.zeros(k), where=total > 0).sum())
    return max(0.0, squares)


def terms_of(instance: Instance, labels: Ints, band: Band, previous: Ints | None = None) -> Terms:
    """The terms of a plan; ``labels`` 0 … k − 1 without gaps. Districts without inhabitants may lie below the band."""
    k = int(labels.max(initial=-1)) + 1
    people = sums_by(labels, instance.pop, k)
    held = people[people > 0]
    outside = float(np.maximum(band.low - held, 0).sum() + np.maximum(held - band.high, 0).sum())

    def share(groups: Ints | None) -> float:
        if groups is None:
            return 0.0
        return float(minority_people(labels, groups, instance.pop, k).sum() / instance.city_pop)

    return Terms(
        districts=k,
        within=within_ss(instance, labels, instance.pop, k) / instance.city_ss if instance.city_ss > 0 else 0.0,
        compactness=float(polsby_popper(instance, labels, k).sum()),
        deviation=float(np.abs(people / band.target - 1.0).sum()),
        barrier=share(instance.side),
        change=share(previous),
        outside=outside,
    )
