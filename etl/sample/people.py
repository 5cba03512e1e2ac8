"""The simulated persons as columns of numbers; every later theme is derived from the same persons."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from etl.sample.geometry import Bools, Ints


class Sex(IntEnum):
    """As entered in the register."""

    MALE = 0
    FEMALE = 1
    DIVERSE = 2
    NOT_STATED = 3


class Role(IntEnum):
    """Place of a person in the household of the dwelling."""

    HEAD = 0
    PARTNER = 1
    CHILD = 2
    SECONDARY = 3
    """Has the main residence elsewhere and must not be counted as population."""


class Marital(IntEnum):
    """Family status, in the register's order LD, VH, VW, GS."""

    SINGLE = 0
    MARRIED = 1
    WIDOWED = 2
    DIVORCED = 3


NOWHERE = -1
"""Dwelling of persons without a fixed abode."""


@dataclass
class People:
    """One entry per living resident in every array. Days count from 1970-01-01."""

    pid: Ints
    """Stable number of the person over all years."""
    born: Ints
    """Day of birth."""
    sex: Ints
    nationality: Ints
    """Official three-digit key; 0 is German."""
    marital: Ints
    role: Ints
    dwelling: Ints
    """Index of the dwelling, which is also the household; ``NOWHERE`` without a fixed abode."""
    moved_in: Ints
    """Day of moving into the present dwelling."""
    mother: Ints
    """``pid`` of the mother if she was known to the register, else -1."""
    roots: Bools
    """Came as a foreign national, or has a parent who did; stays true after naturalisation."""

    def __len__(self) -> int:
        return len(self.pid)

    def take(self, which: Bools | Ints) -> People:
        """The chosen persons as a copy."""
        return People(**{f.name: getattr(self, f.name)[which] for f in fields(self)})

    def joined(self, other: People) -> People:
        """Both groups one after the other."""
        return People(**{f.name: np.concatenate([getattr(self, f.name), getattr(other, f.name)]) for f in fields(self)})

    @property
    def main_residence(self) -> Bools:
        """True for those who count as population (main or sole residence)."""
        counts: Bools = self.role != Role.SECONDARY
        return counts

    def age_on(self, year: int) -> Ints:
        """Completed years on 31 December of ``year``, when everyone has had their birthday."""
        return year - year_of(self.born)


_EARLIEST, _LATEST = np.datetime64("1800-01-01", "D"), np.datetime64("2101-01-01", "D")
_YEARS = np.arange(_EARLIEST, _LATEST).astype("datetime64[Y]").astype(np.int64) + 1970
_OFFSET = int(_EARLIEST.astype(np.int64))


def year_of(days: Ints) -> Ints:
    """Calendar year (1800 to 2100) of days since 1970-01-01."""
    years: NDArray[np.int64] = _YEARS[days - _OFFSET]
    return years


def first_day(year: int) -> int:
    """1 January of the year as days since 1970-01-01."""
    return int(np.datetime64(f"{year}-01-01", "D").astype(np.int64))


def days_of_year(rng: np.random.Generator, year: int, count: int) -> Ints:
    """Random days of one calendar year."""
    return rng.integers(first_day(year), first_day(year + 1), count)
