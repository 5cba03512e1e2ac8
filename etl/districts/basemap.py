"""``boundaries basemap``: streets, railways and waters for orientation."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import shapely
from sqlalchemy import Connection, text

from etl.catalogue import City
from etl.districts import crs, read, store, versions
from etl.districts.areas import SRID, geometry_array
from etl.districts.columns import as_text, pick
from etl.districts.load import UNCHANGED, Outcome
from etl.districts.prepare import Source, file_hash
from etl.districts.wording import count
from etl.errors import InputError, InputProblem, SozialberichtError
from etl.warehouse.engine import driver

LEVEL = "basemap"
KINDS = ("strasse", "bahn", "gewaesser")


@dataclass(frozen=True)
class BasemapOptions:
    """What the objects are, and the columns with their name and class, if any."""

    kind: str
    name: str | None = None
    class_: str | None = None
    layer: str | None = None
    charset: str | None = None
    epsg: int | None = None
    synthetic: bool = False

    def as_json(self) -> dict[str, Any]:
        """For the load journal."""
        return dict(self.__dict__)


def load_basemap(connection: Connection, city: City, path: Path, options: BasemapOptions) -> Outcome:
    """Make the base map's objects of one kind equal a layer; loading the same file again changes nothing.

    Raises ``InputError`` for a file that is refused and ``SozialberichtError`` for an unknown kind.
    """
    if options.kind not in KINDS:
        raise SozialberichtError(f"Die Art „{options.kind}“ gibt es nicht; vorhanden: {', '.join(KINDS)}.")
    versions.lock(connection)
    sha256 = file_hash(path) if path.exists() else ""
    if store.is_last_of_kind(connection, LEVEL, sha256, options.as_json()):
        return Outcome(False, UNCHANGED)
    features = read.read_features(path, layer=options.layer, charset=options.charset)
    empty = [i for i, g in enumerate(features.geoms) if g is None or g.is_empty]
    if empty:
        raise InputError(*(InputProblem(path.name, "keine Geometrie", line=i + 1) for i in empty[:20]))
    name = pick(features.columns, options.name, path.name, "--name") if options.name else None
    class_ = pick(features.columns, options.class_, path.name, "--class") if options.class_ else None
    found = crs.found(features.crs_wkt, path.name, options.epsg)
    moved, operation = crs.to_utm(geometry_array(features.geoms), found, path.name, city.extent)
    connection.execute(text("DROP TABLE IF EXISTS pg_temp.delivered_map"))
    connection.execute(text("CREATE TEMPORARY TABLE delivered_map (class text, name text, geom bytea) ON COMMIT DROP"))
    with driver(connection).cursor().copy("COPY pg_temp.delivered_map FROM STDIN") as copy:
        for row, geom in zip(features.rows, shapely.to_wkb(moved), strict=True):
            copy.write_row((as_text(row[class_]) if class_ else None, as_text(row[name]) if name else None, geom))
    connection.execute(text("DELETE FROM geo.basemap WHERE kind = :kind"), {"kind": options.kind})
    connection.execute(
        text("""
            INSERT INTO geo.basemap (kind, class, name, synthetic, geom)
            SELECT :kind, class, name, :synthetic, ST_GeomFromWKB(geom, :srid) FROM pg_temp.delivered_map
        """),
        {"kind": options.kind, "synthetic": options.synthetic, "srid": SRID},
    )
    message = f"Grundkarte, {options.kind}: {count(len(moved), 'Objekt', 'Objekte')} geladen."
    source = Source(
        file=path.name,
        sha256=sha256,
        layer=features.layer,
        driver=features.driver,
        encoding=features.encoding,
        crs=str(found),
        operation=operation.name,
        accuracy_m=operation.accuracy_m,
    )
    journal = store.Journal(LEVEL, None, options.as_json(), {"result": message}, options.synthetic)
    store.record_load(connection, source, journal)
    return Outcome(True, message)
