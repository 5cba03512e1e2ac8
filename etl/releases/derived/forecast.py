"""The population projection of an edition from the values that it shows, and how it would have done before.

Districts that show every age and have enough inhabitants are projected each; what is left of a Stadtteil or the city is
projected as one area and shows in their sums alone. Results are our own projection, never official figures.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from etl.catalogue import Catalogue
from etl.catalogue.outlook import ByAge, Housing, Outlook, Scenario, age_bands
from etl.indicators.methods import backtest, cohort_change, projection
from etl.indicators.methods.age_split import AGES, OPEN
from etl.releases.derived.stocks import Shown, Unit, events, stock

Floats = NDArray[np.float64]
SPAN = cohort_change.SPAN
GROUPS = {
    "insgesamt": (0, AGES), "a00_03": (0, 3), "a03_06": (3, 6), "a06_10": (6, 10), "a10_18": (10, 18),
    "a18_30": (18, 30), "a30_50": (30, 50), "a50_65": (50, 65), "a65_80": (65, 80), "a80_plus": (80, AGES),
}  # fmt: skip
"""Published ages: from, up to but not including; no single years."""


@dataclass(frozen=True)
class Area:
    """What is projected as one: a unit, or what is left of it beside its parts. Stocks by year, 2 × 86."""

    unit: int
    rest: bool
    stocks: Mapping[int, Floats]
    births: float
    deaths: float


@dataclass(frozen=True)
class Frame:
    """Areas, and by unit that is covered the indices of its areas."""

    areas: tuple[Area, ...]
    covered: Mapping[int, tuple[int, ...]]

    def stocks(self, year: int) -> Floats:
        """Areas × 2 × 86."""
        return np.stack([area.stocks[year] for area in self.areas])


@dataclass(frozen=True)
class Outcome:
    """The projection: by scenario years + 1 × areas × 2 × 86; ``status`` of units that have none."""

    base: int
    frame: Frame
    scenarios: Mapping[str, Floats]
    status: Mapping[int, str]


def by_age(values: ByAge) -> Floats:
    """Values that hold from an age on, for every single age."""
    out = np.zeros(AGES)
    for age, value in sorted(values.items()):
        out[age:] = value
    return out


def smooth_by_age(values: ByAge) -> Floats:
    """Chances that rise evenly (in logarithms) between the middles of their ages; the first and last as they are."""
    steps = by_age(values)
    ages = sorted(values)
    middles = [(low + high - 1) / 2 for low, high in zip(ages, [*ages[1:], AGES], strict=True)]
    points = [(m, values[a]) for m, a in zip(middles, ages, strict=True) if 1 < a < OPEN and values[a] > 0]
    if len(points) < 2:
        return steps
    grid = np.arange(AGES)
    between = np.exp(np.interp(grid, [p[0] for p in points], np.log([p[1] for p in points])))
    inside = (grid >= points[0][0]) & (grid < OPEN)
    return np.where(inside, between, steps)


def pattern_of(outlook: Outlook) -> cohort_change.Pattern:
    """The assumptions by single age."""
    mortality = np.stack([smooth_by_age(outlook.mortality_men), smooth_by_age(outlook.mortality_women)])
    return cohort_change.Pattern(by_age(outlook.fertility), mortality, outlook.turnover, outlook.persistence)


def frame_of(
    units: list[Unit], outlook: Outlook, get: Callable[[int], tuple[Mapping[int, Floats], float, float] | None]
) -> Frame:
    """Areas of the tree of units. ``get``: stocks by year, births and deaths of a unit, None where not all is shown.

    A unit that is too small or not shown is no area of its own; it is part of what is left of the unit above.
    """
    children: dict[int | None, list[Unit]] = {}
    for unit in units:
        children.setdefault(unit.parent, []).append(unit)
    areas: list[Area] = []
    covered: dict[int, tuple[int, ...]] = {}

    def lay(unit: Unit) -> tuple[int, ...]:
        inner = [index for child in children.get(unit.id, []) for index in lay(child)]
        found = get(unit.id)
        if found is None:
            return tuple(inner)
        stocks, births, deaths = found
        last = max(stocks)
        if stocks[last].sum() < outlook.min_population:
            return tuple(inner)  # its parts are no larger: all of it is left to the unit above
        rest = {year: value - sum(areas[i].stocks[year] for i in inner) for year, value in stocks.items()}
        if any(value.sum() >= 0.5 for value in rest.values()):
            left = {year: np.maximum(value, 0) for year, value in rest.items()}
            births -= sum(areas[i].births for i in inner)
            deaths -= sum(areas[i].deaths for i in inner)
            areas.append(Area(unit.id, bool(inner), left, births, deaths))
            inner.append(len(areas) - 1)
        covered[unit.id] = tuple(inner)
        return tuple(inner)

    known = {unit.id for unit in units}
    for unit in units:
        if unit.parent not in known:
            lay(unit)
    return Frame(tuple(areas), covered)


def _frame(
    shown: Shown, catalogue: Catalogue, outlook: Outlook, units: list[Unit], years: tuple[int, int]
) -> Frame:  # fmt: skip
    """Areas that show both stocks; births and deaths of the years between."""
    bands = age_bands(catalogue)

    def get(unit: int) -> tuple[Mapping[int, Floats], float, float] | None:
        stocks = {}
        for year in years:
            if (found := stock(shown, bands, unit, year)) is None:
                return None
            stocks[year] = found
        return stocks, *events(shown, unit, range(years[0] + 1, years[1] + 1))

    return frame_of(units, outlook, get)


def _estimated(frame: Frame, outlook: Outlook, first: int, last: int) -> projection.Rates:
    births = np.array([area.births for area in frame.areas])
    deaths = np.array([area.deaths for area in frame.areas])
    # a rest whose events do not add up follows the city
    births, deaths = (np.where(x >= 0, x, np.nan) for x in (births, deaths))
    change = cohort_change.Change(frame.stocks(first), frame.stocks(last), births, deaths)
    return cohort_change.estimate(change, pattern_of(outlook))


def _scenario(scenario: Scenario) -> projection.Scenario:
    return projection.Scenario(
        scenario.code, scenario.fertility, scenario.mortality_change, scenario.gains, scenario.losses, scenario.housing
    )


def housing_of(
    housing: Housing | None, outlook: Outlook, frame: Frame, units: list[Unit], base: int
) -> projection.Housing | None:
    """The table of dwellings by year and area; None without one. Dwellings of an uncovered unit go to its rest."""
    if housing is None or not housing.dwellings:
        return None
    by_key = {unit.key: unit for unit in units if unit.level == housing.level}
    by_id = {unit.id: unit for unit in units}
    persons = np.zeros((outlook.years, len(frame.areas)))
    for row in housing.dwellings:
        unit = by_key.get(row.unit)
        if unit is None or not base < row.year <= base + outlook.years:
            continue
        at: Unit | None = unit
        while at is not None and at.id not in frame.covered:
            at = by_id.get(at.parent or 0)
        if at is not None:
            # the rest of a unit is the last of its areas; a unit of its own has but one
            persons[row.year - base - 1, frame.covered[at.id][-1]] += row.dwellings * row.persons
    shares = by_age(outlook.newcomers)
    return projection.Housing(persons, np.tile(shares / shares.sum() / 2, (2, 1)), outlook.from_city)


def newest_year(shown: Shown, units: list[Unit]) -> int | None:
    """The newest year in which the city shows its population by age."""
    top = units[0].id if units else None
    years = [year for unit, year in shown.persons if unit == top]
    return max(years, default=None)


def compute(catalogue: Catalogue, shown: Shown, units: list[Unit], *, synthetic: bool) -> Outcome | None:
    """The projection of the current district version; None where the city shows no population by age.

    Without scenarios where no unit shows two stocks five years apart; ``status`` then says why.
    """
    outlook = catalogue.outlook
    base = newest_year(shown, units)
    if outlook is None or base is None:
        return None
    frame = _frame(shown, catalogue, outlook, units, (base - SPAN, base))
    made = {}
    if frame.areas:
        rates = _estimated(frame, outlook, base - SPAN, base)
        made_up = catalogue.housing is not None and catalogue.housing.synthetic
        housing = housing_of(None if made_up and not synthetic else catalogue.housing, outlook, frame, units, base)
        made = {
            s.code: projection.project(frame.stocks(base), rates, outlook.years, _scenario(s), housing).population
            for s in outlook.scenarios
        }
    status = {}
    for unit in units:
        if unit.id not in frame.covered:
            hidden = any((unit.id, year) in shown.withheld for year in (base - SPAN, base))
            known = all(stock(shown, age_bands(catalogue), unit.id, year) is not None for year in (base - SPAN, base))
            status[unit.id] = "nicht_sinnvoll" if known else "geheim" if hidden else "fehlt"
    return Outcome(base, frame, made, status)


@dataclass(frozen=True)
class Miss:
    """Projected and shown persons of a unit, age group and method in the year that is looked back from."""

    unit: int
    group: str
    method: str
    projected: float
    actual: float


def look_back(catalogue: Catalogue, shown: Shown, units: list[Unit]) -> tuple[int, int, list[Miss]]:
    """Fitted on the five years before the last five, projected over these, beside two simple guesses.

    Base year, target year, and one miss a unit, age group and method; none where ten years of stocks are not shown.
    """
    outlook, bands = catalogue.outlook, age_bands(catalogue)
    target = newest_year(shown, units)
    if outlook is None or target is None:
        return 0, 0, []
    base = target - SPAN
    frame = _frame(shown, catalogue, outlook, units, (base - SPAN, base))
    if not frame.areas:
        return base, target, []
    made = projection.project(frame.stocks(base), _estimated(frame, outlook, base - SPAN, base), SPAN).population[-1]
    misses = []
    for unit, inner in frame.covered.items():
        series = [stock(shown, bands, unit, year) for year in (*range(base - SPAN, base + 1), target)]
        seen = [one for one in series if one is not None]
        if len(seen) < len(series):
            continue
        projected = made[list(inner)].sum(axis=0)
        for group, (low, high) in GROUPS.items():
            totals = np.array([one[:, low:high].sum() for one in seen])[:, None]
            guesses = {
                backtest.COHORTS: float(projected[:, low:high].sum()),
                backtest.SAME: float(backtest.same_as_last(totals[:-1], SPAN)[-1, 0]),
                backtest.LINEAR: float(backtest.linear_trend(totals[:-1], SPAN)[-1, 0]),
            }
            misses += [Miss(unit, group, name, guess, float(totals[-1, 0])) for name, guess in guesses.items()]
    return base, target, misses
