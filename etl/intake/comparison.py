"""Counts of a delivery beside those of the periods before: what is outside of the usual change of an area.

The rule: with x the square root of a count (whose spread hardly depends on its size), d = x − x of the period before.
From the d of an area the median d of its level in that period is taken off, so that what changes everywhere (a reform,
a growing city) is no area's outlier. The usual variation is 1.4826 times the median absolute deviation of these
differences over the last periods and all areas of the level, at least ``FLOOR``. An area stands out where its
difference exceeds ``MULTIPLE`` times that, and its count has changed by ``LEAST_CHANGE`` or more. The city stands out
likewise among its own changes, once there are ``LEAST_HISTORY`` of them, else beyond ``CITY_SHARE`` percent.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl
from sqlalchemy import Connection, text

from etl.catalogue import NOT_LOCATED, Catalogue, Source

MULTIPLE = 5.0
FLOOR = 0.35
"""Half of what chance alone does to the difference of two roots (Poisson: 0.71)."""
LEAST_CHANGE = 10.0
LEAST_HISTORY = 3
CITY_SHARE = 25.0
CITY_FLOOR = 0.02
"""The city's usual change is taken to be at least 2 % of the root of its count."""
PERIODS = 6
SHOWN = 40

_BLOCK_COUNTS = text("""
WITH taken AS (
    SELECT d.id FROM intake.delivery d
    WHERE d.source = :source AND d.status = 'active' AND d.reference_date <= :at
    ORDER BY d.reference_date DESC LIMIT :periods
), placed AS (
    SELECT a.block_id, a.unit_id FROM geo.block_assignment a
    JOIN geo.district_version v ON v.id = a.version_id AND v.is_current
)
SELECT m.code, m.title, c.period, lower(p.valid) AS start, a.unit_id, sum(c.value) AS value
FROM warehouse.count c
JOIN taken t ON t.id = c.delivery_id
JOIN catalogue.measure m ON m.id = c.measure_id AND m.active
JOIN warehouse.period p ON p.code = c.period
LEFT JOIN placed a ON a.block_id = c.block_id
WHERE c.group_code = 'insgesamt' AND c.value IS NOT NULL
GROUP BY m.code, m.title, c.period, p.valid, a.unit_id
""")

_AREA_COUNTS = text("""
WITH given AS (
    SELECT c.measure_id, c.period, c.unit_id, c.value, p.valid,
           row_number() OVER (PARTITION BY c.measure_id, c.period, c.unit_id ORDER BY d.reference_date DESC) AS rank
    FROM warehouse.count c
    JOIN intake.delivery d ON d.id = c.delivery_id AND d.status = 'active'
    JOIN warehouse.period p ON p.code = c.period
    WHERE d.source = :source AND d.reference_date <= :at AND c.group_code = 'insgesamt' AND c.unit_id IS NOT NULL
)
SELECT m.code, m.title, g.period, lower(g.valid) AS start, g.unit_id, g.value
FROM given g JOIN catalogue.measure m ON m.id = g.measure_id AND m.active
WHERE g.rank = 1 AND g.value IS NOT NULL
""")

_UNITS = text("""
SELECT u.id AS unit_id, u.level, u.key, u.name, u.parent_id, l.title AS level_title, l.rank
FROM geo.unit u JOIN geo.level l ON l.code = u.level
WHERE u.level <> :not_located
  AND (u.version_id = (SELECT id FROM geo.district_version WHERE is_current) OR u.id = ANY (:ids))
""")


@dataclass(frozen=True)
class Outlier:
    """A count that changed unusually; ``times``: the change as a multiple of the usual variation."""

    measure: str
    title: str
    level: str
    area: str
    period: str
    before: str
    value: float
    earlier: float
    times: float


def counts_by_unit(connection: Connection, source: Source, at: object) -> pl.DataFrame:
    """Totals of a source's active deliveries up to a date, by measure, period and unit of every level.

    Columns: code, title, period, start, level, level_title, rank, key, name, value. Blocks are summed to districts of
    the current version and upwards; a unit without persons in a period in which others have some is 0. The city
    (rank 0) includes what could not be located.
    """
    values = {"source": source.code, "at": at}
    by_block = source.smallest_level == "block"
    query, extra = (_BLOCK_COUNTS, {"periods": PERIODS}) if by_block else (_AREA_COUNTS, {})
    schema = {"code": pl.String, "title": pl.String, "period": pl.String, "start": pl.Date, "unit_id": pl.Int32,
              "value": pl.Float64}  # fmt: skip
    found = pl.DataFrame(connection.execute(query, values | extra).all(), schema=schema, orient="row")
    ids = found["unit_id"].drop_nulls().unique().to_list()
    kinds = {"unit_id": pl.Int32, "level": pl.String, "key": pl.String, "name": pl.String, "parent_id": pl.Int32,
             "level_title": pl.String, "rank": pl.Int32}  # fmt: skip
    rows = connection.execute(_UNITS, {"not_located": NOT_LOCATED, "ids": ids}).all()
    units = pl.DataFrame(rows, schema=kinds, orient="row")
    if by_block:
        found = _upwards(found, units)
    return found.join(units.drop("parent_id"), on="unit_id").drop("unit_id")


def _upwards(found: pl.DataFrame, units: pl.DataFrame) -> pl.DataFrame:
    """District counts, their sums by every level above, and the city with all that is nowhere."""
    by = ["code", "title", "period", "start"]
    top = units.filter(pl.col("rank") == 0)
    if top.is_empty():
        return found.clear()
    city = found.group_by(by).agg(pl.col("value").sum()).with_columns(pl.lit(top["unit_id"][0]).alias("unit_id"))
    districts = found.drop_nulls("unit_id")
    levels = [city.select(found.columns)]
    while not districts.is_empty():
        there = units.join(units.join(districts, on="unit_id", how="semi"), on="level", how="semi")
        grid = districts.select(by).unique().join(there.select("unit_id"), how="cross")
        full = grid.join(districts, on=[*by, "unit_id"], how="left").with_columns(pl.col("value").fill_null(0.0))
        levels.append(full.select(found.columns))
        parents = full.join(units.select("unit_id", "parent_id"), on="unit_id").drop("unit_id")
        parents = parents.filter(~pl.col("parent_id").is_in(top["unit_id"].implode())).drop_nulls("parent_id")
        districts = parents.group_by(*by, pl.col("parent_id").alias("unit_id")).agg(pl.col("value").sum())
        districts = districts.select(found.columns)
    return pl.concat(levels)


def outliers(counts: pl.DataFrame, periods: set[str]) -> list[Outlier]:
    """What stands out in the newest of ``periods`` by the rule above, the city first, then strongest first."""
    newest = counts.filter(pl.col("period").is_in(list(periods)))
    if newest.is_empty():
        return []
    order = counts.select("period", "start").unique().sort("start")
    order = order.filter(pl.col("start") <= newest["start"].max()).tail(PERIODS)
    order = order.with_columns(pl.int_range(pl.len()).alias("n"))
    if len(order) < 2:
        return []
    last = len(order) - 1
    numbered = counts.join(order.select("period", "n"), on="period")
    earlier = numbered.select(
        "code", "level", "key", (pl.col("n") + 1).alias("n"), pl.col("value").alias("earlier"),
        pl.col("period").alias("before"),
    )  # fmt: skip
    pairs = numbered.join(earlier, on=["code", "level", "key", "n"])
    pairs = pairs.with_columns((pl.col("value").sqrt() - pl.col("earlier").sqrt()).alias("d")).filter(
        pl.col("d").is_finite()
    )
    areas = _of_areas(pairs.filter(pl.col("rank") > 0), last)
    city = _of_city(pairs.filter(pl.col("rank") == 0), last)
    columns = ["code", "title", "level_title", "name", "period", "before", "value", "earlier", "times"]
    found = pl.concat([city.select("rank", *columns), areas.select("rank", *columns)])
    found = found.filter((pl.col("value") - pl.col("earlier")).abs() >= LEAST_CHANGE)
    found = found.sort([pl.col("rank") > 0, "times"], descending=[False, True]).drop("rank")
    return [Outlier(*row) for row in found.iter_rows()]


def _mad(column: str) -> pl.Expr:
    return 1.4826 * (pl.col(column) - pl.col(column).median()).abs().median()


def _of_areas(pairs: pl.DataFrame, last: int) -> pl.DataFrame:
    centred = pairs.with_columns((pl.col("d") - pl.col("d").median().over("code", "level", "n")).alias("off"))
    scale = pl.max_horizontal(_mad("off").over("code", "level"), pl.lit(FLOOR))
    scored = centred.with_columns((pl.col("off").abs() / scale).alias("times"))
    return scored.filter((pl.col("n") == last) & (pl.col("times") > MULTIPLE))


def _of_city(pairs: pl.DataFrame, last: int) -> pl.DataFrame:
    history = pairs.filter(pl.col("n") < last).group_by("code").agg(
        pl.col("d").median().alias("usual"), _mad("d").alias("spread"), pl.len().alias("changes")
    )  # fmt: skip
    now = pairs.filter(pl.col("n") == last).join(history, on="code", how="left")
    floor = pl.max_horizontal(CITY_FLOOR * pl.col("earlier").sqrt(), pl.lit(FLOOR))
    known = pl.col("changes").fill_null(0) >= LEAST_HISTORY
    times = (pl.col("d") - pl.col("usual")).abs() / pl.max_horizontal("spread", floor)
    share = 100 * (pl.col("value") - pl.col("earlier")).abs() / pl.max_horizontal("earlier", pl.lit(1.0))
    # without a history the change is told as the multiple that its share of the limit makes
    scored = now.with_columns(pl.when(known).then(times).otherwise(MULTIPLE * share / CITY_SHARE).alias("times"))
    return scored.filter(pl.col("times") > MULTIPLE)


def of_delivery(
    connection: Connection, catalogue: Catalogue, source: str, at: object, periods: list[str]
) -> list[Outlier]:
    """The outliers of a delivery's newest period against the periods before."""
    return outliers(counts_by_unit(connection, catalogue.source[source], at), set(periods))
