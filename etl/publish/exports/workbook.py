"""One workbook for people who work in spreadsheets: notes, values, indicators, indices."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import xlsxwriter  # type: ignore[import-untyped]
from xlsxwriter.format import Format  # type: ignore[import-untyped]
from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

from etl.catalogue import Catalogue
from etl.publish import german
from etl.publish.exports.tables import defused
from etl.publish.source import Source

STAMP = datetime(2000, 1, 1, tzinfo=UTC)
"""Time that the file states, so that the same content gives the same bytes."""
WIDEST = 60
SYNTHETIC = (
    "Alle Daten sind synthetisch: erfunden, um das Programm zu zeigen. Sie sagen nichts über die wirkliche Stadt."
)

VALUES = ("kennzahl", "gebietsstand", "ebene", "gebiet", "name", "zeitraum", "stichtag", "gruppe", "zaehler", "nenner",
          "wert", "status", "guete", "ki_unten", "ki_oben", "vergleich_stadt", "trend", "klasse")  # fmt: skip
SHEETS = {
    "Werte": ("wert", VALUES, "aktuell"),
    "Kennzahlen": ("kennzahl", None, "true"),
    "Indizes": ("index_zeitreihe", None, "true"),
    "Quellen": ("quelle", None, "true"),
}


def _notes(source: Source, catalogue: Catalogue) -> list[str]:
    edition = source.edition
    signs = "; ".join(f"{word} = {meaning}" for word, meaning in german.STATUS.items())
    return [
        catalogue.city.report_title,
        f"Stand: {edition.label}",
        *([SYNTHETIC] if edition.synthetic else []),
        "Zahlen stehen als Zahlen in den Zellen; wo keine steht, sagt die Spalte „status“, warum.",
        f"Zustand: {signs}.",
        "Geheim gehaltene Werte lassen sich aus den übrigen nicht berechnen.",
        "ki_unten, ki_oben: Grenzen des 95-%-Konfidenzintervalls. guete: exakt, exakt_teilung oder geschaetzt.",
        "So zitieren: Kennzahl, Gebiet, Zeitraum und Stand, zum Beispiel "
        f"„{catalogue.city.report_title}, Stand {edition.label}, BEV04, Stadt, 2025“.",
    ]  # fmt: skip


def _write_table(sheet: Worksheet, frame: pl.DataFrame, bold: Format, day: Format) -> None:
    texts = [name for name, kind in frame.schema.items() if kind == pl.String]
    frame = frame.with_columns(defused(pl.col(name)).alias(name) for name in texts)
    for column, name in enumerate(frame.columns):
        sheet.write_string(0, column, name, bold)
        longest = max([len(name), *(len(str(v)) for v in frame[name].head(200).to_list())])
        sheet.set_column(column, column, min(WIDEST, longest + 2))
    for number, row in enumerate(frame.iter_rows(), start=1):
        for column, value in enumerate(row):
            if isinstance(value, bool):
                sheet.write_string(number, column, "ja" if value else "nein")
            elif isinstance(value, int | float):
                sheet.write_number(number, column, value)
            elif isinstance(value, date):
                sheet.write_datetime(number, column, datetime(value.year, value.month, value.day), day)
            elif value is not None:
                sheet.write_string(number, column, str(value))
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(1, len(frame)), max(0, len(frame.columns) - 1))


def write_workbook(source: Source, catalogue: Catalogue, path: Path) -> Path:
    """Write the workbook: real numbers, a status beside each value, no formulas; the same content, the same bytes."""
    book = xlsxwriter.Workbook(path, {"strings_to_formulas": False, "strings_to_urls": False, "constant_memory": True})
    book.set_properties({"title": catalogue.city.report_title, "created": STAMP, "subject": source.edition.label})
    bold, wrapped = book.add_format({"bold": True}), book.add_format({"text_wrap": True})
    day = book.add_format({"num_format": "dd.mm.yyyy"})
    notes = book.add_worksheet("Hinweise")
    notes.set_column(0, 0, 110)
    for number, line in enumerate(_notes(source, catalogue)):
        notes.write_string(number, 0, line, bold if number == 0 else wrapped)
    for title, (view, columns, where) in SHEETS.items():
        if view in source.views:
            shown = list(columns or [c.name for c in source.views[view].plain])
            _write_table(book.add_worksheet(title), source.frame(view, shown, where), bold, day)
    book.close()
    return path
