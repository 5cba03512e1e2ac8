"""Unemployed residents, drawn from the hidden social field: the sample's table of counts by area."""

from __future__ import annotations

import numpy as np

from etl.sample.city import City
from etl.sample.geometry import Bools, Floats, Ints
from etl.sample.nationalities import GERMAN
from etl.sample.people import NOWHERE
from etl.sample.register import Extract

# Course of the labour market, 1 for 2015.
_COURSE = {
    2015: 1.0, 2016: 0.97, 2017: 0.94, 2018: 0.90, 2019: 0.88, 2020: 1.12, 2021: 1.07, 2022: 0.97, 2023: 1.03,
    2024: 1.08, 2025: 1.10,
}  # fmt: skip


def luck(pid: Ints, seed: int, topic: int) -> Floats:
    """A number between 0 and 1 that stays with the person over the years (SplitMix64 of the person number)."""
    with np.errstate(over="ignore"):
        z = pid.astype(np.uint64) + np.uint64((seed * 1_000_003 + topic) % 2**32) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    return (z >> np.uint64(11)).astype(np.float64) / float(2**53)


def unemployed(city: City, data: Extract) -> Bools:
    """Who of the extract is registered unemployed: about 4 % of those aged 15 to 64, more where status is low."""
    p = data.people
    age = p.age_on(data.year)
    block = city.addresses.block[np.where(p.dwelling == NOWHERE, 0, data.address)]
    status = np.where(p.dwelling == NOWHERE, -3.0, city.blocks.status[block])
    foreign = p.nationality != GERMAN
    by_age = np.interp(age, [15, 18, 22, 30, 50, 60, 64], [0.1, 0.6, 1.2, 1.0, 0.9, 1.15, 0.9])
    chance = 0.029 * _COURSE.get(data.year, 1.0) * by_age * np.exp(-0.5 * status + 0.75 * foreign)
    within = (age >= 15) & (age < 65) & p.main_residence
    # Luck drifts by a hundredth a year: with a chance of 4 % a person is unemployed for about four years.
    drift = (luck(p.pid, city.seed, 7) + 0.01 * (data.year - 2015)) % 1.0
    found: Bools = within & (drift < np.clip(chance, 0, 0.6))
    return found


def unemployed_by_stadtteil(city: City, data: Extract) -> dict[int, int]:
    """Unemployed by Stadtteil number; 0 for those who cannot be located."""
    where = data.stadtteil[unemployed(city, data)]
    return {part: int((where == part).sum()) for part in range(6)}
