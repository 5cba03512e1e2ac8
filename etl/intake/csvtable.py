"""CSV rows as text, in batches with the line number of every row; ragged lines are set aside, never guessed at."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
from polars.exceptions import PolarsError

from etl.catalogue.sources import FileFormat
from etl.errors import InputError, InputProblem
from etl.intake.header import csv_header
from etl.intake.textfile import utf8_chunks

LINE = "§line"
"""Name of the column with the line number; no heading of a delivery is called so."""

MAX_OPEN_QUOTE = 64 * 1024
"""A quoted cell longer than this many bytes means that a quotation mark was never closed."""

MAX_SHOWN = 1000
"""Bytes of a ragged line that are kept, to tell whether it is a footnote."""

_NEWLINE, _QUOTE = ord("\n"), ord('"')


@dataclass(frozen=True)
class Ragged:
    """A line with another number of fields than the header."""

    line: int
    found: int
    expected: int
    text: str = ""

    @property
    def reason(self) -> str:
        """The fault in German."""
        if self.found == 0:
            return "die Zeile ist wegen einzelner Anführungszeichen nicht lesbar"
        return f"die Zeile hat {self.found} statt {self.expected} Felder"


@dataclass(frozen=True)
class Batch:
    """Rows as text with their line numbers, and the lines that did not fit."""

    frame: pl.DataFrame
    ragged: list[Ragged]


def batches(
    path: Path, layout: FileFormat, names: tuple[str, ...], file: str, wanted: frozenset[str] | None = None
) -> Iterator[Batch]:
    """The rows below the header as text columns plus ``LINE``, every cell without blanks at its ends.

    ``names`` are all columns of the file, ``wanted`` those to be returned (None: all).

    Lines are those of the file as the sender sees it: the header is line 1, a line break within quotation marks counts.
    Raises InputError for a wrong encoding and for quotation marks that are never closed.
    """
    rest, rest_line, skipped = b"", 1, bool(layout.columns)
    for first, chunk in utf8_chunks(path, layout.encoding, file):
        block, line = rest + chunk, (rest_line if rest else first)
        if not skipped:
            text = block[: 1024**2].decode("utf-8", "ignore")
            lines = csv_header(text, layout.separator, layout.header_row, layout.header_rows)[1]
            block, line = _after(block, lines), line + lines
            skipped = True
        cut = _whole_rows(block, file, line)
        rest, rest_line = block[cut:], line + _newlines(block[:cut])
        if cut:
            yield _batch(block[:cut], line, layout.separator, names, wanted)
    if rest.strip():
        reason = "ein Anführungszeichen in dieser Zeile wird nicht geschlossen"
        raise InputError(InputProblem(file, reason, line=rest_line))


def _after(block: bytes, lines: int) -> bytes:
    position = 0
    for _ in range(lines):
        position = block.find(b"\n", position) + 1
        if position == 0:
            return b""
    return block[position:]


def _outside(data: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    """True for bytes outside quotation marks; a doubled mark inside toggles twice and so changes nothing (RFC 4180)."""
    inside: npt.NDArray[np.bool_] = (np.cumsum(data == _QUOTE, dtype=np.uint8) & 1).astype(bool)
    return ~inside


def _whole_rows(block: bytes, file: str, line: int) -> int:
    """Length of the leading part of the block that ends with a row."""
    if b'"' not in block:
        return block.rfind(b"\n") + 1
    data = np.frombuffer(block, np.uint8)
    ends = np.flatnonzero((data == _NEWLINE) & _outside(data))
    cut = int(ends[-1]) + 1 if len(ends) else 0
    if len(block) - cut > MAX_OPEN_QUOTE:
        reason = "ein Anführungszeichen in dieser Zeile wird nicht geschlossen"
        raise InputError(InputProblem(file, reason, line=line + block.count(b"\n", 0, cut)))
    return cut


def _newlines(block: bytes) -> int:
    """Number of line ends; several times quicker than ``bytes.count`` where they are dense."""
    return int(np.count_nonzero(np.frombuffer(block, np.uint8) == _NEWLINE))


def _padded(block: bytes, separator: str) -> bool:
    """Whether a cell may have blanks at its ends; searching bytes is much quicker than stripping every cell."""
    mark = separator.encode()
    blanks = (b" ", b"\t", b"\xc2\xa0")
    edges = ((mark, b""), (b"", mark), (b"", b"\n"), (b"\n", b""))
    return block.startswith(blanks) or any(
        before + blank + after in block for blank in blanks if blank in block for before, after in edges
    )


def _batch(block: bytes, line: int, separator: str, names: tuple[str, ...], wanted: frozenset[str] | None) -> Batch:
    if b'"' not in block:
        frame = _parsed(block, separator, names, quoted=False)
        # a short line would end in empty cells, an empty line likewise: only then is it worth looking closer
        if frame is not None and len(frame) == _newlines(block) and not (frame[:, -1] == "").any():
            padded = _padded(block, separator)
            return Batch(_numbered(frame, np.arange(line, line + len(frame)), wanted, padded=padded), [])
    close = _close_look(block, line, separator, names)
    return Batch(_numbered(close.frame.drop(LINE), close.frame[LINE].to_numpy(), wanted), close.ragged)


def _close_look(block: bytes, line: int, separator: str, names: tuple[str, ...]) -> Batch:
    """Count the separators of every row; rows with another number than the header's are set aside."""
    data = np.frombuffer(block, np.uint8)
    newline = data == _NEWLINE
    comma = data == ord(separator)
    if b'"' in block:
        outside = _outside(data)
        row_end, comma = newline & outside, comma & outside
    else:
        row_end = newline
    ends = np.flatnonzero(row_end)
    starts = np.concatenate(([0], ends[:-1] + 1))
    fields = np.diff(np.searchsorted(np.flatnonzero(comma), ends), prepend=0)
    blank = ends - starts == fields  # nothing but separators
    good = (fields == len(names) - 1) & ~blank
    lines = line + np.searchsorted(np.flatnonzero(newline), starts)
    wrong = np.flatnonzero(~good & ~blank)
    ragged = [Ragged(int(lines[i]), int(fields[i]) + 1, len(names), _shown(block[starts[i] : ends[i]])) for i in wrong]
    kept = block if good.all() else data[np.repeat(good, ends - starts + 1)].tobytes()
    frame = _parsed(kept, separator, names, quoted=b'"' in kept)
    numbers = lines[good]
    if frame is None or len(frame) != len(numbers):
        return _one_by_one(block, starts, ends, lines, good, separator, names, ragged)
    return Batch(_numbered(frame, numbers), ragged)


def _shown(row: bytes) -> str:
    return row[:MAX_SHOWN].decode("utf-8", "ignore")


def _one_by_one(  # noqa: PLR0917
    block: bytes,
    starts: npt.NDArray[np.int64],
    ends: npt.NDArray[np.int64],
    lines: npt.NDArray[np.int64],
    good: npt.NDArray[np.bool_],
    separator: str,
    names: tuple[str, ...],
    ragged: list[Ragged],
) -> Batch:
    """The slowest way, for rows with stray quotation marks: each row is parsed alone, the unreadable are set aside."""
    frames, numbers = [], []
    for i in np.flatnonzero(good):
        frame = _parsed(block[starts[i] : ends[i] + 1], separator, names, quoted=True)
        if frame is None or len(frame) != 1:
            ragged.append(Ragged(int(lines[i]), 0, len(names), _shown(block[starts[i] : ends[i]])))
        else:
            frames.append(frame)
            numbers.append(lines[i])
    empty = pl.DataFrame(schema=dict.fromkeys(names, pl.String))
    frame = pl.concat(frames) if frames else empty
    return Batch(_numbered(frame, np.array(numbers, np.int64)), sorted(ragged, key=lambda r: r.line))


def _parsed(block: bytes, separator: str, names: tuple[str, ...], *, quoted: bool) -> pl.DataFrame | None:
    """The block as text columns, or None where polars finds a row with too many fields."""
    schema = dict.fromkeys(names, pl.String)
    if not block:
        return pl.DataFrame(schema=schema)
    try:
        return pl.read_csv(
            io.BytesIO(block),
            separator=separator,
            has_header=False,
            schema=schema,
            infer_schema=False,
            empty_string_is_null=False,
            quote_char='"' if quoted else None,
        )
    except PolarsError:
        return None


def _numbered(
    frame: pl.DataFrame, lines: npt.NDArray[np.int64], wanted: frozenset[str] | None = None, *, padded: bool = True
) -> pl.DataFrame:
    kept = [c for c in frame.columns if wanted is None or c in wanted]
    cells = pl.col(kept).str.strip_chars(" \t\u00a0") if padded else pl.col(kept)
    return frame.select(cells).with_columns(pl.Series(LINE, lines, dtype=pl.Int64))
