"""Counts that a version was not given: exact where they can be, else estimated in whole numbers with totals kept."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from etl.catalogue import Catalogue
from etl.districts.crosswalk.build import build_crosswalk
from etl.indicators import carry
from etl.indicators.aggregate import aggregate
from etl.indicators.compute import compute
from etl.releases.checks import run_checks
from tests import small_city
from tests.crosswalk import grid_city
from tests.crosswalk.grid_city import BLOCKS, NEW, OLD, counts, deliver_areas
from tests.editions import publish_edition

GIVEN = {"101": 80, "102": 121, "201": 61, "202": 45, "203": 57, "NZ": 7}


@pytest.fixture
def versions(city: Connection) -> Connection:
    """Versions „alt“ (current) and „neu“; unemployed by district of „alt“."""
    grid_city.version(city, "alt", OLD, current=True)
    grid_city.version(city, "neu", NEW)
    delivery = small_city.deliver(city, "arbeitslose_stadtteile", 2025)
    deliver_areas(city, delivery, "arbeitslose", GIVEN)
    return city


def working_age(*blocks: str) -> int:
    """Persons from 15 to 65 in blocks."""
    return sum(60 + 7 * n for n, b in enumerate(BLOCKS) if b in blocks)


def parts(old: str, new: str) -> list[str]:
    """Blocks of a district of „alt“ that lie in a district of „neu“."""
    return [b for b in BLOCKS if OLD[b] == old and NEW[b] == new]


def test_each_value_says_how_good_it_is(versions: Connection, catalogue: Catalogue) -> None:
    build_crosswalk(versions, catalogue, "alt", "neu")
    aggregate(versions, catalogue)
    found = counts(versions, "arbeitslose", "neu")
    assert found["203"] == (102, "gueltig", "exakt_teilung")  # 202 + 203
    assert found["S"] == (371, "gueltig", "exakt")
    assert found["NZ"] == (7, "gueltig", "exakt")
    assert (found["1"], found["2"]) == ((201, "gueltig", "exakt"), (163, "gueltig", "exakt"))
    assert {found[k][2] for k in ("101", "102", "103", "201", "202")} == {"geschaetzt"}
    # divided by persons of working age, as the catalogue says, not by all inhabitants and not by area
    share = working_age(*parts("201", "201")) / working_age(*parts("201", "201"), *parts("201", "202"))
    assert found["201"][0] == pytest.approx(61 * share, abs=1)
    first = 80 * working_age(*parts("101", "101")) / working_age(*(b for b in BLOCKS if OLD[b] == "101"))
    assert found["101"][0] == pytest.approx(first, abs=1)
    assert sum(found[k][0] for k in ("101", "102", "103")) == 201
    assert found["201"][0] + found["202"][0] == 61
    assert all(value == int(value) for value, _, _ in found.values())
    assert not any(result.failures for result in run_checks(versions))
    # where the counts were delivered nothing changes
    assert counts(versions, "arbeitslose", "alt")["101"] == (80, "gueltig", "exakt")


def test_estimates_reach_readers_as_estimates(city: Connection, catalogue: Catalogue) -> None:
    """A version known by its polygons alone: the register's counts come over it by the blocks' shares."""
    grid_city.version(city, "alt", OLD, current=True)
    grid_city.version(city, "neu", NEW, assigned=False)
    build_crosswalk(city, catalogue, "alt", "neu")
    compute(city, catalogue)
    # a draft beside the current version is not published
    city.execute(text("UPDATE geo.district_version SET status = 'adopted' WHERE label = 'neu'"))
    publish_edition(city, catalogue, label="Probe")
    rows = city.execute(
        text("""
        SELECT gebiet, kennzahl, wert, zaehler, nenner, guete, status FROM sozialbericht.wert
        WHERE gebietsstand = 'neu' AND zeitraum = '2025' AND kennzahl IN ('BEV01', 'BEV04')
        """)
    )
    found = {(row.gebiet, row.kennzahl): row for row in rows}
    quality = {unit: row.guete for (unit, code), row in found.items() if code == "BEV04"}
    assert quality == {
        "S": "exakt", "1": "exakt", "2": "exakt", "203": "exakt_teilung",
        "101": "geschaetzt", "102": "geschaetzt", "103": "geschaetzt", "201": "geschaetzt", "202": "geschaetzt",
    }  # fmt: skip
    # numerator and denominator each by its own distribution; the rate is theirs, never interpolated
    row = found["103", "BEV04"]
    young = sum(12 + n for n, b in enumerate(BLOCKS) if NEW[b] == "103")
    people = sum(100 + 10 * n for n, b in enumerate(BLOCKS) if NEW[b] == "103")
    assert (row.zaehler, row.nenner) == (pytest.approx(young, abs=1), pytest.approx(people, abs=1))
    assert row.wert == round(100 * row.zaehler / row.nenner, 1)


def test_stadtteile_drawn_anew_are_sums_of_their_districts(city: Connection, catalogue: Catalogue) -> None:
    """South and north instead of west and east: what is estimated below is estimated above, the city stays exact."""
    grid_city.version(city, "alt", OLD, current=True)
    grid_city.version(city, "neu", {b: ("101", "102", "201", "202")[int(b[1])] for b in BLOCKS})
    delivery = small_city.deliver(city, "arbeitslose_stadtteile", 2025)
    deliver_areas(city, delivery, "arbeitslose", GIVEN)
    build_crosswalk(city, catalogue, "alt", "neu")
    aggregate(city, catalogue)
    found = counts(city, "arbeitslose", "neu")
    for stadtteil in ("1", "2"):
        below = [found[f"{stadtteil}0{n}"] for n in (1, 2)]
        assert found[stadtteil] == (sum(value for value, _, _ in below), "gueltig", "geschaetzt")
    assert found["S"] == (371, "gueltig", "exakt")
    assert found["1"][0] + found["2"][0] + found["NZ"][0] == 371
    assert not any(result.failures for result in run_checks(city))


def test_withheld_counts_stay_withheld(versions: Connection, catalogue: Catalogue) -> None:
    versions.execute(text("UPDATE warehouse.count SET value = NULL, status = 'geheim' WHERE value = 121"))
    build_crosswalk(versions, catalogue, "alt", "neu")
    aggregate(versions, catalogue)
    found = counts(versions, "arbeitslose", "neu")
    assert {found[k][:2] for k in ("102", "103", "1", "S")} == {(None, "geheim")}
    assert found["101"][1] == "gueltig"
    assert found["203"][1] == "gueltig"


def test_a_version_with_counts_of_its_own_is_left_alone(versions: Connection, catalogue: Catalogue) -> None:
    delivery = small_city.deliver(versions, "arbeitslose_stadtteile", 2024)
    deliver_areas(versions, delivery, "arbeitslose", GIVEN)
    deliver_areas(versions, delivery, "arbeitslose", {"201": 5}, label="neu")
    build_crosswalk(versions, catalogue, "alt", "neu")
    aggregate(versions, catalogue)
    assert counts(versions, "arbeitslose", "neu", "2024")["201"] == (5, "gueltig", "exakt")
    assert "202" not in counts(versions, "arbeitslose", "neu", "2024")
    assert counts(versions, "arbeitslose", "neu", "2025")["202"][2] == "geschaetzt"


def test_small_pieces_do_not_show_in_estimates(
    versions: Connection, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a piece has fewer persons than may be shown, the estimate treats it as empty."""
    monkeypatch.setattr(carry, "MAX_ERROR", 1e9)  # such a city is estimated badly
    versions.execute(
        text("""
        UPDATE warehouse.count c SET value = 2 FROM geo.block b, catalogue.measure m
        WHERE b.id = c.block_id AND m.id = c.measure_id AND m.code = 'ew_15_65' AND b.key = ANY(:blocks)
        """),
        {"blocks": parts("201", "202")},
    )
    build_crosswalk(versions, catalogue, "alt", "neu")
    aggregate(versions, catalogue)
    found = counts(versions, "arbeitslose", "neu")
    assert (found["201"][0], found["202"][0]) == (61, 0)


def test_ground_outside_the_other_version_is_not_comparable(city: Connection, catalogue: Catalogue) -> None:
    grid_city.version(city, "alt", OLD, current=True)
    grid_city.version(city, "neu", OLD, assigned=False)
    delivery = small_city.deliver(city, "arbeitslose_stadtteile", 2025)
    deliver_areas(city, delivery, "arbeitslose", GIVEN)
    city.execute(
        text("""
        UPDATE geo.unit u SET geom = ST_Multi(ST_Union(u.geom, ST_Translate(u.geom, -1000, 0)))
        FROM geo.district_version v WHERE v.id = u.version_id AND v.label = 'neu' AND u.key IN ('101', '1', 'S')
        """)
    )
    report = build_crosswalk(city, catalogue, "alt", "neu")
    assert report.levels[-1].uncovered == {"neu, 101": pytest.approx(0.5)}
    aggregate(city, catalogue)
    found = counts(city, "arbeitslose", "neu")
    assert found["101"] == (None, "nicht_vergleichbar", "exakt")
    assert found["102"] == (121, "gueltig", "exakt")


def test_bad_estimates_are_not_comparable(
    versions: Connection, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_crosswalk(versions, catalogue, "alt", "neu")
    monkeypatch.setattr(carry, "MAX_ERROR", 0.0)
    aggregate(versions, catalogue)
    found = counts(versions, "arbeitslose", "neu")
    assert found["101"][:2] == (None, "nicht_vergleichbar")
    assert found["203"] == (102, "gueltig", "exakt_teilung")


def test_replay_compares_with_the_truth(versions: Connection, catalogue: Catalogue) -> None:
    build_crosswalk(versions, catalogue, "alt", "neu")
    rows: dict[tuple[str, str | None], Any] = {
        (r.measure, r.carrier): r
        for r in versions.execute(
            text("""
            SELECT m.code AS measure, c.code AS carrier, e.period, e.units, e.error FROM warehouse.crosswalk_error e
            JOIN catalogue.measure m ON m.id = e.measure_id LEFT JOIN catalogue.measure c ON c.id = e.carrier_id
            WHERE e.level = 'bezirk'
            """)
        )
    }
    assert ("ew", "ew") not in rows  # never with its own weights
    row = rows["ew_u18", "ew"]
    young = {b: 12 + n for n, b in enumerate(BLOCKS)}
    people = {b: 100 + 10 * n for n, b in enumerate(BLOCKS)}
    off = total = 0.0
    for key in ("101", "102", "103", "201", "202"):
        truth = sum(young[b] for b in BLOCKS if NEW[b] == key)
        guess = 0.0
        for old in {OLD[b] for b in BLOCKS if NEW[b] == key}:
            share = sum(people[b] for b in parts(old, key)) / sum(people[b] for b in BLOCKS if OLD[b] == old)
            guess += share * sum(young[b] for b in BLOCKS if OLD[b] == old)
        off += abs(guess - truth)
        total += truth
    assert (row.period, row.units) == ("2025", 5)
    assert row.error == pytest.approx(off / total, abs=1e-12)
    assert row.error < rows["ew_u18", None].error  # better than area


def divided(seed: list[int]) -> dict[str, str]:
    """A district for each block, within its Stadtteil."""
    return {b: f"{grid_city.stadtteil_of(b)}{n:02d}" for b, n in zip(BLOCKS, seed, strict=True)}


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    second=st.lists(st.integers(1, 5), min_size=16, max_size=16),
    cases=st.lists(st.integers(0, 500), min_size=5, max_size=5),
    assigned=st.booleans(),
)
def test_totals_stay_whatever_the_division(
    city: Connection, catalogue: Catalogue, second: list[int], cases: list[int], assigned: bool
) -> None:
    attempt = city.begin_nested()
    try:
        grid_city.version(city, "alt", OLD, current=True)
        new = divided(second)
        grid_city.version(city, "neu", new, assigned=assigned)
        delivery = small_city.deliver(city, "arbeitslose_stadtteile", 2025)
        deliver_areas(city, delivery, "arbeitslose", dict(zip(sorted(set(OLD.values())), cases, strict=True)))
        build_crosswalk(city, catalogue, "alt", "neu")
        aggregate(city, catalogue)
        found = counts(city, "arbeitslose", "neu")
        for stadtteil, total in (("1", sum(cases[:2])), ("2", sum(cases[2:]))):
            known = [found[k] for k in set(new.values()) if k[0] == stadtteil]
            if all(status == "gueltig" for _, status, _ in known):
                assert sum(value for value, _, _ in known) == total
            assert found[stadtteil] == (total, "gueltig", "exakt")
        assert not any(r.failures for r in run_checks(city))
    finally:
        attempt.rollback()
