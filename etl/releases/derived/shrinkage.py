"""Shares of small areas drawn towards the area around them, beside the counted ones."""

from __future__ import annotations

import numpy as np
import polars as pl

from etl.indicators.methods import shrinkage
from etl.releases.derived.frame import TABLE, array, column
from etl.releases.derived.intervals import LOWER

SHRUNK, AROUND = "shrunk", "shrunk_to"
AMONG_SIBLINGS = 10
"""Fewer visible areas than these in the area above: drawn to the city, whose variance rests on more."""
FEWEST = 5
"""Fewer visible areas of a level in the city: no smoothing."""


def with_shrinkage(frame: pl.DataFrame) -> pl.DataFrame:
    """Columns ``shrunk`` (in the indicator's unit) and ``shrunk_to`` (id of the area drawn to), only where the method
    is Wilson's. The share drawn to is that of the visible areas together, not a count that may hold withheld ones.
    """
    visible = frame.filter(pl.col("ci_method") == "wilson", pl.col(LOWER).is_not_null(), ~pl.col("whole"))
    city = frame.filter("whole").select("version_id", pl.col("unit_id").alias("city_id")).unique()
    visible = visible.join(city, on="version_id").with_columns(
        pl.len().over(*TABLE, "level", "parent_id").alias("siblings"), pl.len().over(*TABLE, "level").alias("areas")
    )
    visible = visible.with_columns(
        pl.when(pl.col("siblings") >= AMONG_SIBLINGS).then("parent_id").otherwise("city_id").alias(AROUND)
    ).filter(pl.col("areas") >= FEWEST)
    # those drawn to the city are judged among all areas of the level, those with many siblings among these
    whole = _drawn(visible.with_columns(pl.col("city_id").alias("around_id")))
    near = _drawn(visible.filter(pl.col(AROUND) != pl.col("city_id")).with_columns(pl.col(AROUND).alias("around_id")))
    told = (
        visible.select("id", AROUND)
        .join(whole.rename({SHRUNK: "wide"}), on="id", how="left")
        .join(near, on="id", how="left")
        .select("id", pl.coalesce(SHRUNK, "wide").alias(SHRUNK), AROUND)
    )
    return frame.join(told, on="id", how="left", maintain_order="left")


def _drawn(rows: pl.DataFrame) -> pl.DataFrame:
    number = (
        rows.select(pl.struct(*TABLE, "level", "around_id").rank("dense").alias("n"))["n"].to_numpy().astype(np.int64)
    )
    found = shrinkage.shrink_within(array(rows, "numerator"), array(rows, "denominator"), number - 1)
    return rows.select("id").with_columns(column(SHRUNK, array(rows, "factor") * found.value))
