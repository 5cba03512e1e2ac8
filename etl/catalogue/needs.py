"""What every indicator needs from whom: the sources behind it, how far back, and down to which level they reach.

Taken from the expressions of numerators and denominators, so that no list has to be kept beside them.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Literal

from etl.catalogue.measures import Indicator, parse_expression
from etl.catalogue.sources import AreaForm, Source

if TYPE_CHECKING:
    from etl.catalogue.load import Catalogue

Part = Literal["numerator", "denominator"]
PARTS: tuple[Part, ...] = ("numerator", "denominator")
MONTHS = {"vierteljaehrlich": 3, "halbjaehrlich": 6}
"""Length of a part of the year for sources that come more often than once a year."""


@dataclass(frozen=True)
class Need:
    """One source of an indicator.

    The value of year Y needs the source's years Y - lag for every ``lags``; a school year counts as the calendar year
    in which it begins. ``level``: the smallest level of the city that the source reaches.
    """

    indicator: str
    source: str
    parts: tuple[Part, ...]
    lags: tuple[int, ...]
    level: str


@dataclass(frozen=True)
class Compared:
    """An indicator's official figures for comparison areas: the sources' titles and what to know about them."""

    indicator: str
    sources: tuple[str, ...]
    note: str | None


@dataclass(frozen=True)
class ReferencePoint:
    """Reference date of a source's year: ``month`` and ``day`` in the year itself (``shift`` 0) or the next one (1)."""

    shift: int
    month: int
    day: int

    def of(self, year: int) -> date:
        """The date for a year; a day that the month does not have is its last."""
        wanted = year + self.shift
        return date(wanted, self.month, min(self.day, monthrange(wanted, self.month)[1]))


def level_of(catalogue: Catalogue, source: Source) -> str:
    """The smallest level at which a source can be shown: blocks are summed to districts.

    Tables for comparison areas reach none of the city's levels; their own level is returned.
    """
    levels = [form.level for form in source.forms if isinstance(form, AreaForm)]
    if levels:
        return levels[0]
    return catalogue.city.district_level or catalogue.city.levels[-1].code


def needs(catalogue: Catalogue) -> tuple[Need, ...]:
    """All needs of all indicators, in the order of the catalogue; an indicator that is a gap has none."""
    found: list[Need] = []
    for indicator in catalogue.indicators:
        parts: dict[str, dict[Part, None]] = {}
        lags: dict[str, set[int]] = {}
        for part in PARTS:
            for term in indicator.terms(part):
                source = catalogue.measure[term.measure].source
                if source is not None:
                    parts.setdefault(source, {})[part] = None
                    lags.setdefault(source, set()).update(term.lag + n for n in range(indicator.pool))
        found += [
            Need(indicator.code, s, tuple(used), tuple(sorted(lags[s])), level_of(catalogue, catalogue.source[s]))
            for s, used in parts.items()
        ]
    return tuple(found)


def compared(catalogue: Catalogue) -> tuple[Compared, ...]:
    """The indicators that have figures for comparison areas."""
    return tuple(
        Compared(i.code, tuple(catalogue.source[s].title for s in _compared_sources(catalogue, i)), i.comparison.note)
        for i in catalogue.indicators
        if i.comparison is not None
    )


def _compared_sources(catalogue: Catalogue, indicator: Indicator) -> tuple[str, ...]:
    comparison = indicator.comparison
    texts = (comparison.numerator, comparison.denominator) if comparison else ()
    terms = [term for text in texts if text for term in parse_expression(text)]
    return tuple(dict.fromkeys(s for t in terms if (s := catalogue.measure[t.measure].source) is not None))


def reference_point(source: Source) -> ReferencePoint:
    """When the last delivery of a source's year speaks: the reference day of a stock, else the end of the period.

    A school year is named by the year in which it begins. Where a source names a reference day, that counts.
    """
    named = "reference_day" in source.model_fields_set
    month, day = map(int, source.reference_day.split("-"))
    if source.periodicity in MONTHS:
        return ReferencePoint(0, 12, 31)
    if source.periodicity == "schuljahr":
        return ReferencePoint(0 if month >= 8 else 1, month, day) if named else ReferencePoint(1, 7, 31)
    return ReferencePoint(0, month, day) if named or source.reference == "stock" else ReferencePoint(0, 12, 31)


def due(source: Source, year: int) -> date:
    """The day until which the last delivery of a year is expected."""
    return reference_point(source).of(year) + timedelta(days=source.due_days)


def blocked_indices(catalogue: Catalogue) -> dict[str, tuple[str, ...]]:
    """Indicator → codes of the indices that cannot be made without it, those made of other indices among them."""
    without = {index.code: set(index.needs) for index in catalogue.indices}
    grown = True
    while grown:  # an index of indices needs what those need
        whole = {code: parts.union(*(without.get(p, set()) for p in parts)) for code, parts in without.items()}
        grown, without = whole != without, whole
    return {
        i.code: tuple(code for code, parts in without.items() if i.code in parts)
        for i in catalogue.indicators
        if any(i.code in parts for parts in without.values())
    }
