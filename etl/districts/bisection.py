"""Simple grouping of building blocks into districts of about equal weight, until zone design does it properly."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from etl.districts.areas import Geometries

TOKEN = 1e-6
"""Weight of an empty block beside populated ones, so that cuts also divide empty ground evenly."""

Groups = NDArray[np.int64]


def number_of_districts(persons: float, target: float, smallest: float, largest: float) -> int:
    """K = round(P / target), clamped to ceil(P / max) … floor(P / min), at least 1."""
    low = max(1, int(np.ceil(persons / largest)))
    high = max(1, int(np.floor(persons / smallest)))
    return min(max(round(persons / target), low), max(low, high))


def bisect(geoms: Geometries, weights: NDArray[np.float64], k: int) -> Groups:
    """Group number 0 … k-1 of each block: halves cut across the longer axis of the weighted centroids, recursively.

    Groups are numbered from north to south and west to east along the cuts. Blocks cut off from their group are handed
    to the neighbouring group with the longest common border, as long as any is found.
    """
    centres = shapely.get_coordinates(shapely.centroid(geoms))
    weighted = weights + TOKEN * max(1.0, float(weights.sum())) / max(1, len(weights))
    groups = np.zeros(len(geoms), dtype=np.int64)
    _split(np.arange(len(geoms)), centres, weighted, k, groups)
    _reconnect(geoms, groups, weighted)
    return groups


def _split(members: Groups, centres: NDArray[np.float64], weights: NDArray[np.float64], k: int, groups: Groups) -> None:
    if k <= 1 or len(members) <= 1:
        return
    points, weight = centres[members], weights[members]
    spread = np.average((points - np.average(points, axis=0, weights=weight)) ** 2, axis=0, weights=weight)
    axis = int(spread[1] > spread[0])
    along = -points[:, 1] if axis else points[:, 0]
    order = np.lexsort((members, points[:, 1 - axis], along))
    first = k // 2
    reached = np.cumsum(weight[order]) - weight[order] / 2
    cut = int(np.searchsorted(reached, weight.sum() * first / k))
    cut = min(max(cut, 1), len(members) - 1)
    left, right = members[order[:cut]], members[order[cut:]]
    groups[right] += first
    _split(left, centres, weights, first, groups)
    _split(right, centres, weights, k - first, groups)


def _reconnect(geoms: Geometries, groups: Groups, weights: NDArray[np.float64]) -> None:
    """Make groups contiguous: smaller components go, lightest first, to the neighbour with the longest border."""
    left, right = shapely.STRtree(geoms).query(geoms, predicate="intersects")
    once = left < right
    left, right = left[once], right[once]
    edges = shapely.boundary(geoms)
    length = shapely.length(shapely.intersection(edges[left], edges[right]))
    near: list[dict[int, float]] = [{} for _ in range(len(geoms))]
    for i, j, common in zip(left.tolist(), right.tolist(), length.tolist(), strict=True):
        if common > 0:
            near[i][j] = near[j][i] = common
    for _ in range(len(geoms)):  # each round gives at least one component away
        stray = _strays(groups, weights, near)
        gift = next(((c, g) for c in stray if (g := _neighbour(c, groups, near)) is not None), None)
        if gift is None:
            return
        groups[gift[0]] = gift[1]


def _strays(groups: Groups, weights: NDArray[np.float64], near: list[dict[int, float]]) -> list[list[int]]:
    """Components of groups other than their heaviest one, lightest first."""
    found = []
    for group in np.unique(groups).tolist():
        members = set(np.flatnonzero(groups == group).tolist())
        components = []
        while members:
            stack, component = [min(members)], []
            members.discard(stack[0])
            while stack:
                block = stack.pop()
                component.append(block)
                reached = members.intersection(near[block])
                members -= reached
                stack.extend(reached)
            components.append(sorted(component))
        components.sort(key=lambda c: (-float(weights[c].sum()), c))
        found += components[1:]
    return sorted(found, key=lambda c: (float(weights[c].sum()), c))


def _neighbour(component: list[int], groups: Groups, near: list[dict[int, float]]) -> int | None:
    borders: dict[int, float] = {}
    own = int(groups[component[0]])
    for block in component:
        for other, common in near[block].items():
            group = int(groups[other])
            if group != own:
                borders[group] = borders.get(group, 0.0) + common
    return max(sorted(borders), key=lambda g: borders[g], default=None)
