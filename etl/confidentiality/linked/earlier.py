"""What earlier releases showed and still shows: nobody can take it back."""

from __future__ import annotations

from sqlalchemy import Connection, text

from etl.confidentiality.linked.candidates import ValueKey

BEFORE = text("""
SELECT DISTINCT i.code, v.unit_id, v.group_code, v.period
FROM release.value v
JOIN release.edition e ON e.id = v.edition_id AND e.status IN ('published', 'superseded')
JOIN catalogue.indicator i ON i.id = v.indicator_id
JOIN warehouse.indicator_value w ON w.indicator_id = v.indicator_id AND w.unit_id = v.unit_id
                                AND w.group_code = v.group_code AND w.period = v.period
-- corrected counts are others: the old ones say nothing exact about them
WHERE v.numerator IS NOT NULL AND v.numerator = w.numerator AND v.denominator IS NOT DISTINCT FROM w.denominator
ORDER BY 1, 2, 3, 4
""")


def published_before(connection: Connection) -> tuple[ValueKey, ...]:
    """Values of published and superseded editions whose counts are still the same."""
    return tuple(ValueKey(*row) for row in connection.execute(BEFORE))
