"""Levels of districts, drawn towards the city's.

A district of a few thousand persons has too few events for rates of its own by age and sex. It borrows the city's
pattern; only how much more or less happens in it is its own, shrunk by empirical Bayes after Marshall (1991), Applied
Statistics 40, 283-294.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def shrunken_factors(observed: ArrayLike, expected: ArrayLike) -> Floats:
    """Observed / expected by district, drawn towards 1: (O + k)/(E + k), k = 1 / variance between districts.

    The variance by moments: Σ E(O/E - m)²/ΣE - m/Ē with m = ΣO/ΣE. Not positive (no more scatter than chance): all 1.
    NaN nowhere: a district without expected events gets 1.
    """
    seen, due = np.asarray(observed, dtype=np.float64), np.asarray(expected, dtype=np.float64)
    taking = due > 0
    if taking.sum() < 2:
        return np.ones_like(due)
    o, e = seen[taking], due[taking]
    level = o.sum() / e.sum()
    if level == 0:
        return np.ones_like(due)
    between = float((e * (o / e - level) ** 2).sum() / e.sum() - level / e.mean())
    out = np.full(due.shape, level)
    if between > 0:
        k = level / between
        out[taking] = (o + k * level) / (e + k)
    return np.where(taking, out, 1.0)
