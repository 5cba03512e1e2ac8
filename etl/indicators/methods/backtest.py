"""Simple guesses beside which a projection has to prove itself when it looks back.

Smith, Tayman and Swanson (2013), A Practitioner's Guide to State and Local Population Projections, ch. 8 and 13: the
last known number and the straight line are what a projection must beat.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
COHORTS, SAME, LINEAR = "Kohorten", "wie im letzten Jahr", "linearer Trend"
"""Names of the methods, as published."""


def same_as_last(totals: ArrayLike, ahead: int) -> Floats:
    """The last known totals (years × districts) repeated, ``ahead`` × districts."""
    known = np.asarray(totals, dtype=np.float64)
    return np.repeat(known[-1:], ahead, axis=0)


def linear_trend(totals: ArrayLike, ahead: int) -> Floats:
    """Straight line by least squares through the known totals of each district, carried on; never below 0."""
    known = np.asarray(totals, dtype=np.float64)
    if len(known) < 2:
        raise ValueError("a trend needs at least two years")
    t = np.arange(len(known)) - (len(known) - 1) / 2
    slope = t @ known / (t @ t)
    later = np.arange(len(known), len(known) + ahead) - (len(known) - 1) / 2
    return np.asarray(np.maximum(known.mean(axis=0) + later[:, None] * slope, 0))
