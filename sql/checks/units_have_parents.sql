-- Jedes Gebiet unterhalb der Stadt hat ein übergeordnetes Gebiet desselben Gebietsstands und der richtigen Ebene
SELECT v.label AS gebietsstand, u.level AS ebene, u.key AS gebiet, p.level AS uebergeordnet
FROM geo.unit u
JOIN geo.district_version v ON v.id = u.version_id
JOIN geo.level l ON l.code = u.level AND l.parent IS NOT NULL
LEFT JOIN geo.unit p ON p.id = u.parent_id
WHERE p.id IS NULL OR p.version_id <> u.version_id OR p.level <> l.parent;
