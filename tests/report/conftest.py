"""The report of the small published sample, built once; a small city with two editions for what moved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from etl.catalogue import Catalogue
from etl.catalogue.chapters import plan_of
from etl.indicators.compute import compute
from etl.publish.report.build import PRINTED, write_pages
from etl.publish.report.pdf import write_pdf
from etl.publish.source import Source
from etl.warehouse import databases, engine, service
from tests import small_city
from tests.conftest import Published, clone
from tests.editions import publish_edition


@pytest.fixture(scope="session")
def source(published: Published) -> Source:
    """The published views, as a reader."""
    return Source(engine.open_engine(service.url(published.name, service.READER), role=None), "sozialbericht")


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory, source: Source, catalogue: Catalogue) -> Path:
    """Folder with the report and the list of changes as pages, all chapters."""
    folder = tmp_path_factory.mktemp("bericht")
    write_pages(source, catalogue, folder)
    return folder


@pytest.fixture(scope="session")
def short(catalogue: Catalogue) -> Catalogue:
    """The catalogue with a report of fewer pages, in which every kind of block occurs."""
    plan = plan_of(catalogue)
    kept = tuple(c for c in plan.chapters if c.code in {"anlass", "bevoelkerung", "lagen", "ausblick", "glossar"})
    return replace(catalogue, plan=plan.model_copy(update={"chapters": kept}))


@pytest.fixture(scope="session")
def printed(tmp_path_factory: pytest.TempPathFactory, source: Source, short: Catalogue) -> Path:
    """The short report as PDF."""
    folder = tmp_path_factory.mktemp("gedruckt")
    write_pdf(write_pages(source, short, folder), folder / PRINTED)
    return folder / PRINTED


@pytest.fixture(scope="module")
def two_editions(template: str, catalogue: Catalogue) -> Iterator[Source]:
    """A small city: „Erste“ with 2024, „Zweite“ with 2025 and one corrected count of 2024."""
    name = clone(template)
    town = engine.open_engine(service.url(name, service.ADMIN))
    people = {key: {"ew": 3000 + 10 * n, "ew_u18": 400 + n} for n, key in enumerate(small_city.BLOCKS)}
    with town.begin() as connection:
        small_city.build(connection)
        small_city.population(connection, small_city.deliver(connection, "einwohner_bestand", 2024), people)
        compute(connection, catalogue)
        publish_edition(connection, catalogue, label="Erste")
    with town.begin() as connection:
        delivery = small_city.deliver(connection, "einwohner_bestand", 2025)
        small_city.population(connection, delivery, {k: {"ew": v["ew"] + 50, "ew_u18": 450} for k, v in people.items()})
        connection.execute(
            text("""
            UPDATE warehouse.count c SET value = 600 FROM geo.block b, catalogue.measure m
            WHERE (b.id, m.id) = (c.block_id, c.measure_id) AND (b.key, m.code, c.period) = ('101', 'ew_u18', '2024')
            """)
        )
        compute(connection, catalogue)
        publish_edition(connection, catalogue, label="Zweite")
    yield Source(engine.open_engine(service.url(name, service.READER), role=None), "sozialbericht")
    databases.drop_database(name)
