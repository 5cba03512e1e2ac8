"""Which values a release could show at all, before any small count is protected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection, text

from etl.catalogue import Catalogue
from etl.confidentiality.threshold import judge

POPULATION = "EINWOHNER"
"""Stands for an indicator in keys of values: the inhabitants in the view of the units."""


class ValueKey(NamedTuple):
    """A released value: an indicator (or POPULATION) in a unit, group and period."""

    indicator: str
    unit: int
    group: str
    period: str


@dataclass(frozen=True)
class Candidates:
    """``open``: values that would be shown; ``few``: not shown because too few people live there.

    ``simple``: what the simple threshold would withhold, for comparison.
    """

    open: tuple[ValueKey, ...]
    few: tuple[ValueKey, ...]
    simple: frozenset[ValueKey]


JUDGED = text("""
SELECT i.code, j.unit_id, j.group_code, j.period, j.too_few, j.small_base, j.too_small
FROM judged_value j
JOIN catalogue.indicator i ON i.id = j.indicator_id
WHERE NOT j.official AND j.status IN ('gueltig', 'unsicher', 'nicht_sinnvoll')
ORDER BY 1, 2, 3, 4
""")


def read_candidates(connection: Connection, catalogue: Catalogue) -> Candidates:
    """The values that a release could show: everything computed, without rates of small bases and small areas."""
    judge(connection, catalogue)
    return judged_candidates(connection)


def judged_candidates(connection: Connection) -> Candidates:
    """The same from the temporary table ``judged_value``, already filled."""
    open_, few, simple = [], [], []
    for code, unit, group, period, too_few, small_base, too_small in connection.execute(JUDGED):
        key = ValueKey(code, unit, group, period)
        if too_few:
            few.append(key)
        elif not small_base:
            open_.append(key)
        if too_few or small_base or too_small:
            simple.append(key)
    return Candidates(tuple(open_), tuple(few), frozenset(simple))
