"""Counts by measure, group, unit and year, as the indicators read them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection, text

from etl.catalogue import Catalogue
from etl.confidentiality.linked.shown import VERSIONS

SHAPES = {"vierteljaehrlich": r"-Q4$", "halbjaehrlich": r"-H2$", "schuljahr": r"^\d{4}/\d{2}$"}
YEARLY = r"^\d{4}$"
HIGHEST = 1e7
"""What anybody knows at least: no cell of a city is larger."""


class Key(NamedTuple):
    """A cell: a measure or an expression over measures in a unit, or an atom in a piece of blocks; for a year."""

    kind: str
    name: str
    group: str
    place: int
    year: int


@dataclass(frozen=True, slots=True)
class Count:
    """A measure's value in a unit and year; ``value`` None: withheld by who delivered it, within the bounds."""

    value: float | None
    at_least: float
    at_most: float


COUNTS = text(f"""
WITH withheld AS MATERIALIZED (
    SELECT w.unit_id, w.measure_id, w.group_code, w.period, max(w.at_least) AS at_least, min(w.at_most) AS at_most
    FROM warehouse.count w
    JOIN intake.delivery y ON y.id = w.delivery_id AND y.status = 'active'
    WHERE w.value IS NULL AND w.at_most IS NOT NULL
    GROUP BY 1, 2, 3, 4
)
SELECT m.code AS measure, c.group_code, c.unit_id, c.period, c.value,
       CASE WHEN c.value IS NULL THEN b.at_least END AS at_least,
       CASE WHEN c.value IS NULL THEN b.at_most END AS at_most
FROM warehouse.unit_count c
JOIN catalogue.measure m ON m.id = c.measure_id
JOIN geo.unit u ON u.id = c.unit_id AND u.level <> 'vergleichsraum'
JOIN geo.district_version d ON d.id = u.version_id AND {VERSIONS}
LEFT JOIN withheld b USING (unit_id, measure_id, group_code, period)
WHERE m.code = ANY (:measures) AND c.status IN ('gueltig', 'unsicher', 'geheim')
ORDER BY 1, 2, 3, 4
""")  # noqa: S608  # a constant of this package


def shape_of(catalogue: Catalogue, measure: str) -> re.Pattern[str]:
    """Which of a measure's periods stand for years: of quarters the last, school years, else years."""
    source = catalogue.measure[measure].source
    return re.compile(SHAPES.get(catalogue.source[source].periodicity, YEARLY) if source else YEARLY)


def read_counts(connection: Connection, catalogue: Catalogue, measures: set[str]) -> dict[Key, Count]:
    """Every count of the measures, by group, unit and year, as the indicators read them."""
    shapes = {m: shape_of(catalogue, m) for m in measures}
    found = {}
    for measure, group, unit, period, value, at_least, at_most in connection.execute(
        COUNTS, {"measures": sorted(measures)}
    ):
        if shapes[measure].search(period):
            high = HIGHEST if at_most is None else min(HIGHEST, at_most)
            found[Key("measure", measure, group, unit, int(period[:4]))] = Count(value, at_least or 0.0, high)
    return found
