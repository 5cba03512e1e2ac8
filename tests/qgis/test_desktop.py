"""QGIS Desktop itself: opens the project, changes map themes, prints a layout, and has nothing to complain about."""

from __future__ import annotations

from pathlib import Path

import pytest

from etl.catalogue import Catalogue
from etl.publish import qgis_project
from etl.publish.qgis_process import write_service
from etl.warehouse import service
from tests.conftest import Published
from tests.qgis import desktop
from tests.qgis.conftest import pixels, read_picture

pytestmark = [
    pytest.mark.qgis,
    pytest.mark.bench,
    pytest.mark.skipif(bool(desktop.missing()), reason=f"fehlt: {desktop.missing()}"),
]
DELAY = 0.02


@pytest.fixture(scope="module")
def themes(catalogue: Catalogue) -> list[str]:
    return [qgis_project.map_themes(catalogue)[1].name, *qgis_project.sample_of_themes(catalogue, 6)]


def test_opens_changes_prints_without_a_complaint(
    built: Path, qgis_service: Path, themes: list[str], catalogue: Catalogue, tmp_path: Path
) -> None:
    layouts = [(layout["name"], str(tmp_path / f"{n}.pdf")) for n, layout in enumerate(
        qgis_project.describe(catalogue)["layouts"]["layouts"])]  # fmt: skip
    found = desktop.prove(tmp_path, str(built), themes, service_file=qgis_service, pictures=tmp_path, layouts=layouts)
    assert found["messages"] == found["bars"] == found["dialogs"] == found["unavailable"] == []
    assert [name.split(" ")[0] for name, _seconds in found["themes"]] == [theme.split(" ")[0] for theme in themes]
    assert all(done for _name, _seconds, done in found["printed"])
    assert all(Path(path).stat().st_size > 10_000 for _name, path in layouts)
    assert (tmp_path / "qgis_start.png").stat().st_size > 20_000
    assert pixels(read_picture(tmp_path / "qgis_start.png"), qgis_project.NOTICE_COLOUR) == 0
    print({key: found[key] for key in ("opened", "opened_cpu", "first_map", "themes", "printed")})


def test_opens_over_a_slow_network(built: Path, published: Published, themes: list[str], tmp_path: Path) -> None:
    known = service.parameters(published.name, service.READER)
    with desktop.delayed(known["host"], int(known["port"]), DELAY) as port:
        near = {**known, "host": "127.0.0.1", "port": str(port)}
        found = desktop.prove(
            tmp_path, str(built), themes[:3], service_file=write_service(tmp_path, "sozialbericht", near)
        )
    assert found["messages"] == found["unavailable"] == []
    print({key: found[key] for key in ("opened", "opened_cpu", "first_map", "themes")})


def test_says_so_where_the_service_is_not_set_up(built: Path, themes: list[str], tmp_path: Path) -> None:
    nowhere = tmp_path / "leer.conf"
    nowhere.write_text("", encoding="utf-8")
    found = desktop.prove(tmp_path, str(built), [], service_file=nowhere, pictures=tmp_path)
    assert pixels(read_picture(tmp_path / "qgis_start.png"), qgis_project.NOTICE_COLOUR) > 1000
    assert len(found["unavailable"]) > 20
    assert any('definition of service "sozialbericht" not found' in message for message in found["messages"])
