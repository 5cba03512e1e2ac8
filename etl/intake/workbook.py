"""XLSX workbooks as text cells: within size limits, never with formulas, merged headings filled."""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from xml.etree import ElementTree as ET

import polars as pl
from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from etl.catalogue.sources import FileFormat
from etl.errors import InputError, InputProblem
from etl.intake.archive import Delivered
from etl.intake.csvtable import LINE
from etl.intake.header import joined
from etl.intake.sheetxml import inspect, raised


@dataclass(frozen=True)
class _Layout:
    """What of a form's format decides how a sheet is read."""

    sheet: str | int
    decimal: str
    header_row: int
    header_rows: int


def _refuse(delivered: Delivered, reason: str) -> InputError:
    return InputError(InputProblem(delivered.name, reason))


def _broken(delivered: Delivered) -> InputError:
    return _refuse(delivered, "die XLSX-Datei ist unvollständig oder beschädigt; bitte neu liefern")


def _text(cell: object, decimal: str) -> str:
    """A typed cell as the form would have it written; whole numbers without decimals."""
    match cell:
        case None:
            return ""
        case bool():
            return "WAHR" if cell else "FALSCH"
        case int():
            return str(cell)
        case float():
            # numbers computed in a spreadsheet carry digits that nobody entered
            written = format(Decimal(repr(round(cell, 10))), "f")
            written = written.rstrip("0").rstrip(".") if "." in written else written
            return written.replace(".", decimal)
        case datetime() | date():
            return f"{cell:%d.%m.%Y}"
        case time() | timedelta():
            return str(cell)
        case _:
            return str(cell).strip()


def _choose_sheet(delivered: Delivered, book: CalamineWorkbook, wanted: str | int) -> str:
    """Name of the sheet to read: by name, or by number among the visible ones."""
    sheets = [s for s in book.sheets_metadata if s.typ == SheetTypeEnum.WorkSheet]
    visible = [s.name for s in sheets if s.visible == SheetVisibleEnum.Visible]
    if isinstance(wanted, str):
        if wanted in (s.name for s in sheets):
            return wanted
        raise _refuse(delivered, f"das Blatt „{wanted}“ fehlt; vorhanden sind {', '.join(s.name for s in sheets)}")
    if wanted >= len(visible):
        raise _refuse(delivered, f"die Mappe hat nur {len(visible)} sichtbare Blätter ({', '.join(visible)})")
    return visible[wanted]


@dataclass(frozen=True)
class _Sheet:
    """A sheet's cells as text, merged areas (top, left, bottom, right; from 0), and what is hidden, in German."""

    cells: tuple[tuple[str, ...], ...]
    merged: tuple[tuple[int, int, int, int], ...]
    hidden: tuple[str, ...]


@lru_cache(maxsize=2)
def _grid(path: Path, _stamp: int, delivered: Delivered, layout: _Layout) -> _Sheet:
    """The chosen sheet, merged areas filled with their text."""
    try:
        book = CalamineWorkbook.from_path(str(path))
        name = _choose_sheet(delivered, book, layout.sheet)
        hidden = inspect(delivered, name)
        sheet = book.get_sheet_by_name(name)
        marked = raised(delivered)
        cells = [
            [_text(marked.get(c, c) if isinstance(c, str) else c, layout.decimal) for c in row]
            for row in sheet.to_python(skip_empty_area=False)
        ]
        merged = tuple((top, left, bottom, right) for (top, left), (bottom, right) in sheet.merged_cell_ranges or ())
    except (CalamineError, zipfile.BadZipFile, KeyError, ET.ParseError, EOFError, OSError, ValueError) as error:
        raise _broken(delivered) from error
    head = range(layout.header_row - 1, layout.header_row - 1 + layout.header_rows)
    _fill_merged(cells, merged, head if layout.header_rows > 1 else range(0))
    sheets = [s for s in book.sheets_metadata if s.visible != SheetVisibleEnum.Visible and s.name != name]
    if sheets:
        hidden += (f"nicht gelesen sind die verborgenen Blätter {', '.join(s.name for s in sheets)}",)
    return _Sheet(tuple(tuple(row) for row in cells), merged, hidden)


def _fill_merged(cells: list[list[str]], merged: tuple[tuple[int, int, int, int], ...], head: range) -> None:
    """Repeat the text of a merged area in all its cells; outside the headings a merged number stays where it is."""
    for top, left, bottom, right in merged:
        if top >= len(cells) or left >= len(cells[top]):
            continue
        text = cells[top][left]
        if top not in head and not re.search("[^\\W\\d_]", text):
            continue
        for row in range(top, min(bottom + 1, len(cells))):
            for column in range(left, min(right + 1, len(cells[row]))):
                cells[row][column] = text


def _sheet(delivered: Delivered, layout: FileFormat) -> _Sheet:
    chosen = _Layout(layout.sheet, layout.decimal, layout.header_row, layout.header_rows)
    return _grid(delivered.path, delivered.path.stat().st_mtime_ns, delivered, chosen)


def header(delivered: Delivered, layout: FileFormat) -> list[str]:
    """The headings in the declared rows, without empty ones at the end; empty where the sheet is shorter."""
    sheet = _sheet(delivered, layout)
    first, last = layout.header_row - 1, layout.header_row - 1 + layout.header_rows
    if len(sheet.cells) < last:
        return []
    rows = sheet.cells[first:last]
    # where headings are merged, an empty cell belongs to nobody; else it belongs to the heading on its left
    merged = any(top < last and bottom >= first and right > left for top, left, bottom, right in sheet.merged)
    row = list(rows[0]) if len(rows) == 1 else joined(rows, fill=not merged)
    while row and not row[-1]:
        row.pop()
    return row


def titles(delivered: Delivered, layout: FileFormat) -> list[tuple[int, str]]:
    """What stands above the headings: row and text."""
    above = _sheet(delivered, layout).cells[: layout.header_row - 1]
    texts = [(number, " ".join(dict.fromkeys(filter(None, row)))) for number, row in enumerate(above, start=1)]
    return [(number, text) for number, text in texts if text]


def hidden(delivered: Delivered, layout: FileFormat) -> tuple[str, ...]:
    """What is hidden in the workbook, in German; hidden rows and columns are read like all others."""
    return _sheet(delivered, layout).hidden


def rows(delivered: Delivered, layout: FileFormat, names: tuple[str, ...]) -> pl.DataFrame:
    """The rows below the header as text plus ``LINE`` (the row number of the sheet); empty rows are left out."""
    width = len(names)
    above = layout.header_row + layout.header_rows - 1
    kept, lines = [], []
    for number, row in enumerate(_sheet(delivered, layout).cells[above:], start=above + 1):
        cut = row[:width] + ("",) * (width - len(row))
        if any(cut):
            kept.append(cut)
            lines.append(number)
    frame = pl.DataFrame(kept, schema=dict.fromkeys(names, pl.String), orient="row")
    return frame.with_columns(pl.Series(LINE, lines, dtype=pl.Int64))
