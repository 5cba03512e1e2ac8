"""Fixtures of the intake tests: one database with a small invented city; what a test does in it is rolled back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine

from etl.catalogue import Catalogue
from etl.intake.deliver import deliver
from etl.intake.outcome import DeliveryOutcome
from etl.warehouse import databases, engine, service
from tests.conftest import clone
from tests.intake.support import lay_out

AT = date(2024, 12, 31)

Take = Callable[..., DeliveryOutcome]


@pytest.fixture(scope="session")
def city_engine(template: str) -> Iterator[Engine]:
    """A migrated database with units, blocks and addresses; nobody commits to it."""
    name = clone(template)
    opened = engine.open_engine(service.url(name, service.ADMIN))
    with opened.begin() as connection:
        lay_out(connection)
    yield opened
    databases.drop_database(name)


@pytest.fixture
def connection(city_engine: Engine) -> Iterator[Connection]:
    """A connection to the invented city; the transaction is rolled back after the test."""
    with city_engine.connect() as opened:
        yield opened
        opened.rollback()


@pytest.fixture
def take(connection: Connection, catalogue: Catalogue) -> Take:
    """Deliver a file, by default the register's for 31.12.2024."""

    def run(path: Path, at: date = AT, source: str = "einwohner_bestand", **options: object) -> DeliveryOutcome:
        return deliver(connection, catalogue, source, path, reference_date=at, **options)

    return run


@pytest.fixture
def city(db: Engine) -> Engine:
    """A database of its own, for tests that commit or open several connections."""
    with db.begin() as opened:
        lay_out(opened)
    return db
