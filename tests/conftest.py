"""Fixtures: a real private cluster, migrated databases cloned from a template, the reference data's folder.

Tests may run in several processes. What is dear to make is made by the first that needs it and shared by all.
"""

from __future__ import annotations

import fcntl
import itertools
import os
import pickle
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import Engine
from xdist.scheduler import LoadScopeScheduling

from etl import settings
from etl.catalogue import Catalogue, load_catalogue
from etl.main_job.run import Outcome, Runner
from etl.main_job.sample_city import job_of
from etl.sample.manifest import load_manifest
from etl.sample.write import write_sample
from etl.settings import DEFAULT_CATALOGUE
from etl.warehouse import cluster, databases, engine, migrate, service

TEMPLATE = "sozialbericht_test_template"
RUN = "SOZIALBERICHT_TEST_RUN"
"""Environment variable with the number of this run, the same in all its processes, so that runs do not meet."""
_number = itertools.count(1)
T = TypeVar("T")


def pytest_configure() -> None:
    """Number the run; processes started for it inherit the number."""
    os.environ.setdefault(RUN, str(os.getpid()))


class ByFolder(LoadScopeScheduling):
    """A folder's tests stay in one process, which makes their fixtures once."""

    def _split_scope(self, nodeid: str) -> str:
        return nodeid.partition("::")[0].rpartition("/")[0]


SLOWEST = ("faults", "reference", "main_job", "qgis", "exports", "setup", "plans", "warehouse", "districts", "intake",
           "layouts", "atlas", "releases")  # fmt: skip
"""Folders that take minutes, begun first, so that no process waits for another that begins one of them at the end."""


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ByFolder:
    """Who tests what, where several processes test."""
    # as collected, not by the number of tests
    config.option.loadscopereorder = False
    return ByFolder(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the slowest folders first."""
    turn = {folder: number for number, folder in enumerate(SLOWEST)}
    items.sort(key=lambda item: turn.get(item.path.parent.name, len(SLOWEST)))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """The process that began the run removes what was shared."""
    if hasattr(session.config, "workerinput"):
        return
    for name in shared_names():
        databases.drop_database(name)
    remove_left_files()


def remove_left_files() -> None:
    """Remove the files of releases and the projects of test databases that are gone."""
    if cluster.known(settings.home()) is None and not service.existing_server():
        return
    with _maintenance() as connection:
        there = {str(row[0]) for row in connection.execute("SELECT datname FROM pg_database")}
    for kind in ("veroeffentlichung", "qgis"):
        for folder in (settings.home() / kind).glob("*_test_*"):
            if folder.is_dir() and folder.name not in there:
                shutil.rmtree(folder)


def shared_names() -> list[str]:
    """The databases of this run that all processes share, as far as they exist."""
    if cluster.known(settings.home()) is None and not service.existing_server():
        return []
    with _maintenance() as connection:
        found = connection.execute(
            "SELECT datname FROM pg_database WHERE datname = ANY(%s)",
            ([_template_name(), _published_name(), _published_template_name()],),
        )
        return [str(row[0]) for row in found]


def _template_name() -> str:
    return f"{TEMPLATE}_{os.environ[RUN]}"


def _published_name() -> str:
    return f"{TEMPLATE}_{os.environ[RUN]}_published"


def _published_template_name() -> str:
    return f"{_published_name()}_vorlage"


@contextmanager
def _shared(factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder that all processes of the run have, held by one of them at a time."""
    base = factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "gemeinsam"
    folder.mkdir(exist_ok=True)
    with (folder / "sperre").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], T]) -> T:
    """What ``make`` returned when the first process of the run called it; it gets the folder that all share."""
    with _shared(factory) as folder:
        file = folder / f"{name}.pickle"
        if not file.exists():
            file.write_bytes(pickle.dumps(make(folder)))
        found: T = pickle.loads(file.read_bytes())  # noqa: S301  # written above
        return found


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


def _make_template(catalogue: Catalogue) -> str:
    databases.ensure_database(_template_name())
    with engine.open_engine(service.url(_template_name(), service.ADMIN)).begin() as connection:
        migrate.prepare(connection, catalogue)
    return _template_name()


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory, catalogue: Catalogue) -> str:
    """Name of a migrated, empty database that tests clone."""
    return once(tmp_path_factory, "template", lambda _folder: _make_template(catalogue))


def clone(template: str, name: str | None = None) -> str:
    """A new database with the content of ``template``; the caller drops it."""
    name = name or f"{TEMPLATE}_{os.getpid()}_{next(_number)}"
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


def _make_sample(folder: Path) -> Path:
    write_sample(folder / "beispielstadt", scale=0.05, years=SAMPLE_YEARS)
    return folder / "beispielstadt"


@pytest.fixture(scope="session")
def sample_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small synthetic city (5 %, six years) as files."""
    return once(tmp_path_factory, "sample", _make_sample)


@dataclass(frozen=True)
class Published:
    """A database with the small sample taken in and published; tests only read it.

    ``template``: the same again, for clones; nobody is connected to it.
    """

    name: str
    template: str
    engine: Engine
    folder: Path
    outcome: Outcome


def _publish(template: str, folder: Path, catalogue: Catalogue) -> Outcome:
    name = clone(template, _published_name())
    service.write_service_file(name)
    opened = engine.open_engine(service.url(name, service.ADMIN))
    # the attack on a release has tests of its own
    job = job_of(load_manifest(folder)).model_copy(update={"audit": "nein"})
    outcome = Runner(opened, catalogue, job, folder).run()
    opened.dispose()
    clone(name, _published_template_name())
    return outcome


@pytest.fixture(scope="session")
def published(
    tmp_path_factory: pytest.TempPathFactory, template: str, sample_folder: Path, catalogue: Catalogue
) -> Published:
    """The small sample, published, in a database of its own whose name is also its service entry."""
    outcome = once(tmp_path_factory, "published", lambda _folder: _publish(template, sample_folder, catalogue))
    opened = engine.open_engine(service.url(_published_name(), service.ADMIN))
    return Published(_published_name(), _published_template_name(), opened, sample_folder, outcome)
