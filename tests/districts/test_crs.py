"""Coordinates come right from every system used here, and wrong ones are explained."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyproj
import pytest
import shapely

from etl.districts import crs
from etl.districts.areas import geometry_array
from etl.districts.prepare import Options, prepare
from etl.errors import InputError
from tests.districts import files

EXTENT = (555_000.0, 5_942_000.0, 572_000.0, 5_961_000.0)
FOUR = geometry_array(list(files.four().values()))


def worst_distance(a: object, b: object) -> float:
    return float(np.abs(shapely.get_coordinates(a) - shapely.get_coordinates(b)).max())


@pytest.mark.parametrize(
    ("epsg", "accuracy"), [(4647, 0.0), (3035, 0.0), (25833, 0.0), (4258, 0.0), (4326, 1.0), (25832, 0.0)]
)
def test_systems_of_the_same_datum_come_back_to_the_millimetre(epsg: int, accuracy: float) -> None:
    delivered = geometry_array([files.moved(g, epsg) for g in FOUR])
    moved, operation = crs.to_utm(delivered, crs.from_epsg(epsg), "a.shp", EXTENT)
    assert worst_distance(moved, FOUR) < 0.001
    assert operation.accuracy_m == accuracy


def test_gauss_krueger_names_operation_and_accuracy() -> None:
    """Control point: E 563,000 N 5,951,000, carried into Gauss-Krüger by PROJ's own inverse."""
    delivered = geometry_array([shapely.box(3_563_095.27, 5_952_941.94, 3_563_195.27, 5_953_041.94)])
    moved, operation = crs.to_utm(delivered, crs.from_epsg(31467), "a.shp", EXTENT)
    west, south, _, _ = shapely.bounds(moved[0])
    assert abs(west - 563_000) < 2
    assert abs(south - 5_951_000) < 3
    assert "DHDN to ETRS89" in operation.name
    assert 0 < operation.accuracy_m <= 1.0


def test_ballpark_shift_is_refused() -> None:
    unknown = pyproj.CRS.from_proj4("+proj=tmerc +lat_0=0 +lon_0=9 +k=1 +x_0=3500000 +y_0=0 +ellps=intl +units=m")
    with pytest.raises(InputError, match="keine Umrechnung nach EPSG:25832 mit bekannter Genauigkeit"):
        crs.to_utm(FOUR, crs.Crs(unknown, None, "unbekannt"), "a.shp", EXTENT)


def test_network_is_off() -> None:
    assert not pyproj.network.is_network_enabled()


@pytest.mark.parametrize(
    ("truth", "declared", "swapped", "look"),
    [
        (4326, 25832, False, "Grad"),
        (31467, 25832, False, "EPSG:31467"),
        (4647, 25832, False, "EPSG:4647"),
        (25833, 25832, False, "EPSG:25833"),
        (3035, 25832, False, "EPSG:3035"),
        (3857, 25832, False, "EPSG:3857"),
        (25832, 4326, False, "EPSG:25832"),
        (25832, 31467, False, "EPSG:25832"),
        (25832, 25832, True, "vertauschten Achsen"),
        (4326, 4326, True, "vertauschten Achsen"),
        (4326, 25832, True, "vertauschten Achsen in Grad"),
    ],
)
@pytest.mark.parametrize("extent", [EXTENT, None])
def test_wrong_systems_are_recognised(
    truth: int, declared: int, swapped: bool, look: str, extent: crs.Bounds | None
) -> None:
    delivered = geometry_array([files.moved(g, truth) for g in FOUR])
    if swapped:
        delivered = shapely.transform(delivered, lambda x, y: (y, x), interleaved=False)
    with pytest.raises(InputError, match=f"die Zahlen sehen nach {look}"):
        crs.to_utm(delivered, crs.from_epsg(declared), "a.shp", extent)


def test_one_stray_object_is_named() -> None:
    stray = geometry_array([*FOUR, files.square(80, 0)])
    with pytest.raises(InputError, match="Zeile 5: 1 von 5 Objekten liegen nicht im erwarteten Gebiet"):
        crs.to_utm(stray, crs.from_epsg(25832), "a.shp", EXTENT)


def test_file_without_crs_is_refused_and_can_be_told(tmp_path: Path) -> None:
    path = files.write(tmp_path / "a.shp", files.four(), epsg=None)
    with pytest.raises(InputError, match=r"nennt kein Koordinatenbezugssystem.*--crs 25832"):
        prepare(path, Options(key="nr"), EXTENT)
    told = prepare(path, Options(key="nr", epsg=25832), EXTENT)
    assert any(f.kind == "crs_given" and "ACHTUNG" in f.text for f in told.findings.items)


def test_override_of_a_declared_crs_is_a_warning(tmp_path: Path) -> None:
    path = files.write(tmp_path / "a.shp", {k: files.moved(g, 4647) for k, g in files.four().items()}, epsg=25832)
    told = prepare(path, Options(key="nr", name="name", epsg=4647), EXTENT)
    assert [f.kind for f in told.findings.warnings] == ["crs_overridden"]
    assert worst_distance(shapely.normalize(told.areas.geoms), shapely.normalize(FOUR)) < 0.001


def test_geojson_without_crs_is_in_degrees(tmp_path: Path) -> None:
    path = files.write(tmp_path / "a.geojson", {k: files.moved(g, 4326) for k, g in files.four().items()}, epsg=None)
    assert '"crs"' not in path.read_text()
    read = prepare(path, Options(key="nr", name="name"), EXTENT)
    assert read.source.crs.startswith("EPSG:4326")
    assert abs(float(read.areas.areas_m2().sum()) - 4e6) < 10


def test_esri_style_prj_is_identified(tmp_path: Path) -> None:
    path = files.write(tmp_path / "a.shp", files.four())
    path.with_suffix(".prj").write_text(pyproj.CRS.from_epsg(25832).to_wkt("WKT1_ESRI"))
    assert prepare(path, Options(key="nr", name="name"), EXTENT).source.crs.startswith("EPSG:25832")
