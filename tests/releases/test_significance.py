"""Intervals, comparison and trend of released values."""

from __future__ import annotations

import polars as pl
import pytest
from sqlalchemy import text

from etl.releases.significance import with_comparison, with_intervals, with_trend

BASE = {
    "group_code": "insgesamt", "indicator_id": 1, "version_id": 1, "status": "gueltig", "quality": "exakt",
    "ci_method": "wilson", "factor": 100.0, "decimals": 1, "whole": False, "yearly": True, "broken": False,
}  # fmt: skip


def frame(*rows: dict[str, object]) -> pl.DataFrame:
    whole = [{**BASE, "id": n, "year": 2025, "period": str(row.get("year", 2025)), **row} for n, row in enumerate(rows)]
    return pl.DataFrame(whole, infer_schema_length=None)


def test_shares_rates_and_what_has_no_interval():
    found = with_intervals(
        frame(
            {"unit_id": 1, "numerator": 65.0, "denominator": 100.0},
            {"unit_id": 2, "numerator": 65.0, "denominator": 100.0, "ci_method": "byar", "factor": 1000.0},
            {"unit_id": 3, "numerator": None, "denominator": None, "status": "geheim"},
            {"unit_id": 4, "numerator": 65.0, "denominator": 100.0, "quality": "geschaetzt"},
            {"unit_id": 5, "numerator": -5.0, "denominator": 100.0, "ci_method": "byar"},
            {"unit_id": 6, "numerator": 65.0, "denominator": 100.0, "ci_method": "keine"},
        )
    )
    assert found["ci_lower"].to_list()[:2] == pytest.approx([55.25444, 501.63188], abs=1e-4)
    assert found["ci_upper"].to_list()[:2] == pytest.approx([73.63576, 828.49139], abs=1e-4)
    assert found["ci_lower"].to_list()[2:] == [None] * 4


def test_comparison_with_the_city():
    rows = [
        {"unit_id": 1, "numerator": 1000.0, "denominator": 10000.0, "whole": True},
        {"unit_id": 2, "numerator": 200.0, "denominator": 1000.0},
        {"unit_id": 3, "numerator": 50.0, "denominator": 1000.0},
        {"unit_id": 4, "numerator": 102.0, "denominator": 1000.0},
    ]
    found = with_comparison(with_intervals(frame(*rows)))
    assert found["compared"].to_list() == [None, "hoeher", "niedriger", "nicht_unterscheidbar"]
    rows[0]["status"] = "geheim"
    assert with_comparison(with_intervals(frame(*rows)))["compared"].to_list() == [None] * 4


def test_a_trend_needs_five_whole_years():
    cases = [994, 1023, 1199, 1332, 1367]
    persons = [40299, 41527, 42811, 44064, 44701]
    rows = [
        {"unit_id": 1, "numerator": float(x), "denominator": float(n), "year": 2020 + i}
        for i, (x, n) in enumerate(zip(cases, persons, strict=True))
    ]
    assert with_trend(with_intervals(frame(*rows)))["trend"].to_list() == [None] * 4 + ["steigend"]
    rows[2]["status"] = "geheim"
    assert with_trend(with_intervals(frame(*rows)))["trend"].to_list() == [None] * 5
    rows[2]["status"], rows[4]["broken"] = "gueltig", True
    assert with_trend(with_intervals(frame(*rows)))["trend"].to_list() == [None] * 5


def test_what_readers_see(published):
    """The published sample: limits hold the value, withheld values have none, and the city is compared with nobody."""
    with published.engine.connect() as connection:
        row = connection.execute(
            text("""
            SELECT count(*) FILTER (WHERE ki_unten IS NOT NULL) AS with_interval,
                   count(*) FILTER (WHERE wert NOT BETWEEN ki_unten AND ki_oben) AS outside,
                   count(*) FILTER (WHERE status <> 'gueltig'
                                      AND num_nonnulls(ki_unten, ki_oben, vergleich_stadt, trend) > 0) AS told,
                   count(*) FILTER (WHERE ebene = 'stadt' AND vergleich_stadt IS NOT NULL) AS city,
                   count(DISTINCT vergleich_stadt) AS kinds
            FROM sozialbericht.wert
        """)
        ).one()
    assert row.with_interval > 1000
    assert (row.outside, row.told, row.city) == (0, 0, 0)
    assert row.kinds == 3
