"""Tables as departments send them: title rows, header rows with merged cells, a total row, footnotes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path

import xlsxwriter  # type: ignore[import-untyped]

_WRITTEN = datetime(2026, 1, 15)
"""Stands in the workbook as its date, so that two runs give the same bytes."""
ZERO, WITHHELD = "-", "."
"""Signs of the departments: nothing there; withheld."""


@dataclass(frozen=True)
class Column:
    """A column heading, with the heading above it where several columns share one."""

    name: str
    above: str = ""


@dataclass(frozen=True)
class DepartmentTable:
    """A table of counts by area: the first column names the area."""

    title: tuple[str, ...]
    columns: tuple[Column, ...]
    rows: Sequence[tuple[str, Sequence[int | str]]]
    """Name of the area and the cells; a string is written as it is, a zero as ``-``."""
    footnotes: tuple[str, ...]


def _shown(cell: int | str) -> int | str:
    return ZERO if cell == 0 else cell


def write_department_xlsx(path: Path, sheet_name: str, table: DepartmentTable) -> None:
    """The table as a workbook: titles, a blank row, two header rows with merged cells, rows, a blank row, footnotes."""
    book = xlsxwriter.Workbook(str(path))
    book.set_properties({"title": table.title[0], "created": _WRITTEN})
    sheet = book.add_worksheet(sheet_name)
    bold = book.add_format({"bold": True})
    head = book.add_format({"bold": True, "border": 1, "align": "center", "valign": "vcenter"})
    for i, line in enumerate(table.title):
        sheet.write(i, 0, line, bold)
    upper = len(table.title) + 1
    at = 0
    for above, group in groupby(table.columns, key=lambda c: c.above):
        names = [c.name for c in group]
        if not above:
            for name in names:
                sheet.merge_range(upper, at, upper + 1, at, name, head)
                at += 1
            continue
        if len(names) > 1:
            sheet.merge_range(upper, at, upper, at + len(names) - 1, above, head)
        else:
            sheet.write(upper, at, above, head)
        for name in names:
            sheet.write(upper + 1, at, name, head)
            at += 1
    for i, (name, cells) in enumerate(table.rows):
        sheet.write_row(upper + 2 + i, 0, [name, *(_shown(c) for c in cells)])
    for i, note in enumerate(table.footnotes):
        sheet.write(upper + 3 + len(table.rows) + i, 0, note)
    sheet.set_column(0, 0, 24)
    book.close()


def write_department_csv(path: Path, table: DepartmentTable, encoding: str = "cp1252") -> None:
    """The table as text: titles, a blank line, one header line, rows, footnotes; Windows line ends."""
    width = len(table.columns)
    lines: list[list[str]] = [[t, *[""] * (width - 1)] for t in (*table.title, "")]
    lines.append([c.name for c in table.columns])
    lines += [[name, *(str(_shown(c)) for c in cells)] for name, cells in table.rows]
    lines += [[note, *[""] * (width - 1)] for note in table.footnotes]
    path.write_bytes("".join(";".join(line) + "\r\n" for line in lines).encode(encoding))


def write_long_csv(path: Path, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A plain table, UTF-8, one header line."""
    path.write_bytes("".join(";".join(line) + "\n" for line in (header, *rows)).encode())
