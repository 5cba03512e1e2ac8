"""Cohort component projection of districts: single years of age × two sexes, 31 December to 31 December.

Preston, Heuveline and Guillot (2001), Demography, ch. 6 (cohort component method); Smith, Tayman and Swanson (2013), A
Practitioner's Guide to State and Local Population Projections, ch. 7 and 10. Arrays are districts × sexes × ages; ages
are completed years on 31 December and the last age is open. Sexes: 0 male, 1 female. Events of a year are counted at
the age reached on its 31 December (also for those who died or left), so that every rate belongs to one birth cohort.
Persons are fractions here; nothing is rounded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
MALE, FEMALE = 0, 1
BOYS = 0.513
"""Share of boys among the newborn, long-term mean of German vital statistics."""


@dataclass(frozen=True)
class Rates:
    """What happens in a year, before a scenario changes it.

    ``fertility`` districts × ages: births per woman, by the age she reaches in the year. ``deaths``: chance to die.
    ``departures``: probability of survivors to leave the city. ``moves``: of survivors to move within it. ``arrivals``:
    persons who come to the city, districts × sexes × ages. ``chosen``: share of the movers within the city of a sex and
    age who go to the district; sums to 1 over districts.
    """

    fertility: Floats
    deaths: Floats
    departures: Floats
    moves: Floats
    arrivals: Floats
    chosen: Floats

    def __post_init__(self) -> None:
        shape = self.deaths.shape
        if len(shape) != 3 or shape[1] != 2 or self.fertility.shape != (shape[0], shape[2]):
            raise ValueError(f"rates are districts × 2 sexes × ages, not {shape} with {self.fertility.shape}")
        for field in fields(self)[1:]:
            values = getattr(self, field.name)
            if values.shape != shape or not np.all(values >= 0):
                raise ValueError(f"{field.name} must be known, not negative and of shape {shape}")
        for name in ("deaths", "departures", "moves", "chosen"):
            if np.any(getattr(self, name) > 1 + 1e-9):
                raise ValueError(f"{name} holds a probability above 1")
        going = self.moves.sum(axis=0) > 0
        if not np.allclose(self.chosen.sum(axis=0)[going], 1):
            raise ValueError("the shares of the districts that movers choose must sum to 1")


@dataclass(frozen=True)
class Scenario:
    """Factors on the rates of every year; ``mortality_change`` is added up year by year (-0.01: 1 % less a year)."""

    name: str
    fertility: float = 1.0
    mortality_change: float = 0.0
    arrivals: float = 1.0
    departures: float = 1.0
    housing: float = 1.0


CONSTANT = Scenario("unverändert")


@dataclass(frozen=True)
class Housing:
    """New dwellings, years × districts (first row: first projected year), and who moves in.

    ``persons``: persons a dwelling by sex and age (2 × ages). ``from_city``: share of them who leave another dwelling
    of the same city; the others come from outside.
    """

    dwellings: Floats
    persons: Floats
    from_city: float = 0.5

    def __post_init__(self) -> None:
        if not (np.all(self.dwellings >= 0) and np.all(self.persons >= 0) and 0 <= self.from_city <= 1):
            raise ValueError("dwellings and persons must not be negative, the share from the city lies in 0 to 1")


@dataclass(frozen=True)
class Projection:
    """``population``: years + 1 (the first is the base) × districts × sexes × ages; ``flows`` by name: years ×
    districts, persons: geburten, tode, zuzuege, fortzuege, umzuege_zu, umzuege_fort, neubau_zu, neubau_fort."""

    scenario: Scenario
    population: Floats
    flows: Mapping[str, Floats]

    @property
    def totals(self) -> Floats:
        """Persons by year × district."""
        return np.asarray(self.population.sum(axis=(2, 3)))


def aged(population: Floats) -> Floats:
    """Everybody a year older, nobody aged 0; the open last age gathers."""
    out = np.zeros_like(population)
    out[..., 1:] = population[..., :-1]
    out[..., -1] += population[..., -1]
    return out


def _newborn(women: Floats, fertility: Floats) -> Floats:
    """Births, districts × sexes."""
    births = (women * fertility).sum(axis=-1)
    return np.stack([births * BOYS, births * (1 - BOYS)], axis=-1)


def step(
    population: Floats, rates: Rates, scenario: Scenario = CONSTANT, year: int = 1
) -> tuple[Floats, dict[str, Floats]]:
    """The population a year later and the flows by district, without new housing. ``year``: 1 the first projected."""
    start = aged(population)
    births = _newborn(start[:, FEMALE], rates.fertility * scenario.fertility)
    start[..., 0] = births
    died = start * np.clip(rates.deaths * (1 + scenario.mortality_change) ** (year - 1), 0, 1)
    living = start - died
    leaving = np.clip(rates.departures * scenario.departures, 0, 1)
    # nobody leaves twice: who leaves the city does not also move within it
    moving = np.minimum(rates.moves, 1 - leaving)
    gone, moved = living * leaving, living * moving
    came = rates.arrivals * scenario.arrivals
    settled = moved.sum(axis=0) * rates.chosen
    flows = {
        "geburten": births,
        "tode": died,
        "zuzuege": came,
        "fortzuege": gone,
        "umzuege_zu": settled,
        "umzuege_fort": moved,
    }
    by_district = {name: flow.reshape(len(flow), -1).sum(axis=1) for name, flow in flows.items()}
    return living - gone - moved + came + settled, by_district


def settle(population: Floats, dwellings: Floats, housing: Housing) -> tuple[Floats, Floats, Floats]:
    """New dwellings (by district) occupied: the population, persons who came and persons who left, by district.

    Those who come from the city leave every district in proportion to its persons of their sex and age; where the city
    has fewer of them than the dwellings would take, the others come from outside.
    """
    coming = dwellings[:, None, None] * housing.persons
    there = population.sum(axis=0)
    wanted = coming.sum(axis=0) * housing.from_city
    taken = np.minimum(wanted, there)
    leaving = population * np.divide(taken, there, out=np.zeros_like(there), where=there > 0)
    return population - leaving + coming, coming.sum(axis=(1, 2)), leaving.sum(axis=(1, 2))


def project(
    population: ArrayLike,
    rates: Rates,
    years: int,
    scenario: Scenario = CONSTANT,
    housing: Housing | None = None,
) -> Projection:
    """``years`` years from a base population (districts × 2 × ages) with rates held but for the scenario's factors."""
    base = np.asarray(population, dtype=np.float64)
    if base.shape != rates.deaths.shape:
        raise ValueError(f"the population has shape {base.shape}, the rates have {rates.deaths.shape}")
    if not np.all(base >= 0):
        raise ValueError("every district needs a known population of every sex and age")
    if housing is not None and (
        housing.dwellings.shape != (years, len(base)) or housing.persons.shape != base.shape[1:]
    ):
        raise ValueError(f"new dwellings are {years} years × {len(base)} districts, persons {base.shape[1:]}")
    states, flows = [base], []
    for year in range(1, years + 1):
        state, flow = step(states[-1], rates, scenario, year)
        flow["neubau_zu"] = flow["neubau_fort"] = np.zeros(len(base))
        if housing is not None:
            built = housing.dwellings[year - 1] * scenario.housing
            state, flow["neubau_zu"], flow["neubau_fort"] = settle(state, built, housing)
        states.append(state)
        flows.append(flow)
    names = flows[0] if flows else {}
    return Projection(scenario, np.stack(states), {name: np.stack([flow[name] for flow in flows]) for name in names})
