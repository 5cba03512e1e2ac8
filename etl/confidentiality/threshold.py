"""The simple threshold: any value made of a small count, or for too few people, is withheld.

This alone is no sufficient protection: what is withheld can be recovered from totals in places. The joint method
replaces it; until then only totals without groups are released.
"""

from __future__ import annotations

from typing import Literal

from sqlalchemy import Connection, text

from etl.catalogue import Catalogue, Indicator
from etl.catalogue.city import COMPARISON
from etl.indicators.terms import withholds

PROTECT = text("""
CREATE TEMPORARY TABLE protected_value ON COMMIT DROP AS
WITH inhabitants AS (
    -- of each unit, from a year on until the next one that is known
    SELECT c.unit_id, c.value, lower(p.valid) AS since,
           lag(lower(p.valid)) OVER unit AS before, lead(lower(p.valid)) OVER unit AS until
    FROM warehouse.unit_count c
    JOIN catalogue.measure m ON m.id = c.measure_id AND m.code = :population
    JOIN warehouse.period p ON p.code = c.period
    WHERE c.group_code = :total
    WINDOW unit AS (PARTITION BY c.unit_id ORDER BY lower(p.valid))
), judged AS (
    SELECT v.*, u.level = :comparison AS official,
           i.code = ANY (:social) AND n.value < :min_population AS too_few,
           coalesce(v.smallest_base < :min_denominator, false)
               OR coalesce(v.smallest_agency < :min_count_agency, false)
               OR coalesce(v.smallest_count < :min_count, false)
                  AND NOT (CAST(:show_zeros AS boolean) AND coalesce(v.smallest_nonzero, :min_count) >= :min_count)
               AS too_small
    FROM warehouse.indicator_value v
    JOIN catalogue.indicator i ON i.id = v.indicator_id
    JOIN geo.unit u ON u.id = v.unit_id
    JOIN warehouse.period p ON p.code = v.period
    LEFT JOIN inhabitants n
           ON n.unit_id = v.unit_id AND (n.since < upper(p.valid) OR n.before IS NULL)
          AND (n.until >= upper(p.valid) OR n.until IS NULL)
    WHERE v.group_code = :total
)
SELECT j.indicator_id, j.unit_id, j.group_code, j.period, j.reference_date, j.quality, s.status,
       CASE WHEN s.status IN ('gueltig', 'unsicher') THEN j.numerator END AS numerator,
       CASE WHEN s.status IN ('gueltig', 'unsicher') THEN j.denominator END AS denominator,
       CASE WHEN s.status IN ('gueltig', 'unsicher') THEN j.value END AS value
FROM judged j
CROSS JOIN LATERAL (
    SELECT CASE
        -- figures of official statistics have been protected by those who published them
        WHEN j.official OR j.status NOT IN ('gueltig', 'unsicher', 'nicht_sinnvoll') THEN j.status
        WHEN j.too_small OR j.too_few THEN 'geheim'
        ELSE j.status END AS status
) s
""")


def is_social(catalogue: Catalogue, indicator: Indicator) -> bool:
    """Whether areas with few inhabitants do not show an indicator.

    All but those of low disclosure risk and those that only tell the population itself; counts from files that withhold
    small ones are never of low risk.
    """
    parts: tuple[Literal["numerator", "denominator"], ...] = ("numerator", "denominator")
    measures = [catalogue.measure[term.measure] for part in parts for term in indicator.terms(part)]
    agency = any(m.source is not None and withholds(catalogue.source[m.source]) for m in measures)
    only_people = all(m.code == catalogue.city.population or m.kind == "area_km2" for m in measures)
    return (indicator.disclosure_risk != "gering" or agency) and not only_people


def protect(connection: Connection, catalogue: Catalogue) -> None:
    """Fill the temporary table ``protected_value``: all released values, the withheld ones without any number."""
    policy = catalogue.policy
    connection.execute(text("DROP TABLE IF EXISTS pg_temp.protected_value"))
    connection.execute(
        PROTECT,
        {
            "min_count": policy.min_count,
            "min_count_agency": policy.min_count_agency,
            "min_denominator": policy.min_denominator,
            "min_population": policy.min_population,
            "show_zeros": policy.show_zeros,
            "population": catalogue.city.population,
            "social": [i.code for i in catalogue.indicators if is_social(catalogue, i)],
            "comparison": COMPARISON,
            "total": "insgesamt",
        },
    )
