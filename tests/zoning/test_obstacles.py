"""What cannot be formed is explained in words, with what would make it possible; and following the advice works."""

from __future__ import annotations

import re

import pytest

from etl.districts.zoning.feasible import pieces
from etl.districts.zoning.instance import ZoningError
from etl.districts.zoning.model import Band
from etl.districts.zoning.search import Effort
from etl.districts.zoning.solve import solve
from tests.zoning.grids import city

QUICK = Effort(steps=1000, seeds=1, processes=1)
BAND = Band(200, 300, 400)


def test_block_heavier_than_the_band() -> None:
    pop = [50.0] * 25
    pop[7] = 450.0
    with pytest.raises(ZoningError, match=r"„7 \(450\)“.*--max auf mindestens 450"):
        pieces(city(5, 5, pop), BAND)
    assert solve(city(5, 5, pop), Band(200, 300, 450), effort=QUICK)[0].quality.violations == 0


def test_island_gets_a_bridge() -> None:
    """A block without neighbours cannot be a district alone; the bridge that is advised makes it one city."""
    around = [1, 5]
    with pytest.raises(ZoningError, match="nicht zusammenhängend") as said:
        pieces(city(5, 5, [50.0] * 25, leave_out=around), BAND)
    advised = re.search(r"--bridge (\d+):(\d+)", str(said.value))
    assert advised is not None
    assert "Block „0“ mit 50 Einwohnern" in str(said.value)
    instance = city(5, 5, [50.0] * 25, leave_out=around, bridges=[(advised[1], advised[2])])
    plan = solve(instance, BAND, effort=QUICK)[0]
    assert plan.quality.violations == 0
    assert len(set(plan.labels.tolist())) == plan.quality.districts


def test_stadtteil_in_two_viable_parts_is_divided_part_by_part() -> None:
    """A strip of missing blocks cuts the Stadtteil; both parts are large enough, and the remark says what happened."""
    instance = city(5, 7, [50.0] * 35, leave_out=range(15, 20))
    parts, remarks = pieces(instance, BAND)
    assert [len(p.blocks) for p in parts] == [15, 15]
    assert "besteht aus 2 Teilen" in remarks[0]
    assert solve(instance, BAND, effort=QUICK)[0].quality.violations == 0


def test_empty_stadtteil_is_one_empty_district() -> None:
    parents = ["1"] * 15 + ["2"] * 10
    instance = city(5, 5, [50.0] * 15 + [0.0] * 10, parents=parents)
    plan = solve(instance, BAND, effort=QUICK)[0]
    assert "keine Einwohner" in plan.remarks[0]
    assert plan.quality.empty == 1
    assert plan.quality.violations == 0
    assert plan.quality.outside_percent == 0


def test_barrier_that_cannot_be_kept() -> None:
    """Behind the barrier live too few for a district; counted as a disadvantage only, it can be crossed."""
    side = [int(k >= 20) for k in range(25)]
    pop = [50.0] * 20 + [10.0] * 5
    with pytest.raises(ZoningError, match=r"durch Barrieren getrennt.*--barriers soft.*--min auf höchstens 50"):
        pieces(city(5, 5, pop, side=side, hard_barriers=True), BAND)
    assert solve(city(5, 5, pop, side=side), BAND, effort=QUICK)[0].quality.violations == 0


def test_hard_barrier_is_never_crossed() -> None:
    side = [int(k % 6 >= 3) for k in range(36)]
    plan = solve(city(6, 6, [50.0] * 36, side=side, hard_barriers=True), BAND, effort=QUICK)[0]
    assert plan.quality.barrier_percent == 0
    assert plan.quality.violations == 0


@pytest.mark.parametrize(
    ("blocks", "band", "advice"),
    [
        (9, Band(260, 280, 300), "--min auf höchstens 225 senken oder --max auf mindestens 450 erhöhen"),
        (2, Band(200, 300, 400), "kleiner als ein Bezirk"),
    ],
)
def test_band_that_no_number_of_districts_meets(blocks: int, band: Band, advice: str) -> None:
    with pytest.raises(ZoningError, match=advice):
        pieces(city(blocks, 1, [50.0] * blocks), band)


def test_every_stadtteil_is_named_at_once() -> None:
    """All obstacles come in one message, so that nobody mends them one by one."""
    parents = ["1"] * 5 + ["2"] * 5 + ["3"] * 5
    pop = [10.0] * 5 + [50.0] * 5 + [5.0] * 5
    with pytest.raises(ZoningError) as said:
        pieces(city(5, 3, pop, parents=parents), BAND)
    assert "„1“" in str(said.value) and "„3“" in str(said.value)
    assert "„2“" not in str(said.value)


def test_band_without_a_plan_says_that_none_was_found() -> None:
    """Three blocks of 190 in a row would need 200 to 250: K = 2 is possible by the sum, not by whole blocks."""
    with pytest.raises(ZoningError, match="Kein Plan im Band") as said:
        solve(city(3, 1, [190.0, 190.0, 100.0]), Band(200, 240, 250), effort=QUICK)
    assert "kein Beweis" in str(said.value) and "--effort" in str(said.value)


@pytest.mark.parametrize("wrong", [(0, 10, 20), (30, 20, 40), (10, 50, 40)])
def test_band_that_is_none(wrong: tuple[float, float, float]) -> None:
    with pytest.raises(ZoningError, match="--min ≤ --target ≤ --max"):
        Band(*wrong)


def test_bad_blocks() -> None:
    with pytest.raises(ZoningError, match="Brücke 0:99"):
        city(3, 1, [50.0] * 3, bridges=[("0", "99")])
    with pytest.raises(ZoningError, match="verschiedenen Stadtteilen"):
        city(3, 1, [50.0] * 3, parents=["1", "1", "2"], bridges=[("0", "2")])
    with pytest.raises(ZoningError, match="Kein Block hat Einwohner"):
        city(3, 1, [0.0] * 3)
    with pytest.raises(ZoningError, match="negativ"):
        city(3, 1, [5.0, -1.0, 5.0])
    with pytest.raises(ZoningError, match="Merkmal „a0“ fehlt"):
        city(3, 1, [5.0, 5.0, 5.0], values=[[1.0], [float("nan")], [2.0]])
