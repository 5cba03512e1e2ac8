"""Confidence intervals of proportions, counts, rates, quotients and means.

All functions are vectorised: arrays that broadcast against each other give arrays ``(lower, upper)`` of the same shape;
where a method does not apply (denominator 0, more cases than persons, missing values) both limits are NaN.
Levels are two-sided coverages such as 0.95 or 0.998.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtri, ndtri, stdtrit

Floats = NDArray[np.float64]
LEVELS = (0.95, 0.998)
"""Levels that are published: 95 % for comparison, 99.8 % as the stricter limit of control charts."""
EXACT_BELOW = 10
"""Counts below are given exact Poisson limits, from here on Byar's approximation."""


def normal_quantile(level: float) -> float:
    """z for a two-sided coverage, 1.959964 for 0.95."""
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, not {level}")
    return float(ndtri(0.5 + level / 2))


def _broadcast(*values: ArrayLike) -> tuple[Floats, ...]:
    return tuple(np.asarray(v, dtype=np.float64) for v in np.broadcast_arrays(*values))


def _only(valid: NDArray[np.bool_], lower: Floats, upper: Floats) -> tuple[Floats, Floats]:
    return np.where(valid, lower, np.nan), np.where(valid, upper, np.nan)


def wilson(cases: ArrayLike, persons: ArrayLike, level: float = 0.95) -> tuple[Floats, Floats]:
    """Interval of the proportion cases / persons, as proportions in [0, 1].

    Wilson (1927), J. Am. Stat. Assoc. 22, 209-212: (2x + z² ∓ z √(z² + 4x(1 - x/n))) / (2(n + z²)).
    """
    x, n = _broadcast(cases, persons)
    z = normal_quantile(level)
    with np.errstate(divide="ignore", invalid="ignore"):
        half = z * np.sqrt(z**2 + 4 * x * (1 - x / n))
        lower, upper = (2 * x + z**2 - half) / (2 * (n + z**2)), (2 * x + z**2 + half) / (2 * (n + z**2))
    valid = (n > 0) & (x >= 0) & (x <= n)
    return _only(valid, np.clip(lower, 0, 1), np.clip(upper, 0, 1))


def byar(count: ArrayLike, level: float = 0.95) -> tuple[Floats, Floats]:
    """Interval of a Poisson count by Byar's approximation.

    Breslow and Day (1987), Statistical Methods in Cancer Research II, p. 69:
    lower O(1 - 1/(9O) - z/(3√O))³, upper the same with O + 1 and +z.
    """
    o = np.asarray(count, dtype=np.float64)
    z = normal_quantile(level)
    with np.errstate(divide="ignore", invalid="ignore"):
        lower = o * (1 - 1 / (9 * o) - z / (3 * np.sqrt(o))) ** 3
    upper = (o + 1) * (1 - 1 / (9 * (o + 1)) + z / (3 * np.sqrt(np.abs(o + 1)))) ** 3
    return _only(o >= 0, np.where(o == 0, 0.0, lower), upper)


def exact_poisson(count: ArrayLike, level: float = 0.95) -> tuple[Floats, Floats]:
    """Exact interval of a Poisson count: χ²(α/2; 2O)/2 and χ²(1 - α/2; 2O + 2)/2.

    Garwood (1936), Biometrika 28, 437-442.
    """
    o = np.asarray(count, dtype=np.float64)
    half = (1 - level) / 2
    with np.errstate(invalid="ignore"):
        lower = np.where(o > 0, chdtri(2 * o, 1 - half) / 2, 0.0)
        upper = chdtri(2 * o + 2, half) / 2
    return _only(o >= 0, lower, upper)


def poisson(count: ArrayLike, level: float = 0.95) -> tuple[Floats, Floats]:
    """Exact below ten cases, Byar from ten on, as the public health profiles of England do."""
    o = np.asarray(count, dtype=np.float64)
    few = o < EXACT_BELOW
    exact, approximate = exact_poisson(o, level), byar(np.where(few, EXACT_BELOW, o), level)
    return np.where(few, exact[0], approximate[0]), np.where(few, exact[1], approximate[1])


def rate(cases: ArrayLike, base: ArrayLike, factor: ArrayLike = 1.0, level: float = 0.95) -> tuple[Floats, Floats]:
    """Interval of factor × cases / base; the base (persons, person years) counts as known."""
    x, n, scale = _broadcast(cases, base, factor)
    lower, upper = poisson(x, level)
    with np.errstate(divide="ignore", invalid="ignore"):
        return _only(n > 0, scale * lower / n, scale * upper / n)


def quotient(
    numerator: ArrayLike, denominator: ArrayLike, factor: float = 1.0, level: float = 0.95
) -> tuple[Floats, Floats]:
    """Interval of factor × a / b for two separate groups of persons (for example young to middle-aged).

    Delta method on the logarithm: var ln(a/b) = 1/a + 1/b for a share of a + b persons; NaN where a or b is 0.
    Agresti (2013), Categorical Data Analysis, ch. 3.1.
    """
    a, b = _broadcast(numerator, denominator)
    valid = (a > 0) & (b > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.exp(normal_quantile(level) * np.sqrt(1 / a + 1 / b))
        middle = factor * a / b
        return _only(valid, middle / spread, middle * spread)


def mean(total: ArrayLike, squares: ArrayLike, persons: ArrayLike, level: float = 0.95) -> tuple[Floats, Floats]:
    """Interval of a mean from the sum, the sum of squares and the number of persons (Student's t).

    NaN below two persons.
    """
    s, q, n = _broadcast(total, squares, persons)
    with np.errstate(divide="ignore", invalid="ignore"):
        middle = s / n
        variance = np.maximum(q - n * middle**2, 0) / (n - 1)
        half = stdtrit(n - 1, 0.5 + level / 2) * np.sqrt(variance / n)
        return _only(n >= 2, middle - half, middle + half)


def moments(counts: ArrayLike, edges: ArrayLike) -> tuple[Floats, Floats, Floats]:
    """Persons, sum and sum of squares of a value of which only the numbers by band are known.

    ``counts``: the last axis holds the bands; ``edges`` (bands × 2) their limits. Within a band all values count as
    equally likely: mean (a + b)/2, variance (b - a)²/12 (uniform distribution).
    """
    n, limits = np.asarray(counts, dtype=np.float64), np.asarray(edges, dtype=np.float64)
    low, high = limits[:, 0], limits[:, 1]
    middle = (low + high) / 2
    return n.sum(-1), (n * middle).sum(-1), (n * (middle**2 + (high - low) ** 2 / 12)).sum(-1)


def difference(
    first: tuple[ArrayLike, ArrayLike, ArrayLike], second: tuple[ArrayLike, ArrayLike, ArrayLike]
) -> tuple[Floats, Floats]:
    """Interval of second - first for two independent estimates, each given as value, lower and upper limit.

    Square-and-add of the distances to the limits: Zou and Donner (2008), Statistics in Medicine 27, 1693-1702; of two
    proportions with Wilson limits it is Newcombe's method 10. The level is that of the limits.
    """
    p1, low1, high1, p2, low2, high2 = _broadcast(*first, *second)
    change = p2 - p1
    lower = change - np.sqrt((p2 - low2) ** 2 + (high1 - p1) ** 2)
    upper = change + np.sqrt((high2 - p2) ** 2 + (p1 - low1) ** 2)
    return lower, upper


def difference_of_proportions(
    cases: tuple[ArrayLike, ArrayLike], persons: tuple[ArrayLike, ArrayLike], level: float = 0.95
) -> tuple[Floats, Floats]:
    """Interval of the change p2 - p1 between two independent groups.

    Newcombe (1998), Statistics in Medicine 17, 873-890, method 10: from the two Wilson intervals.
    """
    (x1, n1), (x2, n2) = _broadcast(cases[0], persons[0]), _broadcast(cases[1], persons[1])
    with np.errstate(divide="ignore", invalid="ignore"):
        p1, p2 = x1 / n1, x2 / n2
    return difference((p1, *wilson(x1, n1, level)), (p2, *wilson(x2, n2, level)))
