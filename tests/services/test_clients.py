"""Real clients of the services: OWSLib, GDAL's programs, QGIS itself."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from owslib.ogcapi.features import Features
from owslib.wfs import WebFeatureService
from owslib.wms import WebMapService
from sqlalchemy import text

from etl.catalogue import Catalogue
from etl.publish import qgis_project
from etl.publish.qgis_process import SYSTEM_PYTHON, environment
from tests.conftest import Published
from tests.services.conftest import Services

pytestmark = pytest.mark.qgis

LAYER = "bevoelkerung_bezirk"
SERIES = "bevoelkerung_zeitreihe"
SHORT_NAMES = set(re.findall(r"<shortname>(\w+)</shortname>", qgis_project.SHIPPED.read_text(encoding="utf-8")))
"""Names that the project gives its layers for services."""


@pytest.fixture(scope="module")
def wms(services: Services) -> WebMapService:
    return WebMapService(services.server.ows, version="1.3.0")


@pytest.fixture(scope="module")
def names(published: Published) -> list[str]:
    """Names of the districts."""
    with published.engine.connect() as connection:
        query = text("SELECT name FROM sozialbericht.bevoelkerung_aktuell WHERE ebene = 'bezirk'")
        return sorted(connection.scalars(query))


def _drawn(wms: WebMapService, services: Services, layer: str, style: str, **more: str) -> bytes:
    given = dict(part.split("=") for part in services.view.split("&"))
    answer = wms.getmap(
        layers=[layer], styles=[style], srs=given["CRS"], bbox=tuple(map(float, given["BBOX"].split(","))),
        size=(int(given["WIDTH"]), int(given["HEIGHT"])), format="image/png", **more,
    )  # fmt: skip
    assert answer.info()["Content-Type"] == "image/png"
    picture: bytes = answer.read()
    return picture


def test_capabilities_are_german_and_tell_of_every_layer(
    wms: WebMapService, services: Services, catalogue: Catalogue
) -> None:
    assert wms.identification.title.endswith(catalogue.city.report_title)
    assert "Geheim gehaltene Werte" in wms.identification.abstract
    assert {"GetMap", "GetCapabilities", "GetFeatureInfo"} <= {o.name for o in wms.operations}
    assert all(services.server.ows[:-1] in m["url"] for o in wms.operations[:3] for m in o.methods)
    maps = {name: layer for name, layer in wms.contents.items() if name in SHORT_NAMES}
    assert {LAYER, SERIES, "gebiet_stadtteil", "einrichtung", "grundkarte"} <= maps.keys()
    for name, layer in maps.items():
        assert layer.title and layer.title != name, name
        assert layer.abstract, name
        assert layer.styles, name
    series = wms[SERIES]
    assert series.timepositions or series.dimensions


def test_named_styles_draw_different_maps(wms: WebMapService, services: Services) -> None:
    styles = [style for style in wms[LAYER].styles if style.startswith(("BEV01", "BEV04", "BEV11"))]
    assert len(styles) == 3
    assert len({_drawn(wms, services, LAYER, style) for style in styles}) == 3


def test_time_draws_that_year(wms: WebMapService, services: Services) -> None:
    style = next(style for style in wms[SERIES].styles if style.startswith("BEV05"))
    assert _drawn(wms, services, SERIES, style, time="2020-12-31") != _drawn(
        wms, services, SERIES, style, time="2025-12-31"
    )


def test_owslib_reads_features(services: Services, names: list[str], catalogue: Catalogue) -> None:
    wfs = WebFeatureService(services.server.ows, version="1.1.0")
    assert wfs.identification.title.endswith(catalogue.city.report_title)
    assert {LAYER, SERIES, "kennzahl", "wert"} <= set(wfs.contents) <= SHORT_NAMES
    # there is one district version only, so that nothing has changed between two
    assert "gebiet_aenderungen" not in wfs.contents
    body = wfs.getfeature(typename=[LAYER], propertyname=["name"]).read()
    assert body.count(b"<gml:featureMember>") == len(names)
    features = Features(services.server.features)
    assert set(wfs.contents) == {found["id"] for found in features.collections()["collections"]}
    found = features.collection_items(LAYER, limit=100)
    assert sorted(f["properties"]["Name"] for f in found["features"]) == names
    # a page says how many there are, not what the database supposes
    page = features.collection_items(LAYER, limit=3)
    assert (page["numberMatched"], page["numberReturned"]) == (len(names), 3)
    assert "next" in {link["rel"] for link in page["links"]}
    wanted = found["features"][-1]["properties"]["Gebietsschlüssel"]
    one = features.collection_items(LAYER, limit=100, Gebietsschlüssel=wanted)
    assert [f["properties"]["Gebietsschlüssel"] for f in one["features"]] == [wanted]
    for listed in features.collections()["collections"]:
        assert listed["title"] and listed["title"] != listed["id"]
        assert listed["description"], listed["id"]


@pytest.mark.skipif(shutil.which("ogr2ogr") is None, reason="needs gdal-bin")
@pytest.mark.parametrize("driver", ["WFS", "OAPIF"])
def test_gdal_reads_features(services: Services, names: list[str], driver: str) -> None:
    address = services.server.ows + "VERSION=1.1.0" if driver == "WFS" else services.server.features
    done = subprocess.run(
        ["ogr2ogr", "-f", "CSV", "/vsistdout/", f"{driver}:{address}", LAYER],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert sorted(row["name" if driver == "WFS" else "Name"] for row in rows) == names


def test_qgis_itself_opens_all_three(services: Services, names: list[str], wms: WebMapService, tmp_path: Path) -> None:
    style = next(style for style in wms[LAYER].styles if style.startswith("BEV04"))
    task = {"ows": services.server.ows, "features": services.server.features, "layer": LAYER, "style": style}
    (tmp_path / "task.json").write_text(json.dumps(task), encoding="utf-8")
    script = Path(__file__).with_name("qgis_client.py")
    done = subprocess.run(
        [SYSTEM_PYTHON, "-s", str(script), str(tmp_path / "task.json"), str(tmp_path / "answer.json")],
        env=environment(tmp_path), capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert (tmp_path / "answer.json").exists(), done.stderr
    answer = json.loads((tmp_path / "answer.json").read_text(encoding="utf-8"))
    assert answer["wms"] and answer["wfs"] and answer["oapif"], answer
    assert answer["wfs_names"] == names
    assert answer["oapif_count"] == answer["wfs_count"] == len(names)
    assert answer["geometry"]
    # land, outlines, several classes
    assert answer["colours"] > 5
