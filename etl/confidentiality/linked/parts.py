"""The independent parts of a system, as tables: what stays visible ties nothing together."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from etl.confidentiality.linked.cells import HIGHEST
from etl.confidentiality.linked.noise import Noise
from etl.confidentiality.linked.system import TERM, System
from etl.confidentiality.suppression.table import Bools, Ints, Table

ROOM = 5.0
"""Counts are taken to be known to this many times the threshold to either side, sums not."""
LEAST = 5.0
"""The threshold that is reckoned with where only sums, which have none, are to be protected."""


@dataclass(frozen=True)
class Component:
    """A part of the system that nothing visible ties to the rest: ``cells`` are numbers in the system."""

    cells: Ints
    table: Table

    @cached_property
    def digest(self) -> str:
        """The same for the same values, costs, demands and relations."""
        digest = hashlib.sha256()
        table = self.table
        for array in (
            table.value, table.cost, table.primary, table.lower, table.upper, table.lower_protection,
            table.upper_protection, table.start, table.cell, table.coefficient,
        ):  # fmt: skip
            digest.update(np.ascontiguousarray(array).tobytes() + b"|")
        return digest.hexdigest()


def _free(system: System, noise: Noise | None) -> Bools:
    """Cells that may be hidden, without those that follow from visible ones alone."""
    known = [c.fixed if noise is None else noise.known(c) for c in system.cells]
    return ~np.array(known, dtype=bool)


def components(system: System, noise: Noise | None = None) -> list[Component]:
    """The independent parts that hold something to protect; ``noise``: what may be hidden (None: all but the fixed)."""
    free = _free(system, noise)
    sizes = np.array([len(r) for r in system.relations], dtype=np.int64)
    if not sizes.sum():
        return []
    row = np.repeat(np.arange(len(sizes)), sizes)
    column = np.fromiter((n for r in system.relations for n, _ in r), np.int64, int(sizes.sum()))
    factor = np.fromiter((c for r in system.relations for _, c in r), np.float64, len(column))
    kept = free[column]
    row, column, factor = row[kept], column[kept], factor[kept]
    # relations and cells are the nodes of one graph
    nodes = len(free) + len(sizes)
    graph = csr_array((np.ones(len(row), dtype=np.int8), (row + len(free), column)), shape=(nodes, nodes))
    label = connected_components(graph, directed=False)[1][: len(free)]
    primary = system.primary & free
    wanted = np.unique(label[primary])
    mine = np.isin(label[column], wanted)
    row, column, factor = row[mine], column[mine], factor[mine]
    # cells and terms in the order of their part
    by_cell = np.flatnonzero(free & np.isin(label, wanted))
    by_cell = by_cell[np.argsort(label[by_cell], kind="stable")]
    cell_ends = np.searchsorted(label[by_cell], wanted, side="right")
    order = np.argsort(label[column], kind="stable")
    row, column, factor = row[order], column[order], factor[order]
    term_ends = np.searchsorted(label[column], wanted, side="right")
    place = np.full(len(free), -1, dtype=np.int64)
    found = []
    for number in range(len(wanted)):
        cells = by_cell[(cell_ends[number - 1] if number else 0) : cell_ends[number]]
        terms = slice(term_ends[number - 1] if number else 0, term_ends[number])
        place[cells] = np.arange(len(cells))
        starts = np.flatnonzero(np.diff(row[terms], prepend=-1))
        found.append(
            _component(system, cells, np.append(starts, len(row[terms])), place[column[terms]], factor[terms])
        )  # fmt: skip
    return found


def _component(system: System, numbers: Ints, start: Ints, cell: Ints, coefficient: np.ndarray) -> Component:
    cells = [system.cells[n] for n in numbers]
    # an attacker who knows counts this closely is stronger than any; narrow rooms make the bounds of the cost tight
    room = ROOM * max([LEAST, *(max(c.threshold, c.up) for c in cells if c.primary)])
    value = np.array([c.value or 0.0 for c in cells])
    near = np.array([room if c.threshold or c.key.kind == "atom" else HIGHEST for c in cells])
    lower = np.minimum(np.maximum([c.lower for c in cells], value - near), value)
    upper = np.maximum(np.minimum([c.upper for c in cells], value + near), value)
    primary = np.array([c.primary for c in cells])
    within = np.array([c.upper < HIGHEST for c in cells])
    # what no value shows by itself must not be known exactly; it need not look as if it might be shown
    top = np.array([
        v + 1 if c.rule == TERM else max(c.threshold, v + 1) for c, v in zip(cells, value, strict=True)
    ])  # fmt: skip
    up = np.where(within, upper, top) - value
    down = np.where(within, value - lower, np.minimum(1.0, value - lower))
    up = np.maximum(up, [min(c.up, r) for c, r in zip(cells, upper - value, strict=True)])
    down = np.maximum(down, [min(c.down, r) for c, r in zip(cells, value - lower, strict=True)])
    return Component(
        numbers,
        Table(
            value=value,
            cost=np.array([c.cost for c in cells]),
            # what no value shows is hidden anyway: like a primary cell without demands
            primary=primary | np.array([not c.shown for c in cells]),
            fixed=np.zeros(len(cells), dtype=bool),
            lower=lower,
            upper=upper,
            lower_protection=np.where(primary, np.maximum(down, 0.0), 0.0),
            upper_protection=np.where(primary, np.maximum(up, 0.0), 0.0),
            sliding=np.zeros(len(cells)),
            start=start.astype(np.int64),
            cell=cell,
            coefficient=coefficient,
        ),
    )
