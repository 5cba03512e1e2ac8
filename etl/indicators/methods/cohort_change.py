"""Rates of a projection from two stocks five years apart: what births and deaths leave unexplained is net migration.

Needs nothing but persons by age and sex, births and deaths, all of which a release shows for districts; gross moves by
age it does not show. Cohort-change (residual) method: Hamilton and Perry (1962), Social Forces 41, 163-170; Smith,
Tayman and Swanson (2013), A Practitioner's Guide to State and Local Population Projections, ch. 8. Districts borrow the
city's pattern by age; their own level is drawn towards it (Marshall 1991, Applied Statistics 40, 283-294).

Arrays: areas × sexes × ages (single years, the last open); sexes 0 male, 1 female. Ages of events are those reached in
the year, as in ``projection``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from etl.indicators.methods.local_rates import shrunken_factors
from etl.indicators.methods.projection import BOYS, FEMALE, Rates

Floats = NDArray[np.float64]
SPAN = 5
"""Years between the stocks, and width of a band of ages."""
BROAD = (0, 20, 30, 50)
"""First ages of the bands in which districts may differ in net moves: families, leaving home, settling, later life."""


@dataclass(frozen=True)
class Pattern:
    """What is assumed: births by woman and year, chance to die by sex, both by age; only their shape counts.

    ``turnover``: moves in and out by person and year, which is the noise of a net rate. ``persistence``: share of an
    area's own deviation from the city that goes on; new quarters fill up once.
    """

    fertility: Floats
    mortality: Floats
    turnover: float = 0.2
    persistence: float = 1.0


@dataclass(frozen=True)
class Change:
    """Two stocks, ``SPAN`` years apart, and births and deaths of the years between by area (NaN where unknown)."""

    first: Floats
    last: Floats
    births: Floats
    deaths: Floats

    def __post_init__(self) -> None:
        shape = self.first.shape
        if len(shape) != 3 or shape[1] != 2 or self.last.shape != shape:
            raise ValueError(f"stocks are areas × 2 sexes × ages, not {shape} and {self.last.shape}")
        if self.births.shape != shape[:1] or self.deaths.shape != shape[:1]:
            raise ValueError("births and deaths are one number an area")
        if not (np.all(self.first >= 0) and np.all(self.last >= 0)):
            raise ValueError("every stock must be known and not negative")


def levels(observed: ArrayLike, expected: ArrayLike) -> Floats:
    """Factor on the expected events by area: the city's level times the area's shrunken one; unknown areas: the city's.

    All 1 where nothing was observed or expected.
    """
    seen, due = np.asarray(observed, dtype=np.float64), np.asarray(expected, dtype=np.float64)
    known = ~np.isnan(seen) & (due > 0)
    total = due[known].sum()
    if total <= 0 or seen[known].sum() <= 0:
        return np.ones_like(due)
    city = seen[known].sum() / total
    own = np.ones_like(due)
    own[known] = shrunken_factors(seen[known], due[known] * city)
    return np.asarray(city * own)


def survival(deaths: Floats) -> tuple[Floats, Floats]:
    """Chance to live through five years by age at their beginning, and of newborn by the age they reach (0 … 4)."""
    ages = deaths.shape[-1]
    staying = 1 - deaths
    whole = np.ones_like(deaths)
    for step in range(1, SPAN + 1):
        whole *= staying[..., np.minimum(np.arange(ages) + step, ages - 1)]
    newborn = np.asarray(np.cumprod(staying[..., :SPAN], axis=-1), dtype=np.float64)
    return whole, newborn


def expected(change: Change, deaths: Floats, births: Floats) -> Floats:
    """The last stock if nobody had moved, from the chance to die (areas × 2 × ages) and the births of five years."""
    whole, newborn = survival(deaths)
    out = np.zeros(change.last.shape)
    out[..., SPAN:] = (change.first * whole)[..., :-SPAN]
    # all who were beyond the last ages before are in the open one now
    out[..., -1] += (change.first * whole)[..., -SPAN:].sum(axis=-1)
    sexes = np.array([BOYS, 1 - BOYS])
    out[..., :SPAN] = births[:, None, None] / SPAN * sexes[None, :, None] * newborn
    return out


def _bands(persons: Floats) -> Floats:
    """Sums over bands of five ages; the open last age is a band of its own."""
    closed = persons[..., :-1]
    summed = closed.reshape(*closed.shape[:-1], -1, SPAN).sum(axis=-1)
    return np.concatenate([summed, persons[..., -1:]], axis=-1)


def net_rates(change: Change, without: Floats, pattern: Pattern) -> Floats:
    """Net moves by person and year, areas × 2 × ages, from the difference to the stock ``without`` moves."""
    moved = _bands(change.last) - _bands(without)
    lived = SPAN * (_bands(change.last) + _bands(without)) / 2
    lived[..., 0] /= 2  # who was born in these years lived half of them
    city = _ratio(moved.sum(axis=0), lived.sum(axis=0))
    starts = np.arange(moved.shape[-1]) * SPAN
    rates = np.broadcast_to(city, moved.shape).copy()
    for low, high in zip(BROAD, (*BROAD[1:], starts[-1] + 1), strict=True):
        part = (starts >= low) & (starts < high)
        own = (moved - city * lived)[..., part].sum(axis=(1, 2))
        years = lived[..., part].sum(axis=(1, 2))
        drawn = _drawn_in(_ratio(own, years), years, pattern.turnover)
        rates[..., part] += pattern.persistence * drawn[:, None, None]
    # a band's cohort reaches, on average over the five years, the first age of its band; newborn the first birthday
    nodes = starts.astype(np.float64)
    nodes[0] = 1
    ages = np.arange(change.first.shape[-1])
    flat = rates.reshape(-1, rates.shape[-1])
    return np.array([np.interp(ages, nodes, line) for line in flat]).reshape(change.first.shape)


def _ratio(above: Floats, below: Floats) -> Floats:
    return np.divide(above, below, out=np.zeros_like(above), where=below > 0)


def _drawn_in(deviation: Floats, years: Floats, turnover: float) -> Floats:
    """Deviations of areas from the city, drawn towards 0 as far as chance explains them."""
    total = years.sum()
    if total <= 0 or len(years) < 2:
        return np.zeros_like(deviation)
    noise = turnover / np.maximum(years, 1e-9)
    between = float((years * deviation**2).sum() / total) - turnover * len(years) / total
    return deviation * between / (between + noise) if between > 0 else np.zeros_like(deviation)


def estimate(change: Change, pattern: Pattern) -> Rates:
    """Rates to project with. Ages that gain do so by as many persons a year as in the base years; ages that lose, lose
    the same share; nobody moves within the city apart from that."""
    lived = SPAN * (change.first + change.last) / 2
    due = lived * pattern.mortality
    deaths = np.clip(pattern.mortality * levels(change.deaths, due.sum(axis=(1, 2)))[:, None, None], 0, 1)
    born = lived[:, FEMALE] @ pattern.fertility
    level = levels(change.births, born)
    births = np.where(np.isnan(change.births), born * level, change.births)
    rates = net_rates(change, expected(change, deaths, births), pattern)
    arrivals = np.maximum(rates, 0) * (change.first + change.last) / 2
    still = np.zeros_like(rates)
    return Rates(
        fertility=level[:, None] * pattern.fertility, deaths=deaths, departures=np.clip(-rates, 0, 1), moves=still,
        arrivals=arrivals, chosen=still,
    )  # fmt: skip
