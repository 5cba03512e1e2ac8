"""Is a series of years really rising or falling: χ² test for trend with a check that no single year makes it.

Method of the trend markers in the public health profiles of England (Public Health England, Technical Guide: Recent
trends): the last five yearly points, χ² with one degree of freedom at 99.8 %, the same sign of the slope in all five
fits that leave a year out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc

from etl.indicators.methods.intervals import normal_quantile

Floats = NDArray[np.float64]
POINTS = 5
CRITICAL = 9.54953570608324
"""χ² at 99.8 % with one degree of freedom."""


@dataclass(frozen=True)
class Trend:
    """Result by series (arrays of one shape): χ², slope per year, direction 1, -1, 0 (not significant) or NaN."""

    chi2: Floats
    slope: Floats
    direction: Floats


def _times(points: int) -> Floats:
    return np.arange(1, points + 1, dtype=np.float64)


def _chi2_proportions(cases: Floats, persons: Floats, t: Floats) -> Floats:
    """Cochran-Armitage: N(NΣrt - RΣnt)² / (R(N - R)(NΣnt² - (Σnt)²)) along the last axis."""
    r, n = cases.sum(-1), persons.sum(-1)
    rt, nt, ntt = (cases * t).sum(-1), (persons * t).sum(-1), (persons * t**2).sum(-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        chi2: Floats = n * (n * rt - r * nt) ** 2 / (r * (n - r) * (n * ntt - nt**2))
    return chi2


def _slope(values: Floats, t: Floats, weights: Floats) -> Floats:
    """Weighted least squares slope along the last axis."""
    w, wt, wy = weights.sum(-1), (weights * t).sum(-1), (weights * values).sum(-1)
    wtt, wty = (weights * t**2).sum(-1), (weights * t * values).sum(-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        slope: Floats = (w * wty - wt * wy) / (w * wtt - wt**2)
    return slope


def _same_sign(values: Floats, t: Floats, weights: Floats) -> NDArray[np.bool_]:
    """Whether all fits that leave one point out have slopes of the same sign (and none is 0)."""
    signs = []
    for left_out in range(len(t)):
        kept = np.arange(len(t)) != left_out
        signs.append(np.sign(_slope(values[..., kept], t[kept], weights[..., kept])))
    stacked = np.stack(signs)
    same: NDArray[np.bool_] = np.all(stacked == stacked[0], axis=0) & (stacked[0] != 0)
    return same


def _decided(chi2: Floats, slope: Floats, steady: NDArray[np.bool_]) -> Floats:
    found = np.where((chi2 > CRITICAL) & steady, np.sign(slope), 0.0)
    return np.where(np.isnan(chi2) | np.isnan(slope), np.nan, found)


def of_proportions(cases: ArrayLike, persons: ArrayLike) -> Trend:
    """Trend of cases / persons; the last axis holds the last five years without a break (missing: NaN).

    The slope is in logits per year. NaN where a year has no cases or only cases.
    """
    r, n = (np.asarray(v, dtype=np.float64) for v in np.broadcast_arrays(cases, persons))
    _require(r)
    t = _times(r.shape[-1])
    with np.errstate(divide="ignore", invalid="ignore"):
        logits = np.log(r / (n - r))
        calculable = np.all((r > 0) & (r < n), axis=-1)
    logits = np.where(np.isfinite(logits), logits, np.nan)
    weights = np.ones_like(r)
    slope = np.where(calculable, _slope(logits, t, weights), np.nan)
    chi2 = np.where(calculable, _chi2_proportions(r, n, t), np.nan)
    return Trend(chi2, slope, _decided(chi2, slope, _same_sign(logits, t, weights)))


def of_values(values: ArrayLike, lower: ArrayLike, upper: ArrayLike, level: float = 0.95) -> Trend:
    """Trend of any values with intervals: weighted regression, w = 1 / ((U - L) / 2z)², χ² = (slope / se)².

    The method divides by 3.92, that is 2z rounded, at 95 %; so do we there.
    """
    y, low, high = (np.asarray(v, dtype=np.float64) for v in np.broadcast_arrays(values, lower, upper))
    _require(y)
    t = _times(y.shape[-1])
    width = 3.92 if level == 0.95 else 2 * normal_quantile(level)
    with np.errstate(divide="ignore", invalid="ignore"):
        w = 1 / ((high - low) / width) ** 2
        slope = _slope(y, t, w)
        spread = w.sum(-1) * (w * t**2).sum(-1) - (w * t).sum(-1) ** 2
        chi2 = slope**2 / (w.sum(-1) / spread)
    return Trend(chi2, slope, _decided(chi2, slope, _same_sign(y, t, w)))


@dataclass(frozen=True)
class Line:
    """Slope per year of a straight line through a series, in the unit of the values, with its limits."""

    slope: Floats
    lower: Floats
    upper: Floats


def line(values: ArrayLike, lower: ArrayLike, upper: ArrayLike, level: float = 0.95) -> Line:
    """Weighted straight line as in ``of_values``; its limits are slope ∓ z se, se = √(Σw / (Σw Σwt² - (Σwt)²)).

    Also for proportions, where the trend itself is judged on the counts: how many units a year, in words that readers
    know, instead of logits.
    """
    y, low, high = (np.asarray(v, dtype=np.float64) for v in np.broadcast_arrays(values, lower, upper))
    _require(y)
    t = _times(y.shape[-1])
    with np.errstate(divide="ignore", invalid="ignore"):
        w = 1 / ((high - low) / (2 * normal_quantile(level))) ** 2
        slope = _slope(y, t, w)
        error = np.sqrt(w.sum(-1) / (w.sum(-1) * (w * t**2).sum(-1) - (w * t).sum(-1) ** 2))
    half = normal_quantile(level) * error
    return Line(slope, slope - half, slope + half)


def p_value(chi2: ArrayLike) -> Floats:
    """Probability of so large a χ² with one degree of freedom by chance."""
    return np.asarray(chdtrc(1, np.asarray(chi2, dtype=np.float64)))


def _require(series: Floats) -> None:
    if series.ndim == 0 or series.shape[-1] != POINTS:
        raise ValueError(f"a trend needs the last {POINTS} yearly points along the last axis, not shape {series.shape}")
