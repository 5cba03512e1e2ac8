"""How the values of an edition stand beside the city, the rest of the city and the area above."""

from __future__ import annotations

import numpy as np
import polars as pl

from etl.indicators.methods import comparison, intervals
from etl.releases.derived.frame import TABLE, Floats, array, column, words
from etl.releases.derived.intervals import LOWER, SPREAD, UPPER

CITY, REST, ABOVE = "compared", "compared_rest", "compared_parent"
P_VALUE = "p_value"
WORDS = {
    comparison.HIGHER: "hoeher",
    comparison.LOWER: "niedriger",
    comparison.SIMILAR: "nicht_unterscheidbar",
}


def unrounded() -> pl.Expr:
    """The value from its counts."""
    return pl.col("factor") * pl.col("numerator") / pl.col("denominator")


def with_comparisons(frame: pl.DataFrame) -> pl.DataFrame:
    """The words of ``WORDS`` beside the city, the city without the unit and the area above; p values beside the rest.

    City and area above: the unit's interval against their value, as the public health profiles of England do. The
    rest of the city: the interval of the difference of both. NULL for the city itself and where either is not shown;
    the area above is NULL where it is the city.
    """
    visible = frame.filter(pl.col("status") == "gueltig")
    numbers = ("numerator", "denominator", *SPREAD)
    city = visible.filter("whole").select(
        *TABLE, unrounded().alias("city"), *(pl.col(c).alias(f"city_{c}") for c in numbers)
    )
    above = visible.filter(~pl.col("whole")).select(
        pl.col("unit_id").alias("parent_id"), *TABLE[1:], unrounded().alias("above")
    )
    joined = frame.join(city, on=TABLE, how="left", maintain_order="left")
    joined = joined.join(above, on=["parent_id", *TABLE[1:]], how="left", maintain_order="left")
    own = (array(joined, LOWER), array(joined, UPPER))
    beside_city, beside_above = (comparison.against(*own, array(joined, c)) for c in ("city", "above"))
    difference, p = _beside_rest(joined)
    whole = joined["whole"].to_numpy()
    for found in (beside_city, beside_above, difference, p):
        found[whole] = np.nan
    return frame.with_columns(
        words(CITY, beside_city, WORDS), words(REST, difference, WORDS), words(ABOVE, beside_above, WORDS),
        column(P_VALUE, p),
    )  # fmt: skip


def _beside_rest(joined: pl.DataFrame) -> tuple[Floats, Floats]:
    """Direction against the city without the unit, and the p value of the difference."""
    x, n, factor, low, high = (array(joined, c) for c in ("numerator", "denominator", "factor", LOWER, UPPER))
    rest_x = comparison.rest(x, array(joined, "city_numerator"))
    rest_n = comparison.rest(n, array(joined, "city_denominator"))
    known = ~np.isnan(low) & (rest_n > 0) & (rest_x >= 0)
    method = joined["ci_method"].to_numpy()
    rest_low, rest_high, p = (np.full(len(joined), np.nan) for _ in range(3))

    mine = known & (method == "wilson")
    cases, persons = (x[mine], rest_x[mine]), (n[mine], rest_n[mine])
    rest_low[mine], rest_high[mine] = intervals.wilson(cases[1], persons[1])
    p[mine] = comparison.two_proportions(cases, persons)

    mine = known & (method == "byar")
    cases, persons = (x[mine], rest_x[mine]), (n[mine], rest_n[mine])
    rest_low[mine], rest_high[mine] = intervals.rate(cases[1], persons[1])
    p[mine] = comparison.two_rates(cases, persons)

    mine = known & (method == "delta")
    rest_low[mine], rest_high[mine] = intervals.quotient(rest_x[mine], rest_n[mine])
    # quotients of two groups are equal where the shares of the first in both are
    p[mine] = comparison.two_proportions((x[mine], rest_x[mine]), ((x + n)[mine], (rest_x + rest_n)[mine]))

    mine = known & (method == "t")
    unit = [array(joined, c)[mine] for c in SPREAD]
    rest = [array(joined, f"city_{c}")[mine] - part for c, part in zip(SPREAD, unit, strict=True)]
    own_error, rest_error = (_error(*moments) for moments in (unit, rest))
    middle = rest_x[mine] / rest_n[mine]
    half = intervals.normal_quantile(0.95) * rest_error
    rest_low[mine], rest_high[mine] = middle - half, middle + half
    p[mine] = comparison.two_means(x[mine] / n[mine] - middle, (own_error, rest_error))

    with np.errstate(divide="ignore", invalid="ignore"):
        beside = (factor * rest_x / rest_n, factor * rest_low, factor * rest_high)
        limits = intervals.difference(beside, (factor * x / n, low, high))
    return comparison.from_difference(*limits), p


def _error(persons: Floats, total: Floats, squares: Floats) -> Floats:
    """Standard error of a mean from its moments."""
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = (squares - total**2 / persons) / (persons - 1)
        return np.asarray(np.sqrt(np.maximum(variance, 0) / persons))
