"""The project and its styles in the database, and the released copy."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from etl.catalogue import Catalogue
from etl.publish import qgis_project, qgis_store
from etl.publish.qgis_process import SCRIPTS, SYSTEM_PYTHON, environment
from etl.publish.source import Source
from etl.warehouse import service
from etl.warehouse.engine import open_engine
from tests.conftest import Published
from tests.qgis.conftest import parsed

pytestmark = pytest.mark.qgis


@pytest.fixture(scope="module")
def source(published: Published) -> Source:
    return Source(open_engine(service.url(published.name, service.READER), role=service.READER), "sozialbericht")


@pytest.fixture(scope="module")
def stored(published: Published, source: Source, catalogue: Catalogue) -> int:
    foreign = text(
        "INSERT INTO public.layer_styles (f_table_schema, stylename, owner) "
        "VALUES ('sozialbericht', 'eigener', 'leser')"
    )
    with published.engine.begin() as connection:
        connection.execute(foreign)
    qgis_store.store(published.engine, source, catalogue)
    return qgis_store.store(published.engine, source, catalogue)


def test_qgis_opens_the_project_from_the_database_and_finds_the_styles(
    stored: int, qgis_service: Path, catalogue: Catalogue, tmp_path: Path
) -> None:
    task, answer = tmp_path / "frage.json", tmp_path / "antwort.json"
    uri = f"postgresql:?service={catalogue.city.database}&schema=public&project={catalogue.city.report_title}"
    table = '"sozialbericht"."bevoelkerung_aktuell" (geom)'
    layer = f"service='{catalogue.city.database}' key='gebiet_id' srid=25832 type=MultiPolygon table={table}"
    task.write_text(json.dumps({"project": uri, "layer": layer}), encoding="utf-8")
    folder = {**environment(tmp_path, qgis_service), "PYTHONPATH": str(SCRIPTS), "PYTHONDONTWRITEBYTECODE": "1"}
    script = Path(__file__).with_name("open_stored.py")
    subprocess.run([SYSTEM_PYTHON, str(script), str(task), str(answer)], env=folder, capture_output=True, check=True)
    found = json.loads(answer.read_text(encoding="utf-8"))
    assert found["messages"] == []
    # and what the layouts draw from
    assert found["layers"] >= len(qgis_project.layers(catalogue))
    assert found["invalid"] == []
    assert found["bookmarks"] == ["Friedrichsgabe", "Garstedt", "Glashütte", "Harksheide", "Norderstedt-Mitte"]
    assert "synthetische Daten" in found["title"]
    # the first indicator is what a layer wears that somebody adds
    first = catalogue.themes[0].shown[0].code.lower()
    assert found["default"][0].startswith(first)
    view = f"{catalogue.themes[0].code}_aktuell/"
    files = {s.file: s.name for x in qgis_project.layers(catalogue) for s in x.styles if s.file.startswith(view)}
    assert set(files.values()) <= set(found["styles"])
    assert stored == len({s.file for x in qgis_project.layers(catalogue) for s in x.styles if s.file})


def test_readers_read_and_change_nothing(stored: int, published: Published) -> None:
    with psycopg.connect(service.dsn(published.name, service.READER), autocommit=True) as connection:
        rows = connection.execute("""
            SELECT count(*) FILTER (WHERE owner = 'sozialbericht'), bool_or(stylename = 'eigener' AND owner = 'leser')
            FROM layer_styles
        """)
        assert rows.fetchone() == (stored, True)
        for statement in ("DELETE FROM layer_styles", "UPDATE qgis_projects SET name = 'x'"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


def test_types_of_areas_have_their_names_in_the_legend() -> None:
    shipped = qgis_project.SHIPPED.read_text(encoding="utf-8")

    def rules(project: str) -> list[tuple[str | None, str | None]]:
        found = (r for r in parsed(project).iter("rule") if "_typ_" in r.get("key", ""))
        return [(r.get("filter"), r.get("label")) for r in found]

    assert qgis_store.with_types(shipped, {}) == shipped
    assert qgis_store.with_types(shipped, {("typ99", 1): "anderswo"}) == shipped
    assert [label for _, label in rules(shipped)] == [f"Typ {n}" for n in range(1, len(rules(shipped)) + 1)]
    named = qgis_store.with_types(shipped, {("typ01", 1): 'Typ 1: "jung" & <dicht>', ("typ01", 3): "Typ 3: alt"})
    assert rules(named) == [('"typ" = 1', 'Typ 1: "jung" & <dicht>'), ('"typ" = 3', "Typ 3: alt")]


def test_the_released_copy_is_the_same_each_time(source: Source, catalogue: Catalogue, tmp_path: Path) -> None:
    one, two = tmp_path / "eins", tmp_path / "zwei"
    for folder in (one, two):
        folder.mkdir()
        qgis_store.build(source, catalogue, folder)
    files = [{p.relative_to(f): p.read_bytes() for p in f.rglob("*") if p.is_file()} for f in (one, two)]
    assert files[0] == files[1]
    root = parsed((one / qgis_store.PROJECT_FILE).read_bytes())
    assert root.findtext("title", "").startswith(catalogue.city.report_title + " (synthetische Daten), Stand ")
    assert len(root.findall("Bookmarks/Bookmark")) == 5
    assert len(list(one.rglob("*.qml"))) == len(list(qgis_project.STYLES.rglob("*.qml")))
    words = (one / "LIESMICH.txt").read_text(encoding="utf-8")
    assert f"[{catalogue.city.database}]" in words
    assert "synthetisch" in words
