"""Yearly chances of the simulated persons, by age. Smooth curves of the usual shape, not estimated from any file."""

from __future__ import annotations

import numpy as np

from etl.sample.geometry import Floats, Ints
from etl.sample.people import Sex

OLDEST = 105


def death_chance(age: Ints, sex: Ints, status: Floats) -> Floats:
    """Chance to die within a year: Gompertz curves (male 1.2 % at 65, 8 % at 85; female 0.7 % and 6 %).

    It falls by about a tenth per standard deviation of the social status of the block.
    """
    male = np.exp(-10.60 + 0.0955 * age)
    female = np.exp(-11.94 + 0.107 * age)
    chance = np.where(sex == Sex.FEMALE, female, male) * np.exp(-0.1 * status)
    chance = np.where(age == 0, 0.003, np.maximum(chance, 0.0001))
    return np.where(age >= OLDEST, 1.0, np.minimum(chance, 0.5))


def birth_chance(age: Ints, coupled: Floats, foreign: Floats, families: Floats) -> Floats:
    """Chance of a woman to bear a child within a year; about 1.5 children per woman over all."""
    curve = 0.118 * np.exp(-((age - 31.5) ** 2) / (2 * 5.3**2))
    within = (age >= 15) & (age < 50)
    return np.where(within, curve * (0.5 + 0.8 * coupled) * (1 + 0.3 * foreign) * np.exp(0.12 * families), 0.0)


_AGES = np.array([0, 18, 20, 24, 28, 32, 38, 45, 55, 65, 75, 82, 90, 110], dtype=np.float64)
_MOVES = np.array([0.22, 0.24, 0.26, 0.26, 0.215, 0.165, 0.105, 0.072, 0.05, 0.034, 0.03, 0.045, 0.06, 0.06])


def move_chance(age: Ints, rented: Floats) -> Floats:
    """Chance that a household whose head has this age leaves its dwelling within a year."""
    chance: Floats = np.interp(age, _AGES, _MOVES) * (0.45 + 0.95 * rented)
    return chance


def leave_home_chance(age: Ints) -> Floats:
    """Chance of a grown-up child to leave the parental household within a year."""
    return np.interp(age, [17, 18, 20, 24, 28, 35], [0.0, 0.06, 0.14, 0.22, 0.24, 0.15])


def head_ages_initial() -> Floats:
    """Weights by age 0..OLDEST of the heads of settled households at the start."""
    age = np.arange(OLDEST + 1)
    weights = np.interp(
        age,
        [17, 20, 25, 30, 40, 46, 50, 57, 64, 70, 75, 80, 86, 95, 105],
        [0, 2, 9, 13, 18, 20, 18, 14, 13, 15, 14, 9, 5, 1, 0],
    )
    return weights.astype(np.float64)


def head_ages_arriving() -> Floats:
    """Weights by age 0..OLDEST of the heads of arriving households."""
    age = np.arange(OLDEST + 1)
    weights = np.interp(
        age, [17, 19, 23, 28, 34, 42, 52, 62, 75, 85, 95, 105], [0, 5, 13, 20, 16, 9, 5, 3, 2, 1.8, 0.4, 0]
    )
    return weights.astype(np.float64)
