"""Composite indices: standardised parts, weighted sum, standardised again, cut into classes.

The default is the method of the Berlin social monitoring (Monitoring Soziale Stadtentwicklung 2021, ch. 2): z values
over the valid areas, unweighted, population SD; sum of the parts divided by its own population SD; high means worse.
Nothing is rounded before it is cut: an index printed as -1.00 may lie on either side of -1.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from etl.indicators.methods import standardise

Floats = NDArray[np.float64]
NO_SPREAD = 1e-9
"""Standard deviation of a sum of z values below which the areas do not differ."""
Transformation = Literal["z", "imd_exponential", "simd_normal", "pca"]


@dataclass(frozen=True)
class Part:
    """One indicator of an index; ``direction`` 1 where high values raise the index, -1 where they lower it."""

    code: str
    direction: Literal[1, -1] = 1
    weight: float = 1.0


@dataclass(frozen=True)
class Method:
    """How an index is made.

    ``cuts``: inner limits, ascending; class 1 lies below the first. ``included``: for each limit whether a value equal
    to it belongs to the class below; without, as in Berlin („-1 bis 1 mittel“), it belongs to the class nearer to 0.
    """

    transformation: Transformation = "z"
    sample_deviation: bool = False
    weighted_by_persons: bool = False
    standardise_sum: bool = True
    cuts: tuple[float, ...] = (-1.0, 1.0, 1.5)
    included: tuple[bool, ...] | None = None


BERLIN_STATUS = Method()
BERLIN_DYNAMICS = Method(cuts=(-1.0, 1.0))


@dataclass(frozen=True)
class Baseline:
    """Moments by part and of the sum, taken once and used for later years; no ``total``: the sum's own deviation."""

    parts: tuple[tuple[float, float], ...]
    total: float | None


@dataclass(frozen=True)
class Result:
    """``score`` (the index), ``classes`` (1 …, NaN without), ``parts`` (areas × parts, in the index's direction)."""

    score: Floats
    classes: Floats
    parts: Floats
    baseline: Baseline | None
    weights: Floats = field(default_factory=lambda: np.array([]))


def classify(score: ArrayLike, cuts: tuple[float, ...], included: tuple[bool, ...] | None = None) -> Floats:
    """Class numbers from 1, NaN without a score; see ``Method`` for values on a limit."""
    x = np.asarray(score, dtype=np.float64)
    limits = np.asarray(cuts, dtype=np.float64)
    inside = limits >= 0 if included is None else np.asarray(included, dtype=bool)
    beyond = (x[..., None] > limits) | ((x[..., None] == limits) & ~inside)
    return np.where(np.isnan(x), np.nan, 1.0 + beyond.sum(axis=-1))


def valid_areas(
    values: ArrayLike, persons: ArrayLike, smallest: float = 300, outliers: ArrayLike | None = None
) -> NDArray[np.bool_]:
    """Areas that take part: every part known, at least ``smallest`` inhabitants, not declared an outlier."""
    table = np.asarray(values, dtype=np.float64)
    taking = ~np.isnan(table).any(axis=1) & (np.asarray(persons, dtype=np.float64) >= smallest)
    return taking if outliers is None else taking & ~np.asarray(outliers, dtype=bool)


def _transformed(
    values: Floats, parts: tuple[Part, ...], method: Method, persons: Floats | None, given: Baseline | None
) -> tuple[Floats, tuple[tuple[float, float], ...]]:
    columns, kept = [], []
    for number, part in enumerate(parts):
        column = part.direction * values[:, number]
        match method.transformation:
            case "imd_exponential":
                columns.append(standardise.imd_exponential(column))
            case "simd_normal":
                columns.append(standardise.normal_scores(column))
            case _:
                moments = given.parts[number] if given else standardise.moments(
                    column, weights=persons if method.weighted_by_persons else None, sample=method.sample_deviation
                )  # fmt: skip
                kept.append(moments)
                columns.append(standardise.z_scores(column, *moments))
    return np.column_stack(columns), tuple(kept)


def compose(
    values: ArrayLike,
    parts: tuple[Part, ...],
    method: Method = BERLIN_STATUS,
    *,
    persons: ArrayLike | None = None,
    baseline: Baseline | None = None,
) -> Result:
    """The index of areas (rows) from its parts (columns of ``values``, in their own units).

    Areas with a missing part get NaN and do not take part; exclude others by NaN (see ``valid_areas``). ``baseline``:
    moments of another year instead of this one's. An index is unchanged by linear changes of units.
    """
    table = np.asarray(values, dtype=np.float64)
    if table.ndim != 2 or table.shape[1] != len(parts):
        raise ValueError(f"values must have a column for each of the {len(parts)} parts, not shape {table.shape}")
    table = np.where(np.isnan(table).any(axis=1, keepdims=True), np.nan, table)
    people = None if persons is None else np.asarray(persons, dtype=np.float64)
    scaled, kept = _transformed(table, parts, method, people, baseline)
    weights = np.array([part.weight for part in parts])
    if method.transformation == "pca":
        weights = standardise.first_component(scaled)
    total = scaled @ weights
    deviation = 1.0
    if method.standardise_sum and method.transformation in ("z", "pca"):
        known = baseline.total if baseline else None
        deviation = standardise.moments(total, sample=method.sample_deviation)[1] if known is None else known
    # parts that cancel each other out exactly leave nothing but rounding noise
    score = total / deviation if deviation > NO_SPREAD else np.where(np.isnan(total), np.nan, 0.0)
    made = Baseline(kept, deviation) if kept else None
    return Result(score, classify(score, method.cuts, method.included), scaled, made, weights)


def cross(status: ArrayLike, dynamics: ArrayLike) -> Floats:
    """Berlin's joint class: status (1 high … 4 very low) × 10 + 1 positive, 3 stable, 5 negative."""
    s, d = np.asarray(status, dtype=np.float64), np.asarray(dynamics, dtype=np.float64)
    return s * 10 + 2 * d - 1
