"""What happened to the register in a year: births, deaths, arrivals, departures and moves within the city.

Read off the two year ends and the lists of those born, dead and gone, so that the books balance exactly for every
dwelling: residents before + births − deaths + arrivals − departures ± moves = residents after. Who moves twice within
a year is one move from the first to the last dwelling.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from etl.sample.geometry import Floats, Ints
from etl.sample.luck import luck
from etl.sample.people import People, first_day

OUTSIDE = -2
"""In place of a dwelling: outside the city, or not applicable."""


class Event(IntEnum):
    """Kinds of events, numbered as in the delivered file."""

    BIRTH = 1
    DEATH = 2
    ARRIVAL = 3
    DEPARTURE = 4
    MOVE = 5


@dataclass(frozen=True)
class Events:
    """One entry per event in every array, ordered by day and person; main and sole residences only."""

    kind: Ints
    people: People
    origin: Ints
    """Dwelling that is left, ``NOWHERE`` without a fixed abode, ``OUTSIDE`` for births and arrivals."""
    target: Ints
    """Dwelling that is moved or born into; ``OUTSIDE`` for deaths and departures."""
    day: Ints
    """Days since 1970-01-01."""

    def __len__(self) -> int:
        return len(self.kind)


def _at(pids: Ints, known: Ints, values: Ints) -> Ints:
    """The value of each person among ``known``."""
    order = np.argsort(known)
    found: Ints = values[order[np.searchsorted(known[order], pids)]]
    return found


def _some_day(year: int, people: People, topic: int) -> Ints:
    """A day of the year on or after birth."""
    start = np.maximum(people.born, first_day(year))
    draw: Floats = luck(people.pid, year, topic)
    day: Ints = start + np.floor(draw * (first_day(year + 1) - start)).astype(np.int64)
    return day


def events_of(year: int, before: People, after: People, born: People, dead: People, gone: People) -> Events:  # noqa: PLR0917
    """The events between the residents before and after a year; ``gone`` left the city, perhaps newly born."""
    known, dwelling = np.concatenate([before.pid, born.pid]), np.concatenate([before.dwelling, born.dwelling])
    here = np.isin(after.pid, known)
    arrived, stayed = after.take(~here), after.take(here)
    origin = _at(stayed.pid, known, dwelling)
    moved = stayed.dwelling != origin
    movers = stayed.take(moved)

    def nowhere(people: People) -> Ints:
        return np.full(len(people), OUTSIDE, dtype=np.int64)

    parts = [
        (Event.BIRTH, born, nowhere(born), born.dwelling, born.born),
        (Event.DEATH, dead, _at(dead.pid, known, dwelling), nowhere(dead), _some_day(year, dead, 51)),
        (Event.ARRIVAL, arrived, nowhere(arrived), arrived.dwelling, np.maximum(arrived.moved_in, first_day(year))),
        (Event.DEPARTURE, gone, _at(gone.pid, known, dwelling), nowhere(gone), _some_day(year, gone, 52)),
        (Event.MOVE, movers, origin[moved], movers.dwelling, movers.moved_in),
    ]
    people = parts[0][1]
    for part in parts[1:]:
        people = people.joined(part[1])
    kind = np.concatenate([np.full(len(part[1]), int(part[0]), dtype=np.int64) for part in parts])
    left, entered, day = (np.concatenate([part[i] for part in parts]) for i in (2, 3, 4))
    order = np.lexsort((people.pid, kind, day))
    return Events(kind[order], people.take(order), left[order], entered[order], day[order])
