"""Does a pattern protect every primary cell of a table?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.sparse import csr_array

from etl.confidentiality.audit.intervals import Need, ranges
from etl.confidentiality.audit.system import Bools, Floats, Ints, System

SLACK = 1e-6


class Table(Protocol):
    """A linked table in the terms of the JJ format; see etl.confidentiality.suppression.jj for reading one."""

    @property
    def value(self) -> Floats: ...
    @property
    def primary(self) -> Bools: ...
    @property
    def lower(self) -> Floats: ...
    @property
    def upper(self) -> Floats: ...
    @property
    def lower_protection(self) -> Floats: ...
    @property
    def upper_protection(self) -> Floats: ...
    @property
    def sliding(self) -> Floats: ...
    @property
    def start(self) -> Ints: ...
    @property
    def cell(self) -> Ints: ...
    @property
    def coefficient(self) -> Floats: ...


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


def _system(table: Table, hidden: Bools) -> System:
    shape = (len(table.start) - 1, len(table.value))
    matrix = csr_array((table.coefficient, table.cell, table.start), shape=shape, dtype=np.float64)
    # rounded tables do not add up to the last place: the attacker is given the sums as they stand
    right = matrix @ table.value
    lower, upper = np.where(hidden, table.lower, table.value), np.where(hidden, table.upper, table.value)
    none = np.zeros(len(table.value), dtype=bool)
    return System(matrix, right, right, lower, upper, none, none)


def audit_pattern(table: Table, hidden: Bools) -> Audit:
    """Bound every hidden cell of a pattern and compare with the protection levels.

    A cell's interval is followed until it is wide enough: the interval of a cell without a fault may be wider.
    """
    slack = SLACK * np.maximum(1.0, np.abs(table.value))
    primary = table.primary
    need = Need(
        np.where(primary, table.value - table.lower_protection, np.inf),
        np.where(primary, table.value + table.upper_protection, -np.inf),
        np.maximum(np.where(primary, table.sliding, 0.0), 2 * slack),
    )
    found = ranges(_system(table, hidden), hidden, need)
    faults, idle = [], []
    width = found.upper - found.lower
    for cell in np.flatnonzero(primary | hidden):
        low, high = float(found.lower[cell]), float(found.upper[cell])
        wanted_low = float(table.value[cell] - table.lower_protection[cell])
        wanted_high = float(table.value[cell] + table.upper_protection[cell])
        place = (int(cell), float(table.value[cell]), low, high, wanted_low, wanted_high)
        if not primary[cell]:
            if width[cell] <= slack[cell] and table.upper[cell] - table.lower[cell] > slack[cell]:
                idle.append(Weakness(*place, "Beifang"))
        elif not hidden[cell]:
            faults.append(Weakness(*place, "sichtbar"))
        elif (
            low > wanted_low + slack[cell]
            or high < wanted_high - slack[cell]
            or width[cell] < table.sliding[cell] - slack[cell]
        ):
            faults.append(Weakness(*place, "exakt" if width[cell] <= slack[cell] else "zu eng"))
    return Audit(int(primary.sum()), int(hidden.sum()), tuple(faults), tuple(idle))
