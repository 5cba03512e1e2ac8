"""The catalogue names file, key and remedy of every fault, and all of them at once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.catalogue import load_catalogue
from etl.catalogue.measures import Term, parse_expression
from etl.errors import CatalogueError
from etl.settings import DEFAULT_CATALOGUE

PEOPLE, WORK = "measures/bevoelkerung.yaml", "measures/arbeitsmarkt.yaml"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the shipped catalogue to break."""
    return Path(shutil.copytree(DEFAULT_CATALOGUE, tmp_path / "katalog"))


def broken(directory: Path, file: str, old: str, new: str) -> str:
    """The message after replacing ``old`` by ``new`` in a file."""
    path = directory / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(CatalogueError) as caught:
        load_catalogue(directory)
    return str(caught.value)


def test_shipped_catalogue_is_sound() -> None:
    catalogue = load_catalogue(DEFAULT_CATALOGUE)
    assert {f"BEV{n:02}" for n in range(1, 14)} <= {i.code for i in catalogue.indicators}


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        (PEOPLE, "filter: {alter: {lt: 15}}", "filtr: {alter: {lt: 15}}", "gemeint ist vielleicht „filter“"),
        (PEOPLE, "filter: {alter: {lt: 15}}", "filter: {altr: {lt: 15}}", "gemeint ist vielleicht „alter“"),
        (PEOPLE, "filter: {alter: {lt: 15}}", "filter: {alter: {lt: jung}}", "ganze Zahl"),
        (PEOPLE, "source: einwohner_bestand,", "source: einwohner,", "„einwohner“ gibt es nicht"),
        (WORK, "carrier: ew_15_65", "carrier: ew_15_66", "gemeint ist vielleicht „ew_15_65“"),
        (WORK, "carrier: ew_15_65", "carrier: flaeche_km2", "ist eine Fläche"),
        (PEOPLE, "code: ew_u18,", "code: ew_u3,", "steht 2-mal da"),
        ("themes/bevoelkerung.yaml", "numerator: ew_u18", "numerator: ew_u188", "gemeint ist vielleicht „ew_u18“"),
        ("themes/bevoelkerung.yaml", "numerator: ew - ew[-5]", "numerator: ew minus ew", "ab Zeichen"),
        ("themes/bevoelkerung.yaml", "kind: anteil", "kind: prozent", "richtig wäre"),
        ("themes/bevoelkerung.yaml", "lowest_level: bezirk", "lowest_level: quartier", "die Ebene „quartier“"),
        ("themes/bevoelkerung.yaml", "[12, 14, 16, 18, 20]", "[12, 16, 14]", "aufsteigen"),
        ("sources/einwohner_bestand.yaml", "owner: meldebehoerde", "owner: meldeamt", "die Stelle „meldeamt“"),
        ("sources/einwohner_bestand.yaml", "smallest_level: block", "smallest_level: bezirk", "feiner als"),
        ("sources/arbeitslose_stadtteile.yaml", "level: stadtteil\n    area", "level: bezirk\n    area", "feiner als"),
        ("sources/einwohner_bestand.yaml", "kind: records", "kind: zeilen", "records"),
        ("sources/einwohner_bestand.yaml", "type: age", "type: alter", "richtig wäre"),
        ("sources/arbeitslose_stadtteile.yaml", "{status: geheim}", "{status: geheim, value: 3}", "„value“ gehört"),
        ("city.yaml", 'ags: "01060063"', 'ags: "1060063"', "city.ags"),
        ("city.yaml", "parent: stadt}", "parent: land}", "parent"),
        ("city.yaml", "min_count: 5", "min_count: 1", "mindestens 3"),
        ("city.yaml", "policy:", "politik:", "unbekannter Schlüssel"),
        ("bericht.yaml", "women: BEV26", "women: BEV99", "die Kennzahl „BEV99“"),
        ("bericht.yaml", "women: BEV26", "women: BEV02", "BEV02 wird nicht nach Altersgruppen berechnet"),
        ("bericht.yaml", "profile: [BEV02", "profile: [BEV98", "die Kennzahl „BEV98“"),
        ("bericht.yaml", "series: [WOH03, WOH07]", "series: [WOH03, ARB01]", "ARB01 gehört nicht zum Thema wohnen"),
        ("bericht.yaml", "theme: jugendhilfe", "theme: jugend", "das Thema „jugend“"),
        ("bericht.yaml", "code: glossar", "code: methoden", "das Kapitel"),
    ],
)
def test_fault_names_file_and_remedy(copy: Path, file: str, old: str, new: str, expected: str) -> None:
    message = broken(copy, file, old, new)
    assert expected in message
    assert Path(file).stem in message


def test_all_faults_at_once(copy: Path) -> None:
    (copy / PEOPLE).write_text("measures: [{code: ew}]\n", encoding="utf-8")
    message = broken(copy, "city.yaml", 'ags: "01060063"', 'ags: "x"')
    assert "city.yaml: city.ags" in message
    assert f"{PEOPLE}: measures[1].title" in message


def test_unreadable_files(copy: Path) -> None:
    assert "kein gültiges YAML" in broken(copy, PEOPLE, "measures:", "measures: [")
    (copy / PEOPLE).write_bytes("measures: [ä]".encode("cp1252"))
    with pytest.raises(CatalogueError, match="nicht UTF-8"):
        load_catalogue(copy)
    shutil.rmtree(copy / "measures")
    (copy / "measures").mkdir()
    with pytest.raises(CatalogueError, match=r"measures/: hier muss mindestens eine YAML-Datei"):
        load_catalogue(copy)


def test_measures_in_a_folder_or_in_one_file(copy: Path) -> None:
    split = load_catalogue(copy)
    entries = [line for path in sorted((copy / "measures").glob("*.yaml"))
               for line in path.read_text(encoding="utf-8").splitlines()
               if line != "measures:" and not line.startswith("#")]  # fmt: skip
    (copy / "measures.yaml").write_text("\n".join(["measures:", *entries]), encoding="utf-8")
    with pytest.raises(CatalogueError, match=r"measures\.yaml: es gibt auch den Ordner"):
        load_catalogue(copy)
    shutil.rmtree(copy / "measures")
    assert load_catalogue(copy).measures == split.measures
    (copy / "measures.yaml").unlink()
    with pytest.raises(CatalogueError, match=r"measures\.yaml: Datei fehlt"):
        load_catalogue(copy)


codes = st.from_regex(r"[a-z][a-z0-9_]{0,10}", fullmatch=True)
terms = st.lists(st.tuples(codes, st.sampled_from([1.0, -1.0, 2.0, -0.5]), st.integers(0, 9)), min_size=1, max_size=4)


@given(terms)
def test_expression_round_trip(parts: list[tuple[str, float, int]]) -> None:
    text = ""
    for number, (code, coefficient, lag) in enumerate(parts):
        sign = "-" if coefficient < 0 else ("+" if number else "")
        factor = f"{abs(coefficient)} * " if abs(coefficient) != 1 else ""
        text += f" {sign} {factor}{code}{f'[-{lag}]' if lag else ''}"
    assert parse_expression(text) == tuple(Term(*part) for part in parts)
