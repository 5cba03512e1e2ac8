"""Every view as a CSV file: UTF-8 with BOM, semicolons, as German spreadsheet programs open it."""

from __future__ import annotations

from pathlib import Path

from etl.publish.exports.tables import as_text, exported
from etl.publish.source import Source


def write_csv(source: Source, folder: Path, *, comma: bool = True) -> list[Path]:
    """Write ``VIEW.csv`` for every exported view, without outlines; returns the files.

    ``comma``: decimal comma; otherwise a point.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for view in exported(source):
        frame = source.frame(view.name, [c.name for c in view.plain])
        path = folder / f"{view.name}.csv"
        # "necessary" quotes what holds a separator, a quote or a line break
        as_text(frame, comma=comma).write_csv(
            path, separator=";", include_bom=True, line_terminator="\r\n", quote_style="necessary"
        )
        files.append(path)
    return files
