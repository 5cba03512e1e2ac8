"""Households made to fit the dwellings they move into: age, partner, children, nationality."""

from __future__ import annotations

import numpy as np

from etl.sample import plan
from etl.sample.dwellings import Dwellings
from etl.sample.geometry import Bools, Floats, Ints
from etl.sample.nationalities import GERMAN, foreign_keys
from etl.sample.people import Marital, People, Role, Sex, days_of_year, first_day
from etl.sample.steering import Steering

_COUPLE_AGES = (18, 22, 28, 35, 50, 65, 75, 85, 95)
_COUPLED = (0.05, 0.24, 0.52, 0.70, 0.68, 0.70, 0.64, 0.42, 0.18)


class Register:
    """Gives out person numbers."""

    def __init__(self) -> None:
        self._next = 1

    def numbers(self, count: int) -> Ints:
        """``count`` new person numbers."""
        given = np.arange(self._next, self._next + count, dtype=np.int64)
        self._next += count
        return given


def _pick_ages(rng: np.random.Generator, weights: Floats, steering: Steering, families: Floats) -> Ints:
    """Ages of heads; blocks that young families prefer draw from 26-44 more often, others less."""
    age = np.arange(len(weights))
    group = np.clip(np.searchsorted(plan.AGE_BOUNDS[1:], age, side="right") - 1, 0, None)
    steered = weights * steering.ages[group] * (age >= 18)
    young = (age >= 26) & (age < 45)
    picked = np.empty(len(families), dtype=np.int64)
    level = np.digitize(families, [-1.0, 0.0, 1.0])
    for i, factor in enumerate((0.65, 0.85, 1.2, 1.6)):
        here = level == i
        w = steered * np.where(young, factor, 1.0)
        picked[here] = rng.choice(age, int(here.sum()), p=w / w.sum())
    return picked


def make_households(
    rng: np.random.Generator,
    register: Register,
    homes: Dwellings,
    which: Ints,
    year: int,
    *,
    weights: Floats,
    steering: Steering,
    settled: bool,
) -> People:
    """A household for every dwelling in ``which``, as of 31 December of ``year``.

    ``settled`` households have lived there for years, the others moved in during the year.
    """
    n = len(which)
    status, room = homes.status[which], homes.room[which]
    age = _pick_ages(rng, weights, steering, homes.families[which])
    foreign = rng.random(n) < 1 / (1 + np.exp(2.3 - steering.foreign + 0.75 * status))
    key = np.where(foreign, foreign_keys(rng, year, n), GERMAN)

    by_age = np.interp(age, _COUPLE_AGES, _COUPLED)
    coupled = rng.random(n) < np.clip(by_age * steering.together * (1 + 0.3 * room), 0, 0.95)
    female = rng.random(n) < np.where(coupled, 0.3, np.interp(age, [18, 60, 75, 90], [0.47, 0.55, 0.68, 0.78]))
    sex = np.where(female, Sex.FEMALE, Sex.MALE)

    partner_age = np.clip(age + np.where(female, 2.5, -2.5) + rng.normal(0, 3.5, n), 18, 100).astype(np.int64)
    mother_age = np.where(female, age, np.where(coupled, partner_age, 0))
    wish = np.interp(mother_age, [19, 24, 30, 36, 42, 50, 56, 60], [0.05, 0.4, 1.0, 1.65, 1.7, 1.0, 0.3, 0.0])
    wish *= np.where(coupled, 1.0, 0.45) * steering.children * np.exp(0.12 * homes.families[which] + 0.1 * room)
    children = np.where(mother_age > 0, np.minimum(rng.poisson(wish), 4), 0)

    def moved(count: int, born: Ints) -> Ints:
        if not settled:
            return np.maximum(days_of_year(rng, year, count), born)
        back = rng.exponential(11 * 365.25, count).astype(np.int64) % (40 * 365)
        return np.maximum(first_day(year + 1) - 1 - back, born)

    def birthdays(ages: Ints) -> Ints:
        days = np.empty(len(ages), dtype=np.int64)
        for value in np.unique(ages):
            here = ages == value
            days[here] = days_of_year(rng, year - int(value), int(here.sum()))
        return days

    head_pid = register.numbers(n)
    head_born = birthdays(age)
    head_moved = moved(n, head_born)
    marital = _marital(rng, age, coupled)
    heads = People(
        head_pid, head_born, sex, key, marital, np.full(n, Role.HEAD), which, head_moved,
        np.full(n, -1, dtype=np.int64), key != GERMAN,
    )  # fmt: skip
    c = np.flatnonzero(coupled)
    same = rng.random(len(c)) < 0.8
    abroad = (key[c] == GERMAN) & (rng.random(len(c)) < 0.12)
    mixed = np.where(abroad, foreign_keys(rng, year, len(c)), GERMAN)
    partner_born = birthdays(partner_age[c])
    partner_key = np.where(same, key[c], mixed)
    partners = People(
        register.numbers(len(c)),
        partner_born,
        1 - sex[c],
        partner_key,
        marital[c],
        np.full(len(c), Role.PARTNER),
        which[c],
        np.maximum(head_moved[c], partner_born),
        np.full(len(c), -1, dtype=np.int64),
        partner_key != GERMAN,
    )
    mother_pid = np.where(female, head_pid, -1)
    mother_pid[c] = np.where(female[c], head_pid[c], partners.pid)
    parent = np.repeat(np.arange(n), children)
    child_age = (mother_age[parent] - rng.normal(30.5, 5.0, len(parent))).astype(np.int64)
    possible = (child_age >= 0) & (child_age <= np.minimum(mother_age[parent] - 16, 24))
    possible &= rng.random(len(parent)) < np.interp(child_age, [17, 20, 24], [1.0, 0.7, 0.25])
    parent, child_age = parent[possible], child_age[possible]
    child_born = birthdays(child_age)
    naturalised = rng.random(len(parent)) < 0.3
    offspring = People(
        register.numbers(len(parent)),
        child_born,
        _newborn_sex(rng, len(parent)),
        np.where(naturalised, GERMAN, key[parent]),
        np.full(len(parent), Marital.SINGLE),
        np.full(len(parent), Role.CHILD),
        which[parent],
        np.maximum(head_moved[parent], child_born),
        mother_pid[parent],
        key[parent] != GERMAN,
    )
    return heads.joined(partners).joined(offspring)


def _marital(rng: np.random.Generator, age: Ints, coupled: Bools) -> Ints:
    chance = rng.random(len(age))
    married = np.interp(age, [18, 25, 32, 45, 65], [0.05, 0.3, 0.65, 0.8, 0.93])
    widowed = np.interp(age, [50, 65, 80, 95], [0.01, 0.2, 0.6, 0.85])
    divorced = np.interp(age, [25, 40, 55, 70], [0.0, 0.25, 0.4, 0.3])
    alone = np.where(
        chance < widowed, Marital.WIDOWED, np.where(chance < widowed + divorced, Marital.DIVORCED, Marital.SINGLE)
    )
    return np.where(coupled, np.where(chance < married, Marital.MARRIED, Marital.SINGLE), alone).astype(np.int64)


def _newborn_sex(rng: np.random.Generator, count: int) -> Ints:
    return np.where(rng.random(count) < 0.487, Sex.FEMALE, Sex.MALE).astype(np.int64)


def newborns(rng: np.random.Generator, register: Register, mothers: People, year: int) -> People:
    """One child per mother, born during ``year`` in her dwelling."""
    n = len(mothers)
    born = days_of_year(rng, year, n)
    german = (mothers.nationality == GERMAN) | (rng.random(n) < 0.5)
    return People(
        register.numbers(n),
        born,
        _newborn_sex(rng, n),
        np.where(german, GERMAN, mothers.nationality),
        np.full(n, Marital.SINGLE),
        np.full(n, Role.CHILD),
        mothers.dwelling,
        born.copy(),
        mothers.pid,
        mothers.roots.copy(),
    )
