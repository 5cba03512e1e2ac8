"""An adopted version as files, and back: the same districts, the same bytes, bad lists refused by line."""

from __future__ import annotations

import csv
import json
from datetime import date
from pathlib import Path

import fiona
import pytest
import shapely
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from etl.catalogue import City
from etl.districts import store as units
from etl.districts import versions
from etl.districts.plans import store
from etl.districts.plans.adopt import adopt
from etl.districts.plans.export import ASSIGNMENT, GEOPACKAGE, PROVENANCE, export, folder_name
from etl.districts.plans.official import ImportOptions, import_districts
from etl.districts.plans.review import finish_review
from etl.errors import InputError, SozialberichtError
from tests.plans import grid_city

POLYGONS = ImportOptions(district="gebiet", name="name", layer="bezirk")


def assignment(engine: Engine, label: str) -> dict[int, str]:
    with engine.connect() as connection:
        return store.read_assignment(connection, versions.get(connection, label).id)


def outlines(engine: Engine, label: str) -> dict[str, tuple[str, bytes]]:
    with engine.connect() as connection:
        found = units.read_units(connection, versions.get(connection, label).id, "bezirk")
    normal = shapely.to_wkb(shapely.normalize(found.geoms))
    return {k: (n, g) for k, n, g in zip(found.keys, found.names, normal, strict=True)}


def test_exported_files_hold_every_scale_and_their_origin_but_no_persons(
    adopted_city: Engine, city: City, tmp_path: Path
) -> None:
    with adopted_city.begin() as connection:
        folder = export(connection, city, "neu", tmp_path)
    assert {p.name for p in folder.iterdir()} == {GEOPACKAGE, ASSIGNMENT, PROVENANCE}
    layers = [level + scale for level in ("bezirk", "stadtteil", "stadt") for scale in ("", "_10m", "_50m")]
    assert sorted(fiona.listlayers(folder / GEOPACKAGE)) == sorted(layers)
    for layer in layers:
        with fiona.open(folder / GEOPACKAGE, layer=layer) as source:
            assert source.crs.to_epsg() == 25832
            geoms = [shapely.geometry.shape(f.geometry) for f in source]
            assert shapely.coverage_is_valid(geoms)
            assert not {"einwohner", "persons", "pop"} & set(source.schema["properties"])
            for feature, geom in zip(source, geoms, strict=True):
                p = feature.properties
                if layer == "bezirk":
                    assert geom.contains(shapely.Point(p["beschriftung_e"], p["beschriftung_n"]))
    facts = yaml.safe_load((folder / PROVENANCE).read_text(encoding="utf-8"))
    assert facts["gueltig_ab"] == date(2026, 1, 1) and facts["plan"] == "gesamt" and facts["bloecke"] == "alt"
    assert facts["abweichung_vom_band"] == "Beispiel mit wenigen Bezirken"
    assert "einwohner" not in json.dumps(facts, default=str).replace("einwohner_bestand", "")


def test_export_is_reproducible_and_needs_adoption(adopted_city: Engine, city: City, tmp_path: Path) -> None:
    with adopted_city.begin() as connection:
        first = {p.name: p.read_bytes() for p in export(connection, city, "neu", tmp_path / "a").iterdir()}
        second = {p.name: p.read_bytes() for p in export(connection, city, "neu", tmp_path / "b").iterdir()}
        again = {p.name: p.read_bytes() for p in export(connection, city, "neu", tmp_path / "a").iterdir()}
        with pytest.raises(SozialberichtError, match="nicht beschlossen"):
            export(connection, city, "alt", tmp_path)
    assert first == second == again


def test_reimport_of_the_list_and_of_the_polygons_is_the_identity(
    adopted_city: Engine, city: City, tmp_path: Path
) -> None:
    with adopted_city.begin() as connection:
        folder = export(connection, city, "neu", tmp_path)
        import_districts(connection, city, folder / ASSIGNMENT, "liste", ImportOptions())
        made = import_districts(connection, city, folder / GEOPACKAGE, "polygone", POLYGONS)
    assert made.cut == ()
    assert assignment(adopted_city, "liste") == assignment(adopted_city, "neu") == assignment(adopted_city, "polygone")
    assert outlines(adopted_city, "liste") == outlines(adopted_city, "neu") == outlines(adopted_city, "polygone")


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(1, 3), min_size=48, max_size=48), st.randoms())
def test_any_list_comes_back_as_it_went_in(
    planned: Engine, city: City, tmp_path: Path, numbers: list[int], random: object
) -> None:
    """Contiguity is not asked of a draft: whatever a list says is stored, in any order of rows."""
    wanted = {grid_city.key(*place): f"{place[0]}0{n}" for place, n in zip(grid_city.places(), numbers, strict=True)}
    rows = list(wanted.items())
    random.shuffle(rows)  # type: ignore[attr-defined]
    path = tmp_path / "liste.csv"
    path.write_text("block;bezirk\n" + "".join(f"{b};{d}\n" for b, d in rows), encoding="utf-8")
    with planned.connect() as connection:
        import_districts(connection, city, path, "liste", ImportOptions())
        version = versions.get(connection, "liste")
        stored = connection.execute(
            text("SELECT b.key, u.key FROM geo.block_assignment a JOIN geo.block b ON b.id = a.block_id "
                 "JOIN geo.unit u ON u.id = a.unit_id WHERE a.version_id = :v"), {"v": version.id},
        ).all()  # fmt: skip
        area = connection.scalar(
            text("SELECT sum(area_m2) FROM geo.unit WHERE version_id = :v AND level = 'bezirk'"), {"v": version.id}
        )
        connection.rollback()
    assert dict(tuple(r) for r in stored) == wanted
    assert area == 480_000


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda rows: rows[:-1], "1 Block fehlt: „253“"),
        (lambda rows: [*rows, rows[0]], "Zeile 50, Spalte „block“, Wert „100“: der Block steht mehrfach"),
        (lambda rows: [("777", "101"), *rows[1:]], "Zeile 2, Spalte „block“, Wert „777“: diesen Block gibt es nicht"),
        (lambda rows: [("100", ""), *rows[1:]], "Zeile 2, Spalte „bezirk“, Wert „“: der Bezirk fehlt"),
        (lambda rows: [("100", "201"), *rows[1:]], r"201 liegt in mehreren Stadtteilen \(2: 24 Blöcke, 1: 1 Block\)"),
    ],
)
def test_bad_lists_are_refused_by_line(planned: Engine, city: City, tmp_path: Path, change: object, says: str) -> None:
    rows = change([(grid_city.key(*p), f"{p[0]}01") for p in grid_city.places()])  # type: ignore[operator]
    path = tmp_path / "liste.csv"
    with path.open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle, delimiter=";").writerows([("block", "bezirk"), *rows])
    with pytest.raises(InputError, match=says), planned.begin() as connection:
        import_districts(connection, city, path, "liste", ImportOptions())
    with planned.connect() as connection:
        assert versions.find(connection, "liste") is None


def polygons(path: Path, boxes: dict[str, tuple[float, float, float, float]]) -> Path:
    schema = {"geometry": "Polygon", "properties": {"gebiet": "str", "name": "str"}}
    with fiona.open(path, "w", driver="GPKG", layer="bezirk", crs="EPSG:25832", schema=schema) as sink:
        for key, (x, y, width, height) in boxes.items():
            e, n = grid_city.EAST + x, grid_city.NORTH + y
            geom = shapely.geometry.mapping(shapely.box(e, n, e + width, n + height))
            sink.write({"geometry": geom, "properties": {"gebiet": key, "name": f"Amt {key}"}})
    return path


def test_polygons_that_cut_blocks_take_the_larger_part_and_say_so(planned: Engine, city: City, tmp_path: Path) -> None:
    boxes = {"101": (0, 0, 330, 400), "102": (330, 0, 270, 400), "201": (600, 0, 600, 400)}
    with planned.begin() as connection:
        made = import_districts(connection, city, polygons(tmp_path / "a.gpkg", boxes), "amt", POLYGONS)
        found = units.read_units(connection, versions.get(connection, "amt").id, "bezirk")
    assert made.cut == ("130", "131", "132", "133") and "folgen dem größeren Teil" in made.message()
    assert found.names == ["Amt 101", "Amt 102", "Amt 201"]


def test_polygons_that_leave_blocks_out_are_refused(planned: Engine, city: City, tmp_path: Path) -> None:
    path = polygons(tmp_path / "a.gpkg", {"101": (0, 0, 600, 400)})
    with pytest.raises(InputError, match="24 Blöcke liegen in keinem Bezirk"), planned.begin() as connection:
        import_districts(connection, city, path, "amt", POLYGONS)


def test_an_official_list_is_adopted_like_a_plan(planned: Engine, city: City, tmp_path: Path) -> None:
    boxes = {f"{s}0{n + 1}": (600 * (s - 1) + 300 * n, 0.0, 300.0, 400.0) for s in (1, 2) for n in (0, 1)}
    with planned.begin() as connection:
        import_districts(connection, city, polygons(tmp_path / "a.gpkg", boxes), "amt", POLYGONS)
        finish_review(connection, versions.get(connection, "amt"))
        done = adopt(connection, city, "amt", date(2011, 1, 1))
    assert (done.districts, done.outside_band) == (4, 0)


@pytest.mark.parametrize(
    ("label", "name"), [("2026", "2026"), ("Größe, neu (1)", "groesse-neu-1"), ("Ä/..\\b", "ae-b")]
)
def test_folder_names_are_plain(label: str, name: str) -> None:
    assert folder_name(label) == name


def test_a_label_without_letters_names_no_folder() -> None:
    with pytest.raises(SozialberichtError, match="kein Ordnername"):
        folder_name("../..")
