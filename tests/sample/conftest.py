"""One whole city, one small one, and one small sample written as files, built once for all tests here."""

from __future__ import annotations

from pathlib import Path

import pytest

from etl.sample import SampleManifest, write_sample
from etl.sample.city import City, build_city
from etl.sample.simulation import Simulation, Year, simulate

SMALL = 0.05
YEARS = (2018, 2019, 2024)


@pytest.fixture(scope="session")
def city() -> City:
    """The whole city of seed 1."""
    return build_city(1)


@pytest.fixture(scope="session")
def small_city() -> City:
    """The same at a twentieth of the size."""
    return build_city(1, SMALL)


@pytest.fixture(scope="session")
def life(city: City) -> tuple[Simulation, dict[int, Year]]:
    """The whole city through all years."""
    simulation = Simulation(city)
    return simulation, {y.year: y for y in simulate(simulation, tuple(range(2011, 2026)))}


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the small sample is written."""
    return tmp_path_factory.mktemp("sample")


@pytest.fixture(scope="session")
def manifest(folder: Path) -> SampleManifest:
    """A written small sample with the two years whose files are faulty as a whole."""
    return write_sample(folder, years=YEARS, scale=SMALL)
