"""Districts from census cells: a small grid by hand, and the real cities beside their official districts."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import fiona
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from etl.districts.areas import Areas, geometry_array
from etl.districts.district_commands import districts
from etl.districts.plans.census import ATTRIBUTES, census_blocks
from etl.districts.plans.census_plan import fixed_counts
from etl.districts.plans.picture import colours, svg
from etl.districts.zoning.feasible import pieces
from etl.districts.zoning.instance import ZoningError
from etl.districts.zoning.model import Band
from etl.districts.zoning.shapes import shapes_of
from etl.errors import InputError

WEST, SOUTH = 4_321_000, 3_400_000
COARSE_HEADER = "x,y,continuous_Einwohner,continuous_unter18_A,continuous_ab65_A,continuous_Auslaender_A\n"


def city() -> Areas:
    """Two Stadtteile: the west and the east half of two 1-km cells side by side, as the grid lies in EPSG:25832."""
    from etl.districts import crs  # noqa: PLC0415

    halves = shapely.box([WEST - 5, WEST + 1000], SOUTH - 5, [WEST + 1000, WEST + 2005], SOUTH + 1005)
    geoms, _ = crs.to_utm(halves, crs.from_epsg(3035), "Test")
    return Areas(["1", "2"], ["West", "Ost"], [None, None], geometry_array(list(geoms)))


def files(tmp_path: Path, fine: list[tuple[str, int, int, int]], coarse: str) -> tuple[Path, Path]:
    small, big = tmp_path / "fein.csv", tmp_path / "grob.csv"
    small.write_text(
        "value,x,y,feature\n" + "".join(f"{v},{WEST + x},{SOUTH + y},{f}\n" for f, v, x, y in fine), encoding="utf-8"
    )
    big.write_text(COARSE_HEADER + coarse, encoding="utf-8")
    return small, big


def test_dwellings_spread_persons_and_blocks_tile_the_city(tmp_path: Path) -> None:
    fine = [
        ("dwellings_GEBTYPGROESSE_1", 10, 50, 50), ("dwellings_GEBTYPGROESSE_7", 30, 50, 50),
        ("dwellings_BAUJAHR_MZ_1", 20, 50, 50),  # blanked more often: the fuller characteristic counts
        ("dwellings_GEBTYPGROESSE_1", 10, 950, 950), ("demography_ALTER_10JG_1", 99, 450, 450),
        ("dwellings_BAUJAHR_MZ_1", 5, 1550, 550),
    ]  # fmt: skip
    coarse = (
        f"{WEST + 500},{SOUTH + 500},200,20.0,-9.0,5.0\n{WEST + 1500},{SOUTH + 500},70,10.0,30.0,-9.0\n"
        f"{WEST + 9500},{SOUTH + 500},999,1,1,1\n"
    )
    blocks = census_blocks(*files(tmp_path, fine, coarse), city())
    assert blocks.keys == ["100mN34000E43210", "100mN34005E43225", "100mN34009E43219"]
    assert blocks.parents == ["1", "2", "1"]
    assert blocks.persons == pytest.approx([160, 70, 40], rel=1e-6)
    got = dict(zip(ATTRIBUTES, blocks.attributes.T.tolist(), strict=True))
    assert got["u18"] == pytest.approx([0.2, 0.1, 0.2])
    assert got["ab65"] == pytest.approx([0.3, 0.3, 0.3])  # not given in the west: the city's mean
    assert got["auslaender"] == pytest.approx([0.05, 0.05, 0.05])
    assert got["mehrfamilienhaus"] == pytest.approx([0.75, 0.6, 0.0])  # in the east the mean of the others
    areas = city().geoms
    for parent, key in enumerate(("1", "2")):
        own = blocks.geoms[[p == key for p in blocks.parents]]
        assert shapely.coverage_is_valid(own)
        assert shapely.area(own).sum() == pytest.approx(shapely.area(areas[parent]))


@pytest.mark.parametrize(
    ("fine", "coarse", "says"),
    [
        ([("dwellings_X_1", 5, 50, 50)], "1500,500,10,1,1,1\n", "keine bewohnte Zelle passt"),
        ([("dwellings_X_1", 5, 50_050, 50)], f"{WEST + 50_500},{SOUTH + 500},10,1,1,1\n", "liegt im Stadtgebiet"),
        ([("dwellings_X_1", 5, 50, 50)], f"{WEST + 500},{SOUTH + 500},viele,1,1,1\n", "Zeile 2.*„viele“: keine Zahl"),
    ],
)
def test_cells_that_do_not_fit_are_refused(
    tmp_path: Path, fine: list[tuple[str, int, int, int]], coarse: str, says: str
) -> None:
    with pytest.raises(InputError, match=says):
        census_blocks(*files(tmp_path, fine, coarse), city())


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    small, big = files(tmp_path, [("dwellings_X_1", 5, 50, 50)], "")
    big.write_text("x,y\n1,2\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"fehlt die Spalte continuous_Einwohner"):
        census_blocks(small, big, city())


@given(st.lists(st.integers(900, 12_000), min_size=1, max_size=8), st.integers(0, 40))
def test_fixed_numbers_sum_up_and_stay_in_the_band(people: list[int], extra: int) -> None:
    from etl.districts.zoning.instance import from_arrays  # noqa: PLC0415

    n = 12
    keys = [f"{p}-{i}" for p in range(len(people)) for i in range(n)]
    squares = [
        shapely.box(100 * i, 100 * p, 100 * i + 100, 100 * p + 100) for p in range(len(people)) for i in range(n)
    ]
    persons = np.repeat(np.array(people, dtype=float) / n, n)
    parents = [str(p) for p in range(len(people)) for _ in range(n)]
    values = np.zeros((len(keys), 1))
    instance = from_arrays(keys, parents, persons, values, ["a"], shapes=shapes_of(geometry_array(squares)))
    band = Band(600, 1000, 1500)
    parts, _ = pieces(instance, band)
    low, high = sum(p.counts.start for p in parts), sum(p.counts.stop - 1 for p in parts)
    wanted = low + extra
    if wanted > high:
        with pytest.raises(ZoningError, match=f"möglich sind {low} bis {high}"):
            fixed_counts(parts, wanted)
        return
    fixed = fixed_counts(parts, wanted)
    assert sum(p.count for p in fixed) == wanted
    assert all(p.count in q.counts and list(p.counts) == [p.count] for p, q in zip(fixed, parts, strict=True))


def test_neighbours_have_different_colours_and_the_picture_is_xml() -> None:
    boxes = geometry_array([shapely.box(x, y, x + 1, y + 1) for y in range(4) for x in range(4)])
    areas = Areas([f"1{i:02d}" for i in range(16)], ["<A>"] * 16, [None] * 16, boxes)
    found = colours(areas)
    for a in range(16):
        for b in range(16):
            if a != b and shapely.intersects(boxes[a], boxes[b]):
                assert found[a] != found[b]
    root = ElementTree.fromstring(svg(areas, "A & <B>", notes=["<x>"] * 16))  # noqa: S314  # our own text
    space = "{http://www.w3.org/2000/svg}"
    assert root.findtext(f"{space}title") == "A & <B>"
    assert len(root.findall(f".//{space}path")) == 16


def census(out: Path, *arguments: str) -> dict[str, dict[str, float]]:
    """Run the command; the quality sheets it wrote to ``out``."""
    result = CliRunner().invoke(districts, ["census", *arguments, "--effort", "0.2", "--out", str(out)])
    assert result.exit_code == 0, result.output
    found: dict[str, dict[str, float]] = json.loads((out / "guete.json").read_text(encoding="utf-8"))
    return found


@pytest.mark.reference
def test_norderstedt_gets_sixteen_districts_with_sheet_and_map(reference_dir: Path, tmp_path: Path) -> None:
    data = reference_dir / "data" / "norderstedt"
    sheet = census(
        tmp_path, str(data / "outline_improved_25832.geojson"), "--key", "ags", "--cells-100m",
        str(data / "zensus2011_100m_long.parquet"), "--cells-1km", str(data / "zensus2011_1km.csv"),
        "--districts", "16", "--target", "4750",
    )["plan"]  # fmt: skip
    assert (sheet["bezirke"], sheet["nicht_zusammenhaengend"], sheet["ausserhalb_prozent"]) == (16, 0, 0.0)
    assert sheet["abweichung_prozent"] < 10 and sheet["heterogenitaet_zu_zufall"] < 0.8
    with fiona.open(tmp_path / "bloecke.gpkg") as source:
        persons = sum(f.properties["pop"] for f in source)
        assert source.crs.to_epsg() == 25832
    assert abs(persons / 73_913 - 1) < 0.05  # Zensus, 9 May 2011
    ElementTree.parse(tmp_path / "karte.svg")  # noqa: S314  # our own file


@pytest.mark.reference
def test_flensburg_s_plan_of_41_beats_the_official_districts_on_the_same_criteria(
    reference_dir: Path, tmp_path: Path
) -> None:
    data = reference_dir / "data" / "flensburg"
    sheets = census(
        tmp_path, str(data / "flensburg_stadtteile.zip"), "--key", "AREA_ID", "--cells-100m",
        str(data / "zensus2011_100m_long.parquet"), "--cells-1km", str(data / "zensus2011_1km.csv"),
        "--districts", "41", "--target", "1927", "--official", str(data / "flensburg_stadtbezirke.zip"),
    )  # fmt: skip
    plan, official = sheets["plan"], sheets["amtlich"]
    assert plan["bezirke"] == 41
    # one of the 41 official districts has no populated cell
    assert official["bezirke"] == 40
    for figure in ("abweichung_prozent", "variationskoeffizient", "ausserhalb_prozent", "heterogenitaet", "zielwert"):
        assert plan[figure] < official[figure], figure
    assert plan["kompaktheit"] > official["kompaktheit"]
    assert plan["nicht_zusammenhaengend"] == 0 and plan["ueber_stadtteilgrenzen"] == 0
