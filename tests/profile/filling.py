"""Filling in a workbook as a person does: cells are typed below the headings, the rest of the file stays."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

from python_calamine import CalamineWorkbook


def _letters(number: int) -> str:
    name = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        name = chr(65 + rest) + name
    return name


def headings(path: Path) -> list[list[str]]:
    """The rows of the first sheet as they stand."""
    sheet = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0)
    return [[str(c) for c in row] for row in sheet.to_python(skip_empty_area=False)]


def fill(empty: Path, filled: Path, rows: list[list[str | int]], first: int) -> None:
    """Write ``rows`` from row ``first`` (from 1) on into the first sheet; numbers as numbers, words as words."""
    written = []
    for number, row in enumerate(rows, start=first):
        cells = []
        for column, value in enumerate(row):
            at = f'r="{_letters(column)}{number}"'
            if isinstance(value, int):
                cells.append(f"<c {at}><v>{value}</v></c>")
            elif value != "":
                cells.append(f'<c {at} t="inlineStr"><is><t>{escape(value)}</t></is></c>')
        written.append(f'<row r="{number}">{"".join(cells)}</row>')
    with zipfile.ZipFile(empty) as source, zipfile.ZipFile(filled, "w", zipfile.ZIP_DEFLATED) as target:
        for member in source.infolist():
            data = source.read(member)
            if member.filename == "xl/worksheets/sheet1.xml":
                text = data.decode("utf-8")
                assert "</sheetData>" in text
                text = text.replace("</sheetData>", "".join(written) + "</sheetData>")
                data = re.sub(r'<dimension ref="[^"]*"/>', "", text).encode("utf-8")
            target.writestr(member.filename, data)
