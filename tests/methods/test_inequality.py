"""Segregation, shrinkage, comparison: worked numbers and laws."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.indicators.methods import comparison, inequality, shrinkage


def test_dissimilarity_of_the_worked_example():
    group, rest = np.array([10, 30, 60]), np.array([190, 170, 140])
    total = group + rest
    assert inequality.dissimilarity(group, total) == pytest.approx(0.32)
    against_total = 0.5 * np.abs(group / 100 - total / 600).sum()
    assert against_total == pytest.approx(0.266667, abs=1e-6)
    assert against_total / (1 - 100 / 600) == pytest.approx(0.32)


def test_isolation_gini_and_theil_by_hand():
    # all of the group in one of two equal districts of 100
    assert inequality.isolation([50, 0], [100, 100]) == pytest.approx(0.5)
    assert inequality.gini([50, 0], [100, 100]) == pytest.approx(0.5)
    assert inequality.theil([50, 0], [100, 100]) == pytest.approx(0.5 * 2 * np.log(2))
    assert inequality.theil([10, 10], [100, 100]) == pytest.approx(0)


@given(st.lists(st.tuples(st.integers(1, 50), st.integers(60, 500)), min_size=3, max_size=20))
def test_dissimilarity_lies_between_0_and_1_and_equal_shares_give_0(districts):
    group, total = np.array(districts).T
    assert 0 <= inequality.dissimilarity(group, total) <= 1
    assert inequality.dissimilarity(total * 0.1, total) == pytest.approx(0, abs=1e-12)


def test_the_interval_holds_the_value_and_shrinks_with_numbers():
    small = inequality.with_interval(inequality.dissimilarity, [10, 30, 60], [200, 200, 200])
    large = inequality.with_interval(inequality.dissimilarity, [1000, 3000, 6000], [20000, 20000, 20000])
    assert small.lower < 0.32 < small.upper
    assert large.upper - large.lower < (small.upper - small.lower) / 5


def test_shrinkage_of_the_worked_example():
    found = shrinkage.shrink([5, 40, 90, 12], [60, 1200, 1500, 300])
    assert found.centre == pytest.approx(-2.983282, abs=5e-7)
    assert found.between == pytest.approx(0.211206, abs=5e-7)
    assert found.weight == pytest.approx([0.529597, 0.893130, 0.947488, 0.723662], abs=1e-6)
    assert found.value == pytest.approx([0.067384, 0.035042, 0.059592, 0.043275], abs=1e-6)


def test_areas_without_persons_stay_out():
    found = shrinkage.shrink([5, 0, 40], [60, 0, 1200])
    assert np.isnan(found.value).tolist() == [False, True, False]
    with pytest.raises(ValueError, match="two areas"):
        shrinkage.shrink([5], [60])


def test_comparison_with_a_reference():
    found = comparison.against([1.0, 3.0, 1.0, np.nan], [2.0, 4.0, 4.0, 2.0], 2.5)
    assert found[:3].tolist() == [-1, 1, 0]
    assert np.isnan(found[3])
    assert comparison.judged(found, "gut")[:3].tolist() == [-1, 1, 0]
    assert comparison.judged(found, "schlecht")[:3].tolist() == [1, -1, 0]
    assert np.isnan(comparison.judged(found, "neutral")).all()
    assert comparison.rest([20, 30], 100).tolist() == [80, 70]


def test_false_discoveries_of_the_authors_example():
    """Benjamini and Hochberg 1995, section 4: of 15 tests the four smallest are found at 5 %."""
    p = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590,
         1.0]  # fmt: skip
    adjusted = comparison.benjamini_hochberg([*p, np.nan])
    assert (adjusted[:15] <= 0.05).sum() == 4
    assert np.isnan(adjusted[15])
    assert (np.diff(adjusted[:15]) >= 0).all()


def test_equal_proportions_do_not_differ():
    assert comparison.two_proportions((10, 20), (100, 200)) == pytest.approx(1.0)
    assert comparison.two_proportions((10, 40), (100, 200)) == pytest.approx(0.02842, abs=5e-5)
