"""The measurement of the statistics on a small scale; in full: ``./sozialbericht bench statistics``."""

from __future__ import annotations

from etl.catalogue import Catalogue
from etl.releases.bench import WITHHELD, measure


def test_small_measurement_counts_what_it_did(catalogue: Catalogue) -> None:
    found = measure(catalogue, 200, 10, 7)
    assert found.values == (200 + 5 + 1) * 10 * 7
    assert found.with_limits / found.values > 1 - 2 * WITHHELD
    # of three windows of five years each, those without a withheld year
    assert 0.7 < found.trends / (206 * 10 * 3) < 1
    assert 0 < found.findings < found.with_limits
    assert found.seconds > 0
