"""The services as their container starts them: nothing but the map server's own login, no right to set anything up."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from sqlalchemy import text

from etl import settings
from etl.publish import qgis_project
from etl.settings import PROJECT
from etl.warehouse import cluster, passwords, service
from tests.conftest import Published
from tests.own_catalogue import catalogue_for

pytestmark = [
    pytest.mark.qgis,
    pytest.mark.skipif(service.existing_server() is not None, reason="one login there has no password of its own"),
]


def test_serve_with_the_map_servers_login_alone(published: Published, tmp_path: Path) -> None:
    catalogue = catalogue_for(published.name, tmp_path / "katalog")
    project = tmp_path / "stadt.qgs"
    shipped = qgis_project.SHIPPED.read_text(encoding="utf-8")
    project.write_text(shipped.replace("service='sozialbericht'", f"service='{published.name}'"), encoding="utf-8")
    info = cluster.known(settings.home())
    assert info is not None
    secret = passwords.read(settings.home())["qgis_server"]
    serving = subprocess.Popen(
        [sys.executable, "-m", "etl", "--json", "--catalogue", str(catalogue), "serve", "--port", "0",
         "--processes", "1", "--project", str(project), "--show-log"],
        cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        env={
            **os.environ, "PYTHONUNBUFFERED": "1", "SOZIALBERICHT_HOME": str(tmp_path / "leer"), "PGPASSWORD": secret,
            "SOZIALBERICHT_DSN": f"host=127.0.0.1 port={info.port} user=qgis_server",
        },
    )  # fmt: skip
    try:
        assert serving.stdout is not None
        line = serving.stdout.readline()
        assert line, serving.stderr and serving.stderr.read()
        facts = json.loads(line)
        with urllib.request.urlopen(facts["uebersicht"], timeout=30) as answer:  # noqa: S310  # our own address
            assert "synthetische Daten" in answer.read().decode()
        features = f"{facts['ogc_api_features']}/collections/gebiet_bezirk/items"
        with urllib.request.urlopen(features, timeout=60) as answer:  # noqa: S310
            assert b"MultiPolygon" in answer.read()
        with published.engine.connect() as connection:
            query = "SELECT DISTINCT usename FROM pg_stat_activity WHERE datname = current_database() "
            users = set(connection.scalars(text(query + "AND application_name LIKE 'QGIS%'")))
        assert "qgis_server" in users
        # the password is in no environment of a process that answers strangers
        time.sleep(1.2)
        held = subprocess.run(
            ["pgrep", "-P", str(serving.pid)], capture_output=True, text=True, check=True
        ).stdout.split()
        assert len(held) == 2
        for pid in held:
            assert secret.encode() not in Path(f"/proc/{pid}/environ").read_bytes()
    finally:
        serving.send_signal(signal.SIGTERM)
        _, log = serving.communicate(timeout=30)
    assert serving.returncode == 0
    assert "wfs3 - 200" in log
    assert secret not in log
