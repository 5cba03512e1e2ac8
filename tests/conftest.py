"""Fixtures: a real private cluster, migrated databases cloned from a template, the reference data's folder."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import Engine

from etl import settings
from etl.catalogue import Catalogue, load_catalogue
from etl.main_job.run import Outcome, Runner
from etl.main_job.sample_city import job_of
from etl.sample.manifest import load_manifest
from etl.sample.write import write_sample
from etl.settings import DEFAULT_CATALOGUE
from etl.warehouse import cluster, databases, engine, migrate, service

TEMPLATE = "sozialbericht_test_template"
_number = itertools.count(1)


@pytest.fixture(scope="session")
def reference_dir() -> Path:
    """Folder with the real reference data, beside the project; never copied into it."""
    folder = settings.PROJECT.parent / "shared"
    if not (folder / "data").is_dir():
        if os.environ.get("CI") == "true":
            pytest.fail("reference data are missing, but CI must have them")
        pytest.skip("no reference data beside the project")
    return folder


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    """The shipped catalogue."""
    return load_catalogue(DEFAULT_CATALOGUE)


def _maintenance() -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(service.dsn("postgres", cluster.SUPERUSER), autocommit=True)


@pytest.fixture(scope="session")
def template(catalogue: Catalogue) -> Iterator[str]:
    """Name of a migrated, empty database that tests clone; its name carries the process, so runs do not meet."""
    name = f"{TEMPLATE}_{os.getpid()}"
    databases.ensure_database(name)
    with engine.open_engine(service.url(name, service.ADMIN)).begin() as connection:
        migrate.prepare(connection, catalogue)
    yield name
    databases.drop_database(name)


def clone(template: str) -> str:
    """A new database with the content of ``template``; the caller drops it."""
    name = f"{TEMPLATE}_{os.getpid()}_{next(_number)}"
    with _maintenance() as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}").format(
                sql.Identifier(name), sql.Identifier(template), sql.Identifier(engine.OWNER)
            )
        )
    return name


@pytest.fixture
def database(template: str) -> Iterator[str]:
    """Name of a fresh migrated database of the shipped catalogue."""
    name = clone(template)
    yield name
    databases.drop_database(name)


@pytest.fixture
def db(database: str) -> Engine:
    """Engine on a fresh migrated database, as the owner."""
    return engine.open_engine(service.url(database, service.ADMIN))


SAMPLE_YEARS = (2020, 2021, 2022, 2023, 2024, 2025)


@pytest.fixture(scope="session")
def sample_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small synthetic city (5 %, six years) as files."""
    folder = tmp_path_factory.mktemp("beispielstadt")
    write_sample(folder, scale=0.05, years=SAMPLE_YEARS)
    return folder


@dataclass(frozen=True)
class Published:
    """A database with the small sample taken in and published; tests only read it."""

    name: str
    engine: Engine
    folder: Path
    outcome: Outcome


@pytest.fixture(scope="session")
def published(template: str, sample_folder: Path, catalogue: Catalogue) -> Iterator[Published]:
    """The small sample, published, in a database of its own whose name is also its service entry."""
    name = clone(template)
    service.write_service_file(name)
    opened = engine.open_engine(service.url(name, service.ADMIN))
    outcome = Runner(opened, catalogue, job_of(load_manifest(sample_folder)), sample_folder).run()
    yield Published(name, opened, sample_folder, outcome)
    databases.drop_database(name)
