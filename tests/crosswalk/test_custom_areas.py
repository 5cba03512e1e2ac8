"""Drawn areas: the statistics office counts blocks, readers get estimates that use nothing but published figures."""

from __future__ import annotations

import json
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Connection, Engine, text

from etl.catalogue import Catalogue
from etl.districts.custom_areas.counts import recount
from etl.districts.custom_areas.store import AreaOptions, add_areas, outside, remove_areas
from etl.errors import InputError, SozialberichtError
from etl.indicators.aggregate import aggregate
from etl.indicators.compute import compute
from etl.warehouse import service
from tests import small_city
from tests.crosswalk import grid_city
from tests.crosswalk.grid_city import BLOCKS, OLD, SIZE, address, deliver_areas
from tests.editions import publish_edition

PEOPLE = {b: 100 + 10 * n for n, b in enumerate(BLOCKS)}


def drawn(folder: Path, **boxes: tuple[float, float, float, float]) -> Path:
    """A GeoJSON of rectangles, in blocks from the south-west corner: west, south, east, north."""
    features = []
    for key, (west, south, east, north) in boxes.items():
        ring = [(west, south), (east, south), (east, north), (west, north), (west, south)]
        points = [[560_000 + SIZE * x, 5_950_000 + SIZE * y] for x, y in ring]
        geometry = {"type": "Polygon", "coordinates": [points]}
        features.append({"type": "Feature", "properties": {"nr": key, "name": f"Schule {key}"}, "geometry": geometry})
    path = folder / "gebiete.geojson"
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::25832"}}
    path.write_text(json.dumps({"type": "FeatureCollection", "crs": crs, "features": features}), encoding="utf-8")
    return path


OPTIONS = AreaOptions("Schulen", "nr", "name")


@pytest.fixture
def counted(city: Connection) -> Connection:
    """The counted city with one version and unemployed by district."""
    grid_city.version(city, "alt", OLD, current=True)
    delivery = small_city.deliver(city, "arbeitslose_stadtteile", 2025)
    deliver_areas(city, delivery, "arbeitslose", {"101": 80, "102": 120, "201": 60, "202": 40, "203": 50})
    return city


def counts(connection: Connection, measure: str) -> dict[str, tuple[object, str, str, str]]:
    """What the statistics office sees of 2025: area → value, status, quality, explanation."""
    rows = connection.execute(
        text("""
        SELECT c.key, n.value, n.status, n.quality, n.explanation FROM warehouse.custom_area_count n
        JOIN geo.custom_area c ON c.id = n.area_id JOIN catalogue.measure m ON m.id = n.measure_id
        WHERE m.code = :measure AND n.period = '2025' AND n.group_code = 'insgesamt'
        """),
        {"measure": measure},
    )
    return {row[0]: tuple(row)[1:] for row in rows}


def test_whole_blocks_are_exact_and_parts_say_so(counted: Connection, catalogue: Catalogue, tmp_path: Path) -> None:
    add_areas(counted, catalogue.city, drawn(tmp_path, a=(0, 0, 2, 1), b=(0.5, 0, 2, 2)), OPTIONS)
    compute(counted, catalogue)
    found = counts(counted, "ew")
    assert found["a"] == (PEOPLE["00"] + PEOPLE["10"], "gueltig", "exakt", "Summe ganzer Blöcke (2)")
    half = (PEOPLE["00"] + PEOPLE["01"]) / 2 + PEOPLE["10"] + PEOPLE["11"]
    assert found["b"][:3] == (pytest.approx(half), "gueltig", "geschaetzt")
    assert found["b"][3].startswith("Summe aus Blöcken (4, davon 2 nur teilweise")
    # known by district only: divided by where the people of 101 live
    people = sum(PEOPLE[b] for b in BLOCKS if OLD[b] == "101")
    found = counts(counted, "arbeitslose")
    assert found["a"][:3] == (pytest.approx(80 * (PEOPLE["00"] + PEOPLE["10"]) / people), "gueltig", "geschaetzt")
    assert found["b"][:3] == (pytest.approx(80 * half / people), "gueltig", "geschaetzt")
    assert found["a"][3] == (
        "geschätzt aus Gebieten der Ebene Statistischer Bezirk (1) nach dem Anteil ihrer Einwohner"
    )


def test_without_counted_blocks_addresses_or_area_tell(
    counted: Connection, catalogue: Catalogue, tmp_path: Path
) -> None:
    add_areas(counted, catalogue.city, drawn(tmp_path, a=(0, 0, 2, 1), b=(0, 0, 1, 2)), OPTIONS)
    counted.execute(text("UPDATE intake.delivery SET status = 'superseded' WHERE source = 'einwohner_bestand'"))
    aggregate(counted, catalogue)
    assert counts(counted, "arbeitslose")["a"][0] == pytest.approx(40)
    assert counts(counted, "arbeitslose")["a"][3].endswith("nach dem Anteil ihrer Fläche")
    address(counted, "Lange Straße", "1", "10")
    for number in range(2, 11):
        address(counted, "Lange Straße", str(number), "00")
    aggregate(counted, catalogue)
    found = counts(counted, "arbeitslose")["b"]
    assert (found[0], found[3].split()[-1]) == (pytest.approx(0.9 * 80), "Adressen")


def test_readers_learn_shares_in_steps_only(counted: Connection, catalogue: Catalogue, tmp_path: Path) -> None:
    """An area that leaves out a twentieth of a block looks to readers like the whole district."""
    add_areas(counted, catalogue.city, drawn(tmp_path, ganz=(0, 0, 2, 2), fast=(0.05, 0, 2, 2)), OPTIONS)
    compute(counted, catalogue)
    publish_edition(counted, catalogue, label="Probe")
    found = readers(counted, "BEV01")
    assert counts(counted, "ew")["ganz"][0] > counts(counted, "ew")["fast"][0]
    assert found["ganz"].wert == found["fast"].wert
    assert found["ganz"].einwohneranteil_prozent == found["fast"].einwohneranteil_prozent == 100


def test_addresses_tell_more_than_area(counted: Connection, catalogue: Catalogue, tmp_path: Path) -> None:
    counted.execute(
        text("""
        INSERT INTO geo.address (address_key, street_key, house_number, geom, block_id)
        SELECT b.key || '|' || n, '00001', n,
               ST_Translate(ST_StartPoint(ST_ExteriorRing(ST_GeometryN(ST_SnapToGrid(b.geom, 1), 1))),
                            CASE WHEN n <= 9 THEN 10 ELSE 400 END, n),
               b.id FROM geo.block b, generate_series(1, 10) n WHERE b.key = '00'
        """)
    )
    add_areas(counted, catalogue.city, drawn(tmp_path, west=(0, 0, 0.5, 1)), OPTIONS)
    recount(counted, "ew")
    assert counts(counted, "ew")["west"][0] == pytest.approx(0.9 * PEOPLE["00"])


def readers(connection: Connection, indicator: str) -> dict[str, object]:
    """What readers see of 2025: area → row."""
    rows = connection.execute(
        text("SELECT * FROM sozialbericht.sondergebiet_wert WHERE kennzahl = :i AND zeitraum = '2025'"),
        {"i": indicator},
    )
    return {row.gebiet: row for row in rows}


def test_readers_get_estimates_from_published_districts(
    counted: Connection, catalogue: Catalogue, tmp_path: Path
) -> None:
    add_areas(counted, catalogue.city, drawn(tmp_path, a=(0, 0, 2, 3), klein=(0, 0, 0.5, 0.5)), OPTIONS)
    compute(counted, catalogue)
    publish_edition(counted, catalogue, label="Probe")
    people = {d: sum(PEOPLE[b] for b in BLOCKS if OLD[b] == d) for d in ("101", "102")}
    young = {d: sum(12 + n for n, b in enumerate(BLOCKS) if OLD[b] == d) for d in ("101", "102")}
    row = readers(counted, "BEV04")["a"]
    nenner, zaehler = people["101"] + people["102"] / 2, young["101"] + young["102"] / 2
    assert (row.nenner, row.zaehler) == (round(nenner), round(zaehler))
    assert row.wert == pytest.approx(100 * zaehler / nenner, abs=0.05)
    assert (row.guete, row.status) == ("geschaetzt", "gueltig")
    assert row.einwohneranteil_prozent == round(100 * nenner / sum(people.values()))
    assert "geschätzt aus 2 Bezirken, von deren Einwohnern rund" in row.erlaeuterung
    assert "BEV03" not in {
        r.kennzahl for r in counted.execute(text("SELECT kennzahl FROM sozialbericht.sondergebiet_wert"))
    }
    # fewer than 300 people: no picture of them
    small = readers(counted, "BEV04")["klein"]
    assert (small.wert, small.zaehler, small.nenner, small.status) == (None, None, None, "geheim")


def test_withheld_district_withholds_the_estimate(counted: Connection, catalogue: Catalogue, tmp_path: Path) -> None:
    counted.execute(
        text("""
        UPDATE warehouse.count SET value = 1 FROM catalogue.measure m
        WHERE m.id = measure_id AND m.code = 'ew_u18'
          AND block_id IN (SELECT id FROM geo.block WHERE key IN ('00', '10'))
        """)
    )
    counted.execute(
        text("""
        DELETE FROM warehouse.count USING catalogue.measure m
        WHERE m.id = measure_id AND m.code = 'ew_u18'
          AND block_id IN (SELECT id FROM geo.block WHERE key IN ('01', '11'))
        """)
    )
    add_areas(counted, catalogue.city, drawn(tmp_path, a=(0, 0, 2, 3)), OPTIONS)
    compute(counted, catalogue)
    publish_edition(counted, catalogue, label="Probe")
    row = readers(counted, "BEV04")["a"]
    assert (row.wert, row.status) == (None, "geheim")
    assert readers(counted, "BEV01")["a"].status == "gueltig"


def test_readers_cannot_see_counts_or_shares(db: Engine, database: str) -> None:
    with psycopg.connect(service.dsn(database, "leser"), autocommit=True) as connection:
        for table in ("warehouse.custom_area_count", "geo.custom_area_share", "warehouse.crosswalk_weight"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"SELECT * FROM {table}")
        connection.execute("SELECT * FROM sozialbericht.sondergebiet_wert")


def test_a_set_is_replaced_and_removed(counted: Connection, catalogue: Catalogue, tmp_path: Path) -> None:
    add_areas(counted, catalogue.city, drawn(tmp_path, a=(0, 0, 1, 1), b=(1, 1, 2, 2)), OPTIONS)
    first = dict(counted.execute(text("SELECT key, id FROM geo.custom_area")).all())
    added = add_areas(counted, catalogue.city, drawn(tmp_path, a=(0, 0, 1, 2), c=(1, 1, 2, 2)), OPTIONS)
    second = dict(counted.execute(text("SELECT key, id FROM geo.custom_area")).all())
    assert added.keys == ("a", "c")
    assert (set(second), second["a"]) == ({"a", "c"}, first["a"])
    recount(counted, "ew")
    assert remove_areas(counted, "Schulen") == 2
    assert counts(counted, "ew") == {}
    with pytest.raises(SozialberichtError, match="gibt es nicht; vorhanden: keine"):
        remove_areas(counted, "Schulen")


def test_areas_outside_the_city(counted: Connection, catalogue: Catalogue, tmp_path: Path) -> None:
    add_areas(counted, catalogue.city, drawn(tmp_path, a=(-1, 0, 1, 1)), OPTIONS)
    assert "Nicht ganz im Stadtgebiet: „a (25,00 ha)“" in str(outside(counted, "Schulen", "bezirk"))
    add_areas(counted, catalogue.city, drawn(tmp_path, a=(-2, 0, -1, 1)), OPTIONS)
    with pytest.raises(SozialberichtError, match="in keinem Bezirk"):
        outside(counted, "Schulen", "bezirk")


def test_wrong_files_are_refused(counted: Connection, catalogue: Catalogue, tmp_path: Path) -> None:
    path = drawn(tmp_path, a=(0, 0, 1, 1))
    with pytest.raises(InputError, match="--key"):
        add_areas(counted, catalogue.city, path, AreaOptions("Schulen", "schluessel"))
    path.write_text(path.read_text().replace('"nr": "a"', '"nr": null'))
    with pytest.raises(InputError, match="ist leer"):
        add_areas(counted, catalogue.city, path, OPTIONS)
