"""The index of segregation of a group against the rest, for the city, from its districts."""

from __future__ import annotations

from sqlalchemy import text

SEGREGATE = text("""
-- Duncan and Duncan (1955): IS = ½ Σ |x_i / X - y_i / Y| over the districts, x the group and y the rest of the
-- population; what belongs to no district is left out of both. Every district has to be known.
INSERT INTO warehouse.indicator_value (indicator_id, unit_id, group_code, period, reference_date, value, status,
    quality, smallest_count, smallest_nonzero, smallest_agency, smallest_base)
WITH district AS (
    SELECT s.*, s.denominator - s.numerator AS rest,
           sum(s.numerator) OVER whole AS all_group, sum(s.denominator - s.numerator) OVER whole AS all_rest
    FROM summed s
    JOIN asked a USING (indicator_id, scope)
    WHERE a.segregation AND s.scope = :city AND s.level = :district
    WINDOW whole AS (PARTITION BY s.indicator_id, s.version_id, s.group_code, s.year)
), city AS (
    SELECT d.indicator_id, d.version_id, d.group_code, d.year,
           0.5 * sum(abs(d.numerator / nullif(d.all_group, 0) - d.rest / nullif(d.all_rest, 0))) AS dissimilarity,
           CASE WHEN count(*) < (SELECT count(*) FROM geo.unit k WHERE k.version_id = d.version_id
                                                                   AND k.level = :district) THEN 5
                WHEN max(d.state) <= 2 AND (min(d.all_group) = 0 OR min(d.all_rest) = 0) THEN 6
                ELSE max(d.state) END AS state,
           max(d.quality) AS quality, max(d.reference_date) AS reference_date,
           min(least(d.smallest, d.rest)) AS smallest,
           min(least(d.smallest_nonzero, nullif(d.rest, 0))) AS smallest_nonzero,
           min(d.smallest_agency) AS smallest_agency, sum(d.base) AS base
    FROM district d
    GROUP BY d.indicator_id, d.version_id, d.group_code, d.year
)
SELECT c.indicator_id, u.id, c.group_code, p.code, CASE WHEN a.pool = 1 THEN c.reference_date END,
       CASE WHEN c.state <= 2 THEN a.factor * c.dissimilarity END,
       (ARRAY['gueltig', 'unsicher', 'geheim', 'folgt', 'fehlt', 'nicht_sinnvoll', 'nicht_vergleichbar'])[c.state],
       c.quality, c.smallest, c.smallest_nonzero, c.smallest_agency, c.base
FROM city c
JOIN asked a ON a.indicator_id = c.indicator_id AND a.scope = :city
JOIN result_period p USING (pool, school, year)
JOIN geo.level l ON l.rank = 0
JOIN geo.unit u ON u.version_id = c.version_id AND u.level = l.code
""")
