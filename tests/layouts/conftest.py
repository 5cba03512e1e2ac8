"""The shipped project over the small published sample, its layouts read, and the profile sheets drawn once."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from etl.catalogue import Catalogue
from etl.publish import steckbriefe
from etl.publish.qgis_process import SCRIPTS, SYSTEM_PYTHON, environment
from etl.publish.source import Schema, Source
from etl.warehouse import service
from etl.warehouse.engine import open_engine
from tests.conftest import Published

DISTRICT, INDICATOR = "202", "BEV04"


def source_of(database: str, schema: Schema) -> Source:
    """The views of a database as the role that reads this schema."""
    role = service.READER if schema == "sozialbericht" else service.PREVIEW
    return Source(open_engine(service.url(database, role), role=role), schema)


@pytest.fixture(scope="session")
def layouts(tmp_path_factory: pytest.TempPathFactory, published: Published, catalogue: Catalogue) -> dict[str, Any]:
    """By layout: texts, faults, layers of its maps and pictures of one page."""
    folder = tmp_path_factory.mktemp("layouts")
    project, service_file = steckbriefe.reading_project(source_of(published.name, "sozialbericht"), catalogue, folder)
    by_indicator = f"\"kennzahl\" = '{INDICATOR}'"
    names = ("Thematische Karte A4", "Thematische Karte A3", "Zwei Jahre im Vergleich", "Alle Jahre")
    filters = {"Steckbrief": f"\"gebiet\" = '{DISTRICT}'", **dict.fromkeys(names, by_indicator)}
    task, answer = folder / "aufgabe.json", folder / "antwort.json"
    task.write_text(json.dumps({"project": str(project), "filters": filters}), encoding="utf-8")
    script = Path(__file__).with_name("read_layouts.py")
    variables = {**environment(folder, service_file), "PYTHONPATH": str(SCRIPTS), "PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run([SYSTEM_PYTHON, str(script), str(task), str(answer)], env=variables, capture_output=True, check=True)
    found: dict[str, Any] = json.loads(answer.read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="session")
def sheets(tmp_path_factory: pytest.TempPathFactory, published: Published, catalogue: Catalogue) -> Path:
    """All profile sheets, drawn for readers."""
    folder = tmp_path_factory.mktemp("steckbriefe")
    steckbriefe.build_all(source_of(published.name, "sozialbericht"), catalogue, folder)
    return folder
