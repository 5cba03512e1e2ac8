"""What became of a delivery."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, Literal

State = Literal["new", "unchanged", "superseding", "recounted"]


@dataclass(frozen=True)
class ControlTotal:
    """A total row of the file against the sum of its areas and what is not attributable.

    ``state``: met, not_met, not_checkable (cells withheld or rows rejected).
    """

    period: str
    column: str
    total: float
    summed: float | None
    state: Literal["met", "not_met", "not_checkable"]
    note: str = ""

    @property
    def difference(self) -> float | None:
        """Total of the file less the sum; None where it cannot be told."""
        return None if self.summed is None else self.total - self.summed


@dataclass
class DeliveryOutcome:
    """The report of one delivery; counts are rows of the file, ``persons`` what they stand for.

    ``steps`` are seconds by step: lesen, verorten, zaehlen.
    """

    state: State
    source: str
    form: str
    file: str
    reference_date: date
    delivery: int
    superseded: int | None = None
    read: int = 0
    accepted: int = 0
    rejected: int = 0
    ignored: int = 0
    unlocated: int = 0
    persons: int | None = None
    persons_unlocated: int | None = None
    counts_written: int = 0
    periods: list[str] = field(default_factory=list)
    totals: list[ControlTotal] = field(default_factory=list)
    top_rejects: list[tuple[str, str | None, int]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    seconds: float = 0.0
    steps: dict[str, float] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Plain values for ``--json`` and for the journal."""
        return {**asdict(self), "reference_date": self.reference_date.isoformat()}
