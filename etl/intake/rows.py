"""Rows of a record file as text, batch by batch, whatever its kind: CSV, fixed positions, workbook or Parquet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import polars as pl

from etl.catalogue.sources import FileFormat
from etl.intake import fixedwidth, parquet, workbook
from etl.intake.archive import Delivered
from etl.intake.csvtable import LINE, batches

Fault = tuple[int, str | None, str | None, str]
"""Line, column, value, reason."""

SLICE = 200_000
"""Rows of a table in memory that are judged at once."""


@dataclass(frozen=True)
class Rows:
    """Rows that have all their cells (text columns and ``LINE``), and lines that could not be cut into cells."""

    frame: pl.DataFrame
    faults: list[Fault] = field(default_factory=list)

    @property
    def read(self) -> int:
        """Rows of the file, the unreadable included; a line that lacks several cells is one row."""
        return len(self.frame) + len({line for line, *_ in self.faults})


def row_batches(
    delivered: Delivered, layout: FileFormat, names: tuple[str, ...], wanted: frozenset[str]
) -> Iterator[Rows]:
    """The rows of a file in batches of a bounded size, with the ``wanted`` columns and ``LINE``.

    Raises InputError for faults of the file as a whole (encoding, an open quotation mark, a damaged archive).
    """
    kept = [n for n in names if n in wanted]
    if delivered.kind == "csv" and layout.type == "fixed":
        for lines in fixedwidth.batches(delivered.path, layout, wanted, delivered.name):
            yield Rows(lines.frame, lines.faults)
    elif delivered.kind == "csv":
        for batch in batches(delivered.path, layout, names, delivered.name, wanted):
            yield Rows(batch.frame.select(*kept, LINE), [(r.line, None, None, r.reason) for r in batch.ragged])
    else:
        reader = workbook if delivered.kind == "xlsx" else parquet
        for part in reader.rows(delivered, layout, names).select(*kept, LINE).iter_slices(SLICE):
            yield Rows(part)
