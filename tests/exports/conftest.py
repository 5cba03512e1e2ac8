"""The exports of the small published sample, built once."""

from __future__ import annotations

from pathlib import Path

import pytest

from etl.catalogue import Catalogue
from etl.publish.exports.build import build
from etl.publish.source import Source
from etl.warehouse import engine, service
from tests.conftest import Published


@pytest.fixture(scope="session")
def source(published: Published) -> Source:
    """The published views, as a reader."""
    return Source(engine.open_engine(service.url(published.name, service.READER), role=None), "sozialbericht")


@pytest.fixture(scope="session")
def exports(tmp_path_factory: pytest.TempPathFactory, source: Source, catalogue: Catalogue) -> Path:
    """Folder with all formats."""
    folder = tmp_path_factory.mktemp("stand") / "exporte"
    folder.mkdir()
    build(source, catalogue, folder)
    return folder
