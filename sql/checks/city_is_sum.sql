-- Stadt ist gleich Summe der Gebiete jeder Ebene plus nicht zuordenbar
SELECT v.label AS gebietsstand, m.code AS messgroesse, c.group_code AS gruppe, c.period AS zeitraum, l.code AS ebene,
       c.value AS stadt, sum(k.value) AS summe
FROM warehouse.unit_count c
JOIN geo.unit s ON s.id = c.unit_id
JOIN geo.level top ON top.code = s.level AND top.rank = 0
JOIN geo.district_version v ON v.id = s.version_id
JOIN catalogue.measure m ON m.id = c.measure_id AND m.kind <> 'area_km2'
JOIN geo.level l ON l.rank > 0 AND l.code <> 'nicht_zuordenbar'
JOIN geo.unit u ON u.version_id = v.id AND u.level IN (l.code, 'nicht_zuordenbar')
JOIN warehouse.unit_count k
  ON k.unit_id = u.id AND k.measure_id = c.measure_id AND k.group_code = c.group_code AND k.period = c.period
WHERE c.value IS NOT NULL
GROUP BY v.label, m.code, c.group_code, c.period, l.code, c.value
HAVING count(*) FILTER (WHERE u.level = l.code) > 0
   AND bool_and(k.value IS NOT NULL)
   AND count(*) FILTER (WHERE u.level = l.code)
       = (SELECT count(*) FROM geo.unit n JOIN geo.district_version w ON w.id = n.version_id
          WHERE w.label = v.label AND n.level = l.code)
   AND abs(c.value - sum(k.value)) > 1e-6 * greatest(1, abs(c.value));
