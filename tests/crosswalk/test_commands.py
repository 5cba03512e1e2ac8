"""The commands as the office types them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from typer.testing import CliRunner

from etl import settings
from etl.districts.agency import commands as agency
from etl.districts.crosswalk import commands as crosswalk
from etl.districts.custom_areas import commands as areas
from etl.districts.district_commands import districts
from etl.errors import SozialberichtError
from tests import small_city
from tests.crosswalk import grid_city
from tests.crosswalk.grid_city import NEW, OLD, address
from tests.crosswalk.test_custom_areas import drawn

runner = CliRunner()


@pytest.fixture
def on(db: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """Commands work on a database with two versions of the city of squares and one counted year."""
    with db.begin() as connection:
        grid_city.build(connection)
        grid_city.version(connection, "alt", OLD, current=True)
        grid_city.version(connection, "neu", NEW)
        delivery = small_city.deliver(connection, "einwohner_bestand", 2025)
        for measure, factor in (("ew", 10), ("ew_u18", 2)):
            counted = {b: factor * (10.0 + n) for n, b in enumerate(grid_city.BLOCKS)}
            small_city.count(connection, delivery, measure, dict(counted))
        address(connection, "Lange Straße", "1", "00")
    for module in (agency, crosswalk, areas):
        monkeypatch.setattr(module, "prepared_engine", lambda catalogue, migrated=True: db)
    yield db


def run(app: object, *words: str | Path) -> str:
    """Output of a command, blanks put together."""
    result = runner.invoke(app, [str(w) for w in words], catch_exceptions=False)  # type: ignore[arg-type]
    assert result.exit_code == 0, result.output
    return " ".join(result.output.split())


def test_crosswalk_is_told_in_german(on: Engine) -> None:
    out = run(districts, "crosswalk", "alt", "neu", "--both")
    assert "alt → neu (aus gemeinsamen Blöcken)" in out
    assert "neu → alt (aus gemeinsamen Blöcken)" in out
    assert "Nachgespielter Schätzfehler, Ebene bezirk, Gewicht ew: im Mittel" in out
    with on.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM geo.crosswalk")) == 2 * (1 + 2 + 8 + 1)


def test_crosswalk_as_json(on: Engine) -> None:
    report = json.loads(run(districts, "crosswalk", "alt", "neu", "--json"))[0]
    assert report["method"] == "blocks"
    assert report["levels"][2]["relations"] == {"irregular": 4, "split": 2, "merged": 2}


def test_cells_carry_what_blocks_do_not(on: Engine, tmp_path: Path) -> None:
    """A cell of 100 m in EPSG:25832 in each block; values only where ``art`` says so."""
    lines = ["x;y;value;art"]
    for n, block in enumerate(grid_city.BLOCKS):
        x, y = 560_250 + 500 * int(block[0]), 5_950_250 + 500 * int(block[1])
        lines += [f"{x};{y};{n + 1};wohnung", f"{x};{y};999;anderes"]
    path = tmp_path / "zellen.csv"
    path.write_text("\n".join([*lines, "560250;5950250;-9;wohnung"]), encoding="utf-8")
    words = (
        "--cells",
        path,
        "--measure",
        "arbeitslose",
        "--period",
        "2011",
        "--crs",
        "25832",
        "--where",
        "art=wohnung",
    )
    out = run(districts, "crosswalk", "alt", "neu", *words)
    assert "zellen.csv: 16 Zellen als Gewichte für „arbeitslose“ verwendet." in out
    with on.connect() as connection:
        weight = connection.scalar(
            text("""
            SELECT w.weight FROM warehouse.crosswalk_weight w JOIN geo.crosswalk x ON x.id = w.crosswalk_id
            JOIN geo.unit f ON f.id = x.from_unit_id JOIN geo.unit t ON t.id = x.to_unit_id
            WHERE w.basis = 'cells' AND f.key = '201' AND t.key = '201'
            """)
        )
    values = {b: n + 1 for n, b in enumerate(grid_city.BLOCKS)}
    own = [b for b in values if OLD[b] == "201"]
    assert weight == pytest.approx(
        sum(values[b] for b in own if NEW[b] == "201") / sum(values[b] for b in own), abs=1e-9
    )
    # a second measure joins the first; moved borders make both void
    run(districts, "crosswalk", "alt", "neu", "--cells", path, "--measure", "ew_ausl", *words[4:])
    carried = text("SELECT count(DISTINCT measure_id) FROM warehouse.crosswalk_weight WHERE basis = 'cells'")
    with on.begin() as connection:
        assert connection.scalar(carried) == 2
        connection.execute(
            text("""
            UPDATE geo.block_assignment a SET unit_id = u.id FROM geo.unit u, geo.block b
            WHERE b.id = a.block_id AND b.key = '00' AND u.version_id = a.version_id AND u.level = 'bezirk'
              AND u.key = '102'
            """)
        )
    run(districts, "crosswalk", "alt", "neu")
    with on.connect() as connection:
        assert connection.scalar(carried) == 0
    with pytest.raises(SozialberichtError, match="--where braucht"):
        run(districts, "crosswalk", "alt", "neu", *words[:-1], "art")
    with pytest.raises(SozialberichtError, match="gehören --period"):
        run(districts, "crosswalk", "alt", "neu", "--cells", path)
    with pytest.raises(SozialberichtError, match="„wohnungen“"):
        run(districts, "crosswalk", "alt", "neu", *words[:-1], "art=wohnungen")


def test_agency_files(on: Engine, tmp_path: Path) -> None:
    out = run(districts, "deliver-agency", "alt", "--out", tmp_path)
    assert "1 Adresse geprüft, jede landet in ihrem Bezirk." in out
    assert "ohne Einwohnerzahlen" in out  # nothing has been computed yet
    assert {p.name for p in tmp_path.iterdir()} == {"01060063-zu.csv", "01060063-ra.csv"}


def test_drawn_areas(on: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = drawn(tmp_path, a=(0, 0, 2, 1))
    out = run(areas.areas, "add", path, "--label", "Schulen", "--key", "nr", "--name", "name")
    assert "1 Gebiet als „Schulen“ eingelesen" in out
    assert "Genaue Zahlen sieht nur die Statistikstelle" in out
    assert "Schule a" in run(areas.areas, "list")
    shown = run(areas.areas, "counts", "Schulen")
    assert "Nur für die Statistikstelle" in shown
    monkeypatch.setattr(settings.ui, "json", True)
    counts = json.loads(run(areas.areas, "counts", "Schulen"))["zaehlungen"]
    assert [(c["value"], c["explanation"]) for c in counts if c["title"] == "Einwohner"] == [
        (240.0, "Summe ganzer Blöcke (2)")
    ]
    assert json.loads(run(areas.areas, "remove", "Schulen")) == {"entfernt": 1}
