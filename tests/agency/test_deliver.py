"""Both files from the database, proven against the addresses; what cannot be told is refused or said."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, text

from etl.catalogue import Catalogue
from etl.districts.agency import deliver as agency
from etl.districts.agency.files import Layout, read_areas, read_grid
from etl.errors import InputError, SozialberichtError
from etl.indicators.aggregate import aggregate
from tests import small_city
from tests.conftest import Published
from tests.crosswalk import grid_city
from tests.crosswalk.grid_city import address


@pytest.fixture
def city(db: Engine, catalogue: Catalogue) -> Iterator[Connection]:
    """The city of squares with a street through both Stadtteile; 1,500 people a district, 400 in 203."""
    with db.connect() as connection:
        grid_city.build(connection)
        grid_city.version(connection, "alt", grid_city.OLD, current=True)
        delivery = small_city.deliver(connection, "einwohner_bestand", 2025)
        people = {"00": 1500, "02": 1500, "20": 1500, "22": 1500, "23": 400}
        small_city.count(connection, delivery, "ew", dict(people))
        aggregate(connection, catalogue)
        for number, block in (("1", "00"), ("3", "00"), ("5", "20"), ("5a", "22"), ("2", "02"), ("4", "23")):
            address(connection, "Lange Straße", number, block)
        yield connection


def test_files_say_what_the_addresses_say(city: Connection, catalogue: Catalogue, tmp_path: Path) -> None:
    report = agency.deliver_agency(city, catalogue, "alt", tmp_path / "neu")
    assert (report.areas_file.name, report.grid_file.name) == ("01060063-zu.csv", "01060063-ra.csv")
    assert report.areas_file.read_bytes().decode("cp1252").splitlines()[:4] == [
        "Gemeindeschlüssel;Schlüssel;Bezeichnung;Einwohner",
        "01060063;001000000;Gebiet 1;",
        "01060063;001001000;Gebiet 101;",
        "01060063;001001001;Gebiet 101;1500",
    ]
    assert [line.key for line in read_areas(report.areas_file, Layout()) if line.inhabitants is not None] == [
        "001001001", "001002001", "002001001", "002002001", "002003001",
    ]  # fmt: skip
    lines = report.grid_file.read_bytes().decode("cp1252").splitlines()
    assert lines[1:] == [
        "01060063;Lange Straße;22844;Norderstedt;1;;3;;;;;;001001001",
        "01060063;Lange Straße;22844;Norderstedt;;;;;2;;2;;001002001",
        "01060063;Lange Straße;22844;Norderstedt;5;;5;;;;;;002001001",
        "01060063;Lange Straße;22844;Norderstedt;5;a;997;;;;;;002002001",
        "01060063;Lange Straße;22844;Norderstedt;;;;;4;;998;;002003001",
    ]
    assert report.addresses == 6
    assert any("Mindestmaß: „Gebiet 203“" in note for note in report.notes)
    assert any("„Lange Straße 5“" in note for note in report.notes)


def test_districts_known_by_polygons_alone(city: Connection, catalogue: Catalogue, tmp_path: Path) -> None:
    before = agency.deliver_agency(city, catalogue, "alt", tmp_path / "a").grid_file.read_bytes()
    city.execute(text("DELETE FROM geo.block_assignment"))
    assert agency.deliver_agency(city, catalogue, "alt", tmp_path / "b").grid_file.read_bytes() == before


def test_same_address_in_two_districts_is_refused(city: Connection, catalogue: Catalogue, tmp_path: Path) -> None:
    address(city, "Lange Straße", "3", "23", key="00002")
    with pytest.raises(SozialberichtError, match="in mehreren Bezirken: „Lange Straße, 22844“"):
        agency.deliver_agency(city, catalogue, "alt", tmp_path)


def test_addresses_without_a_name_are_told(city: Connection, catalogue: Catalogue, tmp_path: Path) -> None:
    address(city, None, "7", "00", key="00003")
    report = agency.deliver_agency(city, catalogue, "alt", tmp_path)
    assert any("ohne Straßennamen" in note and "1 Adresse" in note for note in report.notes)


def test_letters_that_the_encoding_lacks_are_refused(city: Connection, catalogue: Catalogue, tmp_path: Path) -> None:
    address(city, "Ulica Łąkowa", "7", "00", key="00003")
    with pytest.raises(InputError, match="--encoding utf-8"):
        agency.deliver_agency(city, catalogue, "alt", tmp_path)
    report = agency.deliver_agency(city, catalogue, "alt", tmp_path, layout=Layout("utf-8"))
    assert report.addresses == 7


def test_no_addresses_or_districts(city: Connection, catalogue: Catalogue, tmp_path: Path) -> None:
    city.execute(text("DELETE FROM geo.address"))
    with pytest.raises(SozialberichtError, match="addresses load"):
        agency.deliver_agency(city, catalogue, "alt", tmp_path)
    city.execute(text("INSERT INTO geo.district_version (label, title) VALUES ('leer', 'leer')"))
    with pytest.raises(SozialberichtError, match="keine Bezirke"):
        agency.deliver_agency(city, catalogue, "leer", tmp_path)


def test_wrong_files_are_not_kept(
    city: Connection, catalogue: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = agency.rows
    monkeypatch.setattr(agency, "rows", lambda houses: real(houses)[1:])
    with pytest.raises(SozialberichtError, match="nicht richtig wieder"):
        agency.deliver_agency(city, catalogue, "alt", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_keys_of_any_kind_become_nine_digits() -> None:
    assert agency.nine_digits([("1", "101"), ("12", "1207")]) == {
        ("1", "101"): "001001001",
        ("12", "1207"): "012007001",
    }
    assert agency.nine_digits([("STGT01", "STBZ7"), ("STGT01", "STBZ9"), ("STGT03", "STBZ8")]) == {
        ("STGT01", "STBZ7"): "001001001", ("STGT01", "STBZ9"): "001002001", ("STGT03", "STBZ8"): "002001001",
    }  # fmt: skip


def test_the_sample_city(published: Published, catalogue: Catalogue, tmp_path: Path) -> None:
    with published.engine.connect() as connection:
        label = connection.scalar(text("SELECT label FROM geo.district_version WHERE is_current"))
        report = agency.deliver_agency(connection, catalogue, label, tmp_path)
        known = connection.scalar(text("SELECT count(*) FROM geo.address WHERE block_id IS NOT NULL"))
    assert report.addresses == known
    assert len({street for street, _ in read_grid(report.grid_file, Layout())}) > 50
