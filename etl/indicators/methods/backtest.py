"""How far a projection would have been off: fitted on earlier years, compared with what came, beside simple guesses.

Smith, Tayman and Swanson (2013), ch. 13: percentage errors by area, their mean with and without sign. On synthetic data
this tests the software only and says nothing about how well a real city can be projected.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from etl.indicators.methods.local_rates import History, estimate
from etl.indicators.methods.projection import CONSTANT, Housing, Scenario, project

Floats = NDArray[np.float64]
COHORTS, SAME, LINEAR = "Kohorten", "wie im letzten Jahr", "linearer Trend"


@dataclass(frozen=True)
class Errors:
    """Projected against actual persons of one year; percentages of the actual, NaN where nobody lives.

    ``error`` projected - actual by district (persons), ``percent`` the same in percent.
    """

    projected: Floats
    actual: Floats

    @property
    def error(self) -> Floats:
        return self.projected - self.actual

    @property
    def percent(self) -> Floats:
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(self.actual > 0, 100 * self.error / self.actual, np.nan)

    @property
    def mean_absolute_percent(self) -> float:
        """Mean size of the districts' errors in percent (MAPE); every district counts alike."""
        return _mean(np.abs(self.percent))

    @property
    def weighted_absolute_percent(self) -> float:
        """Sum of the errors' sizes in percent of all persons; every person counts alike."""
        return 100 * float(np.abs(self.error).sum() / self.actual.sum()) if self.actual.sum() > 0 else float("nan")

    @property
    def mean_percent(self) -> float:
        """Mean of the errors with their signs: above 0 projects too many."""
        return _mean(self.percent)

    @property
    def largest_percent(self) -> float:
        """Size of the largest error of a district."""
        sizes = np.abs(self.percent)
        return float("nan") if np.isnan(sizes).all() else float(np.nanmax(sizes))


def _mean(values: Floats) -> float:
    return float("nan") if np.isnan(values).all() else float(np.nanmean(values))


@dataclass(frozen=True)
class Backtest:
    """Errors in the last year by method, and by method the mean size of errors in percent for every year ahead."""

    fitted_years: int
    ahead: int
    last: Mapping[str, Errors]
    by_year: Mapping[str, Floats]

    def gain(self, method: str = COHORTS, beside: str = SAME) -> float:
        """Share of the simple guess's error that the method saves; negative where it is worse."""
        other = self.last[beside].weighted_absolute_percent
        return 1 - self.last[method].weighted_absolute_percent / other if other > 0 else float("nan")


def same_as_last(totals: ArrayLike, ahead: int) -> Floats:
    """The last known totals (years × districts) repeated, ``ahead`` × districts."""
    known = np.asarray(totals, dtype=np.float64)
    return np.repeat(known[-1:], ahead, axis=0)


def linear_trend(totals: ArrayLike, ahead: int) -> Floats:
    """Straight line by least squares through the known totals of each district, carried on; never below 0."""
    known = np.asarray(totals, dtype=np.float64)
    if len(known) < 2:
        raise ValueError("a trend needs at least two years")
    t = np.arange(len(known)) - (len(known) - 1) / 2
    slope = t @ known / (t @ t)
    later = np.arange(len(known), len(known) + ahead) - (len(known) - 1) / 2
    return np.asarray(np.maximum(known.mean(axis=0) + later[:, None] * slope, 0))


def backtest(
    history: History,
    fitted_years: int,
    *,
    ages: slice = slice(None),
    scenario: Scenario = CONSTANT,
    housing: Housing | None = None,
) -> Backtest:
    """Fit on the first ``fitted_years`` years of events, project the rest, compare persons of ``ages`` by district.

    With 2015 … 2025 as populations, 5 fits on 2016–2020 and projects 2020 → 2025. Nothing after the fitted years is
    used; new dwellings only as far as they were known then (``housing``).
    """
    ahead = len(history.population) - 1 - fitted_years
    if fitted_years < 1 or ahead < 1:
        raise ValueError(f"{len(history.population)} populations leave no year to compare after {fitted_years} fitted")
    past = history.until(fitted_years)
    totals = history.population[..., ages].sum(axis=(2, 3))
    known, actual = totals[: fitted_years + 1], totals[fitted_years + 1 :]
    made = project(past.population[-1], estimate(past), ahead, scenario, housing)
    guesses = {
        COHORTS: made.population[1:, ..., ages].sum(axis=(2, 3)),
        SAME: same_as_last(known, ahead),
        LINEAR: linear_trend(known, ahead),
    }
    by_year = {
        name: np.array([Errors(p, a).weighted_absolute_percent for p, a in zip(guess, actual, strict=True)])
        for name, guess in guesses.items()
    }
    return Backtest(fitted_years, ahead, {name: Errors(g[-1], actual[-1]) for name, g in guesses.items()}, by_year)
