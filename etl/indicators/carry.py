"""Counts that a version was never given: carried over from another version along the crosswalk.

Exact where a unit is unchanged or the sum of units of the other version; estimated where it was split or cut anew. An
estimate divides a source by the distribution of a measure known in smaller areas, never by a rate; totals stay.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

from etl.catalogue import NOT_LOCATED, Catalogue

MAX_ERROR = 0.25
"""Mean replayed error from which estimates with a measure's weights are not comparable."""
MIN_COVER = 0.95
"""Share of a unit's area that the other version must cover."""

WANTED = text("""
-- What each version lacks entirely, and the version that has it: the finest first, then the one valid at that time.
CREATE TEMPORARY TABLE wanted_carry ON COMMIT DROP AS
WITH has AS (
    SELECT u.version_id, c.measure_id, c.group_code, c.period,
           max(l.rank) FILTER (WHERE u.level <> :not_located) AS finest
    FROM warehouse.unit_count c
    JOIN geo.unit u ON u.id = c.unit_id
    JOIN geo.level l ON l.code = u.level
    GROUP BY u.version_id, c.measure_id, c.group_code, c.period
), pair AS (
    SELECT DISTINCT f.version_id AS source, t.version_id AS target
    FROM geo.crosswalk x JOIN geo.unit f ON f.id = x.from_unit_id JOIN geo.unit t ON t.id = x.to_unit_id
)
SELECT DISTINCT ON (p.target, h.measure_id, h.group_code, h.period)
       p.source, p.target, h.measure_id, h.group_code, h.period, h.finest
FROM has h
JOIN pair p ON p.source = h.version_id
JOIN geo.district_version v ON v.id = p.source
JOIN warehouse.period z ON z.code = h.period
WHERE NOT EXISTS (
    SELECT FROM has o WHERE o.version_id = p.target AND o.measure_id = h.measure_id AND o.group_code = h.group_code
                        AND o.period = h.period)
ORDER BY p.target, h.measure_id, h.group_code, h.period, h.finest DESC NULLS LAST, (v.valid && z.valid) DESC, v.id DESC
""")

CARRIER = text("""
-- By which measure's distribution a measure is divided: its own, the one the catalogue names, the population; the
-- period nearest in time. How good that was when it was replayed decides whether the result is comparable.
CREATE TEMPORARY TABLE carry_weight ON COMMIT DROP AS
WITH relation AS (
    SELECT x.id, x.from_unit_id, x.to_unit_id, x.area_weight, f.version_id AS source, t.version_id AS target, f.level
    FROM geo.crosswalk x JOIN geo.unit f ON f.id = x.from_unit_id JOIN geo.unit t ON t.id = x.to_unit_id
), offered AS (
    SELECT DISTINCT r.source, r.target, w.measure_id, w.period
    FROM warehouse.crosswalk_weight w JOIN relation r ON r.id = w.crosswalk_id
), chosen AS (
    SELECT DISTINCT ON (w.source, w.target, w.measure_id, w.period)
           w.source, w.target, w.measure_id, w.period, o.measure_id AS carrier_id, o.period AS carrier_period
    FROM (SELECT DISTINCT source, target, measure_id, period FROM wanted_carry) w
    JOIN catalogue.measure m ON m.id = w.measure_id
    JOIN offered o ON o.source = w.source AND o.target = w.target
    JOIN catalogue.measure k ON k.id = o.measure_id
    WHERE k.id = m.id OR k.code = m.definition ->> 'carrier' OR k.code = :population
    ORDER BY w.source, w.target, w.measure_id, w.period, k.id = m.id DESC,
             coalesce(k.code = m.definition ->> 'carrier', false) DESC,
             abs(substring(o.period FROM '\\d{4}')::int - substring(w.period FROM '\\d{4}')::int), o.period DESC
), error AS (
    SELECT from_version_id AS source, to_version_id AS target, level, carrier_id, avg(error) AS error
    FROM warehouse.crosswalk_error GROUP BY from_version_id, to_version_id, level, carrier_id
), amount AS (
    -- pieces with fewer persons than may be shown count as empty: nobody shall compute them from the estimates
    SELECT r.source, r.target, r.level, r.id, r.from_unit_id, c.measure_id, c.period, c.carrier_id, r.area_weight,
           CASE WHEN w.amount >= :min_count THEN w.amount ELSE 0 END AS amount
    FROM chosen c
    JOIN relation r ON r.source = c.source AND r.target = c.target
    JOIN warehouse.crosswalk_weight w
      ON w.crosswalk_id = r.id AND w.measure_id = c.carrier_id AND w.period = c.carrier_period
)
SELECT a.id, a.measure_id, a.period,
       coalesce(a.amount / nullif(sum(a.amount) OVER source, 0), a.area_weight) AS weight,
       e.error
FROM amount a
LEFT JOIN error e ON e.source = a.source AND e.target = a.target AND e.level = a.level AND e.carrier_id = a.carrier_id
WINDOW source AS (PARTITION BY a.from_unit_id, a.target, a.measure_id, a.period)
""")

CARRY = text("""
WITH relation AS (
    SELECT x.*, f.version_id AS source, t.version_id AS target, t.level, l.rank,
           x.relation IN ('unchanged', 'merged') AS exact,
           -- ground without counterpart: what stands there belongs to nobody here
           f.area_m2 > 0 AND sum(x.area_m2) OVER (PARTITION BY x.from_unit_id, t.version_id) < :cover * f.area_m2
               AS leaves,
           t.area_m2 > 0 AND sum(x.area_m2) OVER (PARTITION BY x.to_unit_id, f.version_id) < :cover * t.area_m2
               AS uncovered
    FROM geo.crosswalk x
    JOIN geo.unit f ON f.id = x.from_unit_id
    JOIN geo.unit t ON t.id = x.to_unit_id
    JOIN geo.level l ON l.code = t.level
), part AS (
    SELECT r.to_unit_id, w.measure_id, w.group_code, w.period, r.target, r.level, r.component, r.exact,
           r.leaves OR r.uncovered OR (NOT r.exact AND coalesce(k.error, 0) > :max_error) AS strange,
           CASE WHEN r.exact THEN 1 ELSE coalesce(k.weight, r.area_weight) END AS weight,
           c.value, coalesce(c.status, 'fehlt') AS status, c.reference_date,
           greatest(coalesce(c.quality, 'exakt'), CASE r.relation WHEN 'unchanged' THEN 'exakt'
                                                                  WHEN 'merged' THEN 'exakt_teilung'
                                                                  ELSE 'geschaetzt' END) AS quality
    FROM wanted_carry w
    JOIN relation r ON r.source = w.source AND r.target = w.target
    LEFT JOIN warehouse.unit_count c
           ON c.unit_id = r.from_unit_id AND c.measure_id = w.measure_id AND c.group_code = w.group_code
          AND c.period = w.period
    LEFT JOIN carry_weight k ON k.id = r.id AND k.measure_id = w.measure_id AND k.period = w.period
    -- above the finest level only what is exact: the rest is the sum of the units below
    WHERE r.rank = w.finest OR (r.exact AND c.unit_id IS NOT NULL)
), unit AS (
    SELECT p.to_unit_id, p.measure_id, p.group_code, p.period, p.target, p.level, p.component,
           bool_and(p.exact) AS exact, coalesce(sum(p.weight * p.value), 0) AS value, max(p.quality) AS quality,
           max(p.reference_date) AS reference_date,
           CASE WHEN bool_or(p.strange) THEN 'nicht_vergleichbar'
                ELSE coalesce((ARRAY['gueltig', 'unsicher', 'geheim', 'folgt', 'fehlt', 'nicht_sinnvoll',
                                     'nicht_vergleichbar'])
                    [max(array_position(ARRAY['gueltig', 'unsicher', 'geheim', 'folgt', 'fehlt', 'nicht_sinnvoll',
                                              'nicht_vergleichbar'], p.status)) FILTER (WHERE p.weight > 0)], 'gueltig')
           END AS status
    FROM part p
    GROUP BY p.to_unit_id, p.measure_id, p.group_code, p.period, p.target, p.level, p.component
), cut AS (
    -- estimates of persons and cases are whole numbers: rounded down, the rest to those with the largest fractions, so
    -- that the sum of a group of linked units stays
    SELECT u.*, floor(u.value + 1e-9) AS whole,
           round(sum(u.value) OVER g - sum(floor(u.value + 1e-9)) OVER g) AS missing,
           row_number() OVER (PARTITION BY u.target, u.level, u.component, u.measure_id, u.group_code, u.period
                              ORDER BY u.value - floor(u.value + 1e-9) DESC, u.to_unit_id) AS turn
    FROM unit u
    WHERE NOT u.exact AND u.status IN ('gueltig', 'unsicher')
    WINDOW g AS (PARTITION BY u.target, u.level, u.component, u.measure_id, u.group_code, u.period)
)
INSERT INTO warehouse.unit_count (unit_id, measure_id, group_code, period, value, status, quality, reference_date)
SELECT u.to_unit_id, u.measure_id, u.group_code, u.period,
       CASE WHEN u.status NOT IN ('gueltig', 'unsicher') THEN NULL
            WHEN u.exact OR m.kind <> 'count' THEN u.value
            ELSE c.whole + CASE WHEN c.turn <= c.missing THEN 1 ELSE 0 END END,
       u.status, u.quality, u.reference_date
FROM unit u
JOIN catalogue.measure m ON m.id = u.measure_id
LEFT JOIN cut c USING (to_unit_id, measure_id, group_code, period)
ON CONFLICT DO NOTHING
""")


def carry_over(connection: Connection, catalogue: Catalogue) -> int:
    """Fill ``warehouse.unit_count`` of versions that lack a measure's period, along the stored crosswalks.

    Needs the sums of the versions that were given the counts. Returns the number of rows made; levels above what was
    carried are then summed by the caller. Quality: ``exakt`` (unchanged unit), ``exakt_teilung`` (sum of merged units),
    ``geschaetzt``. Status ``nicht_vergleichbar`` where the other version does not cover the unit, or the replayed error
    of such estimates is above ``MAX_ERROR``.
    """
    if not connection.scalar(text("SELECT EXISTS (SELECT FROM geo.crosswalk)")):
        return 0
    connection.execute(text("DROP TABLE IF EXISTS pg_temp.wanted_carry, pg_temp.carry_weight"))
    connection.execute(WANTED, {"not_located": NOT_LOCATED})
    connection.execute(CARRIER, {"population": catalogue.city.population, "min_count": catalogue.policy.min_count})
    connection.execute(text("ANALYZE pg_temp.wanted_carry, pg_temp.carry_weight"))
    return connection.execute(CARRY, {"cover": MIN_COVER, "max_error": MAX_ERROR}).rowcount
