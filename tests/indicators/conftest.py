"""The small city with a catalogue of its own, in which every source and indicator stands for one trap."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine

from etl.catalogue import Catalogue, load_catalogue
from etl.warehouse import catalogue_sync
from tests import small_city
from tests.indicators import support

TakeIn = Callable[[str, str, list[tuple[Any, ...]]], int]


@pytest.fixture(scope="session")
def traps() -> Catalogue:
    """The catalogue of traps."""
    return load_catalogue(support.KATALOG)


@pytest.fixture
def town(db: Engine, traps: Catalogue) -> Iterator[Connection]:
    """The small city under the catalogue of traps; nothing is committed."""
    with db.connect() as connection:
        catalogue_sync.sync(connection, traps)
        small_city.build(connection)
        yield connection


@pytest.fixture
def take_in(town: Connection, traps: Catalogue, tmp_path: Path) -> TakeIn:
    """Deliver rows of a source for a day."""
    return partial(support.take_in, town, traps, tmp_path)
