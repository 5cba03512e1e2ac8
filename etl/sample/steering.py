"""Keeps the simulation on its calibrated path by choosing who arrives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from etl.sample import plan
from etl.sample.geometry import Floats
from etl.sample.nationalities import GERMAN
from etl.sample.people import People

_USUAL_AGES = np.array([0.21, 0.108, 0.15, 0.385, 0.085, 0.065])
"""Shares of the age groups among arrivals without steering."""
_USUAL_SIZE = 1.95
"""Persons per arriving household without steering."""


@dataclass
class Steering:
    """Factors on the households that are made."""

    ages: Floats
    """Factor per adult age group of ``plan.AGE_BOUNDS`` from 18 on, shape (5,)."""
    children: float = 1.0
    together: float = 1.0
    """Factor on the share of couples."""
    foreign: float = 0.0
    """Added to the log-odds of a foreign household."""


def steer(people: People, year: int, total: float, homes: float) -> Steering:
    """Factors for the arrivals of ``year`` from the gap between those who live here and the calibrated path.

    ``total`` is the wanted population, ``homes`` the number of vacant dwellings that may be filled.
    """
    path = [np.interp(year, list(plan.AGE_SHARES), shares) for shares in zip(*plan.AGE_SHARES.values(), strict=True)]
    target = np.array(path) / sum(path) * total
    group = np.searchsorted(plan.AGE_BOUNDS, people.age_on(year), side="right") - 1
    # What closes the gap, but of every group at least a few: somebody of every age arrives every year.
    wanted = np.maximum(target - np.bincount(group, minlength=len(target)), 0.004 * target)
    factors = np.clip(wanted / wanted.sum() / _USUAL_AGES, 0.1, 4.0)
    arrivals = max(total - len(people), 1.0)
    foreign = plan.FOREIGN_PATH[year] * total - float((people.nationality != GERMAN).sum())
    share = float(np.clip(foreign / arrivals, 0.03, 0.8))
    return Steering(
        factors[1:],
        float(np.clip(factors[0], 0.3, 2.2)),
        float(np.clip((total - len(people)) / max(homes, 1.0) / _USUAL_SIZE, 0.6, 1.7)),
        float(np.log(share / (1 - share)) + 2.1),
    )
