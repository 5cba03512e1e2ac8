-- Der Umsteigeschlüssel passt zur Blockzuordnung beider Gebietsstände (sonst „districts crosswalk“ erneut ausführen)
WITH stored AS (
    SELECT f.version_id AS a, t.version_id AS b, x.from_unit_id, x.to_unit_id, x.area_m2
    FROM geo.crosswalk x
    JOIN geo.unit f ON f.id = x.from_unit_id
    JOIN geo.unit t ON t.id = x.to_unit_id
    WHERE x.method = 'blocks' AND f.id IN (SELECT unit_id FROM geo.block_assignment)
), now AS (
    SELECT p.a, p.b, m.unit_id AS from_unit_id, n.unit_id AS to_unit_id, sum(k.area_m2) AS area_m2
    FROM (SELECT DISTINCT a, b FROM stored) p
    JOIN geo.block_assignment m ON m.version_id = p.a
    JOIN geo.block_assignment n ON n.version_id = p.b AND n.block_id = m.block_id
    JOIN geo.block k ON k.id = m.block_id
    GROUP BY p.a, p.b, m.unit_id, n.unit_id
)
SELECT v.label AS von, w.label AS nach, f.key AS von_gebiet, t.key AS nach_gebiet,
       s.area_m2 AS flaeche_im_schluessel, n.area_m2 AS flaeche_heute
FROM stored s
FULL JOIN now n USING (a, b, from_unit_id, to_unit_id)
JOIN geo.district_version v ON v.id = a
JOIN geo.district_version w ON w.id = b
JOIN geo.unit f ON f.id = from_unit_id
JOIN geo.unit t ON t.id = to_unit_id
WHERE abs(s.area_m2 - n.area_m2) > 1 OR s.area_m2 IS NULL OR n.area_m2 IS NULL;
