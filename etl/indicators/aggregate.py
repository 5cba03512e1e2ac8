"""From counts in the smallest unit to counts by unit of every level: exact sums; estimates only between versions."""

from __future__ import annotations

from sqlalchemy import Connection, text

from etl.catalogue import NOT_LOCATED, Catalogue
from etl.districts.custom_areas.counts import recount as recount_drawn_areas
from etl.indicators.carry import carry_over

CLEAR = text("DELETE FROM warehouse.unit_count")

BY_BLOCK = text("""
-- Counts by block, summed to the districts of every version that has an assignment; a district without persons is 0,
-- because an active delivery by block covers the whole city. What has no district stays 'nicht zuordenbar'.
WITH by_block AS (
    SELECT d.id, d.reference_date FROM intake.delivery d JOIN catalogue.source s ON s.code = d.source
    WHERE d.status = 'active' AND s.smallest_level = 'block'
), target AS (
    SELECT u.version_id, u.id AS unit_id, u.level
    FROM geo.unit u
    WHERE u.level IN (:district, :not_located)
      AND u.version_id IN (SELECT a.version_id FROM geo.block_assignment a)
), summed AS MATERIALIZED (
    SELECT coalesce(a.unit_id, n.unit_id) AS unit_id, c.delivery_id, c.measure_id, c.group_code, c.period,
           sum(c.value) AS value
    FROM warehouse.count c
    JOIN target n ON n.level = :not_located
    LEFT JOIN geo.block_assignment a ON a.version_id = n.version_id AND a.block_id = c.block_id
    WHERE c.delivery_id IN (SELECT id FROM by_block) AND c.unit_id IS NULL
    GROUP BY 1, c.delivery_id, c.measure_id, c.group_code, c.period
), cell AS (
    SELECT DISTINCT delivery_id, measure_id, group_code, period FROM summed
)
INSERT INTO warehouse.unit_count (unit_id, measure_id, group_code, period, value, status, quality, reference_date)
SELECT t.unit_id, c.measure_id, c.group_code, c.period, coalesce(s.value, 0), 'gueltig', 'exakt', b.reference_date
FROM cell c
JOIN by_block b ON b.id = c.delivery_id
CROSS JOIN target t
LEFT JOIN summed s USING (unit_id, delivery_id, measure_id, group_code, period)
""")

BY_UNIT = text("""
-- Counts delivered by area; 'nicht zuordenbar' belongs to the version of the areas beside it.
WITH given AS (
    SELECT c.measure_id, c.group_code, c.period, d.id AS delivery_id, c.unit_id, c.value, c.status,
           CASE WHEN q.reference = 'stock' AND q.periodicity = 'jaehrlich'
                THEN (extract(year FROM lower(p.valid)) || '-' || q.reference_day)::date
                WHEN q.reference = 'stock' THEN upper(p.valid) - 1 END AS reference_date
    FROM warehouse.count c
    JOIN intake.delivery d ON d.id = c.delivery_id AND d.status = 'active'
    JOIN catalogue.source q ON q.code = d.source AND q.smallest_level <> 'block'
    JOIN warehouse.period p ON p.code = c.period
), version AS (
    SELECT DISTINCT g.delivery_id, u.version_id FROM given g JOIN geo.unit u ON u.id = g.unit_id
)
INSERT INTO warehouse.unit_count (unit_id, measure_id, group_code, period, value, status, quality, reference_date)
SELECT DISTINCT ON (unit_id, measure_id, group_code, period)
       unit_id, measure_id, group_code, period, value, status, 'exakt', reference_date
FROM (
    SELECT g.unit_id, g.measure_id, g.group_code, g.period, g.value, g.status, g.delivery_id, g.reference_date
    FROM given g WHERE g.unit_id IS NOT NULL
    UNION ALL
    SELECT u.id, g.measure_id, g.group_code, g.period, g.value, g.status, g.delivery_id, g.reference_date
    FROM given g
    JOIN version v ON v.delivery_id = g.delivery_id
    JOIN geo.unit u ON u.version_id = v.version_id AND u.level = :not_located
    WHERE g.unit_id IS NULL
) AS placed
-- the same area and period in two deliveries: the later delivery counts
ORDER BY unit_id, measure_id, group_code, period, delivery_id DESC
ON CONFLICT DO NOTHING
""")

ROLL_UP = text("""
-- A unit that has no count of its own gets the sum of its children, provided that every child has one; a withheld or
-- missing child makes the sum withheld or missing too. Complete sums first, should children stand on two levels.
INSERT INTO warehouse.unit_count (unit_id, measure_id, group_code, period, value, status, quality, reference_date)
SELECT unit_id, measure_id, group_code, period,
       CASE WHEN state IN ('gueltig', 'unsicher') THEN value END, state, quality, reference_date
FROM (
    SELECT p.id AS unit_id, c.measure_id, c.group_code, c.period, sum(c.value) AS value,
           CASE WHEN count(*) FILTER (WHERE u.level <> :not_located) < f.children THEN 'fehlt'
                ELSE (ARRAY['gueltig', 'unsicher', 'geheim', 'folgt', 'fehlt', 'nicht_sinnvoll', 'nicht_vergleichbar'])
                     [max(array_position(ARRAY['gueltig', 'unsicher', 'geheim', 'folgt', 'fehlt', 'nicht_sinnvoll',
                                               'nicht_vergleichbar'], c.status))]
           END AS state,
           max(c.quality) AS quality, max(c.reference_date) AS reference_date
    FROM geo.unit p
    JOIN geo.level l ON l.parent = p.level AND l.code <> :not_located
    CROSS JOIN LATERAL (
        SELECT count(*) AS children FROM geo.unit k WHERE k.parent_id = p.id AND k.level = l.code
    ) f
    JOIN geo.unit u ON u.parent_id = p.id AND u.level IN (l.code, :not_located)
    JOIN warehouse.unit_count c ON c.unit_id = u.id
    WHERE p.level = :level AND f.children > 0
    GROUP BY p.id, l.code, f.children, c.measure_id, c.group_code, c.period
    HAVING count(*) FILTER (WHERE u.level = l.code) > 0
) AS summed
ORDER BY state = 'fehlt'
ON CONFLICT DO NOTHING
""")

AREA = text("""
INSERT INTO warehouse.unit_count (unit_id, measure_id, group_code, period, value, status, quality)
SELECT u.id, m.id, 'insgesamt', p.period, u.area_m2 / 1e6, 'gueltig', 'exakt'
FROM geo.unit u
CROSS JOIN catalogue.measure m
CROSS JOIN (SELECT DISTINCT period FROM warehouse.unit_count) p
WHERE m.kind = 'area_km2' AND m.active AND u.geom IS NOT NULL
""")


def _roll_up(connection: Connection, catalogue: Catalogue) -> None:
    """Sums of the levels above, from the finest upwards."""
    for level in reversed(catalogue.city.levels):
        connection.execute(ROLL_UP, {"level": level.code, "not_located": NOT_LOCATED})


def aggregate(connection: Connection, catalogue: Catalogue) -> int:
    """Recompute ``warehouse.unit_count`` from all active deliveries; returns its number of rows.

    Sums are exact: block counts are re-aggregated to every district version; a level without counts of its own is the
    sum of the level below plus, for the city, what could not be located. What a version was never given comes from
    another one along the crosswalk, marked with how good it is.
    """
    names = {"not_located": NOT_LOCATED, "district": catalogue.city.district_level or ""}
    # fresh statistics: without them the planner takes freshly filled tables for empty
    connection.execute(
        text("ANALYZE warehouse.count, intake.delivery, catalogue.source, geo.block_assignment, geo.unit")
    )
    connection.execute(CLEAR)
    connection.execute(BY_BLOCK, names)
    connection.execute(BY_UNIT, {"not_located": NOT_LOCATED})
    connection.execute(text("ANALYZE warehouse.unit_count"))
    _roll_up(connection, catalogue)
    if carry_over(connection, catalogue):
        connection.execute(text("ANALYZE warehouse.unit_count"))
        _roll_up(connection, catalogue)
    connection.execute(AREA)
    recount_drawn_areas(connection, catalogue.city.population)
    return int(connection.scalar(text("SELECT count(*) FROM warehouse.unit_count")) or 0)
