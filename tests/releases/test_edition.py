"""Small counts leave no trace in an edition; editions stand unchanged; nothing is published half."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, Engine, text

from etl.catalogue import Catalogue
from etl.errors import SozialberichtError
from etl.indicators.compute import compute
from etl.releases.edition import Edition
from tests import small_city
from tests.editions import publish_edition


@pytest.fixture
def city(db: Engine) -> Iterator[Connection]:
    """The small city with one delivery."""
    with db.begin() as connection:
        small_city.build(connection)
        delivery = small_city.deliver(connection, "einwohner_bestand", 2025)
        people = {"101": {"ew": 300, "ew_u18": 40}, "102": {"ew": 300, "ew_u18": 4}, "201": {"ew": 300, "ew_u18": 298}}
        small_city.population(connection, delivery, people)
        small_city.count(connection, delivery, "ew", {"202": 3})
    with db.connect() as connection:
        yield connection


def release(connection: Connection, catalogue: Catalogue, label: str | None = None) -> Edition:
    """Compute and publish in one transaction."""
    compute(connection, catalogue)
    edition = publish_edition(connection, catalogue, label=label)
    connection.commit()
    return edition


def published(connection: Connection, indicator: str, unit: str) -> tuple[object, ...]:
    """What readers see of a value."""
    row = connection.execute(
        text("SELECT zaehler, nenner, wert, status, klasse FROM sozialbericht.wert "
             "WHERE kennzahl = :indicator AND gebiet = :unit AND aktuell"),
        {"indicator": indicator, "unit": unit},
    ).one()  # fmt: skip
    return tuple(row)


def test_small_counts_are_withheld_with_all_their_numbers(city: Connection, catalogue: Catalogue) -> None:
    release(city, catalogue)
    nothing = (None, None, None, "geheim", None)
    assert published(city, "BEV01", "101")[:2] == (300, None)
    assert published(city, "BEV04", "101") == nothing  # its Stadtteil is shown: 102 would be the difference
    assert published(city, "BEV04", "102") == nothing  # 4 persons
    assert published(city, "BEV04", "201") == nothing  # 298 of 300: the other 2 would show
    assert published(city, "BEV01", "202") == nothing  # 3 inhabitants
    einwohner = city.execute(
        text("SELECT gebiet, einwohner, einwohner_status FROM sozialbericht.gebiet WHERE ebene = 'bezirk' ORDER BY 1")
    ).all()
    assert einwohner[3][1:] == (None, "geheim")
    assert ("gueltig",) in {row[2:] for row in einwohner[:3]}


def test_class_limits_belong_to_the_class_above(city: Connection, catalogue: Catalogue) -> None:
    city.execute(text("UPDATE warehouse.count SET value = 42 WHERE value IN (40, 4)"))  # exactly 14 %
    release(city, catalogue)
    assert published(city, "BEV04", "101") == (42, 300, 14, "gueltig", 3)


def test_publishing_again_changes_nothing(city: Connection, catalogue: Catalogue) -> None:
    first = release(city, catalogue, "Stand 1")
    again = release(city, catalogue, "Stand 2")
    assert (first.unchanged, again.unchanged, again.label) == (False, True, "Stand 1")
    assert city.scalar(text("SELECT count(*) FROM release.edition")) == 1


def test_earlier_edition_stays_as_it_was(city: Connection, catalogue: Catalogue) -> None:
    release(city, catalogue, "Stand 1")
    everything = text("SELECT * FROM sozialbericht.wert WHERE stand = 'Stand 1' ORDER BY wert_id")
    before = [{k: v for k, v in row.items() if k != "aktuell"} for row in city.execute(everything).mappings()]
    delivery = small_city.deliver(city, "einwohner_bestand", 2024)
    small_city.population(city, delivery, {"101": {"ew": 290, "ew_u18": 39}})
    assert not release(city, catalogue, "Stand 2").unchanged
    after = [{k: v for k, v in row.items() if k != "aktuell"} for row in city.execute(everything).mappings()]
    assert before
    assert before == after
    states = city.execute(text("SELECT stand, zustand FROM sozialbericht.veroeffentlichung ORDER BY 1")).all()
    assert states == [("Stand 1", "ersetzt"), ("Stand 2", "aktuell")]


def test_taken_label_gets_a_number(city: Connection, catalogue: Catalogue) -> None:
    release(city, catalogue, "Stand")
    small_city.deliver(city, "einwohner_bestand", 2024)
    city.execute(text("UPDATE warehouse.count SET value = 50 WHERE value = 40"))
    assert release(city, catalogue, "Stand").label == "Stand-2"


def test_nothing_computed_is_refused(db: Engine, catalogue: Catalogue) -> None:
    with pytest.raises(SozialberichtError, match="noch keine berechneten Werte"), db.begin() as connection:
        publish_edition(connection, catalogue)


def test_readers_see_the_old_edition_until_the_commit(city: Connection, db: Engine, catalogue: Catalogue) -> None:
    release(city, catalogue, "Stand 1")
    city.execute(text("UPDATE warehouse.count SET value = 50 WHERE value = 40"))
    compute(city, catalogue)
    publish_edition(city, catalogue, label="Stand 2")
    current = text("SELECT stand FROM sozialbericht.veroeffentlichung WHERE zustand = 'aktuell'")
    with db.connect() as reader:
        assert reader.scalars(current).all() == ["Stand 1"]
    city.commit()
    with db.connect() as reader:
        assert reader.scalars(current).all() == ["Stand 2"]
