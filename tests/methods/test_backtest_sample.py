"""Backtest on the synthetic sample city: fitted on 2016–2020, projected 2020 → 2025, sixteen districts of blocks."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from scipy.cluster.vq import kmeans2

from etl.indicators.methods import backtest
from etl.indicators.methods.local_rates import History
from etl.indicators.methods.projection import Housing
from etl.sample.city import build_city
from etl.sample.movements import Event
from etl.sample.people import People, Role, year_of
from etl.sample.simulation import Simulation, simulate
from tests.methods import small_population

AGES, DISTRICTS = 100, 16
LEFT = {"deaths": Event.DEATH, "departures": Event.DEPARTURE, "moved_out": Event.MOVE}
ENTERED = {"births": Event.BIRTH, "arrivals": Event.ARRIVAL, "moved_in": Event.MOVE}


class Lived:
    """The sample city from 2015 to 2025 as arrays by district, sex and age."""

    def __init__(self) -> None:
        city = build_city(1, 1.0)
        middle = shapely.centroid(city.blocks.geometry)
        points = np.column_stack([shapely.get_x(middle), shapely.get_y(middle)])
        centres, _ = kmeans2(points[np.unique(city.addresses.block)], DISTRICTS, minit="++", seed=1)
        nearest = ((points[:, None] - centres) ** 2).sum(axis=-1).argmin(axis=1)
        simulation = Simulation(city)
        self.homes = simulation.homes
        self.district = nearest[city.addresses.block[self.homes.address]]
        states, events = [], {name: [] for name in (*LEFT, *ENTERED)}
        for state in simulate(simulation, tuple(range(2015, 2026))):
            here = state.people.take(state.people.role != Role.SECONDARY)
            if state.year == 2020:
                self.in_2020 = here
            states.append(self.table(here, here.dwelling, state.year))
            for kinds, dwellings in ((LEFT, state.events.origin), (ENTERED, state.events.target)):
                for name, kind in kinds.items():
                    mine = (state.events.kind == kind) & (state.events.people.role != Role.SECONDARY)
                    events[name].append(self.table(state.events.people.take(mine), dwellings[mine], state.year))
        drawn = {name: np.stack(tables[1:]) for name, tables in events.items()}
        drawn["births"] = drawn["births"].sum(axis=(2, 3))
        pattern = np.zeros(AGES)
        pattern[: small_population.AGES] = small_population.fertility()
        self.history = History(np.stack(states), fertility=pattern, **drawn)

    def table(self, people: People, dwelling: np.ndarray, year: int) -> np.ndarray:
        # without a fixed abode: counted in the first district, so that the books balance
        district = np.where(dwelling < 0, 0, self.district[np.maximum(dwelling, 0)])
        sex = np.where(people.sex < 2, people.sex, people.pid % 2)
        out = np.zeros((DISTRICTS, 2, AGES))
        np.add.at(out, (district, sex, np.clip(year - year_of(people.born), 0, AGES - 1)), 1)
        return out

    def housing(self) -> Housing:
        """Dwellings opened from 2021 to 2025; persons as in those opened before."""
        opened = self.homes.opened
        new = np.stack([np.bincount(self.district[opened == y], minlength=DISTRICTS) for y in range(2021, 2026)])
        earlier = (opened > 0) & (opened <= 2020)
        here = self.in_2020.take(self.in_2020.dwelling >= 0)
        here = here.take(earlier[here.dwelling])
        persons = self.table(here, here.dwelling, 2020).sum(axis=0) / earlier.sum()
        return Housing(new.astype(float), persons)


@pytest.mark.bench
def test_cohorts_beside_simple_guesses_on_the_sample_city():
    lived = Lived()
    h = lived.history
    flows = sum(getattr(h, name).sum(axis=(2, 3)) for name in ("arrivals", "moved_in")) + h.births
    flows = flows - sum(getattr(h, name).sum(axis=(2, 3)) for name in ("deaths", "departures", "moved_out"))
    assert np.array_equal(np.diff(h.population.sum(axis=(2, 3)), axis=0), flows)
    groups = {"alle": slice(None), "0-2": slice(0, 3), "3-5": slice(3, 6), "6-9": slice(6, 10), "65+": slice(65, None)}
    gains = {}
    for known, housing in (("ohne Neubau", None), ("mit Neubau", lived.housing())):
        for name, ages in groups.items():
            made = backtest.backtest(h, 5, ages=ages, housing=housing)
            gains[known, name] = made.gain()
            figures = {method: round(found.mean_absolute_percent, 1) for method, found in made.last.items()}
            print(known, name, figures, f"{made.gain():+.2f}", f"{made.gain(beside=backtest.LINEAR):+.2f}")
            assert made.gain(beside=backtest.LINEAR) > 0.3
    # what is built changes whole districts: without that table nothing is gained; pupils and the aged live here already
    assert gains["mit Neubau", "alle"] > max(0, gains["ohne Neubau", "alle"])
    assert gains["mit Neubau", "65+"] > 0.5
    assert gains["mit Neubau", "6-9"] > 0.3
