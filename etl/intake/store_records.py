"""Located counts of a record delivery into the database: dimension cells and one row a block."""

from __future__ import annotations

import json

import polars as pl
from sqlalchemy import Connection, text

from etl.catalogue import RecordForm, Source
from etl.intake.copy import copy_in
from etl.intake.locate import BLOCK, locate
from etl.intake.records import PERSONS, PLACE, RecordCounts

_CELLS = text("""
INSERT INTO intake.dimension_cell (source, dims)
SELECT :source, d.dims FROM jsonb_array_elements(CAST(:dims AS jsonb)) WITH ORDINALITY AS d (dims, n)
ON CONFLICT (source, dims) DO NOTHING
""")

_CELL_IDS = text("""
SELECT d.n - 1, c.id FROM jsonb_array_elements(CAST(:dims AS jsonb)) WITH ORDINALITY AS d (dims, n)
JOIN intake.dimension_cell c ON c.source = :source AND c.dims = d.dims
""")

CELL = "cell_id"


def _with_cells(
    connection: Connection, source: Source, counts: pl.DataFrame, dimensions: tuple[str, ...]
) -> pl.DataFrame:
    """The counts with the id of their dimension cell; new combinations are added to ``intake.dimension_cell``."""
    dims: list[dict[str, object]] = [{}]
    if not dimensions:
        combinations = pl.DataFrame({CELL: [0]})
    else:
        combinations = counts.select(dimensions).unique().sort(dimensions)
        dims = combinations.to_dicts()
    values = {"source": source.code, "dims": json.dumps(dims, ensure_ascii=False)}
    connection.execute(_CELLS, values)
    ids = {int(n): int(i) for n, i in connection.execute(_CELL_IDS, values)}
    numbers = pl.Series(CELL, [ids[n] for n in range(len(dims))], dtype=pl.Int32)
    if not dimensions:
        return counts.with_columns(pl.lit(int(numbers[0]), dtype=pl.Int32).alias(CELL))
    return counts.join(combinations.with_columns(numbers), on=list(dimensions), how="left", nulls_equal=True)


def store_records(
    connection: Connection, source: Source, form: RecordForm, delivery: int, records: RecordCounts
) -> tuple[int, int, int]:
    """Locate and write the counts; returns rows without a block, persons, persons without a block."""
    places = locate(connection, form, records.counts[PLACE])
    located = records.counts.join(places, on=PLACE, how="left").drop(PLACE)
    unlocated = located.filter(pl.col(BLOCK).is_null())
    cells = _with_cells(connection, source, located, records.dimensions)
    summed = cells.filter(pl.col(PERSONS) > 0).group_by(BLOCK, CELL).agg(pl.col(PERSONS).sum())
    listed = summed.sort(BLOCK, CELL).group_by(BLOCK, maintain_order=True).agg(CELL, PERSONS)
    arrays = [
        (pl.lit("{") + pl.col(c).cast(pl.List(pl.String)).list.join(",") + pl.lit("}")).alias(name)
        for c, name in ((CELL, "cells"), (PERSONS, "counts"))
    ]
    rows = listed.select(pl.lit(delivery, dtype=pl.Int32).alias("delivery_id"), BLOCK, *arrays)
    copy_in(connection, ("intake", "record"), rows)
    return len(unlocated), int(located[PERSONS].sum()), int(unlocated[PERSONS].sum())
