"""The city of squares in a database, its blocks counted."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, Engine

from tests import small_city
from tests.crosswalk import grid_city


@pytest.fixture
def city(db: Engine) -> Iterator[Connection]:
    """Blocks with people in 2024 and 2025; no version yet; nothing is committed."""
    with db.connect() as connection:
        grid_city.build(connection)
        for year in (2024, 2025):
            delivery = small_city.deliver(connection, "einwohner_bestand", year)
            people = {
                block: {"ew": 100 + 10 * n, "ew_u18": 12 + n, "ew_15_65": 60 + 7 * n, "ew_65plus": 30 - n}
                for n, block in enumerate(grid_city.BLOCKS)
            }
            small_city.population(connection, delivery, people)
            small_city.count(connection, delivery, "ew", {"NZ": 9})
        yield connection
