"""The simulated people: calibrated figures, sound biographies, a social pattern in space."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from etl.sample import plan
from etl.sample.blocks import Housing
from etl.sample.city import City, build_city
from etl.sample.labour import unemployed
from etl.sample.movements import OUTSIDE, Event
from etl.sample.people import NOWHERE, People, Role, Sex, first_day
from etl.sample.register import Extract, extract
from etl.sample.simulation import Simulation, Year, simulate

# Published for 31.12.2023: per cent aged 0-17, 18-24, 25-29, 30-49, 50-64, 65 and over.
SHARES_2023 = (16.3, 6.3, 5.3, 26.6, 21.6, 23.8)
TOTAL_2023 = 84_119


@pytest.fixture(scope="session")
def extracts(city: City, life: tuple[Simulation, dict[int, Year]]) -> dict[int, Extract]:
    simulation, years = life
    return {y: extract(city, simulation.homes, y, years[y].people) for y in (2011, 2015, 2023, 2025)}


def _main(data: Extract) -> np.ndarray:
    return data.people.main_residence


def test_total_and_age_shares_follow_the_published_figures(extracts: dict[int, Extract]) -> None:
    data = extracts[2023]
    p = data.people.take(_main(data))
    assert len(p) == pytest.approx(TOTAL_2023, rel=0.002)
    group = np.searchsorted(plan.AGE_BOUNDS, p.age_on(2023), side="right") - 1
    assert np.bincount(group) / len(p) * 100 == pytest.approx(SHARES_2023, abs=0.35)
    assert (p.sex == Sex.FEMALE).mean() == pytest.approx(0.515, abs=0.006)


def test_the_city_grows_as_described(extracts: dict[int, Extract]) -> None:
    total = {y: int(_main(d).sum()) for y, d in extracts.items()}
    assert total[2011] == pytest.approx(75_600, rel=0.01)
    assert total[2015] == pytest.approx(79_500, rel=0.01)
    assert total[2025] == pytest.approx(84_300, rel=0.01)
    foreign = {y: float((d.people.nationality[_main(d)] != 0).mean()) for y, d in extracts.items()}
    assert foreign[2011] < foreign[2015] < foreign[2023] < foreign[2025]
    assert foreign[2025] == pytest.approx(0.14, abs=0.007)


@pytest.mark.parametrize("part", plan.STADTTEILE, ids=lambda part: part.name)
def test_stadtteile_have_their_size(extracts: dict[int, Extract], part: plan.Stadtteil) -> None:
    for year, people in ((2011, part.people_2010), (2025, part.people_2025)):
        data = extracts[year]
        here = int((_main(data) & (data.stadtteil == part.number)).sum())
        assert here == pytest.approx(people, rel=0.06)


def test_new_housing_fills_when_it_opens(city: City, extracts: dict[int, Extract]) -> None:
    for year, data in extracts.items():
        opened = city.addresses.opened[data.address[data.address >= 0]]
        assert opened.max() <= year
    opened = city.addresses.opened[extracts[2025].address[extracts[2025].address >= 0]]
    assert (opened > 2015).sum() > 3_000


def test_biographies_are_sound(life: tuple[Simulation, dict[int, Year]]) -> None:
    _, years = life
    mothers = {}
    for year in (2015, 2020, 2025):
        p = years[year].people
        assert len(np.unique(p.pid)) == len(p)
        assert (p.born < first_day(year + 1)).all()
        assert (p.moved_in < first_day(year + 1)).all()
        assert (p.moved_in >= p.born).all()
        assert p.age_on(year).max() <= 110
        household = p.take((p.role != Role.SECONDARY) & (p.dwelling != NOWHERE))
        heads = np.bincount(household.dwelling[household.role == Role.HEAD])
        assert heads.max() == 1, "two heads in one household"
        assert set(household.dwelling) == set(np.flatnonzero(heads)), "a household without a head"
        assert (household.age_on(year)[household.role == Role.HEAD] >= 18).all()
        mothers[year] = p
    earlier, later = years[2015].people, years[2025].people
    _, i, j = np.intersect1d(earlier.pid, later.pid, return_indices=True)
    assert len(i) > 30_000
    assert np.array_equal(earlier.born[i], later.born[j])
    assert (earlier.sex[i] == later.sex[j]).mean() > 0.999
    known = np.flatnonzero(np.isin(later.mother, later.pid))
    at = np.argsort(later.pid)
    mother = at[np.searchsorted(later.pid[at], later.mother[known])]
    gap = (later.born[known] - later.born[mother]) / 365.25
    assert gap.min() >= 14
    assert gap.max() < 52
    assert (later.sex[mother] != Sex.MALE).all()


def _balances(homes: int, before: People, state: Year) -> bool:
    """Residents before and the events of the year give the residents after, in every dwelling."""
    size = homes + 1  # the last one holds those without a fixed abode
    e, after = state.events, state.people.take(state.people.main_residence)
    residents = np.bincount(before.dwelling[before.main_residence] % size, minlength=size)
    residents += np.bincount(e.target[e.target != OUTSIDE] % size, minlength=size)
    residents -= np.bincount(e.origin[e.origin != OUTSIDE] % size, minlength=size)
    return np.array_equal(residents, np.bincount(after.dwelling % size, minlength=size))


def test_the_books_balance(life: tuple[Simulation, dict[int, Year]]) -> None:
    """For the city, and for every dwelling (moves within the city included)."""
    simulation, years = life
    for year in range(2012, 2026):
        m = years[year].movements
        before, after = (int(years[y].people.main_residence.sum()) for y in (year - 1, year))
        assert before + m[Event.BIRTH] - m[Event.DEATH] + m[Event.ARRIVAL] - m[Event.DEPARTURE] == after
        assert _balances(len(simulation.homes), years[year - 1].people, years[year])
        assert 600 < m[Event.BIRTH] < 1_100
        assert 650 < m[Event.DEATH] < 1_250
        assert 3_800 < m[Event.DEPARTURE] < 6_000
        assert m[Event.MOVE] > 2_000


@pytest.mark.parametrize("seed", [2, 3, 4])
def test_the_books_of_other_cities_balance(seed: int) -> None:
    simulation = Simulation(build_city(seed, 0.02))
    states = list(simulate(simulation, tuple(range(2011, 2026))))
    for before, now in pairwise(states):
        assert _balances(len(simulation.homes), before.people, now)


def test_events_are_sound(life: tuple[Simulation, dict[int, Year]]) -> None:
    _, years = life
    for year in (2013, 2020, 2025):
        e = years[year].events
        kind, p = e.kind, e.people
        assert p.main_residence.all()
        assert ((e.day >= first_day(year)) & (e.day < first_day(year + 1))).all()
        assert (e.day >= p.born).all()
        enters = np.isin(kind, (Event.BIRTH, Event.ARRIVAL, Event.MOVE))
        leaves = np.isin(kind, (Event.DEATH, Event.DEPARTURE, Event.MOVE))
        assert np.array_equal(e.target != OUTSIDE, enters)
        assert np.array_equal(e.origin != OUTSIDE, leaves)
        moves = kind == Event.MOVE
        assert (e.origin[moves] != e.target[moves]).all()
        births = kind == Event.BIRTH
        assert (e.day[births] == p.born[births]).all()
        # A newborn may move or leave in the year of birth; otherwise nobody has two events.
        _, count = np.unique(p.pid[~births], return_counts=True)
        assert count.max() == 1
        assert np.isin(p.pid[births], p.pid[~births]).any()
        assert not np.isin(p.pid[births], p.pid[kind == Event.ARRIVAL]).any()


def test_social_pattern_in_space(city: City, extracts: dict[int, Extract]) -> None:
    data = extracts[2025]
    inside = np.flatnonzero(_main(data) & (data.address >= 0))
    block = city.addresses.block[data.address[inside]]
    status = city.blocks.status[block]
    foreign = data.people.nationality[inside] != 0
    jobless = unemployed(city, data)[inside]
    age = data.people.age_on(2025)[inside]
    working = (age >= 15) & (age < 65)
    low, high = status < -1, status > 0.5
    assert foreign[low].mean() > 2 * foreign[high].mean()
    assert jobless[low & working].mean() > 2 * jobless[high & working].mean()
    assert 0.03 < jobless[working].mean() < 0.07
    housing = city.blocks.housing[block]
    assert (age[housing == Housing.ESTATE] < 18).mean() > (age[housing == Housing.APARTMENTS] < 18).mean()


def test_most_unemployed_remain_so_for_a_while(
    city: City, life: tuple[Simulation, dict[int, Year]], extracts: dict[int, Extract]
) -> None:
    simulation, years = life
    before = extract(city, simulation.homes, 2024, years[2024].people)
    now = extracts[2025]
    was, still = (d.people.pid[unemployed(city, d)] for d in (before, now))
    here = was[np.isin(was, now.people.pid)]
    assert 0.5 < np.isin(here, still).mean() < 0.95
