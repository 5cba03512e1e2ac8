"""The certificate against all plans there are, its cuts, its file, and a run that is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from etl.districts.zoning import certify_tree
from etl.districts.zoning.certify import Effort, ParentCertificate, certify, certify_parent
from etl.districts.zoning.certify_bound import ascend, paths, possible, reachable, relax
from etl.districts.zoning.certify_cuts import holds, neighbour_cut, separate
from etl.districts.zoning.certify_search import good_plan
from etl.districts.zoning.certify_state import Node, State, fingerprint, load, save
from etl.districts.zoning.medoid import (
    Band,
    Ints,
    MedoidWeights,
    Problem,
    adjacency,
    allowed,
    components,
    medoids,
    value,
)
from etl.errors import SozialberichtError
from tests.zoning.grids import city

QUICK = Effort(gap=0.0, tries=2, steps=2000, workers=1)


def grid(columns: int, rows: int, k: int, seed: int, band: Band, *, empty: float = 0.2) -> Problem:
    """A grid of blocks with random persons and costs; some blocks are empty."""
    rng = np.random.default_rng(seed)
    n = columns * rows
    pop = np.where(rng.random(n) < empty, 0.0, rng.integers(20, 100, n)).astype(float)
    points = np.c_[rng.normal(size=(n, 2)), 0.6 * (np.arange(n) % columns), 0.6 * (np.arange(n) // columns)]
    apart = ((points[:, None] - points[None]) ** 2).sum(axis=2)
    right = [(i, i + 1) for i in range(n) if i % columns < columns - 1]
    up = [(i, i + columns) for i in range(n - columns)]
    first, neighbours = adjacency(n, np.array(right + up))
    return Problem(pop, np.maximum(pop, 1.0)[:, None] * apart / 100, 0.01, band, k, first, neighbours)


def plans(n: int, k: int) -> Iterator[Ints]:
    """All ways to part n blocks into k districts."""

    def grow(begun: list[int], used: int) -> Iterator[Ints]:
        if len(begun) == n:
            if used == k:
                yield np.array(begun)
            return
        for d in range(min(used + 1, k)):
            yield from grow([*begun, d], max(used, d + 1))

    return grow([], 0)


def best_of_all(part: Problem) -> tuple[float, Ints | None]:
    """Value and labels of the best plan, found by trying all."""
    good = [p for p in plans(part.n, part.k) if allowed(part, p)]
    best = min(good, key=lambda p: value(part, p), default=None)
    return (np.inf, None) if best is None else (value(part, best), best)


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    columns, rows = draw(st.sampled_from([(3, 3), (4, 2), (2, 3), (3, 2), (9, 1)]))
    part = grid(columns, rows, draw(st.integers(1, 4)), draw(st.integers(0, 10**6)), Band(1, 2, 3))
    target = max(part.pop.sum() / part.k, 1.0)
    tight = draw(st.sampled_from([0.2, 0.5, 0.9]))
    return replace(part, band=Band(target * (1 - tight), target, target * (1 + tight)))


def prove(part: Problem, effort: Effort = QUICK, path: Path | None = None, seconds: float = 60) -> ParentCertificate:
    return certify_parent("1", part, effort, seconds=seconds, path=path)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(problems())
def test_certificate_is_the_best_of_all_plans(part: Problem) -> None:
    best, _ = best_of_all(part)
    proof = prove(part)
    if np.isinf(best):
        assert proof.status == "infeasible" and proof.labels is None
        return
    assert proof.status == "proven"
    assert proof.labels is not None and allowed(part, proof.labels)
    assert value(part, proof.labels) == pytest.approx(proof.objective, abs=1e-12)
    assert proof.objective == pytest.approx(best, rel=1e-6, abs=1e-9)
    assert proof.bound <= best + 1e-9
    assert proof.gap <= 1e-6


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(problems())
def test_tree_alone_finds_the_best_plan(part: Problem) -> None:
    """Without a plan from the search nothing is cut off by its value: rows and branching have to do it all."""
    best, _ = best_of_all(part)
    may = reachable(part)
    state = State("x", stage=2, root=may, open=[Node(0.0, (), may)])
    tree = certify_tree.Tree(part, state, gap=0.0, seed=1, left=lambda: 60.0, keep=lambda: None)
    tree.run(10_000)
    assert not state.open
    if np.isinf(best):
        assert state.labels is None
    else:
        assert state.upper == pytest.approx(best, rel=1e-6, abs=1e-9)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(problems(), st.integers(0, 1000))
def test_bound_and_kept_pairs_never_lose_the_best_plan(part: Problem, seed: int) -> None:
    best, labels = best_of_all(part)
    assume(labels is not None)
    assert labels is not None
    may = reachable(part)
    prices = np.random.default_rng(seed).uniform(0, 2 * best / part.n, part.n)
    used = certify_tree.plan_medoids(part, labels)
    assert not (used & ~may).any()
    for at in (relax(part, prices, may), ascend(part, may, prices, best * 1.1, 50)[0]):
        assert at.bound <= best + 1e-9
        assert not (used & ~possible(part, at, may, best + 1e-9)).any()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(problems(), st.integers(0, 1000))
def test_cuts_hold_for_every_allowed_plan(part: Problem, seed: int) -> None:
    rng = np.random.default_rng(seed)
    shares = rng.random((part.n, part.n)) * (rng.random((part.n, part.n)) < 0.4)
    may = np.ones((part.n, part.n), dtype=bool)
    cuts = separate(part, shares, may)
    cuts += [c for j in range(part.n) for i in range(part.n) if (c := neighbour_cut(part, j, i, may[j])) is not None]
    for plan in plans(part.n, part.k):
        if allowed(part, plan):
            assert holds(part, cuts, plan, medoids(part, plan))


def test_separate_finds_every_stranded_piece() -> None:
    part = grid(5, 1, 2, 3, Band(0, 100, 1000), empty=0.0)
    shares = np.zeros((5, 5))
    shares[0, [0, 1, 4]] = 1.0
    shares[2, [2, 3]] = 1.0
    assert (0, 4, (2,)) in separate(part, shares, np.ones((5, 5), dtype=bool))
    shares[0, 4], shares[2, 4] = 0.0, 1.0
    assert separate(part, shares, np.ones((5, 5), dtype=bool)) == []


def test_paths_sum_the_blocks_on_the_way() -> None:
    part = grid(3, 2, 1, 1, Band(0, 1, 10_000))
    weight = np.tile(np.array([0.0, 9.0, 1.0, 1.0, 1.0, 1.0]), (6, 1))
    assert paths(part, weight)[0].tolist() == [0.0, 9.0, 4.0, 1.0, 2.0, 3.0]


def larger() -> Problem:
    """Too large to try all, small enough for seconds; its tree has several nodes."""
    part = grid(7, 6, 4, 11, Band(1, 2, 3))
    target = part.pop.sum() / part.k
    return replace(part, band=Band(0.7 * target, target, 1.3 * target))


def facts(proof: ParentCertificate) -> tuple[object, ...]:
    assert proof.labels is not None
    return (proof.objective, proof.bound, proof.rounds, proof.cuts, proof.nodes, proof.labels.tolist())


def test_same_seed_same_certificate() -> None:
    first, second = prove(larger()), prove(larger())
    assert first.status == "proven" and first.nodes > certify_tree.EPOCH
    assert facts(first) == facts(second)


def test_resumed_run_equals_an_uninterrupted_one(tmp_path: Path) -> None:
    whole = prove(larger())
    path = tmp_path / "stand.npz"
    bound, pieces = 0.0, 0
    for budget in range(certify_tree.EPOCH, whole.nodes + certify_tree.EPOCH, certify_tree.EPOCH):
        part = prove(larger(), replace(QUICK, nodes=budget), path)
        assert part.bound >= bound
        bound, pieces = part.bound, pieces + 1
    assert pieces > 1
    assert facts(part) == facts(whole)


def test_killed_run_goes_on_to_the_same_result(tmp_path: Path) -> None:
    path = tmp_path / "stand.npz"
    code = (
        "from pathlib import Path; from tests.zoning.test_certify import larger, prove, QUICK;"
        f"prove(larger(), QUICK, Path({str(path)!r}))"
    )
    running = subprocess.Popen([sys.executable, "-c", code], cwd=Path(__file__).parents[2])
    for _ in range(3000):
        if path.exists() or running.poll() is not None:
            break
        time.sleep(0.02)
    os.kill(running.pid, signal.SIGKILL)
    running.wait()
    kept = load(path, fingerprint(larger(), QUICK.seed, QUICK.gap))
    assert kept is not None and kept.labels is not None
    assert facts(prove(larger(), QUICK, path)) == facts(prove(larger()))


def test_time_stop_leaves_a_valid_bound(tmp_path: Path) -> None:
    best = prove(larger()).objective
    cut_short = prove(larger(), path=tmp_path / "stand.npz", seconds=0.0)
    assert cut_short.status == "stopped"
    assert cut_short.bound < best <= cut_short.objective
    assert prove(larger(), path=tmp_path / "stand.npz").status == "proven"


def test_state_of_another_problem_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "stand.npz"
    prove(larger(), path=path, seconds=0.0)
    with pytest.raises(SozialberichtError, match="gehört zu anderen Blöcken"):
        prove(replace(larger(), k=5), path=path)
    path.write_bytes(b"kein Stand")
    with pytest.raises(SozialberichtError, match="kein lesbarer Zwischenstand"):
        prove(larger(), path=path)


def test_state_knows_the_same_numbers_in_another_type() -> None:
    part = replace(larger(), band=Band(100.0, 200.0, 300.0))
    same = replace(part, band=Band(100, np.float64(200), 300))
    assert fingerprint(part, 1, 0.0049) == fingerprint(same, 1, 0.49 / 100)
    assert fingerprint(part, 1, 0.0049) != fingerprint(part, 1, 0.005)


def test_state_file_gives_back_what_was_saved(tmp_path: Path) -> None:
    path = tmp_path / "stand.npz"
    mask = np.random.default_rng(1).random((5, 5)) < 0.5
    state = State(
        "x",
        np.array([0, 0, 1, 1, 1]),
        2.5,
        1.5,
        2,
        np.arange(5.0),
        mask,
        [Node(1.5, ((1, 2),), mask)],
        [(1, 2, (3, 4))],
        [(0, 1)],
    )
    save(state, path)
    back = load(path, "x")
    assert back is not None
    assert (back.cuts, back.links, back.upper, back.bound) == (state.cuts, state.links, 2.5, 1.5)
    assert back.open[0].ones == ((1, 2),) and np.array_equal(back.open[0].may, mask)


def test_search_keeps_districts_connected_and_in_the_band() -> None:
    part = larger()
    found = good_plan(part, None, 20_000, 3, 2)
    assert found is not None and allowed(part, found)
    assert all(len(components(part, found == d)) == 1 for d in range(part.k))


def test_certify_a_city_of_two_parents_and_a_barrier(tmp_path: Path) -> None:
    n = 24
    rng = np.random.default_rng(5)
    blocks = city(
        6, 4, rng.integers(50, 90, n).tolist(), values=rng.normal(size=(n, 2)).tolist(),
        parents=["A" if k % 6 < 3 else "B" for k in range(n)], side=[int(k // 6 >= 2) for k in range(n)],
    )  # fmt: skip
    told: list[str] = []
    effort = replace(QUICK, workers=2)
    band = Band(200, 400, 600)
    proof = certify(
        blocks, MedoidWeights(), band, state_path=tmp_path, effort=effort, tell=lambda p: told.append(p.parent)
    )
    assert sorted(told) == ["A", "B"] and [p.parent for p in proof.parents] == ["A", "B"]
    assert all(p.status == "proven" and p.gap <= 1e-6 for p in proof.parents)
    assert proof.objective == pytest.approx(sum(p.objective for p in proof.parents))
    alone = certify(blocks, MedoidWeights(), band, effort=QUICK)
    assert [p.objective for p in alone.parents] == [p.objective for p in proof.parents]
    labels = np.zeros(n, dtype=np.int64)
    for number, part in enumerate(proof.parents):
        assert part.labels is not None
        labels[blocks.parent == number] = part.labels + 10 * number
    again = certify(blocks, MedoidWeights(), band, start_labels=labels, effort=replace(QUICK, tries=0))
    assert again.objective == pytest.approx(proof.objective)
