"""One GeoPackage with every view: layers with outlines, tables without, and the styles of the maps inside."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import numpy as np
import polars as pl
import pyogrio

from etl.publish.exports.tables import exported
from etl.publish.source import Source, View

STAMP = "2000-01-01T00:00:00.000Z"
"""Time of change that the file states, so that the same content gives the same bytes."""

STYLES_TABLE = """
CREATE TABLE layer_styles (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256), f_table_schema TEXT(256),
    f_table_name TEXT(256), f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT,
    useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30), update_time DATETIME)
"""
STYLE = """
INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, styleQML,
                          useAsDefault, description, update_time)
VALUES ('', '', ?, 'geom', ?, ?, ?, ?, ?)
"""
REGISTER = """
INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change)
VALUES ('layer_styles', 'attributes', 'layer_styles', 'Stile der Karten', ?)
"""


def _fields(frame: pl.DataFrame) -> tuple[list[np.ndarray], list[np.ndarray | None]]:
    """Columns as arrays with masks of what is NULL."""
    data, masks = [], []
    for column in frame.iter_columns():
        empty = column.is_null().to_numpy()
        masks.append(empty if empty.any() else None)
        if column.dtype == pl.String:
            data.append(np.array(column.to_list(), dtype=object))
        elif column.dtype == pl.Date:
            data.append(column.to_numpy().astype("datetime64[D]"))
        elif column.dtype == pl.Float64:
            data.append(column.fill_null(0.0).to_numpy())
        elif column.dtype == pl.Boolean:
            data.append(column.fill_null(False).to_numpy())
        else:
            data.append(column.fill_null(0).to_numpy())
    return data, masks


def _write_layer(source: Source, view: View, path: Path) -> None:
    plain = [c.name for c in view.plain]
    frame = source.frame(view.name, plain)
    data, masks = _fields(frame)
    outline = view.geometry
    geometry = None
    if outline is not None:
        keyed = source.frame(view.name, [plain[0], outline.name])
        geometry = np.array(keyed[outline.name].to_list(), dtype=object)
    pyogrio.raw.write(
        path, geometry, data, plain, field_mask=masks, layer=view.name, driver="GPKG",
        geometry_type=_kind(outline.geometry) if outline and outline.geometry else None,
        crs="EPSG:25832" if outline else None, append=path.exists(),
        # the view's own key stays the key
        layer_options={"FID": "fid", "DESCRIPTION": view.description, "IDENTIFIER": view.name},
    )  # fmt: skip


def _kind(postgis: str) -> str:
    """PostGIS's name of a geometry type as OGR's."""
    names = {"POINT": "Point", "MULTIPOINT": "MultiPoint", "LINESTRING": "LineString", "POLYGON": "Polygon",
             "MULTILINESTRING": "MultiLineString", "MULTIPOLYGON": "MultiPolygon"}  # fmt: skip
    return names.get(postgis, "Unknown")


def _styles(folder: Path) -> list[tuple[str, str, str]]:
    """View, style name and QML of every style below a folder ``VIEW/NAME.qml``."""
    return [(p.parent.name, p.stem, p.read_text(encoding="utf-8")) for p in sorted(folder.glob("*/*.qml"))]


def write_geopackage(source: Source, path: Path, styles: Path) -> Path:
    """Write all exported views and the styles below ``styles`` to a new GeoPackage.

    The same content gives the same bytes.
    """
    path.unlink(missing_ok=True)
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": STAMP})
    # layers first, so that programs offer them before the tables
    views = sorted(exported(source), key=lambda view: (view.geometry is None, view.name))
    for view in views:
        _write_layer(source, view, path)
    written = {view.name for view in views}
    with sqlite3.connect(path) as connection:
        connection.execute(STYLES_TABLE)
        first: set[str] = set()
        for layer, name, qml in _styles(styles):
            if layer in written:
                title = re.search(r'key="titel" label="([^"]*)"', qml)
                connection.execute(
                    STYLE,
                    (layer, name, qml, layer not in first, title.group(1) if title else name, STAMP),
                )
                first.add(layer)
        connection.execute(REGISTER, (STAMP,))
    connection.close()
    with sqlite3.connect(path) as connection:
        connection.execute("VACUUM")
    connection.close()
    return path
