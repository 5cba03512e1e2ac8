"""``districts solve`` from a file to labels, and what it says about files that are wrong."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path
from typing import Any

import fiona
import pytest
import shapely
from shapely.geometry import mapping
from typer.testing import CliRunner

from etl.districts.district_commands import districts
from etl.districts.zoning.blocks_file import Columns, from_file
from etl.districts.zoning.feasible import pieces
from etl.districts.zoning.model import Band
from etl.errors import InputError, SozialberichtError
from tests.zoning.grids import squares

RUN = CliRunner()


def write(path: Path, rows: list[dict[str, Any]], crs: str = "EPSG:25832", columns: int = 6) -> Path:
    schema = {"geometry": "Polygon", "properties": {"nr": "int", "teil": "str", "ew": "float", "alt": "float"}}
    with fiona.open(path, "w", driver="GPKG", schema=schema, crs=crs) as out:
        for shape, row in zip(squares(columns, 20), rows, strict=False):
            out.write({"geometry": mapping(shape), "properties": row})
    return path


def rows(n: int = 36) -> list[dict[str, Any]]:
    return [{"nr": k + 1, "teil": "A" if k < n // 2 else "B", "ew": 50.0, "alt": k % 5 / 5} for k in range(n)]


ARGUMENTS = ["--id", "nr", "--parent", "teil", "--pop", "ew", "--attributes", "alt", "--min", "150", "--target", "300",
             "--max", "450", "--effort", "500", "--seeds", "1", "--processes", "1"]  # fmt: skip


def test_from_file_to_labels(tmp_path: Path) -> None:
    file = write(tmp_path / "bloecke.gpkg", rows())
    done = RUN.invoke(districts, ["solve", str(file), *ARGUMENTS, "--out", str(tmp_path / "l.csv"), "--json"])
    assert done.exit_code == 0, done.output
    sheet = json.loads(done.stdout)
    with (tmp_path / "l.csv").open(encoding="utf-8") as handle:
        labels = list(csv.DictReader(handle))
    assert [row["nr"] for row in labels] == [str(k + 1) for k in range(36)]
    assert sheet["bezirke"] == len({row["district"] for row in labels})
    assert 5 <= sheet["bezirke"] <= 7
    assert {row["district"][0] for row in labels[:18]} == {"A"}
    assert sheet["ausserhalb_prozent"] == sheet["ohne_bezirk"] == sheet["nicht_zusammenhaengend"] == 0


def test_all_plans_get_a_file_each_and_a_german_sheet(tmp_path: Path) -> None:
    file = write(tmp_path / "bloecke.gpkg", rows())
    done = RUN.invoke(districts, ["solve", str(file), *ARGUMENTS, "--out", str(tmp_path / "l.csv"), "--plan", "all"])
    assert done.exit_code == 0, done.output
    names = {p.name for p in tmp_path.glob("*.csv")}
    assert names == {f"l-{plan}.csv" for plan in ("composite", "homogeneous", "compact", "balanced", "equal")}
    assert "Abweichung vom Ziel" in done.stdout and "Heterogenität" in done.stdout


def refused(path: Path, **changed: Any) -> str:
    with pytest.raises(SozialberichtError) as said:
        from_file(path, Columns("nr", "teil", "ew", ("alt",), **changed))
    return str(said.value)


def test_wrong_files_are_named_with_row_and_column(tmp_path: Path) -> None:
    bad = rows()
    bad[4]["ew"] = None
    assert "Zeile 5, Spalte „ew“" in refused(write(tmp_path / "a.gpkg", bad))
    bad = rows()
    bad[4]["ew"] = -3.0
    assert "negativ" in refused(write(tmp_path / "b.gpkg", bad))
    bad = rows()
    bad[7]["nr"] = 1
    assert "Block „1“ kommt mehrfach vor" in refused(write(tmp_path / "c.gpkg", bad))
    bad = rows()
    bad[8]["alt"] = None
    assert "Zeile 9, Spalte „alt“" in refused(write(tmp_path / "d.gpkg", bad))
    bad[8]["ew"] = 0.0
    assert len(from_file(write(tmp_path / "e.gpkg", bad), Columns("nr", "teil", "ew", ("alt",)))) == 36
    assert "Grad" in refused(write(tmp_path / "f.gpkg", rows(), crs="EPSG:4326"))
    with pytest.raises(InputError, match=r"alter.*alt"):
        from_file(write(tmp_path / "g.gpkg", rows()), Columns("nr", "teil", "ew", ("alter",)))


def test_neighbours_rook_and_queen(tmp_path: Path) -> None:
    """A 6 × 6 grid has 60 common borders of 100 m and 50 common corners."""
    file = write(tmp_path / "a.gpkg", rows())
    columns = Columns("nr", "teil", "ew", ("alt",))
    rook, queen = from_file(file, columns), from_file(file, columns, contiguity="queen")
    assert len(rook.edges) == 60 and set(rook.edges.length.tolist()) == {100.0}
    assert len(queen.edges) == 110
    assert math.isclose(rook.area.sum(), 36 * 10_000)


def overlapping(path: Path, instead: shapely.Polygon) -> Path:
    """The grid with ``instead`` as the block in the middle."""
    shapes = squares(6, 6)
    shapes[14] = instead
    schema = {"geometry": "Polygon", "properties": {"nr": "int", "teil": "str", "ew": "float", "alt": "float"}}
    with fiona.open(path, "w", driver="GPKG", schema=schema, crs="EPSG:25832") as out:
        for shape, row in zip(shapes, rows(), strict=True):
            out.write({"geometry": mapping(shape), "properties": row})
    return path


def test_overlapping_blocks_are_told(tmp_path: Path) -> None:
    """A block 5 m over its neighbour is told beside the plan; one over all of them has lost its borders: an error."""
    wide = overlapping(tmp_path / "a.gpkg", shapely.box(200, 200, 305, 300))
    command = ["solve", str(wide), *ARGUMENTS, "--out", str(tmp_path / "l.csv"), "--json"]
    sheet = json.loads(RUN.invoke(districts, command).stdout)
    assert sheet["bloecke_mit_ueberlappung"] >= 2
    assert "überlappen" in sheet["hinweise"][0]
    swollen = overlapping(tmp_path / "b.gpkg", shapely.box(195, 195, 305, 305))
    with pytest.raises(SozialberichtError, match="überlappen"):
        pieces(from_file(swollen, Columns("nr", "teil", "ew", ("alt",))), Band(150, 300, 450))


@pytest.mark.parametrize("option", [["--weights", "1,2"], ["--bridge", "12"], ["--plan", "best"]])
def test_wrong_options(tmp_path: Path, option: list[str]) -> None:
    file = write(tmp_path / "a.gpkg", rows())
    done = RUN.invoke(districts, ["solve", str(file), *ARGUMENTS, "--out", str(tmp_path / "l.csv"), *option])
    assert done.exit_code != 0
    assert not (tmp_path / "l.csv").exists()
