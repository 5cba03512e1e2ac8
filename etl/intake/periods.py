"""Periods of counts: their codes, their half-open ranges of days, and how files write them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Connection, text

from etl.catalogue import Source
from etl.catalogue.sources import PeriodOf

EARLIEST = 1900
_SHORT = re.compile(r"^\d{1,2}\.\d{1,2}\.\d{2}$|^\d{2}$|^'\d{2}$")
_NAMES = ("jan", "feb", "mär", "apr", "mai", "jun", "jul", "aug", "sep", "okt", "nov", "dez")
_NAMED = {**{name: n for n, name in enumerate(_NAMES, start=1)}, "mrz": 3, "mae": 3}
_YEAR4 = r"(?P<jahr>\d{4})"
_QUARTER = r"(?:q(?P<quartal>[1-4])|(?P<quartal2>[1-4])\. ?(?:quartal|vierteljahr|vj\.?))"
_HALF = r"(?:h(?P<halbjahr>[12])|(?P<halbjahr2>[12])\. ?(?:halbjahr|hj\.?))"
_MONTH = r"(?P<name>jan|feb|mär|mae|mrz|apr|mai|jun|jul|aug|sep|okt|nov|dez)[a-zäöü]*\.?"
_SCHOOL_YEAR = re.compile(rf"^(?:schuljahr|sj\.?)? ?{_YEAR4} ?[/-] ?(?P<folgejahr>\d{{4}}|\d{{2}})$", re.IGNORECASE)
# 31.12.2025 and 31_12_2025; 2025-12-31 and 2025_12_31; 2025; 202512; 12/2025; Dezember 2025; 4. Quartal 2025; 2025-Q4;
# 2. Halbjahr 2025; 2025-H2; Schuljahr 2025/26
_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"^(?P<tag>\d{{1,2}})[._](?P<monat>\d{{1,2}})[._]{_YEAR4}$",
        rf"^{_YEAR4}[-_](?P<monat>\d{{1,2}})[-_](?P<tag>\d{{1,2}})(?:[ T]00:00(?::00)?)?$",
        rf"^{_YEAR4}(?:[.,]0+)?$",
        rf"^{_YEAR4}[-_/]?(?P<monat>0[1-9]|1[0-2])$",
        rf"^(?P<monat>0?[1-9]|1[0-2])[./]{_YEAR4}$",
        rf"^{_MONTH}[ -]?{_YEAR4}$",
        rf"^{_QUARTER}[ /-]?{_YEAR4}$",
        rf"^{_YEAR4}[-/ ]?{_QUARTER}$",
        rf"^{_HALF}[ /-]?{_YEAR4}$",
        rf"^{_YEAR4}[-/ ]?{_HALF}$",
        _SCHOOL_YEAR.pattern,
    )
)
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


def _part(match: re.Match[str], *names: str) -> int | None:
    """The first of these groups that matched, as a number."""
    found = match.groupdict()
    return next((int(found[name]) for name in names if found.get(name)), None)


def _day_of(match: re.Match[str]) -> date:
    """The last day of what a match names; a school year stands for its first day.

    Raises ValueError where there is no such day.
    """
    year = int(match["jahr"])
    if _part(match, "folgejahr") is not None:
        return date(year, 8, 1)
    name = match.groupdict().get("name")
    month = _NAMED[name.lower()] if name else _part(match, "monat")
    month = month or 3 * (_part(match, "quartal", "quartal2") or 0)
    month = month or 6 * (_part(match, "halbjahr", "halbjahr2") or 0) or 12
    day = _part(match, "tag")
    if day is not None:
        return date(year, month, day)
    return _months_later(date(year, month, 1), 1) - timedelta(days=1)


def _fits(source: Source, match: re.Match[str], day: date) -> str | None:
    """Why a word that names a period does not suit the source, or None."""
    named = {name for name, value in match.groupdict().items() if value}
    follow = _part(match, "folgejahr")
    if follow is not None:
        if source.periodicity != "schuljahr":
            return "ist ein Schuljahr; die Quelle zählt nach Kalenderjahren"
        if follow % 100 != (day.year + 1) % 100 or (follow > 99 and follow != day.year + 1):
            return "ist kein Schuljahr; richtig wäre zum Beispiel 2024/25"
    elif named == {"jahr"} and source.periodicity in _MONTHS:
        return "nennt nur das Jahr; erwartet ist auch das Vierteljahr oder der Monat (zum Beispiel 202512)"
    elif _part(match, "halbjahr", "halbjahr2") and source.periodicity != "halbjaehrlich":
        return "ist ein Halbjahr; so zählt die Quelle nicht"
    elif _part(match, "quartal", "quartal2") and source.periodicity != "vierteljaehrlich":
        return "ist ein Vierteljahr; so zählt die Quelle nicht"
    elif source.reference == "stock" and source.periodicity == "jaehrlich" and named > {"jahr"}:
        month, number = source.reference_day.split("-")
        if day.month != int(month):
            return f"passt nicht zum Stichtag der Quelle ({number}.{month}.)"
    return None


def read_period(source: Source, declared: PeriodOf, word: str, latest: date) -> Period | str:
    """The period that a cell or heading names, or the German reason why it cannot be told.

    ``latest`` is the delivery's reference date: a file cannot speak of later periods.
    """
    written = re.sub(r"\s+", " ", word).strip()
    # 2006/07 is a school year where the source counts by them, a month elsewhere
    patterns = [_SCHOOL_YEAR, *_PATTERNS] if source.periodicity == "schuljahr" else [*_PATTERNS]
    patterns = [re.compile(declared.pattern), *patterns] if declared.pattern else patterns
    match = next((m for p in patterns if (m := p.search(written)) and m.groupdict().get("jahr")), None)
    if match is None:
        if not written:
            return "der Zeitraum fehlt"
        if _SHORT.match(written):
            return "zweistellige Jahreszahl; das Jahrhundert ist nicht erkennbar, bitte vierstellig"
        return "ist weder ein Jahr (2025) noch ein Datum (31.12.2025), ein Monat (202512) oder Schuljahr (2024/25)"
    if len(match["jahr"]) != 4:
        return "zweistellige Jahreszahl; das Jahrhundert ist nicht erkennbar, bitte vierstellig"
    try:
        day = _day_of(match)
    except ValueError:
        return "diesen Kalendertag gibt es nicht"
    if day.year < EARLIEST:
        return f"liegt vor {EARLIEST}"
    if (fault := _fits(source, match, day)) is not None:
        return fault
    period = period_of(source, day)
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
