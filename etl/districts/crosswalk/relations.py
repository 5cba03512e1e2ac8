"""What units of two versions are to each other, from the ground they share: pure functions on arrays."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Relations:
    """Pairs of units with common ground; element *i* of each field belongs together.

    ``component`` numbers groups of units that are linked directly or by others, from 0 in the order of the smallest
    source. ``relation`` is a property of the group: ``unchanged`` (one to one), ``split`` (one to many), ``merged``
    (many to one), ``irregular`` (many to many). ``weight`` is the share of the source, 1 in sum by source.
    """

    source: Ids
    target: Ids
    area_m2: Floats
    component: Ids
    relation: list[str]
    weight: Floats

    def __len__(self) -> int:
        return len(self.relation)


def components(source: Ids, target: Ids) -> Ids:
    """Number of the connected group of each pair; sources and targets are different units even where ids repeat."""
    sources, at = np.unique(source, return_inverse=True)
    targets, to = np.unique(target, return_inverse=True)
    label = np.arange(len(sources))
    other = np.full(len(targets), len(sources))
    while True:  # the smallest source of a group spreads over it, a step further each round
        np.minimum.at(other, to, label[at])
        spread = label.copy()
        np.minimum.at(spread, at, other[to])
        if np.array_equal(spread, label):
            break
        label = spread
    return np.unique(label[at], return_inverse=True)[1].astype(np.int64)


def shares(source: Ids, amount: Floats, fallback: Floats | None = None) -> Floats:
    """Each pair's share of its source's sum; where that is 0 the ``fallback``, or equal shares. Sums to 1 by source."""
    _, at = np.unique(source, return_inverse=True)
    total = np.bincount(at, weights=amount)[at]
    equal = 1.0 / np.bincount(at)[at]
    with np.errstate(divide="ignore", invalid="ignore"):
        result: Floats = np.where(total > 0, amount / total, equal if fallback is None else fallback)
    return result


def relate(source: Ids, target: Ids, area_m2: Floats) -> Relations:
    """The relations of pairs that each occur once, by source and target."""
    order = np.lexsort((target, source))
    source, target, area_m2 = source[order], target[order], area_m2[order]
    component = components(source, target)
    ways_out = Counter(source.tolist())
    ways_in = Counter(target.tolist())
    most_out: dict[int, int] = {}
    most_in: dict[int, int] = {}
    for group, a, b in zip(component.tolist(), source.tolist(), target.tolist(), strict=True):
        most_out[group] = max(most_out.get(group, 0), ways_out[a])
        most_in[group] = max(most_in.get(group, 0), ways_in[b])
    words = {(False, False): "unchanged", (True, False): "split", (False, True): "merged", (True, True): "irregular"}
    relation = [words[most_out[g] > 1, most_in[g] > 1] for g in component.tolist()]
    return Relations(source, target, area_m2, component, relation, shares(source, area_m2))
