"""Types of areas: from shown values only, with their words, their doubts and nothing where a part is withheld."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from sqlalchemy import Connection, Engine, text

from etl.catalogue import Catalogue
from etl.releases.derived import types
from etl.warehouse import databases, engine, service
from tests.conftest import clone
from tests.releases import shown_city

DISTRICTS = [f"{s}0{d}" for s in (1, 2, 3) for d in (1, 2, 3, 4)]
OLD, YOUNG, MIXED = DISTRICTS[:5], DISTRICTS[5:9], DISTRICTS[9:]
SHARES = {
    # of 1000: young areas have children and migrants, old ones the elderly and houses, the last lie between
    "BEV04": (120, 220, 170), "BEV05": (320, 150, 230), "BEV14": (180, 420, 300), "BEV21": (280, 420, 350),
    "WOH02": (800, 150, 450), "ARB05": (25, 70, 45), "SOZ03": (60, 240, 150), "BIL01": (420, 300, 360),
}  # fmt: skip


def kind(key: str) -> int:
    return 0 if key in OLD else 1 if key in YOUNG else 2


@pytest.fixture(scope="module")
def city(template: str) -> Iterator[tuple[Engine, dict[str, int]]]:
    name = clone(template)
    opened = engine.open_engine(service.url(name, service.ADMIN))
    with opened.begin() as connection:
        units = shown_city.build(connection)
        shown_city.year(connection, 2025)
    yield opened, units
    opened.dispose()
    databases.drop_database(name)


@dataclass(frozen=True)
class City:
    connection: Connection
    units: dict[str, int]
    catalogue: Catalogue

    def release(self, districts: list[str] = DISTRICTS, *, withheld: tuple[str, str] | None = None) -> int:
        """Show the districts' values (all but the withheld district and indicator) and type them."""
        number = shown_city.edition(self.connection)
        rows: list[shown_city.Row] = []
        for n, key in enumerate(districts):
            for code, shares in SHARES.items():
                hidden = (key, code) == withheld
                # a little of each area's own, so that no two are equal
                cases = None if hidden else shares[kind(key)] + 3 * (n % 4)
                base, status = (None, "geheim") if hidden else (1000, "gueltig")
                rows.append((self.units[key], code, "insgesamt", "2025", cases, base, status))
        shown_city.show(self.connection, number, rows)
        typed = types.add_types(self.connection, self.catalogue, number)
        shown_city.publish(self.connection, number)
        return typed


@pytest.fixture
def town(city: tuple[Engine, dict[str, int]], catalogue: Catalogue) -> Iterator[City]:
    with city[0].connect() as opened:
        yield City(opened, city[1], catalogue)
        opened.rollback()


def typed(connection: Connection) -> dict[str, int | None]:
    found = connection.execute(text("SELECT gebiet, typ FROM sozialbericht.typ"))
    return {key: number for key, number in found}


def test_areas_of_one_kind_are_one_type_and_the_largest_is_first(town: City) -> None:
    assert town.release() == 12
    connection = town.connection
    assert typed(connection) == {key: kind(key) + 1 for key in DISTRICTS}
    said = connection.execute(text("SELECT * FROM sozialbericht.typologie")).mappings().one()
    assert (said["typen"], said["gebiete"], said["status"], said["gesichert"]) == (3, 12, "gueltig", True)
    assert said["silhouette"] > 0.8
    assert said["begruendung"].startswith("3 Typen: kleinste Zahl nahe der besten mittleren Silhouette")
    assert said["begruendung"].endswith("gesichert.")
    shares = list(connection.scalars(text("SELECT zuordnungssicherheit FROM sozialbericht.typ")))
    assert min(shares) > 0.9


def test_words_and_profiles_follow_from_the_deviations(town: City) -> None:
    town.release()
    connection = town.connection
    name, words = connection.execute(
        text("SELECT DISTINCT typ_name, beschreibung FROM sozialbericht.typ WHERE typ = 2")
    ).one()
    assert name.startswith("Typ 2: ")
    assert "als im Mittel der Bezirke" in words
    profile = {
        r["kennzahl"]: r
        for r in connection.execute(text("SELECT * FROM sozialbericht.typprofil WHERE typ = 2")).mappings()
    }
    assert set(profile) == set(SHARES)
    assert profile["BEV04"]["mittelwert"] == pytest.approx(22.45, abs=0.06)  # four areas: 22.0 and 0 to 0.9 more
    assert (profile["BEV04"]["richtung"], profile["BEV04"]["bewertung"]) == ("hoeher", None)  # neutral
    assert (profile["SOZ03"]["richtung"], profile["SOZ03"]["bewertung"]) == ("hoeher", "unguenstiger")
    assert (profile["BIL01"]["richtung"], profile["BIL01"]["bewertung"]) == ("niedriger", "unguenstiger")
    # deviations of all types, weighted by their areas, cancel
    rest = connection.scalar(
        text("""
        SELECT max(abs(s))
        FROM (SELECT sum(gebiete * abweichung) AS s FROM sozialbericht.typprofil GROUP BY kennzahl) x
        """)
    )
    assert rest == pytest.approx(0, abs=0.01)


def test_a_withheld_part_leaves_the_area_without_a_type(town: City) -> None:
    assert town.release(withheld=("101", "SOZ03")) == 11
    found = town.connection.execute(text("SELECT * FROM sozialbericht.typ WHERE gebiet = '101'")).mappings().one()
    assert (found["status"], found["typ"], found["zuordnungssicherheit"]) == ("geheim", None, None)
    sizes = town.connection.execute(text("SELECT DISTINCT typ, gebiete FROM sozialbericht.typprofil ORDER BY 1")).all()
    assert sum(size for _, size in sizes) == 11
    by_type: dict[int | None, set[str]] = {}
    for key, number in typed(town.connection).items():
        by_type.setdefault(number, set()).add(key)
    assert sorted(by_type.pop(None)) == ["101"]
    assert sorted(map(sorted, by_type.values())) == sorted(map(sorted, (set(OLD) - {"101"}, YOUNG, MIXED)))


def test_too_few_areas_are_not_grouped(town: City) -> None:
    assert town.release(DISTRICTS[:5]) == 0
    said = town.connection.execute(text("SELECT status, typen, begruendung FROM sozialbericht.typologie")).one()
    assert said[:2] == ("nicht_sinnvoll", None)
    assert said[2].startswith("Weniger als 6 Gebiete")
