"""The small city with a catalogue of its own, in which every source and indicator stands for one trap."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine

from etl.catalogue import Catalogue, load_catalogue
from etl.warehouse import catalogue_sync, databases, engine, service
from tests import small_city
from tests.conftest import clone
from tests.indicators import support

TakeIn = Callable[[str, str, list[tuple[Any, ...]]], int]


@pytest.fixture(scope="session")
def traps() -> Catalogue:
    """The catalogue of traps."""
    return load_catalogue(support.KATALOG)


@pytest.fixture(scope="session")
def laid_out(template: str, traps: Catalogue) -> Iterator[Engine]:
    """One database of the small city under the catalogue of traps; tests leave it as it is."""
    name = clone(template)
    opened = engine.open_engine(service.url(name, service.ADMIN))
    with opened.begin() as connection:
        catalogue_sync.sync(connection, traps)
        small_city.build(connection)
    yield opened
    opened.dispose()
    databases.drop_database(name)


@pytest.fixture
def town(laid_out: Engine) -> Iterator[Connection]:
    """A connection to it; nothing is committed."""
    with laid_out.connect() as connection:
        yield connection


@pytest.fixture
def take_in(town: Connection, traps: Catalogue, tmp_path: Path) -> TakeIn:
    """Deliver rows of a source for a day."""
    return partial(support.take_in, town, traps, tmp_path)
