"""Flensburg: every table of the social atlas by Stadtteil, value by value, and what its published rates are worth."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from etl.catalogue import AreaForm
from tests.reference.conftest import Example

pytestmark = pytest.mark.reference

ROWS = {
    "altenquotient": 104, "altersgruppen": 26, "arbeitslose": 78, "arbeitslose_merkmale": 28, "aeltere": 104,
    "beschaeftigte": 78, "einwohner": 91, "erwachsene": 104, "geburten": 104, "grundsicherung": 28, "kinder": 104,
    "leistungen_15_65": 28, "migration": 26, "nef": 65, "raeumungsklagen": 78, "sgb2": 65, "sgb2_merkmale": 28,
    "wohngeld": 104, "wohnungshilfe": 26,
}  # fmt: skip
"""Source → rows of its table."""
NOT_BY_AREA = {
    "age_groups_of_residents", "child_education_support", "debt_counseling_residents", "district", "household_type",
    "non_german_nationals_residence_status", "table_meta_data",
}  # fmt: skip


@pytest.fixture(scope="module")
def flensburg(run_example: Callable[[str, str], Example]) -> Example:
    """The example, published."""
    return run_example("flensburg", "flensburg")


@pytest.fixture(scope="module")
def reports(flensburg: Example) -> dict[str, Any]:
    """The delivery report of every source, with the name of its file."""
    with flensburg.engine.connect() as connection:
        rows = connection.execute(text("SELECT source, file_name, report FROM intake.delivery WHERE status = 'active'"))
        return {source: {"file": file, **report} for source, file, report in rows}


def _table(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / "tables" / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _by_area(flensburg: Example) -> set[str]:
    folder = flensburg.folder / "tables"
    return {p.name for p in folder.glob("*.csv") if "district_id" in p.read_text(encoding="utf-8").splitlines()[0]}


def test_every_table_with_a_small_area_is_taken_in(flensburg: Example, reports: dict[str, Any]) -> None:
    assert {report["file"] for report in reports.values()} == _by_area(flensburg)
    everything = {p.stem for p in (flensburg.folder / "tables").glob("*.csv")}
    assert everything - NOT_BY_AREA == {name.removesuffix(".csv") for name in _by_area(flensburg)}
    assert {source: report["read"] for source, report in reports.items()} == ROWS
    assert {source: report["accepted"] for source, report in reports.items()} == ROWS
    assert not [source for source, report in reports.items() if report["warnings"]]


@pytest.mark.parametrize("source", sorted(ROWS))
def test_values_and_blanks_are_those_of_the_file(flensburg: Example, reports: dict[str, Any], source: str) -> None:
    form = flensburg.catalogue.source[source].forms[0]
    assert isinstance(form, AreaForm)
    expected: dict[tuple[str, str | None, str], float | None] = {}
    for row in _table(flensburg.folder, reports[source]["file"]):
        area = form.area.rename.get(row["district_id"])
        for heading, code in form.values.items():
            expected[row["year"], area, code] = float(row[heading]) if row[heading] else None
    with flensburg.engine.connect() as connection:
        rows = connection.execute(
            text("SELECT c.period, u.key, m.definition ->> 'column', c.value, c.status FROM warehouse.count c "
                 "JOIN catalogue.measure m ON m.id = c.measure_id LEFT JOIN geo.unit u ON u.id = c.unit_id "
                 "WHERE m.source = :source"), {"source": source},
        ).all()  # fmt: skip
    assert {(p, key, column): value for p, key, column, value, _ in rows} == expected
    assert len(rows) == len(expected)
    assert {status for *_, value, status in rows if value is None} <= {"geheim"}
    assert all(status == "gueltig" for *_, value, status in rows if value is not None)


def test_titles_and_hints_of_the_metadata_reach_the_report(flensburg: Example, reports: dict[str, Any]) -> None:
    known = {row["table_name"].removeprefix("fl_"): row for row in _table(flensburg.folder, "table_meta_data.csv")}
    known["age_groups_by_district"] = known.pop("age_groups_of_residents_by_district")
    for report in reports.values():
        row = known[report["file"].removesuffix(".csv")]
        said = [r["text"] for r in report["remarks"] if r["kind"] == "hinweis"]
        wanted = [" ".join(row[column].split()) for column in ("table_label", "table_hint") if row[column]]
        assert said == wanted


def _rate(reports: dict[str, Any], source: str, column: str) -> dict[str, Any]:
    (found,) = [r for r in reports[source]["rates"] if r["column"] == column]
    return found


def _away(rate: dict[str, Any]) -> list[tuple[str, str]]:
    return [(d["area"], d["period"]) for d in rate["deviations"]]


def test_the_report_finds_the_share_that_does_not_follow(reports: dict[str, Any]) -> None:
    share = _rate(reports, "arbeitslose_merkmale", "percentage_of_total")
    assert (share["checked"], share["met"]) == (28, 27)
    (wrong,) = share["deviations"]
    assert (wrong["area"], wrong["period"], wrong["printed"]) == ("13 Tarup", "2022", 3.1)
    assert wrong["expected"] == pytest.approx(100 * 82 / 3824, abs=0.001)
    for column in ("percentage_sgb_iii", "percentage_sgb_ii", "percentage_female", "percentage_age_under_25"):
        rate = _rate(reports, "arbeitslose_merkmale", column)
        assert rate["checked"] == rate["met"] == 26


def test_shares_of_all_recipients_refer_to_those_able_to_work(reports: dict[str, Any]) -> None:
    for column, met in (("females", 16), ("single_parents", 18), ("foreign_citizenship", 21)):
        rate = _rate(reports, "sgb2_merkmale", f"percentage_{column}")
        assert (rate["checked"], rate["met"]) == (27, met)  # what is not attributable in 2022 besides the 26 areas
        assert rate["note"] == "alle passen dagegen zum Nenner elb (27 von 27)"


def test_rates_with_another_denominator_are_told_as_such(reports: dict[str, Any]) -> None:
    quotient = _rate(reports, "altenquotient", "quotient")
    assert (quotient["checked"], quotient["met"]) == (104, 0)
    assert "der Nenner ist wohl ein anderer als erwachsene.erwachsene" in quotient["note"]
    employed = _rate(reports, "beschaeftigte", "employment_rate")
    assert (employed["checked"], employed["left"]) == (78, 0)
    assert "1,0" in employed["note"]
    births = _rate(reports, "geburten", "birth_rate")
    assert "aus der Reihe fallen" in births["note"]
    assert births["met"] == 0


def test_sums_that_do_not_add_up(reports: dict[str, Any]) -> None:
    sexes = _rate(reports, "grundsicherung", "maennlich + weiblich")
    # the column of the sexes has slipped by a row against that of the ages, in 2021 only
    assert (sexes["checked"], sexes["met"]) == (28, 14)
    assert {period for _, period in _away(sexes)} == {"2021"}
    parts = _rate(reports, "leistungen_15_65", "elb + alg1 + grundsicherung + hilfe_lebensunterhalt")
    assert (parts["checked"], parts["met"]) == (28, 28)
    ages = _rate(reports, "einwohner", "einwohner")
    assert (ages["checked"], ages["met"]) == (91, 91 - 12)
    groups = _rate(reports, "altersgruppen", _first_sum(reports, "altersgruppen"))
    assert (groups["checked"], groups["met"]) == (26, 26)


def _first_sum(reports: dict[str, Any], source: str) -> str:
    return str(next(r["column"] for r in reports[source]["rates"] if r["basis"].startswith("=")))


def test_withheld_cases_stay_withheld_at_every_level(flensburg: Example) -> None:
    with flensburg.engine.connect() as connection:
        found = connection.execute(
            text("SELECT count(*) FILTER (WHERE c.value IS NULL), count(*) FROM warehouse.count c "
                 "JOIN catalogue.measure m ON m.id = c.measure_id WHERE m.source = 'wohnungshilfe'")
        ).one()  # fmt: skip
    assert tuple(found) == (82, 26 * 7)
