"""A linked table: cells with values, costs and protection levels, and the linear relations that hold among them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Table:
    """Cells 0 … n - 1 and relations Σ coefficient × value = right-hand side.

    ``lower``/``upper``: what anybody knows about a cell anyway (absolute values, not distances). ``lower_protection``:
    how far below the true value the attacker's lower limit must lie at least, ``upper_protection`` likewise above,
    ``sliding`` the least width of the interval; they matter for ``primary`` cells. ``fixed`` cells must stay visible.
    Relations are given row by row: ``start[r]`` to ``start[r + 1]`` index ``cell`` and ``coefficient``.
    """

    value: Floats
    cost: Floats
    primary: Bools
    fixed: Bools
    lower: Floats
    upper: Floats
    lower_protection: Floats
    upper_protection: Floats
    sliding: Floats
    start: Ints
    cell: Ints
    coefficient: Floats

    def __post_init__(self) -> None:
        n = len(self.value)
        for name in ("cost", "primary", "fixed", "lower", "upper", "lower_protection", "upper_protection", "sliding"):
            if len(getattr(self, name)) != n:
                raise ValueError(f"{name} must have one entry for each of the {n} cells")
        if (self.primary & self.fixed).any():
            raise ValueError("a primary cell cannot be one that must stay visible")
        if (self.lower > self.value + 1e-6).any() or (self.upper < self.value - 1e-6).any():
            raise ValueError("every true value must lie within what is known about it")

    @property
    def cells(self) -> int:
        """Number of cells."""
        return len(self.value)

    @property
    def relations(self) -> int:
        """Number of relations."""
        return len(self.start) - 1

    @cached_property
    def primaries(self) -> Ints:
        """Cells that must be hidden for their own sake."""
        return np.flatnonzero(self.primary)

    @cached_property
    def room_below(self) -> Floats:
        """How far the true value lies above what is known as its lower limit."""
        return np.maximum(self.value - self.lower, 0.0)

    @cached_property
    def room_above(self) -> Floats:
        """How far it lies below the upper limit."""
        return np.maximum(self.upper - self.value, 0.0)

    def price(self, hidden: Bools) -> float:
        """Cost of the secondary suppressions of a pattern."""
        return float(self.cost[hidden & ~self.primary].sum())
