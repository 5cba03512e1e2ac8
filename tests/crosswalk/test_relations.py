"""Relations are what their groups say; weights of a source sum to 1, whatever the pieces."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.districts.areas import geometry_array
from etl.districts.crosswalk.ground import overlay, spread
from etl.districts.crosswalk.relations import components, relate, shares

pairs = st.dictionaries(
    st.tuples(st.integers(1, 12), st.integers(1, 12)), st.floats(0, 1e7, allow_nan=False), min_size=1, max_size=40
)


def related(area: dict[tuple[int, int], float]) -> dict[tuple[int, int], str]:
    """Pair → relation."""
    found = relate(
        np.array([a for a, _ in area]), np.array([b for _, b in area]), np.array(list(area.values()), dtype=float)
    )
    return dict(zip(zip(found.source.tolist(), found.target.tolist(), strict=True), found.relation, strict=True))


def test_the_four_relations() -> None:
    found = related(
        {(1, 1): 5, (2, 2): 3, (2, 3): 2, (4, 4): 1, (5, 4): 9, (6, 6): 1, (6, 7): 1, (7, 7): 1}
    )  # fmt: skip
    assert found == {
        (1, 1): "unchanged", (2, 2): "split", (2, 3): "split", (4, 4): "merged", (5, 4): "merged",
        (6, 6): "irregular", (6, 7): "irregular", (7, 7): "irregular",
    }  # fmt: skip


def test_a_chain_is_one_group() -> None:
    source = np.arange(50).repeat(2)[1:]
    target = np.arange(50).repeat(2)[:-1]
    assert len(set(components(source, target).tolist())) == 1


@given(area=pairs)
def test_weights_sum_to_one_and_relations_mirror(area: dict[tuple[int, int], float]) -> None:
    source = np.array([a for a, _ in area])
    weight = shares(source, np.array(list(area.values())))
    assert (weight >= 0).all()
    for a in set(source.tolist()):
        assert abs(weight[source == a].sum() - 1) <= 1e-9
    back = {"unchanged": "unchanged", "split": "merged", "merged": "split", "irregular": "irregular"}
    there = related(area)
    assert related({(b, a): v for (a, b), v in area.items()}) == {(b, a): back[r] for (a, b), r in there.items()}


cuts = st.lists(st.integers(1, 99), max_size=6, unique=True).map(lambda c: [0, *sorted(c), 100])


def strips(cut: list[int], across: bool) -> np.ndarray:
    """Strips of a square of 100 m."""
    pairs = list(pairwise(cut))
    return geometry_array([shapely.box(a, 0, b, 100) if across else shapely.box(0, a, 100, b) for a, b in pairs])


@settings(deadline=None)
@given(first=cuts, second=cuts, carriers=cuts, across=st.booleans())
def test_overlay_covers_everything_and_carriers_are_divided_whole(
    first: list[int], second: list[int], carriers: list[int], across: bool
) -> None:
    sources, targets = strips(first, True), strips(second, across)
    at, to, pieces = overlay(sources, targets)
    assert abs(shapely.area(pieces).sum() - 10_000) < 1e-6
    carrier, piece, share = spread(strips(carriers, True), pieces)
    assert np.allclose(np.bincount(carrier, weights=share), 1, atol=1e-9)
    assert set(piece.tolist()) <= set(range(len(at))) == set(range(len(to)))


def test_slivers_are_no_relation() -> None:
    sources = geometry_array([shapely.box(0, 0, 1000, 1000), shapely.box(1000, 0, 2000, 1000)])
    targets = geometry_array([shapely.box(0, 0, 1002, 1000), shapely.box(1002, 0, 2000, 1000)])
    at, to, _ = overlay(sources, targets)
    assert list(zip(at.tolist(), to.tolist(), strict=True)) == [(0, 0), (1, 1)]
    assert len(overlay(sources, targets, noise=0)[0]) == 3
