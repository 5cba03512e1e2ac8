"""A project built on the small published sample, a picture reader, and a running map server."""

from __future__ import annotations

import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator, Sequence
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


MAPPED = ("BEV01", "BEV02", "ARB05", "WOH03", "WOH14", "SOZ01", "JUH03", "BIL01", "BIL10")
"""Indicators of all themes and kinds whose maps are compared with the views."""
ELDERLY = "BEV05 Anteil 65-Jähriger und Älterer – Zeitreihe"
RESIDENTS = "BEV01 Bevölkerung mit Hauptwohnung – Zeitreihe"
MINORS = "BEV04 Anteil unter 18-Jähriger – Zeitreihe"
DRAWN: tuple[tuple[str, int | None], ...] = (
    *((code, None) for code in (*MAPPED, "BEV04", qgis_project.UNITS_THEME)),
    *((ELDERLY, year) for year in (None, 2020, 2025)),
    *((RESIDENTS, year) for year in (None, 2020, 2025)),
    *((MINORS, year) for year in (2025, 2026)),
)


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
    """Render a map theme of the built project; each picture is drawn once, those named here in one go."""
    folder = tmp_path_factory.mktemp("karten")
    files: dict[tuple[str, int | None], Path] = {}

    def render(wanted: Sequence[tuple[str, int | None]]) -> None:
        new = {pair: folder / f"{len(files) + n}.png" for n, pair in enumerate(wanted)}
        maps = [qgis_project.Map(theme, out, year) for (theme, year), out in new.items()]
        found = qgis_project.render(built, maps, size=(700, 800), service_file=qgis_service)
        assert found["messages"] == []
        files.update(new)

    def draw(theme: str, year: int | None = None) -> Picture:
        if not files:
            render(DRAWN)
        if (theme, year) not in files:
            render([(theme, year)])
        return read_picture(files[theme, year])

    return draw


@pytest.fixture(scope="session")
def server(built: Path, published: Published, catalogue: Catalogue) -> Iterator[map_server.MapServer]:
    """QGIS Server on the built project, as its own role."""
    parameters = service.parameters(published.name, map_server.ROLE)
    with map_server.running(built, catalogue.city.database, parameters) as running:
        yield running
