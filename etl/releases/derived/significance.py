"""How sure the values of an edition are: limits, comparisons, changes, trends, smoothed shares.

All of it from what the edition shows: withheld values take no part, so that nothing here tells more than the visible
counts do.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import cast

import polars as pl
import psycopg
from sqlalchemy import Connection, text

from etl.catalogue import Catalogue
from etl.releases.derived.change import YEARS, with_changes
from etl.releases.derived.comparison import ABOVE, CITY, REST, with_comparisons
from etl.releases.derived.control import ADJUSTED, P_VALUE, with_control
from etl.releases.derived.frame import read
from etl.releases.derived.intervals import LOWER, NOTE, STRICT, UPPER, with_limits
from etl.releases.derived.shrinkage import AROUND, SHRUNK, with_shrinkage
from etl.releases.derived.trend import TREND, trends_of

CHANGES = tuple(f"change_{y}{part}" for y in YEARS for part in ("", "_lower", "_upper"))
CHANGED = tuple(f"changed_{y}" for y in YEARS)
IN_UNIT = (LOWER, UPPER, *STRICT, SHRUNK, *CHANGES)
"""Columns in the indicator's unit, stored with its decimals."""
STORED = (*IN_UNIT, NOTE, CITY, REST, ABOVE, P_VALUE, ADJUSTED, AROUND, *CHANGED, TREND)
TREND_COLUMNS = (
    "unit_id", "indicator_id", "group_code", "first_period", "last_period", "points", "slope", "slope_lower",
    "slope_upper", "direction", "chi2", "p_value", "p_adjusted",
)  # fmt: skip
SLOPE_PLACES = 3
"""Decimals of a slope beyond those of the indicator: ten years of it are still told apart."""


@dataclass(frozen=True)
class Significance:
    """``values``: a row a value with the columns ``STORED``, unrounded; ``trends``: a row a series and last year."""

    values: pl.DataFrame
    trends: pl.DataFrame


def significance(frame: pl.DataFrame) -> Significance:
    """All statistics of values that have their limits; the control of many tests comes last, over all of them."""
    found = uncontrolled(frame)
    return Significance(with_control(found.values), with_control(found.trends))


def uncontrolled(frame: pl.DataFrame) -> Significance:
    """All statistics that need no other indicator; p values neither adjusted nor rounded."""
    frame = with_shrinkage(with_changes(with_comparisons(frame)))
    found = trends_of(frame)
    return Significance(frame.join(found.select("id", TREND), on="id", how="left", maintain_order="left"), found)


def add_significance(connection: Connection, catalogue: Catalogue, edition: int) -> int:
    """Fill the statistics of a draft edition's values and its trends; returns how many values have limits."""
    found = significance(with_limits(read(connection, catalogue, edition), catalogue))
    _store_values(connection, found.values)
    _store_trends(connection, edition, found.trends)
    return found.values[LOWER].count()


def _rounded(frame: pl.DataFrame, columns: tuple[str, ...], more: int = 0) -> pl.DataFrame:
    """Columns rounded half to even by the decimals of each row's indicator, and as many more."""
    power = pl.lit(10.0).pow(pl.col("decimals") + more)
    # + 0: no „−0“
    return frame.with_columns((pl.col(c) * power).round(0, mode="half_to_even") / power + 0.0 for c in columns)


def _copy(connection: Connection, target: str, frame: pl.DataFrame) -> None:
    """COPY a frame into a table with these columns; the table's name is a constant of this module."""
    buffer = io.BytesIO()
    frame.write_csv(buffer, include_header=False)
    raw = cast("psycopg.Connection[tuple[object, ...]]", connection.connection.driver_connection)
    statement = f"COPY {target} ({', '.join(frame.columns)}) FROM STDIN WITH (FORMAT csv)"
    with raw.cursor().copy(statement.encode()) as copy:
        copy.write(buffer.getvalue())


def _store_values(connection: Connection, values: pl.DataFrame) -> None:
    known = values.filter(pl.any_horizontal(pl.col(c).is_not_null() for c in STORED)).sort("id")
    types = {c: "double precision" for c in (*IN_UNIT, P_VALUE, ADJUSTED)} | {AROUND: "int"}
    listed = ", ".join(f"{c} {types.get(c, 'text')}" for c in STORED)
    connection.execute(text(f"CREATE TEMPORARY TABLE significance (id int PRIMARY KEY, {listed}) ON COMMIT DROP"))
    _copy(connection, "significance", _rounded(known, IN_UNIT).select("id", *STORED))
    connection.execute(text("ANALYZE pg_temp.significance"))
    filled = ", ".join(f"{c} = n.{c}" for c in STORED)
    connection.execute(text(f"UPDATE release.value v SET {filled} FROM pg_temp.significance n WHERE n.id = v.id"))  # noqa: S608
    connection.execute(text("DROP TABLE pg_temp.significance"))


def _store_trends(connection: Connection, edition: int, found: pl.DataFrame) -> None:
    rows = _rounded(
        found.rename({TREND: "direction"}).sort("id"), ("slope", "slope_lower", "slope_upper"), SLOPE_PLACES
    )
    rows = rows.with_columns(pl.col("chi2").round(4)).select(pl.lit(edition).alias("edition_id"), *TREND_COLUMNS)
    _copy(connection, "release.trend", rows)
