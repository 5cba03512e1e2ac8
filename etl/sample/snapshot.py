"""Everything the departments' files of one year are written from."""

from __future__ import annotations

from dataclasses import dataclass

from etl.sample.city import City
from etl.sample.dwellings import Dwellings
from etl.sample.families import Families
from etl.sample.register import Extract
from etl.sample.simulation import Year
from etl.sample.situation import Situation


@dataclass(frozen=True)
class Snapshot:
    """31 December of a year. ``families`` and ``situation`` are aligned with ``register.people``."""

    city: City
    homes: Dwellings
    state: Year
    register: Extract
    families: Families
    situation: Situation

    @property
    def year(self) -> int:
        """The calendar year."""
        return self.state.year
