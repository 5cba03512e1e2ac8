"""Runs an example's job on the real data, in a database of its own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlalchemy import Engine

from etl.catalogue import Catalogue, load_catalogue
from etl.main_job.job import read_job
from etl.main_job.run import Runner
from etl.releases import steps
from etl.settings import PROJECT
from etl.warehouse import databases, engine, migrate, service


@dataclass(frozen=True)
class Example:
    """A job that has been run: its catalogue (with the test's database), engine and data folder."""

    catalogue: Catalogue
    engine: Engine
    folder: Path


@pytest.fixture(scope="module")
def run_example(reference_dir: Path) -> Iterator[Callable[[str, str], Example]]:
    """A function that runs ``examples/NAME`` on ``data/FOLDER``; its databases are dropped afterwards."""
    made: list[str] = []

    def run(name: str, data: str) -> Example:
        path = PROJECT / "examples" / name / "auftrag.yaml"
        job = read_job(path)
        found = load_catalogue(path.parent / (job.catalogue or ""))
        database = f"{found.city.database}_test_{os.getpid()}"
        catalogue = replace(found, city=found.city.model_copy(update={"database": database}))
        databases.ensure_database(database)
        made.append(database)
        opened = engine.open_engine(service.url(database, service.ADMIN))
        with opened.begin() as connection:
            migrate.prepare(connection, catalogue)
        folder = reference_dir / "data" / data
        made_of_it = Runner(opened, catalogue, job, folder).run().edition
        if made_of_it is not None and made_of_it.state == "draft":
            # real data wait for a second person after the audit
            steps.approve(opened, made_of_it.label)
            steps.publish(opened, made_of_it.label)
        return Example(catalogue, opened, folder)

    yield run
    for database in made:
        databases.drop_database(database)
