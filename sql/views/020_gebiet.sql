-- Units with geometry, population of the published release beside them.
CREATE VIEW sozialbericht.gebiet AS
SELECT u.id AS gebiet_id,
       d.label AS gebietsstand,
       u.level AS ebene,
       u.key AS gebiet,
       u.name,
       p.key AS uebergeordnet,
       lower(u.valid * d.valid) AS von,
       upper(u.valid * d.valid) AS bis,
       upper(u.valid * d.valid) - 1 AS bis_tag,
       d.is_current AS aktuell,
       round((u.area_m2 / 10000)::numeric, 2)::double precision AS flaeche_ha,
       n.persons AS einwohner,
       coalesce(n.status, 'fehlt') AS einwohner_status,
       n.period AS einwohner_zeitraum,
       concat_ws('; ',
           CASE WHEN d.provisional AND NOT EXISTS (SELECT FROM geo.unit k WHERE k.parent_id = u.id AND k.geom IS NOT NULL)
                THEN 'vorläufige Bezirke' END,
           CASE WHEN d.synthetic THEN 'synthetische Daten' END) AS hinweis,
       u.label_point::geometry(Point, 25832) AS beschriftung,
       u.geom::geometry(MultiPolygon, 25832) AS geom
FROM geo.unit u
JOIN geo.district_version d ON d.id = u.version_id
LEFT JOIN geo.unit p ON p.id = u.parent_id
LEFT JOIN release.shown_edition e ON e.status = 'published'
LEFT JOIN release.unit_population n ON n.edition_id = e.id AND n.unit_id = u.id
WHERE u.geom IS NOT NULL;

COMMENT ON VIEW sozialbericht.gebiet IS 'Gebiete aller Ebenen und Gebietsstände mit Umriss in EPSG:25832.';
COMMENT ON COLUMN sozialbericht.gebiet.gebiet_id IS 'Eindeutiger, dauerhafter Schlüssel';
COMMENT ON COLUMN sozialbericht.gebiet.gebietsstand IS 'Bezeichnung des Gebietsstands';
COMMENT ON COLUMN sozialbericht.gebiet.ebene IS 'Ebene: stadt, stadtteil, bezirk, ...';
COMMENT ON COLUMN sozialbericht.gebiet.gebiet IS 'Gebietsschlüssel, bei Bezirken Stadtteil und zwei Ziffern';
COMMENT ON COLUMN sozialbericht.gebiet.name IS 'Name des Gebiets';
COMMENT ON COLUMN sozialbericht.gebiet.uebergeordnet IS 'Schlüssel des übergeordneten Gebiets';
COMMENT ON COLUMN sozialbericht.gebiet.von IS 'Gültig ab (einschließlich)';
COMMENT ON COLUMN sozialbericht.gebiet.bis IS 'Gültig bis (ausschließlich); leer: unbefristet';
COMMENT ON COLUMN sozialbericht.gebiet.bis_tag IS 'Letzter Tag der Gültigkeit; leer: unbefristet';
COMMENT ON COLUMN sozialbericht.gebiet.aktuell IS 'Gehört zum aktuellen Gebietsstand';
COMMENT ON COLUMN sozialbericht.gebiet.flaeche_ha IS 'Fläche in Hektar';
COMMENT ON COLUMN sozialbericht.gebiet.einwohner IS 'Einwohner zum jüngsten veröffentlichten Stichtag; leer, wenn geheim oder nicht vorhanden';
COMMENT ON COLUMN sozialbericht.gebiet.einwohner_status IS 'Zustand der Einwohnerzahl: gueltig, geheim, fehlt, ...';
COMMENT ON COLUMN sozialbericht.gebiet.einwohner_zeitraum IS 'Zeitraum der Einwohnerzahl';
COMMENT ON COLUMN sozialbericht.gebiet.hinweis IS 'Hinweis, zum Beispiel: vorläufige Bezirke, synthetische Daten';
COMMENT ON COLUMN sozialbericht.gebiet.beschriftung IS 'Punkt im Gebiet für die Beschriftung';
COMMENT ON COLUMN sozialbericht.gebiet.geom IS 'Umriss, EPSG:25832';
