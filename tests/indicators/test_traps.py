"""Figures worked by hand for what is easily got wrong: reference days, age limits, pooling, levels, residence."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, text

from etl.catalogue import Catalogue
from etl.indicators.compute import compute
from etl.releases.checks import run_checks
from tests.indicators.conftest import TakeIn
from tests.indicators.support import computed, counted, periods

AGES = [(40, 50), (64, 10), (65, 12), (66, 24), (67, 6)]


def value(connection: Connection, indicator: str, unit: str, period: str) -> float | None:
    """A computed value."""
    row = computed(connection, indicator, unit, period)
    assert row is not None, (indicator, unit, period)
    return row.value


def test_age_limit_by_month_of_the_cohort(town: Connection, traps: Catalogue, take_in: TakeIn) -> None:
    for year in (2024, 2025):
        take_in("register", f"{year}-12-31", [("101", age, "d", n) for age, n in [(10, 8), *AGES]])
    take_in("agentur", "2024-12-31", [("101", 20, 11, 9), ("102", 0, 0, 0), ("201", 0, 0, 0), ("202", 0, 0, 0)])
    take_in("agentur", "2025-12-31", [("101", 21, 11, 19), ("102", 0, 0, 0), ("201", 0, 0, 0), ("202", 0, 0, 0)])
    compute(town, traps)
    # 2024: those of 66 were born in 1958, limit 66; those of 65 in 1959, limit 66 and 2 months
    assert counted(town, "ew_unter_grenze", "101", "2024").value == 8 + 50 + 10 + 12
    assert counted(town, "ew_ab_grenze", "101", "2024").value == 24 + 6
    assert value(town, "TST02", "101", "2024") == pytest.approx(100 * 20 / 80)
    # 2025: of those of 66 (born 1959) two twelfths have not reached 66 years and 2 months
    assert counted(town, "ew_unter_grenze", "101", "2025").value == pytest.approx(8 + 50 + 10 + 12 + 24 * 2 / 12)
    assert counted(town, "ew_ab_grenze", "101", "2025").value == pytest.approx(24 * 10 / 12 + 6)
    assert value(town, "TST02", "101", "2025") == pytest.approx(100 * 21 / 84)
    assert value(town, "TST03", "101", "2025") == pytest.approx(100 * 19 / 76)
    everybody = sum(counted(town, m, "S", "2025").value for m in ("ew_unter_grenze", "ew_ab_grenze"))
    assert everybody == pytest.approx(counted(town, "ew", "S", "2025").value)


def test_day_care_in_march_over_the_register_before(town: Connection, traps: Catalogue, take_in: TakeIn) -> None:
    take_in("register", "2025-12-31", [("101", 1, "d", 60), ("101", 2, "d", 20)])
    take_in("kita", "2025-03-01", [("101", 2, 10)])
    take_in("kita", "2026-03-01", [("101", 1, 30), ("101", 2, 10), ("101", 3, 99)])
    compute(town, traps)
    row = computed(town, "TST04", "101", "2026")
    assert (row.numerator, row.denominator, row.value) == (40, 80, 50)
    assert str(row.reference_date) == "2026-03-01"
    assert computed(town, "TST04", "101", "2025").status == "fehlt"


def test_residence_is_not_the_facility(town: Connection, traps: Catalogue, take_in: TakeIn) -> None:
    take_in("register", "2024-12-31", [("102", 1, "d", 80)])
    take_in("kita", "2025-03-01", [("102", 1, 20)])
    take_in("kita_plaetze", "2025-08-01", [("101", "u3", 40)])
    compute(town, traps)
    assert value(town, "TST04", "102", "2025") == 25
    assert computed(town, "TST04", "101", "2025").status == "nicht_sinnvoll"
    assert computed(town, "TST05", "101", "2025").status == "nicht_sinnvoll"  # places, but no children
    assert value(town, "TST05", "102", "2025") == 0
    assert value(town, "TST05", "1", "2025") == 50
    assert str(computed(town, "TST05", "1", "2025").reference_date) == "2025-08-01"


def test_flows_over_the_mean_population(town: Connection, traps: Catalogue, take_in: TakeIn) -> None:
    take_in("register", "2024-12-31", [("101", 30, "d", 900)])
    take_in("register", "2025-12-31", [("101", 30, "d", 1100)])
    take_in("bewegung", "2025-12-31", [("101", "geburt", 12)])
    compute(town, traps)
    row = computed(town, "TST06", "101", "2025")
    assert (row.numerator, row.denominator, row.value) == (12, 1000, 12)
    assert row.reference_date is None  # a flow has none


def test_three_years_pooled(town: Connection, traps: Catalogue, take_in: TakeIn) -> None:
    for year, born, people in ((2022, 1, 100), (2023, 2, 200), (2024, 6, 100), (2025, 8, 400)):
        take_in("register", f"{year}-12-31", [("101", 30, "d", people)])
        take_in("bewegung", f"{year}-12-31", [("101", "geburt", born)])
    compute(town, traps)
    assert value(town, "TST07", "101", "2022-2024") == pytest.approx(1000 * 9 / 400)
    assert value(town, "TST07", "101", "2023-2025") == pytest.approx(1000 * 16 / 700)
    assert periods(town, "TST07", "101") == {
        "2020-2022": "fehlt", "2021-2023": "fehlt", "2022-2024": "gueltig", "2023-2025": "gueltig",
    }  # fmt: skip
    whole = town.scalar(text("SELECT valid FROM warehouse.period WHERE code = '2023-2025'"))
    assert (str(whole.lower), str(whole.upper)) == ("2023-01-01", "2026-01-01")


def test_three_school_years_pooled(town: Connection, traps: Catalogue, take_in: TakeIn) -> None:
    for year, odd, even in ((2023, 5, 15), (2024, 1, 1), (2025, 6, 22)):
        take_in("einschulung", f"{year}-08-01", [("101", "auffaellig", odd), ("101", "unauffaellig", even)])
    compute(town, traps)
    assert value(town, "TST08", "101", "2023/24-2025/26") == pytest.approx(100 * 12 / 50)
    whole = town.scalar(text("SELECT valid FROM warehouse.period WHERE code = '2023/24-2025/26'"))
    assert (str(whole.lower), str(whole.upper)) == ("2023-08-01", "2026-08-01")


def test_school_year_over_the_register_before_it_began(town: Connection, traps: Catalogue, take_in: TakeIn) -> None:
    take_in("register", "2024-12-31", [("101", 6, "d", 50), ("101", 10, "d", 7)])
    take_in("einschulung", "2025-08-01", [("101", "unauffaellig", 40)])
    compute(town, traps)
    assert value(town, "TST18", "101", "2025/26") == 80


def test_shares_of_school_types_sum_to_100(town: Connection, traps: Catalogue, take_in: TakeIn) -> None:
    rows = [("101", "Gym", 17), ("101", "GemS", 31), ("101", "FZ", 3), ("202", "GemS", 7), ("x", "Gym", 2)]
    take_in("uebergang", "2025-09-15", rows)
    compute(town, traps)
    for unit in ("101", "202", "1", "S"):
        parts = [value(town, code, unit, "2025/26") for code in ("TST11", "TST12", "TST13")]
        assert sum(parts) == pytest.approx(100, abs=1e-9), unit


def test_last_quarter_stands_for_the_year(town: Connection, traps: Catalogue, take_in: TakeIn) -> None:
    take_in("register", "2025-12-31", [("101", 30, "d", 100)])
    others = [("102", 0, 0, 0), ("201", 0, 0, 0), ("202", 0, 0, 0)]
    take_in("agentur", "2025-09-30", [("101", 99, 50, 99), *others])
    take_in("agentur", "2025-12-31", [("101", 20, 11, 9), *others])
    take_in("agentur", "2024-09-30", [("101", 77, 50, 77), *others])
    compute(town, traps)
    row = computed(town, "TST02", "101", "2025")
    assert (row.value, str(row.reference_date)) == (20, "2025-12-31")
    # without a December there is no value of the year
    assert periods(town, "TST02", "101") == {"2025": "gueltig"}


def test_bindings_that_end_within_ten_years(town: Connection, traps: Catalogue, take_in: TakeIn) -> None:
    rows = [("101", 2026, 5), ("101", 2035, 7), ("101", 2036, 20), ("101", 2050, 8)]
    take_in("bindung", "2025-12-31", rows)
    compute(town, traps)
    assert value(town, "TST15", "101", "2025") == pytest.approx(100 * 12 / 40)


def test_coarser_numerator_has_values_from_its_level_up(town: Connection, traps: Catalogue, take_in: TakeIn) -> None:
    take_in("register", "2025-12-31", [(block, 30, "d", 100) for block in ("101", "102", "201", "202")])
    take_in("notfaelle", "2025-12-31", [("1", 6), ("2", 4)])
    take_in("agentur", "2025-12-31", [(b, 10, 5, 8) for b in ("101", "102", "201", "202")])
    compute(town, traps)
    for code in ("TST10", "TST19"):  # the second has a numerator of both levels
        assert computed(town, code, "101", "2025") is None
    assert value(town, "TST10", "1", "2025") == 30
    assert value(town, "TST10", "S", "2025") == 25
    assert value(town, "TST19", "1", "2025") == pytest.approx(100 * 26 / 200)


def test_internal_moves_cancel_out_in_the_city(town: Connection, traps: Catalogue, take_in: TakeIn) -> None:
    rows = [("101", "umzug_fort", 9), ("202", "umzug_zu", 6), ("102", "umzug_zu", 2), ("fremd", "umzug_zu", 1)]
    take_in("bewegung", "2025-12-31", rows)
    compute(town, traps)
    assert [value(town, "TST14", u, "2025") for u in ("101", "202", "1", "2", "NZ", "S")] == [-9, 6, -7, 6, 1, 0]
    assert not any(result.failures for result in run_checks(town))
    take_in("bewegung", "2024-12-31", [("101", "umzug_fort", 9), ("202", "umzug_zu", 8)])
    broken = {r.name: r.failures for r in run_checks(town) if r.failures}
    assert [(f["abgaenge"], f["ankuenfte"]) for f in broken["internal_moves_balance"]] == [(9, 8)]


def test_bands_and_columns_are_groups(town: Connection, traps: Catalogue, take_in: TakeIn) -> None:
    take_in("register", "2025-12-31", [("101", 17, "d", 3), ("101", 18, "d", 5), ("101", 65, "d", 7)])
    take_in("agentur", "2025-12-31", [("101", 20, 11, 9), ("102", "*", "*", 0), ("201", 0, 0, 0), ("202", 0, 0, 0)])
    compute(town, traps)
    assert counted(town, "ew", "1", "2025", "jung").value == 3
    assert counted(town, "ew", "S", "2025", "alt").value == 7
    assert counted(town, "lb", "101", "2025-Q4", "frauen").value == 11
    assert counted(town, "lb", "1", "2025-Q4", "frauen")[:2] == (None, "geheim")
    assert computed(town, "TST20", "101", "2025", "jung") is None  # the area knows no groups


def test_nobody_in_the_whole_city_is_zero_and_not_missing(
    town: Connection, traps: Catalogue, take_in: TakeIn
) -> None:  # fmt: skip
    take_in("register", "2024-12-31", [("101", 30, "d", 100)])
    take_in("register", "2025-12-31", [("101", 30, "d", 100)])
    take_in("bewegung", "2025-12-31", [("101", "tod", 1)])
    compute(town, traps)
    assert value(town, "TST06", "101", "2025") == 0
    assert value(town, "TST06", "S", "2025") == 0


def test_gaps_are_not_computed(town: Connection, traps: Catalogue, take_in: TakeIn) -> None:
    take_in("register", "2025-12-31", [("101", 17, "d", 3)])
    compute(town, traps)
    assert periods(town, "TST99", "S") == {}


def test_estimates_say_so(town: Connection, traps: Catalogue, take_in: TakeIn) -> None:
    take_in("register", "2022-12-31", [("101", 30, "d", 100)])
    take_in("zensus", "2022-05-15", [(b, 500) for b in ("101", "102", "201", "202")])
    compute(town, traps)
    row = computed(town, "TST16", "101", "2022")
    assert (row.value, row.quality, str(row.reference_date)) == (5, "geschaetzt", "2022-05-15")
    assert computed(town, "TST01", "101", "2022").quality == "exakt"


def test_comparison_areas_have_official_figures_only(town: Connection, traps: Catalogue, take_in: TakeIn) -> None:
    take_in("amtlich", "2025-12-31", [("01", 3000, 150)])
    take_in("register", "2025-12-31", [("101", 17, "d", 3)])
    compute(town, traps)
    assert value(town, "TST02", "01", "2025") == 5
    assert computed(town, "TST01", "01", "2025") is None
    assert computed(town, "TST02", "S", "2025") is None
