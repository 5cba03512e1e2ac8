"""Text files whose columns stand at fixed positions, as older registers write them: no header, no separator."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from etl.catalogue.sources import FileFormat
from etl.intake.csvtable import LINE
from etl.intake.header import SEPARATORS, tidy
from etl.intake.textfile import utf8_chunks
from etl.intake.wording import counted

_TEXT = "§text"
SAMPLE = 40
"""Lines at the beginning of a file by which it is recognised."""


@dataclass(frozen=True)
class Lines:
    """Rows cut into columns, and faults (line, column, value, reason) of those that are too short."""

    frame: pl.DataFrame
    faults: list[tuple[int, str | None, str | None, str]]


def columns(layout: FileFormat) -> dict[str, tuple[int, int]]:
    """Tidied column names with their first position (from 1) and length, in characters, not bytes."""
    return {tidy(name): place for name, place in layout.fields.items()}


def looks_fixed(layout: FileFormat, text: str) -> bool:
    """Whether the beginning of a file may be rows at fixed positions: long enough, and not cut by separators."""
    first, *more = [line.rstrip("\r") for line in text.split("\n") if line.strip()][:SAMPLE] or [""]
    if any(first.count(mark) >= 2 for mark in SEPARATORS):
        return False
    needed = max((start for start, _ in layout.fields.values()), default=1)
    return sum(len(line) >= needed for line in (first, *more)) * 2 > len(more)


def batches(path: Path, layout: FileFormat, wanted: frozenset[str], file: str) -> Iterator[Lines]:
    """The rows as text columns plus ``LINE``; every cell is without blanks at its ends, empty lines are no rows.

    A line must reach the first position of each wanted column; the last column alone may be shorter than agreed, since
    some writers cut the blanks at the end of a line. Raises InputError for bytes that do not fit the declared encoding.
    """
    places = {name: place for name, place in columns(layout).items() if name in wanted}
    for first, chunk in utf8_chunks(path, layout.encoding, file):
        frame = pl.DataFrame({_TEXT: [chunk.decode("utf-8").removesuffix("\n")]})
        lines = frame.select(pl.col(_TEXT).str.split("\n").list.explode())
        lines = lines.with_columns(pl.Series(LINE, np.arange(first, first + len(lines)), dtype=pl.Int64))
        lines = lines.filter(pl.col(_TEXT).str.strip_chars() != "")
        yield _cut(lines, places)


def _cut(lines: pl.DataFrame, places: dict[str, tuple[int, int]]) -> Lines:
    length = pl.col(_TEXT).str.len_chars()
    needed = max((start for start, _ in places.values()), default=1)
    short = lines.filter(length < needed)
    faults: list[tuple[int, str | None, str | None, str]] = []
    for line, size in short.select(LINE, length.alias("n")).iter_rows():
        missing = [(name, *place) for name, place in places.items() if place[0] > size]
        for name, start, width in missing:
            reason = (
                f"die Zeile endet nach {counted(size, 'Zeichen', 'Zeichen')}; die Spalte steht an den Stellen "
                f"{start} bis {start + width - 1}"
            )
            faults.append((line, name, None, reason))
    cells = [
        pl.col(_TEXT).str.slice(start - 1, width).str.strip_chars(" \t\u00a0").alias(name)
        for name, (start, width) in places.items()
    ]
    whole = lines if short.is_empty() else lines.filter(length >= needed)
    return Lines(whole.select(*cells, LINE), faults)
