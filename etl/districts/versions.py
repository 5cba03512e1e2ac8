"""District versions: made on demand, changed only while they are drafts, completed with city and pseudo-unit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import shapely
from psycopg.types.range import DateRange
from sqlalchemy import Connection, text

from etl.catalogue import NOT_LOCATED, City
from etl.districts.areas import SRID, Geometries, geometry_array, polygons_only
from etl.errors import SozialberichtError
from etl.warehouse.comparison import VERSION as COMPARISON_VERSION

LOCK = 7_262_201
"""Advisory lock: one change of geometry at a time, until the end of the transaction."""
NOT_LOCATED_KEY = "NZ"
FROZEN = ("adopted", "superseded")


@dataclass(frozen=True)
class Version:
    """A district version as stored."""

    id: int
    label: str
    status: str
    provisional: bool
    synthetic: bool


@dataclass(frozen=True)
class NewVersion:
    """What the user says about a version; ``valid_from`` is inclusive, ``valid_to`` exclusive, ``None`` is open."""

    label: str
    title: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    provisional: bool = False
    synthetic: bool = False


def lock(connection: Connection) -> None:
    """Wait for other loads of geometry; released with the transaction."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})


def find(connection: Connection, label: str) -> Version | None:
    """The version of that label."""
    row = connection.execute(
        text("SELECT id, label, status, provisional, synthetic FROM geo.district_version WHERE label = :label"),
        {"label": label},
    ).one_or_none()
    return Version(*row) if row is not None else None


def get(connection: Connection, label: str) -> Version:
    """The version of that label. Raises ``SozialberichtError`` naming those that exist."""
    version = find(connection, label)
    if version is None:
        others = text("SELECT label FROM geo.district_version WHERE label <> :comparison ORDER BY label")
        known = connection.scalars(others, {"comparison": COMPARISON_VERSION}).all()
        there = ", ".join(f"„{k}“" for k in known) or "noch keiner"
        raise SozialberichtError(f"Den Gebietsstand „{label}“ gibt es nicht; vorhanden: {there}.")
    return version


def current(connection: Connection) -> Version | None:
    """The version that the published views show."""
    label = connection.scalar(text("SELECT label FROM geo.district_version WHERE is_current"))
    return find(connection, label) if label is not None else None


def require_mutable(version: Version) -> None:
    """Raise ``SozialberichtError`` if the version has been adopted."""
    if version.status in FROZEN:
        raise SozialberichtError(
            f"Der Gebietsstand „{version.label}“ ist beschlossen und wird nicht mehr geändert; bitte mit --version "
            "einen neuen anlegen."
        )


def open_version(connection: Connection, wanted: NewVersion) -> Version:
    """The version, made as a draft if it is new; given dates and flags are taken over while it is a draft.

    The first version of a database becomes the current one. Raises ``SozialberichtError`` if the version is adopted or
    the dates are in the wrong order.
    """
    if wanted.valid_from and wanted.valid_to and wanted.valid_from >= wanted.valid_to:
        raise SozialberichtError(
            f"Gültigkeit von {wanted.valid_from:%d.%m.%Y} bis {wanted.valid_to:%d.%m.%Y}: das Ende muss nach dem "
            "Beginn liegen (es zählt selbst nicht mehr dazu)."
        )
    version = find(connection, wanted.label)
    given = {
        "label": wanted.label,
        "title": wanted.title,
        "valid": _range(wanted),
        "provisional": wanted.provisional,
        "synthetic": wanted.synthetic,
    }
    if version is None:
        connection.execute(
            text("""
                INSERT INTO geo.district_version (label, title, provisional, synthetic, valid, is_current)
                VALUES (:label, coalesce(:title, :label), :provisional, :synthetic,
                        coalesce(cast(:valid AS daterange), daterange('1900-01-01', NULL)),
                        NOT EXISTS (SELECT FROM geo.district_version WHERE is_current))
            """),
            given,
        )
    else:
        require_mutable(version)
        connection.execute(
            text("""
                UPDATE geo.district_version
                SET title = coalesce(:title, title), valid = coalesce(cast(:valid AS daterange), valid),
                    provisional = provisional OR :provisional, synthetic = synthetic OR :synthetic
                WHERE label = :label
                  AND (title, valid, provisional, synthetic) IS DISTINCT FROM
                      (coalesce(:title, title), coalesce(cast(:valid AS daterange), valid),
                       provisional OR :provisional, synthetic OR :synthetic)
            """),
            given,
        )
    return get(connection, wanted.label)


def _range(wanted: NewVersion) -> DateRange | None:
    if wanted.valid_from is None and wanted.valid_to is None:
        return None
    return DateRange(wanted.valid_from or date(1900, 1, 1), wanted.valid_to, "[)")


def make_current(connection: Connection, label: str) -> Version:
    """Show this version in the published views from now on. Raises ``SozialberichtError`` if it does not exist."""
    version = get(connection, label)
    # two statements: the partial unique index allows one current version at any moment
    connection.execute(
        text("UPDATE geo.district_version SET is_current = false WHERE is_current AND id <> :id"), {"id": version.id}
    )
    connection.execute(
        text("UPDATE geo.district_version SET is_current = true WHERE NOT is_current AND id = :id"), {"id": version.id}
    )
    return version


def complete_version(connection: Connection, city: City, version_id: int) -> None:
    """Give the version its city unit and its pseudo-unit, and hang the level below under the city.

    Where no file of the top level was loaded, the city is the union of the next level and follows its changes. The
    pseudo-unit (level ``nicht_zuordenbar``, key ``NZ``) has no geometry and takes persons without locatable address.
    """
    keys: dict[str, Any] = {"version": version_id, "top": city.top.code}
    if not has_own_file(connection, version_id, city.top.code):
        union = _union_of_next(connection, city, version_id)
        if union is not None:
            keys |= {"key": city.ags, "name": city.name, "geom": shapely.to_wkb(union), "srid": SRID}
            changed = connection.execute(
                text("""
                    UPDATE geo.unit SET geom = ST_GeomFromWKB(:geom, :srid), name = :name, key = :key
                    WHERE version_id = :version AND level = :top
                """),
                keys,
            ).rowcount
            if changed == 0:
                connection.execute(
                    text("""
                        INSERT INTO geo.unit (version_id, level, key, name, geom)
                        VALUES (:version, :top, :key, :name, ST_GeomFromWKB(:geom, :srid))
                    """),
                    keys,
                )
    below = [level.code for level in city.levels if level.parent == city.top.code]
    connection.execute(
        text("""
            UPDATE geo.unit u SET parent_id = t.id
            FROM geo.unit t
            WHERE t.version_id = :version AND t.level = :top
              AND u.version_id = :version AND u.level = ANY(:below) AND u.parent_id IS NULL
        """),
        keys | {"below": below},
    )
    connection.execute(
        text("""
            INSERT INTO geo.unit (version_id, level, key, name, parent_id)
            SELECT :version, :level, :nz, 'nicht zuordenbar', t.id
            FROM geo.unit t
            WHERE t.version_id = :version AND t.level = :top
              AND NOT EXISTS (SELECT FROM geo.unit n WHERE n.version_id = :version AND n.level = :level)
        """),
        keys | {"level": NOT_LOCATED, "nz": NOT_LOCATED_KEY},
    )


def has_own_file(connection: Connection, version_id: int, level: str) -> bool:
    """Whether a file of this level was loaded into the version."""
    return bool(
        connection.scalar(
            text("SELECT EXISTS (SELECT FROM geo.boundary_load WHERE version_id = :version AND level = :level)"),
            {"version": version_id, "level": level},
        )
    )


def _union_of_next(connection: Connection, city: City, version_id: int) -> Any:
    """Union of the first level directly below the city that has units; ``None`` if none has."""
    for level in city.levels:
        if level.parent != city.top.code:
            continue
        raw = connection.scalars(
            text("""
                SELECT ST_AsBinary(geom) FROM geo.unit
                WHERE version_id = :version AND level = :level AND geom IS NOT NULL ORDER BY id
            """),
            {"version": version_id, "level": level.code},
        ).all()
        if raw:
            return dissolve(geometry_array([shapely.from_wkb(bytes(r)) for r in raw]))
    return None


def dissolve(geoms: Geometries) -> Any:
    """Union as MultiPolygon; exact (no new vertices) where the polygons form a coverage."""
    exact = shapely.coverage_is_valid(geoms)
    return polygons_only(shapely.coverage_union_all(geoms) if exact else shapely.union_all(geoms))
