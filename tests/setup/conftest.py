"""Fixtures for the set-up: data folders and clusters of their own, away from the one the other tests share."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from etl.warehouse import cluster


def _new_home() -> Path:
    # Not tmp_path: pytest closes its folders to other accounts, and as root the server runs under another one.
    folder = Path(tempfile.mkdtemp(prefix="sozialbericht-test-", dir="/var/tmp"))
    folder.chmod(0o755)
    return folder


def _remove(home: Path) -> None:
    cluster.destroy(home)
    shutil.rmtree(home)


def _need_postgresql() -> None:
    if not cluster.packaged_versions():
        pytest.skip("the embedded cluster needs PostgreSQL and PostGIS on this machine")


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty data folder that settings.home() names; a cluster made in it is destroyed at the end."""
    _need_postgresql()
    folder = _new_home()
    monkeypatch.setenv("SOZIALBERICHT_HOME", str(folder))
    monkeypatch.setenv("PGSERVICEFILE", str(folder / "pg_service.conf"))
    monkeypatch.delenv("SOZIALBERICHT_DSN", raising=False)
    yield folder
    _remove(folder)


def _running_home() -> Iterator[Path]:
    _need_postgresql()
    folder = _new_home()
    cluster.ensure_running(folder)
    yield folder
    _remove(folder)


@pytest.fixture(scope="session")
def shared_home() -> Iterator[Path]:
    """A data folder with a running cluster for tests that only read or use databases of their own."""
    yield from _running_home()


@pytest.fixture(scope="session")
def bare_server() -> Iterator[Path]:
    """A running cluster without our roles, to play somebody else's server."""
    yield from _running_home()


@pytest.fixture
def server_home(shared_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The shared cluster's folder as this process's data folder."""
    monkeypatch.setenv("SOZIALBERICHT_HOME", str(shared_home))
    monkeypatch.setenv("PGSERVICEFILE", str(shared_home / "pg_service.conf"))
    monkeypatch.delenv("SOZIALBERICHT_DSN", raising=False)
    return shared_home
