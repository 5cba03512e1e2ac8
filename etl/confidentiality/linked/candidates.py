"""Which values a release could show at all, before any small count is protected."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

from sqlalchemy import Connection, text

from etl.catalogue import Catalogue
from etl.confidentiality.linked.shown import VERSIONS
from etl.confidentiality.threshold import protect

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
    """``open``: values that would be shown; ``few``: not shown because too few people live there."""

    open: tuple[ValueKey, ...]
    few: tuple[ValueKey, ...]


JUDGED = text(f"""
SELECT i.code, p.unit_id, p.group_code, p.period, p.status = 'geheim' AS withheld
FROM protected_value p
JOIN warehouse.indicator_value v USING (indicator_id, unit_id, group_code, period)
JOIN catalogue.indicator i ON i.id = p.indicator_id
JOIN geo.unit u ON u.id = p.unit_id AND u.level <> 'vergleichsraum'
JOIN geo.district_version d ON d.id = u.version_id AND {VERSIONS}
WHERE v.status IN ('gueltig', 'unsicher', 'nicht_sinnvoll')
ORDER BY 1, 2, 3, 4
""")  # noqa: S608  # a constant of this package


def _judged(connection: Connection, catalogue: Catalogue, **policy: int) -> dict[ValueKey, bool]:
    """Values → whether they are withheld under the policy with these limits instead."""
    lenient = replace(catalogue, policy=catalogue.policy.model_copy(update=policy))
    protect(connection, lenient)
    return {ValueKey(*row[:4]): bool(row[4]) for row in connection.execute(JUDGED)}


def read_candidates(connection: Connection, catalogue: Catalogue) -> Candidates:
    """The values that a release could show: everything computed, without rates of small bases and small areas."""
    few = _judged(connection, catalogue, min_count=0, min_count_agency=0, min_denominator=0)
    either = _judged(connection, catalogue, min_count=0, min_count_agency=0)
    return Candidates(
        tuple(key for key, withheld in either.items() if not withheld),
        tuple(key for key, withheld in few.items() if withheld),
    )


def simple_rule(connection: Connection, catalogue: Catalogue) -> frozenset[ValueKey]:
    """The values that the simple threshold withholds, for comparison."""
    return frozenset(key for key, withheld in _judged(connection, catalogue).items() if withheld)
