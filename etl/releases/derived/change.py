"""What changed since one, three and five years before, with its interval."""

from __future__ import annotations

import numpy as np
import polars as pl

from etl.indicators.methods import comparison, intervals
from etl.releases.derived.comparison import WORDS, unrounded
from etl.releases.derived.frame import SERIES, array, column, words
from etl.releases.derived.intervals import LOWER, UPPER

YEARS = (1, 3, 5)


def with_changes(frame: pl.DataFrame) -> pl.DataFrame:
    """Columns ``change_K``, ``change_K_lower``, ``change_K_upper`` (in the indicator's unit) and ``changed_K`` (words).

    The value minus that of K years before, of the same unit of the same district version. NULL where either is not
    shown, the definition broke in between, or the periods overlap (pooled years). The interval is that of two
    independent counts; stocks of two years are largely the same people, so that it is rather too wide.
    """
    shown = pl.coalesce(unrounded(), "value")
    visible = frame.filter(pl.col("status") == "gueltig", pl.col("quality") != "geschaetzt")
    out = []
    for years in YEARS:
        before = visible.select(
            *SERIES, "years", (pl.col("year") + years).alias("year"), shown.alias("before"),
            pl.col(LOWER).alias("before_lower"), pl.col(UPPER).alias("before_upper"), "first_era",
        )  # fmt: skip
        joined = visible.select("id", *SERIES, "years", "year", shown.alias("now"), LOWER, UPPER, "last_era").join(
            before, on=[*SERIES, "years", "year"], how="inner"
        )
        joined = joined.filter(pl.col("years") <= years, pl.col("last_era") == pl.col("first_era"))
        now, then = ([array(joined, c) for c in names] for names in (
            ("now", LOWER, UPPER), ("before", "before_lower", "before_upper")
        ))  # fmt: skip
        lower, upper = intervals.difference((then[0], then[1], then[2]), (now[0], now[1], now[2]))
        out.append(
            joined.select("id").with_columns(
                column(f"change_{years}", np.asarray(now[0] - then[0])), column(f"change_{years}_lower", lower),
                column(f"change_{years}_upper", upper),
                words(f"changed_{years}", comparison.from_difference(lower, upper), WORDS),
            )
        )  # fmt: skip
    for told in out:
        frame = frame.join(told, on="id", how="left", maintain_order="left")
    return frame
