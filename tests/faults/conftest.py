"""The small city of the fault tests, made once: two years delivered, computed, the first year published."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from etl.catalogue import load_catalogue
from etl.releases import files
from etl.warehouse import databases, engine, migrate, service
from tests.conftest import clone
from tests.faults.city import SOURCE, City, form_districts, write_register
from tests.intake.support import lay_out
from tests.own_catalogue import catalogue_for


@pytest.fixture(scope="session")
def published_city(template: str) -> Iterator[City]:
    """Stand A of the register of 2022 is published; the files of 2023 (two versions of it) lie ready."""
    folder = Path(tempfile.mkdtemp(prefix="sozialbericht-faults-", dir="/var/tmp"))
    folder.chmod(0o755)
    name = f"sozialbericht_test_stoerung_{os.getpid()}"
    city = City(name, f"{name}_vorlage", folder, catalogue_for(name, folder / "katalog", products="[exporte]"))
    clone(template, name)
    # of a run that was killed and had the same number
    shutil.rmtree(files.root(name), ignore_errors=True)
    try:
        opened = engine.open_engine(service.url(name, service.ADMIN))
        with opened.begin() as connection:
            migrate.prepare(connection, load_catalogue(city.catalogue))
            lay_out(connection)
            form_districts(connection)
        service.write_service_file(name)
        first = write_register(folder / "bestand_2022.csv", 2022)
        write_register(folder / "bestand_2023.csv", 2023)
        write_register(folder / "bestand_2023_neu.csv", 2023, more=1)
        city.call("deliver", SOURCE, str(first), "--date", "2022-12-31", "--synthetic")
        city.call("compute")
        city.call("publish", "--label", "A")
        city.keep()
        yield city
    finally:
        for database in (name, city.template):
            databases.drop_database(database)
        shutil.rmtree(folder)
        shutil.rmtree(files.root(name), ignore_errors=True)


@pytest.fixture
def city(published_city: City) -> City:
    """The city as it was made."""
    published_city.put_back()
    return published_city
