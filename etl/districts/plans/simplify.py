"""Outlines at coarser scales: edges that districts share are simplified together, so that no gap opens."""

from __future__ import annotations

import shapely
from sqlalchemy import Connection, text

from etl.catalogue import City
from etl.districts import store
from etl.districts.areas import SRID, Geometries, geometry_array, polygons_only
from etl.districts.load import level_of
from etl.districts.versions import Version, dissolve
from etl.errors import SozialberichtError
from etl.warehouse.engine import driver

TOLERANCES_M = (10, 50)
"""About what can be seen on maps of 1 : 25.000 and 1 : 100.000 (0.5 mm of paper)."""


def simplified(geoms: Geometries, tolerance_m: float) -> Geometries:
    """The polygons of a coverage with fewer vertices, as MultiPolygons; neighbours keep the same common edges.

    Corners whose triangle has less than the square of the tolerance go first (Visvalingam and Whyatt 1993). Raises
    ``SozialberichtError`` if the result is no valid coverage or a polygon vanishes.
    """
    result = geometry_array([polygons_only(g) for g in shapely.coverage_simplify(geoms, tolerance_m)])
    if not shapely.coverage_is_valid(result) or bool(shapely.is_empty(result).any()):
        raise SozialberichtError(
            f"Mit {tolerance_m:g} m Toleranz bleiben die vereinfachten Grenzen nicht lückenlos; die Bezirke sind zu "
            "klein."
        )
    return result


def store_simplified(connection: Connection, city: City, version: Version) -> None:
    """Store the simplified outlines of the districts and, dissolved from them, of the levels above.

    Raises ``SozialberichtError`` as ``simplified``.
    """
    chain = [level_of(city, city.district_level or "")]
    while chain[-1].parent is not None:
        chain.append(level_of(city, chain[-1].parent))
    rows: list[tuple[str, str, int, bytes]] = []
    for tolerance in TOLERANCES_M:
        units = store.read_units(connection, version.id, chain[0].code)
        units = units.with_geoms(simplified(units.geoms, tolerance))
        for level in chain:
            if level is not chain[0]:
                above = store.read_units(connection, version.id, level.code)
                merged = []
                for key in above.keys:
                    own = units.geoms[[len(above) == 1 or p == key for p in units.parents]]
                    if not len(own):
                        raise SozialberichtError(f"{level.title} {key} hat keine Gebiete unter sich.")
                    merged.append(dissolve(own))
                units = above.with_geoms(geometry_array(merged))
            rows += [
                (level.code, key, tolerance, shapely.to_wkb(g)) for key, g in zip(units.keys, units.geoms, strict=True)
            ]
    connection.execute(text("DROP TABLE IF EXISTS pg_temp.simplified_unit"))
    connection.execute(
        text("""
            CREATE TEMPORARY TABLE simplified_unit (level text, key text, tolerance integer, geom bytea) ON COMMIT DROP
        """)
    )
    with driver(connection).cursor().copy("COPY pg_temp.simplified_unit FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
    connection.execute(
        text("DELETE FROM geo.unit_simplified WHERE unit_id IN (SELECT id FROM geo.unit WHERE version_id = :v)"),
        {"v": version.id},
    )
    connection.execute(
        text("""
            INSERT INTO geo.unit_simplified (unit_id, tolerance_m, geom)
            SELECT u.id, s.tolerance, ST_GeomFromWKB(s.geom, :srid) FROM pg_temp.simplified_unit s
            JOIN geo.unit u ON u.version_id = :v AND u.level = s.level AND u.key = s.key ORDER BY u.id, s.tolerance
        """),
        {"v": version.id, "srid": SRID},
    )
