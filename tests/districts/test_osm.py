"""OpenStreetMap extracts: what is read, what bounds nothing, attribution, and files that must be refused."""

from __future__ import annotations

from pathlib import Path

import osmium
import pyproj
import pytest
from osmium.osm import mutable
from sqlalchemy import Connection, Engine, text

from etl.catalogue import Catalogue
from etl.districts.blockbuild.build import BuildOptions, build_blocks
from etl.districts.osm import ATTRIBUTION, load_osm, read_osm
from etl.errors import InputError
from tests import small_city

GERMANY = (9.0, 53.0, 11.0, 54.5)
Tags = dict[str, str]


def write(path: Path, ways: list[tuple[list[tuple[float, float]], Tags]]) -> Path:
    """A PBF of ways given by points in EPSG:25832."""
    to_degrees = pyproj.Transformer.from_crs(25832, 4326, always_xy=True)
    path.unlink(missing_ok=True)
    nodes: dict[tuple[float, float], int] = {}
    for points, _ in ways:
        for p in points:
            nodes.setdefault(p, len(nodes) + 1)
    writer = osmium.SimpleWriter(str(path))
    for p, number in nodes.items():
        writer.add_node(mutable.Node(id=number, location=to_degrees.transform(*p), version=1))
    for number, (points, tags) in enumerate(ways, start=1):
        writer.add_way(mutable.Way(id=number, nodes=[nodes[p] for p in points], tags=tags, version=1))
    writer.close()
    return path


def at(x: float, y: float) -> tuple[float, float]:
    """A point of the small city, in kilometres from its south-west corner."""
    return (560_000 + x * 1000, 5_950_000 + y * 1000)


CROSS = [
    ([at(-1, 0.5), at(1, 0.5), at(3, 0.5)], {"highway": "primary", "name": "Ulzburger Straße"}),
    ([at(1, -1), at(1, 0.5), at(1, 3)], {"highway": "residential", "name": "Weg „Süd“"}),
    ([at(0.2, 0.2), at(0.8, 0.2)], {"highway": "footway"}),
    ([at(0.2, 0.3), at(0.8, 0.3)], {"railway": "rail", "service": "siding"}),
    ([at(0.2, 0.4), at(0.8, 0.4)], {"railway": "rail"}),
    ([at(0.2, 0.55), at(0.8, 0.55)], {"waterway": "stream", "tunnel": "culvert"}),
    ([at(0.2, 0.6), at(0.8, 0.6)], {"waterway": "stream", "name": "Tarpenbek"}),
    ([at(1.2, 1.2), at(1.4, 1.2), at(1.4, 1.4), at(1.2, 1.2)], {"natural": "water"}),
    ([at(1.6, 1.2), at(1.8, 1.2), at(1.8, 1.4), at(1.6, 1.2)], {"landuse": "residential"}),
    ([at(8, 8), at(9, 9)], {"highway": "primary"}),
]


def rows(connection: Connection) -> list[tuple[str, str, str | None]]:
    """Kind, class and name of the base map."""
    found = connection.execute(text("SELECT kind, class, name FROM geo.basemap ORDER BY kind, class, name"))
    return [(str(k), str(c), n) for k, c, n in found]


def test_streets_rails_and_waters_only(tmp_path: Path) -> None:
    found = read_osm(write(tmp_path / "a.osm.pbf", CROSS), GERMANY)
    told = sorted(zip(found.kinds, found.classes, [n or "" for n in found.names], strict=True))
    assert told == [
        ("bahn", "Bahn", ""), ("gewaesser", "Bach", "Tarpenbek"), ("gewaesser", "Wasserfläche", ""),
        ("strasse", "Anliegerstraße", "Weg „Süd“"), ("strasse", "Hauptverkehrsstraße", ""),
        ("strasse", "Hauptverkehrsstraße", "Ulzburger Straße"),
    ]  # fmt: skip


def test_cut_to_the_city_with_attribution_and_blocks(db: Engine, catalogue: Catalogue, tmp_path: Path) -> None:
    path = write(tmp_path / "a.osm.pbf", CROSS)
    with db.begin() as connection:
        small_city.build(connection)
        assert load_osm(connection, catalogue.city, path).changed
        assert ("strasse", "Hauptverkehrsstraße", None) not in rows(connection)  # lies outside
        shown = connection.execute(text("SELECT DISTINCT hinweis FROM sozialbericht.grundkarte")).scalars().all()
        assert shown == [ATTRIBUTION]
        length = connection.scalar(
            text("SELECT ST_Length(geom) FROM sozialbericht.grundkarte WHERE name = 'Ulzburger Straße'")
        )
        assert length == pytest.approx(2200, abs=1)  # the city and 100 m on either side
        assert not load_osm(connection, catalogue.city, path).changed
        report = build_blocks(connection, catalogue.city, BuildOptions("lines", "aus OSM"))
    assert len(report.areas) == 4


def test_a_large_extract_loses_nothing(tmp_path: Path) -> None:
    """More objects than GDAL lets pile up in layers that nobody reads."""
    path = tmp_path / "gross.osm.pbf"
    writer = osmium.SimpleWriter(str(path))
    number, side = 60_000, 250
    place = [
        (9.9 + 0.0004 * (i % side) + 1e-7 * (i * 7919 % 997), 53.6 + 0.0004 * (i // side)) for i in range(number * 2)
    ]
    for i, location in enumerate(place, start=1):
        tags = {"amenity": "bench", "ref": str(i * 7919 % 100_003)}
        writer.add_node(mutable.Node(id=i, location=location, version=1, tags=tags))
    for i in range(1, number + 1):
        tags = {"highway": "residential", "name": f"Straße {i * 31 % 65_537}"}
        writer.add_way(mutable.Way(id=i, nodes=[i, i + 1], tags=tags, version=1))
    for i in range(1, number + 1):
        tags = {"natural": "water", "name": f"Teich {i * 17 % 65_537}"}
        writer.add_way(mutable.Way(id=number + i, nodes=[i, i + 1, i + side, i], tags=tags, version=1))
    writer.close()
    found = read_osm(path, (9.0, 53.0, 11.0, 55.0))
    assert found.kinds.count("strasse") == number
    assert found.kinds.count("gewaesser") == number


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "ist leer"), (b"PK\x03\x04", "kein OpenStreetMap-Auszug"), (b"x" * 5000, "kein OpenStreetMap-Auszug")],
)
def test_other_files_are_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "a.osm.pbf"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_osm(path, GERMANY)


def test_damaged_and_far_extracts_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.osm.pbf", CROSS * 50)
    raw = path.read_bytes()
    broken = tmp_path / "b.osm.pbf"
    broken.write_bytes(raw[: len(raw) * 2 // 3])
    with pytest.raises(InputError, match="nicht lesbar"):
        read_osm(broken, GERMANY)
    with pytest.raises(InputError, match="der richtige Auszug"):
        read_osm(path, (6.0, 48.0, 7.0, 49.0))
    with pytest.raises(InputError, match="gibt es nicht"):
        read_osm(tmp_path / "fehlt.pbf", GERMANY)
