"""Do the files say what the views say, and nothing else?

Every table in every file must be a view of the schema that was attacked: its columns the view's, each row one of the
view's rows. So a file can tell nothing that was not attacked.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from psycopg import sql
from sqlalchemy import Connection

from etl.confidentiality.audit.finding import Fault
from etl.confidentiality.audit.tables import FileTable, read_tables
from etl.warehouse.engine import driver

SHEETS = {"Werte": "wert", "Kennzahlen": "kennzahl", "Indizes": "index_zeitreihe", "Quellen": "quelle"}
"""Sheets of the workbook and the views that they show."""

PROSE = frozenset({"Hinweise"})
"""Sheets without figures."""

NUMBERS = ("double precision", "numeric", "real", "integer", "bigint", "smallint")
COLUMNS = """
SELECT c.relname, a.attname, format_type(a.atttypid, NULL)
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = %s
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relkind IN ('v', 'm') AND has_table_privilege(c.oid, 'SELECT')
ORDER BY c.relname, a.attnum
"""


@dataclass(frozen=True)
class FileFinding:
    """What the files hold: tables, rows and numbers that were compared; files of kinds that are not read."""

    faults: tuple[Fault, ...]
    files: int
    tables: int
    rows: int
    numbers: int
    unread: tuple[str, ...]


class _Views:
    """The views of a schema, each read once."""

    def __init__(self, connection: Connection, schema: str) -> None:
        self.connection, self.schema = connection, schema
        self.types: dict[str, dict[str, str]] = defaultdict(dict)
        with driver(connection).cursor() as cursor:
            for view, column, kind in cursor.execute(COLUMNS, (schema,)).fetchall():
                self.types[str(view)][str(column)] = str(kind)
        self.read: dict[tuple[str, tuple[str, ...]], set[tuple[Any, ...]]] = {}

    def rows(self, view: str, columns: tuple[str, ...]) -> set[tuple[Any, ...]]:
        """The view's rows, reduced to these columns."""
        if (view, columns) not in self.read:
            listed = sql.SQL(", ").join(map(sql.Identifier, columns))
            statement = sql.SQL("SELECT {} FROM {}.{}").format(
                listed, sql.Identifier(self.schema), sql.Identifier(view)
            )
            kinds = [self.types[view][c] for c in columns]
            with driver(self.connection).cursor() as cursor:
                self.read[view, columns] = {
                    tuple(plain(v, k) for v, k in zip(row, kinds, strict=True)) for row in cursor.execute(statement)
                }
        return self.read[view, columns]


def plain(value: Any, kind: str) -> float | str | None:
    """A cell in a form in which all formats can be compared; ``kind``: the type of the view's column."""
    if value is None or value == "" or (isinstance(value, float) and math.isnan(value)):
        return None
    if kind in NUMBERS:
        return _number(value)
    if kind == "boolean":
        return "ja" if str(value).lower() in {"ja", "true", "1", "t"} else "nein"
    if kind == "date" and isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return str(value).removeprefix("'").replace("\r\n", "\n").strip() or None


def _number(value: Any) -> float | str:
    if isinstance(value, int | float | Decimal):
        number = float(value)
    else:
        try:
            number = float(str(value).replace(",", "."))
        except ValueError:
            return str(value)
    return float(f"{number:.12g}")


def audit_files(connection: Connection, schema: str, folder: Path) -> FileFinding:
    """Compare every table in every file below a folder with the view of the same name.

    A table of another name, a column that the view has not, a row that is none of the view's is a fault. Files of kinds
    that are not read are named.
    """
    views = _Views(connection, schema)
    faults: list[Fault] = []
    unread, tables, rows, numbers = [], 0, 0, 0
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    for path in files:
        name = path.relative_to(folder).as_posix()
        try:
            found = read_tables(path)
        except ValueError as error:
            faults.append(Fault("datei", f"{name}: {error}"))
            continue
        if found is None:
            unread.append(name)
            continue
        for table in found:
            tables += not table.keyed
            rows += len(table.rows)
            counted, fault = _compared(views, table)
            numbers += counted
            if fault:
                faults.append(Fault("datei", f"{name}, {table.name}: {fault}"))
    return FileFinding(tuple(faults), len(files), tables, rows, numbers, tuple(unread))


def _compared(views: _Views, table: FileTable) -> tuple[int, str]:
    """Numbers of a table that were compared, and what is wrong with it."""
    if table.name in PROSE:
        stray = [c for row in table.rows for c in row if isinstance(c, int | float) and not isinstance(c, bool)]
        return 0, f"Zahl {stray[0]} in einem Blatt ohne Zahlen" if stray else ""
    view = SHEETS.get(table.name, table.name)
    if view not in views.types:
        return 0, "keine Sicht heißt so"
    kinds = views.types[view]
    columns = table.columns
    if table.keyed:
        columns = tuple(c for c in columns if c in kinds)
    elif more := [c for c in columns if c not in kinds]:
        return 0, f"Spalte „{more[0]}“ gibt es in der Sicht nicht"
    allowed = views.rows(view, columns)
    numeric = [n for n, c in enumerate(columns) if kinds[c] in NUMBERS]
    place = [table.columns.index(c) for c in columns]
    counted = 0
    for number, row in enumerate(table.rows, start=2):
        cells = tuple(plain(row[i], kinds[c]) for i, c in zip(place, columns, strict=True))
        counted += sum(cells[n] is not None for n in numeric)
        if cells not in allowed:
            return counted, f"Zeile {number} steht nicht in der Sicht „{view}“"
    return counted, ""
