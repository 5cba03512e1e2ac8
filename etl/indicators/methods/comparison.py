"""Is a value higher or lower than a reference, is that better or worse, and how many such findings are chance."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

Polarity = Literal["gut", "schlecht", "neutral"]
HIGHER, SIMILAR, LOWER = 1, 0, -1
WORDS = {HIGHER: "höher", SIMILAR: "nicht unterscheidbar", LOWER: "niedriger"}


def against(lower: ArrayLike, upper: ArrayLike, reference: ArrayLike) -> NDArray[np.float64]:
    """1 where the whole interval lies above the reference, -1 where below, 0 where it holds it, NaN where unknown.

    A value with its interval against a fixed reference (the rule of the public health profiles of England).
    """
    low, high, fixed = (
        np.asarray(v, dtype=np.float64) for v in np.broadcast_arrays(lower, upper, reference)
    )  # fmt: skip
    known = ~(np.isnan(low) | np.isnan(high) | np.isnan(fixed))
    return np.where(known, np.where(low > fixed, HIGHER, np.where(high < fixed, LOWER, SIMILAR)), np.nan)


def rest(part: ArrayLike, whole: ArrayLike) -> NDArray[np.float64]:
    """The city without the district itself, from counts: whole - part."""
    return np.asarray(whole, dtype=np.float64) - np.asarray(part, dtype=np.float64)


def judged(direction: ArrayLike, polarity: Polarity) -> NDArray[np.float64]:
    """1 better, -1 worse, 0 alike; NaN for neutral indicators, which are never judged."""
    found = np.asarray(direction, dtype=np.float64)
    match polarity:
        case "gut":
            return found
        case "schlecht":
            return -found + 0.0
        case _:
            return np.full_like(found, np.nan)


def two_proportions(cases: tuple[ArrayLike, ArrayLike], persons: tuple[ArrayLike, ArrayLike]) -> NDArray[np.float64]:
    """Two-sided p value of the difference of two proportions (pooled normal test); NaN where nothing can differ."""
    x1, n1 = (np.asarray(v, dtype=np.float64) for v in (cases[0], persons[0]))
    x2, n2 = (np.asarray(v, dtype=np.float64) for v in (cases[1], persons[1]))
    with np.errstate(divide="ignore", invalid="ignore"):
        pooled = (x1 + x2) / (n1 + n2)
        z = (x2 / n2 - x1 / n1) / np.sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n2))
        return np.asarray(2 * ndtr(-np.abs(z)))


def two_rates(cases: tuple[ArrayLike, ArrayLike], base: tuple[ArrayLike, ArrayLike]) -> NDArray[np.float64]:
    """Two-sided p value of the difference of two Poisson rates; NaN where there are no cases or no base.

    Score test, z = (x₁ - e)/√(e n₂/(n₁ + n₂)) with e = n₁(x₁ + x₂)/(n₁ + n₂): given their sum, the cases divide by the
    bases (Przyborowski and Wilenski 1940, Biometrika 31, 313-323).
    """
    x1, n1 = (np.asarray(v, dtype=np.float64) for v in (cases[0], base[0]))
    x2, n2 = (np.asarray(v, dtype=np.float64) for v in (cases[1], base[1]))
    with np.errstate(divide="ignore", invalid="ignore"):
        share = n1 / (n1 + n2)
        expected = share * (x1 + x2)
        z = (x1 - expected) / np.sqrt(expected * (1 - share))
        return np.asarray(np.where((n1 > 0) & (n2 > 0), 2 * ndtr(-np.abs(z)), np.nan))


def two_means(difference: ArrayLike, errors: tuple[ArrayLike, ArrayLike]) -> NDArray[np.float64]:
    """Two-sided p value of the difference of two independent means with their standard errors (normal test)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.hypot(np.asarray(errors[0], dtype=np.float64), np.asarray(errors[1], dtype=np.float64))
        return np.asarray(2 * ndtr(-np.abs(np.asarray(difference, dtype=np.float64) / spread)))


def from_difference(lower: ArrayLike, upper: ArrayLike) -> NDArray[np.float64]:
    """1 where the interval of a difference lies above 0, -1 where below, 0 where it holds 0, NaN where unknown."""
    return against(lower, upper, 0.0)


def benjamini_hochberg(p_values: ArrayLike) -> NDArray[np.float64]:
    """Adjusted p values that control the false discovery rate over all that are not NaN.

    Benjamini and Hochberg (1995), J. R. Stat. Soc. B 57, 289-300.
    """
    p = np.asarray(p_values, dtype=np.float64)
    known = ~np.isnan(p)
    values = p[known]
    order = np.argsort(values)[::-1]
    number = len(values)
    stepped = np.minimum.accumulate(values[order] * number / np.arange(number, 0, -1))
    adjusted = np.empty(number)
    adjusted[order] = np.minimum(stepped, 1)
    out = np.full(p.shape, np.nan)
    out[known] = adjusted
    return out
