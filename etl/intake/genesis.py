"""Tables of official statistics from GENESIS databases, in any of their three layouts, as rows of the generic reader.

The layout is recognised by the file itself: new flat CSV, old flat CSV, classic table. Whatever it is, the result has
the columns ``COLUMNS``: one row a time, region and declared column, which an ``areas`` form then maps as usual
(``feature: Merkmal``, ``value: Wert``). A column that adds up attributes (age groups) is added up here.
"""

from __future__ import annotations

import codecs
import csv
import io
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from etl.catalogue.sources import FileFormat
from etl.catalogue.statistics import GenesisColumn, GenesisTable
from etl.errors import InputError, InputProblem
from etl.intake.archive import Delivered
from etl.intake.csvtable import LINE
from etl.intake.genesis_cells import NAME, QUALITY, REGION, TIME, TOTAL, VALUE, WRITTEN, Parts, attribute
from etl.intake.genesis_classic import looks_classic, read_classic
from etl.intake.genesis_flat import is_new, is_old, read_flat
from etl.intake.genesis_signs import MARKS, Figure, add, read_figure
from etl.intake.header import tidy
from etl.intake.outcome import Remark
from etl.intake.rejects import Rejects
from etl.intake.textfile import encoding_name
from etl.intake.wording import counted

COLUMNS = ("Zeit", "Gebiet", "Gebietsname", "Merkmal", "Wert", "Zeichen")
"""Time and region as written (official key), region's name, declared column, number or sign, marks of the number."""
LAYOUTS = {"new": "Flat-CSV (neu)", "old": "Flat-CSV (alt)", "classic": "klassische Tabelle"}
_HEAD = 256 * 1024
_EXAMPLES = 3


@dataclass(frozen=True)
class _Told:
    layout: str
    encoding: str
    names: list[str]


def recognised(path: Path) -> str | None:
    """The layout of a file (``new``, ``old``, ``classic``), or None where it is not a GENESIS table."""
    told = _told(path)
    return told.layout if told else None


def _told(path: Path) -> _Told | None:
    """Layout, encoding (UTF-8 where the whole beginning is, else cp1252) and headings of a file."""
    with path.open("rb") as handle:
        raw = handle.read(_HEAD)
    encoding = "utf-8"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(raw)
    except UnicodeDecodeError:
        encoding = "cp1252"
    text = raw.decode("utf-8-sig" if encoding == "utf-8" else encoding, "replace")
    if looks_classic(text):
        return _Told("classic", _whole(path, encoding), [])
    try:
        first = next(csv.reader(io.StringIO(text, newline=""), delimiter=";"), [])
    except csv.Error:
        return None
    names = [tidy(c) for c in first]
    if is_new(names):
        return _Told("new", _whole(path, encoding), names)
    return _Told("old", _whole(path, encoding), names) if is_old(names) else None


def _whole(path: Path, encoding: str) -> str:
    """UTF-8 only where the whole file is: an umlaut may come late."""
    if encoding != "utf-8":
        return encoding
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as handle:
        try:
            while block := handle.read(1 << 20):
                decoder.decode(block)
        except UnicodeDecodeError:
            return "cp1252"
    return encoding


def read_table(delivered: Delivered, layout: FileFormat, rejects: Rejects) -> tuple[pl.DataFrame, list[Remark]]:
    """The table as ``COLUMNS`` plus ``LINE``, and titles, footnotes and marks as remarks.

    Rows of other value variables and of attributes that no column asks for are left out. Raises InputError where the
    file is no GENESIS table or another one than agreed.
    """
    declared = layout.genesis
    told = _told(delivered.path)
    if declared is None or told is None:
        reason = f"ist keine GENESIS-Tabelle; erkannt werden {', '.join(LAYOUTS.values())}"
        raise InputError(InputProblem(delivered.name, reason, line=1))
    if told.layout == "classic":
        parts = read_classic(delivered.path, told.encoding, delivered.name, declared)
    else:
        parts = read_flat(delivered.path, told.names, told.encoding, delivered.name, declared)
    _check_code(parts, declared, delivered.name)
    for frame in parts.rejects.frames:
        rejects.add(frame)
    rows, figures = _summed(parts.cells, declared, layout.decimal, rejects)
    remarks = [Remark("titel", text, line) for line, text in parts.titles]
    remarks += [Remark("fussnote", text, line) for line, text in parts.notes]
    told_layout = f"{LAYOUTS[told.layout]}, {encoding_name(told.encoding)}"
    remarks.append(Remark("hinweis", f"Aufbau der Datei: {told_layout}"))
    remarks += [Remark("hinweis", text) for text in parts.warnings]
    return rows, [*remarks, *_marks(rows, figures)]


def _check_code(parts: Parts, declared: GenesisTable, file: str) -> None:
    """A flat table names its statistic (12411), a classic one itself (12411-02-03-5, or „Temporär“)."""
    code = parts.code
    if code is None or not code[:1].isdigit() or declared.table.startswith(code) or code.startswith(declared.table):
        return
    reason = f"die Datei gehört zu {code}, vereinbart ist die Tabelle {declared.table}"
    raise InputError(InputProblem(file, reason))


def _chosen(cells: pl.DataFrame, column: GenesisColumn, declared: GenesisTable) -> pl.DataFrame:
    """The values that make up a column."""
    wanted = pl.col(VALUE) == column.value
    for name in declared.variables:
        wanted &= pl.col(attribute(name)).is_in(list(column.where.get(name, (TOTAL,))))
    return cells.filter(wanted)


def _summed(
    cells: pl.DataFrame, declared: GenesisTable, decimal: str, rejects: Rejects
) -> tuple[pl.DataFrame, list[Figure]]:
    """Rows of ``COLUMNS``; a sum that lacks one of its parts is a fault, never a smaller sum."""
    rows: list[tuple[int, str, str, str, str, str, str]] = []
    figures: list[Figure] = []
    for name, column in declared.columns.items():
        parts = 1
        for codes in column.where.values():
            parts *= len(codes)
        groups = (
            _chosen(cells, column, declared)
            .group_by(TIME, REGION, maintain_order=True)
            .agg(pl.col(LINE).first(), pl.col(NAME).first(), pl.col(WRITTEN), pl.col(QUALITY))
        )
        for time, region, line, label, texts, qualities in groups.iter_rows():
            found = [read_figure(t or "", q or "", decimal) for t, q in zip(texts, qualities, strict=True)]
            if parts != len(found):
                what = f"für {name} sind {len(found)} statt {parts} Werte da"
                rejects.add_rows([(line, name, region, f"{what} (Gebiet und Zeit: {region}, {time})")])
                continue
            figure = add(found, decimal)
            figures.append(figure)
            marks = " ".join(m for m in figure.marks if m != "e")
            rows.append(
                (line, time, region, label, name, figure.written if figure.sign is None else figure.sign, marks)
            )
    schema: dict[str, type[pl.DataType]] = {LINE: pl.Int64, **dict.fromkeys(COLUMNS, pl.String)}
    return pl.DataFrame(rows, schema=schema, orient="row"), figures


def _marks(rows: pl.DataFrame, figures: list[Figure]) -> list[Remark]:
    """Which values are preliminary, corrected, estimated or of limited reliability: kept with the delivery."""
    out = []
    for mark, meaning in MARKS.items():
        if mark == "e":
            continue
        marked = [i for i, figure in enumerate(figures) if mark in figure.marks]
        if marked:
            shown = [f"{rows['Gebiet'][i]} {rows['Zeit'][i]} {rows['Merkmal'][i]}" for i in marked[:_EXAMPLES]]
            more = " …" if len(marked) > _EXAMPLES else ""
            text = f"{counted(len(marked), 'Wert', 'Werte')} {meaning} ({mark}): {', '.join(shown)}{more}"
            out.append(Remark("zeichen", text, int(rows[LINE][marked[0]])))
    return out
