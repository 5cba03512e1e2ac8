-- Facilities and the base map: public places, no persons.
CREATE VIEW sozialbericht.einrichtung AS
SELECT f.id AS einrichtung_id,
       f.kind AS art,
       f.key AS schluessel,
       f.name,
       f.address AS anschrift,
       f.source AS quelle,
       CASE WHEN f.synthetic THEN 'synthetische Daten' END AS hinweis,
       f.geom::geometry(Point, 25832) AS geom
FROM geo.facility f;

COMMENT ON VIEW sozialbericht.einrichtung IS 'Öffentliche Einrichtungen wie Schulen und Kindertagesstätten.';
COMMENT ON COLUMN sozialbericht.einrichtung.einrichtung_id IS 'Eindeutiger Schlüssel';
COMMENT ON COLUMN sozialbericht.einrichtung.art IS 'Art der Einrichtung, zum Beispiel schule oder kita';
COMMENT ON COLUMN sozialbericht.einrichtung.schluessel IS 'Schlüssel der Einrichtung in der Quelle';
COMMENT ON COLUMN sozialbericht.einrichtung.name IS 'Name der Einrichtung';
COMMENT ON COLUMN sozialbericht.einrichtung.anschrift IS 'Anschrift der Einrichtung';
COMMENT ON COLUMN sozialbericht.einrichtung.quelle IS 'Quelle';
COMMENT ON COLUMN sozialbericht.einrichtung.hinweis IS 'Hinweis, zum Beispiel: synthetische Daten';
COMMENT ON COLUMN sozialbericht.einrichtung.geom IS 'Lage, EPSG:25832';

CREATE VIEW sozialbericht.grundkarte AS
SELECT b.id AS grundkarte_id,
       b.kind AS art,
       b.class AS klasse,
       b.name,
       nullif(concat_ws('; ', b.source, CASE WHEN b.synthetic THEN 'synthetische Daten' END), '') AS hinweis,
       ST_Multi(b.geom)::geometry(MultiLineString, 25832) AS geom
FROM geo.basemap b
WHERE ST_Dimension(b.geom) = 1;

COMMENT ON VIEW sozialbericht.grundkarte IS 'Straßen, Bahn und Gewässer als Linien zur Orientierung.';
COMMENT ON COLUMN sozialbericht.grundkarte.grundkarte_id IS 'Eindeutiger Schlüssel';
COMMENT ON COLUMN sozialbericht.grundkarte.art IS 'strasse, bahn oder gewaesser';
COMMENT ON COLUMN sozialbericht.grundkarte.klasse IS 'Klasse innerhalb der Art';
COMMENT ON COLUMN sozialbericht.grundkarte.name IS 'Name';
COMMENT ON COLUMN sozialbericht.grundkarte.hinweis IS 'Herkunft, die mit anzugeben ist (© OpenStreetMap-Mitwirkende), und Hinweise, zum Beispiel: synthetische Daten';
COMMENT ON COLUMN sozialbericht.grundkarte.geom IS 'Linie, EPSG:25832';
