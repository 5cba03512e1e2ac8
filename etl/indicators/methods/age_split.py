"""Single years of age from counts of age ranges: a monotone curve through the cumulated counts.

Every range that is known fixes the number of persons below two ages; between these ages the curve is a piecewise cubic
that never falls (Fritsch and Carlson 1980, SIAM J. Numer. Anal. 17, 238-246), so that no age is negative and every
known range is met exactly. The usual way to take five-year groups apart (McNeil, Trussell and Turner 1977, Demography
14, 245-252, with a natural spline, which may fall).
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

Floats = NDArray[np.float64]
AGES = 86
"""Single years 0 … 84 and the open last one."""
OPEN = AGES - 1
EVERYBODY = 200
"""Upper end of a range without one."""


def below(known: Iterable[tuple[int, int, float]]) -> dict[int, float]:
    """Persons below every age that follows from the ranges (from, up to but not including, persons), beginning at 0."""
    beside: dict[int, list[tuple[int, float]]] = {}
    for low, high, persons in known:
        top = EVERYBODY if high >= EVERYBODY else high
        beside.setdefault(low, []).append((top, persons))
        beside.setdefault(top, []).append((low, -persons))
    found, waiting = {0: 0.0}, [0]
    while waiting:
        age = waiting.pop()
        for other, persons in beside.get(age, ()):
            if other not in found:
                found[other] = found[age] + persons
                waiting.append(other)
    return dict(sorted(found.items()))


def single_years(known: Iterable[tuple[int, int, float]]) -> Floats | None:
    """Persons by age, ``AGES`` of them; None where the persons below 85 or all persons do not follow from the ranges.

    >>> single_years([(0, 85, 170), (0, 200, 190)])[[0, 84, 85]].tolist()
    [2.0, 2.0, 20.0]
    """
    counts = below(known)
    if OPEN not in counts or EVERYBODY not in counts:
        return None
    nodes = np.array([age for age in counts if age <= OPEN], dtype=np.float64)
    # ranges of one register agree; estimates may contradict each other by fractions
    heights = np.maximum.accumulate(np.array([counts[int(age)] for age in nodes]))
    if len(nodes) == 2:
        cumulated = np.linspace(0, heights[-1], AGES)
    else:
        cumulated = PchipInterpolator(nodes, heights)(np.arange(AGES))
    out = np.empty(AGES)
    out[:OPEN] = np.maximum(np.diff(cumulated), 0)
    out[OPEN] = max(counts[EVERYBODY] - heights[-1], 0)
    return out
