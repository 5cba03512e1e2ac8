"""A database with the grid city, and one with a plan on it, cloned for each test."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from sqlalchemy import Engine

from etl.catalogue import Catalogue, City
from etl.districts import versions
from etl.districts.plans.adopt import adopt
from etl.districts.plans.review import finish_review
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


@pytest.fixture(scope="session")
def adopted_template(planned_template: str, city: City) -> Iterator[str]:
    """The planned grid city with „neu“ adopted from 2026 on."""
    name = clone(planned_template)
    with engine.open_engine(service.url(name, service.ADMIN)).begin() as connection:
        finish_review(connection, versions.get(connection, "neu"))
        adopt(connection, city, "neu", date(2026, 1, 1), band_reason="Beispiel mit wenigen Bezirken")
    yield name
    databases.drop_database(name)


@pytest.fixture
def adopted_city(adopted_template: str) -> Iterator[Engine]:
    """The owner's engine on a database of its own with an adopted version."""
    name = clone(adopted_template)
    yield engine.open_engine(service.url(name, service.ADMIN))
    databases.drop_database(name)
