"""Types of areas: profiles of z values grouped by Ward's method and k-means, without any random start.

Ward (1963), J. Am. Stat. Assoc. 58, 236-244, gives the first centres, Lloyd's iteration moves areas to the nearest
centre. The same profiles always give the same types, whatever the order of the areas.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import cdist

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
LARGEST = 8
"""Most types that are tried."""
SMALLEST_TYPE = 2
"""Areas a type must have; a type of one area is an outlier, not a type."""
CLOSE = 0.02
"""Silhouettes that differ by no more count as equal; the smaller number of types is then taken."""
ITERATIONS = 100


@dataclass(frozen=True)
class Types:
    """``labels`` by area (1 …, NaN where a value is missing), 1 the largest type; ``centres``: types × indicators."""

    labels: Floats
    centres: Floats

    @property
    def sizes(self) -> Ints:
        """Number of areas of each type."""
        return np.bincount(self.labels[~np.isnan(self.labels)].astype(int), minlength=len(self.centres) + 1)[1:]


@dataclass(frozen=True)
class Choice:
    """Why so many types: by tried number the mean silhouette, Gap and its standard error, smallest type.

    ``structured``: whether the Gap statistic prefers any grouping to none; if not, types cut a continuum into pieces
    and must be called so.
    """

    number: int
    tried: tuple[int, ...]
    silhouettes: Floats
    gaps: Floats
    errors: Floats
    smallest: Ints
    structured: bool


@dataclass(frozen=True)
class Firmness:
    """Bootstrap: adjusted Rand index of each run, and by area the share of runs in which it keeps its type."""

    rand: Floats
    share: Floats

    @property
    def mean(self) -> float:
        """Mean adjusted Rand index; 1 always the same types, 0 no more agreement than by chance."""
        return float(self.rand.mean())


def standardised(values: ArrayLike) -> Floats:
    """Columns as z values (population SD over complete areas); incomplete areas become NaN, constant columns 0."""
    table = np.asarray(values, dtype=np.float64)
    if table.ndim != 2:
        raise ValueError(f"profiles are areas × indicators, not shape {table.shape}")
    table = np.where(np.isnan(table).any(axis=1, keepdims=True), np.nan, table)
    whole = table[~np.isnan(table).any(axis=1)]
    if len(whole) < 2:
        return np.full_like(table, np.nan)
    mean, deviation = whole.mean(axis=0), whole.std(axis=0)
    # a column that is constant up to rounding noise holds no information about differences
    flat = deviation <= 1e-12 * np.maximum(1, np.abs(mean))
    return np.where(flat & ~np.isnan(table), 0.0, (table - mean) / np.where(flat, 1, deviation))


def _means(z: Floats, labels: Ints, number: int) -> Floats:
    members = labels[None, :] == np.arange(number)[:, None]
    means: Floats = members @ z / np.maximum(members.sum(axis=1, keepdims=True), 1)
    return means


def _partition(z: Floats, number: int) -> tuple[Ints, Floats]:
    """Labels from 0 and centres of complete profiles; types may come out fewer where profiles coincide."""
    if number == 1:
        return np.zeros(len(z), dtype=np.int64), z.mean(axis=0, keepdims=True)
    # the order of equal distances in Ward's tree would depend on the order of the rows
    order = np.lexsort(z.T)
    ordered = z[order]
    labels = np.asarray(fcluster(linkage(ordered, "ward"), number, "maxclust"), dtype=np.int64) - 1
    found = int(labels.max()) + 1
    for _ in range(ITERATIONS):
        moved = cdist(ordered, _means(ordered, labels, found)).argmin(axis=1)
        # a centre that would lose its last member keeps Ward's solution
        if len(np.unique(moved)) < found or np.array_equal(moved, labels):
            break
        labels = moved
    back = np.empty_like(labels)
    back[order] = labels
    return back, _means(z, back, found)


def group(values: ArrayLike, number: int) -> Types:
    """``number`` types of areas from their profiles (areas × indicators in any units).

    Types are numbered by size; ties by the first indicator's centre, then the next. Fewer types come back where fewer
    different profiles exist.
    """
    z = standardised(values)
    known = ~np.isnan(z).any(axis=1)
    if not 1 <= number <= known.sum():
        raise ValueError(f"{number} types need at least as many complete areas, not {int(known.sum())}")
    labels, centres = _partition(z[known], number)
    sizes = np.bincount(labels, minlength=len(centres))
    keys = [np.round(column, 9) for column in centres.T[::-1]]
    order = np.lexsort([*keys, -sizes])
    new_number = np.argsort(order)
    out = np.full(len(z), np.nan)
    out[known] = new_number[labels] + 1
    return Types(out, centres[order])


def silhouette(z: ArrayLike, labels: ArrayLike) -> Floats:
    """By area (b - a) / max(a, b): a mean distance to its own type, b to the nearest other; 0 for a type of one.

    Rousseeuw (1987), J. Comput. Appl. Math. 20, 53-65. NaN with fewer than two types.
    """
    x, given = np.asarray(z, dtype=np.float64), np.asarray(labels)
    _, kinds = np.unique(given, return_inverse=True)
    number = int(kinds.max()) + 1
    if number < 2:
        return np.full(len(x), np.nan)
    members = (kinds[:, None] == np.arange(number)).astype(np.float64)
    sizes, total = members.sum(axis=0), cdist(x, x) @ members
    own = total[np.arange(len(x)), kinds] / np.maximum(sizes[kinds] - 1, 1)
    others = np.where(members == 1, np.inf, total / sizes).min(axis=1)
    largest = np.maximum(own, others)
    return np.where((sizes[kinds] > 1) & (largest > 0), (others - own) / np.where(largest > 0, largest, 1), 0.0)


def _log_within(z: Floats, number: int) -> float:
    labels, centres = _partition(z, number)
    within = float(((z - centres[labels]) ** 2).sum())
    return float(np.log(max(within, np.finfo(float).tiny)))


def choose(values: ArrayLike, *, largest: int = LARGEST, references: int = 50, seed: int = 1) -> Choice:
    """The number of types and why.

    Rule: of 2 … ``largest`` types (at most a third of the areas), each with at least two areas, those whose mean
    silhouette lies within 0.02 of the best; of these the smallest number. Gap statistic beside it (Tibshirani, Walther
    and Hastie 2001, J. R. Stat. Soc. B 63, 411-423; uniform references along the principal axes): grouped at all only
    if some Gap(k) exceeds Gap(1) by more than its standard error.
    """
    z = standardised(values)
    z = z[~np.isnan(z).any(axis=1)]
    tried = tuple(range(2, min(largest, len(z) // 3) + 1))
    if not tried:
        raise ValueError(f"a typology needs at least six complete areas, not {len(z)}")
    partitions = [_partition(z, number)[0] for number in tried]
    means = np.array([float(np.mean(silhouette(z, labels))) for labels in partitions])
    smallest = np.array([int(np.bincount(labels).min()) for labels in partitions])
    allowed = (smallest >= SMALLEST_TYPE) & ~np.isnan(means)
    number = 1
    if allowed.any():
        best = means[allowed].max()
        number = next(n for n, mean, fit in zip(tried, means, allowed, strict=True) if fit and mean >= best - CLOSE)
    gaps, errors = _gaps(z, (1, *tried), references, seed)
    structured = bool(np.any(gaps[1:] - errors[1:] > gaps[0]))
    return Choice(number, tried, means, gaps[1:], errors[1:], smallest, structured)


def _gaps(z: Floats, numbers: tuple[int, ...], references: int, seed: int) -> tuple[Floats, Floats]:
    rng = np.random.default_rng(seed)
    _, _, axes = np.linalg.svd(z - z.mean(axis=0), full_matrices=False)
    turned = z @ axes.T
    low, high = turned.min(axis=0), turned.max(axis=0)
    drawn = rng.uniform(low, high, size=(references, len(z), len(axes)))
    expected = np.array([[_log_within(sample, number) for number in numbers] for sample in drawn])
    seen = np.array([_log_within(turned, number) for number in numbers])
    return expected.mean(axis=0) - seen, expected.std(axis=0) * np.sqrt(1 + 1 / references)


def adjusted_rand(first: ArrayLike, second: ArrayLike) -> float:
    """Agreement of two groupings corrected for chance: 1 equal, about 0 by chance. Areas with NaN do not count.

    Hubert and Arabie (1985), J. Classif. 2, 193-218. Two groupings without any choice (all one, all alone) agree: 1.
    """
    a, b = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    known = ~np.isnan(a) & ~np.isnan(b)
    _, i = np.unique(a[known], return_inverse=True)
    _, j = np.unique(b[known], return_inverse=True)
    table = np.zeros((i.max(initial=-1) + 1, j.max(initial=-1) + 1))
    np.add.at(table, (i, j), 1)

    def pairs(counts: Floats) -> float:
        return float((counts * (counts - 1) / 2).sum())

    together, rows, columns = pairs(table), pairs(table.sum(axis=1)), pairs(table.sum(axis=0))
    number = known.sum()
    every = number * (number - 1) / 2
    chance = rows * columns / every if every else 0.0
    most = (rows + columns) / 2
    return 1.0 if most == chance else (together - chance) / (most - chance)


def firmness(values: ArrayLike, number: int, *, runs: int = 200, seed: int = 1) -> Firmness:
    """Types made again from areas drawn with replacement; every area then goes to the nearest new centre.

    An area keeps its type in a run when the new type it falls into holds most of its old one's areas.
    Hennig (2007), Comput. Stat. Data Anal. 52, 258-271 (bootstrap of clusters).
    """
    z = standardised(values)
    known = ~np.isnan(z).any(axis=1)
    whole = z[known]
    base = group(z, number).labels[known].astype(int)
    rng = np.random.default_rng(seed)
    rand, kept = np.empty(runs), np.zeros(len(whole))
    for run in range(runs):
        drawn = whole[rng.integers(len(whole), size=len(whole))]
        _, centres = _partition(drawn, min(number, len(np.unique(drawn, axis=0))))
        again = cdist(whole, centres).argmin(axis=1)
        rand[run] = adjusted_rand(base, again)
        table = np.zeros((base.max() + 1, len(centres)))
        np.add.at(table, (base, again), 1)
        # two old types melted into one new one: only the one that is most of it is kept
        kept += (table[base].argmax(axis=1) == again) & (table[:, again].argmax(axis=0) == base)
    share = np.full(len(z), np.nan)
    share[known] = kept / runs
    return Firmness(rand, share)
