"""What a check has found: one fact, its weight, the units and the area it concerns."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    """An error always refuses the file, a warning refuses it under ``--strict``, a note never."""

    ERROR = "Fehler"
    WARNING = "Warnung"
    NOTE = "Hinweis"


@dataclass(frozen=True)
class Finding:
    """One finding. ``kind`` is a stable short word for scripts, ``area_m2`` the ground concerned in square metres."""

    severity: Severity
    kind: str
    text: str
    units: tuple[str, ...] = ()
    area_m2: float | None = None

    def as_json(self) -> dict[str, Any]:
        """The finding with German severity, for ``--json`` and the load journal."""
        return {k: (list(v) if isinstance(v, tuple) else v) for k, v in asdict(self).items()}


def error(kind: str, text: str, *units: str, area_m2: float | None = None) -> Finding:
    """A finding that refuses the file."""
    return Finding(Severity.ERROR, kind, text, units, area_m2)


def warning(kind: str, text: str, *units: str, area_m2: float | None = None) -> Finding:
    """A finding that refuses the file under ``--strict``."""
    return Finding(Severity.WARNING, kind, text, units, area_m2)


def note(kind: str, text: str, *units: str, area_m2: float | None = None) -> Finding:
    """A finding that only informs."""
    return Finding(Severity.NOTE, kind, text, units, area_m2)


@dataclass
class Findings:
    """Findings in the order in which they were made."""

    items: list[Finding] = field(default_factory=list)

    def add(self, *found: Finding) -> None:
        """Append findings."""
        self.items.extend(found)

    def of(self, severity: Severity) -> list[Finding]:
        """The findings of one severity."""
        return [f for f in self.items if f.severity == severity]

    @property
    def errors(self) -> list[Finding]:
        """What refuses the file."""
        return self.of(Severity.ERROR)

    @property
    def warnings(self) -> list[Finding]:
        """What refuses the file under ``--strict``."""
        return self.of(Severity.WARNING)
