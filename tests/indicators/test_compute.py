"""Aggregates add up exactly; indicators are what their definition says; what is missing stays missing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, text

from etl.catalogue import Catalogue
from etl.indicators.compute import compute
from etl.releases.checks import run_checks
from tests import small_city

PERSONS = {
    "ew": 1000, "ew_u15": 150, "ew_u18": 190, "ew_u20": 210, "ew_15_50": 430, "ew_20_65": 590, "ew_50plus": 420,
    "ew_60_80": 210, "ew_65plus": 200, "ew_80plus": 60, "ew_ausl": 120, "alterssumme": 43_500,
}  # fmt: skip


@pytest.fixture
def city(db: Engine) -> Connection:
    """A connection to the small city; nothing is committed."""
    connection = db.connect()
    small_city.build(connection)
    yield connection
    connection.close()


def value(connection: Connection, indicator: str, unit: str, period: str = "2025") -> Any:
    """The computed row of an indicator."""
    return connection.execute(
        text("""
        SELECT v.* FROM warehouse.indicator_value v JOIN catalogue.indicator i ON i.id = v.indicator_id
        JOIN geo.unit u ON u.id = v.unit_id
        WHERE i.code = :indicator AND u.key = :unit AND v.period = :period AND v.group_code = 'insgesamt'
        """),
        {"indicator": indicator, "unit": unit, "period": period},
    ).one_or_none()


def counted(connection: Connection, measure: str, unit: str) -> Any:
    """The aggregated row of a measure."""
    return connection.execute(
        text("""
        SELECT c.value, c.status, c.reference_date FROM warehouse.unit_count c
        JOIN catalogue.measure m ON m.id = c.measure_id
        JOIN geo.unit u ON u.id = c.unit_id WHERE m.code = :measure AND u.key = :unit
        """),
        {"measure": measure, "unit": unit},
    ).one_or_none()


def test_definitions(city: Connection, catalogue: Catalogue) -> None:
    half = {name: persons / 2 for name, persons in PERSONS.items()}
    earlier = small_city.deliver(city, "einwohner_bestand", 2020)
    small_city.population(city, earlier, {"101": {"ew": 800}})
    now = small_city.deliver(city, "einwohner_bestand", 2025)
    small_city.population(city, now, {"101": PERSONS, "102": half})
    compute(city, catalogue)
    expected = {
        "BEV01": 1000, "BEV02": 100 * (1000 - 800) / 800, "BEV03": 1000, "BEV04": 19, "BEV05": 20, "BEV06": 6,
        "BEV07": 100 * 210 / 590, "BEV08": 100 * 200 / 590, "BEV09": 100 * 410 / 590, "BEV10": 100 * 60 / 210,
        "BEV11": 43.5, "BEV12": (150 - 420) / 430, "BEV13": 12,
    }  # fmt: skip
    for code, number in expected.items():
        assert value(city, code, "101").value == pytest.approx(number, abs=1e-9), code
    # shares do not depend on size; counts add up
    assert value(city, "BEV04", "1").value == pytest.approx(19)
    assert value(city, "BEV01", "1").value == 1500
    assert value(city, "BEV03", "S").value == pytest.approx(1500 / 4)
    # invariant of the catalogue, before rounding
    for unit in ("101", "102", "1", "S"):
        parts = value(city, "BEV07", unit).value + value(city, "BEV08", unit).value
        assert value(city, "BEV09", unit).value == pytest.approx(parts, abs=1e-9)
    assert str(value(city, "BEV01", "S").reference_date) == "2025-12-31"


def test_empty_district_is_zero_and_has_no_rates(city: Connection, catalogue: Catalogue) -> None:
    delivery = small_city.deliver(city, "einwohner_bestand", 2025)
    small_city.population(city, delivery, {"101": PERSONS})
    compute(city, catalogue)
    assert value(city, "BEV01", "202").value == 0
    assert value(city, "BEV04", "202").status == "nicht_sinnvoll"
    assert value(city, "BEV04", "202").value is None
    # without the year five years before there is no change
    assert value(city, "BEV02", "101").status == "fehlt"


def test_unlocated_belong_to_the_city_only(city: Connection, catalogue: Catalogue) -> None:
    delivery = small_city.deliver(city, "einwohner_bestand", 2025)
    small_city.count(city, delivery, "ew", {"101": 40, "201": 60, "NZ": 7})
    compute(city, catalogue)
    assert [counted(city, "ew", unit).value for unit in ("S", "1", "2", "NZ")] == [107, 40, 60, 7]
    assert value(city, "BEV01", "NZ").value == 7
    assert value(city, "BEV04", "NZ") is None
    assert not any(result.failures for result in run_checks(city))


def test_superseded_deliveries_do_not_count(city: Connection, catalogue: Catalogue) -> None:
    old = small_city.deliver(city, "einwohner_bestand", 2025)
    small_city.count(city, old, "ew", {"101": 99})
    city.execute(text("UPDATE intake.delivery SET status = 'superseded', sha256 = 'alt'"))
    new = small_city.deliver(city, "einwohner_bestand", 2025)
    small_city.count(city, new, "ew", {"101": 40})
    compute(city, catalogue)
    assert counted(city, "ew", "S").value == 40


def test_withheld_area_withholds_the_city(city: Connection, catalogue: Catalogue) -> None:
    delivery = small_city.deliver(city, "arbeitslose_stadtteile", 2025)
    small_city.count(city, delivery, "arbeitslose", {"1": 30, "2": None, "NZ": 3}, by="unit")
    compute(city, catalogue)
    assert counted(city, "arbeitslose", "S")[:2] == (None, "geheim")
    assert str(counted(city, "arbeitslose", "1").reference_date) == "2025-12-31"


def test_missing_area_makes_the_city_missing(city: Connection, catalogue: Catalogue) -> None:
    delivery = small_city.deliver(city, "arbeitslose_stadtteile", 2025)
    small_city.count(city, delivery, "arbeitslose", {"1": 30}, by="unit")
    compute(city, catalogue)
    assert counted(city, "arbeitslose", "S")[:2] == (None, "fehlt")


def test_delivered_total_stands_before_the_sum(city: Connection, catalogue: Catalogue) -> None:
    delivery = small_city.deliver(city, "arbeitslose_stadtteile", 2025)
    small_city.count(city, delivery, "arbeitslose", {"1": 30, "2": None, "S": 44}, by="unit")
    compute(city, catalogue)
    assert counted(city, "arbeitslose", "S")[:2] == (44, "gueltig")


def test_broken_sum_is_found(city: Connection, catalogue: Catalogue) -> None:
    delivery = small_city.deliver(city, "einwohner_bestand", 2025)
    small_city.count(city, delivery, "ew", {"101": 40})
    compute(city, catalogue)
    city.execute(text("UPDATE warehouse.unit_count SET value = 41 WHERE value = 40 AND unit_id = "
                      "(SELECT id FROM geo.unit WHERE key = 'S')"))  # fmt: skip
    broken = {result.name for result in run_checks(city) if result.failures}
    assert broken == {"city_is_sum", "counts_are_kept"}


places = st.dictionaries(st.sampled_from([*small_city.BLOCKS, "NZ"]), st.integers(1, 5000), min_size=1)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(people=places)
def test_sums_hold_for_any_counts(city: Connection, catalogue: Catalogue, people: dict[str, int]) -> None:
    attempt = city.begin_nested()
    delivery = small_city.deliver(city, "einwohner_bestand", 2025)
    small_city.count(city, delivery, "ew", dict(people))
    compute(city, catalogue)
    assert counted(city, "ew", "S").value == sum(people.values())
    for stadtteil in ("1", "2"):
        assert counted(city, "ew", stadtteil).value == sum(n for k, n in people.items() if k.startswith(stadtteil))
    assert not any(result.failures for result in run_checks(city))
    attempt.rollback()
