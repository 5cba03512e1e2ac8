"""The drawn city: exact coverages, blocks enclosed by lines, addresses where they belong."""

from __future__ import annotations

from pathlib import Path

import fiona
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.sample import SampleManifest, plan
from etl.sample.city import City, build_city
from etl.sample.geometry import faces, node
from etl.sample.streets import OUTLINE


def _layer(path: Path, name: str) -> tuple[list[dict[str, object]], np.ndarray]:
    with fiona.open(path, layer=name) as source:
        assert source.crs.to_epsg() == plan.EPSG
        found = [(dict(f["properties"]), shapely.geometry.shape(f["geometry"])) for f in source]
    return [p for p, _ in found], np.array([g for _, g in found], dtype=object)


def test_blocks_tile_the_city(city: City) -> None:
    blocks = city.blocks
    assert 900 <= len(blocks) <= 1100
    assert shapely.is_valid(blocks.geometry).all()
    assert shapely.coverage_is_valid(blocks.geometry)
    assert shapely.area(blocks.geometry).sum() / 1e6 == pytest.approx(plan.AREA_KM2, abs=0.01)
    assert len(np.unique(blocks.number)) == len(blocks)
    xy = shapely.get_coordinates(blocks.geometry)
    assert np.abs(xy * 100 - np.rint(xy * 100)).max() < 1e-4, "coordinates off the 1 cm grid"


def test_stadtteile_are_whole_and_in_place(city: City) -> None:
    parts = {
        part.name: shapely.coverage_union_all(city.blocks.geometry[city.blocks.stadtteil == part.number])
        for part in plan.STADTTEILE
    }
    assert {g.geom_type for g in parts.values()} == {"Polygon"}, "a Stadtteil in pieces"
    assert shapely.coverage_is_valid(list(parts.values()))
    centre = {name: g.centroid for name, g in parts.items()}
    mitte = centre["Norderstedt-Mitte"]
    assert centre["Friedrichsgabe"].y > mitte.y + 2_000
    assert centre["Friedrichsgabe"].x < centre["Harksheide"].x
    assert centre["Harksheide"].x > mitte.x
    assert centre["Harksheide"].y > centre["Glashütte"].y
    assert centre["Glashütte"].x > mitte.x
    assert centre["Glashütte"].y < mitte.y
    assert centre["Garstedt"].y < mitte.y
    assert centre["Garstedt"].x < centre["Glashütte"].x


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(min_value=0, max_value=2**31))
def test_every_seed_gives_a_sound_city(seed: int) -> None:
    drawn = build_city(seed, 0.03)
    assert shapely.coverage_is_valid(drawn.blocks.geometry)
    assert set(drawn.blocks.stadtteil) == {1, 2, 3, 4, 5}
    assert set(drawn.blocks.stadtteil[drawn.addresses.block]) == {1, 2, 3, 4, 5}
    assert shapely.area(drawn.blocks.geometry).sum() / 1e6 == pytest.approx(plan.AREA_KM2, abs=0.01)


def test_addresses_lie_in_their_block(city: City) -> None:
    a = city.addresses
    assert 19_000 <= len(a) <= 22_000
    inside = shapely.contains_properly(city.blocks.geometry[a.block], shapely.points(a.xy))
    assert inside.all()
    assert city.blocks.residential[a.block].all()
    assert (a.dwellings >= 1).all()
    # A second look without the stored block: exactly one block holds the point, and it is that one.
    _, block = shapely.STRtree(city.blocks.geometry).query(shapely.points(a.xy), predicate="within")
    assert np.array_equal(block, a.block)


def test_house_numbers_are_unique_and_take_sides(city: City) -> None:
    a = city.addresses
    keys = set(zip(a.street.tolist(), a.number.tolist(), a.suffix.tolist(), strict=True))
    assert len(keys) == len(a)
    # Along a straight stretch of one street odd and even numbers lie on opposite sides.
    street = int(np.bincount(a.street).argmax())
    mine = a.street == street
    line = city.streets.geometry[street]
    at = shapely.line_locate_point(line, shapely.points(a.xy[mine]))
    foot = shapely.line_interpolate_point(line, at)
    ahead = shapely.line_interpolate_point(line, at + 1.0)
    base, tip = shapely.get_coordinates(foot), shapely.get_coordinates(ahead)
    step, out = tip - base, a.xy[mine] - base
    left = step[:, 0] * out[:, 1] - step[:, 1] * out[:, 0] > 0
    odd = a.number[mine] % 2 == 1
    agreement = float((left == odd).mean())
    assert agreement > 0.97


def test_addresses_stand_along_their_street(city: City) -> None:
    a = city.addresses
    away = shapely.distance(shapely.points(a.xy), city.streets.geometry[a.street])
    assert away.max() < 45
    assert away.min() > 5


def test_geopackage_layers_agree(folder: Path, manifest: SampleManifest) -> None:
    path = folder / manifest.files[0].name
    assert fiona.listlayers(path) == ["stadt", "stadtteile", "bloecke", "strassen", "bahn", "gewaesser"]
    _, whole = _layer(path, "stadt")
    stadtteile, parts = _layer(path, "stadtteile")
    rows, blocks = _layer(path, "bloecke")
    assert [s["stadtteil_nr"] for s in stadtteile] == ["1", "2", "3", "4", "5"]
    assert len(rows) == manifest.blocks
    assert shapely.equals_exact(shapely.coverage_union_all(parts), shapely.union_all(whole), normalize=True)
    for stadtteil, part in zip(stadtteile, parts, strict=True):
        mine = [r["stadtteil_nr"] == stadtteil["stadtteil_nr"] for r in rows]
        union = shapely.coverage_union_all(blocks[np.array(mine)])
        assert shapely.symmetric_difference(union, part).area == 0


def test_lines_enclose_exactly_the_blocks(small_city: City, folder: Path, manifest: SampleManifest) -> None:
    path = folder / manifest.files[0].name
    lines = [g for name in ("strassen", "bahn", "gewaesser") for g in _layer(path, name)[1]]
    lines += list(shapely.boundary(_layer(path, "stadt")[1]))
    found = faces(node(lines))
    blocks = _layer(path, "bloecke")[1]
    assert len(found) == len(blocks)
    at = shapely.STRtree(found).query(shapely.point_on_surface(blocks), predicate="within")[1]
    assert sorted(at) == list(range(len(blocks)))
    assert shapely.area(shapely.symmetric_difference(found[at], blocks)).max() == 0


def test_network_starts_with_one_outline(small_city: City) -> None:
    assert [f.kind for f in small_city.network.features].count(OUTLINE) == 1
