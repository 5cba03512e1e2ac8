"""How sure a released value is: interval, comparison with the city and trend, from what the edition shows.

Withheld values take no part, so that nothing here tells more than the visible counts do.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from sqlalchemy import Connection, text

from etl.indicators.methods import comparison, intervals, trends

LOWER, UPPER, COMPARED, TREND = "ci_lower", "ci_upper", "compared", "trend"
COMPARED_WORDS = {
    comparison.HIGHER: "hoeher",
    comparison.LOWER: "niedriger",
    comparison.SIMILAR: "nicht_unterscheidbar",
}
TREND_WORDS = {1: "steigend", -1: "fallend", 0: "kein_trend"}
NUMBERS = dict.fromkeys(("numerator", "denominator", "value", "factor"), pl.Float64)
SERIES = ("unit_id", "indicator_id", "group_code")

VALUES = text("""
SELECT v.id, v.unit_id, v.indicator_id, v.group_code, v.period, v.numerator, v.denominator, v.value, v.status,
       v.quality, i.ci_method, i.factor, i.decimals, u.version_id, l.rank = 0 AS whole,
       extract(year FROM lower(p.valid))::int AS year,
       p.valid = daterange(lower(p.valid), (lower(p.valid) + interval '1 year')::date) AS yearly,
       EXISTS (SELECT FROM jsonb_array_elements(i.breaks) b
               WHERE (b ->> 'since')::date > (lower(p.valid) - interval '4 years')::date
                 AND (b ->> 'since')::date < upper(p.valid)) AS broken
FROM release.value v
JOIN catalogue.indicator i ON i.id = v.indicator_id
JOIN geo.unit u ON u.id = v.unit_id
JOIN geo.level l ON l.code = u.level
JOIN warehouse.period p ON p.code = v.period
WHERE v.edition_id = :edition
""")

STORE = text("""
UPDATE release.value v
SET ci_lower = n.ci_lower, ci_upper = n.ci_upper, compared = n.compared, trend = n.trend
FROM unnest(CAST(:ids AS int[]), CAST(:lower AS double precision[]), CAST(:upper AS double precision[]),
            CAST(:compared AS text[]), CAST(:trend AS text[])) AS n(id, ci_lower, ci_upper, compared, trend)
WHERE v.id = n.id
""")


def _array(frame: pl.DataFrame, name: str) -> intervals.Floats:
    return frame[name].cast(pl.Float64).fill_null(float("nan")).to_numpy()


def with_intervals(frame: pl.DataFrame) -> pl.DataFrame:
    """Limits at 95 % in the indicator's unit, unrounded; NULL where the method does not apply.

    ``wilson`` for shares, ``byar`` (exact below ten) for rates; none for estimates, uncertain values, indicators
    without a method, and where a numerator is no count (a balance, a sum beyond its base).
    """
    x, n, factor = (_array(frame, c) for c in ("numerator", "denominator", "factor"))
    method = frame["ci_method"].to_numpy()
    counted = (frame["status"] == "gueltig").to_numpy() & (frame["quality"] != "geschaetzt").to_numpy()
    counted &= (x >= 0) & (n > 0)
    low, high = np.full(len(frame), np.nan), np.full(len(frame), np.nan)
    for name, found in (
        ("wilson", tuple(factor * limit for limit in intervals.wilson(x, n))),
        ("byar", intervals.rate(x, n, factor)),
    ):
        mine = counted & (method == name)
        low[mine], high[mine] = found[0][mine], found[1][mine]
    return frame.with_columns(
        pl.Series(LOWER, low).fill_nan(None), pl.Series(UPPER, high).fill_nan(None)
    )  # fmt: skip


def with_comparison(frame: pl.DataFrame) -> pl.DataFrame:
    """Whether the interval lies above or below the city's value of the same version, period and group."""
    same = ("version_id", "indicator_id", "group_code", "period")
    city = frame.filter(pl.col("whole") & (pl.col("status") == "gueltig")).select(
        *same, (pl.col("factor") * pl.col("numerator") / pl.col("denominator")).alias("city")
    )
    joined = frame.join(city, on=same, how="left", maintain_order="left")
    found = comparison.against(*(_array(joined, c) for c in (LOWER, UPPER, "city")))
    found[joined["whole"].to_numpy()] = np.nan
    return frame.with_columns(_words(found, COMPARED_WORDS).alias(COMPARED))


def with_trend(frame: pl.DataFrame) -> pl.DataFrame:
    """Trend over the five years that end with each value; NULL where a year is missing or a definition broke."""
    yearly = frame.filter("yearly", ~pl.col("broken"), pl.col(LOWER).is_not_null()).sort(*SERIES, "year")
    found = np.full(len(yearly), np.nan)
    if len(yearly) >= trends.POINTS:
        number = yearly.select(pl.struct(SERIES).rank("dense").alias("n"))["n"].to_numpy()
        year = yearly["year"].to_numpy()
        ends = np.arange(trends.POINTS - 1, len(yearly))
        starts = ends - trends.POINTS + 1
        whole = (number[ends] == number[starts]) & (year[ends] - year[starts] == trends.POINTS - 1)
        ends = ends[whole]
        window = ends[:, None] + np.arange(1 - trends.POINTS, 1)[None, :]
        x, n, factor, low, high = (_array(yearly, c) for c in ("numerator", "denominator", "factor", LOWER, UPPER))
        shares = (yearly["ci_method"] == "wilson").to_numpy()[ends]
        by_share = trends.of_proportions(x[window], n[window]).direction
        by_value = trends.of_values(factor[window] * x[window] / n[window], low[window], high[window]).direction
        found[ends] = np.where(shares, by_share, by_value)
    told = yearly.select("id").with_columns(_words(found, TREND_WORDS).alias(TREND))
    return frame.join(told, on="id", how="left", maintain_order="left")


def _words(found: intervals.Floats, words: dict[int, str]) -> pl.Series:
    numbers = pl.Series("n", found).fill_nan(None).cast(pl.Int64)
    return numbers.replace_strict(list(words), list(words.values()), default=None, return_dtype=pl.String)


def add_significance(connection: Connection, edition: int) -> int:
    """Fill interval, comparison and trend of an edition's values; returns how many values have an interval."""
    rows = connection.execute(VALUES, {"edition": edition}).mappings().all()
    frame = pl.DataFrame([dict(row) for row in rows], schema_overrides=NUMBERS, infer_schema_length=None)
    frame = with_trend(with_comparison(with_intervals(frame)))
    known = frame.filter(pl.col(LOWER).is_not_null()).sort("id")
    rounded = [
        [round(limit, places) for limit, places in zip(known[name].to_list(), known["decimals"].to_list(), strict=True)]
        for name in (LOWER, UPPER)
    ]
    connection.execute(
        STORE,
        {
            "ids": known["id"].to_list(), "lower": rounded[0], "upper": rounded[1],
            "compared": known[COMPARED].to_list(), "trend": known[TREND].to_list(),
        },
    )  # fmt: skip
    return len(known)
