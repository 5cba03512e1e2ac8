"""XLSX workbooks as text cells: within size limits, never with formulas, merged headings filled."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
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
from etl.intake.archive import Delivered, read_member
from etl.intake.csvtable import LINE
from etl.intake.header import joined

MAX_SHEET = 400 * 1024**2
"""Bytes of one sheet's XML."""
MAX_STRINGS = 64 * 1024**2
"""Bytes of a workbook's texts up to which raised figures are looked for."""
MAX_NAMED_CELLS = 10
MAX_COLUMNS = 16_384

_SPREADSHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_PACKAGE = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s>/]")
_HIDDEN = re.compile(rb'<(?:\w+:)?(?P<what>row|col)\s[^>]*?\bhidden="(?:1|true)"[^>]*>')
_NUMBERS = re.compile(r'\b(r|min|max)="(\d+)"')
_RAISE = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_CELL = re.compile(rb'<(?:\w+:)?c\s[^>]*?\br="([A-Z]{1,3}\d{1,7})"[^>]*>\s*<(?:\w+:)?f[\s>/]')


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


def _inspect(delivered: Delivered, sheet: str) -> tuple[str, ...]:
    """What is hidden in the sheet, in German. Raises InputError for formulas.

    Formulas are refused: their stored result may be stale, and a table of results can say no such thing.
    """
    with zipfile.ZipFile(delivered.path) as archive:
        member = _sheet_member(archive, delivered, sheet)
        if member is None:
            return ()
        cells: list[str] = []
        tail = b""
        found = False
        hidden: dict[bytes, bytes] = {}
        for block in read_member(archive, member, delivered.name, MAX_SHEET):
            data = tail + block
            found = found or _FORMULA.search(data) is not None
            cells += [m.decode() for m in _CELL.findall(data) if m.decode() not in cells[-50:]]
            hidden |= {m.group(0): m["what"] for m in _HIDDEN.finditer(data)}
            tail = data[-4096:]
    if found:
        shown = ", ".join(dict.fromkeys(cells[:MAX_NAMED_CELLS])) + (" …" if len(cells) > MAX_NAMED_CELLS else "")
        where = f" ({shown})" if cells else ""
        raise _refuse(
            delivered,
            f"das Blatt „{sheet}“ enthält Formeln{where}; bitte als Werte speichern und neu liefern",
        )
    return _hidden_parts(hidden)


def _hidden_parts(tags: dict[bytes, bytes]) -> tuple[str, ...]:
    """``verborgene Zeilen 5 bis 7`` and ``verborgene Spalten C, F`` from the XML tags that say so."""
    rows: set[int] = set()
    columns: set[int] = set()
    for tag, what in tags.items():
        numbers = {name: int(value) for name, value in _NUMBERS.findall(tag.decode("ascii", "ignore"))}
        if what == b"row" and "r" in numbers:
            rows.add(numbers["r"])
        elif what == b"col" and {"min", "max"} <= set(numbers):
            columns |= set(range(numbers["min"], min(numbers["max"], MAX_COLUMNS) + 1))
    out = []
    if rows:
        out.append(f"verborgene Zeilen {_ranges(rows, str)}")
    if columns:
        out.append(f"verborgene Spalten {_ranges(columns, _letters)}")
    return tuple(out)


def _letters(number: int) -> str:
    """Name of a column: 1 is A, 27 is AA."""
    name = ""
    while number:
        number, rest = divmod(number - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def _ranges(numbers: set[int], word: Callable[[int], str]) -> str:
    """``2, 5 bis 7, 9``."""
    parts: list[str] = []
    ordered = sorted(numbers)
    start = ordered[0]
    for here, after in zip(ordered, [*ordered[1:], None], strict=True):
        if after != here + 1:
            parts.append(word(start) if start == here else f"{word(start)} bis {word(here)}")
            start = after or 0
    return ", ".join(parts[:MAX_NAMED_CELLS]) + (" …" if len(parts) > MAX_NAMED_CELLS else "")


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
        hidden = _inspect(delivered, name)
        sheet = book.get_sheet_by_name(name)
        raised = _raised(delivered)
        cells = [
            [_text(raised.get(c, c) if isinstance(c, str) else c, layout.decimal) for c in row]
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


def _raised(delivered: Delivered) -> dict[str, str]:
    """Texts that end in raised figures: as they look without formatting (``1231``) → with a mark (``123 ¹``).

    Without this a footnote mark would become the last figure of a number.
    """
    with zipfile.ZipFile(delivered.path) as archive:
        if "xl/sharedStrings.xml" not in archive.namelist():
            return {}
        size = archive.getinfo("xl/sharedStrings.xml").file_size
        if size > MAX_STRINGS or b'"superscript"' not in (
            data := b"".join(read_member(archive, "xl/sharedStrings.xml", delivered.name, MAX_STRINGS))
        ):
            return {}
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise _refuse(delivered, "die Arbeitsmappe enthält unzulässige XML-Anweisungen")
    out: dict[str, str] = {}
    plain: set[str] = set()
    for item in ET.fromstring(data).iter(f"{_SPREADSHEET}si"):  # noqa: S314  # size-checked, entities refused
        texts: list[str] = []
        marks: list[str] = []
        for run in item.iter(f"{_SPREADSHEET}r"):
            text = "".join(t.text or "" for t in run.iter(f"{_SPREADSHEET}t"))
            style = run.find(f"{_SPREADSHEET}rPr/{_SPREADSHEET}vertAlign")
            up = style is not None and style.get("val") == "superscript" and text.strip().rstrip(")").isdigit()
            (marks if up else texts).append(text)
        whole = "".join(texts).rstrip()
        if marks and texts:
            out["".join(texts) + "".join(marks)] = f"{whole} {''.join(marks).strip().translate(_RAISE)}"
        elif not texts:
            plain.add("".join(t.text or "" for t in item.iter(f"{_SPREADSHEET}t")))
    return {text: marked for text, marked in out.items() if text not in plain}


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
