"""What builders of files read: the published views, or the same views over a draft, and nothing below them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import polars as pl
from psycopg import sql
from sqlalchemy import Engine, text

from etl.catalogue import Catalogue
from etl.errors import SozialberichtError
from etl.warehouse import service
from etl.warehouse.engine import driver, open_engine

Schema = Literal["sozialbericht", "kandidat"]
ROLES: dict[str, str] = {"sozialbericht": service.READER, "kandidat": "vorschau"}
"""Who reads which schema."""

TYPES: dict[str, pl.DataType] = {
    "integer": pl.Int64(), "bigint": pl.Int64(), "smallint": pl.Int64(), "double precision": pl.Float64(),
    "numeric": pl.Float64(), "real": pl.Float64(), "boolean": pl.Boolean(), "date": pl.Date(), "text": pl.String(),
}  # fmt: skip

VIEWS = text("""
SELECT c.relname AS view, coalesce(obj_description(c.oid, 'pg_class'), '') AS told, a.attname AS column,
       format_type(a.atttypid, NULL) AS type, coalesce(col_description(c.oid, a.attnum), '') AS words,
       CASE WHEN t.typname = 'geometry' THEN upper(postgis_typmod_type(a.atttypmod)) END AS geometry
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = :schema
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type t ON t.oid = a.atttypid
WHERE c.relkind = 'v'
ORDER BY c.relname, a.attnum
""")


@dataclass(frozen=True)
class Column:
    """A column of a view; ``geometry``: POLYGON and the like in EPSG:25832, None where it is none."""

    name: str
    type: str
    description: str
    geometry: str | None = None


@dataclass(frozen=True)
class View:
    """A view with its German description; the first column is its key."""

    name: str
    description: str
    columns: tuple[Column, ...]

    @property
    def geometry(self) -> Column | None:
        """The outline or place of a row; points for labels beside it do not count."""
        return next((c for c in self.columns if c.geometry and c.name == "geom"), None)

    @property
    def plain(self) -> tuple[Column, ...]:
        """Columns without geometry."""
        return tuple(c for c in self.columns if not c.geometry)


@dataclass(frozen=True)
class Edition:
    """The release that is read: its label and whether its data are synthetic."""

    label: str
    synthetic: bool


@dataclass(frozen=True)
class Source:
    """The views of one schema, read as the role that may read nothing else."""

    engine: Engine
    schema: Schema

    @cached_property
    def views(self) -> dict[str, View]:
        """All views by name, with their columns in order."""
        found: dict[str, list[Any]] = {}
        with self.engine.connect() as connection:
            for row in connection.execute(VIEWS, {"schema": self.schema}):
                found.setdefault(row.view, []).append(row)
        return {
            name: View(name, rows[0].told, tuple(Column(r.column, r.type, r.words, r.geometry) for r in rows))
            for name, rows in found.items()
        }

    def frame(
        self, view: str, columns: Sequence[str] | None = None, where: str = "true", **values: Any
    ) -> pl.DataFrame:
        """Rows of a view in the order of its key; geometries as WKB.

        ``where``: a condition of the program's own, with ``values`` as its parameters (``%(name)s``).
        """
        known = {c.name: c for c in self.views[view].columns}
        wanted = [known[name] for name in (columns or known)]
        fields = sql.SQL(", ").join(
            sql.SQL("ST_AsBinary({0}) AS {0}" if c.geometry else "{0}").format(sql.Identifier(c.name)) for c in wanted
        )
        query = sql.SQL("SELECT {} FROM {}.{} WHERE {} ORDER BY {}").format(
            fields, sql.Identifier(self.schema), sql.Identifier(view), sql.SQL(where),
            sql.Identifier(next(iter(known))),
        )  # fmt: skip
        with self.engine.connect() as connection:
            rows = driver(connection).execute(query, values).fetchall()
        schema = {c.name: pl.Binary() if c.geometry else TYPES.get(c.type, pl.String()) for c in wanted}
        return pl.DataFrame(rows, schema=schema, orient="row")

    @cached_property
    def edition(self) -> Edition:
        """The release whose values the views show as current. Raises SozialberichtError where there is none."""
        found = self.frame("veroeffentlichung", ("stand", "zustand", "hinweis"), "zustand = 'aktuell'")
        if found.is_empty():
            raise SozialberichtError(
                "Es ist noch kein Stand veröffentlicht. Abhilfe: zuerst „./sozialbericht publish“ ausführen."
            )
        return Edition(found["stand"][0], found["hinweis"][0] is not None)


def open_source(catalogue: Catalogue, schema: Schema = "sozialbericht") -> Source:
    """The views of the catalogue's database, as ``leser`` or, for a draft, as ``vorschau``."""
    role = ROLES[schema]
    return Source(open_engine(service.url(catalogue.city.database, role), role=role), schema)
