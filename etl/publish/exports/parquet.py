"""Layers and values as Parquet; layers with the metadata of GeoParquet 1.1 (geoparquet.org)."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pyarrow.parquet
import shapely
from pyproj import CRS

from etl.publish.exports.tables import exported
from etl.publish.source import Source


def _geo(frame: pl.DataFrame, column: str) -> str:
    """The file's ``geo`` metadata: WKB in EPSG:25832, kinds of geometry and extent."""
    shapes = shapely.from_wkb(frame[column].drop_nulls().to_list())
    kinds = sorted({shape.geom_type for shape in shapes})
    about: dict[str, object] = {
        "encoding": "WKB", "geometry_types": kinds, "crs": json.loads(CRS.from_epsg(25832).to_json()),
    }  # fmt: skip
    if len(shapes):
        about["bbox"] = [float(x) for x in shapely.total_bounds(shapes)]
    return json.dumps({"version": "1.1.0", "primary_column": column, "columns": {column: about}}, ensure_ascii=False)


def write_parquet(source: Source, folder: Path) -> list[Path]:
    """Write ``VIEW.parquet`` for every exported view; returns the files. Numbers stay numbers, NULL stays NULL."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for view in exported(source):
        outline = view.geometry
        frame = source.frame(view.name, [c.name for c in view.columns if not c.geometry or c is outline])
        path = folder / f"{view.name}.parquet"
        table = frame.to_arrow()
        if outline:
            # in the schema, where geopandas looks, and so in the file's metadata, where GDAL does
            table = table.replace_schema_metadata({"geo": _geo(frame, "geom")})
        pyarrow.parquet.write_table(table, path, compression="zstd")
        files.append(path)
    return files
