"""What the auditor reads from the definitions of measures: kinds of persons, weights, thresholds; periods."""

from __future__ import annotations

from datetime import date

import pytest

from etl.catalogue import Catalogue
from etl.catalogue.age_limit import share_below
from etl.confidentiality.audit.definitions import Class, classes, terms_of, threshold, year_of
from tests.indicators.conftest import traps  # noqa: F401  # a fixture

AT = date(2024, 12, 31)


def of_register(catalogue: Catalogue, *names: tuple[str, str]) -> list[Class]:
    measures = list(catalogue.measures_of("register"))
    return classes(measures, names or [(m.code, "insgesamt") for m in measures], AT)


def test_definitions_become_classes(traps: Catalogue) -> None:  # noqa: F811
    found = [frozenset(code for code, _ in kind) for kind in of_register(traps)]
    assert any({"ew", "ew_u3"} <= c and "ew_ausl" not in c for c in found)
    assert any({"ew", "ew_u3", "ew_ausl"} <= c for c in found)
    assert not any({"ew_u3", "ew_6_10"} <= c or "ew" not in c for c in found)


def test_groups_are_kinds_of_their_own(traps: Catalogue) -> None:  # noqa: F811
    found = of_register(traps, ("ew", "insgesamt"), ("ew", "jung"), ("ew", "alt"), ("ew_u3", "insgesamt"))
    kinds = {frozenset(kind) for kind in found}
    assert kinds == {
        frozenset({("ew", "insgesamt"), ("ew", "jung"), ("ew_u3", "insgesamt")}),
        frozenset({("ew", "insgesamt"), ("ew", "jung")}),
        frozenset({("ew", "insgesamt")}),
        frozenset({("ew", "insgesamt"), ("ew", "alt")}),
    }


def test_ages_at_the_limit_weigh_their_share(traps: Catalogue) -> None:  # noqa: F811
    """Somebody below and somebody beyond the limit together are one person, whatever the age."""
    found = of_register(traps, ("ew_unter_grenze", "insgesamt"), ("ew_ab_grenze", "insgesamt"))
    weights = {
        tuple(round(kind[m, "insgesamt"].low, 6) if (m, "insgesamt") in kind else 0.0 for m in
              ("ew_unter_grenze", "ew_ab_grenze"))
        for kind in found
    }  # fmt: skip
    assert all(below + beyond == pytest.approx(1) for below, beyond in weights)
    shares = {round(share_below(age, AT), 6) for age in range(100)}
    assert {below for below, _ in weights} == shares


def test_sums_lie_between_the_ends_of_an_age_band(catalogue: Catalogue) -> None:
    measures = list(catalogue.measures_of("einwohner_bestand"))
    names = [("ew", "insgesamt"), ("ew_u3", "insgesamt"), ("alterssumme", "insgesamt")]
    found = classes(measures, names, AT)
    spans = sorted((k["alterssumme", "insgesamt"].low, k["alterssumme", "insgesamt"].high) for k in found)
    assert spans == [(0.5, 2.5), (3.5, 120.5)]


@pytest.mark.parametrize(
    ("period", "year"),
    [("2025", 2025), ("2025-Q1", 2025), ("2024/25", 2024), ("2022-2024", 2024), ("2021/22-2023/24", 2023)],
)
def test_periods_have_a_year(period: str, year: int) -> None:
    assert year_of(period) == year


def test_pooled_terms_and_thresholds(traps: Catalogue, catalogue: Catalogue) -> None:  # noqa: F811
    pooled = next(i for i in traps.indicators if i.code == "TST07")
    assert terms_of(pooled, "numerator") == [("geburten", 0, 1.0), ("geburten", 1, 1.0), ("geburten", 2, 1.0)]
    assert threshold(catalogue, ["ew"]) == catalogue.policy.min_count
    assert threshold(catalogue, ["alo", "ew"]) == catalogue.policy.min_count_agency
    assert threshold(catalogue, ["wohnungen"]) == 0
