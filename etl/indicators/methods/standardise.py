"""Bringing indicators to one scale: z values, ranks with exponential or normal transformation, first component."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri
from scipy.stats import rankdata

Floats = NDArray[np.float64]
IMD_SCALE = 23.0


def moments(values: ArrayLike, *, weights: ArrayLike | None = None, sample: bool = False) -> tuple[float, float]:
    """Mean and standard deviation over the known values.

    Default: unweighted, population SD (divisor n), the convention of the Berlin monitoring (MSS). ``sample`` divides by
    n - 1 (unweighted only; with 16 districts the two differ by a factor of 0.968). ``weights``: persons.
    """
    x = np.asarray(values, dtype=np.float64)
    w = np.ones_like(x) if weights is None else np.asarray(weights, dtype=np.float64)
    known = ~np.isnan(x) & ~np.isnan(w)
    x, w = x[known], w[known]
    if len(x) < 2:
        return float("nan"), float("nan")
    mean = float(np.average(x, weights=w))
    if sample:
        if weights is not None:
            raise ValueError("the sample standard deviation is defined without weights only")
        return mean, float(np.std(x, ddof=1))
    return mean, float(np.sqrt(np.average((x - mean) ** 2, weights=w)))


def z_scores(values: ArrayLike, mean: float, deviation: float) -> Floats:
    """(x - mean) / deviation; all 0 where the values do not differ."""
    x = np.asarray(values, dtype=np.float64)
    if deviation == 0:
        return np.where(np.isnan(x), np.nan, 0.0)
    return (x - mean) / deviation


def _ranks(values: Floats) -> Floats:
    """Rank 1 for the smallest, ties share the average rank, NaN stays NaN."""
    out = np.full(values.shape, np.nan)
    known = ~np.isnan(values)
    out[known] = rankdata(values[known])
    return out


def imd_exponential(values: ArrayLike) -> Floats:
    """Exponential transformation to 0..100, larger for larger values: X = -23 ln(1 - R(1 - e^(-100/23))).

    R is the scaled rank, 1 for the largest value. English Indices of Deprivation, technical report, ch. 3; SIMD 2016.
    """
    ranks = _ranks(np.asarray(values, dtype=np.float64))
    if not np.any(~np.isnan(ranks)):
        return ranks
    return exponential(ranks / np.nanmax(ranks))


def exponential(scaled_rank: ArrayLike) -> Floats:
    """The transformation of a scaled rank R in [0, 1]."""
    r = np.asarray(scaled_rank, dtype=np.float64)
    return np.asarray(-IMD_SCALE * np.log(1 - r * (1 - np.exp(-100 / IMD_SCALE))))


def normal_scores(values: ArrayLike) -> Floats:
    """Normal quantiles of rank / (n + 1) (van der Waerden), as within the domains of SIMD."""
    ranks = _ranks(np.asarray(values, dtype=np.float64))
    return np.asarray(ndtri(ranks / (np.sum(~np.isnan(ranks)) + 1)))


def first_component(z: ArrayLike) -> Floats:
    """Loadings of the first principal component of standardised columns (rows: areas), scaled to sum of squares 1.

    The sign is set so that the loadings sum to a positive number. Rows with missing values do not take part.
    """
    table = np.asarray(z, dtype=np.float64)
    whole = table[~np.isnan(table).any(axis=1)]
    if len(whole) <= table.shape[1]:
        raise ValueError("a principal component needs more complete areas than indicators")
    _, vectors = np.linalg.eigh(np.cov(whole, rowvar=False))
    loadings: Floats = vectors[:, -1]
    return loadings if loadings.sum() >= 0 else -loadings
