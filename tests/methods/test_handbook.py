"""The examples of the methods handbook are what the functions compute, digit by digit as printed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from etl.catalogue import load_catalogue
from etl.indicators.methods import (
    age_split,
    cohort_change,
    comparison,
    inequality,
    intervals,
    local_rates,
    shrinkage,
    trends,
    typology,
)
from etl.settings import DEFAULT_CATALOGUE

PAGES = Path(__file__).parents[2] / "docs" / "methods"
SHRUNKEN = shrinkage.shrink([5, 40, 90, 12], [60, 1200, 1500, 300])
RISING = trends.of_proportions([994, 1023, 1199, 1332, 1367], [40299, 41527, 42811, 44064, 44701])
FLAT = trends.of_proportions([209, 213, 213, 239, 210], [1017, 1087, 1119, 1117, 1139])
VALUES = trends.of_values(
    [24.67, 24.6, 28, 30.2, 30.6], [23.16, 23.15, 26.44, 28.63, 28.98], [26.25, 26.19, 29.64, 31.9, 32.25]
)
GROUP = ([10, 30, 60], [200, 200, 200])
POINTS = np.array([[0.0], [1], [10], [12]])
LINE = np.array([-1.5, -0.5, 0.5, 1.5])


OUTLOOK = load_catalogue(DEFAULT_CATALOGUE).outlook
SCENARIOS = OUTLOOK.scenarios


def moving() -> float:
    """Net rate of 100 women of 20 to 24 who are 130 five years later; nobody dies or is born."""
    first = np.zeros((1, 2, age_split.AGES))
    first[0, 1, 20:25] = 20
    last = np.zeros_like(first)
    last[0, 1, 25:30] = 26
    change = cohort_change.Change(first, last, np.zeros(1), np.zeros(1))
    alone = cohort_change.expected(change, np.zeros_like(first), np.zeros(1))
    nobody = cohort_change.Pattern(np.zeros(age_split.AGES), np.zeros((2, age_split.AGES)))
    return float(cohort_change.net_rates(change, alone, nobody)[0, 1, 25])


def _percent(limits: tuple[np.ndarray, np.ndarray]) -> tuple[float, float]:
    return 100 * float(limits[0]), 100 * float(limits[1])


EXAMPLES = [
    ("intervals", "Bereich {:.1f} % bis {:.1f} %", _percent(intervals.wilson(65, 100))),
    ("intervals", "Bereich {:.1f} % bis {:.1f} %", _percent(intervals.wilson(5, 100))),
    ("intervals", "genau {:.2f} bis {:.2f} Fälle", intervals.poisson(5)),
    ("intervals", "Bereich {:.2f} bis {:.2f}", intervals.rate(65, 20000, 1000)),
    ("intervals", "Jugendquotient 50,0, Bereich {:.1f} bis {:.1f}", intervals.quotient(200, 400, 100)),
    ("comparison", "(Bereich {:.1f} % bis {:.1f} %), denn er zieht", _percent(intervals.wilson(630, 6000))),
    ("comparison", "(Unterschied {:.2f} bis {:.2f} Prozentpunkte)",
     _percent(intervals.difference_of_proportions((370, 630), (4000, 6000)))),
    ("trends", "20,0 Prozentpunkte mehr, Bereich {:.1f} bis {:.1f}",
     _percent(intervals.difference_of_proportions((48, 56), (80, 70)))),
    ("comparison", "Bereich {:.1f} % bis {:.1f} %, also nicht", _percent(intervals.wilson(20, 100))),
    ("comparison", "Bereich {:.1f} % bis {:.1f} %, also höher", _percent(intervals.wilson(200, 1000))),
    ("comparison", "wird zu {:.3f}; {:.3f}; {:.3f}; {:.3f}; {:.3f}",
     comparison.benjamini_hochberg([0.001, 0.012, 0.02, 0.04, 0.3])),
    ("trends", "χ² = {:.2f}, steigend", [RISING.chi2]),
    ("trends", "χ² = {:.2f}, kein Trend", [FLAT.chi2]),
    ("trends", "Steigung {:.2f} im Jahr, χ² = {:.2f}", [VALUES.slope, VALUES.chi2]),
    *(("shrinkage", "| {:.3f} | {:.2f} % |", [w, 100 * p])
      for w, p in zip(SHRUNKEN.weight, SHRUNKEN.value, strict=True)),
    ("shrinkage", "Z = {:.3f}", [SHRUNKEN.centre]),
    ("shrinkage", "t² = {:.3f}", [SHRUNKEN.between]),
    ("inequality", "D = {:.3f}, Isolation {:.3f}, Gini {:.3f}, Theil {:.3f}", [
        f(*GROUP) for f in (inequality.dissimilarity, inequality.isolation, inequality.gini, inequality.theil)
    ]),
    ("neighbours", "I = {:.3f}", [LINE @ np.array([-0.5, -0.5, 0.5, 0.5]) / (LINE @ LINE)]),
    ("typology", "dann {1:.3f}; {2:.3f}; {3:.3f}", typology.silhouette(POINTS, [1, 1, 2, 2])),
    ("typology", "Mittel {:.3f}", [typology.silhouette(POINTS, [1, 1, 2, 2]).mean()]),
    ("typology", "= {:.3f}", [typology.adjusted_rand([1, 1, 1, 2, 3], [1, 1, 2, 2, 3])]),
    ("projection", "Faktoren {:.3f}; {:.3f}; {:.3f}", local_rates.shrunken_factors([60, 30, 90], [50, 50, 80])),
    ("projection", "| Geburten | {:.3g} | {:.3g} | {:.3g} | {:.3g} | {:.3g} |", [s.fertility for s in SCENARIOS]),
    ("projection", "| Wanderungsgewinne | {:.3g} | {:.3g} | {:.3g} | {:.3g} | {:.3g} |", [s.gains for s in SCENARIOS]),
    ("projection", "| Wanderungsverluste | {:.3g} | {:.3g} | {:.3g} | {:.3g} | {:.3g} |",
     [s.losses for s in SCENARIOS]),
    ("projection", "Änderung je Jahr | {:.3g} % | {:.3g} % | {:.3g} % | {:.3g} % | {:.3g} % |",
     [100 * s.mortality_change for s in SCENARIOS]),
    ("projection", "= 575 Personenjahren: {:.2f} im Jahr", [100 * moving()]),
]  # fmt: skip


@pytest.mark.parametrize(("page", "pattern", "numbers"), EXAMPLES)
def test_printed_examples_are_computed_ones(page, pattern, numbers):
    printed = pattern.format(*(float(n) for n in numbers)).replace(".", ",").replace("-", "−")
    assert printed in " ".join((PAGES / f"{page}.md").read_text(encoding="utf-8").split())


def test_every_page_has_formula_example_limits_and_a_reading():
    pages = sorted(PAGES.glob("*.md"))
    assert len(pages) >= 11
    overview = (PAGES / "README.md").read_text(encoding="utf-8")
    for page in pages:
        text = page.read_text(encoding="utf-8")
        if page.name == "README.md":
            continue
        assert f"({page.name})" in overview
        for heading in ("## Beispiel", "## Grenzen", "## So lesen"):
            assert heading in text, (page.name, heading)
        assert "## Formel" in text or "## Verfahren" in text, page.name
