"""Small delimited or Parquet tables of places (grid cells, facilities) as text columns."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from etl.errors import InputError, InputProblem

SEPARATORS = (";", ",", "\t", "|")
ROW = "__zeile"
"""Column with the line of the file, the header being line 1."""


def read_table(path: Path, charset: str | None = None) -> pl.DataFrame:
    """All columns as trimmed text (empty is null) and the line number in column ``ROW``.

    CSV in UTF-8 (with or without BOM) or, where it is no UTF-8, in cp1252; the separator is the one that the header has
    most of. Raises ``InputError`` for a missing, empty or unreadable file.
    """
    if not path.is_file():
        raise InputError(InputProblem(str(path), "die Datei gibt es nicht"))
    if path.stat().st_size == 0:
        raise InputError(InputProblem(path.name, "die Datei ist leer"))
    try:
        frame = pl.read_parquet(path) if path.suffix.lower() == ".parquet" else _csv(path, charset)
    except pl.exceptions.PolarsError as trouble:
        raise InputError(
            InputProblem(path.name, f"keine lesbare Tabelle ({str(trouble).splitlines()[0]})")
        ) from trouble
    if frame.is_empty():
        raise InputError(InputProblem(path.name, "die Tabelle enthält keine Zeilen"))
    text = frame.with_columns(pl.all().cast(pl.String).str.strip_chars().replace("", None))
    return text.with_row_index(ROW, offset=2)


def _csv(path: Path, charset: str | None) -> pl.DataFrame:
    raw = path.read_bytes()
    content = decode(raw, path.name, charset)
    header = content.split("\n", 1)[0]
    separator = max(SEPARATORS, key=header.count)
    return pl.read_csv(content.encode(), separator=separator, infer_schema=False)


def decode(raw: bytes, file: str, charset: str | None = None, fallback: str = "cp1252") -> str:
    """The text of a file. Raises ``InputError`` naming the line where it does not fit ``charset``."""
    if charset is None:
        try:
            return raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            charset = fallback
    try:
        return raw.decode("utf-8-sig" if charset.lower() in ("utf-8", "utf8") else charset)
    except LookupError as trouble:
        raise InputError(InputProblem(file, f"die Kodierung „{charset}“ gibt es nicht")) from trouble
    except UnicodeDecodeError as trouble:
        line = raw.count(b"\n", 0, trouble.start) + 1
        raise InputError(InputProblem(file, f"der Text ist nicht in {charset.upper()} kodiert", line=line)) from trouble


def numbers(frame: pl.DataFrame, column: str, file: str) -> pl.Series:
    """A column as numbers (decimal comma or point). Raises ``InputError`` naming line and value of what is none."""
    values = frame[column].str.replace(",", ".", literal=True).cast(pl.Float64, strict=False)
    wrong = frame.filter(values.is_null() | values.is_infinite())
    if not wrong.is_empty():
        raise InputError(
            *(
                InputProblem(file, "keine Zahl", line=int(line), column=column, value=value or "")
                for line, value in wrong.select(ROW, column).head(20).iter_rows()
            )
        )
    return values
