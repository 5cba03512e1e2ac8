"""Connectivity cuts: a block can belong to a medoid only if something that separates the two belongs to it as well.

For a medoid j, a block i that is no neighbour of it, and a set S of blocks without which j cannot reach i, every
connected district obeys x[i, j] ≤ Σ x[s, j] over S (Oehrlein and Haunert 2017, "A cutting-plane method for
contiguity-constrained spatial aggregation", JOSIS 15; Fischetti et al. 2017, "Thinning out Steiner trees", MPC 9).
S is the inner edge of a piece that is cut off, so no smaller set of it would separate.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from etl.districts.zoning.medoid import Floats, Ints, Problem, components

Bools = npt.NDArray[np.bool_]
Cut = tuple[int, int, tuple[int, ...]]
"""Medoid, block, separator (sorted): the block is the medoid's only if one of the separator is."""
LEVELS = (1e-6, 0.1, 0.25, 0.45)
"""A block counts as reached from the medoid through blocks that belong to it by more than such a share."""
VIOLATION = 0.02
MANY = 12
"""Of a piece that is cut off, so many blocks at most get a cut at once."""


def spread(part: Problem, start: int, inside: Bools) -> Bools:
    """The blocks that ``start`` reaches through blocks marked in ``inside`` (itself included)."""
    reached = np.zeros(part.n, dtype=bool)
    reached[start] = True
    stack = [start]
    while stack:
        for b in part.around(stack.pop()):
            if inside[b] and not reached[b]:
                reached[b] = True
                stack.append(int(b))
    return reached


def edge(part: Problem, area: Bools, inside: Bools) -> Bools:
    """The blocks of ``inside`` next to ``area`` and not in it."""
    beside = np.zeros(part.n, dtype=bool)
    for i in np.flatnonzero(area):
        beside[part.around(int(i))] = True
    result: Bools = beside & inside & ~area
    return result


def neighbour_cut(part: Problem, medoid: int, block: int, may: Bools) -> Cut | None:
    """The cut by the block's own neighbours; None where the medoid is one of them. ``may`` is the medoid's row."""
    around = part.around(block)
    if medoid == block or medoid in around:
        return None
    return medoid, block, tuple(int(b) for b in around if may[b])


def separate(part: Problem, shares: Floats, may: Bools) -> list[Cut]:
    """Cuts that a solution breaks; ``shares[j, i]`` is how much block i belongs to medoid j. Empty if none is found.

    For a solution in whole numbers every stranded piece is found.
    """
    found: dict[Cut, float] = {}
    for j in np.flatnonzero(shares.diagonal() > 1e-6):
        row = shares[j]
        for level in LEVELS:
            near = spread(part, int(j), row > level)
            fence = edge(part, near, may[j])
            far = may[j] & ~near & ~fence
            if not (far & (row > VIOLATION)).any():
                continue
            for piece in components(part, far):
                worth = piece[row[piece] > VIOLATION]
                if not len(worth):
                    continue
                inside = np.zeros(part.n, dtype=bool)
                inside[piece] = True
                separator = np.flatnonzero(edge(part, inside, fence))
                through = float(row[separator].sum())
                for i in worth[np.argsort(-row[worth], kind="stable")][:MANY]:
                    if row[i] > through + VIOLATION:
                        found[int(j), int(i), tuple(separator.tolist())] = float(row[i]) - through
    return sorted(found, key=lambda cut: (-found[cut], cut))


def holds(part: Problem, cuts: Iterable[Cut], labels: Ints, medoid: Ints) -> bool:
    """Whether a plan with these medoids obeys all cuts."""
    return all(
        labels[block] != labels[j] or medoid[labels[j]] != j or any(labels[s] == labels[j] for s in separator)
        for j, block, separator in cuts
    )
