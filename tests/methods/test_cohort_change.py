"""Single years from ranges, and rates from two stocks: by hand, and the laws they must hold."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.indicators.methods import age_split, cohort_change
from etl.indicators.methods.cohort_change import Change, Pattern
from etl.indicators.methods.projection import BOYS, CONSTANT, project

AGES = age_split.AGES
BANDS = [(a, a + 5) for a in range(0, 85, 5)] + [(85, 200)]
FLAT = Pattern(
    fertility=np.where((np.arange(AGES) >= 20) & (np.arange(AGES) < 40), 0.05, 0.0),
    mortality=np.tile(np.minimum(0.0002 * np.exp(0.09 * np.arange(AGES)), 0.3), (2, 1)),
)

NOISY = replace(FLAT, turnover=1.0)


@given(st.lists(st.integers(0, 500), min_size=18, max_size=18))
def test_every_known_range_is_met_and_no_age_is_negative(counts: list[int]) -> None:
    found = age_split.single_years([(low, high, n) for (low, high), n in zip(BANDS, counts, strict=True)])
    assert found is not None
    assert (found >= 0).all()
    for (low, high), persons in zip(BANDS, counts, strict=True):
        assert found[low:high].sum() == pytest.approx(persons, abs=1e-6)


def test_finer_ranges_are_used_where_they_are_shown() -> None:
    ranges = [(low, high, 100.0) for low, high in BANDS]
    found = age_split.single_years([*ranges, (0, 3, 90.0), (3, 6, 12.0)])  # 3, 4: 10; 5: 2; 6 to 9: 98
    assert found is not None
    assert found[:3].sum() == pytest.approx(90)
    assert found[3:5].sum() == pytest.approx(10)
    assert found[5] == pytest.approx(2)
    assert found[6:10].sum() == pytest.approx(98)


def test_a_missing_range_is_the_difference_of_others_or_unknown() -> None:
    ranges = [(low, high, 100.0) for low, high in BANDS]
    without = [r for r in ranges if r[0] != 40]
    assert age_split.single_years(without) is None
    found = age_split.single_years([*without, (0, 200, 1790.0)])
    assert found is not None
    assert found[40:45].sum() == pytest.approx(90)


def stock(scale: float = 100.0) -> np.ndarray:
    return np.full((2, AGES), scale)


def moved(first: np.ndarray, births: np.ndarray, gain: np.ndarray) -> Change:
    """Five years in which people only age and ``gain`` (areas × ages at the end) come."""
    zero = Change(first, first, births, np.zeros(len(first)))
    last = cohort_change.expected(zero, np.zeros_like(first), births) + gain[:, None, :]
    return Change(first, last, births, np.zeros(len(first)))


def test_nobody_moves_where_the_stock_is_what_births_and_survivors_leave() -> None:
    first = np.stack([stock(50), stock(80)])
    births = np.array([500.0, 800.0])
    change = moved(first, births, np.zeros((2, AGES)))
    assert change.last[0, 0, :5].sum() == pytest.approx(500 * BOYS)
    assert change.last[0, 0, -1] == pytest.approx(50 * 6)  # 80 to 84 and the open age
    rates = cohort_change.net_rates(change, change.last, FLAT)
    assert rates == pytest.approx(0)


def test_survival_by_hand() -> None:
    deaths = np.zeros((1, 2, 10))
    deaths[..., 7] = 0.5
    whole, newborn = cohort_change.survival(deaths)
    # who is 2 … 6 reaches 7 within five years; newborn do not
    assert whole[0, 0].tolist() == [1, 1, 0.5, 0.5, 0.5, 0.5, 0.5, 1, 1, 1]
    assert newborn[0, 0].tolist() == [1, 1, 1, 1, 1]


def test_the_city_gains_what_its_areas_gain_and_noise_is_drawn_in() -> None:
    first = np.stack([stock(100)] * 4)
    gain = np.zeros((4, AGES))
    gain[:, 25:30] = [[20], [20], [20], [20]]
    rates = cohort_change.net_rates(
        moved(first, np.full(4, 1000.0), gain), moved(first, np.full(4, 1000.0), 0 * gain).last, FLAT
    )
    # 20 of 120 at the end came in five years: 20 / (5 * 110) a year, the same everywhere
    assert rates[:, 0, 25] == pytest.approx(20 / 550)
    assert rates[:, 0, 60] == pytest.approx(0)
    gain[0, 25:30] += 60
    own = cohort_change.net_rates(
        moved(first, np.full(4, 1000.0), gain), moved(first, np.full(4, 1000.0), 0 * gain).last, FLAT
    )
    calm = cohort_change.net_rates(
        moved(first, np.full(4, 1000.0), gain), moved(first, np.full(4, 1000.0), 0 * gain).last, NOISY
    )
    half = cohort_change.net_rates(
        moved(first, np.full(4, 1000.0), gain),
        moved(first, np.full(4, 1000.0), 0 * gain).last,
        replace(FLAT, persistence=0.5),
    )
    city = cohort_change.net_rates(
        moved(first, np.full(4, 1000.0), gain),
        moved(first, np.full(4, 1000.0), 0 * gain).last,
        replace(FLAT, persistence=0.0),
    )
    assert half - city == pytest.approx((own - city) / 2)
    assert own[0, 0, 25] > half[0, 0, 25] > city[0, 0, 25]
    assert own[0, 0, 25] > calm[0, 0, 25] > calm[1, 0, 25] > own[1, 0, 25]


def test_who_was_born_in_these_years_lived_half_of_them() -> None:
    change = moved(np.stack([stock(100.0)]), np.array([1000.0]), np.zeros((1, AGES)))
    last = change.last.copy()
    last[..., :5] += 12
    rates = cohort_change.net_rates(
        Change(change.first, last, change.births, change.deaths), change.last, FLAT
    )  # fmt: skip
    born = change.last[0, 1, :5].sum()
    assert rates[0, 1, 1] == pytest.approx(60 / (2.5 * (born + born + 60) / 2))


def test_levels_follow_the_events_and_unknown_areas_the_city() -> None:
    expected = np.array([100.0, 100.0, 100.0])
    assert cohort_change.levels([np.nan, 120, 120], expected) == pytest.approx(1.2)
    assert cohort_change.levels([120], [100]) == pytest.approx(1.2)
    assert cohort_change.levels([np.nan], [100]) == pytest.approx(1)
    found = cohort_change.levels([300, 100, 100], expected)
    assert 5 / 3 < found[0] < 3
    assert 1 < found[1] < 5 / 3


def test_projecting_the_base_years_again_gives_the_last_stock() -> None:
    """A population with births, deaths and moves, projected from the first stock with its own rates."""
    rng = np.random.default_rng(3)
    first = np.stack([stock(60) * shape for shape in rng.uniform(0.7, 1.3, (6, 1, 1))])
    deaths = np.broadcast_to(FLAT.mortality, first.shape)
    births = 5 * first[:, 1] @ FLAT.fertility
    zero = Change(first, first, births, np.full(6, np.nan))
    gain = np.where((np.arange(AGES) >= 20) & (np.arange(AGES) < 35), 15.0, -2.0)
    last = cohort_change.expected(zero, deaths, births) + gain
    died = 5 * (first * FLAT.mortality).sum(axis=(1, 2))
    change = Change(first, np.maximum(last, 0), births, died)
    again = project(first, cohort_change.estimate(change, FLAT), 5, CONSTANT).population[-1]
    totals = change.last.sum(axis=(1, 2))
    assert again.sum(axis=(1, 2)) == pytest.approx(totals, rel=0.03)
    young = slice(20, 40)
    assert again[..., young].sum() == pytest.approx(change.last[..., young].sum(), rel=0.05)


def test_shapes_are_checked() -> None:
    with pytest.raises(ValueError, match="areas × 2 sexes"):
        Change(np.zeros((1, 3, AGES)), np.zeros((1, 3, AGES)), np.zeros(1), np.zeros(1))
    with pytest.raises(ValueError, match="one number an area"):
        Change(np.zeros((1, 2, AGES)), np.zeros((1, 2, AGES)), np.zeros(2), np.zeros(1))
    with pytest.raises(ValueError, match="known and not negative"):
        Change(np.full((1, 2, AGES), np.nan), np.zeros((1, 2, AGES)), np.zeros(1), np.zeros(1))
