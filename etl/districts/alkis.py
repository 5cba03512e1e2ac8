"""``alkis load``: buildings and land use of the cadastre in the simplified schema (Shapefile, GeoPackage, GML).

The table of owners (``FlurstueckEigentuemer``) holds names of persons. It is refused by its name, before anything is
opened, also inside archives and GeoPackages: nothing here needs it.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import fiona
import shapely
from sqlalchemy import Connection, text

from etl.catalogue import City
from etl.districts import crs, read, store, versions
from etl.districts.alkis_keys import PARTS, is_residential, is_settlement
from etl.districts.areas import SRID, Geometries, geometry_array, polygons_only
from etl.districts.columns import as_text
from etl.districts.encoding import FIELD_LIMIT
from etl.districts.load import UNCHANGED, Outcome
from etl.districts.prepare import Source, file_hash
from etl.districts.wording import count, listed
from etl.districts.wording import number as decimals
from etl.errors import InputError, InputProblem, SozialberichtError
from etl.warehouse.engine import driver

LEVEL = "alkis"
OWNERS = re.compile(r"eigent(ue|ü|u)mer", re.IGNORECASE)
"""Names of files and layers that speak of owners."""
LAYERS = {
    "gebaeude": ("gebaeudebauwerk", "gebauedebauwerk"),
    "nutzung": ("nutzung", "nutzungflurstueck"),
    "flurstueck": ("flurstueck",),
}
"""Theme → names of its layer; the second spelling of buildings is a mistake that some deliveries have."""
KEYS = ("oid", "gml_id", "identifier", "flstkennz")
COLUMNS: dict[str, dict[str, tuple[str, ...]]] = {
    "gebaeude": {"function_key": ("gfkzshh", "gebaeudefunktion"), "function": ("funktion",), "part": ("gebnutzbez",)},
    "nutzung": {"use": ("nutzart",)},
    "flurstueck": {},
}
"""Theme → what is taken → columns it may stand in."""
CUT_FROM = FIELD_LIMIT - 3
"""UTF-8 bytes from which a text of a Shapefile was cut off by its writer."""


@dataclass
class Found:
    """Objects of a layer: identity, attributes and polygons in EPSG:25832 side by side; ``notes`` are German."""

    theme: str
    layer: str
    driver: str
    crs: str
    encoding: str
    keys: list[str] = field(default_factory=list)
    rows: list[dict[str, str | None]] = field(default_factory=list)
    geoms: Geometries = field(default_factory=lambda: geometry_array([]))
    notes: list[str] = field(default_factory=list)


def refuse_owners(path: Path) -> None:
    """Raise InputError where the file, or what it holds, is called like the table of owners; nothing is read of it."""
    names = [path.name]
    if path.is_file() and zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            names += [PurePosixPath(n.replace("\\", "/")).name for n in archive.namelist()]
    elif path.suffix.lower() == ".gpkg" and path.is_file():
        names += _layers(path)
    if wrong := [n for n in names if OWNERS.search(n)]:
        raise InputError(
            InputProblem(
                path.name,
                f"die Tabelle der Eigentümer ({listed(wrong, 5)}) wird nicht angenommen und wurde nicht geöffnet; "
                "bitte ohne sie liefern",
            )
        )


def _layers(path: Path) -> list[str]:
    try:
        return [str(name) for name in fiona.listlayers(path)]
    except (fiona.errors.FionaError, fiona.errors.FionaValueError, RuntimeError, OSError):
        return []  # reading it afterwards says what is wrong


def _layer(path: Path, theme: str, wanted: str | None) -> str | None:
    """The theme's layer in a file that has several: the one that is called so."""
    if wanted is not None:
        if OWNERS.search(wanted):
            raise InputError(InputProblem(path.name, "der Layer der Eigentümer wird nicht geladen", value=wanted))
        return wanted
    names = _layers(path)
    if path.is_file() and zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            names = [PurePosixPath(n).stem for n in archive.namelist() if n.lower().endswith(read.SUFFIXES)]
    return next((n for known in LAYERS[theme] for n in names if n.casefold() == known), None)


def read_alkis(path: Path, theme: str, city: City, *, layer: str | None = None, charset: str | None = None) -> Found:
    """Read one theme (gebaeude, nutzung, flurstueck) within the plausible extent of the city.

    Raises InputError for files that are refused: owners, no such layer, no identity, no polygons.
    """
    if theme not in LAYERS:
        raise SozialberichtError(f"Das Thema „{theme}“ gibt es nicht; vorhanden: {', '.join(LAYERS)}.")
    refuse_owners(path)
    features = read.read_features(path, layer=_layer(path, theme, layer), charset=charset)
    found = Found(theme, features.layer, features.driver, "", features.encoding)
    key = _column(features.columns, KEYS, path.name, "eine Kennung (oid, gml_id)")
    taken = {
        name: _column(features.columns, names, path.name, "die Nutzungsart" if name == "use" else None)
        for name, names in COLUMNS[theme].items()
    }
    system = crs.found(features.crs_wkt, path.name)
    found.crs = str(system)
    polygons = [i for i, g in enumerate(features.geoms) if g is not None and g.geom_type in read.AREA_TYPES]
    if not polygons:
        raise InputError(InputProblem(path.name, f"der Layer „{features.layer}“ enthält keine Flächen"))
    if other := len(features.geoms) - len(polygons):
        found.notes.append(f"{count(other, 'Objekt', 'Objekte')} ohne Fläche ausgelassen")
    moved, _ = crs.to_utm(geometry_array([features.geoms[i] for i in polygons]), system, path.name, city.extent)
    _take(found, features, polygons, moved, key or "", taken)
    _report_cut(found, features)
    return found


def _column(columns: Sequence[str], names: Sequence[str], file: str, needed: str | None) -> str | None:
    by_name = {c.casefold(): c for c in columns}
    chosen = next((by_name[n] for n in names if n in by_name), None)
    if chosen is None and needed is not None:
        reason = f"es fehlt {needed}: keine der Spalten {', '.join(names)} ist da; vorhanden: {listed(columns, 20)}"
        raise InputError(InputProblem(file, reason))
    return chosen


def _take(  # noqa: PLR0917
    found: Found,
    features: read.Features,
    polygons: list[int],
    moved: Geometries,
    key: str,
    taken: dict[str, str | None],
) -> None:
    """Objects with an identity, once each, valid, and no parts of others."""
    parts = nameless = repeated = mended = 0
    seen: set[str] = set()
    geoms = []
    for i, geom in zip(polygons, moved, strict=True):
        row = features.rows[i]
        own = {name: as_text(row[column]) if column else None for name, column in taken.items()}
        if own.get("part") in PARTS:
            parts += 1
            continue
        identity = as_text(row[key])
        if identity is None or identity in seen:
            nameless, repeated = nameless + (identity is None), repeated + (identity is not None)
            continue
        valid = geom
        if not geom.is_valid:
            valid, mended = shapely.make_valid(geom), mended + 1
        whole = polygons_only(valid)
        if whole.is_empty:
            nameless += 1
            continue
        seen.add(identity)
        found.keys.append(identity)
        found.rows.append(own)
        geoms.append(whole)
    found.geoms = geometry_array(geoms)
    for number, words in (
        (parts, ("Bauteil ausgelassen", "Bauteile ausgelassen")),
        (nameless, ("Objekt ohne Kennung oder Fläche ausgelassen", "Objekte ohne Kennung oder Fläche ausgelassen")),
        (
            repeated,
            ("Objekt mit schon vorhandener Kennung ausgelassen", "Objekte mit schon vorhandener Kennung ausgelassen"),
        ),
        (mended, ("ungültige Fläche repariert", "ungültige Flächen repariert")),
    ):
        if number:
            found.notes.append(count(number, *words))


def _report_cut(found: Found, features: read.Features) -> None:
    """Texts that the writer of a Shapefile cut at 254 bytes, perhaps within a letter; the rest of it is dropped."""
    if features.driver != "ESRI Shapefile":
        return
    cut = [
        (i + 1, column)
        for i, row in enumerate(features.rows)
        for column, value in row.items()
        if isinstance(value, str) and len(value.encode("utf-8")) >= CUT_FROM
    ]
    if cut:
        line, column = cut[0]
        what = count(len(cut), "Text ist", "Texte sind")
        found.notes.append(f"{what} bei {FIELD_LIMIT} Byte abgeschnitten (zuerst Objekt {line}, Spalte „{column}“)")


_TABLES = {
    "gebaeude": ("geo.building", "key, function_key, function, residential"),
    "nutzung": ("geo.land_use", "key, use, settlement"),
}


def load_alkis(
    connection: Connection,
    city: City,
    path: Path,
    theme: str,
    *,
    layer: str | None = None,
    charset: str | None = None,
    synthetic: bool = False,
) -> Outcome:
    """Make buildings or land use equal a layer; loading the same file again changes nothing.

    Parcels (flurstueck) are only checked: nothing needs them, so they are not kept. Raises as ``read_alkis``.
    """
    versions.lock(connection)
    sha256 = file_hash(path) if path.exists() else ""
    options: dict[str, Any] = {"kind": theme, "layer": layer, "charset": charset, "synthetic": synthetic}
    if store.is_last_of_kind(connection, LEVEL, sha256, options):
        return Outcome(False, UNCHANGED)
    found = read_alkis(path, theme, city, layer=layer, charset=charset)
    message = _stored(connection, found, synthetic)
    if found.notes:
        message += f" ({'; '.join(found.notes)})"
    source = Source(path.name, sha256, found.layer, found.driver, found.encoding, found.crs, "", 0.0)
    journal = store.Journal(LEVEL, None, options, {"result": message, "notes": found.notes}, synthetic)
    store.record_load(connection, source, journal)
    return Outcome(True, message)


def _stored(connection: Connection, found: Found, synthetic: bool) -> str:
    """Replace the table of the theme; what was done in German."""
    number = len(found.keys)
    if found.theme not in _TABLES:
        return f"ALKIS: {count(number, 'Flurstück', 'Flurstücke')} geprüft; sie werden nicht gespeichert."
    table, columns = _TABLES[found.theme]
    connection.execute(text(f"DELETE FROM {table}"))  # noqa: S608
    with driver(connection).cursor().copy(f"COPY {table} ({columns}, synthetic, geom) FROM STDIN") as copy:
        for key, row, geom in zip(found.keys, found.rows, found.geoms, strict=True):
            own: tuple[object, ...]
            if found.theme == "gebaeude":
                living = is_residential(row["function_key"], row["function"])
                own = (row["function_key"], row["function"], living)
            else:
                own = (row["use"] or "unbekannt", is_settlement(row["use"]))
            ewkb = shapely.to_wkb(shapely.set_srid(geom, SRID), hex=True, include_srid=True)
            copy.write_row((key, *own, synthetic, ewkb))
    if found.theme == "gebaeude":
        lived_in = sum(is_residential(r["function_key"], r["function"]) for r in found.rows)
        return f"ALKIS: {count(number, 'Gebäude', 'Gebäude')} geladen, davon {lived_in} mit Wohnungen."
    area = sum(float(g.area) for g, r in zip(found.geoms, found.rows, strict=True) if is_settlement(r["use"]))
    settled = decimals(area / 1e6, 2)
    return f"ALKIS: {count(number, 'Nutzungsfläche', 'Nutzungsflächen')} geladen, davon {settled} km² Siedlung."
