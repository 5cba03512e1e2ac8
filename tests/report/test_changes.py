"""What moved since the previous edition, and the command, on a small city with two editions."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from etl.catalogue import Catalogue, load_catalogue
from etl.publish.report.build import build
from etl.publish.report.changes import FIRST, find_changes
from etl.publish.report.commands import app
from etl.publish.report.numbers import Numbers
from etl.publish.source import Source
from tests.own_catalogue import catalogue_for

PLAN = """
profile: [BEV04]
chapters:
  - {code: eigenes, kind: text, title: Vorwort}
  - {code: bevoelkerung, kind: thema, theme: bevoelkerung, title: Menschen, key_figures: [BEV04, BEV01], maps: [BEV04]}
"""


@pytest.fixture(scope="module")
def small_catalogue(two_editions: Source, catalogue: Catalogue, tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    """The shipped catalogue with two chapters and the small city's database."""
    name = str(two_editions.engine.url.database)
    folder = catalogue_for(name, tmp_path_factory.mktemp("katalog") / "katalog")
    (folder / "bericht.yaml").write_text(PLAN, encoding="utf-8")
    (folder / "texte" / "eigenes.md").write_text("Ein *Vorwort* der Stadt.", encoding="utf-8")
    return load_catalogue(folder)


def test_new_periods_and_corrected_values_are_told(two_editions: Source, catalogue: Catalogue) -> None:
    changes = find_changes(Numbers(two_editions, catalogue))
    assert changes.previous == "Erste"
    assert changes.new_periods["BEV04"] == ("2025",)
    moved = {(c.code, c.unit, c.period): (c.before, c.after) for c in changes.corrected if c.group == "insgesamt"}
    assert moved["BEV04", "Gebiet 101", "2024"] == (13.3, 20.0)
    assert ("BEV04", "Gebiet 102", "2024") not in moved
    assert all(before != after for before, after in moved.values())
    assert "Erste" in changes.summary() and str(len(changes.corrected)) in changes.summary()
    words = str(changes.everything())
    assert "Neu ist 2025:" in words and "13,3" in words and "20,0" in words


def test_the_first_edition_says_that_there_is_none_before(source: Source, catalogue: Catalogue) -> None:
    changes = find_changes(Numbers(source, catalogue))
    assert changes.previous is None and changes.summary() == FIRST
    assert changes.everything() == () and changes.corrected == ()


def test_the_command_builds_the_published_release(
    small_catalogue: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOZIALBERICHT_CATALOGUE", str(small_catalogue.directory))
    kept = (small_catalogue.directory / "texte" / "eigenes.md").read_bytes()
    done = CliRunner().invoke(app, ["build", "--release", "Zweite", "--out", str(tmp_path)])
    assert done.exit_code == 0, done.output
    page = (tmp_path / "bericht.html").read_text(encoding="utf-8")
    assert re.findall(r'<h2 id="[^"]*">(\d+.*?)</h2>', page) == ["1\u2003Vorwort", "2\u2003Menschen"]
    assert "<em>Vorwort</em>" in page
    assert (tmp_path / "bericht.pdf").read_bytes().startswith(b"%PDF-1.7")
    assert "Gebiet 101" in (tmp_path / "aenderungen.html").read_text(encoding="utf-8")
    assert (small_catalogue.directory / "texte" / "eigenes.md").read_bytes() == kept


def test_an_older_or_unknown_release_is_refused_with_a_remedy(
    small_catalogue: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOZIALBERICHT_CATALOGUE", str(small_catalogue.directory))
    for label, words in (("Erste", "nicht mehr der veröffentlichte"), ("Dritte", "gibt es nicht")):
        done = CliRunner().invoke(app, ["build", "--release", label, "--out", str(tmp_path / label)])
        assert done.exit_code != 0 and words in str(done.exception)
        assert not (tmp_path / label).exists()


def test_the_same_edition_gives_the_same_bytes(
    two_editions: Source, small_catalogue: Catalogue, tmp_path: Path
) -> None:
    found = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        build(two_editions, small_catalogue, tmp_path / name)
        found.append({p.name: p.read_bytes() for p in sorted((tmp_path / name).iterdir())})
    assert found[0].keys() == {"bericht.html", "aenderungen.html", "bericht.pdf"} and found[0] == found[1]
