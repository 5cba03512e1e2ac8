"""From addresses with districts to ranges of house numbers: pure functions.

A range ends before the next one begins, the first begins at 1 or 2, the last is open (997 odd, 998 even), so that
houses built later are covered too. An empty suffix at the start of a range is the plain number; at its end it stands
for all suffixes of the number, save those that a following range begins with.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise, zip_longest

OPEN = {1: 997, 0: 998}
"""End of a range whose last number is not known, by parity (1: odd)."""

Number = tuple[int, str]
"""House number and suffix; an empty suffix sorts first."""


@dataclass(frozen=True)
class House:
    """An address of one street and postal code, with the key of its area."""

    number: int
    suffix: str
    area: str


@dataclass(frozen=True)
class Range:
    """House numbers of one parity, both ends included."""

    start: Number
    end: Number


@dataclass(frozen=True)
class Row:
    """A line of the street grid: an area with its odd and its even numbers; never without both."""

    area: str
    odd: Range | None
    even: Range | None


def _runs(houses: Sequence[House]) -> list[list[House]]:
    """Houses in order of their number, cut where the area changes."""
    ordered = sorted(set(houses), key=lambda h: (h.number, h.suffix))
    return [list(run) for _, run in groupby(ordered, key=lambda h: h.area)]


def parity_ranges(houses: Sequence[House], parity: int) -> list[tuple[str, Range]]:
    """Ranges of one side of a street, without gap or overlap; empty without houses."""
    runs = _runs([h for h in houses if h.number % 2 == parity])
    found = []
    start: Number = (1 if parity else 2, "")
    for run, after in zip_longest(runs, runs[1:]):
        last = run[-1]
        if after is None:
            end: Number = (max(OPEN[parity], last.number), "")
            following = start
        elif after[0].number == last.number:
            end, following = (last.number, last.suffix), (last.number, after[0].suffix)
        else:
            end, following = (after[0].number - 2, ""), (after[0].number, "")
        found.append((run[0].area, Range(start, end)))
        start = following
    return found


def rows(houses: Iterable[House]) -> list[Row]:
    """The lines of one street and postal code, by area; a side without any house goes to the area with most houses."""
    known = list(houses)
    main = min(Counter(h.area for h in known).items(), key=lambda item: (-item[1], item[0]))[0]
    sides: list[dict[str, list[Range]]] = []
    for parity in (1, 0):
        side: dict[str, list[Range]] = {}
        whole = Range((2 - parity, ""), (OPEN[parity], ""))
        for area, found in parity_ranges(known, parity) or [(main, whole)]:
            side.setdefault(area, []).append(found)
        sides.append(side)
    odd, even = sides
    return [
        Row(area, *pair)
        for area in sorted({*odd, *even})
        for pair in zip_longest(odd.get(area, []), even.get(area, []))
    ]


def covers(found: Range, number: int, suffix: str) -> bool:
    """Whether a range holds a house number of its parity, by the rule that an empty end suffix stands for all."""
    low = (number, suffix) >= found.start
    if found.end[1] or number != found.end[0]:
        return low and (number, suffix) <= found.end
    return low


def overlaps(ranges: Iterable[Range]) -> list[tuple[Range, Range]]:
    """Ranges of one side of a street that claim the same number."""
    ordered = sorted(ranges, key=lambda r: r.start)
    return [(one, other) for one, other in pairwise(ordered) if other.start <= one.end]
