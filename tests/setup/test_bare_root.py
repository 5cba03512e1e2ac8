"""The proof on a bare machine, as a test; takes many minutes and some gigabytes."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.bench,
    pytest.mark.timeout(7200),
    pytest.mark.skipif(os.geteuid() != 0 or shutil.which("debootstrap") is None, reason="needs root and debootstrap"),
]


@pytest.mark.parametrize("scenario", ["root", "user", "nosudo", "image"])
def test_a_bare_machine_becomes_a_working_one(scenario: str, request: pytest.FixtureRequest) -> None:
    if "bench" not in request.config.getoption("markexpr"):
        pytest.skip("too long to start by the way; ask for it with -m bench")
    script = Path(__file__).with_name("bare_root.sh")
    # Output goes through: it is the report.
    assert subprocess.run([script, "--scenario", scenario], check=False).returncode == 0
