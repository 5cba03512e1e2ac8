"""The file of an area table as rows of text, and the words around them: titles, footnotes, hidden parts, metadata."""

from __future__ import annotations

import csv
import io
import re

import polars as pl

from etl.catalogue.sources import AreaForm, FileFormat, NotesFrom
from etl.intake import genesis, parquet, workbook
from etl.intake.archive import Delivered
from etl.intake.csvtable import LINE, Ragged, batches
from etl.intake.header import csv_rows, tidy
from etl.intake.outcome import Remark
from etl.intake.rejects import Rejects
from etl.intake.textfile import head

MAX_METADATA = 8 * 1024**2
"""Bytes of a file with titles and notes."""
MAX_REMARK = 2000
"""Letters of one remark."""


def remark(kind: str, text: str, line: int | None = None) -> Remark:
    """A remark with its text tidied and cut."""
    return Remark(kind, tidy(text)[:MAX_REMARK], line)  # type: ignore[arg-type]


def row_text(cells: tuple[object, ...]) -> str:
    """The cells of a row that say something, one blank apart."""
    return " ".join(str(c) for c in cells if c not in (None, ""))


def read_table(
    delivered: Delivered, form: AreaForm, names: tuple[str, ...], rejects: Rejects
) -> tuple[pl.DataFrame, list[Remark]]:
    """All rows below the headings as text with their line, without the footer; and what stands around them.

    Lines with another number of cells than the headings go to ``rejects``, unless they are footnotes.
    """
    layout = form.format
    if layout.type == "genesis":
        return genesis.read_table(delivered, layout, rejects)
    ragged: list[Ragged] = []
    if delivered.kind == "xlsx":
        frame = workbook.rows(delivered, layout, names)
    elif delivered.kind == "parquet":
        frame = parquet.rows(delivered, layout, names)
    else:
        frames = [pl.DataFrame(schema={**dict.fromkeys(names, pl.String), LINE: pl.Int64})]
        for batch in batches(delivered.path, layout, names, delivered.name):
            frames.append(batch.frame)
            ragged += batch.ragged
        frame = pl.concat(frames)
    remarks = _around(delivered, layout)
    if layout.footer is not None:
        frame, ragged, notes = _without_footer(frame, ragged, layout, rejects)
        remarks += notes
    rejects.add_rows([(r.line, None, None, r.reason) for r in ragged])
    return frame, remarks


def _around(delivered: Delivered, layout: FileFormat) -> list[Remark]:
    """Titles above the headings, and what is hidden in a workbook."""
    if delivered.kind == "xlsx":
        titles = [remark("titel", text, line) for line, text in workbook.titles(delivered, layout)]
        return titles + [remark("verborgen", text) for text in workbook.hidden(delivered, layout)]
    if delivered.kind == "parquet" or layout.header_row == 1 or layout.columns:
        return []
    above = csv_rows(head(delivered.path, layout.encoding), layout.separator, layout.header_row - 1)[0]
    texts = ((line, row_text(tuple(row))) for line, row in enumerate(above, start=1))
    return [remark("titel", text, line) for line, text in texts if tidy(text)]


def _without_footer(
    frame: pl.DataFrame, ragged: list[Ragged], layout: FileFormat, rejects: Rejects
) -> tuple[pl.DataFrame, list[Ragged], list[Remark]]:
    """Cut the table before the first row whose first cell meets the pattern; a row with values below it is a fault."""
    pattern = re.compile(layout.footer or "")
    first = frame.columns[0]
    lines = [line for line, word in frame.select(LINE, first).iter_rows() if pattern.search(tidy(word))]
    lines += [r.line for r in ragged if pattern.search(tidy(r.text.split(layout.separator)[0].strip('"')))]
    if not lines:
        return frame, ragged, []
    start = min(lines)
    below = frame.filter(pl.col(LINE) >= start)
    filled = pl.sum_horizontal(pl.exclude(LINE) != "")
    values = below.filter((filled > 1) & (filled >= (len(frame.columns) - 1) / 2) & (pl.col(LINE) > start))
    rejects.add_rows(
        [(n, first, w, "steht unterhalb der Fußnoten (footer)") for n, w in values.select(LINE, first).iter_rows()]
    )
    notes = [
        remark("fussnote", row_text(tuple(row[:-1])), row[-1])
        for row in below.filter(~pl.col(LINE).is_in(values[LINE].implode())).select(pl.exclude(LINE), LINE).iter_rows()
    ]
    notes += [remark("fussnote", r.text.replace(layout.separator, " "), r.line) for r in ragged if r.line >= start]
    kept = [r for r in ragged if r.line < start]
    return frame.filter(pl.col(LINE) < start), kept, sorted(notes, key=lambda n: n.line or 0)


def metadata(delivered: Delivered, declared: NotesFrom, layout: FileFormat) -> tuple[list[Remark], str | None]:
    """Title and notes of the table from a file beside it; and in German why they could not be had."""
    path = delivered.folder / declared.file
    if not path.is_file():
        return [], f"die Datei {declared.file} mit Titel und Hinweisen fehlt im Ordner der Lieferung"
    if path.stat().st_size > MAX_METADATA:
        return [], f"die Datei {declared.file} ist zu groß für eine Liste von Titeln und Hinweisen"
    text = path.read_text(encoding=layout.encoding, errors="replace").lstrip("\ufeff")
    wanted = [declared.column, *filter(None, (declared.title, declared.note))]
    try:
        rows = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=layout.separator))
    except csv.Error:
        return [], f"die Datei {declared.file} ist nicht lesbar"
    missing = [w for w in wanted if not rows or w not in rows[0]]
    if missing:
        return [], f"in der Datei {declared.file} fehlt die Spalte {', '.join(missing)}"
    row = next((r for r in rows if r[declared.column] == declared.name), None)
    if row is None:
        return [], f"in der Datei {declared.file} steht nichts zu {declared.name}"
    texts = [row[column] or "" for column in filter(None, (declared.title, declared.note))]
    return [remark("hinweis", t) for t in texts if tidy(t)], None
