-- Jeder Block gehört in jedem Gebietsstand mit Blockzuordnung zu genau einem Bezirk dieses Gebietsstands
SELECT v.label AS gebietsstand, b.key AS block, CASE WHEN a.block_id IS NULL THEN 'ohne Bezirk' ELSE 'fremder Bezirk' END AS fehler
FROM geo.district_version v
JOIN geo.block b ON b.block_set_id IN (
    SELECT k.block_set_id FROM geo.block_assignment x JOIN geo.block k ON k.id = x.block_id WHERE x.version_id = v.id)
LEFT JOIN geo.block_assignment a ON a.version_id = v.id AND a.block_id = b.id
LEFT JOIN geo.unit u ON u.id = a.unit_id
WHERE a.block_id IS NULL OR u.version_id <> v.id;
