"""Does a pattern protect every primary cell of a table?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from etl.confidentiality.audit.intervals import System, bounds
from etl.confidentiality.suppression.table import Table

SLACK = 1e-6


@dataclass(frozen=True)
class Weakness:
    """A cell that the pattern does not protect: the attacker's interval and what it should have been."""

    cell: int
    value: float
    lower: float
    upper: float
    wanted_lower: float
    wanted_upper: float
    kind: str
    """sichtbar, exakt, zu eng, or Beifang (a secondary that can be computed exactly)."""


@dataclass(frozen=True)
class Audit:
    """What the attacker found: faults of primaries, and secondaries that hide nothing."""

    primaries: int
    hidden: int
    faults: tuple[Weakness, ...]
    idle: tuple[Weakness, ...]

    @property
    def safe(self) -> bool:
        """No primary is visible, computed or bounded too closely."""
        return not self.faults


def _system(table: Table, hidden: NDArray[np.bool_]) -> System:
    matrix = csr_array(
        (table.coefficient, table.cell, table.start), shape=(table.relations, table.cells), dtype=np.float64
    )
    # rounded tables do not add up to the last place: the attacker is given the sums as they stand
    right = matrix @ table.value
    return System(matrix, right, table.lower, table.upper, ~hidden, table.value)


def audit_pattern(table: Table, hidden: NDArray[np.bool_]) -> Audit:
    """Bound every hidden cell of a pattern and compare with the protection levels."""
    low, high = bounds(_system(table, hidden))
    faults, idle = [], []
    width = high - low
    slack = SLACK * np.maximum(1.0, np.abs(table.value))
    for cell in np.flatnonzero(table.primary | hidden):
        wanted_low = table.value[cell] - table.lower_protection[cell]
        wanted_high = table.value[cell] + table.upper_protection[cell]
        found = (
            int(cell), float(table.value[cell]), float(low[cell]), float(high[cell]), float(wanted_low),
            float(wanted_high),
        )  # fmt: skip
        if not table.primary[cell]:
            if width[cell] <= slack[cell] and table.upper[cell] - table.lower[cell] > slack[cell]:
                idle.append(Weakness(*found, "Beifang"))
        elif not hidden[cell]:
            faults.append(Weakness(*found, "sichtbar"))
        elif (
            low[cell] > wanted_low + slack[cell]
            or high[cell] < wanted_high - slack[cell]
            or width[cell] < table.sliding[cell] - slack[cell]
        ):
            exact = width[cell] <= slack[cell]
            faults.append(Weakness(*found, "exakt" if exact else "zu eng"))
    return Audit(int(table.primary.sum()), int(hidden.sum()), tuple(faults), tuple(idle))
