"""Empty files to fill in: one workbook a source, which the intake accepts as it is; for counted rows also CSV."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from pathlib import Path

import xlsxwriter  # type: ignore[import-untyped]
from xlsxwriter.format import Format  # type: ignore[import-untyped]
from xlsxwriter.workbook import Workbook  # type: ignore[import-untyped]
from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

from etl.catalogue import AreaForm, Catalogue, RecordForm, Source
from etl.catalogue.needs import MONTHS, reference_point
from etl.publish.profile.columns import Column, columns_of, counted_form, layout, signs_of
from etl.publish.profile.words import reference

SHEET = "Daten"
"""The first sheet; the intake reads the first visible one."""
WIDE = 44


def heading(column: Column, source: Source, day: date) -> str:
    """The heading to write: where columns are dates, the newest reference date."""
    if column.name != "§period":
        return column.name
    return f"{last_reference(source, day):%d.%m.%Y}"


def last_reference(source: Source, day: date) -> date:
    """The last reference date (or end of a period) of a source before ``day``; quarters end in the month of ``day``."""
    if source.periodicity in MONTHS:
        length = MONTHS[source.periodicity]
        months = day.year * 12 + (day.month - 1) // length * length
        return date.fromordinal(date(months // 12, months % 12 + 1, 1).toordinal() - 1)
    if source.periodicity == "einmalig" and source.first_year:
        return reference_point(source).of(source.first_year)
    year = day.year
    while reference_point(source).of(year) >= day:
        year -= 1
    return reference_point(source).of(year)


def write_workbook(path: Path, catalogue: Catalogue, source: Source, day: date) -> bool:
    """Write the empty workbook of a source; False (and no file) where there is nothing to fill in.

    The first sheet has exactly the headings that the intake looks for, where it looks for them; the second explains
    every column and sign.
    """
    form = counted_form(source)
    if form is None:
        return False
    columns = columns_of(catalogue, source, form)
    with xlsxwriter.Workbook(str(path), {"strings_to_numbers": False}) as book:
        stamp = datetime.combine(day, time(), UTC).replace(tzinfo=None)
        book.set_properties({"title": source.title, "created": stamp, "language": "de-DE"})
        sheet = book.add_worksheet(SHEET)
        bold = book.add_format({"bold": True, "bg_color": "#E8EDF2", "border": 1, "text_wrap": True, "valign": "top"})
        text = book.add_format({"num_format": "@"})
        first = _headings(sheet, form, [heading(c, source, day) for c in columns], source, bold)
        for number, column in enumerate(columns):
            counts = column.name == "§period" or (isinstance(form, RecordForm) and column.name == form.count)
            typed = text if not counts else None
            sheet.set_column(number, number, max(14, min(WIDE, len(column.name) + 2)), typed)
        sheet.freeze_panes(first, 0)
        _explain(book, catalogue, source, form, columns, bold, day)
    return True


def _headings(sheet: Worksheet, form: RecordForm | AreaForm, names: list[str], source: Source, bold: Format) -> int:
    """Write titles and headings; returns the number of rows above the data."""
    own = isinstance(form, AreaForm) and form.format.type == "xlsx"
    row, rows = (form.format.header_row - 1, form.format.header_rows) if own else (0, 1)
    if row > 0:
        sheet.write_string(0, 0, source.title)
    if rows == 1:
        for column, name in enumerate(names):
            sheet.write_string(row, column, name, bold)
        return row + 1
    parts = [name.split(" | ") for name in names]
    for depth in range(rows):
        column = 0
        while column < len(parts):
            if depth >= len(parts[column]):
                column += 1
                continue
            last = column
            while last + 1 < len(parts) and parts[last + 1][: depth + 1] == parts[column][: depth + 1]:
                last += 1
            ends = rows - 1 if depth == len(parts[column]) - 1 else depth
            if last > column or ends > depth:
                sheet.merge_range(row + depth, column, row + ends, last, parts[column][depth], bold)
            else:
                sheet.write_string(row + depth, column, parts[column][depth], bold)
            column = last + 1
    return row + rows


def _explain(  # noqa: PLR0917
    book: Workbook,
    catalogue: Catalogue,
    source: Source,
    form: RecordForm | AreaForm,
    columns: tuple[Column, ...],
    bold: Format,
    day: date,
) -> None:
    """The second sheet: what to deliver, when, in which columns, with which signs."""
    sheet = book.add_worksheet("Erläuterung")
    wrap = book.add_format({"text_wrap": True, "valign": "top"})
    sheet.set_column(0, 0, 26, wrap)
    sheet.set_column(1, 2, 60, wrap)
    owner = next(o.title for o in catalogue.owners if o.code == source.owner)
    lines = [
        ("Quelle", f"{source.title} ({source.code})"),
        ("liefernde Stelle", owner),
        ("Bezug", f"{reference(source)}, zuletzt {last_reference(source, day):%d.%m.%Y}"),
        ("Frist", f"{source.due_days} Tage danach"),
        ("Rechtsgrundlage", source.legal_basis or ""),
        ("Ablauf", source.delivery or ""),
        ("Güte", source.quality or ""),
        ("Hinweis", source.note or ""),
        ("Form", f"diese Mappe, oder: {layout(form)}"),
        (
            "so ausfüllen",
            f"Blatt „{SHEET}“ ab der Zeile unter den Spaltennamen; keine Formeln, keine Leerzeilen dazwischen.",
        ),
    ]
    row = 0
    for name, words in lines:
        if words:
            sheet.write_string(row, 0, name, bold)
            sheet.write_string(row, 1, words, wrap)
            row += 1
    row += 1
    for position, name in enumerate(("Spalte", "Inhalt", "zulässig")):
        sheet.write_string(row, position, name, bold)
    for column in columns:
        row += 1
        for position, words in enumerate((heading(column, source, day), column.content, column.allowed)):
            sheet.write_string(row, position, words, wrap)
    signs = signs_of(form) if isinstance(form, AreaForm) else ()
    if signs:
        row += 2
        sheet.write_string(row, 0, "Zeichen", bold)
        sheet.write_string(row, 1, "Bedeutung", bold)
        for sign, words in signs:
            row += 1
            sheet.write_string(row, 0, sign, wrap)
            sheet.write_string(row, 1, words, wrap)


def write_csv(path: Path, catalogue: Catalogue, source: Source) -> bool:
    """Write the header line of counted rows as CSV; False (and no file) for other sources."""
    form = counted_form(source)
    if not isinstance(form, RecordForm) or form.format.type != "csv":
        return False
    names = [c.name for c in columns_of(catalogue, source, form)]
    path.write_text(form.format.separator.join(names) + "\r\n", encoding=form.format.encoding, newline="")
    return True
