"""Moran's I against values of PySAL's esda and against patterns whose answer is known."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.indicators.methods import spatial

SIDE = 4
SQUARES = [shapely.box(x, y, x + 100, y + 100) for y in range(0, 400, 100) for x in range(0, 400, 100)]
# fmt: off
VALUES = [
    12.137, 11.402, 9.853, 7.214, 10.971, 12.649, 8.116, 6.628,
    9.385, 8.801, 7.062, 5.173, 8.291, 6.144, 5.937, 14.058,
]
# computed with esda 2.9.0: Moran and Moran_Local, rook neighbours of the 4 × 4 squares, rows standardised
ESDA_I, ESDA_P = 0.16212541304637312, 0.1134
ESDA_LOCAL = [
    0.98512528, 0.87876992, -0.00961565, 0.18910387, 0.67779136, 0.43448177, -0.00735556, 0.72421703,
    0.02061949, 0.00478175, 0.54377813, -0.14154496, 0.12164548, 0.53163186, -0.04310024, -2.47844833,
]
ESDA_LOCAL_P = [
    0.0955, 0.0333, 0.4983, 0.3379, 0.0436, 0.1776, 0.4996, 0.0436,
    0.3845, 0.4435, 0.0299, 0.4894, 0.2793, 0.1409, 0.4722, 0.0001,
]
ESDA_QUADRANTS = [1, 1, 4, 3, 1, 1, 2, 3, 1, 3, 3, 2, 3, 3, 2, 4]
# fmt: on


@pytest.fixture(scope="module")
def lattice() -> np.ndarray:
    return spatial.matrix(spatial.pairs(SQUARES), 16)


def test_neighbours_share_a_boundary_not_a_corner(lattice):
    assert lattice.sum(axis=1).tolist() == [2, 3, 3, 2, 3, 4, 4, 3, 3, 4, 4, 3, 2, 3, 3, 2]
    assert (lattice[0, 1], lattice[0, 5]) == (1, 0)


def test_global_and_local_values_of_esda(lattice):
    found = spatial.moran(VALUES, lattice)
    assert found.value == pytest.approx(ESDA_I, abs=1e-12)
    assert found.expected == -1 / 15
    # esda's p values are one-sided
    assert found.p_value == pytest.approx(2 * ESDA_P, abs=0.02)
    local = spatial.local_moran(VALUES, lattice)
    assert local.value == pytest.approx(np.array(ESDA_LOCAL), abs=5e-9)
    assert local.quadrant.tolist() == ESDA_QUADRANTS
    # a corner has 105 possible neighbourhoods: its own one, counted or not, makes 0.02
    assert local.p_value == pytest.approx(np.minimum(1, 2 * np.array(ESDA_LOCAL_P)), abs=0.05)
    # the district that differs most: with two neighbours of 15 no p value can be below 2 / 105, not enough for 16 tests
    assert local.p_value[15] == pytest.approx(2 / 105, abs=0.006)
    assert not local.cluster().any()


def test_a_planted_cluster_is_found_after_correction():
    side = 10
    row, column = np.divmod(np.arange(side**2), side)
    links = (np.abs(row[:, None] - row) + np.abs(column[:, None] - column) == 1).astype(float)
    values = np.random.default_rng(8).normal(0, 0.3, side**2) + 5 * ((row < 4) & (column < 4))
    found = spatial.local_moran(values, links, permutations=1999).cluster()
    # at the corner itself two neighbours are too few to be sure
    core = (row >= 1) & (row < 3) & (column >= 1) & (column < 3)
    assert (found[core] == 1).all()
    assert (found[(row > 4) | (column > 4)] == 0).mean() > 0.95


def test_local_p_values_against_all_neighbourhoods_there_are(lattice):
    z = np.array(VALUES) - np.mean(VALUES)
    exact = []
    for n in range(16):
        others = np.delete(z, n)
        every = np.array([z[n] * np.mean(drawn) for drawn in combinations(others, int(lattice[n].sum()))])
        own = z[n] * z[lattice[n] > 0].mean()
        exact.append(min(1.0, 2 * min((every >= own - 1e-9).mean(), (every <= own + 1e-9).mean())))
    assert spatial.local_moran(VALUES, lattice).p_value == pytest.approx(exact, abs=0.03)


def test_a_slope_is_a_pattern_and_a_chessboard_its_opposite(lattice):
    row, column = np.divmod(np.arange(16), SIDE)
    slope, board = spatial.moran(row + column, lattice), spatial.moran((row + column) % 2, lattice)
    assert slope.value > 0.5
    assert board.value == pytest.approx(-1)
    assert max(slope.p_value, board.p_value) < 0.01


def test_chance_is_rarely_called_a_pattern(lattice):
    rng = np.random.default_rng(6)
    found = [spatial.moran(rng.normal(size=16), lattice, permutations=199).p_value < 0.05 for _ in range(200)]
    # 5 % of 200 give 10; 22 would be four standard deviations more
    assert 2 <= sum(found) <= 22


@given(factor=st.floats(0.01, 100), shift=st.floats(-100, 100), flip=st.booleans())
@settings(max_examples=20, deadline=None)
def test_units_and_polarity_do_not_matter(lattice, factor, shift, flip):
    changed = np.array(VALUES) * factor * (-1 if flip else 1) + shift
    assert spatial.moran(changed, lattice, permutations=9).value == pytest.approx(ESDA_I, abs=1e-9)
    quadrants = spatial.local_moran(changed, lattice, permutations=9).quadrant
    mirrored = {1: 3, 2: 4, 3: 1, 4: 2}
    assert quadrants.tolist() == [mirrored[q] if flip else q for q in ESDA_QUADRANTS]


def test_unknown_values_and_islands_stay_out(lattice):
    holed = np.array(VALUES)
    holed[[1, 4]] = np.nan
    # the first district has only these two neighbours
    local = spatial.local_moran(holed, lattice, permutations=99)
    assert np.flatnonzero(np.isnan(local.value)).tolist() == [0, 1, 4]
    assert np.isnan(local.cluster()[[0, 1, 4]]).all()
    kept = [n for n in range(16) if n not in (0, 1, 4)]
    alone = spatial.moran(holed[kept], lattice[np.ix_(kept, kept)], permutations=9).value
    assert spatial.moran(holed, lattice, permutations=9).value == pytest.approx(alone)


def test_nothing_is_said_of_few_or_equal_districts(lattice):
    assert np.isnan(spatial.moran(VALUES[:6], lattice[:6, :6]).value)
    assert np.isnan(spatial.moran(np.ones(16), lattice).p_value)
    assert np.isnan(spatial.local_moran(np.full(16, np.nan), lattice).value).all()
    with pytest.raises(ValueError, match="as many rows"):
        spatial.moran(VALUES[:6], lattice)
