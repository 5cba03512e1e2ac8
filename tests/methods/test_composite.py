"""Indices against published ones, by hand, and their invariants."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import rankdata

from etl.indicators.methods import composite, stability, standardise
from etl.indicators.methods.composite import BERLIN_DYNAMICS, BERLIN_STATUS, Method, Part

CLASSES = {
    "S": (BERLIN_STATUS, ["hoch", "mittel", "niedrig", "sehr niedrig"]),
    "D": (BERLIN_DYNAMICS, ["positiv", "stabil", "negativ"]),
}


def _number(text: str) -> float:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return float("nan")


@pytest.mark.reference
@pytest.mark.parametrize(("kind", "column"), [("S", 8), ("D", 14)])
def test_berlin_2021_classes_follow_from_its_z_values(reference_dir: Path, kind, column):
    with (reference_dir / "data" / "vectors" / "mss_2021_z.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    method, names = CLASSES[kind]
    table = np.array([[_number(row[f"z{kind}{n}"]) for n in (1, 3, 4)] for row in rows])
    total = table.sum(axis=1)
    classes = composite.classify(total / standardise.moments(total)[1], method.cuts)
    published = [row[list(row)[column]].strip() for row in rows]
    equal = sum(not np.isnan(c) and names[int(c) - 1] == word for c, word in zip(classes, published, strict=True))
    assert (int((~np.isnan(classes)).sum()), equal) == (536, 536)
    # standardising the standardised again changes nothing
    assert np.array_equal(composite.compose(table, (Part("a"), Part("b"), Part("c")), method).classes, classes, True)


@pytest.mark.reference
def test_simd_2016_from_its_domain_ranks(reference_dir: Path):
    weights = {"Income": 0.28, "Employment": 0.28, "Health": 0.14, "Education": 0.14, "Access": 0.09, "Crime": 0.05}
    weights["Housing"] = 0.02
    with (reference_dir / "data" / "vectors" / "simd16_domain_ranks.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    columns = [next(name for name in rows[0] if name.startswith(f"{domain}_")) for domain in weights]
    table = -np.array([[float(row[c]) for c in columns] for row in rows])
    method = Method("imd_exponential", standardise_sum=False, cuts=())
    score = composite.compose(table, tuple(Part(d, 1, w) for d, w in weights.items()), method).score
    place = {row["Data_Zone"]: n for n, row in enumerate(rows)}
    rank = rankdata(-score)
    assert score[place["S01012068"]] == pytest.approx(89.0597, abs=5e-5)
    assert rank[place["S01012068"]] == 1
    assert score[place["S01010245"]] == pytest.approx(87.6611, abs=5e-5)
    # published overall ranks come from unrounded weights: 80.6 % equal, at most 7 apart
    apart = np.abs(rank - np.array([float(row["Overall_SIMD16_rank"]) for row in rows]))
    assert (apart == 0).mean() == pytest.approx(0.806, abs=5e-4)
    assert apart.max() == 7


def test_the_exponential_transformation_by_table():
    found = standardise.exponential([0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1])
    wanted = [2.3903, 6.5177, 15.6468, 31.0091, 50.4267, 63.8476, 86.9573, 100.0]
    assert found == pytest.approx(wanted, abs=5e-5)


def test_from_raw_shares_to_classes_by_hand():
    """Shares 2, 4, 6, 8 %: mean 5, population SD sqrt(5) = 2.236068, z = -1.341641, -0.447214, 0.447214, 1.341641."""
    found = composite.compose([[2.0], [4.0], [6.0], [8.0]], (Part("a"),))
    assert found.score == pytest.approx([-1.3416408, -0.4472136, 0.4472136, 1.3416408])
    assert found.classes.tolist() == [1, 2, 2, 3]
    sample = composite.compose([[2.0], [4.0], [6.0], [8.0]], (Part("a"),), Method(sample_deviation=True))
    assert sample.parts[:, 0] == pytest.approx(np.array([-3, -1, 1, 3]) / 2.5819889, abs=1e-6)


def test_a_value_on_a_limit_is_in_the_middle_whatever_it_prints_as():
    assert composite.classify([-1.0, -1.0000001, 1.0, 1.0000001, 1.5, 1.6], (-1, 1, 1.5)).tolist() == [2, 1, 2, 3, 3, 4]
    assert [f"{v:.2f}" for v in (-1.0, -1.0000001)] == ["-1.00", "-1.00"]


tables = st.lists(st.tuples(st.floats(0, 100), st.floats(0, 100)), min_size=4, max_size=30).filter(
    lambda rows: np.ptp([r[0] for r in rows]) > 1 and np.ptp([r[1] for r in rows]) > 1
)


@given(tables, st.floats(0.01, 50), st.floats(-20, 20))
def test_units_do_not_matter(rows, scale, shift):
    table = np.array(rows)
    parts = (Part("a"), Part("b"))
    other = table * [scale, 1] + [shift, 0]
    assert composite.compose(other, parts).score == pytest.approx(composite.compose(table, parts).score, abs=1e-6)


@given(tables)
def test_flipped_directions_mirror_the_classes(rows):
    method = Method(cuts=(-1.0, 1.0))
    up = composite.compose(np.array(rows), (Part("a"), Part("b")), method)
    down = composite.compose(np.array(rows), (Part("a", -1), Part("b", -1)), method)
    assert down.score == pytest.approx(-up.score, abs=1e-9)
    clear = np.abs(np.abs(up.score) - 1) > 1e-9
    assert np.array_equal(down.classes[clear], 4 - up.classes[clear])


def test_missing_parts_and_small_areas_take_no_part():
    table = np.array([[1.0, 2], [2, 3], [3, np.nan], [4, 5], [90, 90]])
    taking = composite.valid_areas(table, [400, 400, 400, 400, 299])
    assert taking.tolist() == [True, True, False, True, False]
    score = composite.compose(np.where(taking[:, None], table, np.nan), (Part("a"), Part("b"))).score
    assert np.isnan(score).tolist() == [False, False, True, False, True]


def test_a_baseline_keeps_the_yardstick():
    first = composite.compose([[2.0], [4.0], [6.0], [8.0]], (Part("a"),))
    later = composite.compose([[4.0], [6.0], [8.0], [10.0]], (Part("a"),), baseline=first.baseline)
    assert later.score == pytest.approx(first.score + 2 / 2.2360680, abs=1e-6)


def test_the_cross_class():
    assert composite.cross([1, 4], [1, 3]).tolist() == [11, 45]


def test_classes_far_from_any_limit_are_stable_and_those_on_it_are_not():
    rng = np.random.default_rng(7)
    shares = np.column_stack([np.linspace(0.02, 0.3, 40)] * 3) * rng.uniform(0.98, 1.02, (40, 3))
    persons = np.full((40, 3), 4000.0)
    redrawn = stability.drawn_shares(shares * persons, persons, 100, np.random.default_rng(1))
    parts = (Part("a"), Part("b"), Part("c"))
    found = stability.of_classes(shares, parts, BERLIN_STATUS, bootstrap=redrawn)
    base = composite.compose(shares, parts)
    distance = np.min(np.abs(base.score[:, None] - np.array([-1.0, 1.0, 1.5])), axis=1)
    assert found.share[distance > 0.3] == pytest.approx(1.0)
    assert found.share[np.argmin(distance)] < 0.9
    assert (found.rank_low <= found.rank_high).all()
    assert found.rank_high[-1] <= 4
    assert found.stable[distance > 0.3].all()
