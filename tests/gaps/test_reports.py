"""Reports compared with: what is declared is checked, and every gap names who is to be asked."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from etl.catalogue import Catalogue, load_catalogue
from etl.catalogue.needs import blocked_indices, due, needs, reference_point
from etl.catalogue.reports import Question
from etl.errors import CatalogueError
from tests.gaps.conftest import AREAS, CITY, INDICES, MEASURES, RECORDS, REPORTS, THEME


def written(folder: Path, reports: str) -> Path:
    """The small catalogue with another file of reports."""
    (folder / "sources").mkdir()
    (folder / "themes").mkdir()
    for code, periodicity in (("register", "jaehrlich"), ("uebergaenge", "schuljahr"), ("zaehlung", "einmalig")):
        words = RECORDS.format(code=code, title=code, owner="melde", periodicity=periodicity, reference="stock")
        (folder / "sources" / f"{code}.yaml").write_text(words, encoding="utf-8")
    for name, words in (
        ("sources/arbeitslose.yaml", AREAS), ("city.yaml", CITY), ("measures.yaml", MEASURES),
        ("themes/bevoelkerung.yaml", THEME), ("indices.yaml", INDICES), ("berichte.yaml", reports),
    ):  # fmt: skip
        (folder / name).write_text(words, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (
            "codes: [ARB01]",
            "codes: [ARB11]",
            "berichte.yaml: memo.questions[1].codes: die Kennzahl „ARB11“ gibt es nicht",
        ),
        ("ask: agentur", "ask: agenturr", "gemeint ist vielleicht „agentur“"),
        ("theme: bevoelkerung", "theme: bevolkerung", "das Thema „bevolkerung“ gibt es nicht"),
        ("code: memo", "code: nachbar", "der Bericht nachbar steht 2-mal da"),
        ("basis: angenommen", "basis: geraten", "„geraten“ ist nicht erlaubt"),
        ("closed_by: Auswertung je Bezirk", "schliesst: x", "unbekannter Schlüssel"),
    ],
)
def test_faults_name_file_and_remedy(tmp_path: Path, before: str, after: str, told: str) -> None:
    assert before in REPORTS
    with pytest.raises(CatalogueError) as caught:
        load_catalogue(written(tmp_path, REPORTS.replace(before, after)))
    assert told in str(caught.value)


@pytest.mark.parametrize(
    "given",
    [
        {"title": "x", "covered": "nein"},
        {"title": "x", "covered": "ganz"},
        {"title": "x", "covered": "nein", "codes": ["BEV01"], "missing": "y", "closed_by": "z", "ask": "land"},
        {"title": "x", "covered": "teilweise", "codes": ["BEV01"], "missing": "y"},
        {"title": "x", "codes": ["BEV01"], "missing": "y", "closed_by": "z", "ask": "land"},
    ],
)
def test_a_question_is_answered_or_says_what_is_missing(given: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Question.model_validate(given)


def test_the_shipped_reports_say_what_they_rest_on(catalogue: Catalogue) -> None:
    reports = {r.code: r for r in catalogue.reports}
    assert set(reports) == {"wohnumfeld", "flensburg", "neumuenster", "kgst"}
    assert reports["flensburg"].basis == "belegt"
    assert reports["kgst"].basis == "angenommen"
    assert len(reports["flensburg"].questions) >= 20
    assert all(r.evidence for r in reports.values())


def test_every_indicator_with_a_value_needs_a_source(catalogue: Catalogue) -> None:
    known = {n.indicator for n in needs(catalogue)}
    assert known == {i.code for i in catalogue.indicators if i.gap is None}
    assert all(n.lags and min(n.lags) >= 0 for n in needs(catalogue))


def test_lags_and_pools_are_needs(catalogue: Catalogue) -> None:
    found = {(n.indicator, n.source): n.lags for n in needs(catalogue)}
    assert found["BEV02", "einwohner_bestand"] == (0, 5)
    pooled = next(i for i in catalogue.indicators if i.pool == 3)
    assert any(lags[:3] == (0, 1, 2) for (code, _), lags in found.items() if code == pooled.code)


def test_the_overall_index_is_blocked_by_parts_of_its_parts(catalogue: Catalogue) -> None:
    assert blocked_indices(catalogue)["SOZ01"] == ("IDX01", "IDX02", "IDX03")
    assert "WOH01" not in blocked_indices(catalogue)


def test_reference_dates_and_due_dates(catalogue: Catalogue) -> None:
    leap = catalogue.source["kita_betreuung"].model_copy(update={"reference_day": "02-29"})
    assert reference_point(leap).of(2024).isoformat() == "2024-02-29"
    assert reference_point(leap).of(2025).isoformat() == "2025-02-28"
    assert due(catalogue.source["schuluebergaenge"], 2025).isoformat() == "2025-11-29"
    assert due(catalogue.source["akg_grundsicherung"], 2025).isoformat() == "2026-05-30"
