"""What the attacker found."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field

from etl.confidentiality.audit.facts import Unit

SLACK = 1e-4


@dataclass(frozen=True)
class Hidden:
    """A hidden cell and how closely it can be bounded.

    ``lower`` and ``upper`` are the attacker's limits, or closer ones where the cell is already wide enough. Both are
    counts; ``threshold``: below it a count of persons or cases is small, 0 where it is none. ``inside``: the limits of
    somebody who is counted in another cell himself.
    """

    indicator: str
    part: str
    unit: Unit
    level: str
    period: str
    lower: float
    upper: float
    threshold: float
    group: str = "insgesamt"
    whole: bool = True
    inside: tuple[float, float] | None = None
    undecided: bool = False
    few: bool = True
    """Whether too few people live there for any figure, or nobody knows how many do."""

    @property
    def value(self) -> tuple[str, Unit, str, str]:
        """The value of which this is a part."""
        return self.indicator, self.unit, self.period, self.group

    @property
    def exact(self) -> bool:
        """Recovered: no other number agrees with what is shown."""
        return _one_left(self.lower, self.upper, whole=self.whole)

    @property
    def disclosed(self) -> bool:
        """Certainly a small count: it is below the threshold whatever it is."""
        return self.threshold > 0 and self.upper < self.threshold - SLACK

    @property
    def told_inside(self) -> bool:
        """A contributor to another cell learns it, or that it is small even without himself."""
        if self.inside is None or self.threshold <= 0 or self.disclosed or self.exact:
            return False
        return self.inside[1] < self.threshold - 1 - SLACK or _one_left(*self.inside, whole=self.whole)


def _one_left(lower: float, upper: float, *, whole: bool) -> bool:
    if upper - lower < SLACK:
        return True
    return whole and math.floor(upper + SLACK) <= math.ceil(lower - SLACK)


@dataclass(frozen=True)
class Fault:
    """Why a release must not be published. ``kind``: one of KINDS; ``hidden`` where it is about a hidden cell."""

    kind: str
    words: str
    hidden: Hidden | None = None


KINDS = {
    "offengelegt": "kleine Anzahlen bestimmbar oder sicher kleiner als die Grenze",
    "exakt": "geheime Werte genau nachrechenbar",
    "mitwissend": "für jemanden bestimmbar, der in einer anderen Zelle mitgezählt ist",
    "sichtbar": "kleine Anzahlen stehen offen da",
    "abgeleitet": "Zahlen neben einem geheimen Wert",
    "unentschieden": "mit ganzen Zahlen nicht entschieden",
    "schutz": "gegen die wahren Werte zu eng eingegrenzt",
    "datei": "Dateien mit anderem Inhalt als die Veröffentlichung",
}
"""Kinds of faults, in German."""


@dataclass(frozen=True)
class Finding:
    """Result of an attack.

    ``left_out``: estimated values that were not used as relations. ``already``: hidden parts that stand in the open as
    parts of other values. ``unread``: sources whose definitions were not used. ``given_up``: assumptions that what is
    shown contradicts.
    """

    rows: int
    hidden: tuple[Hidden, ...]
    left_out: int = 0
    already: int = 0
    extra: tuple[Fault, ...] = ()
    unread: tuple[str, ...] = ()
    given_up: tuple[str, ...] = ()
    counts: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def recovered(self) -> tuple[Hidden, ...]:
        """Hidden cells that are exactly known."""
        return tuple(h for h in self.hidden if h.exact)

    @property
    def recovered_values(self) -> tuple[Hidden, ...]:
        """Hidden values of which every part is known: each once, by its first part that says something of persons."""
        parts: dict[tuple[str, Unit, str, str], list[Hidden]] = defaultdict(list)
        for h in self.hidden:
            parts[h.value].append(h)
        return tuple(
            max(found, key=lambda h: h.threshold)
            for found in parts.values()
            if all(h.exact for h in found) and any(h.threshold > 0 for h in found)
        )

    @property
    def idle(self) -> tuple[Hidden, ...]:
        """Recovered values that hide nothing: no small count, many inhabitants. They were to protect others."""
        told = {h.value for h in self.hidden if h.disclosed}
        return tuple(h for h in self.recovered_values if not h.few and h.value not in told)

    @property
    def faults(self) -> tuple[Hidden, ...]:
        """Hidden cells that are not safe: small counts known, values that can be recomputed, what insiders learn."""
        return tuple(f.hidden for f in self._of_hidden if f.hidden is not None)

    @property
    def all_faults(self) -> tuple[Fault, ...]:
        """Everything that forbids to publish."""
        return (*self._of_hidden, *self.extra)

    @property
    def _of_hidden(self) -> list[Fault]:
        found: list[Fault] = [Fault("offengelegt", "", h) for h in self.hidden if h.disclosed]
        told = {f.hidden.value for f in found if f.hidden is not None}
        found += [Fault("exakt", "", h) for h in self.recovered_values if h.few and h.value not in told]
        found += [Fault("mitwissend", "", h) for h in self.hidden if h.told_inside]
        found += [Fault("unentschieden", "", h) for h in self.hidden if h.undecided and not h.disclosed]
        return found

    @property
    def passed(self) -> bool:
        """Whether nothing was found that forbids to publish."""
        return not self.all_faults
