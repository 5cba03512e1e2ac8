"""QGIS Server on the built project: WMS 1.3, WFS 1.1, OGC API Features, as the map server's role."""

from __future__ import annotations

import json
import socket
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import text

from etl.catalogue import Catalogue
from etl.errors import SetupError
from etl.publish import colours, map_server, qgis_project, qgis_styles
from etl.publish.map_server import MapServer
from etl.warehouse import service
from tests.conftest import Published
from tests.qgis.conftest import WMS, Picture, parsed, pixels, read_picture

pytestmark = pytest.mark.qgis

LAYER = "bevoelkerung_bezirk"
SERIES = "bevoelkerung_zeitreihe"
NS = {"wms": "http://www.opengis.net/wms", "wfs": "http://www.opengis.net/wfs"}


def get(address: str, **parameters: str | int) -> tuple[str, bytes]:
    """Content type and body of an answer."""
    query = urllib.parse.urlencode(parameters)
    with urllib.request.urlopen(f"{address}{query}", timeout=60) as answer:  # noqa: S310
        return answer.headers.get("Content-Type", ""), answer.read()


def wms(server: MapServer, request: str, **parameters: str | int) -> tuple[str, bytes]:
    return get(server.ows, SERVICE="WMS", VERSION="1.3.0", REQUEST=request, **parameters)


def style_of(catalogue: Catalogue, code: str) -> str:
    return next(qgis_styles.style_name(i) for i in catalogue.indicators if i.code == code)


@pytest.fixture(scope="session")
def view(published: Published) -> dict[str, str | int]:
    """The map section of the sample city."""
    box = "(SELECT ST_Extent(geom) e FROM sozialbericht.gebiet) x"
    query = f"SELECT ST_XMin(e), ST_YMin(e), ST_XMax(e), ST_YMax(e) FROM {box}"
    with published.engine.connect() as connection:
        west, south, east, north = connection.execute(text(query)).one()
    box = f"{west - 500},{south - 500},{east + 500},{north + 500}"
    return {"CRS": "EPSG:25832", "BBOX": box, "WIDTH": 600, "HEIGHT": 700}


def draw(server: MapServer, folder: Path, **parameters: str | int) -> Picture:
    kind, body = wms(server, "GetMap", FORMAT="image/png", **parameters)
    assert kind.startswith("image/png"), body[:500]
    (folder / "karte.png").write_bytes(body)
    return read_picture(folder / "karte.png")


def test_capabilities_name_every_layer_and_style(server: MapServer, catalogue: Catalogue) -> None:
    _, body = wms(server, "GetCapabilities")
    root = parsed(body)
    assert root.findtext("wms:Service/wms:Title", namespaces=NS) == catalogue.city.report_title
    names = {e.findtext("wms:Name", namespaces=NS) for e in root.iter(f"{WMS}Layer")}
    maps = [layer for layer in qgis_project.layers(catalogue) if layer.geometry]
    assert {layer.id for layer in maps} <= names
    for layer in maps:
        element = next(e for e in root.iter(f"{WMS}Layer") if e.findtext("wms:Name", namespaces=NS) == layer.id)
        styles = {s.findtext("wms:Name", namespaces=NS) for s in element.findall("wms:Style", NS)}
        assert styles == {style.name for style in layer.styles}
    systems = {e.text for e in root.iter(f"{WMS}CRS")}
    assert set(qgis_project.CRS_LIST) <= systems


def test_map_shows_classes_and_notice(
    server: MapServer, view: dict[str, str | int], catalogue: Catalogue, published: Published, tmp_path: Path
) -> None:
    picture = draw(server, tmp_path, LAYERS=LAYER, STYLES=style_of(catalogue, "BEV04"), **view)
    indicator = next(i for i in catalogue.indicators if i.code == "BEV04")
    fills = colours.class_colours(indicator.class_breaks, indicator.polarity, diverging=False)
    with published.engine.connect() as connection:
        query = text("SELECT DISTINCT bev04_klasse FROM sozialbericht.bevoelkerung_aktuell "
                     "WHERE ebene = 'bezirk' AND bev04_klasse IS NOT NULL")  # fmt: skip
        expected = {fills[number - 1] for number in connection.scalars(query)}
    values, counts = np.unique(picture.reshape(-1, 3), axis=0, return_counts=True)
    drawn = {"#" + bytes(colour).hex() for colour, count in zip(values, counts, strict=True) if count > 60}
    assert expected
    assert drawn & set(fills) == expected
    corner = picture[-40:, :350].astype(int)
    assert ((corner[..., 0] > corner[..., 1] + 60) & (corner[..., 0] > corner[..., 2] + 60)).sum() > 100


def test_every_theme_has_its_map(
    server: MapServer, view: dict[str, str | int], catalogue: Catalogue, tmp_path: Path
) -> None:
    groups = {group.id: group for group in qgis_project.groups(catalogue)}
    small = {**view, "WIDTH": 300, "HEIGHT": 350}
    seen = set()
    for theme in catalogue.themes:
        layer = groups[theme.code].layers[0]
        for style in (layer.styles[0], layer.styles[-1]):
            picture = draw(server, tmp_path, LAYERS=layer.id, STYLES=style.name, **small)
            fills = {rule.symbol.color for rule in style.rules if rule.symbol}
            assert sum(pixels(picture, fill) for fill in fills if fill) > 2000, style.name
            seen.add(picture.tobytes())
    # in a twentieth of a city two themes are all withheld and look alike
    assert len(seen) > 3


def test_small_tiles_have_no_notice(server: MapServer, view: dict[str, str | int], tmp_path: Path) -> None:
    tile = draw(server, tmp_path, LAYERS=LAYER, STYLES="", **{**view, "WIDTH": 256, "HEIGHT": 256}).astype(int)
    assert ((tile[..., 0] > tile[..., 1] + 60) & (tile[..., 0] > tile[..., 2] + 60)).sum() == 0


def test_map_in_other_reference_systems(server: MapServer, tmp_path: Path) -> None:
    for system, box in (("EPSG:3857", "1100000,7085000,1125000,7130000"), ("EPSG:4326", "53.62,9.88,53.80,10.12")):
        picture = draw(server, tmp_path, LAYERS=LAYER, STYLES="", CRS=system, BBOX=box, WIDTH=400, HEIGHT=500)
        assert (picture != 255).any(axis=2).mean() > 0.05, system


def _apart(one: np.ndarray, other: np.ndarray) -> float:
    """Share of pixels that clearly differ."""
    return float((abs(one.astype(int) - other) > 40).any(axis=2).mean())


def test_time_ends_are_inclusive_and_the_newest_lies_on_top(
    server: MapServer, view: dict[str, str | int], catalogue: Catalogue, tmp_path: Path
) -> None:
    layers = {"LAYERS": SERIES, "STYLES": style_of(catalogue, "BEV05"), **view}
    all_periods = draw(server, tmp_path, **layers)
    last_day = draw(server, tmp_path, **layers, TIME="2025-12-31")
    whole_year = draw(server, tmp_path, **layers, TIME="2025-01-01/2025-12-31")
    earlier = draw(server, tmp_path, **layers, TIME="2020-12-31")
    next_day = draw(server, tmp_path, **layers, TIME="2026-01-01")
    # rows come in any order, so that crowded labels may stand elsewhere; edges drawn once or six times differ a little
    assert _apart(last_day, whole_year) < 0.01
    assert _apart(all_periods, last_day) < 0.01
    assert _apart(earlier, last_day) > 0.02
    assert (next_day == 255).all()


def test_the_newest_period_has_labels(
    server: MapServer, view: dict[str, str | int], catalogue: Catalogue, tmp_path: Path
) -> None:
    layers = {"LAYERS": SERIES, "STYLES": style_of(catalogue, "BEV01"), **view}
    black = [(draw(server, tmp_path, **layers, **time) < 40).all(axis=2).sum() for time in ({}, {"TIME": "2025-12-31"})]
    # letters are black or white; fills and outlines are neither
    assert min(black) > 50


def test_legend_names_withheld_and_missing(server: MapServer, catalogue: Catalogue) -> None:
    _, body = wms(
        server, "GetLegendGraphic", LAYER=LAYER, STYLE=style_of(catalogue, "BEV04"), FORMAT="application/json"
    )
    legend = json.dumps(json.loads(body), ensure_ascii=False)
    for words in ("geheim gehalten", "keine Angabe", "12 bis unter 14\u00a0%", "Anteil unter 18-Jähriger"):
        assert words in legend


def test_feature_info_speaks_german(
    server: MapServer, view: dict[str, str | int], catalogue: Catalogue, published: Published
) -> None:
    with published.engine.connect() as connection:
        query = text(
            "SELECT ST_X(p), ST_Y(p), name, bev04_status FROM (SELECT *, ST_PointOnSurface(geom) p "
            "FROM sozialbericht.bevoelkerung_aktuell WHERE ebene = 'bezirk' ORDER BY gebiet LIMIT 1) x"
        )
        x, y, name, status = connection.execute(query).one()
    around = {**view, "BBOX": f"{x - 50},{y - 50},{x + 50},{y + 50}", "WIDTH": 101, "HEIGHT": 101}
    _, body = wms(
        server, "GetFeatureInfo", LAYERS=LAYER, QUERY_LAYERS=LAYER, STYLES=style_of(catalogue, "BEV04"), I=50, J=50,
        INFO_FORMAT="text/xml", WITH_MAPTIP="true", **around,
    )  # fmt: skip
    (feature,) = parsed(body).iter("Feature")
    found = {e.get("name", ""): e.get("value", "") for e in feature.iter("Attribute")}
    assert found["Name"] == name
    assert found["Anteil unter 18-Jähriger: Zustand"] == {"gueltig": "gültig", "geheim": "geheim gehalten"}[status]
    assert "synthetische Daten" in found["Hinweis"]
    assert "synthetische Daten" in found["maptip"]
    assert [key for key in found if "Klasse" in key] == []
    assert ("95-%-Konfidenzintervall" in found["maptip"]) == (status == "gueltig")


def test_wfs_gives_features_and_takes_none(server: MapServer, published: Published) -> None:
    _, body = get(server.ows, SERVICE="WFS", VERSION="1.1.0", REQUEST="GetFeature", TYPENAME=LAYER)
    root = parsed(body)
    features = [e for e in root.iter() if e.tag.endswith("featureMember")]
    with published.engine.connect() as connection:
        wanted = connection.scalar(
            text("SELECT count(*) FROM sozialbericht.bevoelkerung_aktuell WHERE ebene = 'bezirk'")
        )
    assert len(features) == wanted
    _, body = get(server.ows, SERVICE="WFS", VERSION="1.1.0", REQUEST="GetCapabilities")
    operations = {e.text for e in parsed(body).iter() if e.tag.endswith("}Operation") and e.text and e.text.strip()}
    assert operations == {"Query"}
    delete = (
        '<Transaction xmlns="http://www.opengis.net/wfs" service="WFS" version="1.1.0">'
        f'<Delete typeName="{LAYER}"><Filter xmlns="http://www.opengis.net/ogc">'
        f'<FeatureId fid="{LAYER}.1"/></Filter></Delete></Transaction>'
    ).encode()
    request = urllib.request.Request(f"{server.ows}SERVICE=WFS", delete, {"Content-Type": "text/xml"})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            said = answer.read()
    except urllib.error.HTTPError as problem:
        said = problem.read()
    assert b"No permissions" in said or b"Exception" in said or b"FAILED" in said, said[:500]


def test_ogc_api_features(server: MapServer, catalogue: Catalogue, published: Published) -> None:
    _, body = get(f"{server.features}/collections.json?")
    collections = {c["id"] for c in json.loads(body)["collections"]}
    with published.engine.connect() as connection:
        shown = set(connection.scalars(text("SELECT DISTINCT lower(index) FROM sozialbericht.index_aktuell")))
        versions = connection.scalar(text("SELECT count(DISTINCT gebietsstand) FROM sozialbericht.gebiet"))
    # without rows: indices of so small a city, and changes where there is one version; and the foreign web map
    empty = {f"index_{index.code.lower()}" for index in catalogue.indices} - {f"index_{code}" for code in shown}
    empty |= {"gebiet_aenderungen"} if versions == 1 else set()
    assert {layer.id for layer in qgis_project.layers(catalogue)} - collections == empty | {"webkarte"}
    _, body = get(f"{server.features}/collections/{LAYER}/items.json?", limit=3)
    answer = json.loads(body)
    assert len(answer["features"]) == 3
    assert answer["features"][0]["geometry"]["type"] == "MultiPolygon"
    assert "synthetische Daten" in answer["features"][0]["properties"]["Hinweis"]
    _, body = get(f"{server.features}/collections/kennzahl/items.json?", limit=200)
    assert {f["properties"]["Kennzahl"] for f in json.loads(body)["features"]} == {i.code for i in catalogue.indicators}


def test_it_reads_as_its_own_role(server: MapServer, published: Published) -> None:
    get(f"{server.features}/collections/{LAYER}/items.json?", limit=1)
    with published.engine.connect() as connection:
        roles = set(connection.scalars(text("SELECT usename FROM pg_stat_activity WHERE datname = current_database() "
                                            "AND application_name LIKE 'QGIS%'")))  # fmt: skip
    assert roles == {map_server.ROLE}


def test_nothing_went_wrong_in_the_log(server: MapServer) -> None:
    lines = server.log.read_text(encoding="utf-8", errors="replace").splitlines()
    assert [line for line in lines if "CRITICAL" in line] == []
    assert server.process.poll() is None


def test_a_taken_port_is_named(built: Path, catalogue: Catalogue) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        serving = map_server.running(built, catalogue.city.database, {"dbname": "gleich"}, port=port)
        with pytest.raises(SetupError, match=rf"127\.0\.0\.1:{port} .*--port"), serving:
            pass


def test_a_project_without_its_database_is_not_served(built: Path, catalogue: Catalogue) -> None:
    nowhere = {"host": "127.0.0.1", "port": "9", "dbname": "nichts"}
    serving = map_server.running(built, catalogue.city.database, nowhere)
    with pytest.raises(SetupError, match="QGIS Server kann das Projekt nicht anbieten"), serving:
        pass


def test_a_series_without_rows_does_not_end_the_server(
    built: Path, database: str, catalogue: Catalogue, view: dict[str, str | int], tmp_path: Path
) -> None:
    parameters = service.parameters(database, map_server.ROLE)
    with map_server.running(built, catalogue.city.database, parameters) as running:
        assert (draw(running, tmp_path, LAYERS=SERIES, STYLES="", **view) == 255).all()
        assert running.process.poll() is None
