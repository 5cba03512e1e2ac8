"""Reading exported files back: every table in them, by readers that the exports do not use themselves."""

from __future__ import annotations

import csv
import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from python_calamine import CalamineWorkbook

MOST_BYTES = 2_000_000_000
OWN_TABLES = re.compile(r"gpkg_.*|rtree_.*|sqlite_.*|layer_styles")
"""Tables that belong to the format, and the styles: no figures."""

SCRIPT = re.compile(r"<script[^>]*application/(?:geo\+)?json[^>]*>(.*?)</script>", re.DOTALL | re.IGNORECASE)
KEYED = {"kennzahl", "gebiet", "zeitraum"}
"""A record in JSON that holds these is a value."""
COMPACT = {"sicht", "fest", "worte", "spalten", "zeilen"}
"""A record in JSON that holds these is a table of the view that it names (the web atlas)."""

DESCRIBING = frozenset({"datapackage.json", "dateien.json", "metadaten.jsonld", "metadaten.ttl", "metadaten.rdf"})
"""Files that describe other files."""

TEXTS = frozenset({".txt", ".ttl", ".rdf", ".xml", ".jsonld", ".md", ".qml", ".css", ".js"})


@dataclass(frozen=True)
class FileTable:
    """A table in a file: its name, its columns, and its rows. ``keyed``: records found in a text, of any view."""

    file: str
    name: str
    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    keyed: bool = False


def _csv(path: Path) -> Iterator[FileTable]:
    csv.field_size_limit(10_000_000)
    with path.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.reader(lines, delimiter=";")
        header = tuple(next(reader, ()))
        yield FileTable(path.name, path.stem, header, [tuple(row) for row in reader])


def _xlsx(path: Path) -> Iterator[FileTable]:
    with closing(CalamineWorkbook.from_path(str(path))) as book:
        for name in book.sheet_names:
            rows = book.get_sheet_by_name(name).to_python()
            header = tuple(str(c) for c in rows[0]) if rows else ()
            yield FileTable(path.name, name, header, [tuple(r) for r in rows[1:]])


def _gpkg(path: Path) -> Iterator[FileTable]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as base:
        names = [
            r[0] for r in base.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY 1")
        ]
        shapes = dict(base.execute("SELECT table_name, column_name FROM gpkg_geometry_columns"))
        for name in names:
            if OWN_TABLES.fullmatch(name):
                continue
            found = [r[1] for r in base.execute("SELECT * FROM pragma_table_info(?)", (name,))]
            kept = [c for c in found if c not in {"fid", shapes.get(name)}]
            listed = ", ".join('"' + c.replace('"', '""') + '"' for c in kept)
            quoted = name.replace('"', '""')
            # names come from the file itself and are quoted
            statement = f'SELECT {listed} FROM "{quoted}"'  # noqa: S608
            rows = base.execute(statement).fetchall() if kept else []
            yield FileTable(path.name, name, tuple(kept), rows)


def _parquet(path: Path) -> Iterator[FileTable]:
    table = pq.read_table(path)
    about = json.loads((table.schema.metadata or {}).get(b"geo", b"{}"))
    kept = [c for c in table.column_names if c not in about.get("columns", {})]
    rows = list(zip(*(table.column(c).to_pylist() for c in kept), strict=True)) if kept else []
    yield FileTable(path.name, path.stem, tuple(kept), rows)


def _records(found: object) -> Iterator[dict[str, Any]]:
    if isinstance(found, dict):
        if found.keys() >= COMPACT:
            return  # read as a table
        if found.keys() >= KEYED:
            yield found
        for value in found.values():
            yield from _records(value)
    elif isinstance(found, list):
        for value in found:
            yield from _records(value)


def _compact(found: object, file: str) -> Iterator[FileTable]:
    """Tables of numbered words, wherever they stand: what is the same in all rows is said once."""
    if isinstance(found, dict):
        if found.keys() >= COMPACT:
            yield _table(found, file)
        else:
            for value in found.values():
                yield from _compact(value, file)
    elif isinstance(found, list):
        for value in found:
            yield from _compact(value, file)


def _table(found: dict[str, Any], file: str) -> FileTable:
    names, fixed, words = found["spalten"], found["fest"], found["worte"]
    rows = []
    for cells in found["zeilen"]:
        if len(cells) != len(names):
            raise ValueError(f"eine Zeile von „{found['sicht']}“ hat {len(cells)} statt {len(names)} Zellen")
        told = [
            words[name][cell] if name in words and cell is not None else cell
            for name, cell in zip(names, cells, strict=True)
        ]
        rows.append((*fixed.values(), *told))
    return FileTable(file, str(found["sicht"]), (*fixed, *names), rows)


def _texts(path: Path) -> Iterator[FileTable]:
    content = path.read_text(encoding="utf-8")
    pieces = [content] if path.suffix in {".json", ".geojson"} else SCRIPT.findall(content)
    for piece in pieces:
        parsed = json.loads(piece)
        yield from _compact(parsed, path.name)
        for record in _records(parsed):
            plain = {k: v for k, v in record.items() if not isinstance(v, dict | list)}
            yield FileTable(path.name, "wert", tuple(plain), [tuple(plain.values())], keyed=True)


READERS = {
    ".csv": _csv, ".xlsx": _xlsx, ".gpkg": _gpkg, ".parquet": _parquet, ".json": _texts, ".geojson": _texts,
    ".html": _texts,
}  # fmt: skip


def read_tables(path: Path) -> list[FileTable] | None:
    """All tables of a file; None where nobody here can read it. Raises ValueError where it is damaged or too large."""
    if path.name in DESCRIBING or path.suffix in TEXTS:
        return []
    reader = READERS.get(path.suffix)
    if reader is None:
        return None
    if path.stat().st_size > MOST_BYTES:
        raise ValueError(f"{path.name} hat mehr als {MOST_BYTES} Bytes")
    try:
        return list(reader(path))
    except ValueError:
        raise
    except Exception as error:  # each reader has errors of its own
        raise ValueError(f"{path.name} ist nicht lesbar: {error}") from error
