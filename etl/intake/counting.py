"""Counting: the catalogue's measures over the located records of a delivery, in one pass in SQL.

A measure's filter reads only dimensions. So it is evaluated once a dimension cell (a few hundred combinations), giving
each cell a weight per measure; the records are then summed with these weights, all measures at once.
"""

from __future__ import annotations

from dataclasses import dataclass

from psycopg import sql
from sqlalchemy import Connection, text

from etl.catalogue import Catalogue, Condition, Measure, RecordForm, Source
from etl.errors import CatalogueError, SetupError
from etl.warehouse.engine import driver
from etl.warehouse.models.counts import DEFAULT_GROUP

NUMERIC = ("age", "birth_date", "number")


@dataclass(frozen=True)
class _Column:
    """One measure or group of it: whether a cell belongs to it or, for sums, the cell's weight, as SQL."""

    measure_id: int
    group: str
    weight: sql.Composable
    summed: bool


def _dimension(name: str, cast: str) -> sql.Composed:
    return sql.SQL("(dims ->> {})::" + cast).format(sql.Literal(name))


def _condition(source: Source, measure: Measure, name: str, condition: Condition) -> list[sql.Composable]:
    numeric = any(
        isinstance(f, RecordForm) and name in f.dimensions and f.dimensions[name].type in NUMERIC for f in source.forms
    )
    if not numeric and (condition.ge is not None or condition.lt is not None):
        raise CatalogueError(
            f"measures.yaml: {measure.code}.filter.{name}: ge und lt gibt es nur für Zahlen und Alter, nicht für Wörter"
        )
    parts: list[sql.Composable] = []
    words = [] if condition.eq is None else [condition.eq]
    if words or condition.isin is not None:
        listed = [str(w) for w in (*words, *(condition.isin or ()))]
        parts.append(sql.SQL("{} = ANY ({})").format(_dimension(name, "text"), sql.Literal(listed)))
    if condition.ge is not None:
        parts.append(sql.SQL("{} >= {}").format(_dimension(name, "integer"), sql.Literal(condition.ge)))
    if condition.lt is not None:
        parts.append(sql.SQL("{} < {}").format(_dimension(name, "integer"), sql.Literal(condition.lt)))
    return parts


def _weight(source: Source, measure: Measure, group: str | None) -> sql.Composed:
    """Whether a cell meets all conditions (counts), or its dimension + offset where it does, else 0 (sums)."""
    parts = [p for name, c in measure.filter.items() for p in _condition(source, measure, name, c)]
    if group is not None and measure.group_by is not None:
        parts.append(sql.SQL("{} = {}").format(_dimension(measure.group_by, "text"), sql.Literal(group)))
    holds: sql.Composable = sql.SQL(" AND ").join(parts) if parts else sql.SQL("true")
    if measure.kind != "sum" or measure.weight is None:
        return sql.SQL("coalesce({}, false)").format(holds)
    value = sql.SQL("{} + {}").format(_dimension(measure.weight, "float8"), sql.Literal(measure.offset))
    return sql.SQL("CASE WHEN {} THEN {} ELSE 0 END::float8").format(holds, value)


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


def _columns(connection: Connection, catalogue: Catalogue, source: Source) -> list[_Column]:
    measures = catalogue.measures_of(source.code)
    ids = measure_ids(connection, measures)
    columns = []
    for measure in measures:
        columns.append(_Column(ids[measure.code], DEFAULT_GROUP, _weight(source, measure, None), measure.kind == "sum"))
        if measure.group_by is not None:
            groups = connection.scalars(
                text("SELECT DISTINCT dims ->> :name FROM intake.dimension_cell WHERE source = :source ORDER BY 1"),
                {"name": measure.group_by, "source": source.code},
            )
            columns += [
                _Column(ids[measure.code], g, _weight(source, measure, g), measure.kind == "sum")
                for g in groups
                if g is not None
            ]
    return columns


def count_delivery(connection: Connection, catalogue: Catalogue, source: Source, delivery: int, period: str) -> int:
    """Count a delivery's records into ``warehouse.count``; returns the number of counts written.

    Zeros are not stored: a delivery covers the whole city, so that a block without a count has none.
    """
    columns = _columns(connection, catalogue, source)
    if not columns:
        return 0
    numbered = list(enumerate(columns))
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
    statement = sql.SQL("""
        WITH w AS MATERIALIZED (
            SELECT id AS cell_id, {weights} FROM intake.dimension_cell WHERE source = {source}
        ), s AS MATERIALIZED (
            SELECT u.block_id, {sums}
            FROM (
                SELECT r.block_id, unnest(r.cells) AS cell_id, unnest(r.counts) AS n
                FROM intake.record r WHERE r.delivery_id = {delivery}
            ) u
            JOIN w ON w.cell_id = u.cell_id
            GROUP BY u.block_id
        )
        INSERT INTO warehouse.count (delivery_id, measure_id, group_code, period, block_id, value)
        SELECT {delivery}, m.measure_id, m.group_code, {period}, s.block_id, m.value
        FROM s CROSS JOIN LATERAL (VALUES {values}) AS m (measure_id, group_code, value)
        WHERE m.value <> 0
    """).format(
        weights=weights,
        sums=sums,
        values=values,
        source=sql.Literal(source.code),
        delivery=sql.Literal(delivery),
        period=sql.Literal(period),
    )
    with driver(connection).cursor() as cursor:
        cursor.execute(statement)
        return cursor.rowcount
