"""What became of a delivery."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from datetime import date
from typing import Any, Literal, TypeVar

_Part = TypeVar("_Part")

State = Literal["new", "unchanged", "superseding", "recounted"]


@dataclass(frozen=True)
class ControlTotal:
    """A total row of the file against the sum of its areas and what is not attributable.

    ``state``: met, not_met, not_checkable (cells withheld without known bounds, or rows rejected). ``area`` is the part
    of the city that the row sums up, empty for the whole. Where cells are withheld but known to lie between bounds,
    ``least`` and ``most`` are the bounds of the sum, and the total is met if it lies between them.
    """

    period: str
    column: str
    total: float
    summed: float | None
    state: Literal["met", "not_met", "not_checkable"]
    note: str = ""
    area: str = ""
    least: float | None = None
    most: float | None = None

    @property
    def difference(self) -> float | None:
        """Total of the file less the sum; None where it cannot be told."""
        return None if self.summed is None else self.total - self.summed


@dataclass(frozen=True)
class Remark:
    """Words of the file that stand beside its values.

    ``kind``: titel (above the headings), fussnote (below the table), zeichen (a footnote mark that was taken off a cell
    or name), hinweis (from a table of metadata), verborgen (hidden rows, columns and sheets of a workbook).
    """

    kind: Literal["titel", "fussnote", "zeichen", "hinweis", "verborgen"]
    text: str
    line: int | None = None


@dataclass(frozen=True)
class Deviation:
    """A published figure that does not follow: area, period, as printed, as computed (None: no count gives it)."""

    area: str
    period: str
    printed: float
    expected: float | None


@dataclass(frozen=True)
class RateResult:
    """Published rates (or sums) of one column, computed again from the counts; ``basis`` says from which.

    ``checked`` = ``met`` + deviations; ``left`` could not be checked (withheld, or the other source is not there yet).
    """

    column: str
    basis: str
    checked: int
    met: int
    left: int
    deviations: list[Deviation]
    note: str = ""


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
    rates: list[RateResult] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    top_rejects: list[tuple[str, str | None, int]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    seconds: float = 0.0
    steps: dict[str, float] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Plain values for ``--json`` and for the journal."""
        return {**asdict(self), "reference_date": self.reference_date.isoformat()}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> DeliveryOutcome:
        """The outcome as the journal keeps it; what an older program did not write stays empty."""
        names = {f.name for f in fields(cls)}
        values = {key: value for key, value in stored.items() if key in names}
        values["reference_date"] = date.fromisoformat(stored["reference_date"])
        values["totals"] = [_made(ControlTotal, t) for t in stored.get("totals", ())]
        values["remarks"] = [_made(Remark, r) for r in stored.get("remarks", ())]
        values["rates"] = [
            _made(RateResult, {**r, "deviations": [_made(Deviation, d) for d in r.get("deviations", ())]})
            for r in stored.get("rates", ())
        ]
        values["top_rejects"] = [(str(why), column, int(n)) for why, column, n in stored.get("top_rejects", ())]
        return cls(**values)


def _made(kind: type[_Part], stored: dict[str, Any]) -> _Part:
    names = {f.name for f in fields(kind)}  # type: ignore[arg-type]
    return kind(**{key: value for key, value in stored.items() if key in names})
