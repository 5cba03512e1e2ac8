"""Projection: nobody appears or vanishes unaccounted, rates are recovered, a backtest uses the past only."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from etl.indicators.methods import backtest, demand, local_rates, projection
from etl.indicators.methods.local_rates import History
from etl.indicators.methods.projection import BOYS, CONSTANT, HIGH, LOW, SCENARIOS, Housing, Rates, Scenario
from tests.methods import small_population

SHAPE = (3, 2, 12)
COUNTS = hnp.arrays(np.float64, SHAPE, elements=st.integers(0, 200).map(float))
CHANCES = hnp.arrays(np.float64, SHAPE, elements=st.floats(0, 1))


@pytest.fixture(scope="module")
def history() -> History:
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


@given(COUNTS, any_rates(), st.sampled_from(SCENARIOS), st.floats(0, 1))
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


def test_scenarios_are_ordered(history):
    rates = local_rates.estimate(history)
    made = projection.scenarios(history.population[-1], rates, 12)
    low, middle, high = (made[name].totals.sum(axis=1) for name in ("niedrig", "mittel", "hoch"))
    assert np.all((low < middle)[1:] & (middle < high)[1:])
    assert low[0] == middle[0] == high[0]
    assert HIGH.fertility > CONSTANT.fertility > LOW.fertility


def test_rates_of_one_year_reproduce_it():
    # one district and no smoothing: nothing to borrow, the year must come out as it was
    lived = small_population.lived(years=1)

    def city(values: np.ndarray) -> np.ndarray:
        return values.sum(axis=1, keepdims=True)

    names = ("population", "births", "deaths", "arrivals", "departures")
    moves = np.zeros_like(city(lived.moved_in))
    whole = History(
        **{name: city(getattr(lived, name)) for name in names},
        moved_in=moves, moved_out=moves, fertility=lived.fertility,
    )  # fmt: skip
    made = projection.project(whole.population[0], local_rates.estimate(whole, smoothing=0), 1)
    assert made.flows["geburten"][0] == pytest.approx(lived.births.sum())
    # boys and girls among the newborn are divided by the long-term share, hence from age 1
    assert made.population[1][..., 1:] == pytest.approx(whole.population[1][..., 1:])
    assert made.totals[1] == pytest.approx(whole.population[1].sum(axis=(1, 2)), abs=2)


def test_known_rates_are_recovered(history):
    true, found = small_population.rates(), local_rates.estimate(history)
    # by district at the ages of most moves
    ages = slice(18, 36)
    for name in ("departures", "moves", "arrivals"):
        ratio = getattr(found, name)[..., ages].mean(axis=(1, 2)) / getattr(true, name)[..., ages].mean(axis=(1, 2))
        assert ratio == pytest.approx(1, abs=0.12), name
    assert found.chosen.sum(axis=0) == pytest.approx(1)
    assert found.fertility.sum(axis=1) == pytest.approx(1.4, abs=0.15)


def test_factors_of_districts_shrink_with_few_events():
    observed, expected = np.array([30.0, 3, 900, 1200]), np.array([20.0, 2, 600, 1600])
    factors = local_rates.shrunken_factors(observed, expected)
    plain = observed / expected
    assert abs(factors[1] - 1) < abs(factors[0] - 1) < abs(factors[2] - 1) < 0.5 == plain[0] - 1
    # no more scatter than chance: every district is given the level of all
    assert local_rates.shrunken_factors([10, 11, 9], [10, 10, 10]) == pytest.approx(1)
    assert local_rates.shrunken_factors([10, 0], [10, 0]).tolist() == [1, 1]


def test_backtest_knows_only_the_past(history):
    made = backtest.backtest(history, 5)
    changed = replace(history, population=history.population.copy())
    changed.population[6:] *= 3
    again = backtest.backtest(changed, 5)
    for name in made.last:
        assert np.array_equal(made.last[name].projected, again.last[name].projected)
    assert made.ahead == 5
    assert made.by_year[backtest.COHORTS][-1] == made.last[backtest.COHORTS].weighted_absolute_percent


def test_cohorts_beat_the_simple_guesses_where_the_age_structure_drives_the_change(history):
    made = backtest.backtest(history, 5, ages=slice(65, None))
    assert made.last[backtest.COHORTS].mean_absolute_percent < 8
    assert made.gain(beside=backtest.SAME) > 0.3


def test_simple_guesses_and_errors_by_hand():
    totals = np.array([[100.0, 50], [110, 40], [120, 30]])
    assert backtest.same_as_last(totals, 2).tolist() == [[120, 30], [120, 30]]
    assert backtest.linear_trend(totals, 4)[[0, 3]] == pytest.approx(np.array([[130, 20], [160, 0]]))
    errors = backtest.Errors(np.array([110.0, 45, 3]), np.array([100.0, 50, 0]))
    assert errors.percent[:2].tolist() == [10, -10]
    assert np.isnan(errors.percent[2])
    assert (errors.mean_percent, errors.mean_absolute_percent, errors.largest_percent) == (0, 10, 10)
    assert errors.weighted_absolute_percent == pytest.approx(12)


def test_demand_by_hand():
    population = np.zeros((2, 2, 20))
    population[0, :, :11] = 10
    under, kindergarten, school = (demand.balance(population, g, [30, np.nan]) for g in demand.GROUPS)
    assert (under.children[0], kindergarten.children[0], school.children[0]) == (60, 70, 80)
    assert (under.missing[0], kindergarten.missing[0]) == (60 * 0.4 - 30, 40)
    assert under.provision[0] == 50
    assert np.isnan(under.provision[1])
    assert np.isnan(under.missing[1])
    with pytest.raises(ValueError, match="beyond age 10"):
        demand.children(population[..., :11], demand.PRIMARY)


def test_every_child_under_ten_belongs_to_one_group_only():
    shares = [sum(g.ages.get(age, 0) for g in demand.GROUPS) for age in range(11)]
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
