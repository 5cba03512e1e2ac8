"""The outlook of an edition: from shown values only, nothing for what is withheld, sums that hold, and the demand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pytest
from sqlalchemy import Connection, Engine, text

from etl.catalogue import Catalogue
from etl.catalogue.outlook import age_bands
from etl.releases.derived import forecast, outlook, stocks
from etl.warehouse import databases, engine, service
from tests.conftest import Published, clone
from tests.releases import shown_city

DISTRICTS = [f"{s}0{d}" for s in (1, 2, 3) for d in (1, 2, 3, 4)]
YEARS = range(2015, 2026)
SMALL = "304"
"""A district of fewer than 1,000 persons."""


@pytest.fixture(scope="module")
def city(template: str) -> Iterator[tuple[Engine, dict[str, int]]]:
    name = clone(template)
    opened = engine.open_engine(service.url(name, service.ADMIN))
    with opened.begin() as connection:
        units = shown_city.build(connection)
        for number in YEARS:
            shown_city.year(connection, number)
    yield opened, units
    opened.dispose()
    databases.drop_database(name)


@dataclass
class City:
    """Releases of a city in which every age has as many people every year, but for what a test changes."""

    connection: Connection
    units: dict[str, int]
    catalogue: Catalogue
    growth: dict[str, float] = field(default_factory=dict)
    hidden: set[tuple[str, str]] = field(default_factory=set)
    """District and group of ages withheld, in all years."""
    later: float = 1.0
    """Factor on all persons after 2020."""

    def persons(self, key: str, group: str, year: int) -> float:
        size = 18.0 if key == SMALL else 200.0 + 10 * DISTRICTS.index(key)
        low = age_bands(self.catalogue)[group][0]
        size *= self.later if year > 2020 else 1
        return round(size * (1 if low < 65 else 0.6) * (1 + self.growth.get(key, 0)) ** (year - 2015))

    def release(self, *, synthetic: bool = False, years: range = YEARS) -> int:
        number = shown_city.edition(self.connection, synthetic=synthetic)
        rows: list[shown_city.Row] = []
        of = {"S": DISTRICTS} | {s: [d for d in DISTRICTS if d[0] == s] for s in "123"} | {d: [d] for d in DISTRICTS}
        for key, parts in of.items():
            unit = self.units[key]
            for year in years:
                total = 0.0
                for group in age_bands(self.catalogue):
                    count = sum(self.persons(part, group, year) for part in parts)
                    total += count
                    women = count // 2
                    open_ = (key, group) not in self.hidden
                    numbers = (count, women, "gueltig") if open_ else (None, None, "geheim")
                    rows.append((unit, "BEV01", group, str(year), numbers[0], None, numbers[2]))
                    rows.append((unit, "BEV26", group, str(year), numbers[1], numbers[0], numbers[2]))
                rows.append((unit, "BEV01", "insgesamt", str(year), total, None, "gueltig"))
                births = round(total / 90)
                rows.append((unit, "BEV16", "insgesamt", str(year), births, total / 5, "gueltig"))
                rows.append((unit, "BEV17", "insgesamt", str(year), births - round(total / 95), total, "gueltig"))
            rows.append((unit, "BIL04", "u3", "2025", 30 * len(parts), 100 * len(parts), "gueltig"))
        rows.append((self.units["S"], "BIL01", "insgesamt", "2025", 30, 100, "gueltig"))
        shown_city.show(self.connection, number, rows)
        found = outlook.add_outlook(self.connection, self.catalogue, number)
        shown_city.publish(self.connection, number)
        return found

    def forecast(self, key: str, year: int, *, scenario: str = "konstant", group: str = "insgesamt") -> int | None:
        return self.connection.scalar(
            text("""
            SELECT personen FROM sozialbericht.prognose
            WHERE gebiet = :key AND jahr = :year AND szenario = :scenario AND altersgruppe = :group
            """),
            {"key": key, "year": year, "scenario": scenario, "group": group},
        )

    def status(self, key: str) -> set[str]:
        found = self.connection.scalars(
            text("SELECT status FROM sozialbericht.prognose WHERE gebiet = :key"), {"key": key}
        )
        return set(found)


@pytest.fixture
def town(city: tuple[Engine, dict[str, int]], catalogue: Catalogue) -> Iterator[City]:
    with city[0].connect() as opened:
        yield City(opened, city[1], catalogue)
        opened.rollback()


def test_every_unit_scenario_and_year_begins_with_what_is_shown(town: City) -> None:
    assert town.release() > 0
    rows = town.connection.execute(
        text("""
        SELECT szenario, min(jahr), max(jahr), count(DISTINCT gebiet), count(DISTINCT altersgruppe),
               bool_and(herkunft = 'eigene Vorausberechnung') FILTER (WHERE jahr > basisjahr),
               bool_or(herkunft = 'eigene Vorausberechnung') FILTER (WHERE jahr = basisjahr)
        FROM sozialbericht.prognose WHERE status = 'gueltig' GROUP BY 1 ORDER BY 1
        """)
    ).all()
    assert [r[0] for r in rows] == ["hoch", "konstant", "mit_neubau", "niedrig", "ohne_wanderung"]
    # the city, three Stadtteile, eleven districts
    assert {r[1:] for r in rows} == {(2025, 2040, 15, 10, True, False)}
    assert town.forecast("101", 2025) == 200 * 13 + 120 * 5
    assert town.forecast("101", 2025, group="a50_65") == 600
    assert town.status(SMALL) == {"nicht_sinnvoll"}


def test_sums_hold_up_to_rounding_and_hold_the_small_district_too(town: City) -> None:
    town.release()
    for year in (2025, 2033, 2040):
        for scenario in ("konstant", "ohne_wanderung"):
            parts = [town.forecast(s, year, scenario=scenario) or 0 for s in "123"]
            assert sum(parts) == pytest.approx(town.forecast("S", year, scenario=scenario), abs=20)
            first = [town.forecast(d, year, scenario=scenario) or 0 for d in DISTRICTS if d[0] == "1"]
            assert sum(first) == pytest.approx(parts[0], abs=25)
    third = sum(town.forecast(d, 2025) or 0 for d in DISTRICTS if d[0] == "3" and d != SMALL)
    assert (town.forecast("3", 2025) or 0) - third == pytest.approx(18 * 13 + 11 * 5, abs=15)


def test_scenarios_lie_in_their_order_and_no_migration_is_natural_change_alone(town: City) -> None:
    town.growth = {"101": 0.02}
    town.release()
    low, middle, high = (town.forecast("101", 2040, scenario=s) or 0 for s in ("niedrig", "konstant", "hoch"))
    assert low < middle < high
    assert (town.forecast("101", 2040, scenario="ohne_wanderung") or 0) < middle


def test_a_withheld_group_leaves_its_district_out_and_its_stadtteil_in(town: City) -> None:
    town.hidden = {("102", "a85_plus"), ("103", "a85_plus")}
    town.release()
    assert town.status("102") == town.status("103") == {"geheim"}
    assert town.forecast("102", 2025) is None
    assert town.status("101") == town.status("1") == town.status("S") == {"gueltig"}
    assert town.forecast("1", 2025) == sum(
        town.persons(d, g, 2025) for d in DISTRICTS[:4] for g in age_bands(town.catalogue)
    )
    assert town.connection.scalar(text("SELECT count(*) FROM sozialbericht.bedarf WHERE gebiet = '102'")) == 0
    assert town.connection.scalar(text("SELECT count(*) FROM sozialbericht.prognosefehler WHERE gebiet = '102'")) == 0


def test_new_dwellings_of_the_sample_are_filled_in_a_synthetic_release_only(town: City) -> None:
    town.release(synthetic=True)
    more = (town.forecast("101", 2030, scenario="mit_neubau") or 0) - (town.forecast("101", 2030) or 0)
    # 120 dwellings with 2.3 persons each, some of whom leave again or come from the district itself
    assert 200 < more < 276
    assert (town.forecast("101", 2026, scenario="mit_neubau") or 0) == (town.forecast("101", 2026) or 0)
    town.connection.rollback()
    town.release(synthetic=False)
    assert town.forecast("101", 2030, scenario="mit_neubau") == town.forecast("101", 2030)


def test_looking_back_on_a_city_that_stays_as_it_is(town: City) -> None:
    town.growth = {"201": 0.01}
    town.release()
    rows = town.connection.execute(
        text("""
        SELECT gebiet, verfahren, abweichung_prozent, basisjahr, zieljahr FROM sozialbericht.prognosefehler
        WHERE altersgruppe = 'insgesamt'
        """)
    ).all()
    assert {r[3:] for r in rows} == {(2020, 2025)}
    found = {(r[0], r[1]): r[2] for r in rows}
    assert found["101", "wie im letzten Jahr"] == found["101", "linearer Trend"] == 0
    assert abs(found["101", "Kohorten"]) < 2
    # one percent a year: the last year's number is 1 - 1/1.01^5 too small, the trend nearly right
    assert found["201", "wie im letzten Jahr"] == pytest.approx(-4.85, abs=0.2)
    assert abs(found["201", "linearer Trend"]) < 0.5


def test_looking_back_knows_only_the_past(town: City) -> None:
    ask = text(
        "SELECT gebiet, altersgruppe, verfahren, vorausberechnet FROM sozialbericht.prognosefehler ORDER BY 1, 2, 3"
    )
    town.release()
    once = town.connection.execute(ask).all()
    town.connection.rollback()
    town.later = 2.0
    town.release()
    assert town.connection.execute(ask).all() == once
    missed = text("SELECT max(abweichung_prozent) FROM sozialbericht.prognosefehler WHERE verfahren = 'Kohorten'")
    assert (town.connection.scalar(missed) or 0) < -40


def test_a_city_that_is_too_small_to_show_its_ages_says_why(published: Published) -> None:
    """The small sample: 4,200 people, whose old and young of a district are withheld."""
    with published.engine.connect() as connection:
        found = connection.execute(text("SELECT DISTINCT ebene, status FROM sozialbericht.prognose"))
        assert {(level, word) for level, word in found if word == "gueltig" and level != "stadt"} == set()
        assert connection.scalar(text("SELECT count(*) FROM sozialbericht.prognose")) > 0
        types = connection.execute(text("SELECT status, begruendung FROM sozialbericht.typologie")).all()
        assert [row.status for row in types] == ["nicht_sinnvoll"]


def test_demand_follows_from_children_quota_and_places(town: City) -> None:
    town.release()
    rows = town.connection.execute(
        text("""
        SELECT altersgruppe, kinder, betreuungsquote, bedarf, plaetze, saldo, herkunft FROM sozialbericht.bedarf
        WHERE gebiet = '101' AND jahr = 2025 AND szenario = 'konstant'
        """)
    ).all()
    found = {r[0]: r[1:] for r in rows}
    # 40 of every age; the city shows 30 % of those under three in care
    assert found["unter_3"] == (120, 30, 40, 30, -10, "Ausgangsstand (Melderegister)")
    assert found["ab_3"][:4] == (140, 100, 140, None)
    assert found["grundschule"][:2] == (160, 100)
    assert found["grundschule"][3:5] == (None, None)


def test_nothing_is_projected_without_two_stocks_five_years_apart(town: City) -> None:
    town.release(years=range(2022, 2026))
    assert town.status("S") == town.status("101") == {"fehlt"}
    for view in ("bedarf", "prognosefehler"):
        assert town.connection.scalar(text(f"SELECT count(*) FROM sozialbericht.{view}")) == 0


def test_what_is_left_of_a_unit_has_what_its_parts_do_not_have(catalogue: Catalogue) -> None:
    assert catalogue.outlook is not None
    units = [stocks.Unit(1, "stadt", "S", None), stocks.Unit(2, "bezirk", "a", 1), stocks.Unit(3, "bezirk", "b", 1)]
    people = {1: 6000.0, 2: 4000.0, 3: 500.0}

    def get(unit: int) -> tuple[dict[int, np.ndarray], float, float] | None:
        stock = np.full((2, 86), people[unit] / 172)
        return {2020: stock, 2025: stock}, people[unit] / 100, people[unit] / 200

    frame = forecast.frame_of(units, catalogue.outlook, get)
    assert [(a.unit, a.rest, round(a.stocks[2025].sum()), a.births, a.deaths) for a in frame.areas] == [
        (2, False, 4000, 40, 20), (1, True, 2000, 20, 10)
    ]  # fmt: skip
    assert frame.covered == {2: (0,), 1: (0, 1)}  # the second is too small
    hidden = forecast.frame_of(units, catalogue.outlook, lambda unit: None if unit == 1 else get(unit))
    assert hidden.covered == {2: (0,)}


def test_what_is_read_is_one_count_of_an_age_range(catalogue: Catalogue) -> None:
    assert catalogue.outlook is not None
    found = stocks.ranges_shown(catalogue, catalogue.outlook)
    assert found["BIL01", "denominator"] == (0, 3, 1)
    assert found["BEV05", "numerator"] == (65, 200, 0)
    # pooled, of women, of an age limit, of several measures
    others = {("BIL07", "denominator"), ("ARB02", "denominator"), ("SOZ01", "denominator"), ("BEV09", "numerator")}
    assert not others & found.keys()


def test_ages_and_chances_of_the_assumptions() -> None:
    assert forecast.by_age({0: 1, 3: 2})[:5].tolist() == [1, 1, 1, 2, 2]
    chances = forecast.smooth_by_age({0: 0.01, 1: 0.0002, 60: 0.01, 70: 0.02, 85: 0.2})
    assert chances[0] == 0.01
    assert chances[85] == 0.2
    assert (chances[31:85] >= chances[30:84]).all()
    assert chances[64] == pytest.approx(0.01, rel=0.1)  # the middle of 60 to 69
    assert outlook.tens(14.9) == 10
    assert outlook.tens(-15) == -10
