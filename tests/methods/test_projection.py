"""Projection: nobody appears or vanishes unaccounted, rates are recovered, a backtest uses the past only."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from etl.indicators.methods import backtest, cohort_change, demand, local_rates, projection
from etl.indicators.methods.cohort_change import Change, Pattern
from etl.indicators.methods.projection import BOYS, CONSTANT, Housing, Rates, Scenario
from tests.methods import small_population
from tests.methods.small_population import Lived

SHAPE = (3, 2, 12)
COUNTS = hnp.arrays(np.float64, SHAPE, elements=st.integers(0, 200).map(float))
LOW = Scenario("niedrig", fertility=0.9, mortality_change=-0.005, arrivals=0.9, departures=1.05, housing=0.7)
CHANCES = hnp.arrays(np.float64, SHAPE, elements=st.floats(0, 1))


@pytest.fixture(scope="module")
def lived() -> Lived:
    return small_population.lived()


def _still(shape: tuple[int, int, int] = SHAPE) -> Rates:
    zero = np.zeros(shape)
    return Rates(np.zeros((shape[0], shape[2])), zero, zero, zero, zero, zero)


@st.composite
def any_rates(draw):
    chosen = draw(COUNTS) + 1
    return Rates(
        draw(hnp.arrays(np.float64, (SHAPE[0], SHAPE[2]), elements=st.floats(0, 0.3))),
        draw(CHANCES),
        draw(CHANCES),
        draw(CHANCES),
        draw(COUNTS),
        chosen / chosen.sum(axis=0),
    )


@given(COUNTS)
def test_without_events_people_only_grow_older(population):
    made = projection.project(population, _still(), 15).population
    assert np.array_equal(made.sum(axis=(2, 3)), np.repeat(population.sum(axis=(1, 2))[None], 16, axis=0))
    assert np.array_equal(made[3][..., 3:-1], population[..., : SHAPE[2] - 4])
    assert np.all(made[11][..., :-1] == 0)


@given(COUNTS, any_rates(), st.sampled_from([CONSTANT, LOW]), st.floats(0, 1))
@settings(max_examples=60, deadline=None)
def test_every_change_is_a_flow_and_moves_within_cancel_out(population, rates, scenario, from_city):
    housing = Housing(np.full((4, 3), 7.0), np.full(SHAPE[1:], 0.1), from_city)
    made = projection.project(population, rates, 4, scenario, housing)
    f = made.flows
    change = (
        f["geburten"] - f["tode"] + f["zuzuege"] - f["fortzuege"]
        + f["umzuege_zu"] - f["umzuege_fort"] + f["neubau_zu"] - f["neubau_fort"]
    )  # fmt: skip
    assert np.allclose(np.diff(made.totals, axis=0), change, atol=1e-6)
    assert np.allclose(f["umzuege_zu"].sum(axis=1), f["umzuege_fort"].sum(axis=1))
    assert made.population.min() >= -1e-9
    assert f["neubau_zu"] == pytest.approx(7 * scenario.housing * 2.4)
    assert np.all(f["neubau_fort"].sum(axis=1) <= f["neubau_zu"].sum(axis=1) * from_city + 1e-9)


def test_one_year_by_hand():
    # one district, ages 0, 1, 2+: 10 women aged 1 and 4 aged 2+ become 14 aged 2+, each has half a child
    population = np.array([[[0.0, 0, 0], [0, 10, 4]]])
    still = _still((1, 2, 3))
    deaths, departures, arrivals = (np.zeros((1, 2, 3)) for _ in range(3))
    deaths[0, 1, 2], departures[0, 1, 2], arrivals[0, 1, 1] = 0.5, 0.25, 3
    rates = replace(still, fertility=np.array([[0, 0, 0.5]]), deaths=deaths, departures=departures, arrivals=arrivals)
    made = projection.project(population, rates, 1)
    # 14 - 7 dead, a quarter of the 7 others leaves
    assert made.population[1] == pytest.approx(np.array([[[7 * BOYS, 0, 0], [7 * (1 - BOYS), 3, 5.25]]]))
    assert {name: float(flow[0, 0]) for name, flow in made.flows.items() if flow.any()} == pytest.approx(
        {"geburten": 7, "tode": 7, "zuzuege": 3, "fortzuege": 1.75}
    )


def test_new_dwellings_are_taken_up_partly_from_within():
    population = np.full(SHAPE, 10.0)
    housing = Housing(np.array([[5.0, 0, 0]]), np.full(SHAPE[1:], 0.5), from_city=0.4)
    made = projection.project(population, _still(), 1, housing=housing)
    # 5 dwellings × 24 × 0.5 = 60 persons; 40 % of them leave the districts, but there is nobody aged 0 who could:
    # 22 of 24 groups of sex and age
    assert made.flows["neubau_zu"][0] == pytest.approx([60, 0, 0])
    assert made.flows["neubau_fort"].sum() == pytest.approx(60 * 0.4 * 22 / 24)
    assert made.totals[1].sum() == pytest.approx(720 + 60 - 22)


def test_factors_of_districts_shrink_with_few_events():
    observed, expected = np.array([30.0, 3, 900, 1200]), np.array([20.0, 2, 600, 1600])
    factors = local_rates.shrunken_factors(observed, expected)
    plain = observed / expected
    assert abs(factors[1] - 1) < abs(factors[0] - 1) < abs(factors[2] - 1) < 0.5 == plain[0] - 1
    # no more scatter than chance: every district is given the level of all
    assert local_rates.shrunken_factors([10, 11, 9], [10, 10, 10]) == pytest.approx(1)
    assert local_rates.shrunken_factors([10, 0], [10, 0]).tolist() == [1, 1]


def _ahead(lived: Lived) -> np.ndarray:
    """Projected from the fifth year to the tenth, with what the first five have shown."""
    change = Change(
        lived.population[0], lived.population[5], lived.births[:5].sum(axis=0), lived.deaths[:5].sum(axis=0)
    )
    pattern = Pattern(small_population.fertility(), small_population.rates().deaths[0])
    return projection.project(lived.population[5], cohort_change.estimate(change, pattern), 5).population[-1]


def test_cohorts_beat_the_simple_guesses_where_the_age_structure_drives_the_change(lived):
    for low, high in ((0, 20), (6, 10), (40, 65), (65, 200)):
        totals = lived.population[..., low:high].sum(axis=(2, 3))
        cohorts, actual = _ahead(lived)[..., low:high].sum(axis=(1, 2)), totals[-1]
        same, linear = (guess(totals[:6], 5)[-1] for guess in (backtest.same_as_last, backtest.linear_trend))
        missed, by_last, by_line = (np.abs(made - actual).sum() for made in (cohorts, same, linear))
        assert missed < 0.7 * min(by_last, by_line), (low, high)


def test_residual_rates_are_those_that_people_lived_by(lived):
    change = Change(
        lived.population[0], lived.population[5], lived.births[:5].sum(axis=0), lived.deaths[:5].sum(axis=0)
    )
    true = small_population.rates()
    found = cohort_change.estimate(change, Pattern(true.fertility[0], 0.5 * true.deaths[0]))
    # the level of births and deaths comes from what was counted, not from the pattern
    assert found.fertility.sum(axis=1) == pytest.approx(1.4, abs=0.2)
    assert found.deaths[..., 70:80].mean() == pytest.approx(true.deaths[..., 70:80].mean(), rel=0.15)
    mean = (lived.population[0] + lived.population[5]) / 2
    net = found.arrivals - found.departures * mean
    settled = (true.moves * mean).sum(axis=0) * true.chosen
    expected = true.arrivals - (true.departures + true.moves) * mean + settled
    ages = slice(18, 36)
    assert net[..., ages].sum() == pytest.approx(expected[..., ages].sum(), rel=0.2)


def test_simple_guesses_and_errors_by_hand():
    totals = np.array([[100.0, 50], [110, 40], [120, 30]])
    assert backtest.same_as_last(totals, 2).tolist() == [[120, 30], [120, 30]]
    assert backtest.linear_trend(totals, 4)[[0, 3]] == pytest.approx(np.array([[130, 20], [160, 0]]))


def test_demand_by_hand():
    population = np.zeros((2, 2, 20))
    population[0, :, :11] = 10
    group = demand.Group("Grundschule", {6: 0.5, 7: 1, 8: 1, 9: 1, 10: 0.5})
    assert demand.children(population, group).tolist() == [80, 0]
    with pytest.raises(ValueError, match="beyond age 10"):
        demand.children(population[..., :11], group)
    with pytest.raises(ValueError, match="between 0 and 1"):
        demand.Group("x", {3: 2})


def test_every_child_under_ten_belongs_to_one_group_only(catalogue):
    shares = [sum(g.ages.get(age, 0) for g in catalogue.outlook.demand) for age in range(11)]
    assert shares == [1] * 10 + [0.5]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"deaths": np.full(SHAPE, 1.5)}, "deaths holds a probability above 1"),
        ({"arrivals": np.full(SHAPE, np.nan)}, "arrivals must be known"),
        ({"moves": np.full(SHAPE, 0.1)}, "must sum to 1"),
        ({"fertility": np.zeros((3, 4))}, "districts × 2 sexes × ages"),
    ],
)
def test_impossible_rates_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        replace(_still(), **change)


def test_scenario_factors_apply_once_a_year():
    rates = replace(_still(), deaths=np.full(SHAPE, 0.1))
    made = projection.project(np.full(SHAPE, 10.0), rates, 2, Scenario("x", mortality_change=-0.5))
    assert made.totals[:, 0] == pytest.approx([240, 216, 216 * 0.95])
