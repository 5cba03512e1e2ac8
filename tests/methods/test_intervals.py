"""Intervals: published vectors, hand-computed values, coverage by simulation."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from etl.indicators.methods import intervals

WILSON = [
    (65, 100, 0.95, 0.5525444329688797, 0.7363575175690247),
    (1, 100, 0.95, 0.0017674320640407, 0.0544861961787053),
    (1045, 5000, 0.95, 0.1979555, 0.2204913),
    (65, 100, 0.998, 0.4954947, 0.7783541),
]


@pytest.mark.parametrize(("cases", "persons", "level", "lower", "upper"), WILSON)
def test_wilson_gives_the_published_limits(cases, persons, level, lower, upper):
    assert intervals.wilson(cases, persons, level) == pytest.approx((lower, upper), rel=2e-7)


def test_byar_and_exact_give_the_published_limits():
    assert intervals.byar(65) == pytest.approx((50.16318771, 82.84913855), abs=1e-8)
    assert intervals.byar(10, 0.998) == pytest.approx((2.91631837, 24.19372493), abs=1e-8)
    assert intervals.exact_poisson(1) == pytest.approx((0.025317808, 5.571643391), abs=1e-9)
    assert intervals.exact_poisson(5) == pytest.approx((1.62348639, 11.66833208), abs=1e-8)


@pytest.mark.reference
def test_every_published_vector_to_nine_places(reference_dir: Path):
    with (reference_dir / "data" / "vectors" / "ci_vectors.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) >= 30
    for row in rows:
        x, n, factor = float(row["Numerator"]), float(row["Denominator"]), float(row["multiplier"])
        for level, name in ((0.95, "95_0cl"), (0.998, "99_8cl")):
            if "wilson" in row["kind"]:
                found = [factor * limit for limit in intervals.wilson(x, n, level)]
            else:
                found = list(intervals.rate(x, n, factor, level))
            wanted = [float(row[f"lower{name}"]), float(row[f"upper{name}"])]
            assert found == pytest.approx(wanted, rel=1e-9, abs=1e-9), row


def test_small_counts_are_exact_and_larger_ones_byar():
    low, high = intervals.poisson([9, 10])
    assert (low[0], high[0]) == tuple(intervals.exact_poisson(9))
    assert (low[1], high[1]) == tuple(intervals.byar(10))
    assert intervals.poisson(0)[0] == 0


def test_where_a_method_does_not_apply_there_is_no_interval():
    for found in (
        intervals.wilson(5, 0), intervals.wilson(6, 5), intervals.wilson(np.nan, 5), intervals.rate(5, 0),
        intervals.quotient(0, 5), intervals.mean(5, 25, 1), intervals.poisson(-1),
    ):  # fmt: skip
        assert np.isnan(found).all()


def test_quotient_by_hand():
    # ln(200/400) = -0.693147, se = sqrt(1/200 + 1/400) = 0.0866025; x 100
    lower, upper = intervals.quotient(200, 400, 100)
    assert (lower, upper) == pytest.approx((42.194, 59.250), abs=1e-3)


def test_mean_by_hand():
    # 1, 2, 3, 4: mean 2.5, s = 1.290994, t(3; 0.975) = 3.182446, half = 2.054260
    assert intervals.mean(10, 30, 4) == pytest.approx((0.445740, 4.554260), abs=1e-5)


def test_change_of_proportions_by_hand():
    # Newcombe 1998, table II example (a): 56/70 and 48/80, difference 0.2, method 10: 0.0524 to 0.3339
    lower, upper = intervals.difference_of_proportions((48, 56), (80, 70))
    assert (lower, upper) == pytest.approx((0.0524, 0.3339), abs=5e-5)


@given(st.integers(0, 400), st.integers(1, 400))
def test_wilson_holds_the_proportion_and_widens_with_the_level(cases, persons):
    cases = min(cases, persons)
    low, high = intervals.wilson(cases, persons)
    wide_low, wide_high = intervals.wilson(cases, persons, 0.998)
    assert 0 <= wide_low <= low <= cases / persons + 1e-12
    assert cases / persons - 1e-12 <= high <= wide_high <= 1


def test_mean_coverage_of_wilson_over_a_grid():
    """n of 50 to 5,000 persons, p of 1 to 60 %: exact coverage by summing the binomial distribution."""
    coverage = {}
    for n in (50, 100, 300, 1000, 5000):
        x = np.arange(n + 1)
        low, high = intervals.wilson(x, n)
        for p in (0.01, 0.02, 0.05, 0.1, 0.2, 0.35, 0.6):
            coverage[n, p] = float(binom.pmf(x, n, p)[(low <= p) & (p <= high)].sum())
    assert np.mean(list(coverage.values())) >= 0.94
    assert min(coverage.values()) >= 0.90, min(coverage, key=coverage.get)
