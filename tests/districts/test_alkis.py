"""Cadastre extracts: spellings, broken text ends, what is left out, owners refused, land use by block."""

from __future__ import annotations

import zipfile
from datetime import date
from pathlib import Path

import fiona
import pytest
import shapely
from sqlalchemy import Engine, text

from etl.catalogue import Catalogue
from etl.districts.alkis import load_alkis, read_alkis, refuse_owners
from etl.districts.alkis_keys import is_residential, is_settlement
from etl.districts.landuse_file import write_land_use
from etl.errors import InputError, SetupError, SozialberichtError
from etl.intake.deliver import deliver
from tests import small_city

BUILDING = {"gml_id": "str:60", "gebnutzbez": "str:20", "funktion": "str:254", "gfkzshh": "str:20"}
USE = {"oid": "str:60", "nutzart": "str:80", "bez": "str:80"}
Row = tuple[shapely.Geometry, dict[str, str | None]]


def box(x: float, y: float, size: float) -> shapely.Geometry:
    """A square of the small city, metres from its south-west corner."""
    e, n = 560_000 + x, 5_950_000 + y
    return shapely.box(e, n, e + size, n + size)


def write(path: Path, layer: str, fields: dict[str, str], rows: list[Row], driver: str = "GPKG") -> Path:
    """A vector file with one more layer."""
    schema = {"geometry": "Polygon", "properties": fields}
    with fiona.open(path, "w", driver=driver, layer=layer, crs="EPSG:25832", schema=schema, encoding="utf-8") as sink:
        sink.writerecords({"geometry": shapely.geometry.mapping(g), "properties": own} for g, own in rows)
    return path


def building(
    key: str, function: str = "Wohnhaus", code: str = "31001_1010", kind: str = "Gebäude"
) -> dict[str, str | None]:
    """Attributes of a building."""
    return {"gml_id": key, "gebnutzbez": kind, "funktion": function, "gfkzshh": code}


BUILDINGS: list[Row] = [
    (box(100, 100, 10), building("a")), (box(200, 100, 20), building("b", "Fabrik", "31001_2112")),
    (box(102, 102, 4), building("c", kind="Bauteil")), (box(300, 100, 10), building("a")),
    (box(400, 100, 10), building("d", "Gebäude für Handel und Dienstleistung mit Wohnen", "31001_2310")),
]  # fmt: skip


def test_keys_of_functions_and_uses() -> None:
    assert [is_residential(f"31001_{n}", None) for n in (1000, 1010, 1131, 2310, 1313, 2112, 3100)] == [
        True, True, True, True, False, False, True,
    ]  # fmt: skip
    assert is_residential(None, "Wohnhaus") and not is_residential(None, "Garage") and not is_residential(None, None)
    uses = ("Wohnbaufläche", "Sport-, Freizeit- und Erholungsfläche", "Straßenverkehr", "Wald", None)
    assert [is_settlement(u) for u in uses] == [True, True, False, False, False]


def test_buildings_of_a_geopackage(db: Engine, catalogue: Catalogue, tmp_path: Path) -> None:
    path = write(tmp_path / "kataster.gpkg", "GebaeudeBauwerk", BUILDING, BUILDINGS)
    write(path, "Nutzung", USE, [(box(0, 0, 1000), {"oid": "n", "nutzart": "Wald", "bez": ""})])
    with db.begin() as connection:
        outcome = load_alkis(connection, catalogue.city, path, "gebaeude")
        rows = connection.execute(text("SELECT key, residential, area_m2 FROM geo.building ORDER BY key")).all()
        assert rows == [("a", True, 100.0), ("b", False, 400.0), ("d", True, 100.0)]
        assert "3 Gebäude geladen, davon 2 mit Wohnungen" in outcome.message
        assert "1 Bauteil ausgelassen" in outcome.message and "schon vorhandener Kennung" in outcome.message
        assert not load_alkis(connection, catalogue.city, path, "gebaeude").changed


@pytest.mark.parametrize("name", ["GebaeudeBauwerk", "GebauedeBauwerk"])
def test_both_spellings_of_a_shapefile_and_texts_cut_within_a_letter(
    tmp_path: Path, catalogue: Catalogue, name: str
) -> None:
    long = "ä" * 200
    rows = [(box(100, 100, 10), building("a", long)), (box(200, 100, 10), building("b"))]
    folder = tmp_path / "shape"
    folder.mkdir()
    path = write(folder / f"{name}.shp", name, BUILDING, rows, driver="ESRI Shapefile")
    raw = (folder / f"{name}.dbf").read_bytes()
    # other writers cut at the byte, in the middle of a letter
    assert "ä".encode() * 126 in raw
    field = raw.index("ä".encode() * 126)
    (folder / f"{name}.dbf").write_bytes(raw[: field - 0] + (b"x" + "ä".encode() * 127)[:254] + raw[field + 254 :])
    archive = tmp_path / "lieferung.zip"
    with zipfile.ZipFile(archive, "w") as sink:
        for part in folder.iterdir():
            sink.write(part, part.name)
    for delivered in (path, archive):
        found = read_alkis(delivered, "gebaeude", catalogue.city)
        assert found.keys == ["a", "b"]
        assert found.rows[0]["function"] == "x" + "ä" * 126
        assert any("bei 254 Byte abgeschnitten (zuerst Objekt 1, Spalte „funktion“)" in note for note in found.notes)


def test_land_use_as_gml(tmp_path: Path, catalogue: Catalogue) -> None:
    path = tmp_path / "nutzung.gml"
    write(path, "Nutzung", USE, [(box(0, 0, 100), {"oid": "n1", "nutzart": "Wohnbaufläche", "bez": "x"})], driver="GML")
    found = read_alkis(path, "nutzung", catalogue.city)
    assert [r["use"] for r in found.rows] == ["Wohnbaufläche"]


def test_owners_are_refused_by_name_and_never_opened(tmp_path: Path, catalogue: Catalogue) -> None:
    plain = tmp_path / "FlurstueckEigentuemer.csv"
    plain.write_bytes(b"\x00 not even readable")
    archive = tmp_path / "alles.zip"
    with zipfile.ZipFile(archive, "w") as sink:
        sink.writestr("daten/Flurstueck.shp", b"")
        sink.writestr("daten/flurstueckeigentümer.csv", b"Name;Vorname\n")
    database = write(tmp_path / "kataster.gpkg", "GebaeudeBauwerk", BUILDING, BUILDINGS)
    write(database, "Eigentuemer", USE, [(box(0, 0, 1), {"oid": "n", "nutzart": "x", "bez": ""})])
    for path in (plain, archive, database):
        with pytest.raises(InputError, match=r"Eigentümer .* wurde nicht geöffnet"):
            refuse_owners(path)
        with pytest.raises(InputError, match="wird nicht angenommen"):
            read_alkis(path, "gebaeude", catalogue.city)
    fine = write(tmp_path / "gut.gpkg", "GebaeudeBauwerk", BUILDING, BUILDINGS)
    with pytest.raises(InputError, match="Layer der Eigentümer"):
        read_alkis(fine, "gebaeude", catalogue.city, layer="FlurstueckEigentuemer")


def test_wrong_themes_and_columns(tmp_path: Path, catalogue: Catalogue) -> None:
    path = write(tmp_path / "a.gpkg", "Nutzung", {"oid": "str:10"}, [(box(0, 0, 10), {"oid": "n"})])
    with pytest.raises(InputError, match="keine der Spalten nutzart ist da; vorhanden: „oid“"):
        read_alkis(path, "nutzung", catalogue.city)
    with pytest.raises(SozialberichtError, match="vorhanden: gebaeude, nutzung, flurstueck"):
        read_alkis(path, "wald", catalogue.city)
    nameless = write(tmp_path / "b.gpkg", "Nutzung", {"nutzart": "str:10"}, [(box(0, 0, 10), {"nutzart": "Wald"})])
    with pytest.raises(InputError, match="eine Kennung"):
        read_alkis(nameless, "nutzung", catalogue.city)


def test_land_use_by_block_becomes_a_delivery(db: Engine, catalogue: Catalogue, tmp_path: Path) -> None:
    path = write(
        tmp_path / "nutzung.gpkg", "Nutzung", USE,
        [(box(0, 0, 500), {"oid": "1", "nutzart": "Wohnbaufläche", "bez": ""}),
         (box(900, 0, 200), {"oid": "2", "nutzart": "Friedhof", "bez": ""}),
         (box(0, 600, 100), {"oid": "3", "nutzart": "Wald", "bez": ""})],
    )  # fmt: skip
    out = tmp_path / "flaechennutzung.csv"
    with db.begin() as connection:
        small_city.build(connection)
        with pytest.raises(SetupError, match="Nutzungsflächen"):
            write_land_use(connection, out, date(2025, 12, 31))
        message = load_alkis(connection, catalogue.city, path, "nutzung").message
        assert "davon 0,29 km² Siedlung" in message
        assert write_land_use(connection, out, date(2025, 12, 31)) == 4
        deliver(connection, catalogue, "flaechennutzung", out, reference_date=date(2025, 12, 31))
        rows = connection.execute(
            text("""
            SELECT b.key, c.value FROM warehouse.count c JOIN geo.block b ON b.id = c.block_id
            JOIN catalogue.measure m ON m.id = c.measure_id AND m.code = 'siedlungsflaeche_m2' ORDER BY b.key
            """)
        ).all()
    # half of the graveyard lies in the other Stadtteil
    assert rows == [("101", 250_000 + 20_000), ("201", 20_000)]
