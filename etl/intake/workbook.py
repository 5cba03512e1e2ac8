"""XLSX workbooks as text cells: within size limits, never with formulas, merged headings filled."""

from __future__ import annotations

import re
import zipfile
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from xml.etree import ElementTree as ET

import polars as pl
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from etl.catalogue.sources import FileFormat
from etl.errors import InputError, InputProblem
from etl.intake.archive import Delivered, read_member
from etl.intake.csvtable import LINE

MAX_SHEET = 400 * 1024**2
"""Bytes of one sheet's XML."""
MAX_NAMED_CELLS = 10

_SPREADSHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_PACKAGE = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s>/]")
_CELL = re.compile(rb'<(?:\w+:)?c\s[^>]*?\br="([A-Z]{1,3}\d{1,7})"[^>]*>\s*<(?:\w+:)?f[\s>/]')


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


def _xml(archive: zipfile.ZipFile, member: str, delivered: Delivered) -> ET.Element:
    data = b"".join(read_member(archive, member, delivered.name, 16 * 1024**2))
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise _refuse(delivered, "die Arbeitsmappe enthält unzulässige XML-Anweisungen")
    return ET.fromstring(data)  # noqa: S314  # small, from the size-checked package, entities refused above


def _sheet_member(archive: zipfile.ZipFile, delivered: Delivered, name: str) -> str | None:
    """Path of a sheet's XML within the package."""
    sheets = _xml(archive, "xl/workbook.xml", delivered).iter(f"{_SPREADSHEET}sheet")
    relation = next((s.get(_RELATION) for s in sheets if s.get("name") == name), None)
    relations = _xml(archive, "xl/_rels/workbook.xml.rels", delivered).iter(_PACKAGE)
    target = next((r.get("Target") for r in relations if r.get("Id") == relation), None)
    if target is None:
        return None
    return target.lstrip("/") if target.startswith("/") else f"xl/{target}"


def _refuse_formulas(delivered: Delivered, sheet: str) -> None:
    """Formulas are refused: their stored result may be stale, and a table of results can say no such thing."""
    with zipfile.ZipFile(delivered.path) as archive:
        member = _sheet_member(archive, delivered, sheet)
        if member is None:
            return
        cells: list[str] = []
        tail = b""
        found = False
        for block in read_member(archive, member, delivered.name, MAX_SHEET):
            data = tail + block
            found = found or _FORMULA.search(data) is not None
            cells += [m.decode() for m in _CELL.findall(data) if m.decode() not in cells[-50:]]
            tail = data[-4096:]
    if found:
        shown = ", ".join(dict.fromkeys(cells[:MAX_NAMED_CELLS])) + (" …" if len(cells) > MAX_NAMED_CELLS else "")
        where = f" ({shown})" if cells else ""
        raise _refuse(
            delivered,
            f"das Blatt „{sheet}“ enthält Formeln{where}; bitte als Werte speichern und neu liefern",
        )


@lru_cache(maxsize=2)
def _grid(
    path: Path, _stamp: int, delivered: Delivered, wanted: str | int, decimal: str
) -> tuple[tuple[str, ...], ...]:
    """All cells of the chosen sheet as text, merged areas filled with their text."""
    try:
        book = CalamineWorkbook.from_path(str(path))
        name = _choose_sheet(delivered, book, wanted)
        _refuse_formulas(delivered, name)
        sheet = book.get_sheet_by_name(name)
        cells = [[_text(c, decimal) for c in row] for row in sheet.to_python(skip_empty_area=False)]
    except (CalamineError, zipfile.BadZipFile, KeyError, ET.ParseError, EOFError, OSError, ValueError) as error:
        raise _broken(delivered) from error
    _fill_merged(cells, sheet)
    return tuple(tuple(row) for row in cells)


def _fill_merged(cells: list[list[str]], sheet: CalamineSheet) -> None:
    """Repeat the text of a merged area in all its cells; a merged number belongs to one place and is not repeated."""
    for (top, left), (bottom, right) in sheet.merged_cell_ranges or ():
        if top >= len(cells) or left >= len(cells[top]):
            continue
        text = cells[top][left]
        if not re.search("[^\\W\\d_]", text):
            continue
        for row in range(top, min(bottom + 1, len(cells))):
            for column in range(left, min(right + 1, len(cells[row]))):
                cells[row][column] = text


def _cells(delivered: Delivered, layout: FileFormat) -> tuple[tuple[str, ...], ...]:
    stat = delivered.path.stat()
    return _grid(delivered.path, stat.st_mtime_ns, delivered, layout.sheet, layout.decimal)


def header(delivered: Delivered, layout: FileFormat) -> list[str]:
    """The headings in the declared row, without empty ones at the end; empty where the sheet is shorter."""
    cells = _cells(delivered, layout)
    row = list(cells[layout.header_row - 1]) if len(cells) >= layout.header_row else []
    while row and not row[-1]:
        row.pop()
    return row


def rows(delivered: Delivered, layout: FileFormat, names: tuple[str, ...]) -> pl.DataFrame:
    """The rows below the header as text plus ``LINE`` (the row number of the sheet); empty rows are left out."""
    width = len(names)
    kept, lines = [], []
    for number, row in enumerate(_cells(delivered, layout)[layout.header_row :], start=layout.header_row + 1):
        cut = row[:width] + ("",) * (width - len(row))
        if any(cut):
            kept.append(cut)
            lines.append(number)
    frame = pl.DataFrame(kept, schema=dict.fromkeys(names, pl.String), orient="row")
    return frame.with_columns(pl.Series(LINE, lines, dtype=pl.Int64))
