"""Trend tests against the worked examples of the method's authors."""

from __future__ import annotations

import numpy as np
import pytest

from etl.indicators.methods import trends

RISING = ([994, 1023, 1199, 1332, 1367], [40299, 41527, 42811, 44064, 44701])
FLAT = ([209, 213, 213, 239, 210], [1017, 1087, 1119, 1117, 1139])


def test_proportions_of_the_published_examples():
    found = trends.of_proportions(*(np.array(v) for v in zip(RISING, FLAT, strict=True)))
    assert found.chi2 == pytest.approx([47.8967, 0.4003], abs=5e-5)
    assert found.direction.tolist() == [1, 0]


def test_values_with_intervals_of_the_published_example():
    y, low, high = (
        [24.67, 24.6, 28, 30.2, 30.6],
        [23.16, 23.15, 26.44, 28.63, 28.98],
        [26.25, 26.19, 29.64, 31.9, 32.25],
    )
    found = trends.of_values(y, low, high)
    assert (found.slope, found.chi2) == pytest.approx((1.75157, 46.7653), abs=5e-5)
    assert found.direction == 1


def test_one_year_alone_makes_no_trend():
    """Only the last year is out of line: significant, but without it the slope turns."""
    found = trends.of_proportions([1000, 990, 985, 980, 1400], [10000] * 5)
    assert found.chi2 > trends.CRITICAL
    assert found.direction == 0


def test_years_with_all_or_nobody_cannot_be_calculated():
    assert np.isnan(trends.of_proportions([0, 5, 6, 7, 8], [10] * 5).direction)
    assert np.isnan(trends.of_proportions([10, 5, 6, 7, 8], [10] * 5).direction)
    assert np.isnan(trends.of_proportions([np.nan, 5, 6, 7, 8], [10] * 5).direction)


def test_a_mirrored_series_falls_as_much_as_it_rose():
    up = trends.of_proportions(*RISING)
    down = trends.of_proportions(*(v[::-1] for v in RISING))
    assert down.chi2 == pytest.approx(up.chi2)
    assert (up.direction, down.direction) == (1, -1)


def test_other_than_five_points_are_refused():
    with pytest.raises(ValueError, match="5 yearly points"):
        trends.of_proportions([1, 2, 3], [9, 9, 9])
