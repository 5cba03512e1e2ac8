"""A command is killed wherever it writes: nothing of it stays, and the next run gives what an undisturbed one gives.

Another session holds a table, so that the command stops exactly where it first touches it; there it gets kill -9.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.city import SOURCE, City, until

COMMANDS = {
    "deliver": ("deliver", SOURCE, "bestand_2023.csv", "--date", "2023-12-31", "--synthetic"),
    "compute": ("compute",),
    "create": ("release", "create", "B"),
    "audit": ("release", "audit", "B"),
    "approve": ("release", "approve", "B"),
    "publish": ("release", "publish", "B"),
}
POINTS = {
    "deliver": ("intake.delivery", "intake.record", "warehouse.count", "audit.entry"),
    "compute": ("warehouse.unit_count", "warehouse.indicator_value", "audit.entry"),
    "create": ("release.edition", "release.value", "audit.entry"),
    "audit": ("release.event",),
    "approve": ("release.event",),
    "publish": ("release.edition", "audit.entry"),
}
"""Where each step is stopped as it is about to write: its beginning, its middle, the last thing before it commits."""

Results = dict[str, dict[str, str]]


@pytest.fixture(scope="module")
def undisturbed(published_city: City) -> Results:
    """What the steps give, one after the other, when nothing happens."""
    published_city.put_back()
    found = {}
    for step, command in COMMANDS.items():
        published_city.call(*command)
        found[step] = published_city.state()
    return found


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """The place for temporary files of killed commands: nothing may be left there."""
    folder = tmp_path / "zwischendateien"
    folder.mkdir()
    yield folder
    assert list(folder.iterdir()) == []


def stopped_at(city: City, table: str, place: Path, *command: str) -> int:
    """Start a command, let it run up to ``table`` and kill it there; returns its exit code."""
    with city.held(table, writers_only=True):
        process = city.start(*command, temporary=place)
        until(lambda: bool(city.blocked(table)) or process.poll() is not None)
        assert process.poll() is None, (table, process.communicate())
        process.kill()
        process.communicate()
    city.wait_until_alone()
    return process.returncode


LONG = {"compute", "audit", "approve"}
"""Left to the long run: they have one transaction, as others have."""


@pytest.mark.parametrize(
    "step", [pytest.param(step, marks=[pytest.mark.bench] if step in LONG else []) for step in COMMANDS]
)
def test_what_a_killed_command_was_doing_has_not_happened_and_the_next_run_does_it(
    city: City, undisturbed: Results, place: Path, step: str
) -> None:
    steps = list(COMMANDS)
    for earlier in steps[: steps.index(step)]:
        city.call(*COMMANDS[earlier])
    before = city.state()
    for table in POINTS[step]:
        assert stopped_at(city, table, place, *COMMANDS[step]) == -signal.SIGKILL
        assert city.state() == before, table
    assert undisturbed[step] != before
    city.call(*COMMANDS[step])
    assert city.state() == undisturbed[step]
    assert city.call("audit", "verify")["unversehrt"]
