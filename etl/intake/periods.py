"""Periods of counts: their codes, their half-open ranges of days, and how files write them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, text

from etl.catalogue import Source
from etl.catalogue.sources import PeriodOf

EARLIEST = 1900
_SHORT = re.compile(r"^\d{1,2}\.\d{1,2}\.\d{2}$|^\d{2}$|^'\d{2}$")
_DAY = re.compile(r"^(?P<tag>\d{1,2})[._](?P<monat>\d{1,2})[._](?P<jahr>\d{4})$")
_ISO_DAY = re.compile(r"^(?P<jahr>\d{4})[-_](?P<monat>\d{1,2})[-_](?P<tag>\d{1,2})$")
_YEAR = re.compile(r"^(?P<jahr>\d{4})(?:[.,]0+)?$")
_MONTHS = {"vierteljaehrlich": 3, "halbjaehrlich": 6}


@dataclass(frozen=True, order=True)
class Period:
    """Code and half-open range of days."""

    code: str
    start: date
    end: date


def _months_later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, 1)


def period_of(source: Source, day: date) -> Period:
    """The period of a source that ``day`` falls into.

    Yearly (or once) ``2025`` is [2025-01-01, 2026-01-01), a quarter ``2025-Q1``, a half-year ``2025-H1``, a school year
    ``2025/26`` is [2025-08-01, 2026-08-01). A stock of 31.12.2025 belongs to 2025.
    """
    match source.periodicity:
        case "vierteljaehrlich" | "halbjaehrlich":
            length = _MONTHS[source.periodicity]
            number = (day.month - 1) // length
            start = date(day.year, number * length + 1, 1)
            return Period(f"{day.year}-{'Q' if length == 3 else 'H'}{number + 1}", start, _months_later(start, length))
        case "schuljahr":
            first = day.year if day.month >= 8 else day.year - 1
            return Period(f"{first}/{(first + 1) % 100:02d}", date(first, 8, 1), date(first + 1, 8, 1))
        case _:
            return Period(str(day.year), date(day.year, 1, 1), date(day.year + 1, 1, 1))


def _day_of(match: re.Match[str]) -> date:
    """The day a match names; a year alone stands for its last day."""
    parts = match.groupdict()
    return date(int(parts["jahr"]), int(parts.get("monat") or 12), int(parts.get("tag") or 31))


def read_period(source: Source, declared: PeriodOf, word: str, latest: date) -> Period | str:
    """The period that a cell or heading names, or the German reason why it cannot be told.

    ``latest`` is the delivery's reference date: a file cannot speak of later periods.
    """
    written = word.strip()
    patterns = [_DAY, _ISO_DAY, _YEAR]
    if declared.pattern:
        patterns = [re.compile(declared.pattern), *patterns]
    match = next((m for p in patterns if (m := p.search(written))), None)
    if match is None:
        if not written:
            return "der Zeitraum fehlt"
        if _SHORT.match(written):
            return "zweistellige Jahreszahl; das Jahrhundert ist nicht erkennbar, bitte vierstellig"
        return "ist weder ein Jahr (2025) noch ein Datum (31.12.2025)"
    if len(match["jahr"]) != 4:
        return "zweistellige Jahreszahl; das Jahrhundert ist nicht erkennbar, bitte vierstellig"
    try:
        day = _day_of(match)
    except ValueError:
        return "diesen Kalendertag gibt es nicht"
    period = period_of(source, day)
    if day.year < EARLIEST:
        return f"liegt vor {EARLIEST}"
    if period.start > latest:
        return f"liegt nach dem Stichtag der Lieferung ({latest:%d.%m.%Y})"
    return period


def store(connection: Connection, periods: set[Period]) -> None:
    """Make sure that the periods exist in ``warehouse.period``."""
    if periods:
        connection.execute(
            text(
                "INSERT INTO warehouse.period (code, valid) VALUES (:code, daterange(:start, :end)) "
                "ON CONFLICT (code) DO NOTHING"
            ),
            [{"code": p.code, "start": p.start, "end": p.end} for p in sorted(periods)],
        )
