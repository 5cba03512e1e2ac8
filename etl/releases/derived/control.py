"""Control of many tests at once: p values adjusted over all units of a level × indicators."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from etl.indicators.methods import comparison
from etl.releases.derived.frame import TOTAL, Floats, array, column

P_VALUE, ADJUSTED = "p_value", "p_adjusted"
FAMILY = ("version_id", "level", "year")
PLACES = 6
"""Decimals of p values: more would differ between machines."""


def with_control(frame: pl.DataFrame) -> pl.DataFrame:
    """``p_adjusted`` (Benjamini-Hochberg) beside ``p_value``, both rounded; a family is a version, level and year.

    Totals and groups are families of their own, so that many groups do not make the totals' findings rarer.
    """
    numbered = frame.select(pl.struct(*FAMILY, pl.col("group_code") == TOTAL).rank("dense").alias("n"))["n"].to_numpy()
    found = adjusted(array(frame, P_VALUE), numbered)
    return frame.with_columns(column(ADJUSTED, found).round(PLACES), pl.col(P_VALUE).round(PLACES))


def adjusted(p: Floats, family: NDArray[np.integer[Any]]) -> Floats:
    """Benjamini-Hochberg within each family; NaN stays and is not counted."""
    out = np.full(len(p), np.nan)
    known = np.flatnonzero(~np.isnan(p))
    order = known[np.argsort(family[known], kind="stable")]
    if len(order):
        starts = np.flatnonzero(np.diff(family[order], prepend=family[order][0] - 1))
        for rows in np.split(order, starts[1:]):
            out[rows] = comparison.benjamini_hochberg(p[rows])
    return out
