"""Parquet tables as text cells, numbers written as the form declares them."""

from __future__ import annotations

import polars as pl
from polars.exceptions import PolarsError

from etl.catalogue.sources import FileFormat
from etl.errors import InputError, InputProblem
from etl.intake.archive import Delivered
from etl.intake.csvtable import LINE

MAX_ROWS = 50_000_000


def _broken(delivered: Delivered) -> InputError:
    return InputError(
        InputProblem(delivered.name, "die Parquet-Datei ist unvollständig oder beschädigt; bitte neu liefern")
    )


def header(delivered: Delivered) -> list[str]:
    """The column names."""
    try:
        return list(pl.read_parquet_schema(delivered.path))
    except (PolarsError, OSError) as error:
        raise _broken(delivered) from error


def rows(delivered: Delivered, layout: FileFormat, names: tuple[str, ...]) -> pl.DataFrame:
    """All rows as text plus ``LINE``, counted from 1 (a Parquet file has no header line); NULL becomes empty."""
    try:
        lazy = pl.scan_parquet(delivered.path)
        if int(lazy.select(pl.len()).collect().item()) > MAX_ROWS:
            raise InputError(InputProblem(delivered.name, "die Parquet-Datei hat zu viele Zeilen"))
        frame = lazy.collect()
    except (PolarsError, OSError) as error:
        raise _broken(delivered) from error
    frame = frame.rename(dict(zip(frame.columns, names, strict=True)))
    cells = []
    for name, kind in frame.schema.items():
        text = pl.col(name).cast(pl.String, strict=False)
        if kind.is_float():
            text = text.str.replace(r"\.0$", "").str.replace(".", layout.decimal, literal=True)
        cells.append(text.fill_null("").str.strip_chars())
    return frame.select(*cells, pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias(LINE))
