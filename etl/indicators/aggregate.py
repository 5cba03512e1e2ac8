"""From counts in the smallest unit to counts by unit of every level: exact sums; estimates only between versions."""

from __future__ import annotations

from sqlalchemy import Connection, text

from etl.catalogue import NOT_LOCATED, Catalogue
from etl.districts.custom_areas.counts import recount as recount_drawn_areas
from etl.indicators.carry import carry_over

CLEAR = text("DELETE FROM warehouse.unit_count")

BLOCK_SUMS = text("""
-- Counts by block, summed to the districts of every version that has an assignment; what has no district is a sum of
-- its own, 'nicht zuordenbar'.
CREATE TEMPORARY TABLE block_sum ON COMMIT DROP AS
WITH by_block AS (
    SELECT d.id FROM intake.delivery d JOIN catalogue.source s ON s.code = d.source
    WHERE d.status = 'active' AND s.smallest_level = 'block'
), nowhere AS (
    SELECT u.version_id, u.id AS unit_id FROM geo.unit u
    WHERE u.level = :not_located AND u.version_id IN (SELECT a.version_id FROM geo.block_assignment a)
)
SELECT coalesce(a.unit_id, n.unit_id) AS unit_id, c.delivery_id, c.measure_id, c.group_code, c.period,
       sum(c.value) AS value
FROM warehouse.count c
CROSS JOIN nowhere n
LEFT JOIN geo.block_assignment a ON a.version_id = n.version_id AND a.block_id = c.block_id
WHERE c.delivery_id IN (SELECT id FROM by_block) AND c.unit_id IS NULL
GROUP BY 1, c.delivery_id, c.measure_id, c.group_code, c.period
""")

BY_BLOCK = text("""
-- A district without persons is 0, because an active delivery by block covers the whole city.
WITH cell AS (
    SELECT b.delivery_id, b.measure_id, b.group_code, b.period,
           CASE WHEN s.reference = 'stock' THEN d.reference_date END AS reference_date,
           CASE WHEN s.code = ANY (:estimates) THEN 'geschaetzt' ELSE 'exakt' END AS quality
    FROM (SELECT DISTINCT delivery_id, measure_id, group_code, period FROM block_sum) b
    JOIN intake.delivery d ON d.id = b.delivery_id
    JOIN catalogue.source s ON s.code = d.source
), target AS (
    SELECT u.id AS unit_id FROM geo.unit u
    WHERE u.level IN (:district, :not_located)
      AND u.version_id IN (SELECT a.version_id FROM geo.block_assignment a)
)
INSERT INTO warehouse.unit_count (unit_id, measure_id, group_code, period, value, status, quality, reference_date)
SELECT t.unit_id, c.measure_id, c.group_code, c.period, coalesce(s.value, 0), 'gueltig', c.quality, c.reference_date
FROM cell c
CROSS JOIN target t
LEFT JOIN block_sum s USING (unit_id, delivery_id, measure_id, group_code, period)
""")

BY_UNIT = text("""
-- Counts delivered by area; 'nicht zuordenbar' belongs to the version of the areas beside it. Of two deliveries with
-- the same level and period the one with the later reference date counts, as a whole.
WITH given AS MATERIALIZED (
    SELECT c.measure_id, c.group_code, c.period, d.id AS delivery_id, d.reference_date AS delivered,
           c.unit_id, u.version_id, c.value, c.status,
           first_value(d.id) OVER (PARTITION BY c.measure_id, c.group_code, c.period, u.version_id, u.level
                                   ORDER BY d.reference_date DESC, d.id DESC) AS latest,
           CASE WHEN q.code = ANY (:estimates) THEN 'geschaetzt' ELSE 'exakt' END AS quality,
           CASE WHEN q.reference <> 'stock' THEN NULL
                WHEN q.periodicity = 'jaehrlich'
                THEN (extract(year FROM lower(p.valid)) || '-' || q.reference_day)::date
                WHEN q.periodicity = 'einmalig' THEN d.reference_date
                ELSE upper(p.valid) - 1 END AS reference_date
    FROM warehouse.count c
    JOIN intake.delivery d ON d.id = c.delivery_id AND d.status = 'active'
    JOIN catalogue.source q ON q.code = d.source AND q.smallest_level <> 'block'
    JOIN warehouse.period p ON p.code = c.period
    LEFT JOIN geo.unit u ON u.id = c.unit_id
), beside AS (
    SELECT DISTINCT g.measure_id, g.group_code, g.period, g.delivery_id, n.id AS unit_id
    FROM given g JOIN geo.unit n ON n.version_id = g.version_id AND n.level = :not_located
    WHERE g.delivery_id = g.latest
)
INSERT INTO warehouse.unit_count (unit_id, measure_id, group_code, period, value, status, quality, reference_date)
SELECT unit_id, measure_id, group_code, period, value, status, quality, reference_date
FROM given WHERE unit_id IS NOT NULL AND delivery_id = latest
UNION ALL
SELECT * FROM (
    SELECT DISTINCT ON (b.unit_id, g.measure_id, g.group_code, g.period)
           b.unit_id, g.measure_id, g.group_code, g.period, g.value, g.status, g.quality, g.reference_date
    FROM given g
    JOIN beside b USING (measure_id, group_code, period, delivery_id)
    WHERE g.unit_id IS NULL
    ORDER BY b.unit_id, g.measure_id, g.group_code, g.period, g.delivered DESC, g.delivery_id DESC
) AS unlocated
ON CONFLICT DO NOTHING
""")

REST = text("""
-- A delivered total of the city above the sum of its areas, all of them known, and nothing said of the rest: that many
-- could not be attributed.
INSERT INTO warehouse.unit_count (unit_id, measure_id, group_code, period, value, status, quality, reference_date)
SELECT DISTINCT ON (n.id, t.measure_id, t.group_code, t.period)
       n.id, t.measure_id, t.group_code, t.period, t.value - k.value, t.status, t.quality, t.reference_date
FROM geo.unit s
JOIN geo.unit n ON n.parent_id = s.id AND n.level = :not_located
JOIN warehouse.unit_count t ON t.unit_id = s.id AND t.value IS NOT NULL
JOIN geo.level l ON l.parent = s.level AND l.code <> :not_located
CROSS JOIN LATERAL (
    SELECT sum(c.value) AS value, count(c.value) AS known
    FROM geo.unit u
    LEFT JOIN warehouse.unit_count c
           ON c.unit_id = u.id AND c.measure_id = t.measure_id AND c.group_code = t.group_code AND c.period = t.period
    WHERE u.parent_id = s.id AND u.level = l.code
    HAVING count(*) = count(c.value) AND count(*) > 0
) k
WHERE s.level = :level AND t.value > k.value + 1e-6
  AND NOT EXISTS (SELECT FROM warehouse.unit_count z WHERE z.unit_id = n.id AND z.measure_id = t.measure_id
                                                       AND z.group_code = t.group_code AND z.period = t.period)
ORDER BY n.id, t.measure_id, t.group_code, t.period, l.rank
ON CONFLICT DO NOTHING
""")

ROLL_UP = text("""
-- A unit gets the sum of its children; a withheld or missing child makes the sum withheld or missing too. Complete sums
-- first, should children stand on two levels. A count of its own (a total in the file) stands where a child is not
-- known, because it holds the true values; where all are known it is their sum, so that all levels agree.
INSERT INTO warehouse.unit_count AS own
    (unit_id, measure_id, group_code, period, value, status, quality, reference_date)
SELECT DISTINCT ON (unit_id, measure_id, group_code, period)
       unit_id, measure_id, group_code, period,
       CASE WHEN state IN ('gueltig', 'unsicher') THEN value END, state, quality, reference_date
FROM (
    SELECT p.id AS unit_id, c.measure_id, c.group_code, c.period, sum(c.value) AS value, l.rank,
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
    GROUP BY p.id, l.code, l.rank, f.children, c.measure_id, c.group_code, c.period
    HAVING count(*) FILTER (WHERE u.level = l.code) > 0
) AS summed
ORDER BY unit_id, measure_id, group_code, period, state = 'fehlt', rank
ON CONFLICT (unit_id, measure_id, group_code, period) DO UPDATE
SET value = excluded.value, status = excluded.status, quality = excluded.quality,
    reference_date = excluded.reference_date
WHERE excluded.status IN ('gueltig', 'unsicher') AND excluded.quality <= own.quality
  AND (own.value IS NULL OR abs(excluded.value - own.value) > 1e-6)
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
        if level == catalogue.city.top:
            connection.execute(REST, {"level": level.code, "not_located": NOT_LOCATED})
        connection.execute(ROLL_UP, {"level": level.code, "not_located": NOT_LOCATED})


def aggregate(connection: Connection, catalogue: Catalogue) -> int:
    """Recompute ``warehouse.unit_count`` from all active deliveries; returns its number of rows.

    Sums are exact: block counts are re-aggregated to every district version; a level without counts of its own is the
    sum of the level below plus, for the city, what could not be located. What a version was never given comes from
    another one along the crosswalk, marked with how good it is; so are values of sources that are estimates.
    """
    estimates = [s.code for s in catalogue.sources if s.estimate]
    names = {"not_located": NOT_LOCATED, "estimates": estimates}
    # fresh statistics: without them the planner takes freshly filled tables for empty
    connection.execute(
        text("ANALYZE warehouse.count, intake.delivery, catalogue.source, geo.block_assignment, geo.unit")
    )
    connection.execute(CLEAR)
    connection.execute(text("DROP TABLE IF EXISTS pg_temp.block_sum"))
    connection.execute(BLOCK_SUMS, {"not_located": NOT_LOCATED})
    connection.execute(text("ANALYZE pg_temp.block_sum"))
    connection.execute(BY_BLOCK, {**names, "district": catalogue.city.district_level or ""})
    connection.execute(BY_UNIT, names)
    connection.execute(text("ANALYZE warehouse.unit_count"))
    _roll_up(connection, catalogue)
    if carry_over(connection, catalogue):
        connection.execute(text("ANALYZE warehouse.unit_count"))
        _roll_up(connection, catalogue)
    connection.execute(AREA)
    recount_drawn_areas(connection, catalogue.city.population)
    return int(connection.scalar(text("SELECT count(*) FROM warehouse.unit_count")) or 0)
