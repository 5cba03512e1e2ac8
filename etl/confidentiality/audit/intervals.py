"""Bounds of hidden cells from what is visible: linear programs component by component, no more than needed.

Each solution is a possible state of all cells of its component: it widens what is known to be possible for every one
of them. A cell that is already proven wide enough needs no program of its own.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context

import numpy as np
from scipy.sparse import csc_array

from etl.confidentiality.audit.program import Program
from etl.confidentiality.audit.system import (
    TIGHT,
    Bools,
    Component,
    Contradiction,
    Floats,
    Ints,
    System,
    components,
    settle,
)

__all__ = ["Contradiction", "Need", "Ranges", "System", "bounds", "ranges"]

SLACK = 1e-4
WORTH_A_PROCESS = 400
"""So many cells to bound before a second process pays."""

NEIGHBOURS = 300
"""So many cells around one may change when a state in whole numbers is moved."""

LARGE_PROGRAMS = 12
"""So many integer programs over a whole component."""

CONTRIBUTORS = 200
"""So many contributors are tried in a component."""


@dataclass(frozen=True)
class Need:
    """When a cell is wide enough, so that it need not be bounded any further (arrays over cells).

    Values up to ``high`` and down to ``low`` possible, and at least ``width`` between two of them.
    """

    low: Floats
    high: Floats
    width: Floats

    @classmethod
    def everything(cls, cells: int) -> Need:
        """Bound every cell to the end."""
        return cls(np.full(cells, -np.inf), np.full(cells, np.inf), np.zeros(cells))

    def of(self, cells: Ints) -> Need:
        """The same for some cells."""
        return Need(self.low[cells], self.high[cells], self.width[cells])

    def missing(self, low: Floats, high: Floats) -> Bools:
        """Cells that are not wide enough yet."""
        return (low > self.low + SLACK) | (high < self.high - SLACK) | (high - low < self.width - SLACK)


@dataclass(frozen=True)
class Ranges:
    """What is possible for each cell: ``lower`` and ``upper`` are both attained by some possible state.

    They are the attacker's limits wherever the cell was not wide enough before. ``undecided``: integer programs that
    ended without an answer; the limits are then those without whole numbers. ``insider_lower``, ``insider_upper``: the
    closest limits that somebody reaches who knows that one person more, he himself, is counted in another cell;
    followed only where it could matter.
    """

    lower: Floats
    upper: Floats
    insider_lower: Floats
    insider_upper: Floats
    undecided: Bools
    programs: int
    components: int


@dataclass(frozen=True)
class _Task:
    component: Component
    asked: Ints
    need: Need


@dataclass(frozen=True)
class _Answer:
    low: Floats
    high: Floats
    inside: tuple[Floats, Floats]
    undecided: Bools
    programs: int


def _outcome(task: _Task) -> _Answer:
    """Bounds of the asked cells of one component (numbers within it)."""
    system, asked, need = task.component.system, task.asked, task.need
    program = Program(system)
    low, high = np.full(len(asked), np.inf), np.full(len(asked), -np.inf)
    done = {1: np.zeros(len(asked), dtype=bool), -1: np.zeros(len(asked), dtype=bool)}

    whole_low, whole_high = low.copy(), high.copy()

    def seen(values: Floats) -> None:
        np.minimum(low, values[asked], out=low)
        np.maximum(high, values[asked], out=high)
        parts = values[system.whole]
        if np.abs(parts - np.round(parts)).max(initial=0.0) < SLACK:
            np.minimum(whole_low, values[asked], out=whole_low)
            np.maximum(whole_high, values[asked], out=whole_high)

    system = _believed(program, system)
    if len(asked) > 2:
        seen(program.highest(asked, 1))
        seen(program.highest(asked, -1))
    for n, cell in enumerate(asked):
        for sign in (1, -1):
            if done[sign][n] or not need.missing(low, high)[n]:
                continue
            seen(program.highest([int(cell)], sign))
            done[sign][n] = True
    undecided = np.zeros(len(asked), dtype=bool)
    if system.whole.any():
        _whole_numbers(program, task, (low, high), (whole_low, whole_high), undecided)
    inside = (low.copy(), high.copy())
    if system.whole.any():
        _contributors(program, task, inside)
    return _Answer(low, high, inside, undecided, program.solved)


def _believed(program: Program, system: System) -> System:
    """The system with all doubtful cells 0, if that is possible."""
    doubtful = np.flatnonzero(system.doubtful)
    if not len(doubtful):
        return system
    values = program.highest(doubtful, -1)
    if values[doubtful].max() > SLACK:
        return system  # somebody is certainly there: nobody can tell where else
    empty = doubtful
    upper = system.upper.copy()
    upper[empty] = system.lower[empty]
    for cell in empty:
        program.limit(int(cell), float(system.lower[cell]), float(system.lower[cell]))
    program.system = replace(system, upper=upper)
    return program.system


def _contributors(program: Program, task: _Task, inside: tuple[Floats, Floats]) -> None:
    """Draw in the limits for those who know that a cell holds at least one, where little is missing to a fault.

    Cells are tried that stand in a relation with the attacked one; one person changes it by one there.
    """
    system, asked, need = program.system, task.asked, task.need
    low, high = inside
    near = system.whole[asked] & np.isfinite(need.high) & ((high < need.high + 1) | (high - low < 3))
    pattern = csc_array(abs(system.matrix))
    tried = 0
    for n in np.flatnonzero(near):
        beside = np.zeros(pattern.shape[1])
        beside[asked[n]] = 1.0
        beside = pattern.T @ (pattern @ beside)
        beside[asked[n]] = 0.0
        others = np.flatnonzero((beside > 0) & system.whole & (system.lower < 1) & (system.upper >= 1))
        for other in others[: max(0, CONTRIBUTORS - tried)]:
            tried += 1
            program.limit(int(other), 1.0, float(system.upper[other]))
            try:
                high[n] = min(high[n], program.highest([int(asked[n])], 1)[asked[n]])
                low[n] = max(low[n], program.highest([int(asked[n])], -1)[asked[n]])
            except Contradiction:
                pass  # nobody is counted there
            program.limit(int(other), float(system.lower[other]), float(system.upper[other]))


class _WholeNumbers:
    """Looks for states in whole numbers. Each that is found counts for all cells.

    ``low`` and ``high``: the furthest values of the asked cells in such states.
    """

    def __init__(self, program: Program, asked: Ints, low: Floats, high: Floats) -> None:
        self.program, self.asked, self.low, self.high = program, asked, low, high
        self.pattern = csc_array(abs(program.system.matrix))
        self.state: Floats | None = None
        self.budget = LARGE_PROGRAMS

    def find(
        self,
        cells: Ints | Sequence[int] = (),
        sign: int = 0,
        within: tuple[int, float, float] | None = None,
        near: Bools | None = None,
    ) -> tuple[bool, bool]:
        """Whether a state was found, and else whether there is certainly none."""
        known = None if near is None or self.state is None else (self.state, near)
        state, none = self.program.whole_state(cells, sign, within, known)
        if state is None:
            return False, none and known is None
        whole = self.program.system.whole
        self.state = np.where(whole, np.round(state), state)
        np.minimum(self.low, self.state[self.asked], out=self.low)
        np.maximum(self.high, self.state[self.asked], out=self.high)
        return True, False

    def start(self, cells: Ints) -> None:
        """A first state, from a possible one in which few cells are no whole numbers."""
        self._mended(self.program.highest(cells, 1), None)

    def move(self, cell: int, low: float, high: float) -> tuple[bool, bool]:
        """A state with a cell within limits: one that differs from a known one near the cell alone, else any."""
        within = (cell, low, high)
        if self.state is not None and self.find(within=within, near=self._around([cell], NEIGHBOURS))[0]:
            return True, False
        values = self.program.highest([cell], 1 if np.isfinite(low) else -1)
        if low - SLACK <= values[cell] <= high + SLACK and self._mended(values, within):
            return True, False
        if self.budget <= 0:
            return False, False
        self.budget -= 1
        return self.find(within=within)

    def _mended(self, values: Floats, within: tuple[int, float, float] | None) -> bool:
        """Look for a state in whole numbers near a possible one: only about what are fractions there may differ."""
        off = np.flatnonzero(self.program.system.whole & (np.abs(values - np.round(values)) > SLACK))
        cells = off if within is None else np.append(off, within[0])
        rounded = np.where(self.program.system.whole, np.round(values), values)
        self.state, before = rounded, self.state
        found = self.find(within=within, near=self._around(cells, NEIGHBOURS + 4 * len(cells)))[0]
        if not found:
            self.state = before
        return found

    def _around(self, cells: Ints | list[int], enough: int) -> Bools:
        reached = np.zeros(self.pattern.shape[1], dtype=bool)
        reached[np.asarray(cells, dtype=np.int64)] = True
        while reached.sum() < enough:
            grown = (self.pattern.T @ (self.pattern @ reached.astype(float))) > 0
            if grown.sum() == reached.sum():
                break
            reached = grown
        return reached


def _whole_numbers(
    program: Program, task: _Task, fractions: tuple[Floats, Floats], seen: tuple[Floats, Floats], undecided: Bools
) -> None:
    """Draw in limits that hold for fractions only, where no state in whole numbers is wide enough."""
    system, asked, need = program.system, task.asked, task.need
    low, high = fractions
    passing = system.whole[asked] & ~(high < need.high - SLACK) & ~(high - low < need.width - SLACK)
    states = _WholeNumbers(program, asked, *seen)

    def wanting(n: int) -> bool:
        return bool(seen[1][n] < need.high[n] - SLACK or not seen[1][n] - seen[0][n] >= need.width[n] - SLACK)

    if not any(wanting(int(n)) for n in np.flatnonzero(passing)):
        return
    states.start(asked[passing])
    for n in np.flatnonzero(passing):
        cell = int(asked[n])
        if seen[1][n] < need.high[n] - SLACK and np.isfinite(need.high[n]):
            enough = float(np.ceil(need.high[n] - SLACK))
            found, none = states.move(cell, enough, np.inf)
            undecided[n] |= not found and not none
            high[n] = enough - 1 if none else high[n]
        if not np.isfinite(seen[0][n]):
            undecided[n] |= not states.move(cell, float(np.ceil(low[n] - SLACK)), np.inf)[0]
        if np.isfinite(seen[0][n]) and seen[1][n] - seen[0][n] < need.width[n] - SLACK:
            above, none_above = states.move(cell, seen[0][n] + 1, np.inf)
            below, none_below = (True, False) if above else states.move(cell, -np.inf, seen[1][n] - 1)
            if none_above and none_below:
                low[n] = high[n] = seen[0][n]
            undecided[n] |= not above and not below and not (none_above and none_below)


def _tasks(system: System, wanted: Bools, need: Need) -> list[_Task]:
    found = []
    for part in components(system, wanted):
        asked = np.flatnonzero(wanted[part.cells])
        found.append(_Task(part, asked, need.of(part.cells[asked])))
    return found


def ranges(system: System, wanted: Bools, need: Need, processes: int = 2) -> Ranges:
    """What is possible for the ``wanted`` cells, until they are wide enough; others keep what is known about them.

    Raises Contradiction where no values agree with all that is visible.
    """
    system = settle(system)
    low, high = system.lower.copy(), system.upper.copy()
    known = high - low <= TIGHT
    low[known] = high[known] = np.where(
        system.whole[known], np.round(low[known]), (low[known] + high[known]) / 2
    )  # fmt: skip
    inside = low.copy(), high.copy()
    undecided = np.zeros(len(low), dtype=bool)
    tasks = sorted(_tasks(system, wanted & ~known, need), key=lambda t: -len(t.asked) * t.component.system.matrix.nnz)
    asked = sum(len(t.asked) for t in tasks)
    if processes > 1 and asked > WORTH_A_PROCESS and len(tasks) > 1 and (os.cpu_count() or 1) > 1:
        with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
            answers = list(pool.map(_outcome, tasks))
    else:
        answers = [_outcome(t) for t in tasks]
    for task, answer in zip(tasks, answers, strict=True):
        cells = task.component.cells[task.asked]
        low[cells], high[cells], undecided[cells] = answer.low, answer.high, answer.undecided
        inside[0][cells], inside[1][cells] = answer.inside
    return Ranges(low, high, *inside, undecided, sum(a.programs for a in answers), len(tasks))


def bounds(system: System, wanted: Bools | None = None) -> tuple[Floats, Floats]:
    """Lower and upper limit of each cell (``wanted``: only of these), bounded to the end."""
    cells = len(system.lower)
    found = ranges(system, np.ones(cells, dtype=bool) if wanted is None else wanted, Need.everything(cells))
    return found.lower, found.upper
