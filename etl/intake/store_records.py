"""Located counts of a record delivery into the database: dimension cells and one row a block, in bounded memory."""

from __future__ import annotations

import json
from dataclasses import dataclass

import polars as pl
from sqlalchemy import Connection, text

from etl.catalogue import RecordForm, Source
from etl.intake import partitions
from etl.intake.copy import copy_in
from etl.intake.csvtable import LINE
from etl.intake.locate import BLOCK, Locator
from etl.intake.records import PERSONS, PLACE

CELL = "cell_id"

HELD = 100_000
"""Pairs of block and dimension cell held in memory; what is more is written and put together in the database."""

_ADD_CELLS = text("""
INSERT INTO intake.dimension_cell (source, dims)
SELECT :source, d.dims FROM jsonb_array_elements(CAST(:dims AS jsonb)) WITH ORDINALITY AS d (dims, n)
ON CONFLICT (source, dims) DO NOTHING
""")

_CELL_IDS = text("""
SELECT d.n - 1, c.id FROM jsonb_array_elements(CAST(:dims AS jsonb)) WITH ORDINALITY AS d (dims, n)
JOIN intake.dimension_cell c ON c.source = :source AND c.dims = d.dims
""")

_TOGETHER = """
WITH parts AS MATERIALIZED (
    DELETE FROM {table} r
    WHERE r.delivery_id = :delivery AND (r.block_id = ANY (:blocks) OR (r.block_id IS NULL AND :nowhere))
    RETURNING r.block_id, r.cells, r.counts
), summed AS (
    SELECT p.block_id, u.cell, sum(u.n)::integer AS n
    FROM parts p CROSS JOIN LATERAL unnest(p.cells, p.counts) AS u (cell, n) GROUP BY p.block_id, u.cell
)
INSERT INTO {table} (delivery_id, block_id, cells, counts)
SELECT :delivery, block_id, array_agg(cell ORDER BY cell), array_agg(n ORDER BY cell) FROM summed GROUP BY block_id
"""


@dataclass
class Stored:
    """Rows of the file without a block (one of its two places is enough), persons, persons without a block."""

    unlocated: int = 0
    persons: int = 0
    persons_unlocated: int = 0


class RecordStore:
    """Takes in judged rows batch by batch and writes them as counts by block and dimension cell."""

    def __init__(self, connection: Connection, source: Source, form: RecordForm, delivery: int) -> None:
        self.stored = Stored()
        self._connection = connection
        self._source = source.code
        self._delivery = delivery
        self._dimensions = list(form.dimensions)
        self._locator = Locator(connection, form)
        self._cells: pl.DataFrame | None = None
        self._parts: list[pl.DataFrame] = []
        self._held = 0
        self._written: list[pl.Series] = []

    def add(self, rows: pl.DataFrame) -> None:
        """Locate and add up a batch of ``read_records``."""
        located = rows.join(self._locator.blocks(rows[PLACE]), on=PLACE, how="left").drop(PLACE)
        nowhere = located.filter(pl.col(BLOCK).is_null())
        self.stored.unlocated += nowhere[LINE].n_unique()
        self.stored.persons += int(located[PERSONS].sum())
        self.stored.persons_unlocated += int(nowhere[PERSONS].sum())
        grouped = located.filter(pl.col(PERSONS) > 0).group_by(BLOCK, *self._dimensions).agg(pl.col(PERSONS).sum())
        part = self._with_cells(grouped).select(BLOCK, CELL, PERSONS)
        self._parts.append(part)
        self._held += len(part)
        if self._held > HELD:
            self._add_up()
            # where adding up does not help, the rest goes to the database
            if self._held > HELD // 2:
                self._write()

    def finish(self) -> Stored:
        """Write what is held; afterwards each block has one row."""
        self._add_up()
        self._write()
        if len(self._written) > 1:
            self._put_together()
        return self.stored

    def _put_together(self) -> None:
        """Blocks that were written more than once get one row; which they are is known here, not to the planner."""
        written = pl.concat(self._written)
        often = written.filter(written.is_duplicated())
        if len(often):
            blocks = often.drop_nulls().unique().to_list()
            values = {"delivery": self._delivery, "blocks": blocks, "nowhere": often.null_count() > 0}
            together = _TOGETHER.format(table=".".join(partitions.name_of("record", self._delivery)))
            self._connection.execute(text(together), values)

    def _add_up(self) -> None:
        if len(self._parts) > 1:
            summed = pl.concat(self._parts).group_by(BLOCK, CELL).agg(pl.col(PERSONS).sum())
            self._parts, self._held = [summed], len(summed)

    def _write(self) -> None:
        if not self._held:
            return
        listed = self._parts[0].sort(BLOCK, CELL).group_by(BLOCK, maintain_order=True).agg(CELL, PERSONS)
        arrays = [
            (pl.lit("{") + pl.col(c).cast(pl.List(pl.String)).list.join(",") + pl.lit("}")).alias(name)
            for c, name in ((CELL, "cells"), (PERSONS, "counts"))
        ]
        rows = listed.select(pl.lit(self._delivery, dtype=pl.Int32).alias("delivery_id"), BLOCK, *arrays)
        copy_in(self._connection, partitions.ensure(self._connection, "record", self._delivery), rows)
        self._parts, self._held = [], 0
        self._written.append(listed[BLOCK])

    def _with_cells(self, counts: pl.DataFrame) -> pl.DataFrame:
        """The counts with the id of their dimension cell; new combinations are added to ``intake.dimension_cell``."""
        if not self._dimensions:
            number = int(self._ids([{}])[0])
            return counts.with_columns(pl.lit(number, dtype=pl.Int32).alias(CELL))
        new = counts.select(self._dimensions).unique()
        if self._cells is not None:
            new = new.join(self._cells, on=self._dimensions, how="anti", nulls_equal=True)
        if self._cells is None or not new.is_empty():
            new = new.sort(self._dimensions)
            numbered = new.with_columns(self._ids(new.to_dicts()))
            self._cells = numbered if self._cells is None else pl.concat([self._cells, numbered])
        return counts.join(self._cells, on=self._dimensions, how="left", nulls_equal=True)

    def _ids(self, dims: list[dict[str, object]]) -> pl.Series:
        """Ids of combinations, in their order; only those the database does not know are written."""
        values = {"source": self._source, "dims": json.dumps(dims, ensure_ascii=False)}
        ids = {int(n): int(i) for n, i in self._connection.execute(_CELL_IDS, values)}
        if len(ids) < len(dims):
            self._connection.execute(_ADD_CELLS, values)
            ids = {int(n): int(i) for n, i in self._connection.execute(_CELL_IDS, values)}
        return pl.Series(CELL, [ids[n] for n in range(len(dims))], dtype=pl.Int32)
