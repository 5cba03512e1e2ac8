"""Rates of districts for a projection: age patterns of the city, levels of the district drawn towards them.

A district of a few thousand persons has too few events for rates of its own by age and sex. It borrows the city's
pattern; only how much more or less happens in it (by broad age band) is its own, shrunk by empirical Bayes after
Marshall (1991), Applied Statistics 40, 283-294.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from etl.indicators.methods.projection import BOYS, FEMALE, Rates, aged

Floats = NDArray[np.float64]
BANDS = (0, 18, 30, 50)
"""First ages of the bands in which districts may differ in moves: children, leaving home, families, later life."""
SMOOTHING = 2
"""Ages to either side over which the city's rates are smoothed."""


@dataclass(frozen=True)
class History:
    """Base years: ``population`` at 31 December, years + 1 × districts × 2 × ages; events of the years after the first,
    years × districts × 2 × ages (``births``: years × districts), persons.

    ``fertility``: pattern of births by age of the mother, from official statistics; its level is taken from ``births``.
    """

    population: Floats
    births: Floats
    deaths: Floats
    arrivals: Floats
    departures: Floats
    moved_in: Floats
    moved_out: Floats
    fertility: Floats

    def __post_init__(self) -> None:
        years, shape = len(self.population) - 1, self.population.shape[1:]
        if years < 1:
            raise ValueError("rates need at least two populations")
        for name in ("deaths", "arrivals", "departures", "moved_in", "moved_out"):
            if getattr(self, name).shape != (years, *shape):
                raise ValueError(f"{name} must have the shape {(years, *shape)}, not {getattr(self, name).shape}")
        if self.births.shape != (years, shape[0]) or self.fertility.shape != (shape[2],):
            raise ValueError("births are years × districts, the fertility pattern has every age")

    def until(self, years: int) -> History:
        """The first ``years`` years of events only."""
        cut = {name: getattr(self, name)[:years] for name in ("births", "deaths", "arrivals", "departures")}
        return History(
            self.population[: years + 1],
            moved_in=self.moved_in[:years],
            moved_out=self.moved_out[:years],
            fertility=self.fertility,
            **cut,
        )


def shrunken_factors(observed: ArrayLike, expected: ArrayLike) -> Floats:
    """Observed / expected by district, drawn towards 1: (O + k)/(E + k), k = 1 / variance between districts.

    The variance by moments: Σ E(O/E - m)²/ΣE - m/Ē with m = ΣO/ΣE. Not positive (no more scatter than chance): all 1.
    NaN nowhere: a district without expected events gets 1.
    """
    seen, due = np.asarray(observed, dtype=np.float64), np.asarray(expected, dtype=np.float64)
    taking = due > 0
    if taking.sum() < 2:
        return np.ones_like(due)
    o, e = seen[taking], due[taking]
    level = o.sum() / e.sum()
    if level == 0:
        return np.ones_like(due)
    between = float((e * (o / e - level) ** 2).sum() / e.sum() - level / e.mean())
    out = np.full(due.shape, level)
    if between > 0:
        k = level / between
        out[taking] = (o + k * level) / (e + k)
    return np.where(taking, out, 1.0)


def _smoothed(events: Floats, exposed: Floats, smoothing: int) -> Floats:
    """City rates sexes × ages from sums over neighbouring ages; age 0 stands alone (infants, moves with parents)."""
    ages = events.shape[-1]
    distance = np.abs(np.arange(ages)[:, None] - np.arange(ages)[None, :])
    window = (distance <= smoothing).astype(np.float64)
    window[0], window[:, 0] = 0, 0
    window[0, 0] = 1
    above, below = events @ window, exposed @ window
    return np.asarray(np.divide(above, below, out=np.zeros_like(above), where=below > 0))


def _by_band(observed: Floats, expected: Floats, bands: tuple[int, ...]) -> Floats:
    """Shrunken factors districts × 1 × ages, one a district and band; inputs districts × sexes × ages."""
    ages = observed.shape[-1]
    out = np.ones((len(observed), 1, ages))
    for first, last in zip(bands, (*bands[1:], ages), strict=True):
        part = slice(first, last)
        factor = shrunken_factors(observed[..., part].sum(axis=(1, 2)), expected[..., part].sum(axis=(1, 2)))
        out[..., part] = factor[:, None, None]
    return out


def estimate(history: History, *, bands: tuple[int, ...] = BANDS, smoothing: int = SMOOTHING) -> Rates:
    """Rates to project with from the base years; arrivals are the yearly mean.

    Bands that begin beyond the last age are left out.
    """
    bands = tuple(band for band in bands if band < history.population.shape[-1])
    start = np.stack([aged(state) for state in history.population[:-1]])
    start[..., 0] = _births_by_sex(history)
    living = start - history.deaths

    def of_district(events: Floats, exposed: Floats, by: tuple[int, ...]) -> Floats:
        events, exposed = events.sum(axis=0), exposed.sum(axis=0)
        city = _smoothed(events.sum(axis=0), exposed.sum(axis=0), smoothing)
        return np.clip(city * _by_band(events, exposed * city, by), 0, 1)

    deaths = of_district(history.deaths, start, (0,))
    departures = of_district(history.departures, living, bands)
    moves = np.minimum(of_district(history.moved_out, living, bands), 1 - departures)
    years = len(history.births)
    arrivals = history.arrivals.sum(axis=0) / years
    came = _chosen(arrivals * years, living.sum(axis=0), bands) * arrivals.sum(axis=0)
    chosen = _chosen(history.moved_in.sum(axis=0), living.sum(axis=0), bands)
    return Rates(_fertility(history, start), deaths, departures, moves, came, chosen)


def _births_by_sex(history: History) -> Floats:
    # newborn are divided as in the projection itself
    return np.stack([history.births * BOYS, history.births * (1 - BOYS)], axis=-1)


def _chosen(events: Floats, persons: Floats, bands: tuple[int, ...]) -> Floats:
    """Share of each district among those who come, by sex and age; sums to 1 over districts."""
    city = persons.sum(axis=0)
    share = np.divide(persons, city, out=np.full_like(persons, 1 / len(persons)), where=city > 0)
    factor = _by_band(events, events.sum(axis=0) * share, bands)
    weighted = share * factor
    total = weighted.sum(axis=0)
    return np.asarray(np.divide(weighted, total, out=np.full_like(weighted, 1 / len(persons)), where=total > 0))


def _fertility(history: History, start: Floats) -> Floats:
    """Births per woman, districts × ages: the pattern, at the city's level, times the district's shrunken factor."""
    women = start[:, :, FEMALE].sum(axis=0)
    born = history.births.sum(axis=0)
    by_pattern = women @ history.fertility
    if by_pattern.sum() <= 0:
        return np.zeros_like(women)
    pattern = history.fertility * born.sum() / by_pattern.sum()
    return np.asarray(shrunken_factors(born, women @ pattern)[:, None] * pattern)
