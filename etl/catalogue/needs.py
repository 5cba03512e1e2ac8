"""What every indicator needs from whom: the sources behind it, how far back, and down to which level they reach.

Taken from the expressions of numerators and denominators, so that no list has to be kept beside them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal

from etl.catalogue.measures import Indicator, Term, parse_expression
from etl.catalogue.sources import AreaForm, Source

if TYPE_CHECKING:
    from etl.catalogue.load import Catalogue

PARTS: tuple[Literal["numerator", "denominator"], ...] = ("numerator", "denominator")
QUARTERS = {"vierteljaehrlich": 4, "halbjaehrlich": 2}


@dataclass(frozen=True)
class Need:
    """One source of an indicator.

    The value of year Y needs the source's years Y - ``furthest`` to Y - ``nearest`` (a school year counts as the
    calendar year in which it begins). ``level``: the smallest level the source reaches.
    """

    indicator: str
    source: str
    parts: tuple[str, ...]
    nearest: int
    furthest: int
    level: str


@dataclass(frozen=True)
class Compared:
    """An indicator's official figures for comparison areas: the sources' titles and what to know about them."""

    indicator: str
    sources: tuple[str, ...]
    note: str | None


def level_of(catalogue: Catalogue, source: Source) -> str:
    """The smallest level of the city at which a source can be shown: blocks are summed to districts.

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
        terms = [(part, term) for part in PARTS for term in indicator.terms(part)]
        by_source: dict[str, list[tuple[str, Term]]] = {}
        for part, term in terms:
            source = catalogue.measure[term.measure].source
            if source is not None:
                by_source.setdefault(source, []).append((part, term))
        for source, used in by_source.items():
            lags = [term.lag for _, term in used]
            found.append(
                Need(
                    indicator.code,
                    source,
                    tuple(dict.fromkeys(part for part, _ in used)),
                    min(lags),
                    max(lags) + indicator.pool - 1,
                    level_of(catalogue, catalogue.source[source]),
                )
            )
    return tuple(found)


def compared(catalogue: Catalogue) -> tuple[Compared, ...]:
    """The indicators that have figures for comparison areas."""
    return tuple(
        Compared(i.code, tuple(catalogue.source[s].title for s in _sources(catalogue, i)), i.comparison.note)
        for i in catalogue.indicators
        if i.comparison is not None
    )


def _sources(catalogue: Catalogue, indicator: Indicator) -> tuple[str, ...]:
    comparison = indicator.comparison
    texts = (comparison.numerator, comparison.denominator) if comparison else ()
    terms = [term for text in texts if text for term in parse_expression(text)]
    return tuple(dict.fromkeys(s for t in terms if (s := catalogue.measure[t.measure].source) is not None))


def reference_date(source: Source, year: int) -> date:
    """The day for which the last delivery of a year speaks: reference day of a stock, last day of a period.

    A school year is named by the year in which it begins; where the source names a reference day, that counts.
    """
    named = source.reference == "stock" or "reference_day" in source.model_fields_set
    if source.periodicity == "schuljahr":
        if "reference_day" not in source.model_fields_set:
            return date(year + 1, 7, 31)
        month, day = map(int, source.reference_day.split("-"))
        return date(year if month >= 8 else year + 1, month, day)
    if named and source.periodicity not in QUARTERS:
        month, day = map(int, source.reference_day.split("-"))
        return date(year, month, day)
    return date(year, 12, 31)
