"""Checks of single columns: years, and the age limit of § 7a SGB II to the day."""

from __future__ import annotations

import calendar
from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.catalogue import age_limit
from etl.catalogue.sources import Dimension
from etl.intake import checks


def judged(dimension: Dimension, cell: str, at: date = date(2025, 12, 31)) -> tuple[bool, object, str]:
    """Whether a cell is right, its value, and the reason where it is not."""
    check = checks.dimension("merkmal", dimension, at)
    assert check.value is not None
    frame = pl.DataFrame({dimension.column: [cell]})
    right = check.right.fill_null(value=False)
    found: tuple[bool, object, str] = frame.select(right, check.value.alias("v"), check.reason.alias("r")).row(0)
    return found


YEAR = Dimension(column="bindungsende", type="year")


@pytest.mark.parametrize(("cell", "year"), [("31.12.2031", 2031), ("2031", 2031), ("1.5.1999", 1999)])
def test_the_year_of_a_date_or_a_year_as_given(cell: str, year: int) -> None:
    assert judged(YEAR, cell)[:2] == (True, year)


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("", "Merkmal fehlt"),
        ("31.12.31", "zweistellige Jahreszahl"),
        ("31", "zweistellige Jahreszahl"),
        ("31.02.2031", "diesen Kalendertag gibt es nicht"),
        ("1031", "Merkmal liegt außerhalb der Jahre 1900 bis 2150"),
        ("unbefristet", "ist weder ein Jahr (2031) noch ein Datum der Form tt.mm.jjjj"),
    ],
)
def test_what_is_no_year(cell: str, reason: str) -> None:
    right, _, why = judged(YEAR, cell)
    assert not right
    assert why.startswith(reason)


def test_declared_years_bind() -> None:
    assert not judged(Dimension(column="j", type="year", min=2000, max=2030), "2031")[0]
    assert judged(Dimension(column="j", type="year", min=2000, max=2030), "2030")[0]


LIMIT = Dimension(column="geburtsdatum", type="age_limit", max=120)


@pytest.mark.parametrize(
    ("born", "at", "side"),
    [
        # 1959: 66 years and 2 months. Born in October: reached with the end of December 2025
        ("31.10.1959", date(2025, 12, 31), "ab"),
        ("02.11.1959", date(2025, 12, 31), "unter"),
        # who is born on the first completes the year of life on the last of the month before
        ("01.11.1959", date(2025, 12, 31), "ab"),
        ("31.10.1959", date(2025, 12, 30), "unter"),
        # 1958: 66 years; 1964 and later: 67; before 1947: 65
        ("31.12.1958", date(2024, 12, 31), "ab"),
        ("02.01.1959", date(2024, 12, 31), "unter"),
        ("15.06.1964", date(2031, 6, 29), "unter"),
        ("15.06.1964", date(2031, 6, 30), "ab"),
        ("15.06.1946", date(2011, 6, 30), "ab"),
        ("15.06.1946", date(2011, 5, 31), "unter"),
        ("29.02.1960", date(2026, 6, 30), "ab"),
    ],
)
def test_the_age_limit_to_the_day(born: str, at: date, side: str) -> None:
    assert judged(LIMIT, born, at)[:2] == (True, side)


@given(st.dates(date(1930, 1, 1), date(1975, 12, 31)), st.dates(date(2005, 1, 1), date(2045, 12, 31)))
def test_by_column_and_by_person_agree(born: date, at: date) -> None:
    if born <= at:
        assert judged(LIMIT, f"{born:%d.%m.%Y}", at)[1] == ("unter" if age_limit.below(born, at) else "ab")


@given(st.dates(date(1930, 1, 1), date(1975, 12, 31)))
def test_the_limit_is_reached_with_the_end_of_a_month(born: date) -> None:
    """At the end of the month in which the last day before the birthday, raised by the cohort's months, lies."""
    reached = age_limit.reached_on(born)
    assert (reached + timedelta(days=1)).day == 1
    eve = born - timedelta(days=1)
    months = 65 * 12 + age_limit.months_over_65(born.year)
    year, month = divmod(eve.year * 12 + eve.month - 1 + months, 12)
    assert reached == date(year, month + 1, calendar.monthrange(year, month + 1)[1])


def test_cohorts_of_the_law() -> None:
    years = (1946, 1947, 1958, 1959, 1960, 1963, 1964, 1990)
    assert [age_limit.months_over_65(y) for y in years] == [0, 1, 12, 14, 16, 22, 24, 24]
