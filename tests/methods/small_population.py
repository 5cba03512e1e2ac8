"""A city of six districts lived through by chance: known rates, drawn events, ten years."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from etl.indicators.methods.age_split import AGES
from etl.indicators.methods.projection import BOYS, Rates, aged

YEARS = 10


@dataclass(frozen=True)
class Lived:
    """``population``: years + 1 × districts × 2 × ages; births and deaths: years × districts."""

    population: np.ndarray
    births: np.ndarray
    deaths: np.ndarray


def fertility() -> np.ndarray:
    """About 1.4 children a woman around age 31."""
    ages = np.arange(AGES)
    pattern = np.where((ages >= 15) & (ages < 50), np.exp(-(((ages - 31) / 5.5) ** 2) / 2), 0)
    return 1.4 * pattern / pattern.sum()


def rates(districts: int = 6) -> Rates:
    """Plausible rates; the districts differ in how many leave and come."""
    ages = np.arange(AGES, dtype=float)
    level = np.linspace(0.7, 1.3, districts)[:, None, None]
    death = np.clip(0.00005 * np.exp(0.098 * ages), 0.0002, 1) * np.ones((districts, 2, 1))
    young = np.exp(-(((ages - 25) / 8) ** 2) / 2)
    departures = (0.02 + 0.09 * young) * level * np.ones((1, 2, 1))
    moves = (0.02 + 0.06 * young) * level * np.ones((1, 2, 1))
    arrivals = (2 + 28 * young) * level * np.ones((1, 2, 1))
    chosen = np.broadcast_to(level / level.sum(), (districts, 2, AGES)).copy()
    return Rates(np.tile(fertility(), (districts, 1)), death, departures, moves, arrivals, chosen)


def population(districts: int = 6, seed: int = 2) -> np.ndarray:
    """Young families in the first districts, older people in the last."""
    ages = np.arange(AGES)
    rng = np.random.default_rng(seed)
    shapes = [40 * np.exp(-((ages - centre) ** 2) / 1800) + 8 for centre in np.linspace(20, 65, districts)]
    return rng.poisson(np.repeat(np.array(shapes)[:, None], 2, axis=1) * 1.8).astype(float)


def lived(seed: int = 4, years: int = YEARS) -> Lived:
    """Events drawn person by person, so that every later population follows from them."""
    known, rng = rates(), np.random.default_rng(seed)
    states, drawn = [population()], {name: [] for name in ("births", "deaths")}
    for _ in range(years):
        start = aged(states[-1])
        births = rng.poisson((start[:, 1] * known.fertility).sum(axis=-1))
        boys = rng.binomial(births, BOYS)
        start[..., 0] = np.stack([boys, births - boys], axis=-1)
        deaths = rng.binomial(start.astype(int), known.deaths)
        living = start - deaths
        out = rng.binomial(living.astype(int), known.departures)
        moved = rng.binomial((living - out).astype(int), known.moves / (1 - known.departures))
        into = rng.multinomial(moved.sum(axis=0), np.moveaxis(known.chosen, 0, -1)).transpose(2, 0, 1)
        came = rng.poisson(known.arrivals)
        for name, value in zip(drawn, (births, deaths.sum(axis=(1, 2))), strict=True):
            drawn[name].append(value.astype(float))
        states.append(living - out - moved + into + came)
    return Lived(np.stack(states), np.stack(drawn["births"]), np.stack(drawn["deaths"]))
