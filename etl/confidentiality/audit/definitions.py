"""Kinds of persons that the definitions of measures tell apart, read from the catalogue as any reader may.

A measure counts (or sums) persons by conditions on their dimensions. All conditions of a source together cut the
dimensions into boxes; persons in one box count alike for every measure. So each measure is a sum over boxes.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from etl.catalogue import Catalogue, Condition, Indicator, Measure
from etl.catalogue.age_limit import share_below
from etl.confidentiality.audit.facts import TOTAL

MOST_CLASSES = 4_000
ELSE = "\0anything else"
AGE = "alter"
OLDEST = 120
"""Nobody is older, and no household has more children or rooms."""

Name = tuple[str, str]
"""Measure and group."""


@dataclass(frozen=True)
class Weight:
    """What a person of a class counts for a measure: between ``low`` and ``high``, which mostly are the same."""

    low: float
    high: float


Class = dict[Name, Weight]
"""A kind of persons: the measures it counts for."""


def year_of(period: str) -> int:
    """The (last) year of a period: 2025, 2025-Q1, 2024/25 (the year it begins), 2022-2024, 2021/22-2023/24."""
    return int(re.split(r"-(?=\d{4})", period)[-1][:4])


def terms_of(indicator: Indicator, part: str) -> list[tuple[str, int, float]]:
    """Measure, lag and coefficient of a numerator or denominator, its pooled years included, each once."""
    total: dict[tuple[str, int], float] = {}
    for term in indicator.terms("numerator" if part == "numerator" else "denominator"):
        for back in range(indicator.pool):
            key = (term.measure, term.lag + back)
            total[key] = total.get(key, 0.0) + term.coefficient
    return [(m, lag, c) for (m, lag), c in sorted(total.items()) if c]


def _holds(condition: Condition, value: str | int) -> bool:
    if value == ELSE:
        return False
    if condition.eq is not None and str(value) != str(condition.eq):
        return False
    if condition.isin is not None and str(value) not in {str(v) for v in condition.isin}:
        return False
    if condition.ge is not None and int(value) < condition.ge:
        return False
    return condition.lt is None or int(value) < condition.lt


def _in_group(measure: Measure, group: str) -> Condition | None:
    """What a group of a measure asks for besides the measure's own conditions."""
    if group == TOTAL or measure.group_by is None:
        return None
    if group in measure.bands:
        low, high = measure.bands[group]
        return Condition(ge=low, lt=high)
    return Condition(eq=group)


def _plain(measure: Measure) -> bool:
    """Whether the measure counts rows by conditions that do not depend on the date."""
    return measure.column is None and all(c.within_years is None for c in measure.filter.values())


class _Dimension:
    """One value for each kind that the conditions can tell apart; of numbers the first of a range and its last."""

    def __init__(self, conditions: Iterable[Condition], *, number: bool, limits: Iterable[int] = ()) -> None:
        found = list(conditions)
        words = sorted({str(w) for c in found for w in (*(c.isin or ()), *([] if c.eq is None else [c.eq]))})
        cuts = {x for c in found for x in (c.ge, c.lt) if x is not None} | set(limits)
        if cuts or number:
            numbers = {int(w) for w in words if w.isdigit()}
            starts = sorted({0, *cuts, *numbers, *(n + 1 for n in numbers)})
            ends = [*(s - 1 for s in starts[1:]), OLDEST]
            self.values: list[tuple[str | int, int, int]] = [
                (s, s, e) for s, e in zip(starts, ends, strict=True) if 0 <= s <= OLDEST
            ]
        else:
            self.values = [(w, 0, 0) for w in (*words, ELSE)]


def classes(measures: list[Measure], names: Iterable[Name], at: date) -> list[Class]:
    """The kinds of persons that the measures of a source tell apart, by measure and group; each kind once.

    ``at``: the reference date, on which age limits depend. Conditions on the year of something are left out; so is a
    source that tells more kinds apart than an attack can hold.
    """
    by_code = {m.code: m for m in measures if _plain(m)}
    wanted = [(by_code[code], group) for code, group in names if code in by_code]
    conditions: dict[str, list[Condition]] = {}
    numbers: set[str] = set()
    limits: dict[str, set[int]] = {}
    for measure, group in wanted:
        for name, condition in measure.filter.items():
            conditions.setdefault(name, []).append(condition)
        if (more := _in_group(measure, group)) is not None and measure.group_by is not None:
            conditions.setdefault(measure.group_by, []).append(more)
        if measure.kind == "sum" and measure.weight is not None:
            conditions.setdefault(measure.weight, [])
            numbers.add(measure.weight)
        if measure.age_limit is not None:
            conditions.setdefault(AGE, [])
            shares = [share_below(age, at) for age in range(OLDEST)]
            limits[AGE] = {a for a in range(1, OLDEST) if shares[a] != shares[a - 1]}
    dimensions = {
        name: _Dimension(found, number=name in numbers, limits=limits.get(name, ()))
        for name, found in sorted(conditions.items())
    }
    size = 1
    for dimension in dimensions.values():
        size *= len(dimension.values)
    if size > MOST_CLASSES:
        return []
    return _distinct(wanted, dimensions, at)


def _distinct(wanted: list[tuple[Measure, str]], dimensions: dict[str, _Dimension], at: date) -> list[Class]:
    found: dict[tuple[tuple[Name, float, float], ...], Class] = {}
    for combination in itertools.product(*(d.values for d in dimensions.values())):
        person = dict(zip(dimensions, combination, strict=True))
        counted: Class = {}
        for measure, group in wanted:
            asked = list(measure.filter.items())
            if (more := _in_group(measure, group)) is not None and measure.group_by is not None:
                asked.append((measure.group_by, more))
            if not all(_holds(c, person[n][0]) for n, c in asked):
                continue
            low = high = 1.0
            if measure.kind == "sum" and measure.weight is not None:
                _, first, last = person[measure.weight]
                low, high = first + measure.offset, last + measure.offset
            if measure.age_limit is not None:
                share = share_below(int(person[AGE][1]), at)
                share = share if measure.age_limit == "unter" else 1 - share
                low, high = low * share, high * share
            if high:
                counted[measure.code, group] = Weight(low, high)
        if counted:
            found[tuple(sorted((n, w.low, w.high) for n, w in counted.items()))] = counted
    return list(found.values())


def agency(catalogue: Catalogue, measure: Measure) -> bool:
    """Whether the measure comes from files that withhold small counts themselves."""
    if measure.source is None:
        return False
    forms = catalogue.source[measure.source].forms
    return any(s.at_most is not None for f in forms for s in getattr(f, "symbols", {}).values())


def threshold(catalogue: Catalogue, measures: Iterable[str]) -> float:
    """Below which number a sum of these measures is a small count of persons or cases; 0 where it is none."""
    limits = []
    for measure in (catalogue.measure[code] for code in measures):
        if measure.kind != "count" or not measure.confidential or measure.source is None:
            return 0.0
        policy = catalogue.policy
        limits.append(policy.min_count_agency if agency(catalogue, measure) else policy.min_count)
    return float(max(limits, default=0))
