"""Laws that every plan obeys, on random small cities; the same input gives the same plan."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from etl.districts.zoning.feasible import pieces
from etl.districts.zoning.instance import Instance, ZoningError, components
from etl.districts.zoning.model import COMPOSITE, PLANS, Band, Weights, terms_of
from etl.districts.zoning.quality import measure
from etl.districts.zoning.search import Effort, find
from etl.districts.zoning.solve import Plan, solve
from tests.zoning.grids import cities, city, squares

QUICK = Effort(steps=1500, seeds=1, processes=1)
LAWS = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)


def solved(instance: Instance, band: Band, **options: object) -> Plan:
    """The composite plan; the example is dropped if there is none (the texts are tested elsewhere)."""
    try:
        return solve(instance, band, effort=QUICK, **options)[0]  # type: ignore[arg-type]
    except ZoningError:
        assume(False)
        raise


@LAWS
@given(cities(), st.sampled_from([200.0, 350.0, 500.0]))
def test_hard_rules_hold(instance: Instance, target: float) -> None:
    """Each block is in one district, districts are connected, inside a Stadtteil and inside the band."""
    band = Band(target / 2, target, target * 1.5)
    plan = solved(instance, band)
    labels = plan.labels
    assert labels.shape == (len(instance),)
    assert set(labels.tolist()) == set(range(plan.quality.districts))
    for d in range(plan.quality.districts):
        own = np.flatnonzero(labels == d)
        assert len(set(instance.parent[own].tolist())) == 1
        assert set(components(len(own), instance.part(own).linked).tolist()) == {0}
        people = instance.pop[own].sum()
        assert people == 0 or band.low <= people <= band.high
    assert plan.quality.violations == 0
    assert len(set(zip(plan.keys(instance), labels.tolist(), strict=True))) == plan.quality.districts


@LAWS
@given(cities())
def test_incremental_sums_are_the_real_ones(instance: Instance) -> None:
    """The objective that the search carried along equals the one computed from the plan alone."""
    band = Band(150, 300, 450)
    plan = solved(instance, band)
    again = terms_of(instance, plan.labels, band).objective(COMPOSITE)
    assert plan.quality.objective == pytest.approx(again, abs=1e-9)
    parts, _ = pieces(instance, band)
    outcome = find(parts, band, COMPOSITE, QUICK)
    assert outcome.terms.objective(COMPOSITE) == pytest.approx(again, abs=1e-9)


@LAWS
@given(cities(), st.randoms())
def test_numbering_of_districts_does_not_matter(instance: Instance, random: object) -> None:
    """Figures are the same however districts are numbered."""
    band = Band(150, 300, 450)
    plan = solved(instance, band)
    other = np.random.default_rng(1).permutation(plan.quality.districts)[plan.labels] * 3 + 5
    mine = measure(instance, plan.labels, band, COMPOSITE)
    theirs = measure(instance, other, band, COMPOSITE)
    for name in ("districts", "below", "above", "not_contiguous", "pop_min", "pop_max"):
        assert getattr(mine, name) == getattr(theirs, name)
    for name in ("objective", "heterogeneity", "against_random", "compactness", "intra_area_correlation", "variation"):
        assert getattr(mine, name) == pytest.approx(getattr(theirs, name), abs=1e-9)


def patchwork() -> Instance:
    """Two Stadtteile of 5 × 10 blocks; two attributes that differ by place."""
    rng = np.random.default_rng(3)
    values = [[float(k % 10 > 2) + 0.3 * rng.normal(), float(k // 10 > 4) + 0.3 * rng.normal()] for k in range(100)]
    pop = rng.integers(30, 80, 100).astype(float).tolist()
    parents = ["1" if k % 10 < 5 else "2" for k in range(100)]
    return city(10, 10, pop, values=values, parents=parents, side=[int(k // 10 > 6) for k in range(100)])


BAND = Band(300, 600, 900)


def test_same_seed_same_plan_whatever_the_processes() -> None:
    """One process or two, today or tomorrow: the same labels; another seed is another search."""
    instance = patchwork()
    effort = Effort(steps=12_000, seeds=2, seed=5, processes=1)
    first = solve(instance, BAND, effort=effort)[0]
    again = solve(instance, BAND, effort=effort)[0]
    parallel = solve(instance, BAND, effort=replace(effort, processes=2))[0]
    assert first.labels.tolist() == again.labels.tolist() == parallel.labels.tolist()
    assert not first.quality.cut_by_clock


def test_unused_time_limit_changes_nothing() -> None:
    instance = patchwork()
    free = solve(instance, BAND, effort=Effort(steps=2000, seeds=2, processes=1))[0]
    limited = solve(instance, BAND, effort=Effort(steps=2000, seeds=2, processes=1, seconds=300))[0]
    assert free.labels.tolist() == limited.labels.tolist()
    assert limited.quality.cut_by_clock is False


def test_time_limit_ends_the_search_with_a_valid_plan_and_says_so() -> None:
    effort = Effort(steps=5_000_000, seeds=2, processes=1, seconds=2)
    plan = solve(patchwork(), BAND, effort=effort)[0]
    assert plan.quality.cut_by_clock is True
    assert plan.quality.violations == 0
    assert plan.quality.seconds is not None and plan.quality.seconds < 20


def test_each_plan_is_the_best_by_its_own_weights() -> None:
    """No plan is beaten by another one when measured by the weights it follows."""
    instance = patchwork()
    found = solve(instance, BAND, plans=tuple(PLANS), effort=Effort(20_000, 2, processes=1))
    assert [p.name for p in found] == list(PLANS)
    for plan in found:
        for other in found:
            assert plan.quality.objective <= terms_of(instance, other.labels, BAND).objective(plan.weights) + 1e-9
    assert len({tuple(p.labels.tolist()) for p in found}) > 2


def test_search_finds_the_optimum_of_a_small_city() -> None:
    """All connected divisions of 12 blocks into 3 districts within the band, by brute force."""
    rng = np.random.default_rng(11)
    instance = city(4, 3, rng.integers(40, 80, 12).astype(float).tolist(), values=rng.normal(size=(12, 2)).tolist())
    band = Band(180, 240, 320)
    best = min(terms_of(instance, labels, band).objective(COMPOSITE) for labels in _divisions(instance, 3, band))
    plan = solve(instance, band, effort=Effort(20_000, 2, processes=1))[0]
    assert plan.quality.districts == 3
    assert plan.quality.objective == pytest.approx(best, abs=1e-9)


def _divisions(instance: Instance, k: int, band: Band) -> list[np.ndarray[tuple[int], np.dtype[np.int64]]]:
    n = len(instance)
    indptr, indices, _ = instance.neighbours
    masks = [sum(1 << int(j) for j in indices[indptr[b] : indptr[b + 1]]) for b in range(n)]

    def connected(group: int) -> bool:
        reached = group & -group
        while True:
            more = reached
            for b in range(n):
                if reached >> b & 1:
                    more |= masks[b] & group
            if more == reached:
                return reached == group
            reached = more

    people = instance.pop
    fit = [g for g in range(1, 1 << n)
           if band.low <= sum(people[b] for b in range(n) if g >> b & 1) <= band.high and connected(g)]  # fmt: skip
    every = (1 << n) - 1
    result = []

    def extend(left: int, chosen: list[int]) -> None:
        if len(chosen) == k:
            if left == 0:
                labels = np.zeros(n, dtype=np.int64)
                for d, g in enumerate(chosen):
                    labels[[b for b in range(n) if g >> b & 1]] = d
                result.append(labels)
            return
        lowest = left & -left
        for g in fit:
            if g & lowest and g & ~left == 0:
                extend(left & ~g, [*chosen, g])

    extend(every, [])
    assert result
    return result


def test_near_an_earlier_division() -> None:
    """A high price on change keeps the earlier districts; none leaves them."""
    instance = patchwork()
    earlier = np.array([int(i) % 10 // 5 * 3 + min(2, int(i) // 10 // 4) for i in instance.ids], dtype=np.int64)
    band = Band(300, 900, 1400)
    near = solve(instance, band, weights=Weights(change=50.0), effort=QUICK, previous=earlier)[0]
    free = solve(instance, band, effort=QUICK, previous=earlier)[0]
    assert near.quality.changed_percent == pytest.approx(0.0)
    assert (free.quality.changed_percent or 0) > 0


def test_compactness_is_that_of_the_dissolved_polygons() -> None:
    instance = patchwork()
    plan = solve(instance, BAND, effort=QUICK)[0]
    blocks = squares(10, 10)
    ratios = []
    for d in range(plan.quality.districts):
        ground = shapely.union_all([blocks[int(instance.ids[k])] for k in np.flatnonzero(plan.labels == d)])
        ratios.append(4 * np.pi * ground.area / ground.length**2)
    assert plan.quality.compactness == pytest.approx(np.mean(ratios))
    assert plan.quality.compactness_min == pytest.approx(min(ratios))
