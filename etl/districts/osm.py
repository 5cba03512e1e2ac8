"""``osm load``: streets, railways and waters from an OpenStreetMap extract (PBF) for the base map and for blocks.

Read through GDAL's OSM driver by SQL: only then it skips what nobody asked for. Feature by feature it stops in silence
where too much of other layers has piled up (a 130,000-way extract lost half of its lines).
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyogrio
import pyproj
import shapely
from numpy.typing import NDArray
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError
from sqlalchemy import Connection, text

from etl.catalogue import City
from etl.districts import crs, store, versions
from etl.districts.areas import SRID, Geometries, geometry_array
from etl.districts.basemap import KINDS, LEVEL
from etl.districts.load import UNCHANGED, Outcome
from etl.districts.prepare import Source, file_hash
from etl.districts.wording import count
from etl.errors import InputError, InputProblem
from etl.warehouse.engine import driver

ATTRIBUTION = "© OpenStreetMap-Mitwirkende (ODbL 1.0)"
"""Must be shown wherever the data are (Open Database License 1.0, section 4.3)."""
MAX_BYTES = 2 * 1024**3
"""The extract of a federal state has 0.1 to 0.8 GB, all of Germany 4 GB."""
MARGIN = 100.0
"""Metres around the city that lines are kept for, so that blocks close at its edge."""
STREETS = {
    "motorway": "Hauptverkehrsstraße", "trunk": "Hauptverkehrsstraße", "primary": "Hauptverkehrsstraße",
    "secondary": "Hauptverkehrsstraße", "tertiary": "Sammelstraße", "unclassified": "Anliegerstraße",
    "residential": "Anliegerstraße", "living_street": "Anliegerstraße", "pedestrian": "Anliegerstraße",
    "road": "Anliegerstraße",
}  # fmt: skip
"""OSM's ``highway`` → class of the base map; paths, service roads and tracks bound no blocks."""
RAILWAYS = {"rail": "Bahn", "light_rail": "Stadtbahn", "subway": "U-Bahn"}
WATERWAYS = {"river": "Fluss", "canal": "Kanal", "stream": "Bach"}
_CONFIG = """
closed_ways_are_polygons=landuse,natural,water,waterway
report_all_ways=no
[points]
osm_id=no
[lines]
osm_id=no
attributes=name,highway,railway,waterway,tunnel,service
other_tags=no
[multipolygons]
osm_id=no
attributes=name,natural,waterway
other_tags=no
"""
_LINES = "SELECT name, highway, railway, waterway, tunnel, service FROM lines WHERE highway IS NOT NULL " \
    "OR railway IS NOT NULL OR waterway IS NOT NULL"  # fmt: skip
_WATERS = "SELECT name, \"natural\" FROM multipolygons WHERE \"natural\" = 'water' OR waterway = 'riverbank'"


@dataclass(frozen=True)
class Map:
    """Objects in EPSG:25832: kind (of ``KINDS``), class, name (or None) and geometry side by side."""

    kinds: list[str]
    classes: list[str]
    names: list[str | None]
    geoms: Geometries


def read_osm(path: Path, bounds: crs.Bounds) -> Map:
    """Streets, railways and waters of an extract within ``bounds`` (degrees: west, south, east, north).

    Left out: paths, service roads, sidings, and what runs in a tunnel or culvert, because it separates nothing. Raises
    InputError for files that are missing, too large, damaged or no OpenStreetMap extract.
    """
    _check(path)
    with tempfile.NamedTemporaryFile("w", suffix=".ini", encoding="ascii") as config:
        config.write(_CONFIG)
        config.flush()
        lines, fields = _query(path, _LINES, bounds, config.name)
        areas, water = _query(path, _WATERS, bounds, config.name)
    kinds: list[str] = []
    classes: list[str] = []
    names: list[str | None] = []
    geoms: list[Any] = []
    for geom, name, highway, railway, waterway, tunnel, service in zip(lines, *fields, strict=True):
        told = _line(highway, railway, waterway, tunnel, service)
        if told is not None:
            kinds.append(told[0])
            classes.append(told[1])
            names.append(name)
            geoms.append(geom)
    kinds += ["gewaesser"] * len(areas)
    classes += ["Wasserfläche"] * len(areas)
    names += list(water[0])
    geoms += list(areas)
    if not geoms:
        reason = "im Stadtgebiet liegen keine Straßen, Bahnen oder Gewässer; ist es der richtige Auszug?"
        raise InputError(InputProblem(path.name, reason))
    moved, _ = crs.to_utm(geometry_array(geoms), crs.from_epsg(4326), path.name)
    return Map(kinds, classes, names, moved)


def _check(path: Path) -> None:
    if not path.is_file():
        raise InputError(InputProblem(str(path), "die Datei gibt es nicht"))
    size = path.stat().st_size
    if size == 0:
        raise InputError(InputProblem(path.name, "die Datei ist leer"))
    if size > MAX_BYTES:
        reason = f"die Datei ist größer als {MAX_BYTES // 1024**3} GB; ein Auszug des Landes genügt"
        raise InputError(InputProblem(path.name, reason))
    with path.open("rb") as handle:
        head = handle.read(32)
    if b"OSMHeader" not in head and not head.lstrip().startswith(b"<?xml"):
        raise InputError(InputProblem(path.name, "ist kein OpenStreetMap-Auszug (.osm.pbf)"))


def _query(
    path: Path, query: str, bounds: crs.Bounds, config: str
) -> tuple[Geometries, list[NDArray[Any]]]:  # fmt: skip
    """Geometries and columns of a query; damaged files raise InputError."""
    try:
        _, _, raw, fields = pyogrio.raw.read(path, sql=query, bbox=bounds, CONFIG_FILE=config)
    except (DataSourceError, DataLayerError, FeatureError, ValueError) as error:
        reason = f"der OpenStreetMap-Auszug ist nicht lesbar (Meldung: {str(error).splitlines()[0]})"
        raise InputError(InputProblem(path.name, reason)) from error
    return shapely.from_wkb(raw), list(fields)


def _line(
    highway: str | None, railway: str | None, waterway: str | None, tunnel: str | None, service: str | None
) -> tuple[str, str] | None:
    """Kind and class of a line, or None for what bounds nothing."""
    if highway in STREETS:
        return "strasse", STREETS[highway]
    if tunnel not in (None, "no"):
        return None
    if railway in RAILWAYS and service is None:
        return "bahn", RAILWAYS[railway]
    if waterway in WATERWAYS:
        return "gewaesser", WATERWAYS[waterway]
    return None


def _bounds(connection: Connection, city: City) -> tuple[crs.Bounds, Any | None]:
    """Degrees around the city, and its ground with a margin (EPSG:25832; None where no boundaries are loaded)."""
    version = versions.current(connection)
    units = store.read_units(connection, version.id, city.top.code) if version is not None else None
    ground = shapely.buffer(shapely.union_all(units.geoms), MARGIN) if units is not None and len(units) else None
    west, south, east, north = (float(v) for v in (ground.bounds if ground is not None else city.extent))
    transformer = pyproj.Transformer.from_crs(SRID, 4326, always_xy=True)
    return tuple(float(v) for v in transformer.transform_bounds(west, south, east, north)), ground  # type: ignore[return-value]


def load_osm(connection: Connection, city: City, path: Path, *, synthetic: bool = False) -> Outcome:
    """Make the base map equal an OpenStreetMap extract, cut to the city (or its plausible extent).

    Replaces streets, railways and waters from other files; the attribution that the licence asks for is stored with
    every object. Loading the same file again changes nothing. Raises InputError as ``read_osm``.
    """
    versions.lock(connection)
    sha256 = file_hash(path) if path.is_file() else ""
    options = {"kind": "osm", "synthetic": synthetic}
    if store.is_last_of_kind(connection, LEVEL, sha256, options):
        return Outcome(False, UNCHANGED)
    bounds, ground = _bounds(connection, city)
    found = read_osm(path, bounds)
    geoms = shapely.intersection(found.geoms, ground) if ground is not None else found.geoms
    geoms = geometry_array([_like(g, found.geoms[i]) for i, g in enumerate(geoms)])
    kept = [i for i, g in enumerate(geoms) if not g.is_empty]
    if not kept:
        raise InputError(InputProblem(path.name, "kein Objekt des Auszugs liegt in der Stadt"))
    connection.execute(text("DROP TABLE IF EXISTS pg_temp.osm_object"))
    connection.execute(
        text("CREATE TEMPORARY TABLE osm_object (kind text, class text, name text, geom bytea) ON COMMIT DROP")
    )
    wkb = shapely.to_wkb(geoms)
    with driver(connection).cursor().copy("COPY pg_temp.osm_object FROM STDIN") as copy:
        for i in kept:
            copy.write_row((found.kinds[i], found.classes[i], found.names[i], wkb[i]))
    connection.execute(text("DELETE FROM geo.basemap WHERE kind = ANY (:kinds)"), {"kinds": list(KINDS)})
    connection.execute(
        text("""
            INSERT INTO geo.basemap (kind, class, name, synthetic, source, geom)
            SELECT kind, class, name, :synthetic, :source, ST_GeomFromWKB(geom, :srid) FROM pg_temp.osm_object
        """),
        {"synthetic": synthetic, "source": ATTRIBUTION, "srid": SRID},
    )
    numbers = ", ".join(f"{kind} {sum(found.kinds[i] == kind for i in kept)}" for kind in KINDS)
    message = f"OpenStreetMap: {count(len(kept), 'Objekt', 'Objekte')} geladen ({numbers}). {ATTRIBUTION}"
    source = Source(path.name, sha256, "lines, multipolygons", "OSM", "utf-8", "EPSG:4326 (WGS 84)", "WGS 84", 1.0)
    journal = store.Journal(LEVEL, None, options, {"result": message, "attribution": ATTRIBUTION}, synthetic)
    store.record_load(connection, source, journal)
    return Outcome(True, message)


def _like(cut: Any, whole: Any) -> Any:
    """The parts of a cut object that are lines (or areas) as the whole is; what only touches the edge is dropped."""
    dimension = shapely.get_dimensions(whole)
    parts = [p for p in shapely.get_parts(shapely.get_parts(cut)) if shapely.get_dimensions(p) == dimension]
    return shapely.multipolygons(parts) if dimension == 2 else shapely.multilinestrings(parts)
