"""Trends of the yearly values of an edition: five years that end with each value."""

from __future__ import annotations

import numpy as np
import polars as pl

from etl.indicators.methods import trends
from etl.releases.derived.frame import SERIES, array, column, words
from etl.releases.derived.intervals import LOWER, UPPER

TREND = "trend"
WORDS = {1: "steigend", -1: "fallend", 0: "kein_trend"}
KEPT = ("unit_id", "version_id", "level", "year", "indicator_id", "group_code", "decimals")


def trends_of(frame: pl.DataFrame) -> pl.DataFrame:
    """A row a series and last year, in the order of the frame's series.

    ``id`` (of the last value), ``first_period``, ``last_period``, ``points``, ``slope`` with limits (indicator's unit a
    year), ``trend`` (word), ``chi2``, ``p_value``. Only five whole years in a row, without a break of the definition,
    all with limits. Shares by Cochran-Armitage on their counts, others by weighted regression on their limits.
    """
    yearly = frame.filter(pl.col("years") == 1, pl.col(LOWER).is_not_null()).sort(*SERIES, "year")
    number = yearly.select(pl.struct(SERIES).rank("dense").alias("n"))["n"].to_numpy()
    year, first, last = (yearly[c].to_numpy() for c in ("year", "first_era", "last_era"))
    ends = np.arange(trends.POINTS - 1, len(yearly))
    starts = ends - trends.POINTS + 1
    ends = ends[
        (number[ends] == number[starts])
        & (year[ends] - year[starts] == trends.POINTS - 1)
        & (last[ends] == first[starts])
    ]
    window = ends[:, None] + np.arange(1 - trends.POINTS, 1)[None, :]
    x, n, factor, value, low, high = (
        array(yearly, c) for c in ("numerator", "denominator", "factor", "value", LOWER, UPPER)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        exact = np.where(np.isnan(x) | np.isnan(n), value, factor * x / n)
    shares = (yearly["ci_method"] == "wilson").to_numpy()[ends]
    by_share = trends.of_proportions(x[window], n[window])
    by_value = trends.of_values(exact[window], low[window], high[window])
    line = trends.line(exact[window], low[window], high[window])
    chi2 = np.where(shares, by_share.chi2, by_value.chi2)
    found = pl.DataFrame(
        {
            "id": yearly["id"].gather(ends),
            **{c: yearly[c].gather(ends) for c in KEPT},
            "first_period": yearly["period"].gather(ends - trends.POINTS + 1),
            "last_period": yearly["period"].gather(ends),
            "points": np.full(len(ends), trends.POINTS),
        }
    )
    return found.with_columns(
        column("slope", line.slope), column("slope_lower", line.lower), column("slope_upper", line.upper),
        words(TREND, np.where(shares, by_share.direction, by_value.direction), WORDS),
        column("chi2", chi2), column("p_value", trends.p_value(chi2)),
    ).filter(pl.col(TREND).is_not_null())  # fmt: skip
