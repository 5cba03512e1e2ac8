"""What the simple rule withholds: small counts, stricter for agency files, small denominators, few inhabitants."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection, text

from etl.catalogue import Catalogue
from etl.confidentiality.threshold import is_social, judge
from etl.indicators.compute import compute
from etl.releases.checks import run_checks
from etl.warehouse import catalogue_sync
from tests.editions import publish_edition
from tests.indicators.conftest import TakeIn

NOTHING = (None, None, None, "geheim")


def published(connection: Connection, catalogue: Catalogue, indicator: str, unit: str) -> tuple[Any, ...]:
    """What the simple rule alone would leave of the newest value: numerator, denominator, value, status."""
    judge(connection, catalogue)
    row = connection.execute(
        text("""
        SELECT j.*, round(j.value::numeric, i.decimals)::float8 AS shown FROM judged_value j
        JOIN catalogue.indicator i ON i.id = j.indicator_id JOIN geo.unit u ON u.id = j.unit_id
        WHERE i.code = :indicator AND u.key = :unit AND j.group_code = 'insgesamt' ORDER BY j.period DESC LIMIT 1
        """),
        {"indicator": indicator, "unit": unit},
    ).one()
    if not row.official and (row.too_few or row.small_base or row.too_small):
        return NOTHING
    return row.numerator, row.denominator, row.shown, row.status


def release(connection: Connection, catalogue: Catalogue) -> None:
    """Compute and publish; the checks hold."""
    compute(connection, catalogue)
    publish_edition(connection, catalogue)
    assert not any(result.failures for result in run_checks(connection))


def test_agency_counts_need_ten(town: Connection, traps: Catalogue, take_in: TakeIn) -> None:
    take_in("register", "2025-12-31", [(b, 30, "d", 400) for b in ("101", "102", "201", "202")])
    take_in("agentur", "2025-12-31", [("101", 9, 0, 9), ("102", 10, 5, 10), ("201", 390, 9, 1), ("202", 395, 9, 1)])
    take_in("kita", "2026-03-01", [("101", 1, 9)])
    release(town, traps)
    assert published(town, traps, "TST02", "101") == NOTHING
    assert published(town, traps, "TST02", "102") == (10, 400, 2.5, "gueltig")
    assert published(town, traps, "TST02", "201") == (390, 400, 97.5, "gueltig")
    assert published(town, traps, "TST02", "202") == NOTHING  # the other five


def test_other_counts_need_five_and_rates_fifty(town: Connection, traps: Catalogue, take_in: TakeIn) -> None:
    rows = [("101", 1, "d", 60), ("102", 1, "d", 49), ("201", 1, "d", 60), ("202", 1, "d", 60)]
    rest = [(b, 30, "d", 400) for b in ("101", "102", "201", "202")]
    take_in("register", "2024-12-31", [*rows, *rest])
    take_in("kita", "2025-03-01", [("101", 1, 9), ("102", 1, 9), ("201", 1, 4), ("202", 1, 61)])
    take_in("kita_plaetze", "2025-08-01", [("101", "u3", 2)])
    release(town, traps)
    assert published(town, traps, "TST04", "101") == (9, 60, 15, "gueltig")
    assert published(town, traps, "TST04", "102") == NOTHING  # 49 children
    assert published(town, traps, "TST04", "201") == NOTHING  # 4 in day care
    assert published(town, traps, "TST04", "202") == (61, 60, 101.7, "gueltig")  # of another day: no complement
    assert published(town, traps, "TST05", "101") == (2, 60, 3.3, "gueltig")  # places are no secret


def test_areas_with_few_inhabitants_show_no_social_indicators(
    town: Connection, traps: Catalogue, take_in: TakeIn
) -> None:  # fmt: skip
    take_in("register", "2025-12-31", [("101", 30, "d", 299), ("102", 30, "d", 300), ("201", 30, "d", 900)])
    take_in("agentur", "2025-12-31", [(b, 20, 11, 10) for b in ("101", "102", "201", "202")])
    release(town, traps)
    assert published(town, traps, "TST02", "101") == NOTHING
    assert published(town, traps, "TST02", "102")[3] == "gueltig"
    assert published(town, traps, "TST01", "101") == (299, None, 299, "gueltig")
    assert published(town, traps, "TST20", "101")[3] == "gueltig"


def test_newest_known_population_decides(town: Connection, traps: Catalogue, take_in: TakeIn) -> None:
    take_in("register", "2024-12-31", [("101", 1, "d", 280), ("102", 1, "d", 500)])
    take_in("kita", "2025-03-01", [("101", 1, 90), ("102", 1, 90)])
    release(town, traps)
    assert published(town, traps, "TST04", "101") == NOTHING
    assert published(town, traps, "TST04", "102")[3] == "gueltig"


def test_official_figures_pass_as_published(town: Connection, traps: Catalogue, take_in: TakeIn) -> None:
    take_in("amtlich", "2025-12-31", [("01", 300, 3)])
    take_in("register", "2025-12-31", [("101", 30, "d", 300)])
    release(town, traps)
    assert published(town, traps, "TST02", "01") == (3, 300, 1, "gueltig")


def test_policy_decides(town: Connection, traps: Catalogue, take_in: TakeIn) -> None:
    policy = traps.policy.model_copy(update={"min_count_agency": 5, "min_denominator": 0, "min_population": 0})
    catalogue_sync.sync(town, replace(traps, policy=policy))
    take_in("register", "2025-12-31", [("101", 30, "d", 40), ("102", 30, "d", 41)])
    take_in("agentur", "2025-12-31", [("101", 9, 5, 9), ("102", 20, 5, 9), ("201", 9, 5, 9), ("202", 9, 5, 9)])
    release(town, replace(traps, policy=policy))
    assert published(town, replace(traps, policy=policy), "TST02", "101") == (9, 40, 22.5, "gueltig")


def test_last_digits_of_fractions_make_no_new_edition(town: Connection, traps: Catalogue, take_in: TakeIn) -> None:
    # two twelfths of those of 66 are below the age limit
    take_in("register", "2025-12-31", [("101", 30, "d", 400), ("101", 66, "d", 100)])
    take_in("agentur", "2025-12-31", [(b, 40, 11, 10) for b in ("101", "102", "201", "202")])
    release(town, traps)
    assert published(town, traps, "TST02", "101")[:2] == pytest.approx((40, 416.666667))
    town.execute(text("UPDATE warehouse.indicator_value SET denominator = denominator * (1 + 1e-13)"))
    assert publish_edition(town, traps).unchanged
    town.execute(text("UPDATE warehouse.indicator_value SET denominator = denominator + 0.1 WHERE denominator > 400"))
    assert not publish_edition(town, traps).unchanged


@pytest.mark.parametrize(("code", "social"), [("TST01", False), ("TST20", False), ("TST02", True), ("TST09", True)])
def test_what_is_social(traps: Catalogue, code: str, social: bool) -> None:
    [indicator] = [i for i in traps.indicators if i.code == code]
    assert is_social(traps, indicator) is social


def test_agency_files_are_never_of_low_risk(traps: Catalogue) -> None:
    [indicator] = [i for i in traps.indicators if i.code == "TST02"]
    assert is_social(traps, indicator.model_copy(update={"disclosure_risk": "gering"}))
