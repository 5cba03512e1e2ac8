"""What a release says as one hash: every row of every table of it, and the facts that it was made with.

Rows are taken without their running numbers and without empty columns, in the order of their text, so that equal
content gives an equal hash and columns that later versions add change nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, ForeignKey, Table, text

from etl.warehouse.models import Base

MARKS = ("corrected",)
"""Columns that tell of the release before rather than of the figures."""
FACTS = ("policy", "deliveries", "indicators", "geometry", "synthetic")
"""Columns of the edition that belong to its content."""
_OUTSIDE = ("edition", "event")


@dataclass(frozen=True)
class Content:
    """Hashes of a release: ``figures`` of all it says, ``whole`` of that and its marks of corrections."""

    figures: str
    whole: str


def content_tables() -> list[Table]:
    """The tables of schema ``release`` with rows of an edition, by name."""
    tables = (t for t in Base.metadata.tables.values() if t.schema == "release" and t.name not in _OUTSIDE)
    return sorted((t for t in tables if "edition_id" in t.c), key=lambda t: t.name)


def _inside(table: Table) -> Iterator[tuple[str, Table]]:
    """Columns of a table that refer to running numbers of another table of the release."""
    for column in table.c:
        key: ForeignKey
        for key in column.foreign_keys:
            if key.column.table.schema == "release" and column.name != "edition_id":
                yield column.name, key.column.table


def row_content(table: Table, alias: str = "t") -> str:
    """SQL of a row's content as jsonb (``alias``: the table's), numbers of other rows replaced by what those say."""
    inside = list(_inside(table))
    left_out = ["edition_id", *(["id"] if "id" in table.c else []), *(name for name, _ in inside), *MARKS]
    listed = ", ".join(f"'{name}'" for name in left_out)
    parts = [f"(to_jsonb({alias}) - ARRAY[{listed}])"]
    for name, parent in inside:
        other = f"SELECT {row_content(parent, 'p')} FROM {parent.fullname} p WHERE p.id = {alias}.{name}"  # noqa: S608
        parts.append(f"jsonb_build_object('{name}', ({other}))")
    return f"jsonb_strip_nulls({' || '.join(parts)})"


def _table_hash(connection: Connection, table: Table, edition: int) -> str | None:
    """Hash of a table's rows of an edition; None where it has none."""
    # in parts, as no text may be longer than 1 GB
    part = "indicator_id" if "indicator_id" in table.c else "0"
    statement = f"""
        SELECT encode(sha256(convert_to(string_agg(part, '' ORDER BY part COLLATE "C"), 'UTF8')), 'hex')
        FROM (SELECT encode(sha256(convert_to(string_agg(line, E'\\n' ORDER BY line COLLATE "C"), 'UTF8')), 'hex')
                     AS part
              FROM (SELECT {part} AS part_of, {row_content(table)}::text AS line FROM {table.fullname} t
                    WHERE t.edition_id = :edition) l GROUP BY part_of) p
    """  # noqa: S608  # names of our own models
    found: str | None = connection.scalar(text(statement), {"edition": edition})
    return found


def content(connection: Connection, edition: int) -> Content:
    """The hashes of an edition as it stands in the tables now."""
    connection.execute(text("SET LOCAL extra_float_digits = 1"))  # all digits of a number
    lines = []
    for table in content_tables():
        found = _table_hash(connection, table, edition)
        if found is not None:
            lines.append(f"{table.name} {found}")
    for fact in FACTS:
        told = connection.scalar(
            text(f"SELECT encode(sha256(convert_to({fact}::text, 'UTF8')), 'hex') FROM release.edition WHERE id = :id"),  # noqa: S608
            {"id": edition},
        )
        lines.append(f"{fact} {told}")
    figures = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    marks = connection.scalar(
        text("""
        SELECT string_agg(concat_ws(' ', unit_id, indicator_id, group_code, period), E'\\n'
                          ORDER BY unit_id, indicator_id, group_code COLLATE "C", period COLLATE "C")
        FROM release.value WHERE edition_id = :id AND corrected
        """),
        {"id": edition},
    )
    return Content(figures, hashlib.sha256(f"{figures}\n{marks or ''}".encode()).hexdigest())
