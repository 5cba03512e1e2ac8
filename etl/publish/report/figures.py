"""Figures of the report: maps, series and indices, drawn in the one style of all publications."""

from __future__ import annotations

from etl.publish.drawing import Figure, Reading, Series, choropleth_svg, indicator_scheme, line_svg, short_name
from etl.publish.report.model import Drawing
from etl.publish.report.numbers import Numbers

SHORTEST = 3
"""Periods that make a line."""


def map_of(numbers: Numbers, code: str) -> Drawing | None:
    """The newest values at the finest level; None where nothing is shown there."""
    level = numbers.level_of(code)
    areas = numbers.areas.get(level)
    if not areas:
        return None
    readings = {u.key: numbers.show(code, u) for u in numbers.units[level]}
    if not any(r.shown for r in readings.values()):
        return None
    indicator = numbers.catalogue.indicator[code]
    title = f"{numbers.measure(code).heading} nach {numbers.plural(level)}n, {numbers.when(code)}"
    figure = choropleth_svg(f"karte-{code}", title, areas, readings, indicator_scheme(indicator))
    return Drawing(figure, numbers.source_line(code))


def series_of(numbers: Numbers, code: str) -> Drawing | None:
    """The city's values over the years with those of the level below; None where there are too few."""
    periods = numbers.periods(code)
    if len(periods) < SHORTEST:
        return None
    main = Series(short_name(numbers.city.name), tuple(numbers.show(code, numbers.city, p) for p in periods))
    if sum(r.shown for r in main.readings) < SHORTEST:
        return None
    middle = [u for level, units in numbers.units.items() if level != numbers.city.level for u in units]
    level = next((u.level for u in middle), "")
    others = [Series(u.name, _line(numbers, code, u.key, level, periods)) for u in middle if u.level == level]
    # many lines cannot be told apart; then the city stands alone
    kept = [s for s in others if any(r.shown for r in s.readings)] if len(others) <= MOST_LINES else []
    if numbers.catalogue.indicator[code].kind in ("anzahl", "summe"):
        kept = []
    title = f"{numbers.measure(code).heading}, {periods[0]} bis {periods[-1]}"
    figure = line_svg(f"verlauf-{code}", title, periods, [main, *kept], numbers.measure(code))
    return Drawing(figure, numbers.source_line(code).partition(", ")[2], css="breit")


MOST_LINES = 6


def _line(numbers: Numbers, code: str, key: str, level: str, periods: list[str]) -> tuple[Reading, ...]:
    unit = next(u for u in numbers.units[level] if u.key == key)
    return tuple(numbers.show(code, unit, p) for p in periods)


__all__ = ["Figure", "map_of", "series_of"]
