"""Reads vector files of any OGR format through Fiona into rows and shapely geometries."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import fiona
import fiona.errors
import shapely
from shapely.geometry import shape

from etl.districts import archive, encoding
from etl.districts.areas import Areas, Geometries, geometry_array
from etl.districts.columns import as_text, pick
from etl.districts.findings import Findings, error, note, warning
from etl.districts.wording import listed, number
from etl.errors import InputError, InputProblem

DRIVERS = (
    "ESRI Shapefile", "GPKG", "GeoJSON", "GeoJSONSeq", "TopoJSON", "FlatGeobuf", "OpenFileGDB", "MapInfo File",
    "GML", "KML", "GPX", "SQLite",
)  # fmt: skip
"""Formats that hold their data themselves. OGR's virtual ones are left out: they can point at any file or address."""
SUFFIXES = (".shp", ".gpkg", ".geojson", ".json", ".fgb", ".gml", ".kml", ".tab", ".topojson", ".geojsonl")
SIDE_TABLES = {"layer_styles", "qgis_projects"}
AREA_TYPES = {"Polygon", "MultiPolygon"}
GERMAN_TYPES = {
    "Point": "Punkte", "MultiPoint": "Punkte", "LineString": "Linien", "MultiLineString": "Linien",
    "GeometryCollection": "Geometriesammlungen", "Polygon": "Flächen", "MultiPolygon": "Flächen",
}  # fmt: skip


@dataclass
class Features:
    """The rows of one layer as delivered. Element *i* of ``rows`` and ``geoms`` belongs together.

    ``geoms`` are two-dimensional and in the file's own CRS (``crs_wkt``, ``None`` if it names none); ``None`` where a
    row has no geometry. ``open_rings`` holds row → distance between the ends of its widest open ring (source units).
    """

    file: str
    layer: str
    driver: str
    crs_wkt: str | None
    encoding: str
    columns: list[str]
    rows: list[dict[str, Any]]
    geoms: list[Any]
    open_rings: dict[int, float] = field(default_factory=dict)
    broken: dict[int, str] = field(default_factory=dict)
    flattened: int = 0


def read_features(path: Path, *, layer: str | None = None, charset: str | None = None) -> Features:
    """Read one layer of a vector file (bare, or inside a zip) completely.

    ``layer`` may be left out if there is only one. ``charset`` overrides the encoding that a Shapefile or GeoJSON
    declares.
    Raises ``InputError`` if the file cannot be read, the layer is ambiguous, or its text does not fit the encoding.
    """
    with _opened_path(path, layer) as (real, inner_layer), tempfile.TemporaryDirectory() as scratch:
        text = encoding.text_of(real, path.name, charset)
        readable = encoding.utf8_json(real, path.name, charset, Path(scratch))
        features = _read(readable, path.name, inner_layer, text)
    if not features.rows:
        raise InputError(InputProblem(path.name, f"der Layer „{features.layer}“ enthält keine Objekte"))
    return features


@contextmanager
def _opened_path(path: Path, layer: str | None) -> Iterator[tuple[Path, str | None]]:
    """The file to open and the layer still to choose in it; a zip is unpacked for the time of the reading."""
    if not path.exists():
        raise InputError(InputProblem(str(path), "die Datei gibt es nicht"))
    if path.is_file() and path.stat().st_size == 0:
        raise InputError(InputProblem(path.name, "die Datei ist leer"))
    if not archive.is_zip(path):
        if path.suffix.lower() == ".zip":
            raise InputError(InputProblem(path.name, "die Datei heißt .zip, ist aber kein vollständiges Zip-Archiv"))
        yield path, layer
        return
    with tempfile.TemporaryDirectory(prefix="sozialbericht-") as folder:
        members = sorted(p for p in archive.unpack(path, Path(folder)) if p.suffix.lower() in SUFFIXES)
        if not members:
            raise InputError(
                InputProblem(path.name, "das Zip-Archiv enthält keine Geodatei (.shp, .gpkg, .geojson, .fgb, .gml)")
            )
        if len(members) > 1:
            chosen = [m for m in members if layer in (m.stem, m.name)]
            if len(chosen) != 1:
                raise InputError(
                    InputProblem(
                        path.name,
                        "das Zip-Archiv enthält mehrere Geodateien: "
                        + listed((m.stem for m in members), 20)
                        + "; bitte eine mit --layer nennen",
                    )
                )
            yield chosen[0], None
            return
        only = members[0]
        yield only, None if layer in (only.stem, only.name) else layer


def _refuse_pointers(real: Path, file: str) -> None:
    """OGR tells formats by content, and some XML ones (VRT, WFS) point at other files or at the network."""
    if real.is_dir():
        return
    with real.open("rb") as handle:
        head = handle.read(2048)
    if b"<OGR" in head or b"<VRT" in head:
        raise InputError(
            InputProblem(file, "keine lesbare Geodatei: Verweise auf andere Dateien werden nicht verfolgt")
        )


def _choose_layer(real: Path, file: str, layer: str | None) -> str:
    _refuse_pointers(real, file)
    layers = [name for name in fiona.listlayers(real) if name not in SIDE_TABLES]
    if layer is not None:
        if layer not in layers:
            raise InputError(
                InputProblem(file, f"einen Layer „{layer}“ gibt es nicht; vorhanden: {listed(layers, 20)}")
            )
        return layer
    if len(layers) != 1:
        raise InputError(
            InputProblem(file, f"die Datei enthält mehrere Layer: {listed(layers, 20)}; bitte einen mit --layer nennen")
        )
    return str(layers[0])


def _read(real: Path, file: str, layer: str | None, text: encoding.Text) -> Features:
    try:
        chosen = _choose_layer(real, file, layer)
        with fiona.open(real, layer=chosen, enabled_drivers=list(DRIVERS), **text.open_options) as source:
            crs = source.crs_wkt or None
            driver = source.driver
            features = Features(file, chosen, driver, crs, text.label, [], [], [])
            for feature in source:
                _append(features, feature)
            columns = list(source.schema["properties"])
    except (fiona.errors.FionaError, fiona.errors.FionaValueError, RuntimeError, OSError) as trouble:
        raise InputError(InputProblem(file, f"keine lesbare Geodatei{_hint(real)} (Meldung: {trouble})")) from trouble
    features.columns, features.rows, features.encoding = text.decoded(columns, features.rows, driver)
    return features


def _hint(real: Path) -> str:
    if real.suffix.lower() != ".shp":
        return ""
    missing = [s for s in (".shx", ".dbf") if not any(real.with_suffix(v).exists() for v in (s, s.upper()))]
    return f"; zu einer Shapefile gehören auch {' und '.join(missing)}, hier fehlen sie" if missing else ""


def _append(features: Features, feature: Any) -> None:
    index = len(features.rows)
    features.rows.append(dict(feature["properties"]))
    raw = feature["geometry"]
    if raw is None:
        features.geoms.append(None)
        return
    gap = _widest_gap(raw)
    if gap > 0:
        features.open_rings[index] = gap
    try:
        geom = shape(raw.__geo_interface__)
    except (ValueError, TypeError, AttributeError, shapely.errors.ShapelyError) as trouble:
        features.broken[index] = str(trouble)
        features.geoms.append(None)
        return
    if shapely.has_z(geom):
        features.flattened += 1
    features.geoms.append(shapely.force_2d(geom))


def _widest_gap(raw: Any) -> float:
    """Largest distance between first and last point over all rings; 0 if every ring is closed."""
    kind, coordinates = raw["type"], raw.get("coordinates")
    if kind not in AREA_TYPES or not coordinates:
        return 0.0
    polygons = [coordinates] if kind == "Polygon" else coordinates
    gaps = [0.0]
    for ring in (ring for polygon in polygons for ring in polygon if len(ring) > 1):
        (x0, y0), (x1, y1) = ring[0][:2], ring[-1][:2]
        gaps.append(((x0 - x1) ** 2 + (y0 - y1) ** 2) ** 0.5)
    return max(gaps)


def to_areas(features: Features, *, key: str, name: str | None, parent: str | None, findings: Findings) -> Areas:
    """The features as units of a level: keys, names and parents as text, polygons in the file's own CRS.

    Whatever stops a row from being a unit (no key, no polygon, open ring) becomes an error in ``findings``; units are
    named by key, or by the position of the object in the file where the key is missing. Raises ``InputError`` for a
    column that does not exist.
    """
    key_column = pick(features.columns, key, features.file, "--key")
    name_column = pick(features.columns, name, features.file, "--name") if name else None
    parent_column = pick(features.columns, parent, features.file, "--parent") if parent else None
    keys: list[str] = []
    names: list[str] = []
    parents: list[str | None] = []
    geoms: list[Any] = []
    wrong_types: dict[str, list[str]] = {}
    for index, (row, geom) in enumerate(zip(features.rows, features.geoms, strict=True)):
        value = as_text(row[key_column])
        label = value or f"Objekt {index + 1}"
        if value is None:
            findings.add(
                error("key_missing", f"Objekt {index + 1}: die Schlüsselspalte „{key_column}“ ist leer", label)
            )
        if index in features.broken:
            findings.add(error("geometry_broken", f"Gebiet „{label}“: die Geometrie ist nicht lesbar "
                               f"({features.broken[index]})", label))  # fmt: skip
            continue
        if geom is None or geom.is_empty:
            findings.add(error("geometry_empty", f"Gebiet „{label}“ hat keine Geometrie", label))
            continue
        if geom.geom_type not in AREA_TYPES:
            wrong_types.setdefault(geom.geom_type, []).append(label)
            continue
        if index in features.open_rings:
            findings.add(error("ring_open", _open_ring(label, features.open_rings[index]), label))
        if value is None:
            continue
        keys.append(value)
        names.append((as_text(row[name_column]) if name_column else None) or "")
        parents.append(as_text(row[parent_column]) if parent_column else None)
        geoms.append(geom)
    findings.add(*(_wrong_type(kind, labels, bool(geoms)) for kind, labels in sorted(wrong_types.items())))
    if features.flattened:
        findings.add(note("z_dropped", f"Höhenwerte (Z) wurden bei {features.flattened} Objekten weggelassen"))
    _report_mojibake(features, [c for c in (key_column, name_column, parent_column) if c], findings)
    return Areas(keys, names, parents, geometry_array(geoms))


def _open_ring(label: str, gap: float) -> str:
    return (
        f"Gebiet „{label}“: ein Ring ist nicht geschlossen; Anfang und Ende liegen {number(gap, 2)} Einheiten "
        "auseinander. Bitte die Fläche im GIS schließen und neu liefern"
    )


def _wrong_type(kind: str, labels: list[str], mixed: bool) -> Any:
    what = GERMAN_TYPES.get(kind, kind)
    text = f"{number(len(labels))} Objekte sind {what} statt Flächen: {listed(labels)}"
    if mixed:
        text = f"gemischte Geometrietypen: {text}. Ein Layer darf nur Flächen enthalten"
    return error("geometry_type", text, *labels)


def _report_mojibake(features: Features, columns: list[str], findings: Findings) -> None:
    for column in columns:
        for index, row in enumerate(features.rows):
            value = row[column]
            meant = encoding.mojibake(value) if isinstance(value, str) else None
            if meant is None:
                continue
            text = (
                f"Objekt {index + 1}, Spalte „{column}“: „{value}“ sieht nach falscher Zeichenkodierung aus "
                f"(gemeint ist wohl „{meant}“; gelesen als {features.encoding})"
            )
            if features.driver in encoding.CHOOSABLE:
                findings.add(error("encoding", text + "; mit --encoding utf-8 oder --encoding cp1252 richtig lesen"))
            else:
                findings.add(warning("encoding", text + "; bitte in der Quelle berichtigen"))
            break


def points_of(features: Features) -> Geometries:
    """The geometries of a point layer, in the file's own CRS. Raises ``InputError`` if a row is not a single point."""
    problems = [
        InputProblem(
            features.file,
            "keine Geometrie" if geom is None else f"{GERMAN_TYPES.get(geom.geom_type, geom.geom_type)} statt Punkte",
            line=index + 1,
        )
        for index, geom in enumerate(features.geoms)
        if geom is None or geom.is_empty or geom.geom_type != "Point"
    ]
    if problems:
        raise InputError(*problems[:20])
    return geometry_array(features.geoms)
