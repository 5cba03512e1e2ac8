"""Limits, comparisons, changes, trends and smoothed shares of released values."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy.stats import norm

from etl.catalogue import Catalogue
from etl.indicators.methods import comparison, shrinkage
from etl.releases.derived.control import adjusted
from etl.releases.derived.frame import NUMBERS
from etl.releases.derived.intervals import bands_of, with_limits
from etl.releases.derived.significance import Significance, significance

BASE = {
    "group_code": "insgesamt", "indicator_id": 1, "indicator": "XXX01", "version_id": 1, "level": "bezirk",
    "parent_id": 90, "whole": False, "status": "gueltig", "quality": "exakt", "kind": "anteil", "ci_method": "wilson",
    "formula": "ratio", "factor": 100.0, "decimals": 1, "years": 1, "first_era": 0, "last_era": 0, "value": 1.0,
}  # fmt: skip
CITY = {"unit_id": 99, "whole": True, "level": "stadt", "parent_id": None}
RISING = ([994, 1023, 1199, 1332, 1367], [40299, 41527, 42811, 44064, 44701])


def frame(*rows: dict[str, object]) -> pl.DataFrame:
    """Values as an edition's are read: a share of one district and year unless a row says otherwise."""
    whole = [{**BASE, "id": n, "year": 2025, "period": str(row.get("year", 2025)), **row} for n, row in enumerate(rows)]
    return pl.DataFrame(whole, schema_overrides=NUMBERS | {"parent_id": pl.Int64}, infer_schema_length=None)


def value(x: float | None, n: float | None, **more: object) -> dict[str, object]:
    return {"unit_id": 1, "numerator": x, "denominator": n, **more}


def series(**more: object) -> list[dict[str, object]]:
    return [value(float(x), float(n), year=2020 + i, **more) for i, (x, n) in enumerate(zip(*RISING, strict=True))]


@pytest.fixture
def found(catalogue: Catalogue):
    def make(*rows: dict[str, object]) -> Significance:
        return significance(with_limits(frame(*rows), catalogue))

    return make


def test_each_method_gives_its_limits_or_the_reason(catalogue: Catalogue):
    limits = with_limits(
        frame(
            value(65.0, 100.0),
            value(65.0, 100.0, ci_method="byar", kind="rate", factor=1000.0),
            value(200.0, 400.0, ci_method="delta", kind="quotient"),
            value(None, None, status="geheim", value=None),
            value(65.0, 100.0, quality="geschaetzt"),
            value(65.0, 100.0, status="unsicher"),
            value(-5.0, 100.0, ci_method="keine", kind="saldo"),
            value(65.0, None, ci_method="keine", kind="anzahl"),
            value(65.0, 100.0, ci_method="keine", kind="mittelwert"),
            value(4000.0, 100.0, ci_method="t", kind="mittelwert"),
            value(101.0, 100.0),
            value(5.0, 0.0, ci_method="byar", kind="rate"),
        ),
        catalogue,
    )
    assert limits["ci_lower"].to_list()[:3] == pytest.approx([55.25444, 501.63188, 42.194], abs=1e-3)
    assert limits["ci_upper"].to_list()[:3] == pytest.approx([73.63576, 828.49139, 59.250], abs=1e-3)
    assert limits["ci998_lower"].to_list()[:2] == pytest.approx([49.54947, 428.80261], abs=1e-3)
    assert limits["ci_lower"].to_list()[3:] == [None] * 9
    assert limits["ci_note"].to_list() == [
        None, None, None, None, "geschaetzt", "unsicher", "saldo", "bestand", "streuung", "teile_fehlen", "mehr_faelle",
        "passt_nicht",
    ]  # fmt: skip


def test_the_limits_of_a_mean_come_from_visible_groups(catalogue: Catalogue):
    """50 people from 40 to under 45, 50 from 60 to under 65: mean 52.5, variance 100 + 25/12 within the bands."""
    bands = bands_of(catalogue, "BEV01")
    assert bands["a85_plus"] == (85, 95)
    people = {"a40_45": 50.0, "a60_65": 50.0}
    mean = value(5250.0, 100.0, indicator="BEV11", indicator_id=2, ci_method="t", kind="mittelwert", factor=1.0)
    groups = [
        value(people.get(band, 0.0), None, indicator="BEV01", indicator_id=3, kind="anzahl", ci_method="keine",
              group_code=band)
        for band in bands
    ]  # fmt: skip
    limits = with_limits(frame(mean, *groups), catalogue).row(0, named=True)
    half = 1.984217 * np.sqrt((100 + 25 / 12) / 99)
    assert (limits["ci_lower"], limits["ci_upper"]) == pytest.approx((52.5 - half, 52.5 + half), abs=1e-5)
    for status in ("unsicher", "geheim"):
        groups[3] |= {"status": status} | ({"numerator": None, "value": None} if status == "geheim" else {})
        withheld = with_limits(frame(mean, *groups), catalogue).row(0, named=True)
        assert (withheld["ci_lower"], withheld["ci_note"]) == (None, "teile_fehlen")


def test_the_limits_of_segregation_come_from_visible_districts(catalogue: Catalogue):
    index = next(i for i in catalogue.indicators if i.code == "BEV25")
    same = next(i for i in catalogue.indicators if i.numerator == index.numerator and i.formula == "ratio")
    cases = (50.0, 100.0, 150.0, 300.0)
    shares = [value(x, 1000.0, unit_id=n, indicator=same.code, indicator_id=2) for n, x in enumerate(cases)]
    city = value(None, None, **{**CITY, "value": 30.0}, indicator="BEV25", indicator_id=3, kind="index",
                  ci_method="bootstrap", formula="segregation")  # fmt: skip
    limits = with_limits(frame(city, *shares), catalogue).row(0, named=True)
    # |50/600 - 950/3400| + ... by hand: 0.5 (0.196078 + 0.098039 + 0 + 0.294118) = 0.294118
    assert limits["ci998_lower"] < limits["ci_lower"] < 29.4118 < limits["ci_upper"] < limits["ci998_upper"]
    shares[1] |= {"status": "geheim", "numerator": None, "value": None}
    assert with_limits(frame(city, *shares), catalogue).row(0, named=True)["ci_note"] == "teile_fehlen"


def test_beside_the_city_the_rest_and_the_area_above(found):
    rows = [
        value(1000.0, 10000.0, **CITY),
        value(300.0, 2000.0, unit_id=90, level="stadtteil", parent_id=99),
        value(200.0, 1000.0, unit_id=2),
        value(50.0, 1000.0, unit_id=3),
        value(102.0, 1000.0, unit_id=4),
    ]
    told = found(*rows).values
    assert told["compared"].to_list() == [None, "hoeher", "hoeher", "niedriger", "nicht_unterscheidbar"]
    assert told["compared_rest"].to_list() == [None, "hoeher", "hoeher", "niedriger", "nicht_unterscheidbar"]
    # the area above of the Stadtteil is the city, which has its own column
    assert told["compared_parent"].to_list() == [None, None, "hoeher", "niedriger", "niedriger"]
    # 102 of 1,000 beside 898 of 9,000: pooled 10 %, z = (0.102 - 0.099778) / sqrt(0.09 (1/1000 + 1/9000))
    z = (0.102 - 898 / 9000) / np.sqrt(0.1 * 0.9 * (1 / 1000 + 1 / 9000))
    assert told["p_value"][4] == pytest.approx(2 * norm.sf(z), abs=1e-6)
    rows[0] |= {"status": "geheim", "numerator": None, "denominator": None, "value": None}
    hidden = found(*rows).values
    assert hidden.select("compared", "compared_rest", "p_value").null_count().row(0) == (5, 5, 5)


def test_a_large_part_of_the_city_is_judged_beside_the_rest(found):
    """A district with 60 % of the city pulls the city's value to itself: only beside the rest it is told apart."""
    told = found(value(1000.0, 10000.0, **CITY), value(630.0, 6000.0)).values
    assert told["compared"][1] == "nicht_unterscheidbar"
    assert told["compared_rest"][1] == "hoeher"


def test_few_cases_leave_room_above(found):
    """3 of 60 beside 100 of 1,000: the limits reach further up than down, the difference is not certain."""
    assert found(value(103.0, 1060.0, **CITY), value(3.0, 60.0)).values["compared_rest"][1] == "nicht_unterscheidbar"


def test_an_uncertain_city_is_nobodys_measure(found):
    told = found(value(1000.0, 10000.0, **CITY, status="unsicher"), value(200.0, 1000.0)).values
    assert told.select("compared", "compared_rest", "p_value").null_count().row(0) == (2, 2, 2)


def test_rates_by_their_cases():
    """Given 30 cases in two equal bases, 20 and 10 differ like a coin thrown 30 times: z = 5 / sqrt(7.5)."""
    p = comparison.two_rates((20, 10), (1000, 1000))
    assert p == pytest.approx(2 * norm.sf(5 / np.sqrt(7.5)))
    assert np.isnan(comparison.two_rates((0, 0), (10, 10)))


def test_many_comparisons_are_controlled_by_family():
    p, family = np.array([0.01, 0.04, np.nan, 0.3, 0.03]), np.array([1, 1, 1, 2, 2])
    assert adjusted(p, family) == pytest.approx([0.02, 0.04, np.nan, 0.3, 0.06], nan_ok=True)


def test_a_trend_needs_five_whole_years(found):
    rows = series()
    told = found(*rows)
    assert told.values["trend"].to_list() == [None] * 4 + ["steigend"]
    trend = told.trends.row(0, named=True)
    assert trend["chi2"] == pytest.approx(47.8967, abs=5e-5)
    assert (trend["first_period"], trend["last_period"], trend["points"]) == ("2020", "2024", 5)
    limits = told.values.select("ci_lower", "ci_upper").to_numpy()
    shares = 100 * np.array(RISING[0]) / np.array(RISING[1])
    slope = np.polyfit(np.arange(5), shares, 1, w=1 / (limits[:, 1] - limits[:, 0]))[0]
    assert trend["slope"] == pytest.approx(slope, abs=1e-9)
    assert 0 < trend["slope_lower"] < slope < trend["slope_upper"]
    rows[2] |= {"status": "geheim", "numerator": None, "denominator": None, "value": None}
    assert found(*rows).trends.is_empty()
    gap = [row | {"year": int(row["year"]) + (row["year"] > 2022), "period": None} for row in series()]
    assert found(*gap).trends.is_empty()


@pytest.mark.parametrize("broken", [2021, 2024])
def test_a_break_interrupts_trend_and_change(found, broken):
    rows = series()
    for row in rows:
        row["first_era"] = row["last_era"] = int(row["year"] >= broken)
    told = found(*rows)
    assert told.trends.is_empty()
    expected = [None if row["year"] in (2020, broken) else 1 for row in rows]
    assert [None if c is None else 1 for c in told.values["change_1"]] == expected


def test_a_series_never_crosses_district_versions(found):
    rows = series()
    for row in rows[2:]:
        row |= {"unit_id": 2, "version_id": 2}
    told = found(*rows)
    assert told.trends.is_empty()
    assert told.values["change_3"].null_count() == 5


def test_changes_with_their_intervals(found):
    told = found(value(48.0, 80.0, year=2024), value(56.0, 70.0, year=2025)).values
    # Newcombe 1998, table II (a)
    assert told["change_1"].to_list() == [None, pytest.approx(20)]
    assert (told["change_1_lower"][1], told["change_1_upper"][1]) == pytest.approx((5.24, 33.39), abs=5e-3)
    assert told["changed_1"].to_list() == [None, "hoeher"]
    counts = {"ci_method": "keine", "kind": "anzahl", "factor": 1.0}
    bare = found(
        value(80.0, None, year=2022, value=80.0, **counts), value(90.0, None, year=2025, value=90.0, **counts)
    ).values
    assert bare.select("change_3", "change_3_lower", "changed_3").row(1) == (10, None, None)


def test_pooled_years_compare_only_where_they_do_not_overlap(found):
    told = found(*series(years=3)).values
    assert told["change_1"].null_count() == 5
    assert told["change_3"].null_count() == 3
    assert found(*series(years=3)).trends.is_empty()


def test_smoothed_shares_stand_beside_the_counted(found):
    """Six districts: drawn to the city; with ten in a Stadtteil: drawn to that; none where there are only four."""
    cases, persons = [5.0, 40, 90, 12, 30, 50], [60.0, 1200, 1500, 300, 500, 800]
    city = value(1000.0, 10000.0, **CITY)
    rows = [value(x, n, unit_id=i) for i, (x, n) in enumerate(zip(cases, persons, strict=True))]
    told = found(city, *rows).values
    assert told["shrunk"].to_list()[1:] == pytest.approx(list(100 * shrinkage.shrink(cases, persons).value))
    assert told["shrunk_to"].to_list() == [None] + [99] * 6
    assert found(city, *rows[:4]).values["shrunk"].null_count() == 5
    more = [value(x + 3, n, unit_id=50 + i) for i, (x, n) in enumerate(zip(cases[:4], persons, strict=False))]
    assert set(found(city, *rows, *more).values["shrunk_to"].to_list()[1:]) == {90}


def test_shrinking_many_areas_at_once_is_shrinking_each():
    rng = np.random.default_rng(5)
    persons = rng.integers(50, 2000, 40).astype(float)
    cases = rng.binomial(persons.astype(int), 0.1).astype(float)
    around = np.repeat([0, 1, 2], [10, 29, 1])
    together = shrinkage.shrink_within(cases, persons, around)
    assert together.value[:10] == pytest.approx(shrinkage.shrink(cases[:10], persons[:10]).value)
    assert together.value[10:39] == pytest.approx(shrinkage.shrink(cases[10:39], persons[10:39]).value)
    assert np.isnan(together.value[39])
