-- Die Gewichte eines Gebiets im Umsteigeschlüssel ergeben zusammen 1, nach Fläche und nach jeder Messgröße
WITH relation AS (
    SELECT x.id, x.from_unit_id, x.area_weight, f.key, v.label AS von, n.label AS nach
    FROM geo.crosswalk x
    JOIN geo.unit f ON f.id = x.from_unit_id
    JOIN geo.district_version v ON v.id = f.version_id
    JOIN geo.unit t ON t.id = x.to_unit_id
    JOIN geo.district_version n ON n.id = t.version_id
)
SELECT von, nach, key AS gebiet, 'Fläche' AS messgroesse, NULL AS zeitraum, sum(area_weight) AS summe
FROM relation GROUP BY von, nach, from_unit_id, key HAVING abs(sum(area_weight) - 1) > 1e-9
UNION ALL
SELECT r.von, r.nach, r.key, m.code, w.period, sum(w.weight)
FROM relation r
JOIN warehouse.crosswalk_weight w ON w.crosswalk_id = r.id
JOIN catalogue.measure m ON m.id = w.measure_id
GROUP BY r.von, r.nach, r.from_unit_id, r.key, m.code, w.period HAVING abs(sum(w.weight) - 1) > 1e-9;
