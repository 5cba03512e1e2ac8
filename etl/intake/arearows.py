"""What the rows of an area table are: areas, totals of the city or of a part, not attributable, or left out."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal

import polars as pl

from etl.catalogue.sources import Area, GridKey
from etl.intake.header import tidy
from etl.intake.marks import split_mark

AREA, KIND, MARK, WORD = "§area", "§kind", "§mark", "§word"
"""Columns: key or name of the unit, kind of row, footnote mark, and the word as it stands in the file."""
RowKind = Literal["unit", "unlocated", "total", "part", "left_out"]


def mapped(words: pl.Series, function: Callable[[str], str | None]) -> pl.Expr:
    """A column mapped word by word; only distinct words are looked at."""
    distinct = words.unique().to_list()
    results = [function(w) for w in distinct]
    return pl.col(words.name).replace_strict(distinct, results, default=None, return_dtype=pl.String)


def grid_keys(frame: pl.DataFrame, grid: GridKey) -> pl.Series:
    """Keys of grid cells from their midpoints (EPSG:3035), as INSPIRE writes them: lower left corner in metres.

    NULL where a midpoint is no whole number or not the middle of a cell of this size.
    """

    def corner(column: str) -> pl.Expr:
        text = pl.col(tidy(column)).str.replace(r"[.,]0+$", "")
        middle = pl.when(text.str.contains(r"^\d{1,9}$")).then(text).cast(pl.Int64, strict=False)
        return pl.when((middle - grid.size // 2) % grid.size == 0).then(middle - grid.size // 2).cast(pl.String)

    key = pl.lit(f"CRS3035RES{grid.size}mN") + corner(grid.y) + pl.lit("E") + corner(grid.x)
    return frame.select(key.alias(AREA))[AREA]


def _groups(match: re.Match[str]) -> str:
    """The groups of a match in order, or all of it where the pattern has none."""
    return "".join(g for g in match.groups() if g) if match.re.groups else match[0]


def _reader(area: Area) -> Callable[[str], tuple[str, RowKind, str]]:
    """A function that tells area, kind of row and footnote mark from the word in a row."""
    listed: dict[str, RowKind] = {}
    groups: tuple[tuple[tuple[str, ...], RowKind], ...] = (
        (area.skip, "left_out"), (area.unlocated, "unlocated"), (area.total, "total"),
    )  # fmt: skip
    for words, kind in groups:
        listed |= {tidy(w): kind for w in words}
    renamed = {tidy(k): v for k, v in area.rename.items()}

    def read(written: str) -> tuple[str, RowKind, str]:
        word, mark = tidy(written), ""
        if word not in listed and word not in renamed:
            word, mark = split_mark(word)
        word = renamed.get(word, word)
        if word in listed:
            return word, listed[word], mark
        if area.total_pattern is not None and re.search(area.total_pattern, word):
            return word, "total", mark
        if area.part_total is not None and (part := re.search(area.part_total, word)):
            return _groups(part), "part", mark
        if area.pattern is not None and (key := re.search(area.pattern, word)):
            return _groups(key), "unit", mark
        return word, "unit", mark

    return read


def classified(frame: pl.DataFrame, area: Area) -> pl.DataFrame:
    """Add area (NULL where a grid cell cannot be told), kind of row, footnote mark and the word in the file.

    Rows before ``start`` and from ``end`` on count only as totals.
    """
    if area.grid is not None:
        keys = grid_keys(frame, area.grid)
        return frame.with_columns(keys, keys.alias(WORD), pl.lit("unit").alias(KIND), pl.lit("").alias(MARK))
    words = frame[tidy(area.column or "")].alias(AREA)
    read = _reader(area)
    table = {w: read(w) for w in words.unique().to_list()}
    out = frame.with_columns(words.alias(WORD)).with_columns(
        words.replace_strict(list(table), [part[i] for part in table.values()], return_dtype=pl.String).alias(name)
        for i, name in enumerate((AREA, KIND, MARK))
    )
    index = pl.int_range(pl.len())
    inside = pl.lit(value=True)
    if area.start is not None:
        inside &= index >= _first(out, area.start, 0)
    if area.end is not None:
        inside &= index < _first(out, area.end, len(out))
    left_out = (pl.col(KIND) == "unit") & ~inside
    return out.with_columns(pl.when(left_out).then(pl.lit("left_out")).otherwise(pl.col(KIND)).alias(KIND))


def _first(frame: pl.DataFrame, word: str, default: int) -> int:
    positions = (frame[AREA] == tidy(word)).fill_null(value=False).arg_true()
    return int(positions[0]) if len(positions) else default
