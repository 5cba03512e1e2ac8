"""Demand for places in day care and primary school from a population by single years of age, against capacity.

Ages are completed years on 31 December. Children start school in Schleswig-Holstein who turn six by 30 June (§ 22
Schulgesetz): with births spread evenly over the year half of the six-year-olds of 31 December still go to
kindergarten, half are in the first form, and half of the ten-year-olds are in the fourth.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Group:
    """Children who need a place: share of each age that belongs to the group; ``quota`` of them wants one."""

    title: str
    ages: Mapping[int, float]
    quota: float = 1.0

    def __post_init__(self) -> None:
        if not all(0 <= share <= 1 for share in (*self.ages.values(), self.quota)):
            raise ValueError("shares of ages and the quota lie between 0 and 1")


UNDER_3 = Group("Betreuung unter 3 Jahren", {0: 1, 1: 1, 2: 1}, quota=0.4)
"""The quota is an assumption to be set by the planners; children under one rarely have a place."""
FROM_3 = Group("Betreuung von 3 Jahren bis zur Einschulung", {3: 1, 4: 1, 5: 1, 6: 0.5})
PRIMARY = Group("Grundschule, Klassen 1 bis 4", {6: 0.5, 7: 1, 8: 1, 9: 1, 10: 0.5})
GROUPS = (UNDER_3, FROM_3, PRIMARY)


@dataclass(frozen=True)
class Balance:
    """By district (last axis): ``children`` of the group, ``demand`` for places, ``places``; persons and places."""

    children: Floats
    demand: Floats
    places: Floats

    @property
    def missing(self) -> Floats:
        """Places that lack (above 0) or are left (below 0)."""
        return self.demand - self.places

    @property
    def provision(self) -> Floats:
        """Places for 100 children of the group (Versorgungsquote); NaN without children."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(self.children > 0, 100 * self.places / self.children, np.nan)


def children(population: ArrayLike, group: Group) -> Floats:
    """Children of the group from … × districts × sexes × ages: … × districts."""
    persons = np.asarray(population, dtype=np.float64).sum(axis=-2)
    if max(group.ages) >= persons.shape[-1] - 1:
        raise ValueError(f"the population must hold single years beyond age {max(group.ages)}")
    shares = np.zeros(persons.shape[-1])
    shares[list(group.ages)] = list(group.ages.values())
    return np.asarray(persons @ shares)


def balance(population: ArrayLike, group: Group, places: ArrayLike) -> Balance:
    """Demand of each district (and year) against its places; unknown places (NaN) stay unknown.

    ``places`` broadcasts over years. Children visit other districts than their own: the balance of one district alone
    does not say that a place is missing there.
    """
    found = children(population, group)
    capacity = np.broadcast_to(np.asarray(places, dtype=np.float64), found.shape)
    return Balance(found, found * group.quota, capacity)
