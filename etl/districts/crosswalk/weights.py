"""Weights of the relations by measure and period, and how far off estimates with them are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from sqlalchemy import Connection, text

from etl.districts.areas import Geometries
from etl.districts.crosswalk import ground
from etl.districts.crosswalk.cells import CellFile, read_cells
from etl.errors import SozialberichtError
from etl.intake.copy import copy_in

SHARES = text("""
CREATE TEMPORARY TABLE carrier_share (
    carrier integer NOT NULL, from_unit_id integer NOT NULL, to_unit_id integer NOT NULL,
    share double precision NOT NULL
) ON COMMIT DROP
""")

CLEAR = text("""
DELETE FROM warehouse.crosswalk_weight w USING geo.crosswalk x, geo.unit f, geo.unit t
WHERE x.id = w.crosswalk_id AND f.id = x.from_unit_id AND t.id = x.to_unit_id
  AND f.version_id = :a AND t.version_id = :b AND NOT (:keep_cells AND w.basis = 'cells')
""")

COUNTED = text("""
CREATE TEMPORARY TABLE carrier_count (
    carrier integer NOT NULL, measure_id integer NOT NULL, period text NOT NULL, value double precision NOT NULL
) ON COMMIT DROP
""")

COUNT_BLOCKS = text("""
INSERT INTO pg_temp.carrier_count
SELECT c.block_id, c.measure_id, c.period, sum(c.value)
FROM warehouse.count c
JOIN intake.delivery d ON d.id = c.delivery_id AND d.status = 'active'
JOIN catalogue.measure m ON m.id = c.measure_id AND m.active
WHERE c.block_id IS NOT NULL AND c.group_code = 'insgesamt' AND c.value >= 0
GROUP BY c.block_id, c.measure_id, c.period
""")

FILL = text("""
WITH relation AS (
    SELECT x.id, x.from_unit_id, x.to_unit_id, x.area_weight
    FROM geo.crosswalk x JOIN geo.unit f ON f.id = x.from_unit_id JOIN geo.unit t ON t.id = x.to_unit_id
    WHERE f.version_id = :a AND t.version_id = :b
), summed AS (
    SELECT s.from_unit_id, s.to_unit_id, c.measure_id, c.period, sum(c.value * s.share) AS amount
    FROM pg_temp.carrier_count c JOIN pg_temp.carrier_share s ON s.carrier = c.carrier
    GROUP BY s.from_unit_id, s.to_unit_id, c.measure_id, c.period
), complete AS (
    -- every relation of every measure and period, so that the weights of a source sum to 1
    SELECT r.id, r.area_weight, k.measure_id, k.period, coalesce(s.amount, 0) AS amount,
           sum(coalesce(s.amount, 0)) OVER (PARTITION BY r.from_unit_id, k.measure_id, k.period) AS total
    FROM relation r
    CROSS JOIN (SELECT DISTINCT measure_id, period FROM pg_temp.carrier_count) k
    LEFT JOIN summed s ON s.from_unit_id = r.from_unit_id AND s.to_unit_id = r.to_unit_id
                      AND s.measure_id = k.measure_id AND s.period = k.period
)
INSERT INTO warehouse.crosswalk_weight (crosswalk_id, measure_id, period, basis, amount, weight)
SELECT id, measure_id, period, :basis, amount, CASE WHEN total > 0 THEN amount / total ELSE area_weight END
FROM complete
ON CONFLICT (crosswalk_id, measure_id, period) DO UPDATE
SET basis = excluded.basis, amount = excluded.amount, weight = excluded.weight
""")

REPLAY = text("""
-- Targets that need an estimate: what they have is the sum of their pieces; what an estimate gives is the sum of their
-- sources' totals times the weights of another measure (or of the area).
WITH relation AS (
    SELECT x.id, x.from_unit_id, x.to_unit_id, x.relation, x.area_weight, f.level
    FROM geo.crosswalk x JOIN geo.unit f ON f.id = x.from_unit_id JOIN geo.unit t ON t.id = x.to_unit_id
    WHERE f.version_id = :a AND t.version_id = :b AND x.relation IN ('split', 'irregular')
), newest AS (
    SELECT w.measure_id, max(w.period) AS period
    FROM warehouse.crosswalk_weight w JOIN relation r ON r.id = w.crosswalk_id GROUP BY w.measure_id
), carrier AS (
    SELECT m.id FROM catalogue.measure m
    WHERE m.code = :population
       OR m.code IN (SELECT o.definition ->> 'carrier' FROM catalogue.measure o WHERE o.active)
), known AS (
    SELECT r.level, r.to_unit_id, r.id, r.area_weight, w.measure_id, w.period, w.amount,
           sum(w.amount) OVER (PARTITION BY r.from_unit_id, w.measure_id) AS total
    FROM relation r
    JOIN warehouse.crosswalk_weight w ON w.crosswalk_id = r.id
    JOIN newest n ON n.measure_id = w.measure_id AND n.period = w.period
    JOIN catalogue.measure m ON m.id = w.measure_id AND m.kind = 'count'
), estimated AS (
    SELECT k.level, k.measure_id, k.period, k.to_unit_id, w.measure_id AS carrier_id, k.amount,
           k.total * w.weight AS guess
    FROM known k
    JOIN warehouse.crosswalk_weight w ON w.crosswalk_id = k.id AND w.period = k.period AND w.measure_id <> k.measure_id
    JOIN carrier c ON c.id = w.measure_id
    UNION ALL
    SELECT level, measure_id, period, to_unit_id, NULL, amount, total * area_weight FROM known
), unit AS (
    SELECT level, measure_id, period, carrier_id, to_unit_id, sum(amount) AS truth, sum(guess) AS guess
    FROM estimated GROUP BY level, measure_id, period, carrier_id, to_unit_id
)
INSERT INTO warehouse.crosswalk_error (from_version_id, to_version_id, level, measure_id, period, carrier_id, units,
    error, worst)
SELECT :a, :b, level, measure_id, period, carrier_id, count(*), sum(abs(guess - truth)) / sum(truth),
       max(abs(guess - truth) / nullif(truth, 0))
FROM unit GROUP BY level, measure_id, period, carrier_id HAVING sum(truth) > 0
""")


def _open(connection: Connection) -> None:
    """Empty tables for who carries how much of what, and for how carriers divide among relations."""
    connection.execute(text("DROP TABLE IF EXISTS pg_temp.carrier_share, pg_temp.carrier_count"))
    connection.execute(SHARES)
    connection.execute(COUNTED)


def _divide(
    connection: Connection, grounds: Sequence[ground.Ground], carriers: Sequence[int], polygons: Geometries
) -> None:
    """How each carrier divides among the pieces of every level, by area."""
    for one in grounds:
        if one.geoms is None or not len(one.geoms):
            continue
        at, to, share = ground.spread(polygons, one.geoms)
        frame = pl.DataFrame(
            {
                "carrier": np.array(carriers, dtype=np.int64)[at],
                "from_unit_id": one.source[to],
                "to_unit_id": one.target[to],
                "share": share,
            }
        )
        copy_in(connection, ("pg_temp", "carrier_share"), frame)


def _fill(connection: Connection, a: int, b: int, basis: str) -> None:
    connection.execute(text("ANALYZE pg_temp.carrier_share, pg_temp.carrier_count"))
    connection.execute(FILL, {"a": a, "b": b, "basis": basis})


def from_assignments(connection: Connection, a: int, b: int, district: str) -> None:
    """Weights of every measure counted by block; each block lies wholly in one unit of either version."""
    _open(connection)
    connection.execute(ground.SHARES_BY_BLOCKS, {"a": a, "b": b, "district": district})
    connection.execute(COUNT_BLOCKS)
    _fill(connection, a, b, "blocks")


def from_polygons(connection: Connection, a: int, b: int, grounds: Sequence[ground.Ground]) -> None:
    """Weights of every measure counted by block, a block's counts divided by area among the pieces it meets."""
    carriers, polygons = ground.carriers_by_block(connection)
    if not carriers:
        return
    _open(connection)
    _divide(connection, grounds, carriers, polygons)
    connection.execute(COUNT_BLOCKS)
    _fill(connection, a, b, "blocks")


def from_cells(connection: Connection, a: int, b: int, grounds: Sequence[ground.Ground], file: CellFile) -> int:
    """Weights of one measure from a file of cells; returns the number of cells that lie in the pieces.

    Weights of the same measure and period that were there before are replaced. Raises ``SozialberichtError`` for a
    measure that the catalogue does not have, ``InputError`` for the file.
    """
    measure = connection.scalar(
        text("SELECT id FROM catalogue.measure WHERE code = :code AND active"), {"code": file.measure}
    )
    if measure is None:
        raise SozialberichtError(f"Die Messgröße „{file.measure}“ gibt es im Katalog nicht.")
    polygons, amounts = read_cells(file)
    numbers = list(range(len(polygons)))
    _open(connection)
    counted = pl.DataFrame({"carrier": numbers, "value": amounts}).with_columns(
        measure_id=pl.lit(int(measure)), period=pl.lit(file.period)
    )
    copy_in(connection, ("pg_temp", "carrier_count"), counted)
    _divide(connection, grounds, numbers, polygons)
    _fill(connection, a, b, "cells")
    return int(connection.scalar(text("SELECT count(DISTINCT carrier) FROM pg_temp.carrier_share")) or 0)


def clear(connection: Connection, a: int, b: int, *, keep_cells: bool) -> None:
    """Forget all weights (or all but those from cells) and errors between two versions."""
    connection.execute(CLEAR, {"a": a, "b": b, "keep_cells": keep_cells})
    connection.execute(
        text("DELETE FROM warehouse.crosswalk_error WHERE from_version_id = :a AND to_version_id = :b"),
        {"a": a, "b": b},
    )


def replay(connection: Connection, a: int, b: int, population: str | None) -> None:
    """Estimate the newest known period of each measure as if only the sources were known, and store the errors.

    A measure is never estimated with its own weights. The error is the sum of absolute differences over the sum of the
    true values of the units that needed an estimate.
    """
    connection.execute(REPLAY, {"a": a, "b": b, "population": population})
