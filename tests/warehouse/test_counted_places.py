"""Blocks and units that counts refer to cannot disappear, whoever deletes them and by whatever way."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import IntegrityError

from tests import small_city


@pytest.fixture
def connection(db: Engine) -> Connection:
    with db.connect() as opened:
        small_city.build(opened)
        opened.execute(text("DELETE FROM geo.block_assignment"))
        yield opened
        opened.rollback()


@pytest.mark.parametrize(
    ("by", "place", "deletion"),
    [
        ("block", "101", "DELETE FROM geo.block WHERE key = '101'"),
        ("block", "101", "DELETE FROM geo.block_set"),
        ("unit", "101", "DELETE FROM geo.unit WHERE key = '101'"),
        ("unit", "101", "DELETE FROM geo.unit WHERE key = '1'"),
        ("unit", "101", "DELETE FROM geo.district_version"),
    ],
)
def test_what_counts_refer_to_stays(connection: Connection, by: str, place: str, deletion: str) -> None:
    with connection.begin_nested() as before:
        connection.execute(text(deletion))  # nothing refers to it yet
        before.rollback()
    delivery = small_city.deliver(connection, "einwohner_bestand", 2024)
    small_city.count(connection, delivery, "ew", {place: 7}, by=by)
    with pytest.raises(IntegrityError, match="beziehen sich Zahlen"), connection.begin_nested():
        connection.execute(text(deletion))


def test_what_nothing_refers_to_goes(connection: Connection) -> None:
    delivery = small_city.deliver(connection, "einwohner_bestand", 2024)
    small_city.count(connection, delivery, "ew", {"101": 7})
    connection.execute(text("DELETE FROM geo.block WHERE key = '102'"))
    connection.execute(text("DELETE FROM geo.unit WHERE key = '202'"))
