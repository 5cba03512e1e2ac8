"""Unemployed residents, drawn from the hidden social field: the sample's table of counts by area."""

from __future__ import annotations

import numpy as np

from etl.sample.city import City
from etl.sample.geometry import Bools, Floats
from etl.sample.luck import strikes
from etl.sample.nationalities import GERMAN
from etl.sample.people import NOWHERE
from etl.sample.register import Extract

# Course of the labour market, 1 for 2015.
_COURSE = {
    2015: 1.0, 2016: 0.97, 2017: 0.94, 2018: 0.90, 2019: 0.88, 2020: 1.12, 2021: 1.07, 2022: 0.97, 2023: 1.03,
    2024: 1.08, 2025: 1.10,
}  # fmt: skip


def hidden_status(city: City, data: Extract) -> Floats:
    """The social status of the block everyone lives in (see Blocks); -3 without a fixed abode."""
    nowhere = data.people.dwelling == NOWHERE
    block = city.addresses.block[np.where(nowhere, 0, data.address)]
    return np.where(nowhere, -3.0, city.blocks.status[block])


def unemployed(city: City, data: Extract, moment: float | None = None) -> Bools:
    """Who of the extract is registered unemployed: about 4 % of those aged 15 to 64, more where status is low.

    ``moment`` in years counts from the ends of the years: 2015.0 is 31.12.2015, 2015.25 is 31.03.2016. Without it,
    31 December of the extract's year.
    """
    when = float(data.year) if moment is None else moment
    p = data.people
    age = p.age_on(data.year)
    status = hidden_status(city, data)
    foreign = p.nationality != GERMAN
    by_age = np.interp(age, [15, 18, 22, 30, 50, 60, 64], [0.1, 0.6, 1.2, 1.0, 0.9, 1.15, 0.9])
    course = float(np.interp(when, list(_COURSE), list(_COURSE.values())))
    chance = 0.025 * course * by_age * np.exp(-0.5 * status + 0.75 * foreign)
    within = (age >= 15) & (age < 65) & p.main_residence
    # Luck drifts by a hundredth a year: with a chance of 4 % a person is unemployed for about four years.
    return within & strikes(p.pid, city.seed, 7, np.clip(chance, 0, 0.6), when, drift=0.01)


def unemployed_by_stadtteil(city: City, data: Extract) -> dict[int, int]:
    """Unemployed by Stadtteil number; 0 for those who cannot be located."""
    where = data.stadtteil[unemployed(city, data)]
    return {part: int((where == part).sum()) for part in range(6)}
