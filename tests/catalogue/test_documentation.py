"""The worked example of docs/catalogue.md, applied as it stands: check, take in, compute."""

from __future__ import annotations

import re
import shutil
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from typer.testing import CliRunner

from etl.catalogue import load_catalogue
from etl.catalogue.commands import app
from etl.indicators.compute import compute
from etl.intake.deliver import deliver
from etl.settings import DEFAULT_CATALOGUE, PROJECT
from etl.warehouse import catalogue_sync
from etl.warehouse.rebuild import rebuild
from tests import small_city

PAGE = PROJECT / "docs" / "catalogue.md"


@pytest.fixture
def extended(tmp_path: Path) -> Path:
    """A copy of the catalogue with everything that the page adds."""
    folder = Path(shutil.copytree(DEFAULT_CATALOGUE, tmp_path / "katalog"))
    blocks = re.findall(r"```yaml\n# (new file|append to) (\S+)\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert [(how, file) for how, file, _ in blocks] == [
        ("append to", "measures/bevoelkerung.yaml"),
        ("append to", "themes/bevoelkerung.yaml"),
        ("new file", "sources/buecherei.yaml"),
        ("new file", "measures/kultur.yaml"),
        ("new file", "themes/kultur.yaml"),
    ]
    for how, file, body in blocks:
        with (folder / file).open("a" if how == "append to" else "x", encoding="utf-8") as out:
            out.write(body)
    return folder


def test_the_check_passes(extended: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOZIALBERICHT_CATALOGUE", str(extended))
    said = CliRunner().invoke(app, ["check"])
    assert said.exit_code == 0, said.output
    assert "98 Kennzahlen (davon 1 Lücke), 3 Indizes, 7 Themen" in " ".join(said.output.split())


def test_what_is_added_is_computed(db: Engine, extended: Path, tmp_path: Path) -> None:
    catalogue = load_catalogue(extended)
    table = re.search(r"    (Stadtteil;Aktive Nutzer\n(?:    .*\n)+)", PAGE.read_text(encoding="utf-8"))
    assert table is not None
    file = tmp_path / "buecherei_2025.csv"
    file.write_text(table[1].replace("    ", ""), encoding="utf-8")
    with db.connect() as connection:
        catalogue_sync.sync(connection, catalogue)
        rebuild(connection, catalogue)
        small_city.build(connection)
        register = small_city.deliver(connection, "einwohner_bestand", 2025)
        people = {block: {"ew": 1000.0, "ew_18_25": 80.0} for block in small_city.BLOCKS}
        small_city.population(connection, register, people)
        deliver(connection, catalogue, "buecherei", file, reference_date=date(2025, 12, 31))
        compute(connection, catalogue)
        rows = connection.execute(
            text("""
            SELECT i.code, u.key, v.value, v.status FROM warehouse.indicator_value v
            JOIN catalogue.indicator i ON i.id = v.indicator_id JOIN geo.unit u ON u.id = v.unit_id
            WHERE i.code IN ('BEV27', 'KUL01') AND v.group_code = 'insgesamt'
            """)
        )
        found = {(code, key): (value, status) for code, key, value, status in rows}
        assert found["BEV27", "101"] == (8, "gueltig")
        assert found["KUL01", "1"] == (6, "gueltig")
        assert found["KUL01", "2"] == (None, "geheim")
        assert found["KUL01", "S"] == (pytest.approx(7.75), "gueltig")
        columns = connection.scalars(
            text("SELECT column_name FROM information_schema.columns WHERE table_name = 'kultur_aktuell'")
        )
        assert {"kul01", "kul01_status", "kul01_klasse", "kul01_zeitraum"} <= set(columns)
