"""The age limit of § 7a SGB II (equal to § 41 SGB XII): 65 years, raised by cohort to 67."""

from __future__ import annotations

import calendar
from datetime import date
from functools import cache

BASE_YEARS = 65
"""The limit of everybody born before 1947, in years; the cohorts after it add months to it."""

FIRST_RAISED, LAST_RAISED = 1947, 1964


def months_over_65(birth_year: int) -> int:
    """Months by which a cohort's limit lies above 65 years (table in § 7a sentence 2 SGB II): 0 to 24.

    1947 to 1958 add one month a year, 1959 to 1963 two months a year, 1964 and later make 67 years.
    """
    if birth_year < FIRST_RAISED:
        return 0
    if birth_year <= 1958:
        return birth_year - 1946
    return min(12 + 2 * (birth_year - 1958), 24)


def reached_on(born: date) -> date:
    """The day with whose end a person reaches the limit: the last of the month in which the age is completed.

    A year of life is completed at the end of the day before the birthday (§§ 187, 188 BGB), so that who is born on the
    first of a month completes it in the month before.
    """
    year, month = divmod((born.year + BASE_YEARS) * 12 + born.month - 1 + months_over_65(born.year), 12)
    if born.day == 1:
        year, month = divmod(year * 12 + month - 1, 12)
    return date(year, month + 1, calendar.monthrange(year, month + 1)[1])


def below(born: date, at: date) -> bool:
    """Whether somebody is still below the limit at the end of a reference date."""
    return at < reached_on(born)


@cache
def share_below(age: int, at: date) -> float:
    """Share, 0 to 1, of those of an age in completed years who are still below the limit at the end of a date.

    Births spread evenly over the months, each month of birth taken as a whole: 12 age + k months old at the end of the
    month are those born k months before it, k = 0..11; they are below the limit while that is less than 780 + m months,
    m the months over 65 of their year of birth. On 31.12. all of an age share one year of birth B, which gives
    clamp((m - 12 (age - 65)) / 12, 0, 1), month fractions of the cohort as the employment agency takes them. A date in
    the first half of a month counts as the end of the month before.
    """
    last = calendar.monthrange(at.year, at.month)[1]
    month = at.year * 12 + at.month - 1 - (at.day <= last // 2)
    limits = (12 * BASE_YEARS + months_over_65((month - 12 * age - k) // 12) for k in range(12))
    return sum(12 * age + k < limit for k, limit in enumerate(limits)) / 12
