"""The command as the office types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from etl.sample.commands import sample
from etl.settings import ui

app = typer.Typer()
app.command()(sample)


@pytest.mark.parametrize("as_json", [False, True])
def test_sample_writes_a_city(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, as_json: bool) -> None:
    monkeypatch.setattr(ui, "json", as_json)
    result = CliRunner().invoke(app, [str(tmp_path / "stadt"), "--scale", "0.02"])
    assert result.exit_code == 0, result.output
    assert (tmp_path / "stadt" / "manifest.yaml").is_file()
    if as_json:
        assert json.loads(result.stdout)["synthetic"] is True
    else:
        assert result.stdout.startswith("Synthetische Beispielstadt in ")
