"""The yearly life of the city: deaths, births, leaving home, couples, moves, new housing, arrivals.

Events of a year happen in this order and are all dated within it. Nothing loops over persons. Arrivals are drawn so
that total, age groups and share of foreign nationals follow the calibrated path in ``plan``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce

import numpy as np

from etl.sample import demography, plan
from etl.sample.city import City, generator
from etl.sample.dwellings import Dwellings, build_dwellings
from etl.sample.geometry import Bools, Floats, Ints
from etl.sample.households import Register, make_households, newborns
from etl.sample.movements import Event, Events, events_of
from etl.sample.nationalities import GERMAN, foreign_keys
from etl.sample.people import NOWHERE, Marital, People, Role, Sex, days_of_year, first_day
from etl.sample.steering import Steering, steer

_HOMELESS = 0.0005
_SECONDARY = 0.022
_NATURALISED = 0.018
_VACANT = 0.02
_LEAVE_CITY = 0.62
"""Share of moving households that leave the city; the others move within it."""


@dataclass(frozen=True)
class Year:
    """The residents on 31 December, and what happened during the year."""

    year: int
    people: People
    events: Events

    @property
    def movements(self) -> dict[Event, int]:
        """Number of events by kind, in persons."""
        return {kind: int((self.events.kind == kind).sum()) for kind in Event}


class Simulation:
    """The state from one 31 December to the next."""

    def __init__(self, city: City) -> None:
        self.city = city
        self.homes: Dwellings = build_dwellings(city)
        self.rng = generator(city.seed, 5)
        self.register = Register()
        self.year = plan.FIRST_YEAR
        self.people = self._settle()
        self._dead: People
        self._born: People
        self._gone: list[People] = []

    # -- start -----------------------------------------------------------------------------------------------------

    def _settle(self) -> People:
        old = np.flatnonzero(self.homes.opened == 0)
        vacant = self.rng.random(len(old)) < 0.02
        people = make_households(
            self.rng,
            self.register,
            self.homes,
            old[~vacant],
            self.year,
            weights=demography.head_ages_initial(),
            steering=Steering(np.array([1.35, 1.1, 0.97, 1.02, 0.96]), 0.82, 0.95, -0.85),
            settled=True,
        )
        return people.joined(self._secondary(round(_SECONDARY * len(people)), self.year))

    def _secondary(self, count: int, year: int) -> People:
        """Persons whose main residence is elsewhere; they share dwellings with others."""
        rng = self.rng
        ready = np.flatnonzero(self.homes.opened <= year)
        age = np.clip(rng.gamma(3.0, 9.0, count) + 17, 18, 88).astype(np.int64)
        born = np.datetime64(f"{year}-01-01", "D").astype(np.int64) - age * 365 - rng.integers(60, 300, count)
        none = np.full(count, -1, dtype=np.int64)
        pid = self.register.numbers(count)
        sex = (rng.random(count) < 0.48).astype(np.int64)
        key = np.where(rng.random(count) < 0.12, foreign_keys(rng, year, count), GERMAN)
        return People(
            pid,
            born,
            sex,
            key,
            np.full(count, Marital.SINGLE),
            np.full(count, Role.SECONDARY),
            rng.choice(ready, count),
            days_of_year(rng, year, count),
            none,
            key != GERMAN,
        )

    # -- helpers ---------------------------------------------------------------------------------------------------

    def _of_home(self, values: Floats, people: People) -> Floats:
        """A property of the dwelling for each person; 0 without a fixed abode."""
        return np.where(people.dwelling == NOWHERE, 0.0, values[people.dwelling])

    def _household_flag(self, chosen: Ints) -> Bools:
        """True for dwellings in ``chosen``, one longer than the dwellings so that NOWHERE (-1) reads False."""
        flag = np.zeros(len(self.homes) + 1, dtype=bool)
        flag[chosen] = True
        flag[NOWHERE] = False
        return flag

    def _sizes(self) -> Ints:
        mine = self.people.main_residence & (self.people.dwelling != NOWHERE)
        return np.bincount(self.people.dwelling[mine], minlength=len(self.homes))

    # -- events of a year ------------------------------------------------------------------------------------------

    def _deaths(self, year: int) -> None:
        """Deaths; children who have nobody left to care for them leave the city."""
        p = self.people
        age = p.age_on(year)
        chance = demography.death_chance(age, p.sex, self._of_home(self.homes.status, p))
        dies = (self.rng.random(len(p)) < chance) & p.main_residence
        paired = self._household_flag(p.dwelling[dies & (p.role <= Role.PARTNER)])
        widowed = paired[p.dwelling] & ~dies & (p.role <= Role.PARTNER) & (p.marital == Marital.MARRIED)
        p.marital[widowed] = Marital.WIDOWED
        self._dead = p.take(dies)
        self.people = p.take(~dies)
        self._promote_heads()

    def _promote_heads(self) -> None:
        """Where the head is gone the partner, else the eldest child, takes its place."""
        p = self.people
        has_head = self._household_flag(p.dwelling[p.role == Role.HEAD])
        orphaned = ~has_head[p.dwelling] & (p.dwelling != NOWHERE) & p.main_residence
        candidates = np.flatnonzero(orphaned)
        order = candidates[np.lexsort((p.born[candidates], p.role[candidates], p.dwelling[candidates]))]
        _, first = np.unique(p.dwelling[order], return_index=True)
        p.role[order[first]] = Role.HEAD
        # Children left alone move to relatives elsewhere.
        minors = (p.role == Role.HEAD) & (p.born > first_day(self.year - 17) - 1)
        leaving = self._household_flag(p.dwelling[minors])[p.dwelling] & p.main_residence
        self._leave(p.take(leaving))
        self.people = p.take(~leaving)

    def _leave(self, people: People) -> None:
        """Remember who leaves the city this year."""
        self._gone.append(people)

    def _births(self, year: int) -> None:
        p = self.people
        age = p.age_on(year)
        parent = (p.role <= Role.PARTNER) & (p.sex == Sex.FEMALE) & (p.dwelling != NOWHERE)
        coupled = self._household_flag(p.dwelling[p.role == Role.PARTNER])[p.dwelling].astype(np.float64)
        foreign = (p.nationality != GERMAN).astype(np.float64)
        chance = demography.birth_chance(age, coupled, foreign, self._of_home(self.homes.families, p))
        mothers = p.take(parent & (self.rng.random(len(p)) < chance))
        self._born = newborns(self.rng, self.register, mothers, year)
        self.people = p.joined(self._born)

    def _leave_home(self, year: int) -> People:
        """Grown-up children who found their own household in the city; others leave the city."""
        p = self.people
        leaves = (p.role == Role.CHILD) & (self.rng.random(len(p)) < demography.leave_home_chance(p.age_on(year)))
        gone = leaves & (self.rng.random(len(p)) < 0.36)
        starters = p.take(leaves & ~gone)
        starters.role[:] = Role.HEAD
        self._leave(p.take(gone))
        self.people = p.take(~leaves)
        return starters

    def _separate(self) -> People:
        """Partners who move out."""
        p = self.people
        leaves = (p.role == Role.PARTNER) & (self.rng.random(len(p)) < 0.011)
        broken = self._household_flag(p.dwelling[leaves])
        former = broken[p.dwelling] & (p.role <= Role.PARTNER) & (p.marital == Marital.MARRIED)
        p.marital[former] = Marital.DIVORCED
        movers = p.take(leaves)
        movers.role[:] = Role.HEAD
        self.people = p.take(~leaves)
        return movers

    def _pair_up(self, year: int) -> None:
        """Single heads of similar age become couples: the second moves in with the first."""
        p = self.people
        age = p.age_on(year)
        alone = (p.role == Role.HEAD) & (self._sizes()[p.dwelling] == 1) & (p.dwelling != NOWHERE)
        willing = alone & (age >= 20) & (age < 62) & (self.rng.random(len(p)) < 0.10)
        groups = [np.flatnonzero(willing & (p.sex == sex)) for sex in (Sex.MALE, Sex.FEMALE)]
        stays, joins = (g[np.argsort(age[g] + self.rng.normal(0, 2, len(g)))] for g in groups)
        n = min(len(stays), len(joins))
        stays, joins = stays[:n], joins[:n]
        p.role[joins] = Role.PARTNER
        p.dwelling[joins] = p.dwelling[stays]
        p.moved_in[joins] = days_of_year(self.rng, year, n)
        marries = self.rng.random(n) < 0.55
        p.marital[joins[marries]] = Marital.MARRIED
        p.marital[stays[marries]] = Marital.MARRIED

    def _move_out(self, year: int) -> People:
        """Households that leave their dwelling and look for another in the city; others leave the city."""
        p = self.people
        heads = p.take((p.role == Role.HEAD) & (p.dwelling != NOWHERE))
        chance = demography.move_chance(heads.age_on(year), self.homes.rented[heads.dwelling])
        moving = heads.dwelling[self.rng.random(len(heads)) < chance]
        away = self.rng.random(len(moving)) < _LEAVE_CITY
        counts = p.main_residence
        leaving = self._household_flag(moving[away])[p.dwelling] & counts
        within = self._household_flag(moving[~away])[p.dwelling] & counts
        movers = p.take(within)
        self._leave(p.take(leaving))
        self.people = p.take(~leaving & ~within)
        return movers

    def _rehouse(self, pool: People, group: Ints, vacant: Ints, year: int) -> Ints:
        """Give the moving households (``group`` numbers them from 0) vacant dwellings that suit size and status.

        Returns what stays vacant; who finds nothing leaves the city.
        """
        size = np.bincount(group)
        count = len(size)
        n = min(count, len(vacant))
        offered = self.rng.permutation(vacant)[: int(n * 1.25) + 1]
        status = np.bincount(group, self._of_home(self.homes.status, pool)) / size
        need = 0.7 * (size - 1.8) + 0.8 * status + self.rng.normal(0, 0.7, count)
        offer = 0.7 * self.homes.room[offered] + 0.8 * self.homes.status[offered]
        ranked = np.argsort(need)[:n]
        slots = np.sort(self.rng.permutation(len(offered))[:n])
        home = np.full(count, NOWHERE, dtype=np.int64)
        home[ranked] = offered[np.argsort(offer)][slots]
        pool.dwelling[:] = home[group]
        pool.moved_in[:] = np.maximum(days_of_year(self.rng, year, count)[group], pool.born)
        housed = pool.take(pool.dwelling != NOWHERE)
        self.people = self.people.joined(housed)
        self._leave(pool.take(pool.dwelling == NOWHERE))
        return np.setdiff1d(vacant, housed.dwelling)

    def _arrive(self, vacant: Ints, year: int) -> None:
        """Households from outside fill vacant dwellings until the year's population is reached."""
        wanted = round(plan.POPULATION_PATH[year] * self.city.scale) - int(self.people.main_residence.sum())
        if wanted <= 0:
            return
        order = self.rng.permutation(vacant)
        new = make_households(
            self.rng,
            self.register,
            self.homes,
            order,
            year,
            weights=demography.head_ages_arriving(),
            steering=steer(
                self.people.take(self.people.main_residence),
                year,
                plan.POPULATION_PATH[year] * self.city.scale,
                len(vacant) - _VACANT * float((self.homes.opened <= year).sum()),
            ),
            settled=False,
        )
        place = np.empty(len(self.homes), dtype=np.int64)
        place[order] = np.arange(len(order))
        size = np.bincount(place[new.dwelling], minlength=len(order))
        # Whole households only: those whose members still fit; single ones fill what is left.
        total = np.cumsum(size)
        taken = total <= wanted
        left = wanted - (int(total[taken][-1]) if taken.any() else 0)
        singles = np.flatnonzero(~taken & (size == 1))[:left]
        taken[singles] = True
        arrived = new.take(taken[place[new.dwelling]])
        self.people = self.people.joined(arrived)

    def _homeless(self, year: int) -> None:
        """Keep a small group without a fixed abode: single men and women of middle age."""
        p = self.people
        wanted = max(3, round(_HOMELESS * int(p.main_residence.sum())))
        without = int((p.dwelling == NOWHERE).sum())
        age = p.age_on(year)
        alone = (p.role == Role.HEAD) & (p.dwelling != NOWHERE) & (self._sizes()[p.dwelling] == 1)
        candidates = np.flatnonzero(alone & (age > 20) & (age < 65))
        chosen = self.rng.choice(candidates, max(0, wanted - without), replace=False)
        p.dwelling[chosen] = NOWHERE
        p.moved_in[chosen] = days_of_year(self.rng, year, len(chosen))

    def _turn_over(self, year: int) -> None:
        """Secondary residents come and go; some foreign nationals become German; the register enters rare sexes."""
        p = self.people
        p.nationality[(p.nationality != GERMAN) & (self.rng.random(len(p)) < _NATURALISED)] = GERMAN
        rare = self.rng.random(len(p)) < 0.00002
        p.sex[rare] = np.where(self.rng.random(int(rare.sum())) < 0.7, Sex.DIVERSE, Sex.NOT_STATED)
        gone = (p.role == Role.SECONDARY) & (self.rng.random(len(p)) < 0.22)
        self.people = p.take(~gone)
        wanted = round(_SECONDARY * int(self.people.main_residence.sum()))
        more = max(0, wanted - int((self.people.role == Role.SECONDARY).sum()))
        self.people = self.people.joined(self._secondary(more, year))

    def step(self) -> Year:
        """One year onward; the residents are a copy that later steps do not change."""
        year = self.year = self.year + 1
        before = self.people.take(self.people.main_residence)
        self._gone = []
        self._deaths(year)
        self._births(year)
        starters = self._leave_home(year)
        apart = self._separate()
        self._pair_up(year)
        movers = self._move_out(year)
        _, group = np.unique(movers.dwelling, return_inverse=True)
        alone = int(group.max(initial=-1)) + 1 + np.arange(len(starters) + len(apart))
        pool = movers.joined(starters).joined(apart)
        free = np.flatnonzero((self._sizes() == 0) & (self.homes.opened <= year))
        free = self._rehouse(pool, np.concatenate([group, alone]), free, year)
        self._turn_over(year)
        self._arrive(free, year)
        self._homeless(year)
        people = self.people.take(np.arange(len(self.people)))
        after = people.take(people.main_residence)
        return Year(
            year, people, events_of(year, before, after, self._born, self._dead, reduce(People.joined, self._gone))
        )


def simulate(simulation: Simulation, years: tuple[int, ...]) -> Iterator[Year]:
    """The residents on 31 December of each wanted year, in order."""
    while simulation.year < max(years):
        state = simulation.step()
        if state.year in years:
            yield state
