"""The commands ``qgis`` and ``serve`` as the office calls them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from etl.catalogue import Catalogue
from etl.publish import qgis_project
from etl.settings import PROJECT
from etl.warehouse import service
from tests.own_catalogue import catalogue_for

pytestmark = pytest.mark.qgis


@pytest.fixture
def own_catalogue(database: str, tmp_path: Path) -> Path:
    """The shipped catalogue on a database of the test."""
    folder = catalogue_for(database, tmp_path / "katalog")
    service.write_service_file(database)
    return folder


def command(catalogue: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "etl", "--catalogue", str(catalogue), *arguments]


def call(catalogue: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(catalogue, *arguments), cwd=PROJECT, capture_output=True, text=True, check=False)


def test_build_check_render_time(own_catalogue: Path, catalogue: Catalogue, tmp_path: Path) -> None:
    project, picture = tmp_path / "aus" / "stadt.qgs", tmp_path / "karte.png"
    done = call(own_catalogue, "qgis", "build", "--out", str(project))
    assert done.returncode == 0, done.stderr
    layers = qgis_project.layers(catalogue)
    styles = {style.file for layer in layers for style in layer.styles if style.file}
    assert f"{len(layers)} Ebenen, {len(styles)} Stile" in done.stdout
    assert (project.parent / "styles" / "bevoelkerung_aktuell" / "BEV04.qml").is_file()
    done = call(own_catalogue, "--json", "qgis", "check", "--project", str(project))
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)["ebenen"]
    assert [layer["ebene"] for layer in found if layer["gueltig"]] == [layer.id for layer in layers]
    done = call(own_catalogue, "qgis", "render", "--project", str(project), "--theme", "bev04", "--out", str(picture))
    assert done.returncode == 0, done.stderr
    assert "BEV04 Anteil unter 18-Jähriger" in done.stdout
    assert picture.read_bytes().startswith(b"\x89PNG")
    done = call(own_catalogue, "--json", "qgis", "time", "--project", str(project), "--count", "6")
    assert done.returncode == 0, done.stderr
    spent = json.loads(done.stdout)
    assert [entry["kartenthema"][:5] for entry in spent["karten"]] == [
        theme.shown[0].code for theme in catalogue.themes
    ]
    assert all(0 < seconds < 60 for seconds in (spent["oeffnen_sekunden"], *(m["sekunden"] for m in spent["karten"])))


def test_a_missing_project_is_named(own_catalogue: Path, tmp_path: Path) -> None:
    done = call(own_catalogue, "qgis", "check", "--project", str(tmp_path / "fehlt.qgs"))
    assert done.returncode == 1
    assert "fehlt.qgs gibt es noch nicht. Abhilfe: ./sozialbericht qgis build" in done.stderr
    assert "Traceback" not in done.stderr


def test_serve_until_it_is_told_to_end(own_catalogue: Path, built: Path, database: str, tmp_path: Path) -> None:
    project = tmp_path / "stadt.qgs"
    text = built.read_text(encoding="utf-8")
    project.write_text(text.replace("service='sozialbericht'", f"service='{database}'"), encoding="utf-8")
    arguments = [sys.executable, "-m", "etl", "--json", "--catalogue", str(own_catalogue)]
    serving = subprocess.Popen(
        [*arguments, "serve", "--port", "0", "--project", str(project)],
        cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    try:
        assert serving.stdout is not None
        line = serving.stdout.readline()
        assert line, serving.stderr and serving.stderr.read()
        facts = json.loads(line)
        address = f"{facts['ows']}SERVICE=WMS&REQUEST=GetCapabilities"
        with urllib.request.urlopen(address, timeout=60) as answer:  # noqa: S310
            assert b"Sozialbericht" in answer.read()
        serving.send_signal(signal.SIGTERM)
        assert serving.wait(timeout=30) == 0
        with pytest.raises(OSError, match=r"refused|verweigert"):
            urllib.request.urlopen(address, timeout=5)  # noqa: S310
    finally:
        if serving.poll() is None:
            serving.kill()
        serving.communicate()
