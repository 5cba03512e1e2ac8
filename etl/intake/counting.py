"""Counting: the catalogue's measures over the located records of a delivery, in one pass in SQL.

A measure's filter reads only dimensions. So it is evaluated once a dimension cell (a few hundred combinations), giving
each cell a weight per measure; the records are then summed with these weights, all measures at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl
from psycopg import sql
from sqlalchemy import Connection, text

from etl.catalogue import Catalogue, Condition, Measure, RecordForm, Source
from etl.catalogue.age_limit import share_below
from etl.errors import CatalogueError, SetupError
from etl.intake import partitions
from etl.warehouse.engine import driver
from etl.warehouse.models.counts import DEFAULT_GROUP

NUMERIC = ("age", "birth_date", "number", "year")
AGE = "alter"
"""The dimension that the age limit weights: completed years."""
OLDEST = 130
BLOCKS_AT_ONCE = 5_000
"""Records (one a block) summed in one statement: what is sorted for it stays in memory however large the city is."""


@dataclass(frozen=True)
class _Column:
    """One measure or group of it: whether a cell belongs to it or, for sums, the cell's weight, as SQL."""

    measure_id: int
    group: str
    weight: sql.Composable
    summed: bool


def _dimension(name: str, cast: str = "text") -> sql.Composed:
    value = sql.SQL("d.{}").format(sql.Identifier(name))
    return sql.SQL("({})::" + cast).format(value)


def _is_number(source: Source, name: str) -> bool:
    return any(
        isinstance(f, RecordForm) and name in f.dimensions and f.dimensions[name].type in NUMERIC for f in source.forms
    )


def _condition(
    source: Source, measure: Measure, name: str, condition: Condition, at: date
) -> list[sql.Composable]:  # fmt: skip
    limits = (condition.ge, condition.lt, condition.within_years)
    if any(limit is not None for limit in limits) and not _is_number(source, name):
        raise CatalogueError(
            f"measures.yaml: {measure.code}.filter.{name}: ge, lt und within_years gibt es nur für Zahlen, Jahre und "
            "Alter, nicht für Wörter"
        )
    parts: list[sql.Composable] = []
    words = [] if condition.eq is None else [condition.eq]
    if words or condition.isin is not None:
        listed = [str(w) for w in (*words, *(condition.isin or ()))]
        parts.append(sql.SQL("{} = ANY ({})").format(_dimension(name), sql.Literal(listed)))
    if condition.ge is not None:
        parts.append(sql.SQL("{} >= {}").format(_dimension(name, "integer"), sql.Literal(condition.ge)))
    if condition.lt is not None:
        parts.append(sql.SQL("{} < {}").format(_dimension(name, "integer"), sql.Literal(condition.lt)))
    if condition.within_years is not None:
        latest = at.year + condition.within_years
        parts.append(sql.SQL("{} <= {}").format(_dimension(name, "integer"), sql.Literal(latest)))
    return parts


def _in_group(measure: Measure, group: str) -> sql.Composed:
    """Whether a cell belongs to a group: a band of the measure, or a word of its dimension."""
    assert measure.group_by is not None  # noqa: S101  # groups are made from it
    if group in measure.bands:
        low, high = measure.bands[group]
        number = _dimension(measure.group_by, "integer")
        return sql.SQL("{} >= {} AND {} < {}").format(number, sql.Literal(low), number, sql.Literal(high))
    return sql.SQL("{} = {}").format(_dimension(measure.group_by), sql.Literal(group))


def _share_of_age(limit: str, at: date) -> sql.Composed:
    """The share of an age in completed years below the age limit of § 7a SGB II (``unter``), or not (``ab``)."""
    shares = [share_below(age, at) for age in range(OLDEST)]
    split = [age for age, share in enumerate(shares) if 0 < share < 1]
    below, above = (1.0, 0.0) if limit == "unter" else (0.0, 1.0)
    age = _dimension(AGE, "integer")
    whens = [
        sql.SQL("WHEN {} = {} THEN {}").format(
            age, sql.Literal(a), sql.Literal(shares[a] if limit == "unter" else 1 - shares[a])
        )
        for a in split
    ]
    first = next(a for a, share in enumerate(shares) if share < 1)
    return sql.SQL("CASE {} WHEN {} < {} THEN {} ELSE {} END").format(
        sql.SQL(" ").join(whens), age, sql.Literal(first), sql.Literal(below), sql.Literal(above)
    )


def _weight(source: Source, measure: Measure, group: str | None, at: date) -> sql.Composed:
    """Whether a cell meets all conditions (counts), or what a person in it weighs where it does, else 0 (sums)."""
    parts = [p for name, c in measure.filter.items() for p in _condition(source, measure, name, c, at)]
    if group is not None:
        parts.append(_in_group(measure, group))
    holds: sql.Composable = sql.SQL(" AND ").join(parts) if parts else sql.SQL("true")
    factors: list[sql.Composable] = []
    if measure.kind == "sum" and measure.weight is not None:
        factors.append(
            sql.SQL("({} + {})").format(_dimension(measure.weight, "float8"), sql.Literal(measure.offset))
        )  # fmt: skip
    if measure.age_limit is not None:
        factors.append(_share_of_age(measure.age_limit, at))
    if not factors:
        return sql.SQL("coalesce({}, false)").format(holds)
    return sql.SQL("CASE WHEN {} THEN {} ELSE 0 END::float8").format(holds, sql.SQL(" * ").join(factors))


def measure_ids(connection: Connection, measures: tuple[Measure, ...]) -> dict[str, int]:
    """Ids of the measures in the database. Raises SetupError where the catalogue was not synchronised."""
    rows = connection.execute(
        text("SELECT code, id FROM catalogue.measure WHERE code = ANY (:codes)"), {"codes": [m.code for m in measures]}
    )
    ids: dict[str, int] = {str(code): int(number) for code, number in rows}
    if missing := [m.code for m in measures if m.code not in ids]:
        raise SetupError(
            f"Die Datenbank kennt die Messgrößen {', '.join(missing)} noch nicht; bitte zuerst den Katalog abgleichen "
            "(./sozialbericht db upgrade)."
        )
    return ids


def area_columns(connection: Connection, measures: tuple[Measure, ...]) -> pl.DataFrame:
    """What is counted from which column of an area table: ``code`` (column), ``measure_id``, ``group_code``.

    One row for each measure's total and one for each of its groups (``group_columns``).
    """
    ids = measure_ids(connection, measures)
    rows = [(m.column, ids[m.code], DEFAULT_GROUP) for m in measures if m.column is not None]
    rows += [(column, ids[m.code], group) for m in measures for group, column in m.group_columns.items()]
    schema = {"code": pl.String, "measure_id": pl.Int32, "group_code": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _groups(connection: Connection, source: Source, measure: Measure) -> list[str]:
    """The groups of a measure: its bands, else the words that its dimension has had so far."""
    if measure.group_by is None or measure.bands:
        return list(measure.bands)
    words = connection.scalars(
        text("SELECT DISTINCT dims ->> :name AS word FROM intake.dimension_cell WHERE source = :source ORDER BY 1"),
        {"name": measure.group_by, "source": source.code},
    )
    return [word for word in words if word is not None]


def _columns(connection: Connection, measures: tuple[Measure, ...], source: Source, at: date) -> list[_Column]:
    ids = measure_ids(connection, measures)
    columns = []
    for measure in measures:
        summed = measure.kind == "sum" or measure.age_limit is not None
        groups = [None, *_groups(connection, source, measure)]
        columns += [
            _Column(ids[measure.code], group or DEFAULT_GROUP, _weight(source, measure, group, at), summed)
            for group in groups
        ]
    return columns


def _dimensions_read(measures: tuple[Measure, ...]) -> list[str]:
    names = {name for m in measures for name in (*m.filter, m.weight, m.group_by) if name is not None}
    return sorted(names | {AGE for m in measures if m.age_limit is not None})


def cell_weights(
    connection: Connection, measures: tuple[Measure, ...], source: Source, at: date
) -> tuple[tuple[tuple[str, str], ...], dict[int, tuple[float, ...]]]:
    """What is counted (measure and group, the total first), and what one record in each dimension cell counts for each.

    Cells that count for none are left out. ``at``: the reference date, on which age limits and years depend.
    """
    dims = sql.SQL("").join(
        sql.SQL(", dims ->> {} AS {}").format(sql.Literal(name), sql.Identifier(name))
        for name in _dimensions_read(measures)
    )
    grouped = [(m, g) for m in measures for g in (None, *_groups(connection, source, m))]
    weights = sql.SQL(", ").join(sql.SQL("({})::float8").format(_as_number(source, m, g, at)) for m, g in grouped)
    statement = sql.SQL(
        "WITH d AS (SELECT id{} FROM intake.dimension_cell WHERE source = {}) SELECT d.id, ARRAY[{}] FROM d ORDER BY 1"
    ).format(dims, sql.Literal(source.code), weights)
    with driver(connection).cursor() as cursor:
        rows: list[tuple[int, list[float]]] = cursor.execute(statement).fetchall()  # type: ignore[assignment]
    names = tuple((m.code, g or DEFAULT_GROUP) for m, g in grouped)
    return names, {cell: tuple(weight) for cell, weight in rows if any(weight)}


def _as_number(source: Source, measure: Measure, group: str | None, at: date) -> sql.Composed:
    weight = _weight(source, measure, group, at)
    summed = measure.kind == "sum" or measure.age_limit is not None
    return sql.SQL("coalesce({}, 0)").format(weight) if summed else sql.SQL("({})::int").format(weight)


def count_delivery(connection: Connection, catalogue: Catalogue, source: Source, delivery: int, period: str) -> int:
    """Count a delivery's records into ``warehouse.count``; returns the number of counts written.

    They are read from its partition, which may not be attached yet.

    Zeros are not stored by block: a delivery covers the whole city, so that a block without a count has none.
    """
    measures = catalogue.measures_of(source.code)
    if not measures:
        return 0
    records = sql.Identifier(*partitions.ensure(connection, "record", delivery))
    at = connection.scalar(text("SELECT reference_date FROM intake.delivery WHERE id = :id"), {"id": delivery})
    columns = _columns(connection, measures, source, at)
    numbered = list(enumerate(columns))
    dims = sql.SQL("").join(
        sql.SQL(", dims ->> {} AS {}").format(sql.Literal(name), sql.Identifier(name))
        for name in _dimensions_read(measures)
    )
    weights = sql.SQL(", ").join(sql.SQL("{} AS {}").format(c.weight, sql.Identifier(f"w{i}")) for i, c in numbered)
    sums = sql.SQL(", ").join(
        (
            sql.SQL("sum(u.n * w.{}) AS {}") if c.summed else sql.SQL("sum(u.n) FILTER (WHERE w.{})::float8 AS {}")
        ).format(sql.Identifier(f"w{i}"), sql.Identifier(f"s{i}"))
        for i, c in numbered
    )
    values = sql.SQL(", ").join(
        sql.SQL("({}, {}, s.{})").format(sql.Literal(c.measure_id), sql.Literal(c.group), sql.Identifier(f"s{i}"))
        for i, c in numbered
    )
    counted = sql.SQL("""
        WITH d AS MATERIALIZED (
            SELECT id AS cell_id{dims} FROM intake.dimension_cell WHERE source = {source}
        ), w AS MATERIALIZED (
            SELECT d.cell_id, {weights} FROM d
        ), s AS MATERIALIZED (
            SELECT u.block_id, {sums}
            FROM (
                SELECT r.block_id, unnest(r.cells) AS cell_id, unnest(r.counts) AS n
                FROM {records} r
                WHERE r.delivery_id = {delivery} AND r.id >= {first} AND r.id < {first} + {blocks}
            ) u
            JOIN w ON w.cell_id = u.cell_id
            GROUP BY u.block_id
        )
        INSERT INTO warehouse.count (delivery_id, measure_id, group_code, period, block_id, value)
        SELECT {delivery}, m.measure_id, m.group_code, {period}, s.block_id, m.value
        FROM s CROSS JOIN LATERAL (VALUES {values}) AS m (measure_id, group_code, value)
        WHERE m.value <> 0
    """)
    fixed: dict[str, sql.Composable] = {
        "dims": dims,
        "records": records,
        "weights": weights,
        "sums": sums,
        "values": values,
        "source": sql.Literal(source.code),
        "delivery": sql.Literal(delivery),
        "period": sql.Literal(period),
        "blocks": sql.Literal(BLOCKS_AT_ONCE),
    }
    # a measure that nobody meets has been counted all the same: a zero without a place says so
    zeros = sql.SQL("""
        INSERT INTO warehouse.count (delivery_id, measure_id, group_code, period, value)
        SELECT {delivery}, m.measure_id, m.group_code, {period}, 0
        FROM (VALUES {columns}) AS m (measure_id, group_code)
        WHERE (m.measure_id, m.group_code) NOT IN (
            SELECT measure_id, group_code FROM warehouse.count WHERE delivery_id = {delivery})
    """).format(
        delivery=sql.Literal(delivery),
        period=sql.Literal(period),
        columns=sql.SQL(", ").join(
            sql.SQL("({}, {})").format(sql.Literal(c.measure_id), sql.Literal(c.group)) for c in columns
        ),
    )
    with driver(connection).cursor() as cursor:
        extent = sql.SQL("SELECT coalesce(min(id), 0), coalesce(max(id), -1) FROM {} WHERE delivery_id = {}")
        low, high = cursor.execute(extent.format(records, sql.Literal(delivery))).fetchone() or (0, -1)
        written = 0
        for first in range(int(str(low)), int(str(high)) + 1, BLOCKS_AT_ONCE):
            written += cursor.execute(counted.format(first=sql.Literal(first), **fixed)).rowcount
        return written + cursor.execute(zeros).rowcount
