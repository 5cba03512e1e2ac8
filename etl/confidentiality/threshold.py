"""What each value is made of: small counts, small bases, too few inhabitants. The simple rule withholds all of these.

Alone it is no sufficient protection: what is withheld can be recovered from totals in places. The joint pattern starts
from it (``linked``).
"""

from __future__ import annotations

from typing import Literal

from sqlalchemy import Connection, text

from etl.catalogue import Catalogue, Indicator
from etl.catalogue.city import COMPARISON
from etl.indicators.terms import withholds

JUDGE = text("""
CREATE TEMPORARY TABLE judged_value ON COMMIT DROP AS
WITH inhabitants AS (
    -- of each unit, from a year on until the next one that is known
    SELECT c.unit_id, c.value, lower(p.valid) AS since,
           lag(lower(p.valid)) OVER unit AS before, lead(lower(p.valid)) OVER unit AS until
    FROM warehouse.unit_count c
    JOIN catalogue.measure m ON m.id = c.measure_id AND m.code = :population
    JOIN warehouse.period p ON p.code = c.period
    WHERE c.group_code = :total
    WINDOW unit AS (PARTITION BY c.unit_id ORDER BY lower(p.valid))
)
SELECT v.indicator_id, v.unit_id, v.group_code, v.period, v.reference_date, v.numerator, v.denominator, v.value,
       v.status, v.quality, u.level = :comparison AS official,
       coalesce(i.code = ANY (:social) AND n.value < :min_population, false) AS too_few,
       coalesce(v.smallest_base < :min_denominator, false) AS small_base,
       coalesce(v.smallest_agency < :min_count_agency, false)
           OR coalesce(v.smallest_count < :min_count, false)
              AND NOT (CAST(:show_zeros AS boolean) AND coalesce(v.smallest_nonzero, :min_count) >= :min_count)
           AS too_small
FROM warehouse.indicator_value v
JOIN catalogue.indicator i ON i.id = v.indicator_id
JOIN geo.unit u ON u.id = v.unit_id
-- drafts beside the version shown would give their differences away; comparison areas are no division of the city
JOIN geo.district_version d ON d.id = u.version_id
                           AND (d.is_current OR d.status IN ('adopted', 'superseded') OR u.level = :comparison)
JOIN warehouse.period p ON p.code = v.period
LEFT JOIN inhabitants n
       ON n.unit_id = v.unit_id AND (n.since < upper(p.valid) OR n.before IS NULL)
      AND (n.until >= upper(p.valid) OR n.until IS NULL)
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


def judge(connection: Connection, catalogue: Catalogue) -> None:
    """Fill the temporary table ``judged_value``: all computed values of the shown versions, true numbers among them.

    ``too_few``: too few people live there; ``small_base``: a rate of too few; ``too_small``: a count below the limit;
    ``official``: a figure of official statistics, which has been protected by those who published it.
    """
    policy = catalogue.policy
    connection.execute(text("DROP TABLE IF EXISTS pg_temp.judged_value"))
    connection.execute(
        JUDGE,
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
    connection.execute(text("ANALYZE pg_temp.judged_value"))
