"""Indicators from aggregated counts: one set-based statement for all units, groups and periods."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import Connection, text

from etl.catalogue import NOT_LOCATED, Catalogue
from etl.indicators.aggregate import aggregate

TERMS = text("""
CREATE TEMPORARY TABLE term ON COMMIT DROP AS
SELECT i.id AS indicator_id, i.kind AS indicator_kind, l.rank AS lowest_rank, t.part, m.id AS measure_id,
       m.kind AS measure_kind, t.coefficient, t.lag
FROM unnest(CAST(:codes AS text[]), CAST(:parts AS text[]), CAST(:measures AS text[]),
            CAST(:coefficients AS double precision[]), CAST(:lags AS int[])) AS t(code, part, measure, coefficient, lag)
JOIN catalogue.indicator i ON i.code = t.code
JOIN catalogue.measure m ON m.code = t.measure
JOIN geo.level l ON l.code = i.lowest_level
""")

COMPUTE = text("""
WITH need AS (
    SELECT indicator_id, indicator_kind, lowest_rank, count(DISTINCT measure_id) AS measures, max(lag) AS max_lag,
           min(measure_id) FILTER (WHERE part = 'numerator' AND lag = 0) AS anchor
    FROM term GROUP BY indicator_id, indicator_kind, lowest_rank
), offered AS (
    SELECT DISTINCT measure_id, group_code FROM warehouse.unit_count
), groups AS (
    -- a group is published only where every measure of the indicator knows it
    SELECT n.indicator_id, o.group_code
    FROM need n
    JOIN (SELECT DISTINCT indicator_id, measure_id FROM term) t USING (indicator_id)
    JOIN offered o USING (measure_id)
    GROUP BY n.indicator_id, n.measures, o.group_code
    HAVING count(*) = n.measures
), cell AS (
    SELECT n.indicator_id, n.indicator_kind, c.unit_id, c.group_code, c.period, p.valid
    FROM need n
    JOIN groups g USING (indicator_id)
    JOIN warehouse.unit_count c ON c.measure_id = n.anchor AND c.group_code = g.group_code
    JOIN warehouse.period p ON p.code = c.period
    JOIN geo.unit u ON u.id = c.unit_id
    JOIN geo.level l ON l.code = u.level
    WHERE l.rank <= n.lowest_rank OR (u.level = :not_located AND n.indicator_kind IN ('anzahl', 'saldo', 'summe'))
), part AS (
    SELECT k.indicator_id, k.unit_id, k.group_code, k.period, t.part, t.coefficient, t.measure_kind,
           c.value, coalesce(c.status, 'fehlt') AS status, coalesce(c.quality, 'exakt') AS quality, c.reference_date,
           t.lag
    FROM cell k
    JOIN term t USING (indicator_id)
    LEFT JOIN warehouse.period p
           ON t.lag = 0 AND p.code = k.period
           OR t.lag > 0 AND lower(p.valid) = (lower(k.valid) - make_interval(years => t.lag))::date
                        AND upper(p.valid) = (upper(k.valid) - make_interval(years => t.lag))::date
    LEFT JOIN warehouse.unit_count c
           ON c.unit_id = k.unit_id AND c.measure_id = t.measure_id AND c.group_code = k.group_code
          AND c.period = p.code
), summed AS (
    SELECT indicator_id, unit_id, group_code, period,
           sum(coefficient * value) FILTER (WHERE part = 'numerator') AS numerator,
           sum(coefficient * value) FILTER (WHERE part = 'denominator') AS denominator,
           count(*) FILTER (WHERE part = 'denominator') > 0 AS is_quotient,
           (ARRAY['gueltig', 'unsicher', 'geheim', 'folgt', 'fehlt', 'nicht_sinnvoll', 'nicht_vergleichbar'])
               [max(array_position(ARRAY['gueltig', 'unsicher', 'geheim', 'folgt', 'fehlt', 'nicht_sinnvoll',
                                         'nicht_vergleichbar'], status))] AS status,
           max(quality) AS quality,
           max(reference_date) FILTER (WHERE lag = 0) AS reference_date,
           min(value) FILTER (WHERE measure_kind = 'count') AS smallest,
           min(value) FILTER (WHERE measure_kind = 'count' AND value <> 0) AS smallest_nonzero
    FROM part
    GROUP BY indicator_id, unit_id, group_code, period
)
INSERT INTO warehouse.indicator_value (indicator_id, unit_id, group_code, period, reference_date, numerator,
    denominator, value, status, quality, smallest_count, smallest_nonzero)
SELECT s.indicator_id, s.unit_id, s.group_code, s.period, s.reference_date,
       CASE WHEN v.status IN ('gueltig', 'unsicher', 'nicht_sinnvoll') THEN s.numerator END,
       CASE WHEN v.status IN ('gueltig', 'unsicher', 'nicht_sinnvoll') THEN s.denominator END,
       CASE WHEN v.status IN ('gueltig', 'unsicher')
            THEN i.factor * s.numerator / CASE WHEN s.is_quotient THEN s.denominator ELSE 1 END END,
       v.status, s.quality,
       -- the complement of a share is shown with it
       least(s.smallest, CASE WHEN i.kind = 'anteil' THEN s.denominator - s.numerator END),
       least(s.smallest_nonzero, CASE WHEN i.kind = 'anteil' THEN nullif(s.denominator - s.numerator, 0) END)
FROM summed s
JOIN catalogue.indicator i ON i.id = s.indicator_id
CROSS JOIN LATERAL (
    SELECT CASE WHEN s.status IN ('gueltig', 'unsicher') AND s.is_quotient AND s.denominator = 0 THEN 'nicht_sinnvoll'
                ELSE s.status END AS status
) v
""")


def compute(connection: Connection, catalogue: Catalogue) -> int:
    """Recompute aggregates and all indicators of the catalogue; returns the number of indicator values.

    A value is numerator / denominator × factor, unrounded. It is withheld, missing and so on as its worst part is; a
    denominator of 0 gives ``nicht_sinnvoll``. All in the caller's transaction: readers see the old values until then.
    """
    aggregate(connection, catalogue)
    connection.execute(text("DELETE FROM warehouse.indicator_value"))
    parts: tuple[Literal["numerator", "denominator"], ...] = ("numerator", "denominator")
    terms = [(i.code, part, term) for i in catalogue.indicators for part in parts for term in i.terms(part)]
    connection.execute(
        TERMS,
        {
            "codes": [code for code, _, _ in terms],
            "parts": [part for _, part, _ in terms],
            "measures": [term.measure for _, _, term in terms],
            "coefficients": [term.coefficient for _, _, term in terms],
            "lags": [term.lag for _, _, term in terms],
        },
    )
    connection.execute(text("ANALYZE term"))
    return connection.execute(COMPUTE, {"not_located": NOT_LOCATED}).rowcount
