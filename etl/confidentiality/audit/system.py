"""What an attacker knows, as a linear system; and what follows from it at once, without any linear program."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array, csr_array
from scipy.sparse.csgraph import connected_components

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

HIGHEST = 1e7
"""No count in a city is larger."""

TIGHT = 1e-5
"""Cells whose limits lie closer together are known; published counts are rounded to six places."""

WRONG = 1e-3
"""Limits that cross by more (relative to their size) contradict each other; less is rounding."""

ROUNDS = 60


class Contradiction(ValueError):
    """What is visible cannot all be true."""


@dataclass(frozen=True)
class System:
    """``row_lower`` ≤ ``matrix`` @ y ≤ ``row_upper`` (relations × cells), ``lower`` ≤ y ≤ ``upper``.

    A known cell has its value as both limits. ``whole``: cells that can only be whole numbers. ``doubtful``: cells that
    anybody takes to be 0 as long as nothing that is visible speaks against it.
    """

    matrix: csr_array
    row_lower: Floats
    row_upper: Floats
    lower: Floats
    upper: Floats
    whole: Bools
    doubtful: Bools


@dataclass(frozen=True)
class Component:
    """Unknown cells that are tied to each other (their numbers in the system), the relations reduced to them."""

    cells: Ints
    system: System


def _rounded(lower: Floats, upper: Floats, whole: Bools) -> tuple[Floats, Floats]:
    return (
        np.where(whole, np.ceil(lower - WRONG), lower),
        np.where(whole, np.floor(upper + WRONG), upper),
    )


def settle(system: System) -> System:
    """The same with the limits of all cells drawn in by what each relation alone says, until nothing more follows.

    Raises Contradiction where limits cross.
    """
    matrix = csr_array(system.matrix)
    matrix.sum_duplicates()
    matrix.eliminate_zeros()
    entry_row = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    cell, factor = matrix.indices, matrix.data
    positive = factor > 0
    lower, upper = _rounded(system.lower.copy(), system.upper.copy(), system.whole)
    live = np.ones(len(cell), dtype=bool)
    for _ in range(ROUNDS):
        at_low = factor * np.where(positive, lower[cell], upper[cell])
        at_high = factor * np.where(positive, upper[cell], lower[cell])
        least = np.bincount(entry_row, at_low, matrix.shape[0])
        most = np.bincount(entry_row, at_high, matrix.shape[0])
        size = np.maximum(1.0, np.bincount(entry_row, np.abs(at_low), matrix.shape[0]))
        low_room = system.row_lower[entry_row] - (most[entry_row] - at_high)
        high_room = system.row_upper[entry_row] - (least[entry_row] - at_low)
        # sums of large figures carry their rounding into small remainders
        slack = 1e-12 * size[entry_row]
        new_low = np.where(positive, low_room - slack, high_room + slack) / factor
        new_high = np.where(positive, high_room + slack, low_room - slack) / factor
        tight_low, tight_high = lower.copy(), upper.copy()
        np.maximum.at(tight_low, cell[live], new_low[live])
        np.minimum.at(tight_high, cell[live], new_high[live])
        tight_low, tight_high = _rounded(tight_low, tight_high, system.whole)
        scale = np.maximum(1.0, np.minimum(np.abs(tight_low), np.abs(tight_high)))
        if (tight_low > tight_high + WRONG * scale).any():
            raise Contradiction("limits of a cell cross")
        crossed = tight_low > tight_high
        middle = (tight_low + tight_high) / 2
        tight_low, tight_high = np.where(crossed, middle, tight_low), np.where(crossed, middle, tight_high)
        gained = ((tight_low > lower + 1e-3) | (tight_high < upper - 1e-3)).any() or (
            (tight_high - tight_low <= TIGHT) & (upper - lower > TIGHT)
        ).any()
        lower, upper = tight_low, tight_high
        if not gained:
            break
    return replace(system, matrix=matrix, lower=lower, upper=upper)


def components(system: System, wanted: Bools | None = None) -> Iterator[Component]:
    """The unknown cells in independent parts; with ``wanted`` only the parts that hold one of these."""
    free = system.upper - system.lower > TIGHT
    unknown = np.flatnonzero(free)
    if not len(unknown):
        return
    known = np.where(free, 0.0, (system.lower + system.upper) / 2)
    moved = system.matrix @ known
    reduced = csr_array(csc_array(system.matrix)[:, unknown])
    reduced.eliminate_zeros()
    rows, cells = reduced.shape
    entry_row = np.repeat(np.arange(rows), np.diff(reduced.indptr))
    ties = csr_array((np.ones(reduced.nnz), (entry_row, reduced.indices + rows)), shape=(rows + cells, rows + cells))
    number, label = connected_components(ties, directed=False)
    row_label, cell_label = label[:rows], label[rows:]
    asked = np.ones(cells, dtype=bool) if wanted is None else wanted[unknown]
    chosen = np.zeros(number, dtype=bool)
    chosen[cell_label[asked]] = True
    cell_order, row_order = np.argsort(cell_label, kind="stable"), np.argsort(row_label, kind="stable")
    cell_cut = np.searchsorted(cell_label[cell_order], np.arange(number + 1))
    row_cut = np.searchsorted(row_label[row_order], np.arange(number + 1))
    for part in np.flatnonzero(chosen):
        inside = cell_order[cell_cut[part] : cell_cut[part + 1]]
        within = row_order[row_cut[part] : row_cut[part + 1]]
        place = unknown[inside]
        yield Component(
            place,
            System(
                csr_array(reduced[within][:, inside]),
                system.row_lower[within] - moved[within],
                system.row_upper[within] - moved[within],
                system.lower[place],
                system.upper[place],
                system.whole[place],
                system.doubtful[place],
            ),
        )
