"""Departments in ``rollen.yaml``: their faults are named, and a catalogue need not have any."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from etl.catalogue import load_catalogue
from etl.errors import CatalogueError
from etl.settings import DEFAULT_CATALOGUE


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped catalogue."""
    return Path(shutil.copytree(DEFAULT_CATALOGUE, tmp_path / "katalog"))


def test_a_catalogue_without_departments(folder: Path) -> None:
    (folder / "rollen.yaml").unlink()
    assert load_catalogue(folder).departments == ()


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("{code: abteilung_x, title: X, owners: [jugnd]}", "die Stelle „jugnd“ gibt es nicht; gemeint"),
        ("{code: leser, title: X, owners: [jugend]}", "„leser“ passt nicht zum Muster"),
        ("{code: 'abteilung_x; DROP', title: X, owners: [jugend]}", "passt nicht zum Muster"),
        ("{code: abteilung_x, title: X, owners: []}", "mindestens ein Eintrag ist nötig"),
        ("{code: abteilung_x, title: X, owners: [jugend, jugend]}", "jede Stelle nur einmal nennen"),
        ("{code: abteilung_x, title: X, owner: [jugend]}", "gemeint ist vielleicht „owners“"),
    ],
)  # fmt: skip
def test_faults_are_named(folder: Path, entry: str, words: str) -> None:
    (folder / "rollen.yaml").write_text(f"departments:\n  - {entry}\n", encoding="utf-8")
    with pytest.raises(CatalogueError, match=r"rollen\.yaml") as fault:
        load_catalogue(folder)
    assert words in str(fault.value)


def test_a_role_is_one_departments(folder: Path) -> None:
    text = "departments:\n" + "  - {code: abteilung_x, title: X, owners: [jugend]}\n" * 2
    (folder / "rollen.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(CatalogueError, match="die Abteilung abteilung_x steht 2-mal da"):
        load_catalogue(folder)


@pytest.mark.parametrize("days", ["-1", "viele"])
def test_retention_is_a_number_of_days(folder: Path, days: str) -> None:
    path = folder / "city.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("days: 730", f"days: {days}"), encoding="utf-8")
    with pytest.raises(CatalogueError, match=r"city\.retention\.days"):
        load_catalogue(folder)
