-- Trends: one row a series and last year, each over the five years that end with it.
CREATE VIEW sozialbericht.trend AS
SELECT t.id AS trend_id,
       e.label AS stand,
       e.status = 'published' AS aktuell,
       d.label AS gebietsstand,
       u.level AS ebene,
       u.key AS gebiet,
       u.name,
       i.code AS kennzahl,
       t.group_code AS gruppe,
       t.first_period AS von_zeitraum,
       t.last_period AS bis_zeitraum,
       lower(f.valid) AS von,
       upper(l.valid) AS bis,
       t.points AS punkte,
       t.direction AS richtung,
       CASE i.polarity WHEN 'gut' THEN CASE t.direction WHEN 'steigend' THEN 'guenstiger' WHEN 'fallend' THEN 'unguenstiger'
                                            ELSE t.direction END
                       WHEN 'schlecht' THEN CASE t.direction WHEN 'steigend' THEN 'unguenstiger' WHEN 'fallend' THEN 'guenstiger'
                                                 ELSE t.direction END END AS bewertung,
       t.slope AS steigung,
       t.slope_lower AS steigung_unten,
       t.slope_upper AS steigung_oben,
       i.unit AS einheit,
       t.chi2,
       t.p_value AS p_wert,
       t.p_adjusted AS p_wert_bh,
       t.p_adjusted <= 0.05 AS signifikant_bh,
       NOT EXISTS (SELECT FROM release.trend n JOIN warehouse.period m ON m.code = n.last_period
                   WHERE n.edition_id = t.edition_id AND n.unit_id = t.unit_id AND n.indicator_id = t.indicator_id
                     AND n.group_code = t.group_code AND lower(m.valid) > lower(l.valid)) AS juengster,
       CASE WHEN e.synthetic THEN 'synthetische Daten' END AS hinweis
FROM release.trend t
JOIN release.shown_edition e ON e.id = t.edition_id AND e.status IN ('published', 'superseded')
JOIN geo.unit u ON u.id = t.unit_id AND u.level <> 'vergleichsraum'
JOIN geo.district_version d ON d.id = u.version_id
JOIN warehouse.period f ON f.code = t.first_period
JOIN warehouse.period l ON l.code = t.last_period
JOIN catalogue.indicator i ON i.id = t.indicator_id;

COMMENT ON VIEW sozialbericht.trend IS 'Trends über je fünf aufeinanderfolgende Jahre: Steigung, Richtung und wie sicher sie ist. Keine Zeile, wo ein Jahr fehlt, geheim ist oder die Definition gebrochen ist.';
COMMENT ON COLUMN sozialbericht.trend.trend_id IS 'Eindeutiger, dauerhafter Schlüssel';
COMMENT ON COLUMN sozialbericht.trend.stand IS 'Veröffentlichung';
COMMENT ON COLUMN sozialbericht.trend.aktuell IS 'Gehört zur aktuellen Veröffentlichung';
COMMENT ON COLUMN sozialbericht.trend.gebietsstand IS 'Gebietsstand';
COMMENT ON COLUMN sozialbericht.trend.ebene IS 'Ebene des Gebiets';
COMMENT ON COLUMN sozialbericht.trend.gebiet IS 'Gebietsschlüssel';
COMMENT ON COLUMN sozialbericht.trend.name IS 'Name des Gebiets';
COMMENT ON COLUMN sozialbericht.trend.kennzahl IS 'Kennung der Kennzahl';
COMMENT ON COLUMN sozialbericht.trend.gruppe IS 'Gruppe; insgesamt, wenn nicht untergliedert';
COMMENT ON COLUMN sozialbericht.trend.von_zeitraum IS 'Erstes Jahr';
COMMENT ON COLUMN sozialbericht.trend.bis_zeitraum IS 'Letztes Jahr';
COMMENT ON COLUMN sozialbericht.trend.von IS 'Beginn des ersten Jahres (einschließlich)';
COMMENT ON COLUMN sozialbericht.trend.bis IS 'Ende des letzten Jahres (ausschließlich)';
COMMENT ON COLUMN sozialbericht.trend.punkte IS 'Zahl der Jahreswerte';
COMMENT ON COLUMN sozialbericht.trend.richtung IS 'steigend, fallend oder kein_trend: χ² über 9,55 (99,8 %) und dasselbe Vorzeichen, welches Jahr man auch weglässt';
COMMENT ON COLUMN sozialbericht.trend.bewertung IS 'Die Richtung, gewertet: guenstiger, unguenstiger, kein_trend; leer bei neutralen Kennzahlen';
COMMENT ON COLUMN sozialbericht.trend.steigung IS 'Steigung der gewichteten Geraden in der Einheit der Kennzahl je Jahr';
COMMENT ON COLUMN sozialbericht.trend.steigung_unten IS 'Untere Grenze der Steigung (95 %)';
COMMENT ON COLUMN sozialbericht.trend.steigung_oben IS 'Obere Grenze der Steigung (95 %)';
COMMENT ON COLUMN sozialbericht.trend.einheit IS 'Einheit der Kennzahl';
COMMENT ON COLUMN sozialbericht.trend.chi2 IS 'Prüfgröße χ² mit einem Freiheitsgrad';
COMMENT ON COLUMN sozialbericht.trend.p_wert IS 'Wahrscheinlichkeit eines so großen χ² durch Zufall, auf sechs Stellen gerundet';
COMMENT ON COLUMN sozialbericht.trend.p_wert_bh IS 'Ebenso, für alle Gebiete der Ebene und alle Kennzahlen mit demselben letzten Jahr berichtigt (Benjamini-Hochberg)';
COMMENT ON COLUMN sozialbericht.trend.signifikant_bh IS 'Wahr, wenn p_wert_bh höchstens 5 % ist';
COMMENT ON COLUMN sozialbericht.trend.juengster IS 'Jüngster Trend der Reihe';
COMMENT ON COLUMN sozialbericht.trend.hinweis IS 'Hinweis, zum Beispiel: synthetische Daten';
