"""``doctor`` sees what is wrong, says what to do, and touches nothing."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from etl.warehouse import cluster, databases, doctor, service


def findings(home: Path) -> dict[str, doctor.Finding]:
    return {finding.name: finding for finding in doctor.examine(home)}


def test_before_the_first_start_nothing_is_wrong(home: Path) -> None:
    found = findings(home)
    assert found["Datenbank"].state == "hinweis"
    assert "db start" in found["Datenbank"].remedy
    assert found["Dienstdatei"].state == "hinweis"
    assert list(home.iterdir()) == []


def test_what_is_there_is_good(home: Path) -> None:
    databases.ensure_database("praxis", home)
    port = cluster.ensure_running(home).port
    found = findings(home)
    for name in (
        "Datenordner",
        "PyQGIS",
        "QGIS-Server",
        "Schrift",
        "Katalog",
        "Dienstdatei",
        f"Datenbank auf 127.0.0.1:{port}",
        "Datenbank praxis: postgis",
        "Datenbank praxis: btree_gist",
    ):
        assert found[name].state == "gut", found[name]
        assert found[name].remedy == ""


def test_a_stopped_database_is_not_started(home: Path) -> None:
    cluster.ensure_running(home)
    cluster.stop(home)
    assert findings(home)["Datenbank"].state == "hinweis"
    assert cluster.status(home)[0] == "gestoppt"


def test_an_old_address_and_an_open_file_are_seen(home: Path) -> None:
    databases.ensure_database("praxis", home)
    path = service.service_file(home)
    right = path.read_text()
    path.write_text(right.replace("port=", "port=1"))
    assert findings(home)["Dienstdatei"].state == "fehler"
    path.write_text(right)
    path.chmod(0o644)
    assert findings(home)["Dienstdatei"].remedy == f"chmod 600 {path}"


def test_a_missing_extension_is_seen(home: Path) -> None:
    databases.ensure_database("praxis", home)
    with psycopg.connect(service.dsn("praxis", cluster.SUPERUSER, home), autocommit=True) as connection:
        connection.execute("DROP EXTENSION btree_gist")
    assert findings(home)["Datenbank praxis: btree_gist"].state == "fehler"


def test_a_cluster_of_a_version_that_is_gone_is_seen(home: Path) -> None:
    cluster.ensure_running(home)
    cluster.stop(home)
    port = home / "cluster.port"
    saved = port.read_text()
    port.write_text(f"{saved.split()[0]} 9\n")
    finding = findings(home)["Datenbank"]
    port.write_text(saved)
    assert finding.state == "fehler"
    assert "postgresql-9-postgis-3" in finding.remedy


def test_a_server_that_does_not_answer_is_an_error(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOZIALBERICHT_DSN", "postgresql://amt:streng-geheim@127.0.0.1:9/")
    finding = findings(home)["Vorhandener Datenbankserver"]
    assert finding.state == "fehler"
    assert "streng-geheim" not in finding.found
