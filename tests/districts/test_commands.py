"""The commands as the office types them: German words, JSON for programs, errors that change nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner

from etl.districts import commands, place_commands
from etl.errors import InputError
from tests.districts import files
from tests.districts.test_load import BEZIRKE, PARENT, TEILE

runner = CliRunner()


@pytest.fixture
def on(db: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """Commands work on the test's database instead of the catalogue's."""
    for module in (commands, place_commands):
        monkeypatch.setattr(module, "prepared_engine", lambda catalogue, migrated=True: db)
    yield db


def run(app: object, *words: str | Path) -> str:
    result = runner.invoke(app, [str(w) for w in words], catch_exceptions=False)  # type: ignore[arg-type]
    assert result.exit_code == 0, result.output
    return result.output


def test_load_prints_a_german_report(on: Engine, tmp_path: Path) -> None:
    path = files.shapefile_zip(tmp_path / "teile.zip", TEILE, names={"1": "Glashütte"}, encoding="cp1252")
    out = run(
        commands.boundaries, "load", path, "--level", "stadtteil", "--version", "2025", "--key", "nr", "--name", "name"
    )
    assert "Glashütte" in out
    assert "EPSG:25832" in out
    assert "2 Gebiete, zusammen 800,0 ha (8,00 km²)" in " ".join(out.split())
    assert "0 Fehler, 0 Warnungen" in out
    assert "2 Gebiete in den Gebietsstand „2025“ geladen." in out


def test_json_report_has_findings_and_areas(on: Engine, tmp_path: Path) -> None:
    words = ("--version", "2025", "--key", "nr", "--name", "name", "--json")
    run(commands.boundaries, "load", files.write(tmp_path / "t.gpkg", TEILE), "--level", "stadtteil", *words)
    shifted = BEZIRKE | {"103": files.square(1, 0, 1.002, 1)}
    path = files.write(tmp_path / "b.gpkg", shifted, parents=dict(PARENT))
    options = ("--parent", "gehoert_zu", "--mend", "--from", "01.01.2025", "--synthetic")
    report = json.loads(run(commands.boundaries, "load", path, "--level", "bezirk", *words, *options))
    assert report["units"] == 8
    assert round(report["area_m2"]) == 8_000_000
    assert "mended" in {f["kind"] for f in report["findings"]}
    assert {u["key"]: u["parent"] for u in report["unit_list"]} == PARENT
    listing = json.loads(run(commands.boundaries, "list", "--json"))
    assert [(r["ebene"], r["gebiete"], r["datei"]) for r in listing] == [
        ("Stadt", 1, None),
        ("Stadtteil", 2, "t.gpkg"),
        ("Statistischer Bezirk", 8, "b.gpkg"),
    ]
    assert "2025 (Entwurf, aktuell, synthetisch)" in run(commands.boundaries, "list")


def test_check_touches_no_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "prepared_engine", lambda *_: pytest.fail("no database needed"))
    path = files.write(tmp_path / "a.gpkg", {"1": files.square(0, 0, 1.0005, 1), "2": files.square(1, 0)})
    words = ("check", path, "--key", "nr", "--name", "name")
    assert "überlappen sich auf 500 m²" in run(commands.boundaries, *words)
    with pytest.raises(InputError, match="wegen --strict"):
        run(commands.boundaries, *words, "--strict")


def test_errors_reach_the_command_line(on: Engine, tmp_path: Path) -> None:
    path = files.write(tmp_path / "a.shp", files.four(), epsg=None)
    with pytest.raises(InputError, match="--crs 25832"):
        run(commands.boundaries, "load", path, "--level", "stadtteil", "--version", "2025", "--key", "nr")


def test_use_makes_another_version_current(on: Engine, tmp_path: Path) -> None:
    path = files.write(tmp_path / "t.gpkg", TEILE)
    for version in ("2024", "2025"):
        run(commands.boundaries, "load", path, "--level", "stadtteil", "--version", version, "--key", "nr")
    assert "„2025“ ist jetzt der aktuelle Gebietsstand." in run(commands.boundaries, "use", "2025")
    marks = {r["gebietsstand"]: r["aktuell"] for r in json.loads(run(commands.boundaries, "list", "--json"))}
    assert marks == {"2024": False, "2025": True}


def test_places_commands(on: Engine, tmp_path: Path) -> None:
    table = tmp_path / "kitas.csv"
    table.write_text("nr;name;x;y\n1;Kita am See;562500;5951500\n", "utf-8")
    words = ("load", table, "--kind", "kita", "--key", "nr", "--name", "name", "--x", "x", "--y", "y")
    assert "1 Einrichtung der Art „kita“ geladen." in run(place_commands.facilities, *words)
    assert "schon geladen" in run(place_commands.facilities, *words)
