"""Dasymetric spreading: numbers of coarse cells given to fine cells by what lives there, then summed by area.

Source of the method: Eicher and Brewer (2001), Dasymetric mapping and areal interpolation. Totals stay: what a coarse
cell holds is what its fine cells get together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Spread:
    """``fine``: amount of every fine cell. ``left``: amount of every coarse cell that no fine cell could take."""

    fine: Floats
    left: Floats


def spread(amounts: Floats, coarse_of: Ints, weights: Floats) -> Spread:
    """Give each coarse cell's amount to its fine cells in proportion to their weights.

    ``coarse_of``: index of the coarse cell of every fine cell, -1 where it lies in none. Weights are not negative; a
    coarse cell whose fine cells weigh nothing keeps its amount (``left``).
    """
    if (weights < 0).any():
        raise ValueError("weights of a spread are not negative")
    inside = coarse_of >= 0
    total = np.bincount(coarse_of[inside], weights[inside], minlength=len(amounts))
    fine = np.zeros(len(weights))
    reached = inside & (total[coarse_of] > 0)
    own = coarse_of[reached]
    fine[reached] = amounts[own] * weights[reached] / total[own]
    return Spread(fine, np.where(total > 0, 0.0, amounts))


def coarse_index(x: Ints, y: Ints, size: int, coarse_x: Ints, coarse_y: Ints) -> Ints:
    """Index of the coarse cell (midpoints, ``size`` metres) that each point lies in; -1 where there is none."""
    known = {(int(a) // size, int(b) // size): i for i, (a, b) in enumerate(zip(coarse_x, coarse_y, strict=True))}
    pairs = zip((x // size).tolist(), (y // size).tolist(), strict=True)
    return np.array([known.get(pair, -1) for pair in pairs], dtype=np.int64)


def sums_by_area(amounts: Floats, cell: Ints, area: Ints, share: Floats, areas: int) -> Floats:
    """Sum of the amounts by area; row i of ``cell``, ``area``, ``share``: which share of a cell lies where."""
    sums: Floats = np.bincount(area, amounts[cell] * share, minlength=areas).astype(np.float64)
    return sums


def scaled(estimates: Floats, total: float) -> Floats:
    """Estimates that add up to a known total; unchanged where they are all zero."""
    held = float(estimates.sum())
    return estimates * (total / held) if held > 0 else estimates


def mean_error(estimates: Floats, truth: Floats) -> float:
    """Mean of the areas' absolute errors relative to the truth (0.036: 3.6 %), where the truth is not zero."""
    held = truth > 0
    return float(np.mean(np.abs(estimates[held] - truth[held]) / truth[held]))
