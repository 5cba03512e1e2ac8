"""Work and welfare of the residents on a reference date: the one truth behind the agency's and the offices' files."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from etl.sample import labour
from etl.sample.city import City
from etl.sample.families import LONE_PARENT, Families
from etl.sample.geometry import Bools, Ints
from etl.sample.register import Extract


@dataclass(frozen=True)
class Situation:
    """One entry per person of the extract in every array (secondary residents: nothing applies)."""

    over_limit: Bools
    """The age limit of § 7a SGB II is reached."""
    employed: Bools
    """Employed subject to social insurance, aged 15 to under 65."""
    part_time: Bools
    no_degree: Bools
    """Employed without a vocational qualification."""
    minor_job: Bools
    """Only marginally employed, aged 15 to under 65."""
    unemployed: Ints
    """0 no, 2 registered under SGB II, 3 under SGB III."""
    long_term: Bools
    """Unemployed for a year or longer."""
    sgb2: Ints
    """0 no, 1 able to work (ELB), 2 not (NEF)."""
    working_elb: Bools
    sgb12: Ints
    """Chapter 3, 4 or 7, or 0."""
    institution: Bools
    """The SGB XII benefit is paid in an institution."""
    asylblg: Bools
    uvg: Bools
    """Child with maintenance advance."""
    wohngeld: Bools
    """Head of a household with housing benefit."""
    bg: Ints
    """Number of the SGB II community (its household), -1 for none."""
    lone_parent: Bools
    """Member of a lone parent's household."""


def situation(city: City, data: Extract, homes: Families) -> Situation:
    """The situation on 31 December of the extract's year."""
    n = len(data.people)
    no, none = np.zeros(n, dtype=bool), np.zeros(n, dtype=np.int64)
    unemployed = np.where(labour.unemployed(city, data), 3, 0)
    return Situation(
        no, no, no, no, no, unemployed, no, none, no, none, no, no, no, no, none - 1,
        homes.each(homes.kind == LONE_PARENT).astype(bool),
    )  # fmt: skip
