"""Laws of limits, comparisons, trends and smoothing that hold for any counts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.indicators.methods import comparison, intervals, shrinkage, trends

PERSONS = st.integers(20, 3000)
SHARE = st.floats(0.02, 0.9)


@st.composite
def counted(draw: st.DrawFn) -> tuple[int, int]:
    persons = draw(PERSONS)
    return min(persons - 1, max(1, round(draw(SHARE) * persons))), persons


@given(counted(), counted())
def test_a_difference_turned_round_is_its_negative(first, second):
    there = intervals.difference_of_proportions((first[0], second[0]), (first[1], second[1]))
    back = intervals.difference_of_proportions((second[0], first[0]), (second[1], first[1]))
    assert there == pytest.approx((-back[1], -back[0]), abs=1e-12)
    assert there[0] <= second[0] / second[1] - first[0] / first[1] <= there[1]


@given(counted(), counted())
def test_cases_and_the_others_are_told_apart_alike(first, second):
    """Who counts those without the trait instead finds the same p value and the opposite direction."""
    cases, persons = (first[0], second[0]), (first[1], second[1])
    others = (first[1] - first[0], second[1] - second[0])
    assert comparison.two_proportions(others, persons) == pytest.approx(
        comparison.two_proportions(cases, persons), abs=1e-9
    )
    directions = [comparison.from_difference(*intervals.difference_of_proportions(c, persons)) for c in (cases, others)]
    assert directions[0] == -directions[1]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60))
def test_adjusted_p_values_are_larger_and_keep_their_order(values):
    p = np.array(values)
    found = comparison.benjamini_hochberg(p)
    assert (found >= p - 1e-15).all() and (found <= 1).all()
    assert (np.diff(found[np.argsort(p)]) >= -1e-15).all()


@given(st.lists(counted(), min_size=2, max_size=20))
def test_a_smoothed_share_lies_between_its_own_and_the_centre(areas):
    cases, persons = np.array(areas, dtype=float).T
    found = shrinkage.shrink(cases, persons)
    own, centre = (cases + 0.5) / (persons + 1), 1 / (1 + np.exp(-found.centre))
    low, high = np.minimum(own, centre), np.maximum(own, centre)
    assert ((found.value >= low - 1e-9) & (found.value <= high + 1e-9)).all()


@given(st.lists(st.tuples(st.floats(-50, 50), st.floats(0.5, 10)), min_size=5, max_size=5), st.floats(0.1, 100))
def test_a_line_in_another_unit_is_the_same_line(points, factor):
    values, half = np.array(points).T
    line = trends.line(values, values - half, values + half)
    other = trends.line(factor * values + 7, factor * (values - half) + 7, factor * (values + half) + 7)
    assert other.slope == pytest.approx(factor * line.slope, rel=1e-6, abs=1e-6)
    assert other.upper - other.lower == pytest.approx(factor * (line.upper - line.lower), rel=1e-6)
    assert line.lower < line.slope < line.upper


@given(st.lists(st.integers(0, 400), min_size=3, max_size=12).filter(lambda counts: sum(counts) >= 2))
def test_moments_of_bands_are_those_of_evenly_spread_values(counts):
    edges = np.array([(5.0 * k, 5.0 * k + 5) for k in range(len(counts))])
    persons, total, squares = intervals.moments(counts, edges)
    steps = np.concatenate([np.linspace(a, b, 2001)[:-1] + (b - a) / 4000 for a, b in edges])
    weights = np.repeat(np.array(counts) / 2000, 2000)
    assert (persons, total) == pytest.approx((weights.sum(), (weights * steps).sum()))
    assert squares == pytest.approx((weights * steps**2).sum(), rel=1e-5)
