"""Units and blocks to and from the database; every write is one set-based statement over a copied table."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import shapely
from psycopg import errors
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from etl.districts.areas import SRID, Areas, geometry_array
from etl.districts.prepare import Source
from etl.districts.wording import listed
from etl.errors import SozialberichtError
from etl.warehouse.engine import driver


def read_units(connection: Connection, version_id: int, level: str) -> Areas:
    """The units of a level in a version, by key; empty if there are none."""
    rows = connection.execute(
        text("""
            SELECT u.key, u.name, p.key, ST_AsBinary(u.geom)
            FROM geo.unit u LEFT JOIN geo.unit p ON p.id = u.parent_id
            WHERE u.version_id = :version AND u.level = :level AND u.geom IS NOT NULL ORDER BY u.key
        """),
        {"version": version_id, "level": level},
    ).all()
    geoms = geometry_array([shapely.from_wkb(bytes(r[3])) for r in rows])
    return Areas([r[0] for r in rows], [r[1] for r in rows], [r[2] for r in rows], geoms)


def _copy(connection: Connection, areas: Areas) -> None:
    """The areas as temporary table ``delivered_area``, gone with the transaction."""
    connection.execute(text("DROP TABLE IF EXISTS pg_temp.delivered_area"))
    connection.execute(
        text("""
            CREATE TEMPORARY TABLE delivered_area (key text, name text, parent text, geom bytea) ON COMMIT DROP
        """)
    )
    rows = zip(areas.keys, areas.names, areas.parents, shapely.to_wkb(areas.geoms), strict=True)
    with driver(connection).cursor().copy("COPY pg_temp.delivered_area (key, name, parent, geom) FROM STDIN") as copy:
        for key, name, parent, geom in rows:
            copy.write_row((key, name or key, parent, geom))


def write_units(connection: Connection, version_id: int, level: str, areas: Areas, parent_level: str | None) -> None:
    """Make the units of a level in a version equal ``areas``; a key that stays keeps its internal id.

    ``areas.parents`` are keys of ``parent_level``. Raises ``SozialberichtError`` if a unit that disappears has units
    below it or figures.
    """
    _copy(connection, areas)
    given = {"version": version_id, "level": level, "parent": parent_level, "srid": SRID}
    _refuse_orphaning(connection, given)
    try:
        connection.execute(
            text("""
                DELETE FROM geo.unit u WHERE u.version_id = :version AND u.level = :level
                  AND NOT EXISTS (SELECT FROM pg_temp.delivered_area d WHERE d.key = u.key)
            """),
            given,
        )
    except IntegrityError as trouble:
        raise _still_used(trouble) from trouble
    connection.execute(
        text("""
            WITH wanted AS (
                SELECT d.key, d.name, p.id AS parent_id, ST_GeomFromWKB(d.geom, :srid) AS geom
                FROM pg_temp.delivered_area d
                LEFT JOIN geo.unit p ON p.version_id = :version AND p.level = :parent AND p.key = d.parent
            ), changed AS (
                UPDATE geo.unit u SET name = w.name, parent_id = w.parent_id, geom = w.geom
                FROM wanted w
                WHERE u.version_id = :version AND u.level = :level AND u.key = w.key
                  AND (u.name <> w.name OR u.parent_id IS DISTINCT FROM w.parent_id
                       OR ST_AsBinary(u.geom) IS DISTINCT FROM ST_AsBinary(w.geom))
            )
            INSERT INTO geo.unit (version_id, level, key, name, parent_id, geom)
            SELECT :version, :level, w.key, w.name, w.parent_id, w.geom
            FROM wanted w
            WHERE NOT EXISTS (
                SELECT FROM geo.unit u WHERE u.version_id = :version AND u.level = :level AND u.key = w.key
            )
            ORDER BY w.key
        """),
        given,
    )


def _refuse_orphaning(connection: Connection, given: dict[str, Any]) -> None:
    """Deleting a parent would delete its children with it; that must be the user's own decision."""
    losing = connection.scalars(
        text("""
            SELECT DISTINCT u.key FROM geo.unit u
            JOIN geo.unit k ON k.parent_id = u.id AND k.geom IS NOT NULL
            WHERE u.version_id = :version AND u.level = :level
              AND NOT EXISTS (SELECT FROM pg_temp.delivered_area d WHERE d.key = u.key)
            ORDER BY u.key
        """),
        given,
    ).all()
    if losing:
        raise SozialberichtError(
            f"Die Gebiete {listed(losing)} fehlen in der Datei, haben im Gebietsstand aber Gebiete unter sich. Bitte "
            "einen neuen Gebietsstand mit --version anlegen."
        )


def _still_used(trouble: IntegrityError) -> Exception:
    if isinstance(trouble.orig, errors.ForeignKeyViolation):
        return SozialberichtError(
            "Gebiete oder Blöcke, auf die sich schon Zahlen beziehen, fehlen in der Datei. Bitte einen neuen "
            "Gebietsstand mit --version anlegen."
        )
    return trouble


def replace_geometry(connection: Connection, version_id: int, level: str, areas: Areas) -> None:
    """New polygons for units that exist; names and parents stay."""
    _copy(connection, areas)
    connection.execute(
        text("""
            UPDATE geo.unit u SET geom = ST_GeomFromWKB(d.geom, :srid)
            FROM pg_temp.delivered_area d
            WHERE u.version_id = :version AND u.level = :level AND u.key = d.key
              AND ST_AsBinary(u.geom) IS DISTINCT FROM d.geom
        """),
        {"version": version_id, "level": level, "srid": SRID},
    )


def write_blocks(connection: Connection, label: str, areas: Areas, *, method: str, synthetic: bool) -> int:
    """Make the block set ``label`` equal ``areas`` and make it the current one; returns its id.

    A block whose key stays keeps its internal id. Raises ``SozialberichtError`` if an adopted district version is built
    on the set, or a block that disappears has counts.
    """
    block_set = _open_block_set(connection, label, method=method, synthetic=synthetic)
    _copy(connection, areas)
    given = {"set": block_set, "srid": SRID}
    try:
        connection.execute(
            text("""
                DELETE FROM geo.block b WHERE b.block_set_id = :set
                  AND NOT EXISTS (SELECT FROM pg_temp.delivered_area d WHERE d.key = b.key)
            """),
            given,
        )
    except IntegrityError as trouble:
        raise _still_used(trouble) from trouble
    connection.execute(
        text("""
            INSERT INTO geo.block AS b (block_set_id, key, parent_key, geom)
            SELECT :set, d.key, d.parent, ST_GeomFromWKB(d.geom, :srid) FROM pg_temp.delivered_area d ORDER BY d.key
            ON CONFLICT (block_set_id, key) DO UPDATE SET parent_key = excluded.parent_key, geom = excluded.geom
            WHERE b.parent_key IS DISTINCT FROM excluded.parent_key
               OR ST_AsBinary(b.geom) IS DISTINCT FROM ST_AsBinary(excluded.geom)
        """),
        given,
    )
    return block_set


def _open_block_set(connection: Connection, label: str, *, method: str, synthetic: bool) -> int:
    frozen = connection.scalar(
        text("""
            SELECT v.label FROM geo.district_version v
            JOIN geo.block_assignment a ON a.version_id = v.id
            JOIN geo.block b ON b.id = a.block_id JOIN geo.block_set s ON s.id = b.block_set_id
            WHERE s.label = :label AND v.status IN ('adopted', 'superseded') LIMIT 1
        """),
        {"label": label},
    )
    if frozen is not None:
        raise SozialberichtError(
            f"Auf den Blöcken „{label}“ beruht der beschlossene Gebietsstand „{frozen}“; bitte mit --version eine "
            "andere Bezeichnung für die neuen Blöcke wählen."
        )
    connection.execute(
        text("UPDATE geo.block_set SET is_current = false WHERE is_current AND label <> :label"), {"label": label}
    )
    found = connection.scalar(
        text("""
            INSERT INTO geo.block_set (label, method, is_current, synthetic) VALUES (:label, :method, true, :synthetic)
            ON CONFLICT (label) DO UPDATE
            SET method = excluded.method, is_current = true, synthetic = excluded.synthetic
            RETURNING id
        """),
        {"label": label, "method": method, "synthetic": synthetic},
    )
    return int(found)


def locate_addresses(connection: Connection) -> tuple[int, int]:
    """Give every address the block of the current set that it lies in; returns how many are located and how many not.

    A point on a border belongs to exactly one block: the one with the lowest key. An address in no block keeps none.
    """
    connection.execute(
        text("""
            UPDATE geo.address a SET block_id = hit.block_id
            FROM geo.address x
            LEFT JOIN LATERAL (
                SELECT b.id AS block_id FROM geo.block b JOIN geo.block_set s ON s.id = b.block_set_id AND s.is_current
                WHERE ST_Intersects(b.geom, x.geom) ORDER BY b.key LIMIT 1
            ) hit ON true
            WHERE a.id = x.id AND a.block_id IS DISTINCT FROM hit.block_id
        """)
    )
    row = connection.execute(text("SELECT count(block_id), count(*) - count(block_id) FROM geo.address")).one()
    return int(row[0]), int(row[1])


def last_load(connection: Connection, version_id: int | None, level: str) -> dict[str, Any] | None:
    """The newest journal entry of a version and level (``version_id`` ``None``: of a level without version)."""
    row = (
        connection.execute(
            text("""
                SELECT id, sha256, options, file_name FROM geo.boundary_load
                WHERE version_id IS NOT DISTINCT FROM :version AND level = :level ORDER BY id DESC LIMIT 1
            """),
            {"version": version_id, "level": level},
        )
        .mappings()
        .one_or_none()
    )
    return dict(row) if row is not None else None


def last_block_load(connection: Connection, label: str) -> dict[str, Any] | None:
    """The newest journal entry of the set of blocks of that label."""
    row = (
        connection.execute(
            text("""
                SELECT id, sha256, options, file_name FROM geo.boundary_load
                WHERE level = 'block' AND options ->> 'block_set' = :label ORDER BY id DESC LIMIT 1
            """),
            {"label": label},
        )
        .mappings()
        .one_or_none()
    )
    return dict(row) if row is not None else None


def is_last_of_kind(connection: Connection, level: str, sha256: str, options: dict[str, Any]) -> bool:
    """Whether the newest load of this level and kind (``options["kind"]``) was this file with these options."""
    row = connection.execute(
        text("""
            SELECT sha256, options FROM geo.boundary_load
            WHERE level = :level AND options ->> 'kind' = :kind ORDER BY id DESC LIMIT 1
        """),
        {"level": level, "kind": options["kind"]},
    ).one_or_none()
    return row is not None and (row[0], row[1]) == (sha256, options)


@dataclass(frozen=True)
class Journal:
    """One entry of ``geo.boundary_load``; ``version_id`` is ``None`` for blocks, addresses and facilities."""

    level: str
    version_id: int | None
    options: dict[str, Any]
    report: dict[str, Any]
    synthetic: bool = False


def record_load(connection: Connection, source: Source, entry: Journal) -> int:
    """Write the provenance of one load; returns its id."""
    given = {
        "version": entry.version_id,
        "level": entry.level,
        "file": source.file,
        "sha256": source.sha256,
        "options": json.dumps(entry.options, ensure_ascii=False),
        "crs": source.crs,
        "operation": source.operation_text(),
        "report": json.dumps(entry.report, ensure_ascii=False),
        "synthetic": entry.synthetic,
    }
    found = connection.scalar(
        text("""
            INSERT INTO geo.boundary_load
                (version_id, level, file_name, sha256, options, source_crs, operation, report, synthetic)
            VALUES (:version, :level, :file, :sha256, cast(:options AS jsonb), :crs, :operation,
                    cast(:report AS jsonb), :synthetic)
            RETURNING id
        """),
        given,
    )
    return int(found or 0)
