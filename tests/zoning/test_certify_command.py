"""The command ``districts certify`` on files."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import fiona
import numpy as np
import pytest
import shapely
import typer
from typer.testing import CliRunner

from etl.districts.district_commands import districts
from etl.districts.zoning.certify_command import labels_from, weights_from
from etl.errors import InputError
from tests.zoning.grids import city, squares

runner = CliRunner()


@pytest.fixture
def blocks(tmp_path: Path) -> Path:
    """24 square blocks in two Stadtteile."""
    path = tmp_path / "bloecke.gpkg"
    rng = np.random.default_rng(4)
    schema = {
        "geometry": "Polygon",
        "properties": {"block_id": "str", "parent": "str", "pop": "int", "alt": "float", "barrier_side": "int"},
    }
    with fiona.open(path, "w", driver="GPKG", crs="EPSG:25832", schema=schema) as file:
        for k, square in enumerate(squares(6, 4)):
            facts = {
                "block_id": f"b{k}",
                "parent": "7" if k % 6 < 3 else "8",
                "pop": int(rng.integers(50, 90)),
                "alt": float(rng.normal()),
                "barrier_side": int(k // 6 >= 2),
            }
            file.write({"geometry": shapely.geometry.mapping(square), "properties": facts})
    return path


def call(blocks: Path, *more: str) -> str:
    size = ["--attributes", "alt", "--min", "200", "--target", "400", "--max", "600", "--processes", "1"]
    done = runner.invoke(districts, ["certify", str(blocks), *size, *more], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_command_proves_writes_and_goes_on(blocks: Path, tmp_path: Path) -> None:
    out, state = tmp_path / "plan.csv", tmp_path / "stand"
    told = json.loads(call(blocks, "--gap", "0", "--out", str(out), "--state", str(state), "--json"))
    assert [p["status"] for p in told["stadtteile"]] == ["bewiesen", "bewiesen"]
    assert told["luecke_prozent"] <= 1e-4
    assert sorted(p.name for p in state.iterdir()) == ["stadtteil_1.npz", "stadtteil_2.npz"]
    with out.open(encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    assert len(rows) == 24 and all(r["district"].startswith(("7", "8")) for r in rows)
    again = json.loads(call(blocks, "--gap", "0", "--state", str(state), "--start", str(out), "--json"))
    assert again["zielwert"] == told["zielwert"] and again["schranke"] == told["schranke"]


def test_command_says_what_is_impossible(blocks: Path) -> None:
    told = call(blocks, "--min", "399.5", "--target", "400", "--max", "400.5", "--seconds", "60")
    assert "unmöglich" in told and "weitere Spanne" in told.replace("\n", " ")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("block_id,bezirk\n0,1\n", "Spalte „district“ fehlt"),
        ("block_id,district\n9,1\n", "Zeile 2, Spalte „block_id“, Wert „9“: diesen Block gibt es"),
        ("block_id,district\n0,1\n0,2\n", "Zeile 3, Spalte „block_id“, Wert „0“: der Block kommt mehrfach vor"),
        ("block_id,district\n0,1\n", "Wert „1“: dieser Block hat keinen Bezirk"),
    ],
)
def test_wrong_plan_is_explained(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "plan.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=said):
        labels_from(path, city(2, 1, [50, 50]), "block_id")


def test_weights_are_four_numbers() -> None:
    assert weights_from("1,2,0.5,0").compactness == 2
    for wrong in ("1,2,3", "1,2,3,-1", "0,0,0,0", "a,b,c,d", "1,2,3,nan"):
        with pytest.raises(typer.BadParameter):
            weights_from(wrong)
