"""Children who need a place in day care or primary school, from a population by single years of age.

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
    """Children who need a place: share of each age that belongs to the group."""

    title: str
    ages: Mapping[int, float]

    def __post_init__(self) -> None:
        if not all(0 <= share <= 1 for share in self.ages.values()):
            raise ValueError("shares of ages lie between 0 and 1")


def children(population: ArrayLike, group: Group) -> Floats:
    """Children of the group from … × districts × sexes × ages: … × districts."""
    persons = np.asarray(population, dtype=np.float64).sum(axis=-2)
    if max(group.ages) >= persons.shape[-1] - 1:
        raise ValueError(f"the population must hold single years beyond age {max(group.ages)}")
    shares = np.zeros(persons.shape[-1])
    shares[list(group.ages)] = list(group.ages.values())
    return np.asarray(persons @ shares)
