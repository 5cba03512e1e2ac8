"""Small-area estimates: proportions drawn towards that of the surrounding area, the more the fewer persons they have.

Logit shrinkage as in the English and Scottish indices of deprivation (technical reports, appendix on shrinkage).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Shrunken:
    """Estimates by area: ``value`` (proportion), ``weight`` of the area's own data, in [0, 1]; ``centre`` (logit)."""

    value: Floats
    weight: Floats
    centre: float
    between: float
    """Variance between areas on the logit scale."""


def shrink(cases: ArrayLike, persons: ArrayLike) -> Shrunken:
    """Shrink the proportions of areas of one surrounding area (at least two) towards its own.

    z = ln((r + ½)/(n - r + ½)), s² = (n + 1)(n + 2)/(n(r + 1)(n - r + 1)), Z from the totals, t² the sample variance of
    z, w = (1/s²)/(1/s² + 1/t²), p* = logit⁻¹(w z + (1 - w) Z). Areas without persons give NaN and do not take part.
    """
    r, n = (np.asarray(v, dtype=np.float64) for v in np.broadcast_arrays(cases, persons))
    found = shrink_within(r, n, np.zeros(r.shape, dtype=np.int64))
    if found.areas[0] < 2:
        raise ValueError("shrinkage needs at least two areas with persons")
    return Shrunken(found.value, found.weight, float(found.centre[0]), float(found.between[0]))


@dataclass(frozen=True)
class Within:
    """Estimates of many surrounding areas at once: by area, then (``centre`` on) by surrounding area."""

    value: Floats
    weight: Floats
    centre: Floats
    between: Floats
    areas: NDArray[np.int64]
    """How many areas take part."""


def shrink_within(cases: ArrayLike, persons: ArrayLike, around: NDArray[np.int64]) -> Within:
    """``shrink`` for each surrounding area by itself; ``around`` numbers them from 0. NaN where fewer than two."""
    r, n = (np.asarray(v, dtype=np.float64) for v in np.broadcast_arrays(cases, persons))
    size = int(around.max()) + 1 if around.size else 0
    taking = (n > 0) & (r >= 0) & (r <= n)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(taking, np.log((r + 0.5) / (n - r + 0.5)), 0.0)
        own = np.where(taking, (n + 1) * (n + 2) / (n * (r + 1) * (n - r + 1)), np.nan)

        def total(values: Floats) -> Floats:
            return np.asarray(
                np.bincount(around.ravel(), np.where(taking, values, 0.0).ravel(), size), dtype=np.float64
            )

        areas, total_r, total_n = total(np.ones_like(r)), total(r), total(n)
        centre = np.log((total_r + 0.5) / (total_n - total_r + 0.5))
        mean = total(z) / areas
        between = np.where(areas >= 2, total((z - mean[around]) ** 2) / (areas - 1), np.nan)
        here = between[around]
        # areas that do not differ at all: their own data add nothing
        weight = np.where(here > 0, (1 / own) / (1 / own + 1 / here), np.where(here == 0, 0.0, np.nan))
    weight = np.where(taking, weight, np.nan)
    value = expit(weight * z + (1 - weight) * centre[around])
    return Within(value, weight, centre, between, areas.astype(np.int64))
