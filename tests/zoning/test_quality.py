"""The quality sheet against an independent computation, straight from the definitions, block by block."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.districts.zoning.blocks_file import Columns, from_file
from etl.districts.zoning.instance import Instance
from etl.districts.zoning.model import COMPOSITE, PLANS, Band
from etl.districts.zoning.quality import Quality, measure
from etl.districts.zoning.search import Effort
from etl.districts.zoning.solve import solve
from tests.zoning.grids import cities, city

BAND = Band(150, 300, 450)


def plainly(instance: Instance, labels: list[int], polygons: list[shapely.Polygon]) -> dict[str, float]:
    """The figures from their definitions, with loops over districts and dissolved polygons."""
    z, pop = instance.z, instance.pop
    districts = sorted(set(labels))
    total = inside = deviation = behind = 0.0
    ratios, people, analyses = [], [], []
    for b in range(len(instance)):
        total += pop[b] * float((z[b] ** 2).sum())
    for d in districts:
        own = [b for b in range(len(instance)) if labels[b] == d]
        persons = sum(pop[b] for b in own)
        people.append(persons)
        if persons > 0:
            mean = sum(pop[b] * z[b] for b in own) / persons
            inside += sum(pop[b] * float(((z[b] - mean) ** 2).sum()) for b in own)
        ground = shapely.union_all([polygons[int(instance.ids[b])] for b in own])
        ratios.append(4 * math.pi * ground.area / ground.length**2)
        deviation += abs(persons - BAND.target) / BAND.target
        if instance.side is not None:
            by_side = [sum(pop[b] for b in own if instance.side[b] == s) for s in set(instance.side.tolist())]
            behind += persons - max(by_side)
    k, n = len(districts), len(instance)
    for column in z.T:
        groups = [[column[b] for b in range(n) if labels[b] == d] for d in districts]
        grand = sum(map(sum, groups)) / n
        msb = sum(len(g) * (np.mean(g) - grand) ** 2 for g in groups) / (k - 1)
        msw = sum((x - np.mean(g)) ** 2 for g in groups for x in g) / (n - k)
        n0 = (n - sum(len(g) ** 2 for g in groups) / n) / (k - 1)
        below = msb + (n0 - 1) * msw
        analyses.append((msb - msw) / below if below > 0 else 0.0)
    het, shape, mad, barrier = inside / total, float(np.mean(ratios)), deviation / k, behind / pop.sum()
    return {
        "heterogeneity": het,
        "compactness": shape,
        "compactness_min": min(ratios),
        "deviation_percent": 100 * mad,
        "intra_area_correlation": float(np.mean(analyses)),
        "variation": float(np.std(people) / np.mean(people)),
        "objective": het + 0.5 * (1 - shape) + 0.5 * mad + barrier,
        "pop_min": min(people),
        "pop_max": max(people),
    }


def _squares_of(instance: Instance) -> list[shapely.Polygon]:
    """The polygon of each block, from its centroid (ids are block numbers)."""
    return [shapely.box(x - 50, y - 50, x + 50, y + 50) for x, y in instance.xy.tolist()]


@settings(max_examples=30, deadline=None)
@given(cities(), st.integers(2, 5), st.integers(0, 1000))
def test_figures_follow_from_their_definitions(instance: Instance, k: int, seed: int) -> None:
    """Also for plans that break every rule."""
    labels = np.random.default_rng(seed).integers(0, k, len(instance))
    labels[:k] = range(k)
    mine = measure(instance, labels, BAND, COMPOSITE, random_plans=0)
    for name, value in plainly(instance, labels.tolist(), _squares_of(instance)).items():
        assert getattr(mine, name) == pytest.approx(value, abs=1e-9), name


def halves() -> Instance:
    return city(4, 2, [100.0] * 8, values=[[0.0], [0.0], [1.0], [1.0]] * 2, side=[0, 0, 0, 1] * 2)


def test_worked_by_hand() -> None:
    """Eight blocks of 100 × 100 m in two squares: each uniform, so heterogeneity 0; PP of a square is π / 4."""
    sheet = measure(halves(), np.array([0, 0, 1, 1] * 2), Band(300, 400, 500), COMPOSITE)
    assert sheet.heterogeneity == 0
    assert sheet.compactness == pytest.approx(math.pi / 4)
    assert sheet.deviation_percent == sheet.outside_percent == sheet.variation == 0
    assert sheet.cut_km == pytest.approx(0.2)
    assert sheet.barrier_percent == pytest.approx(25)
    assert sheet.objective == pytest.approx(0.5 * (1 - math.pi / 4) + 0.25)
    assert sheet.violations == 0


def test_every_breach_is_counted() -> None:
    """A district in two pieces, one too large, a block in none, one across Stadtteile."""
    instance = city(4, 2, [100.0] * 8, parents=["1", "1", "1", "2"] * 2)
    sheet = measure(instance, np.array([0, 1, 0, 2, 0, 1, 0, -1]), Band(100, 200, 300), COMPOSITE)
    assert (sheet.not_contiguous, sheet.above, sheet.below, sheet.uncovered) == (1, 1, 0, 1)
    assert sheet.violations == 3
    across = measure(instance, np.array([0, 0, 1, 1] * 2), Band(100, 400, 500), COMPOSITE)
    assert across.crossing == 1


def test_random_plans_are_no_better_than_chance() -> None:
    """White noise cannot be captured: districts of it are about as heterogeneous as random ones."""
    rng = np.random.default_rng(5)
    instance = city(15, 15, [50.0] * 225, values=rng.normal(size=(225, 5)).tolist())
    by_row = np.array([int(i) // 15 for i in instance.ids])
    sheet = measure(instance, by_row, Band(300, 750, 900), COMPOSITE)
    assert sheet.against_random == pytest.approx(1, abs=0.05)


def test_sheet_in_german() -> None:
    sheet = measure(halves(), np.array([0, 0, 1, 1] * 2), Band(300, 400, 500), COMPOSITE).with_bound(0.35, 1.5)
    rows = dict(sheet.table())
    assert rows["bewiesene Schranke"] == "0,3500" and rows["Lücke"] == "1,50 %"
    assert sheet.as_json()["luecke_prozent"] == 1.5
    assert set(Quality.__dataclass_fields__) >= {"bound", "gap_percent"}


ATTRIBUTES = ("u18", "age65", "migr", "sgb2", "efh")


@pytest.mark.reference
@pytest.mark.parametrize(("name", "limit"), [("u1000", 0.60), ("s1000", 0.60)])
def test_benchmark_instances_with_little_effort(reference_dir: Path, name: str, limit: float) -> None:
    """A tenth of the usual effort already beats the best other tool (0.734 and 0.778) by far, without a violation."""
    blocks = from_file(reference_dir / "data" / "blocks" / f"{name}.gpkg", Columns(attributes=ATTRIBUTES))
    plan = solve(blocks, Band(1000, 1750, 2500), effort=Effort(steps=4000, seeds=1))[0]
    assert plan.quality.violations == 0
    assert plan.quality.objective < limit


@pytest.mark.bench
@pytest.mark.reference
@pytest.mark.parametrize(("name", "limit"), [("u1000", 0.5530), ("s1000", 0.5400)])
def test_benchmark_figures(reference_dir: Path, name: str, limit: float) -> None:
    """The figures of ``docs/zone_design.md`` with the usual effort."""
    blocks = from_file(reference_dir / "data" / "blocks" / f"{name}.gpkg", Columns(attributes=ATTRIBUTES))
    found = {p.name: p.quality for p in solve(blocks, Band(1000, 1750, 2500), plans=tuple(PLANS))}
    assert all(q.violations == 0 for q in found.values())
    assert found["composite"].objective <= limit
    if name == "u1000":
        balanced, alike = found["balanced"], found["homogeneous"]
        assert balanced.heterogeneity <= 0.30 and balanced.deviation_percent <= 8
        assert (balanced.compactness or 0) >= 0.55
        assert alike.heterogeneity <= 0.265 and (alike.compactness or 0) >= 0.44
