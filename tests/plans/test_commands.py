"""The way of a version as the office types it: build, plans, choose, review, adopt, export, import."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from typer.testing import CliRunner

from etl.districts import district_commands
from etl.districts.plans import build_command, commands
from etl.errors import SozialberichtError

runner = CliRunner()


@pytest.fixture
def on(planned: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """Commands work on the test's database instead of the catalogue's."""
    for module in (commands, build_command):
        monkeypatch.setattr(module, "prepared_engine", lambda catalogue, migrated=True: planned)
    yield planned


def run(*words: str | Path) -> str:
    result = runner.invoke(district_commands.districts, [str(w) for w in words], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return " ".join(result.output.split())


BUILD = ("build", "--version", "2026", "--min", "400", "--target", "600", "--max", "900", "--effort", "0.05")


def test_a_version_goes_its_way(on: Engine, tmp_path: Path) -> None:
    out = run(*BUILD)
    assert "4 Pläne für „2026“" in out and "Entwurf ist „gesamt“" in out
    assert "gesamt *" in run("plans", "2026")
    assert [p["name"] for p in json.loads(run("plans", "2026", "--json"))] == [
        "gesamt",
        "homogen",
        "kompakt",
        "ausgewogen",
    ]
    assert "Plan „kompakt“ ist jetzt der Entwurf „2026“" in run("choose", "2026", "kompakt")
    assert "kompakt *" in run("plans", "2026")
    with on.begin() as connection:
        connection.execute(
            text("UPDATE planung.bezirk SET name = 'Am Markt' WHERE bezirk = '101' AND gebietsstand = '2026'")
        )
    out = run("review", "2026", "--done")
    assert "Am Markt" in out and "Plan kompakt" in out and "ist abgeschlossen" in out
    out = run("adopt", "2026", "--from", "01.07.2026", "--out", tmp_path)
    assert "ab 01.07.2026 beschlossen" in out and "boundaries use „2026“" in out
    assert (tmp_path / "2026" / "herkunft.yaml").exists()
    run("export", "2026", "--out", tmp_path / "noch")
    assert (tmp_path / "noch" / "2026" / "zuordnung.csv").read_bytes() == (
        tmp_path / "2026" / "zuordnung.csv"
    ).read_bytes()
    out = run("import", tmp_path / "2026" / "zuordnung.csv", "--version", "nochmal", "--like", "2026")
    assert "48 Blöcke zugeordnet" in out
    with pytest.raises(SozialberichtError, match="beschlossen"):
        run(*BUILD)


def test_json_says_the_same(on: Engine) -> None:
    built = json.loads(run(*BUILD, "--plan", "homogen", "--json"))
    assert list(built["plans"]) == ["homogen"] and built["chosen"] == "homogen"
    found = json.loads(run("review", "2026", "--json"))
    assert sum(d["bloecke"] for d in found["districts"]) == 48 and not found["reviewed"]
    assert {q["stand"] for q in found["quality"]} == {"Entwurf", "Plan homogen"}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((*BUILD, "--barriers", "weich"), "soft, hard, none"),
        ((*BUILD, "--plan", "schön"), "gesamt, homogen, kompakt, ausgewogen"),
        (("adopt", "2026", "--from", "morgen"), "%Y-%m-%d"),
    ],
)
def test_wrong_options_say_what_is_possible(on: Engine, words: tuple[str, ...], says: str) -> None:
    result = runner.invoke(district_commands.districts, list(words))
    assert result.exit_code == 2
    assert says in " ".join(result.output.replace("│", " ").split())


def test_a_label_without_plans_says_what_to_do(on: Engine) -> None:
    assert "districts build --version alt" in run("plans", "alt")
    with pytest.raises(SozialberichtError, match="keine Bezirke aus Blöcken"):
        run("review", "alt")
