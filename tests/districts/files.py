"""Vector files made on the fly for the tests: small cities of squares near Norderstedt's true position."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import fiona
import numpy as np
import pyproj
import shapely
from shapely.geometry import mapping

ORIGIN = (562_000.0, 5_951_000.0)
"""South-west corner in EPSG:25832."""
SIDE = 1000.0


def square(column: float, row: float, width: float = 1, height: float = 1) -> Any:
    """A rectangle in units of ``SIDE`` metres from ``ORIGIN``."""
    x, y = ORIGIN[0] + column * SIDE, ORIGIN[1] + row * SIDE
    return shapely.box(x, y, x + width * SIDE, y + height * SIDE)


def four() -> dict[str, Any]:
    """Four squares that tile a larger one, by key."""
    return {"1": square(0, 0), "2": square(1, 0), "3": square(0, 1), "4": square(1, 1)}


def moved(geom: Any, epsg: int) -> Any:
    """The geometry from EPSG:25832 into another CRS, x first."""
    to = pyproj.Transformer.from_crs(25832, epsg, always_xy=True)
    return shapely.transform(geom, to.transform, interleaved=False)


def write(
    path: Path,
    units: dict[str, Any],
    *,
    epsg: int | None = 25832,
    names: dict[str, str] | None = None,
    parents: dict[str, str | None] | None = None,
    layer: str | None = None,
    encoding: str | None = None,
    kind: str = "Unknown",
) -> Path:
    """A vector file with the columns ``nr``, ``name`` and ``gehoert_zu``; format by suffix."""
    driver = {".shp": "ESRI Shapefile", ".gpkg": "GPKG", ".geojson": "GeoJSON", ".fgb": "FlatGeobuf"}[path.suffix]
    options: dict[str, Any] = {"layer": layer} if layer else {}
    if encoding:
        options["encoding"] = encoding
    if driver == "ESRI Shapefile":
        kind = "Polygon"
    schema = {"geometry": kind, "properties": {"nr": "str:20", "name": "str:40", "gehoert_zu": "str:20"}}
    crs = f"EPSG:{epsg}" if epsg else None
    with fiona.open(path, "w", driver=driver, crs=crs, schema=schema, **options) as sink:
        for key, geom in units.items():
            properties = {
                "nr": key,
                "name": (names or {}).get(key, f"Gebiet {key}"),
                "gehoert_zu": (parents or {}).get(key),
            }
            shape = None if geom is None else geom if isinstance(geom, dict) else mapping(geom)
            sink.write({"type": "Feature", "geometry": shape, "properties": properties})
    return path


def zipped(path: Path, members: Sequence[Path]) -> Path:
    """A zip of the files, without folders."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member in members:
            archive.write(member, member.name)
    return path


def shapefile_zip(path: Path, units: dict[str, Any], **options: Any) -> Path:
    """A zip with one Shapefile."""
    folder = path.parent / f"{path.stem}_shp"
    folder.mkdir()
    write(folder / f"{path.stem}.shp", units, **options)
    return zipped(path, sorted(folder.iterdir()))


def open_ring_shapefile(path: Path) -> Path:
    """A Shapefile whose only ring does not close; OGR cannot write such a thing, so the record is put together here."""
    write(path, {"1": square(0, 0)})
    points = list(square(0, 0).exterior.coords)[:-1]
    box = [*np.min(points, axis=0), *np.max(points, axis=0)]
    content = struct.pack("<i4d2ii", 5, *box, 1, len(points), 0) + b"".join(struct.pack("<2d", *p) for p in points)
    record = struct.pack(">2i", 1, len(content) // 2) + content

    def header(length: int) -> bytes:
        return struct.pack(">7i", 9994, 0, 0, 0, 0, 0, length // 2) + struct.pack("<2i8d", 1000, 5, *box, 0, 0, 0, 0)

    path.write_bytes(header(100 + len(record)) + record)
    path.with_suffix(".shx").write_bytes(header(108) + struct.pack(">2i", 50, len(content) // 2))
    return path
