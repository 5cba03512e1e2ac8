"""Work and welfare of the whole city: levels, logic between the flags, pattern in space, slow drift."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.sample import plan
from etl.sample.city import City
from etl.sample.families import LONE_PARENT, Families, families
from etl.sample.people import Role
from etl.sample.register import Extract, extract
from etl.sample.simulation import Simulation, Year
from etl.sample.situation import Situation, age_limit_reached, situation

YEARS = (2015, 2016, 2017, 2022, 2023, 2025)


@dataclass(frozen=True)
class State:
    data: Extract
    homes: Families
    found: Situation

    @property
    def age(self) -> np.ndarray:
        return self.data.people.age_on(self.data.year)

    @property
    def main(self) -> np.ndarray:
        return self.data.people.main_residence


@pytest.fixture(scope="module")
def states(city: City, life: tuple[Simulation, dict[int, Year]]) -> dict[int, State]:
    simulation, years = life
    result = {}
    for year in YEARS:
        data = extract(city, simulation.homes, year, years[year].people)
        homes = families(data)
        result[year] = State(data, homes, situation(city, data, homes))
    return result


@pytest.mark.parametrize("year", YEARS)
def test_levels(states: dict[int, State], year: int) -> None:
    s = states[year]
    f, age, main = s.found, s.age, s.main
    working = main & (age >= 15) & (age < 65)
    assert 0.62 < f.employed[working].mean() < 0.67
    assert 0.035 < (f.unemployed[working] > 0).mean() < 0.055
    assert 0.5 < (f.unemployed == 2).sum() / (f.unemployed > 0).sum() < 0.7
    assert 0.07 < (f.sgb2 > 0).sum() / (main & ~f.over_limit).sum() < 0.10
    assert 0.11 < (f.sgb2 > 0)[main & (age < 15)].mean() < 0.16
    assert 0.028 < (f.sgb12 == 4)[main & f.over_limit].mean() < 0.045
    assert 0.2 < f.working_elb.sum() / (f.sgb2 == 1).sum() < 0.3
    benefit = f.wohngeld.sum() / len(s.homes)
    assert (0.02 if year >= 2023 else 0.008) < benefit < (0.035 if year >= 2023 else 0.015)


def test_waves_and_reforms(states: dict[int, State]) -> None:
    seekers = {y: int(s.found.asylblg.sum()) for y, s in states.items()}
    assert seekers[2015] > 1.5 * seekers[2017] > 0
    assert seekers[2023] > 1.1 * seekers[2017]
    advances = {y: s.found.uvg for y, s in states.items()}
    assert states[2016].age[advances[2016]].max() == 11
    assert states[2017].age[advances[2017]].max() == 17
    assert advances[2017].sum() > 1.3 * advances[2016].sum()


@pytest.mark.parametrize("year", YEARS)
def test_flags_are_consistent(states: dict[int, State], year: int) -> None:
    s = states[year]
    f, age, homes = s.found, s.age, s.homes
    for field in fields(f):
        values = getattr(f, field.name)
        assert len(values) == len(age)
        if field.name not in ("over_limit", "bg"):
            assert not values[~s.main].any(), field.name
    jobless, elb = f.unemployed > 0, f.sgb2 == 1
    assert not (jobless & (f.employed | f.minor_job)).any()
    assert not (f.employed & f.minor_job).any()
    assert not ((f.employed | f.minor_job | jobless) & ((age < 15) | (age >= 65))).any()
    assert not ((f.part_time | f.no_degree) & ~f.employed).any()
    assert np.array_equal(f.unemployed == 2, jobless & elb)
    assert not (f.long_term & ~jobless).any()
    assert np.array_equal(f.sgb2 == 2, (f.sgb2 > 0) & (age < 15))
    assert not ((f.sgb2 > 0) & f.over_limit).any()
    assert np.array_equal(f.bg >= 0, f.sgb2 > 0)
    assert not (f.working_elb & ~(elb & (f.employed | f.minor_job))).any()
    # Nobody draws two of these at once.
    drawn = (f.sgb2 > 0).astype(int) + (f.sgb12 > 0) + f.asylblg
    assert drawn.max() == 1
    assert not (f.wohngeld & (drawn > 0)).any()
    assert (s.data.people.role[f.wohngeld] == Role.HEAD).all()
    assert not (f.institution & (f.sgb12 == 0)).any()
    assert np.array_equal(f.lone_parent, homes.each(homes.kind == LONE_PARENT) > 0)
    assert not (f.uvg & ~f.lone_parent).any()


@pytest.mark.parametrize("year", YEARS)
def test_communities_are_parts_of_one_household_and_can_work(states: dict[int, State], year: int) -> None:
    s = states[year]
    f, inside = s.found, s.found.bg >= 0
    _, number = np.unique(f.bg[inside], return_inverse=True)
    assert (np.bincount(number, weights=f.sgb2[inside] == 1) >= 1).all()
    home = s.homes.of[inside]
    housed = home >= 0
    assert np.array_equal(f.bg[inside][housed], home[housed])
    assert np.unique(f.bg[inside][~housed]).size == (~housed).sum() > 10


def test_poverty_differs_between_parts_of_the_city(city: City, states: dict[int, State]) -> None:
    s = states[2025]
    block = city.addresses.block[np.maximum(s.data.address, 0)]
    child = s.main & (s.age < 15) & (s.data.address >= 0)
    # About sixteen districts: Stadtteile cut into bands by status would be too kind, by position is fair.
    x = city.addresses.xy[np.maximum(s.data.address, 0), 1]
    shares = []
    for part in plan.STADTTEILE:
        mine = child & (city.blocks.stadtteil[block] == part.number)
        bands = np.digitize(x, np.quantile(x[mine], [0.33, 0.66]))
        shares += [float((s.found.sgb2[mine & (bands == b)] == 2).mean()) for b in range(3)]
    assert min(shares) < 0.09
    assert max(shares) > 0.2
    assert max(shares) < 0.4


def test_lone_parents_are_poorer(states: dict[int, State]) -> None:
    s = states[2025]
    child = s.main & (s.age < 15)
    lone = s.found.lone_parent
    assert (s.found.sgb2[child & lone] > 0).mean() > 1.8 * (s.found.sgb2[child & ~lone] > 0).mean()


def test_the_situation_drifts_slowly(states: dict[int, State]) -> None:
    before, now = states[2016], states[2017]
    _, i, j = np.intersect1d(before.data.people.pid, now.data.people.pid, return_indices=True)
    still = now.found.sgb2[j][before.found.sgb2[i] > 0] > 0
    assert 0.65 < still.mean() < 0.97
    employed = now.found.employed[j][before.found.employed[i]]
    assert 0.85 < employed.mean() < 0.99


def test_quarters_lead_to_the_end_of_the_year(city: City, states: dict[int, State]) -> None:
    s = states[2022]
    june = situation(city, s.data, s.homes, month=6)
    assert 0.95 < june.employed.sum() / s.found.employed.sum() < 1.05
    assert not np.array_equal(june.employed, s.found.employed)
    assert (june.over_limit & ~s.found.over_limit).sum() == 0
    assert (s.found.over_limit & ~june.over_limit).sum() > 100


@pytest.mark.parametrize(
    "born,reached",
    [
        ("1946-12-31", "2011-12"),  # 65 years
        ("1947-01-01", "2012-02"),  # and one month
        ("1958-12-01", "2024-12"),  # 66 years
        ("1959-01-31", "2025-03"),  # and two months
        ("1959-10-15", "2025-12"),
        ("1959-11-01", "2026-01"),
        ("1963-12-31", "2030-10"),  # and ten months
        ("1964-06-15", "2031-06"),  # 67 years
    ],
)
def test_age_limit_by_cohort(born: str, reached: str) -> None:
    """Reached at the end of the month in which the age is completed, and not a month earlier."""
    day = np.array([np.datetime64(born, "D").astype(np.int64)])
    year, month = (int(part) for part in reached.split("-"))
    assert age_limit_reached(day, year, month).all()
    assert not age_limit_reached(day, *((year, month - 1) if month > 1 else (year - 1, 12))).any()


@given(
    st.integers(min_value=-20_000, max_value=12_000), st.integers(min_value=0, max_value=800),
    st.integers(min_value=0, max_value=1_400),
)  # fmt: skip
def test_who_is_older_reaches_the_limit_no_later(born: int, younger: int, months: int) -> None:
    """And who has reached it does not lose it."""
    year, month = 1990 + months // 12, 1 + months % 12
    older, later = age_limit_reached(np.array([born, born + younger]), year, month)
    assert older or not later
    if older:
        assert age_limit_reached(np.array([born]), year + month // 12, 1 + month % 12).all()


def test_share_of_a_cohort_below_the_limit() -> None:
    """Two twelfths of 1959 are below the limit on 31.12.2025, all of it a year earlier, none of 1958."""
    days = np.arange(np.datetime64("1959-01-01", "D"), np.datetime64("1960-01-01", "D")).astype(np.int64)
    assert (~age_limit_reached(days, 2025)).sum() == 30 + 31
    assert not age_limit_reached(days, 2024).any()
    assert age_limit_reached(days - 365, 2024).all()
