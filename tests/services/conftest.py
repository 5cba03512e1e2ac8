"""The shipped project and a release's folder, served from the small published sample."""

from __future__ import annotations

import http.client
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import text

from etl.catalogue import Catalogue
from etl.publish import map_server, qgis_project
from etl.publish.map_server.web import Published as Served
from etl.warehouse import service
from tests.conftest import Published

UNSEEN = "Nicht für Besucher"
NOTICE = "Alle Angaben sind synthetische Daten."


@dataclass(frozen=True)
class Answer:
    """Status, headers (names in lower case) and body of an answer."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class Services:
    """A running server with its release's folder; ``label`` is what it says of the release."""

    server: map_server.MapServer
    root: Path
    view: str
    label: str = "2026-01-01"

    def ask(self, target: str, method: str = "GET", **headers: str) -> Answer:
        """The answer to a path and query, sent exactly as written."""
        connection = http.client.HTTPConnection(self.server.host, self.server.port, timeout=90)
        try:
            connection.putrequest(method, target, skip_accept_encoding=True)
            for name, value in headers.items():
                connection.putheader(name.replace("_", "-"), value)
            connection.endheaders()
            answer = connection.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, found, answer.read())
        finally:
            connection.close()


def make_release(root: Path, label: str) -> Path:
    """A release's folder as builders leave it, and what must not be reached from it."""
    folder = root / label
    for name, page in (("atlas/index.html", "Atlas"), ("bericht/bericht.html", "Bericht"),
                       ("exporte/csv/wert.csv", "wert"), ("exporte/sozialbericht.gpkg", "GPKG")):  # fmt: skip
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"{page} {label}", encoding="utf-8")
    (folder / "dateien.json").write_text("[]", encoding="utf-8")
    (folder / "exporte" / ".entwurf").write_text(UNSEEN, encoding="utf-8")
    (folder / "intern").mkdir()
    (folder / "intern" / "geheim.html").write_text(UNSEEN, encoding="utf-8")
    (folder / "exporte" / "verweis.csv").symlink_to(root / "pgpass")
    return folder


@pytest.fixture(scope="session")
def view(published: Published) -> str:
    """Parameters of the map section of the sample city."""
    box = "(SELECT ST_Extent(geom) e FROM sozialbericht.gebiet) x"
    query = text(f"SELECT ST_XMin(e), ST_YMin(e), ST_XMax(e), ST_YMax(e) FROM {box}")
    with published.engine.connect() as connection:
        west, south, east, north = connection.execute(query).one()
    return (
        f"CRS=EPSG:25832&BBOX={west - 500:.0f},{south - 500:.0f},{east + 500:.0f},{north + 500:.0f}"
        "&WIDTH=600&HEIGHT=700&FORMAT=image/png"
    )


@pytest.fixture(scope="session")
def services(published: Published, catalogue: Catalogue, view: str) -> Iterator[Services]:
    """WMS, WFS, OGC API Features and files, started once."""
    # Not pytest's folder, which is closed to the account of the web server.
    root = Path(tempfile.mkdtemp(prefix="sozialbericht-test-", dir="/var/tmp"))
    root.chmod(0o755)
    (root / "pgpass").write_text(UNSEEN, encoding="utf-8")
    make_release(root, "2026-01-01")
    (root / "aktuell").symlink_to("2026-01-01")
    project = root / "sozialbericht.qgs"
    shutil.copyfile(qgis_project.SHIPPED, project)
    label = "2026-01-01"
    served = Served(
        lambda: project, root / "aktuell", catalogue.city.report_title,
        lambda: ((root / "aktuell").readlink().name, NOTICE),
    )  # fmt: skip
    parameters = service.parameters(published.name, map_server.ROLE)
    try:
        with map_server.running(served, catalogue.city.database, parameters) as server:
            yield Services(server, root, view, label)
    finally:
        shutil.rmtree(root)
