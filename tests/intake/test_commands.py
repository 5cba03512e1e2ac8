"""The commands as the office calls them, on a database of their own."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from sqlalchemy import Engine
from typer.testing import CliRunner, Result

from etl import settings
from etl.errors import InputError, SozialberichtError
from etl.intake import commands, journal_commands
from tests.intake.support import register, row

GOOD = [row(block) for block in range(1, 21)]
Call = Callable[..., Result]

app = typer.Typer()
for _command in (commands.deliver, commands.rejects, commands.recount):
    app.command()(_command)
app.add_typer(journal_commands.deliveries, name="deliveries")


@pytest.fixture
def call(city: Engine, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Run a command line against the database of the test."""
    for module in (commands, journal_commands):
        monkeypatch.setattr(module, "prepared_engine", lambda *_, **__: city)
    monkeypatch.setattr(settings, "ui", settings.Ui())

    def run(*words: str) -> Result:
        result = CliRunner().invoke(app, list(words))
        if result.exception is not None and isinstance(result.exception, SozialberichtError):
            raise result.exception
        return result

    return run


def test_deliver_journal_and_rejects(call: Call, tmp_path: Path) -> None:
    path = register(tmp_path / "a.csv", [*GOOD, row(age="=1+1"), row(99, n="3")])
    first = call("deliver", "einwohner_bestand", str(path), "--date", "31.12.2024", "--synthetic")
    assert first.exit_code == 0
    for words in ("neu eingelesen", "abgelehnt", "nicht zuordenbar", "Alter in vollendeten Jahren"):
        assert words in first.output
    again = call("deliver", "einwohner_bestand", str(path), "--date", "2024-12-31", "--synthetic")
    assert "schon eingelesen" in again.output
    (entry,) = json.loads(call("deliveries", "--json").output)
    assert (entry["rows_read"], entry["rows_rejected"], entry["rows_unlocated"], entry["synthetic"]) == (22, 1, 1, True)
    assert "31.12.2024" in call("deliveries").output
    found = json.loads(call("rejects", "--json").output)
    assert found["rejects"] == [
        {"line": 22, "column": "alter", "value": "=1+1", "reason": "ist nicht ein Alter in vollendeten Jahren"}
    ]
    target = tmp_path / "ablehnungen.csv"
    call("rejects", str(entry["id"]), "--csv", str(target))
    with target.open(encoding="utf-8-sig", newline="") as handle:
        assert list(csv.reader(handle, delimiter=";"))[1] == [
            "22", "alter", "'=1+1", "ist nicht ein Alter in vollendeten Jahren"
        ]  # fmt: skip
    assert "1 Lieferung neu gezählt" in call("recount", "einwohner_bestand").output


def test_deliver_as_json_and_quietly(call: Call, tmp_path: Path) -> None:
    path = register(tmp_path / "a.csv", GOOD)
    output = call("deliver", "einwohner_bestand", str(path), "--date", "31.12.2024", "--json").output
    outcome = json.loads(output)
    assert (outcome["state"], outcome["read"], outcome["persons"], outcome["periods"]) == ("new", 20, 20, ["2024"])
    settings.ui.quiet = True
    assert call("deliver", "einwohner_bestand", str(path), "--date", "31.12.2024").output == ""


def test_a_refused_file_is_an_error(call: Call, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="die Datei ist leer"):
        (tmp_path / "a.csv").write_bytes(b"")
        call("deliver", "einwohner_bestand", str(tmp_path / "a.csv"), "--date", "31.12.2024")
    assert "noch keine Lieferung" in call("deliveries").output
    with pytest.raises(SozialberichtError, match="Keine Lieferung hat abgelehnte Zeilen"):
        call("rejects")
    with pytest.raises(SozialberichtError, match="Die Lieferung 7 gibt es nicht"):
        call("rejects", "7")


def test_the_report_of_a_delivery(call: Call, tmp_path: Path) -> None:
    path = register(tmp_path / "a.csv", [*GOOD, row(age="uralt")])
    page, again = tmp_path / "bericht.html", tmp_path / "nochmals.html"
    said = call("deliver", "einwohner_bestand", str(path), "--date", "31.12.2024", "--report", str(page)).output
    assert f"Bericht (intern): {page}" in said.replace("\n", "")
    number = json.loads(call("deliveries", "--json").output)[0]["id"]
    shown = call("deliveries", "report", str(number)).output
    for words in ("Intern: nur für die Statistikstelle", "Abgelehnte Zeilen", "Es gibt keinen früheren Zeitraum"):
        assert words in shown
    assert call("deliveries", "report", str(number), "--html", str(again)).exit_code == 0
    assert again.read_text(encoding="utf-8") == page.read_text(encoding="utf-8")
    parts = json.loads(call("deliveries", "report", str(number), "--json").output)["sections"]
    (faults,) = [p for p in parts if p["title"] == "Abgelehnte Zeilen"]
    assert faults["rows"] == [["ist nicht ein Alter in vollendeten Jahren", "alter", "1", "Zeile 22: „uralt“"]]
    with pytest.raises(SozialberichtError, match="Die Lieferung 99 gibt es nicht"):
        call("deliveries", "report", "99")
