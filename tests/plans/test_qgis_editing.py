"""A colleague edits the draft in real QGIS: a block moves, a district is renamed, nonsense is refused in words."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import Engine, text

from etl.warehouse import service

PYTHON = Path("/usr/bin/python3")


@pytest.mark.qgis
def test_a_block_is_moved_and_a_district_renamed_in_qgis(planned: Engine, planned_name: str) -> None:
    if subprocess.run([PYTHON, "-c", "import qgis.core"], capture_output=True, check=False).returncode != 0:
        if os.environ.get("CI") == "true":
            pytest.fail("PyQGIS is missing")
        pytest.skip("PyQGIS is not installed")
    given = conninfo_to_dict(service.dsn(planned_name, "postgres"))
    known = {k: v for k, v in given.items() if k in {"host", "port", "dbname", "user"}}
    dsn = " ".join(f"{k}='{v}'" for k, v in known.items())
    environment = {
        **os.environ, "QT_QPA_PLATFORM": "offscreen", "PGOPTIONS": "-c role=bezirksplanung",
        "PGPASSFILE": str(given.get("passfile", "")),
    }  # fmt: skip
    done = subprocess.run(
        [PYTHON, Path(__file__).with_name("edit_layer.py"), dsn, "120", "102", "201", "Am Markt"],
        env=environment, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["block"] == {"valid": True, "started": True, "saved": True, "errors": found["block"]["errors"]}
    assert found["bezirk"]["saved"]
    assert not found["wrong"]["saved"] and "Den Bezirk „777“ gibt es nicht" in " ".join(found["wrong"]["errors"])
    with planned.connect() as connection:
        log = connection.execute(text("SELECT art, gegenstand, vorher, nachher FROM planung.verlauf ORDER BY 1")).all()
    assert [tuple(r) for r in log][1] == ("zuordnung", "120", "101", "102")
    assert log[0][:2] == ("name", "201") and log[0][3] == "Am Markt"
