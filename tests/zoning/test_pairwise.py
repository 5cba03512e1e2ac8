"""Regions by the cost of pairs: the optimum of small maps by brute force; regions that leave no room."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.districts.zoning.instance import Edges, Floats, Ints, ZoningError, components
from etl.districts.zoning.pairwise import regions

WIDE, HIGH = 4, 2
N = WIDE * HIGH


def edges() -> Edges:
    pairs = [(u, u + 1) for u in range(N) if u % WIDE < WIDE - 1] + [(u, u + WIDE) for u in range(N - WIDE)]
    pairs.sort()
    return Edges(np.array([p[0] for p in pairs]), np.array([p[1] for p in pairs]), np.ones(len(pairs)))


def cost_of(cost: Floats, labels: Ints) -> float:
    return sum(cost[u, v] for u, v in itertools.combinations(range(len(labels)), 2) if labels[u] == labels[v])


def fits(labels: Ints, k: int, low: int) -> bool:
    if min(np.bincount(labels, minlength=k)) < low:
        return False
    graph = edges()
    inner = graph.where(labels[graph.i] == labels[graph.j])
    return int(components(N, inner).max()) + 1 == k


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([(2, 4), (2, 2), (3, 2), (4, 2)]))
def test_optimum_of_small_maps(seed: int, size: tuple[int, int]) -> None:
    """Also where k · low = n, so that single moves are impossible without falling short for a while."""
    k, low = size
    values = np.random.default_rng(seed).normal(size=(N, 2))
    cost = np.abs(values[:, None] - values[None]).sum(axis=2)
    plans = (np.array((0, *rest)) for rest in itertools.product(range(k), repeat=N - 1))
    best = min(cost_of(cost, labels) for labels in plans if fits(labels, k, low))
    found = regions(cost, edges(), k, low, seeds=4, steps=20_000)
    assert fits(found.labels, k, low)
    assert found.cost == pytest.approx(cost_of(cost, found.labels))
    assert found.cost == pytest.approx(best)


def test_same_seed_same_regions() -> None:
    cost = np.random.default_rng(2).random((N, N))
    cost = np.triu(cost, 1) + np.triu(cost, 1).T
    first = regions(cost, edges(), 2, 3, seeds=2, steps=5000)
    assert first.labels.tolist() == regions(cost, edges(), 2, 3, seeds=2, steps=5000).labels.tolist()


def test_impossible_sizes_are_refused() -> None:
    with pytest.raises(ZoningError, match="nicht gefunden"):
        regions(np.ones((N, N)) - np.eye(N), edges(), 3, 3, seeds=1, steps=2000)
