-- Changes since one, three and five years before, in long form.
CREATE VIEW sozialbericht.veraenderung AS
SELECT v.id::bigint * 10 + c.years AS veraenderung_id,
       e.label AS stand,
       e.status = 'published' AS aktuell,
       d.label AS gebietsstand,
       u.level AS ebene,
       u.key AS gebiet,
       u.name,
       i.code AS kennzahl,
       v.group_code AS gruppe,
       v.period AS zeitraum,
       lower(z.valid) AS von,
       upper(z.valid) AS bis,
       c.years AS jahre,
       v.value AS wert,
       c.change AS veraenderung,
       c.low AS ki_unten,
       c.high AS ki_oben,
       i.unit AS einheit,
       c.word AS ergebnis,
       CASE i.polarity WHEN 'gut' THEN CASE c.word WHEN 'hoeher' THEN 'guenstiger' WHEN 'niedriger' THEN 'unguenstiger'
                                            ELSE c.word END
                       WHEN 'schlecht' THEN CASE c.word WHEN 'hoeher' THEN 'unguenstiger' WHEN 'niedriger' THEN 'guenstiger'
                                                 ELSE c.word END END AS bewertung,
       CASE WHEN e.synthetic THEN 'synthetische Daten' END AS hinweis
FROM release.value v
JOIN release.shown_edition e ON e.id = v.edition_id AND e.status IN ('published', 'superseded')
JOIN geo.unit u ON u.id = v.unit_id AND u.level <> 'vergleichsraum'
JOIN geo.district_version d ON d.id = u.version_id
JOIN warehouse.period z ON z.code = v.period
JOIN catalogue.indicator i ON i.id = v.indicator_id
CROSS JOIN LATERAL (
    VALUES (1, v.change_1, v.change_1_lower, v.change_1_upper, v.changed_1),
           (3, v.change_3, v.change_3_lower, v.change_3_upper, v.changed_3),
           (5, v.change_5, v.change_5_lower, v.change_5_upper, v.changed_5)
) AS c (years, change, low, high, word)
WHERE c.change IS NOT NULL;

COMMENT ON VIEW sozialbericht.veraenderung IS 'Veränderung gegenüber dem Stand vor einem, drei und fünf Jahren im selben Gebietsstand, mit Konfidenzintervall. Keine Zeile, wo einer der Werte fehlt oder geheim ist, die Definition dazwischen gebrochen ist oder sich die Zeiträume überschneiden.';
COMMENT ON COLUMN sozialbericht.veraenderung.veraenderung_id IS 'Eindeutiger, dauerhafter Schlüssel';
COMMENT ON COLUMN sozialbericht.veraenderung.stand IS 'Veröffentlichung';
COMMENT ON COLUMN sozialbericht.veraenderung.aktuell IS 'Gehört zur aktuellen Veröffentlichung';
COMMENT ON COLUMN sozialbericht.veraenderung.gebietsstand IS 'Gebietsstand';
COMMENT ON COLUMN sozialbericht.veraenderung.ebene IS 'Ebene des Gebiets';
COMMENT ON COLUMN sozialbericht.veraenderung.gebiet IS 'Gebietsschlüssel';
COMMENT ON COLUMN sozialbericht.veraenderung.name IS 'Name des Gebiets';
COMMENT ON COLUMN sozialbericht.veraenderung.kennzahl IS 'Kennung der Kennzahl';
COMMENT ON COLUMN sozialbericht.veraenderung.gruppe IS 'Gruppe; insgesamt, wenn nicht untergliedert';
COMMENT ON COLUMN sozialbericht.veraenderung.zeitraum IS 'Späterer Zeitraum';
COMMENT ON COLUMN sozialbericht.veraenderung.von IS 'Beginn des späteren Zeitraums (einschließlich)';
COMMENT ON COLUMN sozialbericht.veraenderung.bis IS 'Ende des späteren Zeitraums (ausschließlich)';
COMMENT ON COLUMN sozialbericht.veraenderung.jahre IS 'Abstand in Jahren: 1, 3 oder 5';
COMMENT ON COLUMN sozialbericht.veraenderung.wert IS 'Wert im späteren Zeitraum';
COMMENT ON COLUMN sozialbericht.veraenderung.veraenderung IS 'Wert minus früherer Wert in der Einheit der Kennzahl (bei Prozent: Prozentpunkte), aus ungerundeten Werten';
COMMENT ON COLUMN sozialbericht.veraenderung.ki_unten IS 'Untere Grenze der Veränderung (95 %); leer, wo die Kennzahl kein Intervall hat';
COMMENT ON COLUMN sozialbericht.veraenderung.ki_oben IS 'Obere Grenze der Veränderung (95 %); leer, wo die Kennzahl kein Intervall hat';
COMMENT ON COLUMN sozialbericht.veraenderung.einheit IS 'Einheit der Kennzahl';
COMMENT ON COLUMN sozialbericht.veraenderung.ergebnis IS 'hoeher, niedriger oder nicht_unterscheidbar als früher; leer, wo es kein Intervall gibt';
COMMENT ON COLUMN sozialbericht.veraenderung.bewertung IS 'Das Ergebnis, gewertet: guenstiger, unguenstiger, nicht_unterscheidbar; leer bei neutralen Kennzahlen';
COMMENT ON COLUMN sozialbericht.veraenderung.hinweis IS 'Hinweis, zum Beispiel: synthetische Daten';
