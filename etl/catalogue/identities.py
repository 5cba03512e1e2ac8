"""Sums that hold between measures of different columns or sources and that no filter tells, in YAML."""

from __future__ import annotations

from pydantic import Field

from etl.catalogue.sources import Strict

FILE = "identitaeten.yaml"
TOTAL = "insgesamt"


class Identity(Strict):
    """``whole`` = Σ ``parts`` in every unit and period: codes of measures, a group behind ``@``."""

    whole: str = Field(description="Code of a measure, „code@gruppe“ for one of its groups")
    parts: tuple[str, ...] = Field(min_length=2)

    @property
    def total(self) -> tuple[str, str]:
        """Measure and group of the whole."""
        return _named(self.whole)

    @property
    def addends(self) -> tuple[tuple[str, str], ...]:
        """Measure and group of each part."""
        return tuple(_named(part) for part in self.parts)


def _named(code: str) -> tuple[str, str]:
    measure, _, group = code.partition("@")
    return measure, group or TOTAL
