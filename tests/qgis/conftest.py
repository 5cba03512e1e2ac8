"""A project built on the small published sample, a picture reader, and a running map server."""

from __future__ import annotations

import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from etl.catalogue import Catalogue
from etl.publish import map_server, qgis_project
from etl.publish.qgis_process import SYSTEM_PYTHON, environment, write_service
from etl.warehouse import service
from tests.conftest import Published

WMS = "{http://www.opengis.net/wms}"


def parsed(text: str | bytes) -> ET.Element:
    """The root of XML that our own QGIS has just written."""
    return ET.fromstring(text)  # noqa: S314


Picture = NDArray[np.uint8]

# Qt itself decodes the picture; raw bytes come back.
_DECODE = """
import sys
from PyQt5.QtGui import QImage
image = QImage(sys.argv[1]).convertToFormat(QImage.Format_RGB888)
assert not image.isNull()
data = image.constBits().asstring(image.sizeInBytes())
sys.stdout.buffer.write(b"%d %d %d\\n" % (image.width(), image.height(), image.bytesPerLine()) + data)
"""


def read_picture(path: Path) -> Picture:
    """Height x width x 3 (red, green, blue)."""
    done = subprocess.run(
        [SYSTEM_PYTHON, "-c", _DECODE, str(path)], env=environment(path.parent), capture_output=True, check=True
    )
    head, _, data = done.stdout.partition(b"\n")
    width, height, line = map(int, head.split())
    rows = np.frombuffer(data, np.uint8).reshape(height, line)[:, : width * 3]
    return rows.reshape(height, width, 3)


def pixels(picture: Picture, colour: str) -> int:
    """How many pixels have exactly this ``#rrggbb``."""
    wanted = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    return int((picture == wanted).all(axis=2).sum())


def service_for(folder: Path, catalogue: Catalogue, database: str) -> Path:
    """A service file in which the catalogue's service leads to a test's database."""
    return write_service(folder, catalogue.city.database, service.parameters(database, service.READER))


@pytest.fixture(scope="session")
def qgis_service(tmp_path_factory: pytest.TempPathFactory, published: Published, catalogue: Catalogue) -> Path:
    """The project's service, leading to the published sample as a reader."""
    return service_for(tmp_path_factory.mktemp("dienst"), catalogue, published.name)


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory, qgis_service: Path, catalogue: Catalogue) -> Path:
    """The project, built now; its styles lie beside it in ``styles``."""
    out = tmp_path_factory.mktemp("projekt") / "sozialbericht.qgs"
    made = qgis_project.build(catalogue, out, out.parent / "styles", qgis_service)
    assert made["messages"] == []
    return out


@pytest.fixture(scope="session")
def drawn(tmp_path_factory: pytest.TempPathFactory, built: Path, qgis_service: Path) -> Callable[..., Picture]:
    """Render a map theme of the built project; each picture is drawn once."""
    folder = tmp_path_factory.mktemp("karten")
    known: dict[tuple[str, int | None], Picture] = {}

    def draw(theme: str, year: int | None = None) -> Picture:
        if (theme, year) not in known:
            out = folder / f"{len(known)}.png"
            found = qgis_project.render(built, theme, out, size=(700, 800), year=year, service_file=qgis_service)
            assert found["messages"] == []
            known[theme, year] = read_picture(out)
        return known[theme, year]

    return draw


@pytest.fixture(scope="session")
def server(built: Path, published: Published, catalogue: Catalogue) -> Iterator[map_server.MapServer]:
    """QGIS Server on the built project, as its own role."""
    parameters = service.parameters(published.name, map_server.ROLE)
    with map_server.running(built, catalogue.city.database, parameters) as running:
        yield running
