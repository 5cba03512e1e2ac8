"""A database with the grid city, and one with a plan on it, cloned for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from etl.catalogue import Catalogue, City
from etl.warehouse import databases, engine, service
from tests.conftest import clone
from tests.plans import grid_city


@pytest.fixture(scope="session")
def city(catalogue: Catalogue) -> City:
    """The shipped city's levels."""
    return catalogue.city


@pytest.fixture(scope="session")
def planned_template(template: str, city: City) -> Iterator[str]:
    """The grid city with the chosen plan „gesamt“ in the draft „neu“."""
    name = clone(template)
    with engine.open_engine(service.url(name, service.ADMIN)).begin() as connection:
        grid_city.build(connection)
        grid_city.plan(connection, city)
    yield name
    databases.drop_database(name)


@pytest.fixture
def planned_name(planned_template: str) -> Iterator[str]:
    """Name of a database of its own with the planned grid city."""
    name = clone(planned_template)
    yield name
    databases.drop_database(name)


@pytest.fixture
def planned(planned_name: str) -> Engine:
    """The owner's engine on it."""
    return engine.open_engine(service.url(planned_name, service.ADMIN))
