"""Rows of views as compact JSON that names its view, so that the audit can read it back row by row."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

MOST_WORDS = 500
"""Texts of a column are numbered up to so many different ones."""


def compact(view: str, frame: pl.DataFrame) -> dict[str, Any]:
    """A table: ``sicht``, ``spalten``, ``zeilen``; what is the same in all rows stands in ``fest``, texts in ``worte``.

    A column in ``worte`` holds numbers of its texts there. The columns are those of the view, in its units.
    """
    fixed: dict[str, Any] = {}
    words: dict[str, list[str]] = {}
    columns: dict[str, list[Any]] = {}
    for column in frame.iter_columns():
        different = column.unique().sort()
        if frame.height and different.len() == 1:
            fixed[column.name] = _plain(column[0])
        elif column.dtype == pl.String and different.len() <= min(MOST_WORDS, frame.height // 2 + 1):
            texts = different.drop_nulls().to_list()
            numbers = {text: number for number, text in enumerate(texts)}
            words[column.name] = texts
            columns[column.name] = [None if text is None else numbers[text] for text in column]
        else:
            columns[column.name] = [_plain(value) for value in column]
    rows = [list(row) for row in zip(*columns.values(), strict=True)] if columns else [[] for _ in range(frame.height)]
    return {"sicht": view, "fest": fixed, "worte": words, "spalten": list(columns), "zeilen": rows}


def _plain(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return int(value)
    return value.isoformat() if hasattr(value, "isoformat") else value


def write_json(path: Path, content: Any) -> Path:
    """Write JSON without blanks; the same content, the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")
    return path


def existing(wanted: Sequence[str], known: Sequence[str]) -> list[str]:
    """Those wanted columns that a view has, in the order wanted."""
    return [name for name in wanted if name in known]
