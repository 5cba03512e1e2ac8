"""Reading vector files: formats, layers, encodings, and geometry that is not what it should be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import shapely

from etl.districts import read
from etl.districts.areas import Areas
from etl.districts.findings import Findings
from etl.errors import InputError
from tests.districts import files

UMLAUTS = {"1": "Glashütte", "2": "Höhe – Süd", "3": "Große Heide", "4": "Ärmelweg"}


def units_of(path: Path, **options: Any) -> tuple[Areas, Findings]:
    findings = Findings()
    columns = {"key": "nr", "name": "name", "parent": "gehoert_zu"} | options.pop("columns", {})
    features = read.read_features(path, **options)
    return read.to_areas(features, findings=findings, **columns), findings


@pytest.mark.parametrize("suffix", [".shp", ".gpkg", ".geojson", ".fgb"])
def test_every_format_gives_the_same_units(tmp_path: Path, suffix: str) -> None:
    path = files.write(
        tmp_path / f"a{suffix}", files.four(), names=UMLAUTS, encoding="utf-8" if suffix == ".shp" else None
    )
    areas, findings = units_of(path)
    by_key = dict(zip(areas.keys, areas.geoms, strict=True))
    assert dict(zip(areas.keys, areas.names, strict=True)) == UMLAUTS
    assert all(shapely.equals(by_key[k], g) for k, g in files.four().items())
    assert not findings.items


def test_shapefile_in_a_zip(tmp_path: Path) -> None:
    areas, _ = units_of(files.shapefile_zip(tmp_path / "teile.zip", files.four(), names=UMLAUTS, encoding="cp1252"))
    assert dict(zip(areas.keys, areas.names, strict=True)) == UMLAUTS


def test_several_layers_must_be_named(tmp_path: Path) -> None:
    path = files.write(tmp_path / "a.gpkg", files.four(), layer="stadtteile")
    files.write(path, {"9": files.square(0, 0, 2, 2)}, layer="stadt")
    with pytest.raises(InputError, match=r"mehrere Layer: „stadtteile“, „stadt“.*--layer"):
        read.read_features(path)
    with pytest.raises(InputError, match="„bezirke“ gibt es nicht; vorhanden: „stadtteile“"):
        read.read_features(path, layer="bezirke")
    assert units_of(path, layer="stadt")[0].keys == ["9"]


def test_several_files_in_a_zip_must_be_named(tmp_path: Path) -> None:
    members = [
        files.write(tmp_path / "eins.geojson", files.four()),
        files.write(tmp_path / "zwei.geojson", {"9": files.square(0, 0)}),
    ]
    path = files.zipped(tmp_path / "a.zip", members)
    with pytest.raises(InputError, match="mehrere Geodateien: „eins“, „zwei“"):
        read.read_features(path)
    assert units_of(path, layer="zwei")[0].keys == ["9"]


def test_missing_column_names_the_likely_one(tmp_path: Path) -> None:
    path = files.write(tmp_path / "a.gpkg", files.four())
    with pytest.raises(InputError, match=r"„names“.*Gemeint ist vielleicht „name“.*Vorhanden sind: „nr“"):
        units_of(path, columns={"name": "names"})
    assert units_of(path, columns={"key": "NR"})[0].keys == ["1", "2", "3", "4"]


@pytest.mark.parametrize("declared", [True, False])
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_encoding_is_found_with_and_without_cpg(tmp_path: Path, encoding: str, declared: bool) -> None:
    path = files.write(tmp_path / "a.shp", files.four(), names=UMLAUTS, encoding=encoding)
    if not declared:
        path.with_suffix(".cpg").unlink()
    areas, findings = units_of(path)
    assert areas.names == list(UMLAUTS.values())
    assert not findings.items


def test_cp1252_declared_as_utf8_is_refused_with_the_place(tmp_path: Path) -> None:
    path = files.write(tmp_path / "a.shp", files.four(), names=UMLAUTS, encoding="cp1252")
    path.with_suffix(".cpg").write_text("UTF-8")
    with pytest.raises(InputError, match=r"Zeile 1, Spalte „name“, Wert „Glashütte“.*nicht in UTF-8.*--encoding"):
        read.read_features(path)
    assert units_of(path, charset="cp1252")[0].names == list(UMLAUTS.values())


def test_utf8_read_as_cp1252_is_recognised(tmp_path: Path) -> None:
    path = files.write(tmp_path / "a.shp", files.four(), names=UMLAUTS, encoding="utf-8")
    _, findings = units_of(path, charset="cp1252")
    assert [f.kind for f in findings.errors] == ["encoding"]
    assert "„GlashÃ¼tte“" in findings.errors[0].text
    assert "„Glashütte“" in findings.errors[0].text


def test_geojson_in_cp1252(tmp_path: Path) -> None:
    path = files.write(tmp_path / "a.geojson", files.four(), names=UMLAUTS)
    path.write_bytes(path.read_text("utf-8").encode("cp1252"))
    with pytest.raises(InputError, match=r"Zeile .*nicht in UTF-8"):
        read.read_features(path)
    assert units_of(path, charset="cp1252")[0].names == list(UMLAUTS.values())


def test_unknown_encoding_name(tmp_path: Path) -> None:
    path = files.write(tmp_path / "a.shp", files.four())
    with pytest.raises(InputError, match="„utf-9“ gibt es nicht"):
        read.read_features(path, charset="utf-9")


def test_mixed_geometry_types_are_refused(tmp_path: Path) -> None:
    units = files.four() | {
        "5": shapely.Point(562500, 5951500),
        "6": shapely.LineString([(562000, 5951000), (562001, 5951000)]),
    }
    _, findings = units_of(files.write(tmp_path / "a.gpkg", units))
    assert {f.kind for f in findings.errors} == {"geometry_type"}
    assert "gemischte Geometrietypen: 1 Objekte sind Linien statt Flächen: „6“" in findings.errors[0].text


def test_points_alone_are_refused(tmp_path: Path) -> None:
    _, findings = units_of(files.write(tmp_path / "a.gpkg", {"5": shapely.Point(562500, 5951500)}))
    assert findings.errors[0].text == "1 Objekte sind Punkte statt Flächen: „5“"


def test_polygons_and_multipolygons_go_together_and_heights_are_dropped(tmp_path: Path) -> None:
    units = files.four()
    units["1"] = shapely.force_3d(units["1"], 12.0)
    units["2"] = shapely.MultiPolygon([units["2"]])
    areas, findings = units_of(files.write(tmp_path / "a.geojson", units))
    assert not shapely.has_z(areas.geoms).any()
    assert [f.kind for f in findings.items] == ["z_dropped"]


def test_open_ring_is_named_by_key(tmp_path: Path) -> None:
    ring = [list(p) for p in files.square(0, 0).exterior.coords][:-1]
    units = {"7": {"type": "Polygon", "coordinates": [ring]}}
    path = files.write(tmp_path / "a.geojson", {"7": files.square(0, 0)})
    content = json.loads(path.read_text())
    content["features"][0]["geometry"] = units["7"]
    path.write_text(json.dumps(content))
    _, findings = units_of(path)
    assert findings.errors[0].text.startswith(
        "Gebiet „7“: ein Ring ist nicht geschlossen; Anfang und Ende liegen 1.000,00"
    )


def test_open_ring_in_a_shapefile(tmp_path: Path) -> None:
    _, findings = units_of(files.open_ring_shapefile(tmp_path / "a.shp"))
    assert [f.kind for f in findings.errors] == ["ring_open"]


def test_empty_geometry_and_missing_key(tmp_path: Path) -> None:
    units: dict[str, Any] = files.four() | {"5": None, "": files.square(3, 3)}
    areas, findings = units_of(files.write(tmp_path / "a.gpkg", units))
    assert {(f.kind, f.units[0]) for f in findings.errors} == {("geometry_empty", "5"), ("key_missing", "Objekt 6")}
    assert areas.keys == ["1", "2", "3", "4"]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("leer.shp", b"", "die Datei ist leer"),
        ("kaputt.gpkg", b"SQLite format 3\0 but no more", "keine lesbare Geodatei"),
        ("text.geojson", b'{"type": "FeatureCollection", "features": [', "keine lesbare Geodatei"),
        ("kein.zip", b"PK\x03\x04 cut off", "kein vollständiges Zip-Archiv"),
        ("leer.geojson", b'{"type": "FeatureCollection", "features": []}', "enthält keine Objekte"),
        ("fern.vrt", b"<OGRVRTDataSource/>", "Verweise auf andere Dateien"),
        ("fern.shp", b"<?xml version='1.0'?>\n<OGRWFSDataSource/>", "Verweise auf andere Dateien"),
    ],
)
def test_unreadable_files(tmp_path: Path, name: str, content: bytes, reason: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError, match=reason):
        read.read_features(path)


def test_missing_and_incomplete_files(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="die Datei gibt es nicht"):
        read.read_features(tmp_path / "fehlt.shp")
    path = files.write(tmp_path / "a.shp", files.four())
    path.with_suffix(".shx").unlink()
    with pytest.raises(InputError, match=r"zu einer Shapefile gehören auch \.shx"):
        read.read_features(path)


def test_truncated_shapefile(tmp_path: Path) -> None:
    path = files.write(tmp_path / "a.shp", files.four())
    path.write_bytes(path.read_bytes()[:400])
    try:
        _, findings = units_of(path)
    except InputError:
        return
    assert findings.errors


def test_column_that_is_missing_a_dbf(tmp_path: Path) -> None:
    path = files.write(tmp_path / "a.shp", files.four())
    path.with_suffix(".dbf").unlink()
    with pytest.raises(InputError):
        units_of(path)
