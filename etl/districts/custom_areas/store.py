"""Drawn areas into the database: read, checked, replaced as a set."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import shapely
from sqlalchemy import Connection, text

from etl.catalogue import City
from etl.districts import coverage, crs, read, repair, versions
from etl.districts.areas import SRID, Areas
from etl.districts.findings import Findings
from etl.districts.wording import area as in_words
from etl.districts.wording import listed
from etl.errors import InputError, InputProblem, SozialberichtError
from etl.warehouse.engine import driver


@dataclass(frozen=True)
class AreaOptions:
    """How the set is called and how its file is read."""

    label: str
    key: str
    name: str | None = None
    layer: str | None = None
    charset: str | None = None
    epsg: int | None = None
    synthetic: bool = False


@dataclass(frozen=True)
class Added:
    """What was taken in: keys and what was found in the file, in words."""

    keys: tuple[str, ...]
    findings: tuple[str, ...]


def read_areas(path: Path, city: City, options: AreaOptions) -> tuple[Areas, Findings]:
    """The drawn areas in EPSG:25832, rings repaired. They may overlap and leave gaps.

    Raises ``InputError`` for an unreadable file, a wrong column, missing or repeated keys, or areas far from the city.
    """
    findings = Findings()
    features = read.read_features(path, layer=options.layer, charset=options.charset)
    areas = read.to_areas(features, key=options.key, name=options.name, parent=None, findings=findings)
    _refuse(path, findings)
    found = crs.found(features.crs_wkt, features.file, options.epsg)
    geoms, _ = crs.to_utm(areas.geoms, found, features.file, city.extent)
    areas, _ = repair.repair(areas.with_geoms(geoms), findings, accepted=True)
    coverage.check_keys(areas, findings)
    _refuse(path, findings)
    return areas, findings


def _refuse(path: Path, findings: Findings) -> None:
    if findings.errors:
        raise InputError(*(InputProblem(path.name, finding.text) for finding in findings.errors))


def add_areas(connection: Connection, city: City, path: Path, options: AreaOptions) -> Added:
    """Make the set ``options.label`` equal the file; areas whose key stays keep their id.

    Raises ``InputError`` for the file, ``SozialberichtError`` where an area lies outside all districts.
    """
    versions.lock(connection)
    areas, findings = read_areas(path, city, options)
    connection.execute(text("DROP TABLE IF EXISTS pg_temp.drawn_area"))
    connection.execute(text("CREATE TEMPORARY TABLE drawn_area (key text, name text, geom bytea) ON COMMIT DROP"))
    rows = zip(areas.keys, areas.names, shapely.to_wkb(areas.geoms), strict=True)
    with driver(connection).cursor().copy("COPY pg_temp.drawn_area FROM STDIN") as copy:
        for key, name, geom in rows:
            copy.write_row((key, name or key, geom))
    given = {"label": options.label, "file": path.name, "synthetic": options.synthetic, "srid": SRID}
    connection.execute(
        text("""
            DELETE FROM geo.custom_area c
            WHERE c.label = :label AND NOT EXISTS (SELECT FROM pg_temp.drawn_area d WHERE d.key = c.key)
        """),
        given,
    )
    connection.execute(
        text("""
            INSERT INTO geo.custom_area AS c (label, key, name, source, synthetic, geom)
            SELECT :label, key, name, :file, :synthetic, ST_Multi(ST_GeomFromWKB(geom, :srid))
            FROM pg_temp.drawn_area ORDER BY key
            ON CONFLICT (label, key) DO UPDATE
            SET name = excluded.name, source = excluded.source, synthetic = excluded.synthetic, geom = excluded.geom,
                added_at = now(), added_by = session_user
        """),
        given,
    )
    return Added(tuple(areas.keys), tuple(finding.text for finding in findings.items))


def outside(connection: Connection, label: str, level: str) -> str | None:
    """A warning where drawn areas lie partly outside the current districts; ``None`` if they do not.

    Raises ``SozialberichtError`` where one lies wholly outside.
    """
    rows = connection.execute(
        text("""
            SELECT c.key, ST_Area(c.geom) AS whole,
                   coalesce((SELECT sum(ST_Area(ST_Intersection(c.geom, u.geom))) FROM geo.unit u
                             JOIN geo.district_version v ON v.id = u.version_id AND v.is_current
                             WHERE u.level = :level AND ST_Intersects(c.geom, u.geom)), 0) AS inside
            FROM geo.custom_area c WHERE c.label = :label ORDER BY c.key
        """),
        {"label": label, "level": level},
    ).all()
    if lost := [r.key for r in rows if r.inside <= 0]:
        raise SozialberichtError(f"Diese Gebiete liegen in keinem Bezirk des aktuellen Gebietsstands: {listed(lost)}.")
    partly = [f"{r.key} ({in_words(r.whole - r.inside)})" for r in rows if r.inside < 0.99 * r.whole]
    return f"Nicht ganz im Stadtgebiet: {listed(partly)}." if partly else None


def remove_areas(connection: Connection, label: str) -> int:
    """Forget a set and its counts; returns the number of areas. Raises ``SozialberichtError`` if there is none."""
    number = connection.execute(text("DELETE FROM geo.custom_area WHERE label = :label"), {"label": label}).rowcount
    if not number:
        known = connection.scalars(text("SELECT DISTINCT label FROM geo.custom_area ORDER BY 1")).all()
        there = listed(known) if known else "keine"
        raise SozialberichtError(f"Gebiete mit der Bezeichnung „{label}“ gibt es nicht; vorhanden: {there}.")
    return number
