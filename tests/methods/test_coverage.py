"""How often the limits hold the true value: exact for single counts, simulated where two counts meet.

``pytest -m bench -s tests/methods/test_coverage.py`` prints the table of docs/methods/intervals.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from scipy.stats import binom, poisson

from etl.indicators.methods import intervals

PERSONS = (50, 100, 200, 500, 1000, 5000)
SHARES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5)
EXPECTED = (1, 2, 5, 10, 20, 50, 100, 500)
QUOTIENTS = ((30, 100), (60, 200), (250, 1000), (500, 700))
AGES = ((50, 45.0, 20.0), (500, 45.0, 22.0), (5000, 44.0, 23.0))
RUNS = 2000
Cells = dict[tuple[float, ...], float]


def wilson_cells(level: float) -> Cells:
    """Probability by n and p that the limits hold p: the sum of the binomial distribution over such counts."""
    found = {}
    for n in PERSONS:
        x = np.arange(n + 1)
        low, high = intervals.wilson(x, n, level)
        for p in SHARES:
            found[n, p] = float(binom.pmf(x, n, p)[(low <= p) & (p <= high)].sum())
    return found


def poisson_cells(level: float) -> Cells:
    """The same by expected number for counts (exact below ten, Byar from there on)."""
    found: Cells = {}
    for mean in EXPECTED:
        x = np.arange(int(mean + 12 * np.sqrt(mean) + 20))
        low, high = intervals.poisson(x, level)
        found[(mean,)] = float(poisson.pmf(x, mean)[(low <= mean) & (mean <= high)].sum())
    return found


def difference_cells(level: float, runs: int) -> Cells:
    """Simulated by n, p of the first and the change: change of a share between two years."""
    rng = np.random.default_rng(7)
    found = {}
    for n in PERSONS:
        for p in SHARES:
            for change in (0.0, 0.02):
                x1, x2 = rng.binomial(n, p, runs), rng.binomial(n, p + change, runs)
                low, high = intervals.difference_of_proportions((x1, x2), (n, n), level)
                found[n, p, change] = float(np.mean((low <= change) & (change <= high)))
    return found


def quotient_cells(level: float, runs: int) -> Cells:
    """Simulated by the two groups' sizes: quotient of two groups of a + b persons."""
    rng = np.random.default_rng(8)
    found = {}
    for a, b in QUOTIENTS:
        x = rng.binomial(a + b, a / (a + b), runs)
        low, high = intervals.quotient(x, a + b - x, level=level)
        found[a, b] = float(np.mean((low <= a / b) & (a / b <= high)))
    return found


def mean_cells(level: float, runs: int) -> Cells:
    """Simulated by n, mean and deviation: mean age of which only five-year bands are known, the last one open."""
    rng = np.random.default_rng(9)
    edges = np.array([(a, a + 5) for a in range(0, 85, 5)] + [(85, 95)], dtype=float)
    found = {}
    for n, mean, deviation in AGES:
        truth = np.clip(rng.normal(mean, deviation, 1_000_000), 0, 99.999).mean()
        reached = []
        for chunk in np.array_split(np.arange(runs), 20):
            ages = np.clip(rng.normal(mean, deviation, (len(chunk), n)), 0, 99.999)
            band = np.minimum(ages // 5, 17).astype(int)
            counts = np.stack([(band == k).sum(1) for k in range(18)], axis=1)
            persons, total, squares = intervals.moments(counts, edges)
            low, high = intervals.mean(total, squares, persons, level)
            # the mean itself is counted; the bands give its spread alone
            reached.append((np.abs(ages.mean(1) - truth) <= (high - low) / 2).mean())
        found[n, mean, deviation] = float(np.mean(reached))
    return found


METHODS: dict[str, Callable[[float, int], Cells]] = {
    "Wilson": lambda level, runs: wilson_cells(level),
    "Poisson und Byar": lambda level, runs: poisson_cells(level),
    "Differenz zweier Anteile": difference_cells,
    "Quotient": quotient_cells,
    "Mittelwert": mean_cells,
}


@pytest.mark.parametrize("name", METHODS)
def test_mean_coverage_is_what_it_says(name: str) -> None:
    """At 95 %: 94 % in the mean of the grid, no cell below 90 %; at 99.8 %: 99.5 % in the mean."""
    cells = METHODS[name](0.95, RUNS)
    assert np.mean(list(cells.values())) >= 0.94
    assert min(cells.values()) >= 0.90, min(cells, key=cells.__getitem__)
    assert np.mean(list(METHODS[name](0.998, RUNS).values())) >= 0.995


def _lines() -> Iterator[str]:
    for name, method in METHODS.items():
        for level in intervals.LEVELS:
            cells = method(level, 100_000 if name != "Mittelwert" else 4000)
            worst = sorted(cells, key=cells.__getitem__)[:3]
            listed = "; ".join(f"{w}: {100 * cells[w]:.1f}" for w in worst)
            values = np.array(list(cells.values()))
            yield (
                f"| {name} | {100 * level:g} % | {len(cells)} | {100 * values.mean():.2f} | {100 * values.min():.2f} | "
                f"{listed} |"
            )


@pytest.mark.bench
def test_table_of_coverage() -> None:
    for line in _lines():
        print(line)
