"""Addresses, facilities, base map, grids and provisional districts, in a real database."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import fiona
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from etl.catalogue import Catalogue, City
from etl.districts.addresses import AddressOutcome, load_addresses, read_hk_de
from etl.districts.areas import geometry_array
from etl.districts.basemap import BasemapOptions, load_basemap
from etl.districts.bisection import bisect, number_of_districts
from etl.districts.facilities import FacilityOptions, load_facilities
from etl.districts.grid import GridOptions, cells, load_grid
from etl.districts.provisional import Target, form_provisional
from etl.districts.versions import NewVersion
from etl.errors import InputError, SozialberichtError
from tests import small_city
from tests.districts import files
from tests.districts.files import ORIGIN, square
from tests.districts.test_load import BEZIRKE, TEILE, load

X0, Y0 = ORIGIN


@pytest.fixture(scope="module")
def city(catalogue: Catalogue) -> City:
    return catalogue.city


def hk(x: float, y: float, **other: str) -> str:
    """A row of house coordinates; ``x`` and ``y`` in metres from the test city's corner."""
    row = {
        "NBA": "N", "OI": "DESH0", "QUA": "A", "LAN": "01", "RBZ": "0", "KRS": "60", "GMD": "063", "OTT": "0000",
        "SSS": "01234", "HNR": "12", "ADZ": "a", "E": f"{32_000_000 + X0 + x:.3f}".replace(".", ","),
        "N": f"{Y0 + y:.3f}".replace(".", ","), "STN": "Schöne Straße", "PLZ": "22846", "ONM": "Norderstedt",
        "ZON": "", "POT": "",
    } | other  # fmt: skip
    return ";".join(row.values())


def write_hk(path: Path, rows: list[str], encoding: str = "utf-8") -> Path:
    path.write_bytes(("# Hauskoordinaten\r\n" + "\r\n".join(rows) + "\r\n").encode(encoding))
    return path


def load_hk(db: Engine, city: City, path: Path, **options: Any) -> AddressOutcome:
    with db.begin() as connection:
        return load_addresses(connection, city, path, **options)


class TestAddresses:
    def test_rows_become_located_addresses(self, db: Engine, city: City, tmp_path: Path) -> None:
        load(db, city, files.write(tmp_path / "b.gpkg", BEZIRKE), "block", name=None)
        rows = [hk(500, 500), hk(1500, 500, HNR="007", ADZ="", SSS="7"), hk(9000, 500, HNR="3")]
        outcome = load_hk(db, city, write_hk(tmp_path / "hk.csv", rows))
        assert (outcome.loaded, outcome.located, outcome.unlocated, outcome.rejected) == (3, 2, 1, ())
        with db.begin() as connection:
            found = connection.execute(
                text("""
                    SELECT a.address_key, a.street_key, a.house_number, a.suffix, a.street_name, a.postal_code,
                           a.quality,                           ST_X(a.geom), ST_Y(a.geom), b.key
                    FROM geo.address a LEFT JOIN geo.block b ON b.id = a.block_id ORDER BY a.address_key
                """)
            ).all()
        assert tuple(found[0]) == (
            "00007|7|",
            "00007",
            7,
            "",
            "Schöne Straße",
            "22846",
            "A",
            X0 + 1500,
            Y0 + 500,
            "103",
        )
        assert found[1][0] == "01234|12|a"
        assert (found[2][0], found[2][9]) == ("01234|3|a", None)

    def test_point_on_a_border_lies_in_exactly_one_block(self, db: Engine, city: City, tmp_path: Path) -> None:
        load(db, city, files.write(tmp_path / "b.gpkg", BEZIRKE), "block", name=None)
        rows = [hk(1000, 1000), hk(1000, 500, HNR="1"), hk(4000, 2000, HNR="2")]
        outcome = load_hk(db, city, write_hk(tmp_path / "hk.csv", rows))
        assert outcome.located == 3
        with db.begin() as connection:
            found = connection.execute(
                text("SELECT a.house_number, b.key FROM geo.address a JOIN geo.block b ON b.id = a.block_id")
            ).all()
        assert dict(tuple(r) for r in found) == {12: "101", 1: "101", 2: "204"}

    def test_wrong_rows_are_reported_with_their_place(self, db: Engine, city: City, tmp_path: Path) -> None:
        good = [hk(500, 500, HNR=str(n)) for n in range(1, 201)]
        bad = [
            hk(1, 1, HNR="0"), hk(1, 1, HNR="zwölf"), hk(1, 1, SSS="A1"), hk(1, 1, E="acht"),
            hk(1, 1, E="33562500,000"), hk(1, 1, N="5,951"), "N;zu;kurz", hk(1, 1, KRS="62"),
        ]  # fmt: skip
        outcome = load_hk(db, city, write_hk(tmp_path / "hk.csv", good + bad))
        places = [(p.line, p.column, p.value) for p in outcome.rejected]
        assert places == [
            (202, "HNR", "0"), (203, "HNR", "zwölf"), (204, "SSS", "A1"), (205, "E", "acht"),
            (206, "E", "33562500,000"), (207, "N", "5,951"), (208, None, None),
        ]  # fmt: skip
        assert outcome.rejected[-1].reason.startswith("18 Felder erwartet, 3 gefunden")
        assert outcome.elsewhere == 1
        assert outcome.loaded == 200
        with db.begin() as connection:
            report = connection.scalar(text("SELECT report FROM geo.boundary_load"))
        assert report["rejected"] == 7
        assert report["rejects"][0]["line"] == 202

    def test_repeated_addresses_keep_the_better_one(self, db: Engine, city: City, tmp_path: Path) -> None:
        rows = [hk(100, 100, QUA="B"), hk(200, 200, QUA="A"), hk(300, 300, QUA="A", HNR="12A", ADZ="")]
        with pytest.raises(InputError):  # 12A in the number field is wrong in this layout
            load_hk(db, city, write_hk(tmp_path / "x.csv", rows))
        outcome = load_hk(db, city, write_hk(tmp_path / "hk.csv", [*rows[:2], hk(300, 300, ADZ=" A ")]))
        assert [(p.line, p.value) for p in outcome.duplicates] == [(2, "01234|12|a"), (4, "01234|12|a")]
        with db.begin() as connection:
            assert connection.execute(text("SELECT ST_X(geom), quality FROM geo.address")).one() == (X0 + 200, "A")

    def test_a_wrong_file_is_refused(self, db: Engine, city: City, tmp_path: Path) -> None:
        comma = [hk(1, 1).replace(";", "|") for _ in range(3)]
        with pytest.raises(InputError, match="3 von 3 Zeilen sind fehlerhaft"):
            load_hk(db, city, write_hk(tmp_path / "a.csv", comma))
        with pytest.raises(InputError, match="enthält keine Adressen"):
            load_hk(db, city, write_hk(tmp_path / "b.csv", []))
        with pytest.raises(InputError, match="keine Zeile gehört zur Gemeinde 01060063"):
            load_hk(db, city, write_hk(tmp_path / "c.csv", [hk(1, 1, GMD="005")]))

    def test_older_version_in_latin1(self, city: City, tmp_path: Path) -> None:
        found = read_hk_de(write_hk(tmp_path / "hk.csv", [hk(1, 1)], "iso-8859-1"), city)
        assert found.encoding == "ISO-8859-1"
        assert found.rows["street_name"].to_list() == ["Schöne Straße"]

    def test_comments_plain_eastings_and_all_qualities(self, city: City, tmp_path: Path) -> None:
        rows = [
            "# Hauskoordinaten", hk(1, 1), hk(1, 1, HNR="1", QUA="B", E=f"{X0 + 1.5:.1f}".replace(".", ",")),
            hk(1, 1, HNR="2", QUA="C"),
            *(hk(1, 1, HNR=str(n)) for n in range(20, 60)), hk(1, 1, HNR="3", QUA="X"),
        ]  # fmt: skip
        path = tmp_path / "hk.csv"
        path.write_bytes("\r\n".join(rows).encode("utf-8-sig"))
        found = read_hk_de(path, city)
        assert found.rows["quality"].to_list()[:3] == ["A", "B", "C"]
        assert found.rows["x"].to_list()[:2] == [X0 + 1, X0 + 1.5]
        assert [(p.line, p.column, p.value) for p in found.rejected] == [(len(rows), "QUA", "X")]

    def test_same_file_twice_and_a_newer_one(self, db: Engine, city: City, tmp_path: Path) -> None:
        path = write_hk(tmp_path / "hk.csv", [hk(1, 1), hk(2, 2, HNR="1")])
        assert load_hk(db, city, path).changed
        assert not load_hk(db, city, path).changed
        load_hk(db, city, write_hk(tmp_path / "neu.csv", [hk(50, 50), hk(60, 60, HNR="3")]))
        with db.begin() as connection:
            rows = connection.execute(text("SELECT address_key, ST_X(geom) FROM geo.address")).all()
        assert sorted(tuple(r) for r in rows) == [
            ("01234|12|a", X0 + 50),
            ("01234|1|a", X0 + 2),
            ("01234|3|a", X0 + 60),
        ]

    def test_twenty_thousand_addresses_take_seconds(self, db: Engine, city: City, tmp_path: Path) -> None:
        load(db, city, files.write(tmp_path / "b.gpkg", BEZIRKE), "block", name=None)
        rng = np.random.default_rng(1)
        spots = rng.uniform(1, 1999, (20_000, 2))
        rows = [hk(x, y, SSS=f"{i // 100:05d}", HNR=str(i % 100 + 1), ADZ="") for i, (x, y) in enumerate(spots)]
        path = write_hk(tmp_path / "hk.csv", rows)
        begin = time.perf_counter()
        outcome = load_hk(db, city, path)
        assert (outcome.loaded, outcome.located) == (20_000, 20_000)
        assert time.perf_counter() - begin < 30


class TestFacilities:
    def test_table_with_degrees(self, db: Engine, city: City, tmp_path: Path) -> None:
        path = tmp_path / "schulen.csv"
        path.write_text(
            "id,name,strasse,nr,lon,lat,leitung\n7,Schule am Moor,Moorweg,3.0,9.9544,53.7039,privat\n", "utf-8"
        )
        options = FacilityOptions("schule", "id", "name", "lon", "lat", 4326, address=("strasse", "nr"))
        with db.begin() as connection:
            assert load_facilities(connection, city, path, options).changed
            assert not load_facilities(connection, city, path, options).changed
            row = connection.execute(
                text("SELECT kind, key, name, address, attributes, ST_X(geom), ST_Y(geom) FROM geo.facility")
            ).one()
        assert tuple(row[:5]) == ("schule", "7", "Schule am Moor", "Moorweg 3.0", {})
        assert abs(row[5] - 563_003) < 5
        assert abs(row[6] - 5_951_001) < 5

    def test_a_newer_file_replaces_only_its_kind(self, db: Engine, city: City, tmp_path: Path) -> None:
        def write(name: str, keys: list[str]) -> Path:
            path = tmp_path / name
            path.write_text("nr;name;x;y\n" + "".join(f"{k};Haus {k};562500,5;5951500\n" for k in keys), "utf-8")
            return path

        with db.begin() as connection:
            for kind, name, keys in (
                ("kita", "a.csv", ["1"]),
                ("schule", "b.csv", ["1", "2"]),
                ("schule", "c.csv", ["2"]),
            ):
                load_facilities(connection, city, write(name, keys), FacilityOptions(kind, "nr", "name", "x", "y"))
            rows = connection.execute(text("SELECT kind, key FROM geo.facility ORDER BY 1, 2")).all()
        assert [tuple(r) for r in rows] == [("kita", "1"), ("schule", "2")]

    def test_points_of_a_geopackage(self, db: Engine, city: City, tmp_path: Path) -> None:
        path = files.write(tmp_path / "a.gpkg", {"1": shapely.Point(X0 + 5, Y0 + 5)})
        with db.begin() as connection:
            load_facilities(connection, city, path, FacilityOptions("kita", "nr", "name"))
            assert connection.scalar(text("SELECT ST_X(geom) FROM geo.facility")) == X0 + 5

    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            ("nr;name;x;y\n1;A;562500;\n", "keine Zeile hat Koordinaten"),
            ("nr;name;x;y\n1;A;562500;Moorweg\n", "Zeile 2, Spalte „y“, Wert „Moorweg“: keine Zahl"),
            ("nr;name;x;y\n1;A;562500;5951500\n1;B;562500;5951500\n", "der Schlüssel kommt 2-mal vor"),
            ("nr;name;x;y\n1;A;9,95;53,7\n", "die Zahlen sehen nach Grad"),
            ("nr;titel;x;y\n1;A;562500;5951500\n", "die Spalte „name“"),
        ],
    )
    def test_wrong_tables(self, db: Engine, city: City, tmp_path: Path, content: str, reason: str) -> None:
        path = tmp_path / "a.csv"
        path.write_text(content, "utf-8")
        with db.begin() as connection, pytest.raises(InputError, match=reason):
            load_facilities(connection, city, path, FacilityOptions("kita", "nr", "name", "x", "y"))

    def test_areas_are_no_places(self, db: Engine, city: City, tmp_path: Path) -> None:
        path = files.write(tmp_path / "a.gpkg", files.four())
        with db.begin() as connection, pytest.raises(InputError, match="Flächen statt Punkte"):
            load_facilities(connection, city, path, FacilityOptions("kita", "nr", "name"))


def test_base_map(db: Engine, city: City, tmp_path: Path) -> None:
    path = tmp_path / "strassen.gpkg"
    schema = {"geometry": "LineString", "properties": {"name": "str", "klasse": "str"}}
    with fiona.open(path, "w", driver="GPKG", crs="EPSG:4647", schema=schema) as sink:
        line = {"type": "LineString", "coordinates": [(32_562_000, 5_951_000), (32_562_100, 5_951_000)]}
        sink.write({"geometry": line, "properties": {"name": "Hauptstraße", "klasse": "haupt"}})
    options = BasemapOptions("strasse", "name", "klasse")
    with db.begin() as connection:
        assert load_basemap(connection, city, path, options).changed
        assert not load_basemap(connection, city, path, options).changed
        row = connection.execute(text("SELECT kind, class, name, ST_XMin(geom) FROM geo.basemap")).one()
        assert tuple(row) == ("strasse", "haupt", "Hauptstraße", 562_000)
        with pytest.raises(SozialberichtError, match="vorhanden: strasse, bahn, gewaesser"):
            load_basemap(connection, city, path, BasemapOptions("weg"))


class TestGrid:
    OPTIONS = GridOptions("stadtteil", "x", "y", 1000)

    def test_keys_are_those_of_the_official_grid(self, tmp_path: Path) -> None:
        path = tmp_path / "g.csv"
        path.write_text("x;y;n\n4316500;3395500;1\n4316500;3395500;2\n4317500;3395500;3\n", "utf-8")
        keys, squares = cells(path, self.OPTIONS)
        assert keys == ["CRS3035RES1000mN3395000E4316000", "CRS3035RES1000mN3395000E4317000"]
        assert shapely.bounds(squares[0]).tolist() == [4_316_000, 3_395_000, 4_317_000, 3_396_000]

    def test_points_off_the_grid_are_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "g.csv"
        path.write_text("x;y\n4316500;3395500\n4316510;3395500\n", "utf-8")
        with pytest.raises(InputError, match=r"Zeile 3.*1 Punkt ist keine Mitte einer Zelle von 1000 m"):
            cells(path, self.OPTIONS)

    def test_cells_inside_the_city_become_units_that_share_corners(
        self, db: Engine, city: City, tmp_path: Path
    ) -> None:
        load(db, city, files.write(tmp_path / "s.gpkg", {"S": square(0, 0, 5, 5)}), "stadt")
        to = files.moved(shapely.box(X0, Y0, X0 + 5000, Y0 + 5000), 3035).bounds
        xs = np.arange(to[0] // 1000 * 1000 - 500, to[2] + 2000, 1000)
        ys = np.arange(to[1] // 1000 * 1000 - 500, to[3] + 2000, 1000)
        path = tmp_path / "g.csv"
        path.write_text("x,y\n" + "".join(f"{int(x)},{int(y)}\n" for x in xs for y in ys), "utf-8")
        options = GridOptions("stadtteil", "x", "y", 1000, inside="stadt")
        with db.begin() as connection:
            outcome = load_grid(connection, city, path, NewVersion("2025"), options)
            assert not load_grid(connection, city, path, NewVersion("2025"), options).changed
        assert outcome.report is not None
        geoms = outcome.report.areas.geoms
        assert shapely.coverage_is_valid(geoms)
        assert 20 <= len(geoms) <= 30
        assert set(outcome.report.areas.parents) == {"S"}
        assert all(abs(a - 1e6) < 1500 for a in outcome.report.areas.areas_m2())


class TestProvisional:
    def test_number_of_districts_is_clamped(self) -> None:
        assert [number_of_districts(p, 5000, 2500, 7500) for p in (900, 5000, 7400, 7600, 24_325)] == [1, 1, 1, 2, 5]

    @settings(max_examples=40, deadline=None)
    @given(weights=st.lists(st.floats(0, 500), min_size=36, max_size=36), k=st.integers(1, 8))
    def test_bisection_is_a_contiguous_partition(self, weights: list[float], k: int) -> None:
        geoms = geometry_array([square(c, r) for r in range(6) for c in range(6)])
        groups = bisect(geoms, np.array(weights), k)
        assert len(groups) == 36
        assert set(groups.tolist()) <= set(range(k))
        for group in set(groups.tolist()):
            assert shapely.union_all(geoms[groups == group]).geom_type == "Polygon"
        assert (groups == bisect(geoms, np.array(weights), k)).all()

    def test_bisection_balances_even_weights(self) -> None:
        geoms = geometry_array([square(c, r) for r in range(8) for c in range(8)])
        for k in (2, 4, 5, 7):
            sizes = np.bincount(bisect(geoms, np.ones(64), k))
            assert len(sizes) == k
            assert sizes.max() - sizes.min() <= 4

    def test_districts_are_formed_marked_and_exact(self, db: Engine, city: City, tmp_path: Path) -> None:
        names = {"1": "Garstedt", "2": "Glashütte"}
        load(db, city, files.write(tmp_path / "t.gpkg", TEILE, names=names), "stadtteil")
        blocks = {f"{c:02d}{r:02d}": square(c / 4, r / 4, 0.25, 0.25) for c in range(16) for r in range(8)}
        load(db, city, files.write(tmp_path / "b.gpkg", blocks), "block", name=None)
        rows = [
            hk(250 * c + 20 + i, 250 * r + 20, SSS=f"{c:05d}", HNR=str(20 * r + i + 1), ADZ="")
            for c in range(16) for r in range(8) for i in range(20 if c < 8 else 10)
        ]  # fmt: skip
        load_hk(db, city, write_hk(tmp_path / "hk.csv", rows))
        with db.begin() as connection:
            report = form_provisional(connection, city, NewVersion("2025"), Target(1312, 656, 1968, per_address=4.1))
            again = form_provisional(connection, city, NewVersion("2025"), Target(1312, 656, 1968, per_address=4.1))
            assigned = connection.execute(
                text("""
                    SELECT u.key, count(*), ST_Equals(ST_Union(b.geom), (array_agg(u.geom))[1])
                    FROM geo.block_assignment a
                    JOIN geo.unit u ON u.id = a.unit_id JOIN geo.block b ON b.id = a.block_id
                    GROUP BY u.key ORDER BY u.key
                """)
            ).all()
            version = connection.execute(
                text("SELECT provisional, status FROM geo.district_version WHERE label = '2025'")
            ).one()
        assert report.areas.keys == ["101", "102", "103", "104", "201", "202"]
        assert report.areas.names[0] == "Garstedt 1 (vorläufig)"
        assert report.areas.keys == again.areas.keys
        assert [tuple(r) for r in assigned] == [(k, 16, True) for k in report.areas.keys[:4]] + [
            (k, 32, True) for k in report.areas.keys[4:]
        ]
        assert tuple(version) == (True, "draft")
        assert not report.findings.items

    def test_counted_register_outweighs_addresses(self, db: Engine, city: City, tmp_path: Path) -> None:
        """One address, but 9,000 persons in the newest year in Stadtteil 1: two districts there, by the register."""
        load(db, city, files.write(tmp_path / "t.gpkg", TEILE), "stadtteil")
        load(db, city, files.write(tmp_path / "b.gpkg", BEZIRKE), "block", name=None)
        load_hk(db, city, write_hk(tmp_path / "hk.csv", [hk(500, 500)]))
        with db.begin() as connection:
            for year, people in ((2024, 100.0), (2025, 4500.0)):
                delivery = small_city.deliver(connection, "einwohner_bestand", year)
                small_city.count(connection, delivery, "ew", {"101": people, "103": people, "201": 10.0})
            report = form_provisional(connection, city, NewVersion("2025"), Target())
        assert report.areas.keys == ["101", "102", "201"]
        assert "im Mittel 3.003 Personen (nach dem Melderegister)" in report.result

    def test_what_is_missing_is_said(self, db: Engine, city: City, tmp_path: Path) -> None:
        with (
            db.begin() as connection,
            pytest.raises(SozialberichtError, match="„2025“ gibt es nicht; vorhanden: noch keiner"),
        ):
            form_provisional(connection, city, NewVersion("2025"), Target())
        load(db, city, files.write(tmp_path / "t.gpkg", TEILE), "stadtteil")
        with db.begin() as connection, pytest.raises(SozialberichtError, match="Es sind keine Blöcke geladen"):
            form_provisional(connection, city, NewVersion("2025"), Target())
