"""Bounds of hidden cells from visible ones: one linear program a cell and side, component by component.

In absolute values: what is visible is known, hidden cells lie between what is known about them anyway, and all
relations hold. Cells that share no relation through other hidden cells cannot tell anything about each other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class System:
    """What the attacker knows: ``matrix`` @ y = ``right`` (relations × cells), ``lower`` ≤ y ≤ ``upper``.

    ``known``: values where ``visible``; elsewhere its entries mean nothing.
    """

    matrix: csr_array
    right: Floats
    lower: Floats
    upper: Floats
    visible: Bools
    known: Floats


@dataclass(frozen=True)
class Component:
    """Hidden cells that are tied to each other: their numbers, the relations reduced to them."""

    cells: Ints
    matrix: csr_array
    right: Floats


class Contradiction(ValueError):
    """What is visible cannot all be true."""


def components(system: System) -> Iterator[Component]:
    """The hidden cells in independent parts."""
    hidden = np.flatnonzero(~system.visible)
    if not len(hidden):
        return
    reduced = csr_array(system.matrix[:, hidden])
    remaining = system.right - system.matrix[:, np.flatnonzero(system.visible)] @ system.known[system.visible]
    pattern = abs(reduced)
    number, label = connected_components(pattern.T @ pattern, directed=False)
    row_sums = np.asarray(pattern.sum(axis=1)).ravel()
    # a relation belongs to the part of any of its hidden cells
    first = np.full(reduced.shape[0], -1)
    filled = np.flatnonzero(np.diff(reduced.indptr) > 0)
    first[filled] = label[reduced.indices[reduced.indptr[filled]]]
    order = np.argsort(label, kind="stable")
    cuts = np.searchsorted(label[order], np.arange(number + 1))
    for part in range(number):
        cells = order[cuts[part] : cuts[part + 1]]
        rows = np.flatnonzero((first == part) & (row_sums > 0))
        yield Component(hidden[cells], csr_array(reduced[rows][:, cells]), remaining[rows])


def bounds(system: System, wanted: Bools | None = None) -> tuple[Floats, Floats]:
    """Lower and upper limit of each hidden cell (``wanted``: only of these); visible cells have their value twice.

    Raises Contradiction where no values agree with all that is visible.
    """
    low, high = system.known.copy(), system.known.copy()
    for part in components(system):
        asked = part.cells if wanted is None else part.cells[wanted[part.cells]]
        low[part.cells], high[part.cells] = system.lower[part.cells], system.upper[part.cells]
        limits = np.column_stack([system.lower[part.cells], system.upper[part.cells]])
        place = {int(cell): n for n, cell in enumerate(part.cells)}
        # large and small figures stand side by side: in units of the part's own size the tolerances mean the same
        unit = max(1.0, float(np.abs(part.right).max(initial=0.0)))
        for cell in asked:
            objective = np.zeros(len(part.cells))
            for sign, out in ((1.0, low), (-1.0, high)):
                objective[place[int(cell)]] = sign
                found = linprog(
                    objective, A_eq=part.matrix, b_eq=part.right / unit, bounds=limits / unit, method="highs"
                )
                if found.status == 2:
                    raise Contradiction(f"relations of cell {cell} contradict what is visible")
                if found.status != 0:
                    raise ArithmeticError(f"cell {cell}: {found.message}")
                out[cell] = sign * found.fun * unit
    return low, high
