"""The simple threshold: any value made of a count below the policy's minimum is withheld.

This alone is no sufficient protection: what is withheld can be recovered from totals in places. The joint method
replaces it; until then only totals without groups are released.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

from etl.catalogue import Catalogue

PROTECT = text("""
CREATE TEMPORARY TABLE protected_value ON COMMIT DROP AS
SELECT v.indicator_id, v.unit_id, v.group_code, v.period, v.reference_date, v.quality, s.status,
       CASE WHEN s.status IN ('gueltig', 'unsicher') THEN v.numerator END AS numerator,
       CASE WHEN s.status IN ('gueltig', 'unsicher') THEN v.denominator END AS denominator,
       CASE WHEN s.status IN ('gueltig', 'unsicher') THEN v.value END AS value
FROM warehouse.indicator_value v
CROSS JOIN LATERAL (
    SELECT CASE
        WHEN v.status NOT IN ('gueltig', 'unsicher', 'nicht_sinnvoll') THEN v.status
        WHEN CAST(:show_zeros AS boolean) AND coalesce(v.smallest_nonzero, :min_count) >= :min_count THEN v.status
        WHEN coalesce(v.smallest_count, :min_count) < :min_count THEN 'geheim'
        ELSE v.status END AS status
) s
WHERE v.group_code = 'insgesamt'
""")


def protect(connection: Connection, catalogue: Catalogue) -> None:
    """Fill the temporary table ``protected_value``: all released values, the withheld ones without any number."""
    policy = catalogue.policy
    connection.execute(PROTECT, {"min_count": policy.min_count, "show_zeros": policy.show_zeros})
