"""What earlier releases showed and what they withheld: nobody can take it back, and it stays as it was."""

from __future__ import annotations

from sqlalchemy import Connection, text

from etl.catalogue import Catalogue
from etl.confidentiality.linked.candidates import ValueKey
from etl.confidentiality.linked.cells import Count, Key, shape_of
from etl.confidentiality.linked.shown import Shown, year_of

OUT = "('published', 'superseded', 'withdrawn')"
"""Status of editions that people have seen."""

BEFORE = text(f"""
SELECT DISTINCT i.code, v.unit_id, v.group_code, v.period
FROM release.value v
JOIN release.edition e ON e.id = v.edition_id AND e.status IN {OUT}
JOIN catalogue.indicator i ON i.id = v.indicator_id
JOIN warehouse.indicator_value w ON w.indicator_id = v.indicator_id AND w.unit_id = v.unit_id
                                AND w.group_code = v.group_code AND w.period = v.period
-- corrected counts are others: the old ones say nothing exact about them; releases keep six places
WHERE v.numerator IS NOT NULL AND abs(v.numerator - w.numerator) < 1e-5
  AND (abs(v.denominator - w.denominator) < 1e-5 OR v.denominator IS NULL AND w.denominator IS NULL)
ORDER BY 1, 2, 3, 4
""")  # noqa: S608  # a constant of this module

NEWEST = text(f"SELECT max(id) FROM release.edition WHERE status IN {OUT}")  # noqa: S608

FROZEN = text("""
SELECT measure, group_code, unit_id, period, value FROM warehouse.frozen_count
WHERE edition_id = :edition AND value IS NOT NULL AND measure = ANY (:measures)
""")

WITHHELD = text("""
SELECT i.code, v.unit_id, v.group_code, v.period FROM release.value v
JOIN catalogue.indicator i ON i.id = v.indicator_id
WHERE v.edition_id = :edition AND v.status = 'geheim'
ORDER BY 1, 2, 3, 4
""")


def published_before(connection: Connection) -> tuple[ValueKey, ...]:
    """Values that earlier editions showed and whose counts are still the same."""
    return tuple(ValueKey(*row) for row in connection.execute(BEFORE))


def frozen_before(connection: Connection, catalogue: Catalogue, measures: set[str]) -> dict[Key, float]:
    """The counts that the newest edition was made from; none where it kept none."""
    edition = connection.scalar(NEWEST)
    if edition is None:
        return {}
    shapes = {m: shape_of(catalogue, m) for m in measures}
    rows = connection.execute(FROZEN, {"edition": edition, "measures": sorted(measures)})
    return {
        Key("measure", measure, group, unit, int(period[:4])): value
        for measure, group, unit, period, value in rows
        if shapes[measure].search(period)
    }


def withheld_before(
    connection: Connection, frozen: dict[Key, float], counts: dict[Key, Count], parts: dict[str, list[Shown]]
) -> frozenset[ValueKey]:
    """Values that the newest edition withheld and whose counts are all still the same."""
    if not frozen:
        return frozenset()
    found = set()
    for row in connection.execute(WITHHELD, {"edition": connection.scalar(NEWEST)}):
        value = ValueKey(*row)
        year = year_of(value.period)
        keys = {
            Key("measure", m, value.group, value.unit, year - lag)
            for shown in parts.get(value.indicator, [])
            for m, lag, _ in shown.terms
        }
        if all(k in frozen and k in counts and frozen[k] == counts[k].value for k in keys):
            found.add(value)
    return frozenset(found)


def corrected_since(frozen: dict[Key, float], counts: dict[Key, Count]) -> frozenset[Key]:
    """Counts that are others than in the newest edition."""
    return frozenset(k for k, v in frozen.items() if k in counts and counts[k].value != v)
