"""Inequality between districts: dissimilarity, isolation, Gini, Theil, each with a bootstrap interval.

All depend on the number and the outlines of the districts (modifiable areal unit problem): values of different district
versions do not compare.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Index = Callable[[Floats, Floats], Floats]


@dataclass(frozen=True)
class Estimate:
    """A value with its interval."""

    value: float
    lower: float
    upper: float


def _checked(group: ArrayLike, total: ArrayLike) -> tuple[Floats, Floats]:
    x, n = (np.asarray(v, dtype=np.float64) for v in np.broadcast_arrays(group, total))
    if np.isnan(x).any() or np.isnan(n).any() or (x < 0).any() or (x > n).any():
        raise ValueError("every district needs a known group between 0 and its total")
    return x, n


def dissimilarity(group: ArrayLike, total: ArrayLike) -> Floats:
    """D = ½ Σ |xᵢ/X - yᵢ/Y|, group against rest (Duncan and Duncan 1955, ASR 20, 210-217); last axis: districts.

    Equals D(group, total) / (1 - P) with the group's share P: the index of segregation of one group.
    """
    x, n = np.asarray(group, dtype=np.float64), np.asarray(total, dtype=np.float64)
    y = n - x
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = np.abs(x / x.sum(-1, keepdims=True) - y / y.sum(-1, keepdims=True))
    return np.asarray(0.5 * parts.sum(-1))


def isolation(group: ArrayLike, total: ArrayLike) -> Floats:
    """Σ (xᵢ/X)(xᵢ/nᵢ): the group's share in the district of its average member (Lieberson 1981)."""
    x, n = np.asarray(group, dtype=np.float64), np.asarray(total, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = x / x.sum(-1, keepdims=True) * np.where(n > 0, x / n, 0)
    return np.asarray(parts.sum(-1))


def gini(group: ArrayLike, total: ArrayLike) -> Floats:
    """Gini coefficient of the group's shares over districts weighted by persons: 0 equal, 1 all in one."""
    x, n = np.asarray(group, dtype=np.float64), np.asarray(total, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(n > 0, x / n, 0)
        weight = n / n.sum(-1, keepdims=True)
        mean = (share * weight).sum(-1)
        pairs = np.abs(share[..., :, None] - share[..., None, :]) * weight[..., :, None] * weight[..., None, :]
        return np.asarray(pairs.sum((-2, -1)) / (2 * mean))


def theil(group: ArrayLike, total: ArrayLike) -> Floats:
    """Theil's T of the shares weighted by persons: Σ wᵢ (pᵢ/p̄) ln(pᵢ/p̄); 0 equal."""
    x, n = np.asarray(group, dtype=np.float64), np.asarray(total, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        weight = n / n.sum(-1, keepdims=True)
        relative = np.where(n > 0, x / n, 0) / (x.sum(-1, keepdims=True) / n.sum(-1, keepdims=True))
        return np.asarray((weight * np.where(relative > 0, relative * np.log(relative), 0)).sum(-1))


ALL: dict[str, Index] = {"dissimilaritaet": dissimilarity, "isolation": isolation, "gini": gini, "theil": theil}


def with_intervals(
    indices: dict[str, Index],
    group: ArrayLike,
    total: ArrayLike,
    *,
    level: float = 0.95,
    runs: int = 1000,
    seed: int = 1,
) -> dict[str, Estimate]:
    """Indices and their percentile intervals when the districts' cases are redrawn (binomial, given totals).

    Redrawing adds scatter, so that the middle of the runs lies above the index of small groups; the runs are shifted by
    that difference (basic bias correction), never below 0. All indices are taken from the same draws.
    """
    x, n = _checked(group, total)
    rng = np.random.default_rng(seed)
    share = np.divide(x, n, out=np.zeros_like(x), where=n > 0)
    redrawn = rng.binomial(n.astype(np.int64), share, size=(runs, len(n))).astype(np.float64)
    many = np.broadcast_to(n, redrawn.shape)
    found = {}
    for name, index in indices.items():
        value = float(index(x, n))
        values = index(redrawn, many)
        values = values[~np.isnan(values)]
        if np.isnan(value) or not len(values):
            found[name] = Estimate(float("nan"), float("nan"), float("nan"))
            continue
        shifted = values - (values.mean() - value)
        low, high = np.quantile(shifted, [(1 - level) / 2, (1 + level) / 2])
        found[name] = Estimate(value, max(0.0, float(low)), float(high))
    return found


def with_interval(
    index: Index, group: ArrayLike, total: ArrayLike, *, level: float = 0.95, runs: int = 1000, seed: int = 1
) -> Estimate:
    """One index and its interval; see ``with_intervals``."""
    return with_intervals({"": index}, group, total, level=level, runs=runs, seed=seed)[""]
