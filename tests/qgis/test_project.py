"""The project that PyQGIS builds: sound on a real database, the same every time, free of anything personal."""

from __future__ import annotations

import base64
import getpass
import json
import re
import socket
import subprocess
from dataclasses import asdict
from pathlib import Path

import pytest

from etl.catalogue import Catalogue
from etl.errors import SozialberichtError
from etl.publish import qgis_project
from etl.publish.qgis_process import SCRIPTS, SYSTEM_PYTHON, environment
from etl.warehouse import cluster
from tests.qgis.conftest import parsed, service_for

pytestmark = pytest.mark.qgis


def version(project: Path) -> str:
    """The QGIS that wrote a project."""
    match = re.search(r'<qgis [^>]*version="([^"]+)"', project.read_text(encoding="utf-8"))
    assert match
    return match[1]


def test_every_layer_is_valid_and_its_keys_are_unique(built: Path, qgis_service: Path, catalogue: Catalogue) -> None:
    layers = qgis_project.check(built, qgis_service)
    ours = [layer.id for layer in qgis_project.layers(catalogue)]
    # the layouts may bring layers of their own, which the tree does not show
    assert [layer.id for layer in layers if layer.id in ours] == ours
    assert [layer.id for layer in layers if not layer.sound] == []
    rows = {layer.id: layer.features for layer in layers}
    assert rows["gebiet_stadt"] == 1
    assert rows["bevoelkerung_stadtteil"] == rows["gebiet_stadtteil"] == 5
    assert rows["bevoelkerung_bezirk"] == rows["gebiet_bezirk"] > 5
    assert rows["bevoelkerung_zeitreihe"] > rows["bevoelkerung_bezirk"]
    assert rows["kennzahl"] == len(catalogue.indicators)
    # one version has no changes; tiles have no rows; so small a sample has neither indices nor types at every place
    empty = {"gebiet_aenderungen", "umsteigeschluessel", "webkarte"}
    assert {name for name, found in rows.items() if not found} <= empty | {
        name for name in rows if name.startswith(("index_", "typ_"))
    }


def test_every_column_has_a_german_name(built: Path, qgis_service: Path) -> None:
    # the label point is a second geometry, which QGIS lists as a column
    nameless = {f for layer in qgis_project.check(built, qgis_service) for f in layer.fields_without_alias}
    assert nameless <= {"beschriftung"}


def test_a_rebuild_is_the_same_file_whatever_the_rows(
    built: Path, database: str, catalogue: Catalogue, tmp_path: Path
) -> None:
    again = tmp_path / "neu" / "sozialbericht.qgs"
    qgis_project.build(catalogue, again, again.parent / "styles", service_for(tmp_path, catalogue, database))
    assert again.read_bytes() == built.read_bytes()
    ours, theirs = ({p.relative_to(f): p.read_bytes() for p in f.rglob("*.qml")} for f in (built.parent, again.parent))
    assert ours == theirs


def test_the_committed_project_is_what_the_catalogue_makes(built: Path, catalogue: Catalogue) -> None:
    committed = qgis_project.SHIPPED
    if version(committed) != version(built):
        pytest.skip(f"committed with QGIS {version(committed)}, here is {version(built)}")
    assert committed.read_bytes() == built.read_bytes(), "bitte ./sozialbericht qgis build aufrufen und festhalten"
    styles = {p.relative_to(qgis_project.STYLES): p.read_bytes() for p in qgis_project.STYLES.rglob("*.qml")}
    made = {p.relative_to(built.parent / "styles"): p.read_bytes() for p in (built.parent / "styles").rglob("*.qml")}
    assert styles == made
    described = {style.file for layer in qgis_project.layers(catalogue) for style in layer.styles if style.file}
    assert {str(path) for path in styles} == described
    # what a repository holds and a reader opens: three hundred map themes
    assert committed.stat().st_size < 8_000_000


@pytest.mark.parametrize("which", ["built", "committed"])
def test_nothing_personal_or_local_in_the_project(which: str, built: Path, published: object) -> None:
    path = built if which == "built" else qgis_project.SHIPPED
    text = path.read_text(encoding="utf-8")
    root = parsed(text)
    info = cluster.known()
    secrets = {socket.gethostname(), str(Path.home()), str(built.parent), getattr(published, "name", "")}
    secrets |= {info.host, f"port={info.port}", f"{info.port}"} if info else set()
    words = re.compile(r"\b(host|hostaddr|user|password|passfile|authcfg|dbname|port)=", re.IGNORECASE)
    assert not words.search(text)
    assert [secret for secret in secrets if secret and secret in text] == []
    assert not re.search(r"(?<![\w.:/<])/(home|root|tmp|var|usr|etc|work|srv|opt|mnt)/", text)
    assert not re.search(r"[A-Za-z]:\\\\", text)
    assert not {"saveUser", "saveUserFull", "saveDateTime"} & set(root.attrib)
    assert root.find("projectMetadata/author") is None
    assert root.find("projectMetadata/creation") is None
    if (name := getpass.getuser()) != "root":  # the word itself is common
        assert not re.search(rf"\b{re.escape(name)}\b", text)


def test_thin_styles_are_read_as_the_full_ones(catalogue: Catalogue, tmp_path: Path) -> None:
    styles = {
        json.dumps(style, sort_keys=True): {"geometry": layer.geometry, "style": style}
        for layer in qgis_project.layers(catalogue)
        for style in asdict(layer)["styles"]
    }
    assert len(styles) > 100
    task, answer = tmp_path / "stile.json", tmp_path / "antwort.json"
    every_seventh = [entry for number, entry in enumerate(styles.values()) if number < 8 or number % 7 == 0]
    task.write_text(json.dumps({"styles": every_seventh}), encoding="utf-8")
    script = Path(__file__).with_name("thin_styles.py")
    folder = {**environment(tmp_path), "PYTHONPATH": str(SCRIPTS), "PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run([SYSTEM_PYTHON, str(script), str(task), str(answer)], env=folder, capture_output=True, check=True)
    found = json.loads(answer.read_text(encoding="utf-8"))
    assert found["different"] == []
    assert found["thin"] < 0.3 * found["full"]


def test_layers_are_read_only_and_trusted(built: Path) -> None:
    root = parsed(built.read_text(encoding="utf-8"))
    layers = root.findall("projectlayers/maplayer[@type='vector']")
    assert len(layers) > 30
    assert {layer.get("readOnly") for layer in layers} == {"1"}
    assert root.find("trust").get("active") == "1"  # type: ignore[union-attr]


def test_time_is_half_open_in_every_style_of_the_series(built: Path, catalogue: Catalogue) -> None:
    root = parsed(built.read_text(encoding="utf-8"))
    layer = next(
        e for e in root.iterfind("projectlayers/maplayer") if e.findtext("shortname") == "bevoelkerung_zeitreihe"
    )
    times = list(layer.iter("temporal"))
    series = next(x for x in qgis_project.layers(catalogue) if x.id == "bevoelkerung_zeitreihe")
    assert len(times) == len(series.styles)
    for time in times:
        assert (time.get("enabled"), time.get("startField"), time.get("endField")) == ("1", "von", "bis")
        assert time.get("mode") == "2"  # start and end from fields
        assert time.get("limitMode") == "0"  # the end does not belong to it


def test_areas_know_their_values_and_indicators_their_rows(built: Path, catalogue: Catalogue) -> None:
    root = parsed(built.read_text(encoding="utf-8"))
    found = {e.get("id", ""): e for e in root.iterfind("relations/relation")}
    assert set(found) >= {relation["id"] for relation in qgis_project.relations(catalogue)}
    area = found["werte_bezirk"]
    assert (area.get("referencedLayer"), area.get("referencingLayer")) == (
        "sozialbericht_gebiet_bezirk", "sozialbericht_wert",
    )  # fmt: skip
    pairs = {(e.get("referencingField"), e.get("referencedField")) for e in area.iterfind("fieldRef")}
    assert pairs == {(column, column) for column in ("gebietsstand", "ebene", "gebiet")}


def test_codes_are_told_in_words_and_forms_have_tabs(built: Path, catalogue: Catalogue) -> None:
    root = parsed(built.read_text(encoding="utf-8"))
    layers = {e.findtext("shortname"): e for e in root.iterfind("projectlayers/maplayer")}
    widget = layers["wert"].find("fieldConfiguration/field[@name='kennzahl']/editWidget")
    assert widget is not None
    assert widget.get("type") == "ValueRelation"
    told = {o.get("name"): o.get("value") for o in widget.iter("Option")}
    assert (told["Layer"], told["Key"], told["Value"]) == ("sozialbericht_kennzahl", "kennzahl", "titel")
    tabs = [
        e.get("name") for e in layers["bevoelkerung_bezirk"].iterfind("attributeEditorForm/attributeEditorContainer")
    ]
    assert tabs == ["Gebiet", *(indicator.code for indicator in catalogue.themes[0].shown)]


def test_an_area_opens_its_profile_at_the_address_of_the_project(built: Path) -> None:
    root = parsed(built.read_text(encoding="utf-8"))
    names = [e.text for e in root.iterfind("properties/Variables/variableNames/value")]
    values = [e.text for e in root.iterfind("properties/Variables/variableValues/value")]
    assert dict(zip(names, values, strict=True))[qgis_project.ATLAS_VARIABLE] == qgis_project.ATLAS_ADDRESS
    layer = next(e for e in root.iterfind("projectlayers/maplayer") if e.findtext("shortname") == "bevoelkerung_bezirk")
    (action,) = layer.iterfind("attributeactions/actionsetting")
    assert action.get("action") == qgis_project.ATLAS_ACTION["address"]
    assert action.get("type") == "5"  # an address for the browser


def test_the_web_map_is_off_below_everything_and_in_no_service(built: Path, catalogue: Catalogue) -> None:
    root = parsed(built.read_text(encoding="utf-8"))
    tree = root.find("layer-tree-group")  # layouts have trees of their own, for their legends
    assert tree is not None
    nodes = list(tree.iter("layer-tree-layer"))
    assert (nodes[-1].get("id"), nodes[-1].get("checked")) == ("sozialbericht_webkarte", "Qt::Unchecked")
    assert "basemap.de (Netz, grau)" in [e.text for e in root.iterfind("properties/WMSRestrictedLayers/value")]
    themes = {e.get("id") for e in root.iterfind("visibility-presets/visibility-preset/layer")}
    assert "sozialbericht_webkarte" not in themes


def test_the_profile_has_a_chart_where_there_is_a_series(
    built: Path, qgis_service: Path, catalogue: Catalogue, tmp_path: Path
) -> None:
    task, answer = tmp_path / "frage.json", tmp_path / "antwort.json"
    style = next(s.name for x in qgis_project.layers(catalogue) for s in x.styles if s.name.startswith("BEV04"))
    wanted = [["sozialbericht_bevoelkerung_stadtteil", style], ["sozialbericht_gebiet_stadtteil", ""]]
    task.write_text(json.dumps({"project": str(built), "layers": wanted}), encoding="utf-8")
    folder = {**environment(tmp_path, qgis_service), "PYTHONPATH": str(SCRIPTS), "PYTHONDONTWRITEBYTECODE": "1"}
    script = Path(__file__).with_name("map_tips.py")
    subprocess.run([SYSTEM_PYTHON, str(script), str(task), str(answer)], env=folder, capture_output=True, check=True)
    found = json.loads(answer.read_text(encoding="utf-8"))
    assert found["messages"] == []
    tips, outlines = found["tips"]
    assert "Einwohner" in outlines[0]
    shown = [tip for tip in tips if "95-%-Konfidenzintervall" in tip]
    assert shown
    for tip in shown:
        picture = re.search(r'src="data:image/svg\+xml;base64,([^"]+)"', tip)
        assert picture
        drawing = parsed(base64.b64decode(picture[1]))
        lines = [e.get("points", "").split() for e in drawing.iter("{http://www.w3.org/2000/svg}polyline")]
        # the city has a value wherever a part of it has one
        assert len(lines[0]) >= len(lines[1]) > 2
        assert all(0 <= float(n) <= 230 for line in lines for point in line for n in point.split(","))
    assert "[%" not in "".join(tips)


def test_map_opens_with_the_first_indicator_on_the_city(built: Path, catalogue: Catalogue) -> None:
    root = parsed(built.read_text(encoding="utf-8"))
    first = qgis_project.map_themes(catalogue)[0]
    tree = root.find("layer-tree-group")
    assert tree is not None
    shown = {e.get("id") for e in tree.iter("layer-tree-layer") if e.get("checked") == "Qt::Checked"}
    assert shown == {f"sozialbericht_{layer}" for layer, _style in first.layers}
    extent = root.find("ProjectViewSettings/DefaultViewExtent")
    assert extent is not None
    assert catalogue.city.view is not None
    assert [float(extent.get(k, "nan")) for k in ("xmin", "ymin", "xmax", "ymax")] == list(catalogue.city.view)


def test_build_says_what_is_wrong_without_a_database(catalogue: Catalogue, tmp_path: Path) -> None:
    nowhere = tmp_path / "leer.conf"
    nowhere.write_text("")
    out = tmp_path / "projekt.qgs"
    with pytest.raises(SozialberichtError, match=r"(?s)Ebene „.+“ lässt sich nicht öffnen.*PGSERVICEFILE.*service"):
        qgis_project.build(catalogue, out, None, nowhere)
    assert not out.exists()
