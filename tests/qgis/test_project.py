"""The project that PyQGIS builds: sound on a real database, the same every time, free of anything personal."""

from __future__ import annotations

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
    assert [layer.id for layer in layers] == [layer.id for layer in qgis_project.layers(catalogue)]
    assert [layer.id for layer in layers if not layer.sound] == []
    rows = {layer.id: layer.features for layer in layers}
    assert rows["gebiet_stadt"] == 1
    assert rows["bevoelkerung_stadtteil"] == rows["gebiet_stadtteil"] == 5
    assert rows["bevoelkerung_bezirk"] == rows["gebiet_bezirk"] > 5
    assert rows["bevoelkerung_zeitreihe"] > rows["bevoelkerung_bezirk"]
    assert rows["kennzahl"] == len(catalogue.indicators)
    assert min(rows.values()) > 0


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
    layers = root.findall("projectlayers/maplayer")
    assert layers
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


def test_map_opens_with_the_first_indicator_on_the_city(built: Path, catalogue: Catalogue) -> None:
    root = parsed(built.read_text(encoding="utf-8"))
    first = qgis_project.map_themes(catalogue)[0]
    shown = {e.get("id") for e in root.iter("layer-tree-layer") if e.get("checked") == "Qt::Checked"}
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
