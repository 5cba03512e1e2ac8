"""Do neighbouring districts resemble each other: Moran's I over the city and by district, with permutation tests.

Moran (1950), Biometrika 37, 17-23; Anselin (1995), Geographical Analysis 27, 93-115. The definitions are those of
PySAL's esda (2.9), whose values the tests reproduce. Its code is not used: it brings pandas, geopandas, scikit-learn
and ten more packages for what are two products with a matrix of neighbours. Results hold for one district version only.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from etl.indicators.methods.comparison import benjamini_hochberg

Floats = NDArray[np.float64]
SHARED_METRES = 1.0
"""Length of common boundary from which two districts are neighbours; a common corner is not enough."""
PERMUTATIONS = 9999
FEWEST = 8
"""Districts below which no test is made."""
WORDS = {
    1: "hoch in hoher Umgebung",
    2: "niedrig in hoher Umgebung",
    3: "niedrig in niedriger Umgebung",
    4: "hoch in niedriger Umgebung",
}


@dataclass(frozen=True)
class Global:
    """``value`` of Moran's I, ``expected`` without any pattern (-1 / (n - 1)), two-sided p value by permutation."""

    value: float
    expected: float
    p_value: float


@dataclass(frozen=True)
class Local:
    """By district: ``value`` of local I, ``quadrant`` (see WORDS), two-sided ``p_value``, ``adjusted`` for testing all.

    NaN where the value is unknown or no neighbour has one.
    """

    value: Floats
    quadrant: Floats
    p_value: Floats
    adjusted: Floats

    def cluster(self, level: float = 0.05) -> Floats:
        """The quadrant where the adjusted p value lies below ``level``, 0 elsewhere, NaN where not tested."""
        return np.where(np.isnan(self.adjusted), np.nan, np.where(self.adjusted < level, self.quadrant, 0))


def pairs(districts: Sequence[shapely.Geometry], shared: float = SHARED_METRES) -> list[tuple[int, int]]:
    """Neighbours among polygons in a metric CRS: common boundary of at least ``shared`` metres; each pair once."""
    geometries = np.asarray(districts, dtype=object)
    first, second = shapely.STRtree(geometries).query(geometries, predicate="intersects")
    once = first < second
    first, second = first[once], second[once]
    edges = shapely.boundary(geometries)
    length = shapely.length(shapely.intersection(edges[first], edges[second]))
    return [(int(a), int(b)) for a, b in zip(first[length >= shared], second[length >= shared], strict=True)]


def matrix(neighbours: Iterable[tuple[int, int]], number: int) -> Floats:
    """Symmetric 0/1 matrix of ``number`` districts; not yet standardised."""
    out = np.zeros((number, number))
    for a, b in neighbours:
        if a == b:
            raise ValueError(f"district {a} cannot be its own neighbour")
        out[a, b] = out[b, a] = 1
    return out


def _taking(values: ArrayLike, neighbours: ArrayLike) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Deviations from the mean, row-standardised weights among districts that take part, and which do."""
    x, links = np.asarray(values, dtype=np.float64), np.asarray(neighbours, dtype=np.float64)
    if links.shape != (len(x), len(x)):
        raise ValueError(f"{len(x)} districts need as many rows and columns of neighbours, not {links.shape}")
    part = ~np.isnan(x)
    # a district without a known neighbour says nothing about neighbours; leaving it out may isolate no other
    part &= (links * part).sum(axis=1) > 0
    kept = links[np.ix_(part, part)]
    z = x[part] - x[part].mean() if part.any() else x[part]
    return z, kept / kept.sum(axis=1, keepdims=True), part


def _enough(z: Floats) -> bool:
    return len(z) >= FEWEST and float((z**2).sum()) > 0


def _two_sided(by_chance: Floats, value: ArrayLike) -> Floats:
    """Twice the smaller tail of the runs (last axis), (k + 1) / (runs + 1); runs equal to the value count in both."""
    found = np.asarray(value, dtype=np.float64)[..., None]
    # sums in another order differ by rounding; equal draws must not fall to one side by it
    close = 1e-9 * np.maximum(1, np.abs(found))
    smaller = np.minimum((by_chance >= found - close).sum(axis=-1), (by_chance <= found + close).sum(axis=-1))
    return np.asarray(np.minimum(1.0, 2 * (smaller + 1) / (by_chance.shape[-1] + 1)))


def moran(values: ArrayLike, neighbours: ArrayLike, *, permutations: int = PERMUTATIONS, seed: int = 1) -> Global:
    """I = Σᵢ zᵢ Σⱼ wᵢⱼ zⱼ / Σᵢ zᵢ² with rows of w summing to 1, over districts with a value and a neighbour.

    NaN below eight such districts or where all values are equal.
    """
    z, w, _ = _taking(values, neighbours)
    if not _enough(z):
        return Global(float("nan"), float("nan"), float("nan"))
    squares = float(z @ z)
    value = float(z @ w @ z) / squares
    drawn = np.random.default_rng(seed).permuted(np.tile(z, (permutations, 1)), axis=1)
    by_chance = ((drawn @ w.T) * drawn).sum(axis=1) / squares
    return Global(value, -1 / (len(z) - 1), float(_two_sided(by_chance, value)))


def local_moran(values: ArrayLike, neighbours: ArrayLike, *, permutations: int = PERMUTATIONS, seed: int = 1) -> Local:
    """Iᵢ = (n - 1) zᵢ Σⱼ wᵢⱼ zⱼ / Σ z²; the district's value stays, its neighbours' are drawn from all others."""
    z, w, part = _taking(values, neighbours)
    empty = np.full(len(part), np.nan)
    if not _enough(z):
        return Local(empty, empty.copy(), empty.copy(), empty.copy())
    lag, scale = w @ z, (len(z) - 1) / float(z @ z)
    value = scale * z * lag
    rng, p_value = np.random.default_rng(seed), np.empty(len(z))
    for n in range(len(z)):
        count = int((w[n] > 0).sum())
        others = np.delete(z, n)
        places = rng.permuted(np.tile(np.arange(len(others)), (permutations, 1)), axis=1)[:, :count]
        p_value[n] = _two_sided(scale * z[n] * others[places].mean(axis=1), value[n])
    # above and below the mean: high among high 1, low among high 2, low among low 3, high among low 4
    quadrant = np.where(z > 0, np.where(lag > 0, 1.0, 4.0), np.where(lag > 0, 2.0, 3.0))

    def spread(found: Floats) -> Floats:
        out = empty.copy()
        out[part] = found
        return out

    return Local(spread(value), spread(quadrant), spread(p_value), spread(benjamini_hochberg(p_value)))
