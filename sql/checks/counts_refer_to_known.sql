-- Jede Anzahl gehört zu einer bekannten Lieferung und einem bekannten Ort, jede Anzahl und jeder Wert zu bekannten Größen und Zeiträumen
WITH counted AS MATERIALIZED (
    SELECT DISTINCT delivery_id, measure_id FROM warehouse.count
), placed AS MATERIALIZED (
    SELECT DISTINCT block_id, unit_id FROM warehouse.count
)
SELECT 'Anzahl' AS wo, c.delivery_id::text AS verweis, 'Lieferung' AS was
FROM (SELECT DISTINCT delivery_id FROM counted) c
LEFT JOIN intake.delivery d ON d.id = c.delivery_id
WHERE d.id IS NULL
UNION ALL
SELECT x.wo, x.measure_id::text, 'Messgröße'
FROM (SELECT DISTINCT 'Anzahl' AS wo, measure_id FROM counted
      UNION SELECT DISTINCT 'Gebiet', measure_id FROM warehouse.unit_count) x
LEFT JOIN catalogue.measure m ON m.id = x.measure_id
WHERE m.id IS NULL
UNION ALL
SELECT 'Wert', v.indicator_id::text, 'Kennzahl'
FROM (SELECT DISTINCT indicator_id FROM warehouse.indicator_value) v
LEFT JOIN catalogue.indicator i ON i.id = v.indicator_id
WHERE i.id IS NULL
UNION ALL
SELECT x.wo, x.period, 'Zeitraum'
FROM (SELECT DISTINCT 'Gebiet' AS wo, period FROM warehouse.unit_count
      UNION SELECT DISTINCT 'Wert', period FROM warehouse.indicator_value) x
LEFT JOIN warehouse.period p ON p.code = x.period
WHERE p.code IS NULL
UNION ALL
SELECT 'Anzahl', x.block_id::text, 'Baublock'
FROM (SELECT DISTINCT block_id FROM placed) x
LEFT JOIN geo.block b ON b.id = x.block_id
WHERE b.id IS NULL AND x.block_id IS NOT NULL
UNION ALL
SELECT 'Anzahl', x.unit_id::text, 'Gebiet'
FROM (SELECT DISTINCT unit_id FROM placed) x
LEFT JOIN geo.unit u ON u.id = x.unit_id
WHERE u.id IS NULL AND x.unit_id IS NOT NULL;
