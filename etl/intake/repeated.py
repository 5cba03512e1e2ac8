"""Numbers that must not repeat in a file (serial numbers), exactly and in bounded memory."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from typing import IO

import numpy as np
import numpy.typing as npt
import polars as pl

from etl.intake.checks import Check
from etl.intake.csvtable import LINE
from etl.intake.rows import Rows

FIRST = "§first"
PARTITIONS = 64
"""Files over which the hashes of a large file are spread: one of them at a time is in memory."""


def check(column: str) -> Check:
    """A number is there, and was not there before; needs the column ``FIRST`` that ``Numbers`` adds."""
    text = pl.lit("kommt mehrfach vor, zuerst in Zeile ") + pl.col(FIRST).cast(pl.String)
    empty = pl.col(column) == ""
    reason = pl.when(empty).then(pl.lit("die Nummer fehlt")).otherwise(text)
    return Check(column, pl.col(FIRST).is_null() & ~empty, reason)


class Numbers:
    """Tells for each row of successive batches where its number stood first.

    ``suspects``: hashes of the numbers that may repeat in the file; only those are remembered from batch to batch.
    None: remember all numbers (small files).
    """

    def __init__(self, column: str, suspects: npt.NDArray[np.uint64] | None) -> None:
        self.column = column
        self._suspects = None if suspects is None else pl.Series("h", suspects, dtype=pl.UInt64)
        self._seen: pl.DataFrame | None = None

    def with_first(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The batch with ``FIRST``: the line of an earlier row with the same number, NULL where there is none."""
        numbers = frame.select(self.column, LINE)
        if self._suspects is not None:
            numbers = numbers.filter(pl.col(self.column).hash().is_in(self._suspects.implode()))
        known = numbers if self._seen is None else pl.concat([self._seen, numbers])
        first = known.group_by(self.column).agg(pl.col(LINE).min().alias(FIRST))
        alone = len(first) == len(numbers) and self._seen is None
        self._seen = first.rename({FIRST: LINE})
        if alone:
            return frame.with_columns(pl.lit(None, dtype=pl.Int64).alias(FIRST))
        joined = frame.join(first, on=self.column, how="left", maintain_order="left")
        earlier = pl.when(pl.col(FIRST) < pl.col(LINE)).then(pl.col(FIRST))
        return joined.with_columns(earlier.alias(FIRST))


def suspects(rows: Callable[[], Iterator[Rows]], column: str) -> npt.NDArray[np.uint64]:
    """Sorted hashes of the numbers that occur more than once in a file, and very rarely of one that does not.

    A run over the file of its own, since a repeated number is to be rejected when its row is read. Ascending serial
    numbers, the common case, are distinct at sight. Otherwise 8 bytes a row go to unnamed temporary files, spread by
    hash: nothing of them is left even where the program is killed.
    """
    if _ascending(rows(), column):
        return np.empty(0, np.uint64)
    with tempfile.TemporaryFile() as spread:
        parts: list[list[tuple[int, int]]] = [[] for _ in range(PARTITIONS)]
        for batch in rows():
            cells = batch.frame[column]
            hashes = np.sort(cells.filter(cells != "").hash().to_numpy())
            # the highest bits choose the partition, so that a sorted array falls into contiguous pieces
            bounds = np.searchsorted(hashes, np.arange(PARTITIONS, dtype=np.uint64) << np.uint64(58)).tolist()
            for part, (start, end) in enumerate(zip(bounds, [*bounds[1:], len(hashes)], strict=True)):
                if end > start:
                    parts[part].append((spread.tell(), end - start))
                    spread.write(hashes[start:end].tobytes())
        found = []
        for pieces in parts:
            held = [_piece(spread, *piece) for piece in pieces]
            together = np.sort(np.concatenate(held)) if held else np.empty(0, np.uint64)
            found.append(np.unique(together[1:][together[1:] == together[:-1]]))
    return np.concatenate(found)


def _piece(spread: IO[bytes], position: int, length: int) -> npt.NDArray[np.uint64]:
    spread.seek(position)
    return np.frombuffer(spread.read(8 * length), np.uint64)


def _ascending(batches: Iterator[Rows], column: str) -> bool:
    """Whether the numbers are whole and each is greater than the one before."""
    last = -1
    for batch in batches:
        numbers = batch.frame[column].cast(pl.Int64, strict=False)
        if numbers.null_count() or not len(numbers):
            return False
        values = numbers.to_numpy()
        if values[0] <= last or not (values[1:] > values[:-1]).all():
            return False
        last = int(values[-1])
    return True
