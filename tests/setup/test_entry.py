"""The entry script: quick and offline once prepared, clear when it cannot prepare, honest in its exit code."""

from __future__ import annotations

import fcntl
import json
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from etl import settings

SCRIPT = settings.PROJECT / "sozialbericht"
NOBODY = pwd.getpwnam("nobody")
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root to take things away from the script")


def call(*arguments: str, prefix: tuple[str, ...] = (), **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*prefix, str(SCRIPT), *arguments],
        env={**os.environ, **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def prepared() -> None:
    """The machine is prepared as for every other call; takes a minute where it was not."""
    done = call("prepare")
    assert done.returncode == 0, done.stderr


@pytest.fixture
def empty_home(tmp_path: Path) -> Path:
    folder = tmp_path / "daten"
    folder.mkdir()
    return folder


@pytest.mark.usefixtures("prepared")
def test_the_second_call_is_quick() -> None:
    start = time.monotonic()
    done = call("--version")
    seconds = time.monotonic() - start
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("sozialbericht ")
    assert done.stderr == ""
    assert seconds < 3


@as_root
@pytest.mark.skipif("SOZIALBERICHT_DSN" in os.environ, reason="an existing server is reached over the network")
@pytest.mark.usefixtures("prepared")
def test_the_second_call_needs_no_network() -> None:
    """In a network namespace without any interface, not even the loopback, the socket still leads to the database."""
    assert call("db", "start").returncode == 0
    done = call("--json", "db", "status", prefix=("unshare", "--net", "--"))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["stand"] == "laeuft"


@pytest.mark.usefixtures("prepared")
def test_a_failing_command_ends_with_its_exit_code() -> None:
    done = call("db", "psql", "--database", "gibt_es_nicht")
    assert done.returncode == 1
    assert "„gibt_es_nicht“ gibt es auf dem Server noch nicht" in done.stderr


@as_root
class TestMissingPackages:
    """PyQGIS is covered up for one call, in a mount namespace of its own."""

    COVER = "mount -t tmpfs none /usr/lib/python3/dist-packages/qgis && "
    # Not the caller's path: no sudo on it.
    TOOLS = ("bash", "readlink", "dirname", "mkdir", "sed", "cat", "sha256sum", "flock", "apt-get", "env")

    @pytest.fixture
    def path_without_sudo(self, tmp_path: Path) -> Iterator[str]:
        # a process of several has one folder more
        ours = [p for p in tmp_path.parents if p.is_relative_to(Path(tempfile.gettempdir())) and p.name.startswith(
            ("pytest-", "popen-"))]  # fmt: skip
        for folder in (tmp_path, *ours):
            folder.chmod(0o755)
        tools = tmp_path / "bin"
        tools.mkdir()
        for tool in self.TOOLS:
            found = shutil.which(tool)
            assert found is not None
            (tools / tool).symlink_to(found)
        yield str(tools)
        for folder in ours:
            folder.chmod(0o700)

    def covered(self, *arguments: str, account: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
        shell = f'{self.COVER} exec {account} "$@"'
        return call(*arguments, prefix=("unshare", "--mount", "bash", "-c", shell, "-"), **variables)

    def test_an_account_without_sudo_gets_the_command_for_the_administrator(
        self, empty_home: Path, path_without_sudo: str
    ) -> None:
        os.chown(empty_home, NOBODY.pw_uid, NOBODY.pw_gid)
        account = f"setpriv --reuid {NOBODY.pw_uid} --regid {NOBODY.pw_gid} --clear-groups env PATH={path_without_sudo}"
        done = self.covered("run", account=account, SOZIALBERICHT_HOME=str(empty_home))
        assert done.returncode == 1
        assert "sudo apt-get update && sudo apt-get install --yes --no-install-recommends python3-qgis\n" in done.stderr
        assert done.stdout == ""
        # It stops there: no half-made environment.
        assert not (empty_home / "venv").exists()

    def test_doctor_names_them_and_changes_nothing(self, empty_home: Path) -> None:
        done = self.covered("doctor", "--json", SOZIALBERICHT_HOME=str(empty_home))
        assert done.returncode == 1
        report = json.loads(done.stdout)
        assert report == {"bereit": False, "fehlende_pakete": ["python3-qgis"], "python_umgebung": "fehlt"}
        assert list(empty_home.iterdir()) == []


class TestEnvironment:
    """A package directory that is out of reach stands for any way in which making the environment can fail."""

    BROKEN = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "/nonexistent", "PIP_CONFIG_FILE": "/dev/null"}  # noqa: RUF012

    def test_a_failure_leaves_nothing_that_passes_for_an_environment(self, empty_home: Path) -> None:
        for _ in range(2):
            done = call("db", "status", SOZIALBERICHT_HOME=str(empty_home), **self.BROKEN)
            assert done.returncode == 1
            assert "Die Python-Umgebung ließ sich nicht einrichten" in done.stderr
            assert str(empty_home / "einrichtung.log") in done.stderr
            assert not list(empty_home.glob("venv/*/.fertig"))

    def test_a_second_call_waits_for_the_first(self, empty_home: Path) -> None:
        with (empty_home / "einrichtung.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            waiting = subprocess.Popen(
                [str(SCRIPT), "prepare"],
                env={**os.environ, "SOZIALBERICHT_HOME": str(empty_home), **self.BROKEN},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            with pytest.raises(subprocess.TimeoutExpired):
                waiting.wait(timeout=2)
            assert not (empty_home / "venv").exists()
        _, words = waiting.communicate(timeout=120)
        assert "Einmalige Einrichtung: Python-Umgebung" in words


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_data_folder_that_cannot_be_written_is_named() -> None:
    done = call("prepare", SOZIALBERICHT_HOME="/proc/sozialbericht")
    assert done.returncode == 1
    assert "SOZIALBERICHT_HOME=/ein/anderer/ordner" in done.stderr
