"""Blocks enclosed by lines, around cells or addresses tile each Stadtteil exactly and hold every address once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from etl.catalogue import Catalogue
from etl.districts.areas import Areas, geometry_array
from etl.districts.blockbuild.build import BuildOptions, build_blocks
from etl.districts.blockbuild.faces import Limits, around, clusters, enclosed
from etl.districts.grid import GridOptions
from etl.errors import SozialberichtError
from etl.warehouse import databases, engine, service
from tests.conftest import Published, clone


def parents(*boxes: tuple[float, float, float, float]) -> Areas:
    """Rectangular Stadtteile 1, 2, …"""
    keys = [str(n) for n in range(1, len(boxes) + 1)]
    return Areas(keys, keys, [None] * len(keys), geometry_array([shapely.box(*b) for b in boxes]))


def lines(*raw: list[tuple[float, float]]) -> Any:
    """Lines from coordinates."""
    return geometry_array([shapely.LineString(points) for points in raw])


NOWHERE = geometry_array([])
CITY = parents((0, 0, 1000, 1000), (1000, 0, 2000, 1000))


def assert_tiles(areas: Areas, city: Areas) -> None:
    """Coverage valid; the blocks of each parent are exactly its ground."""
    assert shapely.coverage_is_valid(areas.geoms)
    for key, geom in zip(city.keys, city.geoms, strict=True):
        own = areas.geoms[[p == key for p in areas.parents]]
        assert len(own)
        assert shapely.area(shapely.symmetric_difference(shapely.union_all(own), geom)) == pytest.approx(0, abs=1e-6)


def test_streets_enclose_blocks_and_dead_ends_are_counted() -> None:
    streets = lines(
        [(0, 500), (2000, 500)], [(500, -50), (500, 1050)], [(750, 500), (750, 700)], [(600, 100), (700, 200)]
    )
    areas, cleaning = enclosed(CITY, streets, NOWHERE, Limits())
    assert len(areas) == 6
    assert_tiles(areas, CITY)
    # the dead end from the street, the free line, and the two ends beyond the city
    assert cleaning.dangles >= 2
    assert (cleaning.slivers, cleaning.islands) == (0, 0)


def test_dual_carriageway_and_traffic_island_join_their_neighbour() -> None:
    streets = lines(
        [(0, 500), (2000, 500)], [(0, 506), (2000, 506)],  # 6 m apart
        [(480, 700), (510, 700), (510, 730), (480, 730), (480, 700)], [(0, 715), (480, 715)], [(510, 715), (2000, 715)],
    )  # fmt: skip
    areas, cleaning = enclosed(CITY, streets, NOWHERE, Limits())
    assert cleaning.slivers == 2
    assert cleaning.islands == 1
    assert len(areas) == 6
    assert_tiles(areas, CITY)


def test_an_inhabited_small_face_is_a_block() -> None:
    ring = lines(
        [(480, 700), (510, 700), (510, 730), (480, 730), (480, 700)], [(480, 715), (0, 715)], [(510, 715), (1000, 715)]
    )
    home = geometry_array([shapely.Point(495, 710)])
    with_home, _ = enclosed(CITY, ring, home, Limits())
    without, _ = enclosed(CITY, ring, NOWHERE, Limits())
    assert len(with_home) == len(without) + 1


def test_a_city_without_lines_is_one_block_a_stadtteil() -> None:
    areas, _ = enclosed(CITY, NOWHERE, NOWHERE, Limits())
    assert areas.parents == ["1", "2"]
    assert_tiles(areas, CITY)


coordinates = st.integers(1, 99_900).map(lambda cm: cm / 50)
spots = st.lists(st.tuples(coordinates, coordinates.map(lambda v: v / 2)), max_size=40, unique=True)


@settings(max_examples=60, deadline=None)
@given(spots=spots)
def test_surroundings_of_any_points_tile_the_city(spots: list[tuple[float, float]]) -> None:
    points = np.array(spots, dtype=float).reshape(-1, 2)
    areas, _ = around(CITY, points)
    assert_tiles(areas, CITY)
    assert len(areas) <= max(len(points), 2) + 2


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_blocks_of_any_streets_tile_the_city(data: st.DataObject) -> None:
    ends = st.tuples(st.integers(-50, 2050), st.integers(-50, 1050))
    drawn = data.draw(st.lists(st.tuples(ends, ends).filter(lambda e: e[0] != e[1]), max_size=12))
    areas, _ = enclosed(CITY, lines(*[list(e) for e in drawn]), NOWHERE, Limits())
    assert_tiles(areas, CITY)


def test_clusters_are_centres_of_squares() -> None:
    points = np.array([[10.0, 10.0], [20.0, 30.0], [510.0, 10.0]])
    assert sorted(map(tuple, clusters(points, 100))) == [(15.0, 20.0), (510.0, 10.0)]


@pytest.fixture
def sample(published: Published) -> Any:
    """A connection to a copy of the published sample, whose blocks may be formed anew."""
    published.engine.dispose()
    name = clone(published.template)
    with engine.open_engine(service.url(name, service.ADMIN)).connect() as connection:
        yield connection
    databases.drop_database(name)


def built(connection: Connection, label: str) -> list[Any]:
    """Polygons of a set of blocks."""
    rows = connection.scalars(
        text("SELECT ST_AsBinary(b.geom) FROM geo.block b JOIN geo.block_set s ON s.id = b.block_set_id "
             "WHERE s.label = :label"), {"label": label},
    )  # fmt: skip
    return [shapely.from_wkb(bytes(raw)) for raw in rows]


def test_the_sample_s_lines_enclose_its_own_blocks(sample: Connection, catalogue: Catalogue) -> None:
    given_label = sample.scalar(text("SELECT label FROM geo.block_set WHERE is_current"))
    options = BuildOptions("lines", "aus Linien", limits=Limits(0, 0))
    report = build_blocks(sample, catalogue.city, options)
    own, formed = built(sample, str(given_label)), built(sample, "aus Linien")
    assert len(formed) == len(own)
    assert {p.normalize().wkt for p in shapely.set_precision(own, 0.01)} == {
        p.normalize().wkt for p in shapely.set_precision(formed, 0.01)
    }
    assert "0 in keinem" in report.result


@pytest.mark.parametrize("method", ["lines", "clusters"])
def test_every_address_lies_in_one_block_of_the_new_set(sample: Connection, catalogue: Catalogue, method: str) -> None:
    build_blocks(sample, catalogue.city, BuildOptions(method, "neu"))
    homeless = sample.scalar(
        text("SELECT count(*) FROM geo.address a LEFT JOIN geo.block b ON b.id = a.block_id "
             "LEFT JOIN geo.block_set s ON s.id = b.block_set_id AND s.is_current WHERE s.id IS NULL")
    )  # fmt: skip
    assert homeless == 0


def test_populated_cells_take_the_land_around_them(sample: Connection, catalogue: Catalogue, tmp_path: Path) -> None:
    east, north = sample.execute(
        text("SELECT ST_X(ST_Transform(ST_Centroid(geom), 3035)), ST_Y(ST_Transform(ST_Centroid(geom), 3035)) "
             "FROM geo.unit WHERE level = 'stadt'")
    ).one()  # fmt: skip
    cells = [(int(east // 1000) * 1000 + 500 + 1000 * i, int(north // 1000) * 1000 + 500 + 1000 * j)
             for i in range(-4, 5) for j in range(-6, 7)]  # fmt: skip
    file = tmp_path / "zellen.csv"
    file.write_text("x;y\n" + "".join(f"{x};{y}\n" for x, y in cells), encoding="utf-8")
    options = BuildOptions("grid", "aus Zellen", grid_file=file, grid=GridOptions("block", "x", "y", 1000, 3035))
    report = build_blocks(sample, catalogue.city, options)
    assert 50 < len(report.areas) <= len(cells)
    assert "0 in keinem" in report.result
    ground = sample.scalar(text("SELECT sum(ST_Area(geom)) FROM geo.unit u JOIN geo.district_version v "
                                "ON v.id = u.version_id AND v.is_current WHERE level = 'stadt'"))  # fmt: skip
    assert sum(p.area for p in built(sample, "aus Zellen")) == pytest.approx(ground, abs=1)


def test_what_is_missing_is_said(sample: Connection, catalogue: Catalogue) -> None:
    with pytest.raises(SozialberichtError, match="--grid"):
        build_blocks(sample, catalogue.city, BuildOptions("grid", "x"))
    with pytest.raises(SozialberichtError, match="gibt es nicht"):
        build_blocks(sample, catalogue.city, BuildOptions("wabe", "x"))
    sample.execute(text("DELETE FROM geo.basemap"))
    with pytest.raises(SozialberichtError, match="keine Linien"):
        build_blocks(sample, catalogue.city, BuildOptions("lines", "x"))
