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
    taking = (n > 0) & (r >= 0) & (r <= n)
    if taking.sum() < 2:
        raise ValueError("shrinkage needs at least two areas with persons")
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(taking, np.log((r + 0.5) / (n - r + 0.5)), np.nan)
        own = np.where(taking, (n + 1) * (n + 2) / (n * (r + 1) * (n - r + 1)), np.nan)
    total_r, total_n = r[taking].sum(), n[taking].sum()
    centre = float(np.log((total_r + 0.5) / (total_n - total_r + 0.5)))
    between = float(np.var(z[taking], ddof=1))
    # areas that do not differ at all: their own data add nothing
    weight = (1 / own) / (1 / own + 1 / between) if between > 0 else np.where(taking, 0.0, np.nan)
    return Shrunken(expit(weight * z + (1 - weight) * centre), weight, centre, between)
