"""What an edition shows about persons by age and sex, births and deaths: the only input of the outlook."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, text

from etl.catalogue import Catalogue, Indicator
from etl.catalogue.outlook import Outlook, age_bands
from etl.indicators.methods.age_split import AGES, EVERYBODY, OPEN, single_years

Floats = NDArray[np.float64]
AGE, TOTAL = "alter", "insgesamt"

ROWS = text("""
SELECT v.unit_id, i.code AS indicator, v.group_code, left(v.period, 4)::int AS year, v.numerator, v.denominator,
       v.status
FROM release.value v
JOIN catalogue.indicator i ON i.id = v.indicator_id AND i.code = ANY (:indicators)
JOIN geo.unit u ON u.id = v.unit_id AND u.level = ANY (:levels)
JOIN geo.district_version d ON d.id = u.version_id AND d.is_current
WHERE v.edition_id = :edition AND v.period ~ '^\\d{4}(/\\d{2})?$'
ORDER BY v.unit_id, v.indicator_id, v.group_code, year
""")

UNITS = text("""
SELECT u.id, u.level, u.key, u.parent_id
FROM geo.unit u
JOIN geo.district_version d ON d.id = u.version_id AND d.is_current
WHERE u.level = ANY (CAST(:levels AS text[]))
ORDER BY array_position(CAST(:levels AS text[]), u.level), u.key
""")


@dataclass(frozen=True)
class Unit:
    """A unit of the current district version."""

    id: int
    level: str
    key: str
    parent: int | None


@dataclass
class Shown:
    """By unit and year: known ranges of ages, persons and women by band, births and births minus deaths, places.

    ``status``: why a band of a unit and year is not shown, the reason that is hardest to come by.
    """

    ranges: dict[tuple[int, int], list[tuple[int, int, float]]] = field(default_factory=lambda: defaultdict(list))
    persons: dict[tuple[int, int], dict[str, float]] = field(default_factory=lambda: defaultdict(dict))
    women: dict[tuple[int, int], dict[str, float]] = field(default_factory=lambda: defaultdict(dict))
    births: dict[tuple[int, int], float] = field(default_factory=dict)
    natural: dict[tuple[int, int], float] = field(default_factory=dict)
    withheld: set[tuple[int, int]] = field(default_factory=set)


def units_of(connection: Connection, catalogue: Catalogue) -> list[Unit]:
    """Units of the current version, the city first, districts last."""
    levels = [level.code for level in catalogue.city.levels]
    return [Unit(*row) for row in connection.execute(UNITS, {"levels": levels})]


def ranges_shown(catalogue: Catalogue, outlook: Outlook) -> dict[tuple[str, str], tuple[int, int, int]]:
    """Indicator and part → ages from, up to but not including, and lag in years: parts that are one count of all
    persons of an age range in the register."""
    counted = catalogue.measure[catalogue.indicator[outlook.population].terms("numerator")[0].measure]
    found = {}
    for indicator in catalogue.indicators:
        for part in ("numerator", "denominator"):
            terms = indicator.terms(part)
            if len(terms) != 1 or terms[0].coefficient != 1 or indicator.pool != 1 or indicator.formula != "ratio":
                continue
            measure = catalogue.measure[terms[0].measure]
            if measure.source != counted.source or measure.kind != "count" or measure.age_limit:
                continue
            if set(measure.filter) <= {AGE}:
                limit = measure.filter.get(AGE)
                if limit is not None and (limit.eq is not None or limit.isin is not None):
                    continue
                low = (limit.ge or 0) if limit else 0
                high = EVERYBODY if limit is None or limit.lt is None else limit.lt
                found[indicator.code, part] = (low, high, terms[0].lag)
    return found


def read(connection: Connection, catalogue: Catalogue, edition: int) -> Shown:
    """Everything that the edition shows of it, for the current district version."""
    outlook = catalogue.outlook
    shown = Shown()
    if outlook is None:
        return shown
    ranges, bands = ranges_shown(catalogue, outlook), age_bands(catalogue)
    named = {outlook.population, outlook.women, outlook.births, outlook.natural, *(code for code, _ in ranges)}
    parameters = {
        "edition": edition, "indicators": sorted(named), "levels": [level.code for level in catalogue.city.levels],
    }  # fmt: skip
    for row in connection.execute(ROWS, parameters):
        cell = (row.unit_id, row.year)
        if row.status not in ("gueltig", "unsicher"):
            if row.status == "geheim" and row.group_code in bands:
                shown.withheld.add(cell)
            continue
        if row.group_code in bands:
            if row.indicator == outlook.population:
                shown.persons[cell][row.group_code] = row.numerator
                shown.ranges[cell].append((*bands[row.group_code], row.numerator))
            elif row.indicator == outlook.women:
                shown.women[cell][row.group_code] = row.numerator
        elif row.group_code == TOTAL:
            if row.indicator == outlook.births:
                shown.births[cell] = row.numerator
            elif row.indicator == outlook.natural:
                shown.natural[cell] = row.numerator
            for part in ("numerator", "denominator"):
                if (found := ranges.get((row.indicator, part))) and getattr(row, part) is not None:
                    low, high, lag = found
                    shown.ranges[row.unit_id, row.year - lag].append((low, high, float(getattr(row, part))))
    return shown


def stock(shown: Shown, bands: dict[str, tuple[int, int]], unit: int, year: int) -> Floats | None:
    """Persons of a unit on 31 December by sex and single age (2 × 86; 0 men and all others, 1 women).

    None where a band is not shown. Within a band women have the same share at every age.
    """
    cell = (unit, year)
    persons, women = shown.persons.get(cell, {}), shown.women.get(cell, {})
    if persons.keys() < bands.keys() or women.keys() < bands.keys():
        return None
    total = single_years(shown.ranges[cell])
    if total is None:
        return None
    share = np.zeros(AGES)
    for name, (low, high) in bands.items():
        part = slice(min(low, OPEN), OPEN + 1 if high > OPEN else high)
        share[part] = women[name] / persons[name] if persons[name] > 0 else 0.5
    return np.stack([total * (1 - share), total * share])


def events(shown: Shown, unit: int, years: Iterable[int]) -> tuple[float, float]:
    """Births and deaths of a unit over years; NaN where a year is not shown."""
    cells = [(unit, year) for year in years]
    births = sum(shown.births.get(cell, float("nan")) for cell in cells)
    natural = sum(shown.natural.get(cell, float("nan")) for cell in cells)
    return births, births - natural


def numerators(
    connection: Connection, edition: int, indicator: Indicator, group: str = TOTAL
) -> dict[int, tuple[str, float, float]]:
    """By unit of the current version the newest shown period of an indicator: period, numerator, unrounded value."""
    rows = connection.execute(
        text("""
        SELECT DISTINCT ON (v.unit_id) v.unit_id, v.period, v.numerator,
               coalesce(i.factor * v.numerator / nullif(v.denominator, 0), v.value) AS value
        FROM release.value v
        JOIN catalogue.indicator i ON i.id = v.indicator_id AND i.code = :indicator
        JOIN geo.unit u ON u.id = v.unit_id
        JOIN geo.district_version d ON d.id = u.version_id AND d.is_current
        JOIN warehouse.period p ON p.code = v.period
        WHERE v.edition_id = :edition AND v.group_code = :group AND v.status IN ('gueltig', 'unsicher')
        ORDER BY v.unit_id, upper(p.valid) DESC
        """),
        {"edition": edition, "indicator": indicator.code, "group": group},
    )
    return {r.unit_id: (r.period, r.numerator, r.value) for r in rows}
