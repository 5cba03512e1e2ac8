"""Periods as offices write them: every spelling means the same day, and what does not suit the source is a fault."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.catalogue import Source
from etl.catalogue.sources import PeriodOf
from etl.intake.periods import Period, period_of, read_period

LATEST = date(2025, 12, 31)
BY_COLUMN = PeriodOf(by="column", column="x")
MONTHS = ["Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November",
          "Dezember"]  # fmt: skip


def _source(periodicity: str, reference: str = "stock", day: str = "12-31") -> Source:
    return Source.model_validate(
        {
            "code": "quelle", "title": "Quelle", "owner": "o", "periodicity": periodicity, "reference": reference,
            "reference_day": day, "smallest_level": "stadt",
            "forms": [{"kind": "areas", "name": "f", "level": "stadt", "area": {"column": "a"}, "values": {"v": "v"}}],
        }
    )  # fmt: skip


def _read(word: str, periodicity: str = "jaehrlich", **more: str) -> str:
    found = read_period(_source(periodicity, **more), BY_COLUMN, word, LATEST)
    return found.code if isinstance(found, Period) else f"! {found}"


@pytest.mark.parametrize(
    "word",
    ["2023", "2023.0", "31.12.2023", "31_12_2023", "2023-12-31", "2023_12_31", "2023-12-31 00:00:00", "202312",
     "12/2023", "12.2023", "Dezember 2023", "Dez 2023", "Dez. 2023", " 31.12.2023 "],
)  # fmt: skip
def test_spellings_of_a_stock_of_december(word: str) -> None:
    assert _read(word) == "2023"


@pytest.mark.parametrize(
    "word", ["202306", "Juni 2023", "30.06.2023", "30_06_2023", "06/2023", "2023-Q2", "Q2 2023", "2. Quartal 2023",
             "2. Vierteljahr 2023", "2. Vj. 2023", "2023-06"],
)  # fmt: skip
def test_spellings_of_a_quarter(word: str) -> None:
    assert _read(word, "vierteljaehrlich") == "2023-Q2"


@pytest.mark.parametrize(
    "word", ["2006/07", "2006/2007", "Schuljahr 2006/07", "Schuljahr 2006/2007", "2006-07", "SJ 2006/07"]
)
def test_spellings_of_a_school_year(word: str) -> None:
    assert _read(word, "schuljahr") == "2006/07"


def test_the_same_word_is_a_month_elsewhere() -> None:
    assert _read("2006/07", "vierteljaehrlich") == "2006-Q3"


@pytest.mark.parametrize(
    ("word", "periodicity", "fault"),
    [
        ("2023/24", "jaehrlich", "ist ein Schuljahr; die Quelle zählt nach Kalenderjahren"),
        ("2023/25", "schuljahr", "ist kein Schuljahr; richtig wäre zum Beispiel 2024/25"),
        ("2099/2100", "schuljahr", "liegt nach dem Stichtag der Lieferung (31.12.2025)"),
        ("2023", "vierteljaehrlich", "nennt nur das Jahr; erwartet ist auch das Vierteljahr oder der Monat"),
        ("2. Halbjahr 2023", "vierteljaehrlich", "ist ein Halbjahr; so zählt die Quelle nicht"),
        ("4. Quartal 2023", "jaehrlich", "ist ein Vierteljahr; so zählt die Quelle nicht"),
        ("Juni 2023", "jaehrlich", "passt nicht zum Stichtag der Quelle (31.12.)"),
        ("31.02.2023", "jaehrlich", "diesen Kalendertag gibt es nicht"),
        ("202313", "jaehrlich", "ist weder ein Jahr"),
        ("Brumaire 2023", "jaehrlich", "ist weder ein Jahr"),
        ("'23", "jaehrlich", "zweistellige Jahreszahl"),
        ("2026", "jaehrlich", "liegt nach dem Stichtag der Lieferung (31.12.2025)"),
        ("", "jaehrlich", "der Zeitraum fehlt"),
    ],
)
def test_what_does_not_suit_the_source(word: str, periodicity: str, fault: str) -> None:
    assert _read(word, periodicity).startswith(f"! {fault}")


def test_a_stock_of_june_is_read_for_june() -> None:
    assert _read("30.06.2023", day="06-30") == "2023"
    assert _read("Dezember 2023", day="06-30") == "! passt nicht zum Stichtag der Quelle (30.06.)"


@given(
    st.dates(date(1950, 1, 1), date(2025, 9, 30)), st.sampled_from(["vierteljaehrlich", "halbjaehrlich", "schuljahr"])
)
def test_every_spelling_of_a_day_gives_the_period_of_that_day(day: date, periodicity: str) -> None:
    source = _source(periodicity)
    expected = period_of(source, day)
    assert expected.start <= day < expected.end
    spellings = [day.strftime(f) for f in ("%d.%m.%Y", "%d_%m_%Y", "%Y-%m-%d", "%Y_%m_%d")]
    spellings += [f"{day.day}.{day.month}.{day.year}", day.strftime("%Y%m"), f"{MONTHS[day.month - 1]} {day.year}"]
    for word in spellings:
        found = read_period(source, BY_COLUMN, word, LATEST)
        assert found == expected, word


@given(st.dates(date(1950, 1, 1), date(2025, 12, 31)), st.sampled_from(["jaehrlich", "vierteljaehrlich", "schuljahr"]))
def test_periods_follow_each_other_without_gaps(day: date, periodicity: str) -> None:
    source = _source(periodicity)
    here = period_of(source, day)
    after = period_of(source, here.end)
    assert here.end == after.start
    assert period_of(source, here.end - timedelta(days=1)) == here
