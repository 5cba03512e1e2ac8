"""Numbers that stand beside a hidden value: whatever is derived from it must be hidden with it."""

from __future__ import annotations

from collections import defaultdict

from psycopg import sql
from sqlalchemy import Connection

from etl.catalogue import Catalogue
from etl.confidentiality.audit.facts import KNOWN
from etl.confidentiality.audit.finding import Fault
from etl.warehouse.engine import driver

STATUS = "status"
COLUMNS = """
SELECT c.relname, a.attname, format_type(a.atttypid, NULL)
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = %s
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relkind IN ('v', 'm', 'r') AND has_table_privilege(c.oid, 'SELECT')
ORDER BY c.relname, a.attnum
"""

NUMBERS = ("double precision", "numeric", "real", "integer", "bigint", "smallint", "boolean")

DESCRIBES = frozenset({
    "aktuell", "fehlt_von", "teile", "teile_gesamt", "punkte", "jahre", "schritt", "rang_von_gesamt", "umfang",
    "zieljahr", "basisjahr", "jahr", "version", "variante", "anzahl_gebiete", "gebiete",
    "zurueckgezogen",
})  # fmt: skip
"""Columns that say which row it is, not what was found there."""

WORDS = frozenset({
    "vergleich_stadt", "vergleich_rest", "vergleich_stadtteil", "vergleich_vorjahr", "trend", "signifikanz", "richtung",
    "klasse_text", "klassenname", "beurteilung",
})  # fmt: skip
"""Columns of text that follow from a value."""


def derived_beside_hidden(connection: Connection, catalogue: Catalogue, schema: str) -> tuple[Fault, ...]:
    """Faults for every view and column that holds something in rows whose status says that nothing is shown."""
    found: list[Fault] = []
    with driver(connection).cursor() as cursor:
        views: dict[str, dict[str, str]] = defaultdict(dict)
        for view, column, kind in cursor.execute(COLUMNS, (schema,)).fetchall():
            views[str(view)][str(column)] = str(kind)
        codes = {i.code.lower() for i in catalogue.indicators}
        for view, columns in views.items():
            for status, names in _watched(columns, codes).items():
                derived = {name: columns[name] for name in names}
                number, example = _offending(cursor, schema, view, status, derived)
                if number:
                    found.append(
                        Fault("abgeleitet", f"{view}: {number} Zeilen mit Angaben trotz {status}, etwa in „{example}“")
                    )
    return tuple(found)


def _watched(columns: dict[str, str], codes: set[str]) -> dict[str, list[str]]:
    """Status column → columns that must be empty where it says that nothing is shown."""
    if STATUS in columns:
        mine = [
            name for name, kind in columns.items()
            if not name.endswith("_id") and name not in DESCRIBES and not name.endswith("_status")
            and f"{name}_status" not in columns and (kind in NUMBERS or name in WORDS)
        ]  # fmt: skip
        return {STATUS: mine} if mine else {}
    watched = {}
    for code in codes:
        if f"{code}_status" in columns:
            own = [code, *(c for c in columns if c.startswith(f"{code}_") and c not in _beside(code))]
            watched[f"{code}_status"] = [c for c in own if c in columns]
    return watched


def _beside(code: str) -> set[str]:
    return {f"{code}_status", f"{code}_zeitraum", f"{code}_hinweis"}


def _offending(cursor: object, schema: str, view: str, status: str, derived: dict[str, str]) -> tuple[int, str]:
    """Rows with something derived where nothing is shown, and the first such column. A plain no tells nothing."""
    said = [
        sql.SQL("nullif({}, false)" if kind == "boolean" else "{}").format(sql.Identifier(column))
        for column, kind in derived.items()
    ]
    counts = sql.SQL(", ").join(sql.SQL("count({})").format(c) for c in said)
    either = sql.SQL(", ").join(sql.SQL("{}::text").format(c) for c in said)
    statement = sql.SQL("SELECT count(coalesce({})), {} FROM {}.{} WHERE {} <> ALL (%s)").format(
        either, counts, sql.Identifier(schema), sql.Identifier(view), sql.Identifier(status)
    )
    row = cursor.execute(statement, (list(KNOWN),)).fetchone()  # type: ignore[attr-defined]
    first = next((c for c, n in zip(derived, row[1:], strict=True) if n), "")
    return int(row[0]), first
