"""Totals that files bring beside areas: they stand where an area is withheld, and never break the sum."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from etl.catalogue import Catalogue
from etl.indicators.compute import compute
from etl.releases.checks import run_checks
from tests.indicators.conftest import TakeIn
from tests.indicators.support import computed, counted


def lb(connection: Connection, *units: str, period: str = "2025-Q4") -> list[tuple[float | None, str]]:
    """Value and status of the persons counted by the agency."""
    return [tuple(counted(connection, "lb", unit, period)[:2]) for unit in units]


def test_totals_hold_what_is_withheld_below(town: Connection, traps: Catalogue, take_in: TakeIn) -> None:
    take_in("register", "2025-12-31", [(b, 30, "d", 100) for b in ("101", "102", "201", "202")])
    rows = [("101", "*", "*", "*"), ("102", 40, 20, 20), ("201", 30, 15, 15), ("202", 20, 10, 10)]
    sums = [("1SUM", 47, 23, 23), ("2SUM", 50, 25, 25), ("keine Angabe", 3, 1, 1), ("SUM", 100, 49, 49)]
    take_in("agentur", "2025-12-31", [*rows, *sums])
    compute(town, traps)
    assert lb(town, "101", "1", "2", "NZ", "S") == [
        (None, "geheim"), (47, "gueltig"), (50, "gueltig"), (3, "gueltig"), (100, "gueltig"),
    ]  # fmt: skip
    assert computed(town, "TST02", "S", "2025").value == 25
    assert computed(town, "TST02", "101", "2025").status == "geheim"
    bounds = text("SELECT at_least, at_most FROM warehouse.count WHERE status = 'geheim' LIMIT 1")
    assert tuple(town.execute(bounds).one()) == (1, 9)
    assert not any(result.failures for result in run_checks(town))


def test_without_a_total_the_sum_stays_withheld(town: Connection, traps: Catalogue, take_in: TakeIn) -> None:
    take_in("agentur", "2025-12-31", [("101", "*", 1, 1), ("102", 40, 1, 1), ("201", 30, 1, 1), ("202", 20, 1, 1)])
    compute(town, traps)
    assert lb(town, "1", "2", "S") == [(None, "geheim"), (50, "gueltig"), (None, "geheim")]


@pytest.mark.parametrize(("city", "rest"), [(110, 20), (90, None), (50, None)])
def test_city_is_its_districts_and_what_belongs_to_none(
    town: Connection, traps: Catalogue, take_in: TakeIn, city: int, rest: int | None
) -> None:
    take_in("agentur", "2025-12-31", [("101", 20, 1, 1), ("102", 30, 1, 1), ("201", 30, 1, 1), ("202", 10, 1, 1)])
    number = town.scalar(text("SELECT max(id) FROM intake.delivery"))
    town.execute(
        text("""
        INSERT INTO warehouse.count (delivery_id, measure_id, period, unit_id, value)
        SELECT :number, m.id, '2025-Q4', u.id, :city FROM catalogue.measure m, geo.unit u
        WHERE m.code = 'lb' AND u.key = 'S'
        """),
        {"number": number, "city": city},
    )
    compute(town, traps)
    # more than all districts together: the others belong to none; less is a fault of the file, the districts count
    assert lb(town, "S") == [(max(city, 90), "gueltig")]
    assert counted(town, "lb", "NZ", "2025-Q4") == ((rest, "gueltig", "exakt", counted(
        town, "lb", "S", "2025-Q4").reference_date) if rest else None)  # fmt: skip
    assert not any(result.failures for result in run_checks(town))


def test_later_delivery_counts_as_a_whole(town: Connection, traps: Catalogue, take_in: TakeIn) -> None:
    rows = [("101", 20, 1, 1), ("102", 30, 1, 1), ("201", 30, 1, 1), ("202", 10, 1, 1)]
    take_in("agentur", "2025-12-31", [*rows, ("keine Angabe", 4, 1, 1)])
    take_in("agentur", "2025-11-30", [*((key, 99, 9, 9) for key, *_ in rows), ("keine Angabe", 9, 1, 1)])
    compute(town, traps)
    assert lb(town, "101", "NZ", "S") == [(20, "gueltig"), (4, "gueltig"), (94, "gueltig")]


cells = st.dictionaries(
    st.tuples(st.sampled_from(["101", "102", "201", "202", "fremd"]), st.integers(0, 100), st.sampled_from("ad")),
    st.integers(1, 400),
    min_size=1,
)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(people=cells)
def test_every_measure_is_additive(
    town: Connection, traps: Catalogue, take_in: TakeIn, people: dict[tuple[str, int, str], int]
) -> None:
    attempt = town.begin_nested()
    take_in("register", "2025-12-31", [("101", 0, "d", 0), *((*key, n) for key, n in people.items())])
    compute(town, traps)
    for measure in ("ew", "ew_u3", "ew_unter_grenze", "ew_ab_grenze", "ew_ausl"):
        parts = [counted(town, measure, unit, "2025").value for unit in ("101", "102", "201", "202", "NZ")]
        assert counted(town, measure, "S", "2025").value == pytest.approx(sum(parts))
        assert counted(town, measure, "1", "2025").value == pytest.approx(sum(parts[:2]))
    whole = [counted(town, m, "S", "2025").value for m in ("ew", "ew_unter_grenze", "ew_ab_grenze")]
    assert whole[0] == sum(people.values()) == pytest.approx(whole[1] + whole[2])
    assert not any(result.failures for result in run_checks(town))
    attempt.rollback()


series = st.lists(st.tuples(st.integers(0, 30), st.integers(1, 900)), min_size=3, max_size=5)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(years=series)
def test_pooled_rate_is_the_quotient_of_sums(
    town: Connection, traps: Catalogue, take_in: TakeIn, years: list[tuple[int, int]]
) -> None:
    attempt = town.begin_nested()
    for year, (born, people) in enumerate(years, start=2020):
        take_in("register", f"{year}-12-31", [("101", 30, "d", people)])
        take_in("bewegung", f"{year}-12-31", [("101", "geburt", born), ("101", "tod", 1)])
    compute(town, traps)
    for last in range(2022, 2020 + len(years)):
        chosen = years[last - 2022 : last - 2019]
        row = computed(town, "TST07", "101", f"{last - 2}-{last}")
        assert row.value == pytest.approx(1000 * sum(b for b, _ in chosen) / sum(p for _, p in chosen))
        rates = [1000 * b / p for b, p in chosen]
        assert min(rates) - 1e-9 <= row.value <= max(rates) + 1e-9
    attempt.rollback()


@pytest.mark.parametrize("column", ["delivery_id", "measure_id", "block_id", "unit_id"])
def test_counts_that_refer_to_nothing_are_found(town: Connection, take_in: TakeIn, column: str) -> None:
    take_in("register", "2025-12-31", [("101", 30, "d", 100)])
    assert not any(result.failures for result in run_checks(town))
    place = "block_id = NULL," if column == "unit_id" else ""
    town.execute(text(f"UPDATE warehouse.count SET {place} {column} = 999999 WHERE block_id IS NOT NULL"))
    assert "counts_refer_to_known" in {result.name for result in run_checks(town) if result.failures}
