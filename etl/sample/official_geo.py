"""Geodata of offices for the sample: an extract of the cadastre (ALKIS, simplified) and one of OpenStreetMap (PBF).

Neither is delivered by the main job, which has better: they show and test the readers. Buildings are squares around the
addresses, land use are the blocks.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import fiona
import numpy as np
import osmium
import pyproj
import shapely
from fiona.crs import CRS
from osmium.osm import mutable

from etl.sample import plan
from etl.sample.blocks import LandUse
from etl.sample.city import City
from etl.sample.snapshot import Snapshot
from etl.sample.streets import BROOK, RAIL
from etl.sample.writer import Writer

CADASTRE = "kataster_synthetisch.gpkg"
EXTRACT = "strassennetz_synthetisch.osm.pbf"
WRITTEN = "2026-01-02T00:00:00.000Z"
_USES = {
    LandUse.HOUSING: "Wohnbaufläche", LandUse.INDUSTRY: "Industrie- und Gewerbefläche", LandUse.FOREST: "Wald",
    LandUse.MOOR: "Moor", LandUse.PARK: "Sport-, Freizeit- und Erholungsfläche", LandUse.FARMLAND: "Landwirtschaft",
}  # fmt: skip
_HIGHWAYS = {"Hauptverkehrsstraße": "secondary", "Sammelstraße": "tertiary"}


def write_cadastre(path: Path, city: City) -> int:
    """Buildings (of up to 60 per street) and land use as layers of a GeoPackage; returns the number of objects."""
    path.unlink(missing_ok=True)
    a, blocks = city.addresses, city.blocks
    half = np.where(a.dwellings >= 3, 8.0, 5.0)
    squares = shapely.box(a.xy[:, 0] - half, a.xy[:, 1] - half, a.xy[:, 0] + half, a.xy[:, 1] + half)
    schema = {"oid": "str:30", "aktualit": "date"}
    layers = (
        (
            "GebaeudeBauwerk", {**schema, "gebnutzbez": "str:20", "funktion": "str:60", "gfkzshh": "str:12"},
            [
                (g, {"oid": f"DESHsyn{i:09d}GBW", "aktualit": "2026-01-01", "gebnutzbez": "Gebäude",
                     "funktion": "Wohngebäude", "gfkzshh": "31001_1000"})
                for i, g in enumerate(squares)
            ],
        ),
        (
            "Nutzung", {**schema, "nutzart": "str:60", "bez": "str:60"},
            [
                (g, {"oid": f"DESHsyn{n:09d}NUT", "aktualit": "2026-01-01", "nutzart": _USES[LandUse(int(u))],
                     "bez": ""})
                for g, n, u in zip(blocks.geometry, blocks.number, blocks.land_use, strict=True)
            ],
        ),
    )  # fmt: skip
    with fiona.Env(OGR_CURRENT_DATE=WRITTEN):
        for name, fields, rows in layers:
            wanted = {"geometry": "Polygon", "properties": {**fields, "hinweis": "str:20"}}
            with fiona.open(path, "w", driver="GPKG", layer=name, crs=CRS.from_epsg(plan.EPSG), schema=wanted) as sink:
                sink.writerecords(
                    {"geometry": shapely.geometry.mapping(g), "properties": {**own, "hinweis": "synthetisch"}}
                    for g, own in rows
                )
    return sum(len(rows) for _, _, rows in layers)


def write_extract(path: Path, city: City) -> int:
    """Streets, railways and brooks as ways of an OpenStreetMap extract; returns the number of ways."""
    path.unlink(missing_ok=True)
    ways: list[tuple[list[tuple[float, float]], dict[str, str]]] = []
    streets = city.streets
    for geom, name, category in zip(streets.geometry, streets.name, streets.category, strict=True):
        tags = {"highway": _HIGHWAYS.get(str(category), "residential"), "name": str(name)}
        ways += [(list(part.coords), tags) for part in shapely.get_parts(geom)]
    for i, feature in enumerate(city.network.features):
        tags = {RAIL: {"railway": "rail"}, BROOK: {"waterway": "stream"}}.get(feature.kind, {})
        if tags:
            named = tags | {"name": str(feature.name)}
            ways += [(list(part.coords), named) for part in shapely.get_parts(city.lines.of(i))]
    to_degrees = pyproj.Transformer.from_crs(plan.EPSG, 4326, always_xy=True)
    number: dict[tuple[float, float], int] = {}
    for points, _ in ways:
        for p in points:
            number.setdefault(p, len(number) + 1)
    places = np.array(list(number))
    east, north = to_degrees.transform(places[:, 0], places[:, 1])
    with osmium.SimpleWriter(str(path)) as sink:
        for i, location in enumerate(zip(east.tolist(), north.tolist(), strict=True), start=1):
            sink.add_node(mutable.Node(id=i, location=location, version=1))
        for i, (points, tags) in enumerate(ways, start=1):
            note = {**tags, "note": "synthetisch"}
            sink.add_way(mutable.Way(id=i, nodes=[number[p] for p in points], tags=note, version=1))
    return len(ways)


def write_geo(writer: Writer, snapshots: Sequence[Snapshot]) -> None:
    """Write both extracts; nothing of them is delivered."""
    _ = snapshots
    for name, write in ((CADASTRE, write_cadastre), (EXTRACT, write_extract)):
        writer.add(name, "geodata", write(writer.folder / name, writer.city))
