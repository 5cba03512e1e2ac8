-- Jede gezählte Person der gültigen Lieferungen steht im Wert der Stadt
WITH counted AS (
    SELECT d.source, c.measure_id, c.group_code, c.period, sum(c.value) AS value
    FROM warehouse.count c
    JOIN intake.delivery d ON d.id = c.delivery_id AND d.status = 'active'
    JOIN catalogue.source q ON q.code = d.source AND q.smallest_level = 'block'
    GROUP BY d.source, c.measure_id, c.group_code, c.period
)
SELECT c.source AS quelle, m.code AS messgroesse, c.group_code AS gruppe, c.period AS zeitraum, v.label AS gebietsstand,
       c.value AS gezaehlt, n.value AS stadt
FROM counted c
JOIN catalogue.measure m ON m.id = c.measure_id
JOIN geo.district_version v ON v.id IN (SELECT a.version_id FROM geo.block_assignment a)
JOIN geo.level top ON top.rank = 0
JOIN geo.unit s ON s.version_id = v.id AND s.level = top.code
LEFT JOIN warehouse.unit_count n
  ON n.unit_id = s.id AND n.measure_id = c.measure_id AND n.group_code = c.group_code AND n.period = c.period
WHERE EXISTS (SELECT FROM warehouse.unit_count)
  -- shares of cohorts are fractions, whose sums depend on the order by a rounding error
  AND NOT coalesce(abs(n.value - c.value) <= 1e-9 * greatest(1, abs(c.value)), n.value IS NULL AND c.value IS NULL);
