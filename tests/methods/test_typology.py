"""Types of areas: recovered where they exist, the same in any order and unit, described without judging."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.indicators.methods import type_words, typology
from etl.indicators.methods.type_words import Feature

CENTRES = np.array([[0.0, 0, 0], [6, 0, 3], [0, 7, -4]])
TRUE = np.repeat([0, 1, 2], [9, 6, 5])


@pytest.fixture(scope="module")
def three_kinds() -> np.ndarray:
    return CENTRES[TRUE] + np.random.default_rng(3).normal(0, 0.6, (20, 3))


def test_three_planted_types_are_found_and_hold(three_kinds):
    choice = typology.choose(three_kinds, references=20)
    assert (choice.number, choice.structured) == (3, True)
    types = typology.group(three_kinds, 3)
    assert typology.adjusted_rand(types.labels, TRUE) == 1
    assert types.sizes.tolist() == [9, 6, 5]
    firm = typology.firmness(three_kinds, 3, runs=50)
    assert firm.mean > 0.95
    assert firm.share.min() > 0.9


def test_a_shapeless_cloud_is_said_to_be_without_structure():
    cloud = np.random.default_rng(5).uniform(size=(40, 3))
    assert not typology.choose(cloud, references=30).structured
    assert typology.firmness(cloud, 6, runs=30).mean < 0.8


@given(order=st.permutations(range(20)), factor=st.floats(0.01, 100), shift=st.floats(-50, 50))
@settings(max_examples=25, deadline=None)
def test_types_do_not_depend_on_order_and_units(three_kinds, order, factor, shift):
    before = typology.group(three_kinds, 3)
    changed = three_kinds[order] * [factor, 1, -1 / factor] + shift
    after = typology.group(changed, 3)
    assert np.array_equal(after.labels, before.labels[list(order)])


def test_missing_values_and_flat_columns_stay_out(three_kinds):
    holed = np.column_stack([three_kinds, np.full(20, 0.1)])
    holed[4, 1] = np.nan
    types = typology.group(holed, 3)
    assert np.isnan(types.labels).nonzero()[0].tolist() == [4]
    assert np.allclose(types.centres[:, 3], 0)
    assert types.sizes.sum() == 19


def test_silhouette_by_hand():
    # two pairs on a line at 0, 1 and 10, 12: s(0) = (11 - 1) / 11, s(1) = (10 - 1) / 10, s(10) = (9.5 - 2) / 9.5 ...
    found = typology.silhouette(np.array([[0.0], [1], [10], [12]]), [1, 1, 2, 2])
    assert found == pytest.approx([10 / 11, 9 / 10, 7.5 / 9.5, 9.5 / 11.5])
    assert typology.silhouette(np.array([[0.0], [1], [10]]), [1, 1, 2])[2] == 0


def test_adjusted_rand_by_hand():
    # pairs together in both 1, in the first 3, in the second 2, of 10: chance 0.6, (1 - 0.6) / (2.5 - 0.6)
    assert typology.adjusted_rand([1, 1, 1, 2, 3], [1, 1, 2, 2, 3]) == pytest.approx(0.4 / 1.9)
    assert typology.adjusted_rand([1, 1, 2, 2], [5, 5, 3, 3]) == 1
    assert typology.adjusted_rand([1, 1, 2, 2], [1, 2, 1, 2]) == pytest.approx(-0.5)


def test_too_few_areas_are_refused():
    with pytest.raises(ValueError, match="six complete areas"):
        typology.choose(np.ones((5, 2)))
    with pytest.raises(ValueError, match="at least as many"):
        typology.group(np.ones((3, 2)), 4)


def test_descriptions_name_the_largest_deviations_and_judge_only_what_has_a_polarity():
    features = [Feature("Jugendquotient"), Feature("Arbeitslosenanteil", "schlecht"), Feature("Betreuung", "gut")]
    assert type_words.describe([1.2, -0.6, 0.1], features) == (
        "Deutlich höher als im Mittel der Bezirke: Jugendquotient. Etwas niedriger: Arbeitslosenanteil (günstiger)."
    )
    assert type_words.describe([0, 2.5, -0.7], features) == (
        "Sehr deutlich höher als im Mittel der Bezirke: Arbeitslosenanteil (ungünstiger). "
        "Etwas niedriger: Betreuung (ungünstiger)."
    )
    assert type_words.describe([0.4, -0.4, 0], features) == type_words.AVERAGE


@given(st.lists(st.floats(-4, 4), min_size=1, max_size=8))
def test_neutral_indicators_are_never_judged(centre):
    text = type_words.describe(centre, [Feature(f"Merkmal {n}") for n in range(len(centre))])
    assert "günstig" not in text
    assert sum(f"Merkmal {n}" in text for n in range(len(centre))) == min(4, int((np.abs(centre) >= 0.5).sum()))
