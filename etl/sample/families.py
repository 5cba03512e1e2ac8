"""Households of a reference date, read off the register: who shares a dwelling, and of what type that makes it.

Persons without a fixed abode and secondary residents belong to no household; household sizes therefore add up to the
main residents who have a dwelling. What generates households from a real register is a model, and so is this.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from etl.sample.geometry import Bools, Ints
from etl.sample.people import NOWHERE, Role
from etl.sample.register import Extract

KINDS = ("einperson", "paar_ohne_kind", "paar_mit_kindern", "alleinerziehend", "sonstige")
SINGLE, COUPLE, COUPLE_WITH_CHILDREN, LONE_PARENT, OTHER = range(len(KINDS))


@dataclass(frozen=True)
class Families:
    """``of`` is aligned with the people of the extract, all other arrays with the households in order of dwelling."""

    of: Ints
    """Number of the household of each person, -1 for those in none."""
    head: Ints
    """Index of the head among the people of the extract."""
    dwelling: Ints
    address: Ints
    located: Bools
    size: Ints
    minors: Ints
    """Persons under 18."""
    kind: Ints
    """Index into KINDS; children are persons under 18, so a couple with a grown-up child only is ``sonstige``."""

    def __len__(self) -> int:
        return len(self.head)

    def each(self, values: Ints | Bools) -> Ints:
        """A property of the household for every person; 0 for those in none."""
        found: Ints = np.where(self.of < 0, 0, values[self.of])
        return found

    def total(self, chosen: Bools) -> Ints:
        """How many of the chosen persons each household has."""
        inside = chosen & (self.of >= 0)
        return np.bincount(self.of[inside], minlength=len(self))


def families(data: Extract) -> Families:
    """The households of an extract."""
    p = data.people
    inside = np.flatnonzero(p.main_residence & (p.dwelling != NOWHERE))
    dwelling, number = np.unique(p.dwelling[inside], return_inverse=True)
    count = len(dwelling)
    of = np.full(len(p), -1, dtype=np.int64)
    of[inside] = number
    head = np.full(count, -1, dtype=np.int64)
    heads = inside[p.role[inside] == Role.HEAD]
    head[of[heads]] = heads
    size = np.bincount(number, minlength=count)
    minors = np.bincount(number, weights=p.age_on(data.year)[inside] < 18, minlength=count).astype(np.int64)
    coupled = np.bincount(number, weights=p.role[inside] == Role.PARTNER, minlength=count) > 0
    kind = np.select(
        [size == 1, coupled & (minors > 0), minors > 0, coupled & (size == 2)],
        [SINGLE, COUPLE_WITH_CHILDREN, LONE_PARENT, COUPLE],
        OTHER,
    )
    return Families(of, head, dwelling, data.address[head], data.located[head], size, minors, kind)
