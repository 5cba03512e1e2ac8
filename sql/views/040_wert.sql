-- One row an indicator, unit, period and group of a release.
CREATE VIEW sozialbericht.wert AS
SELECT v.id AS wert_id,
       e.label AS stand,
       e.status = 'published' AS aktuell,
       d.label AS gebietsstand,
       u.level AS ebene,
       u.key AS gebiet,
       u.name,
       v.period AS zeitraum,
       v.reference_date AS stichtag,
       lower(z.valid) AS von,
       upper(z.valid) AS bis,
       i.code AS kennzahl,
       v.group_code AS gruppe,
       v.numerator AS zaehler,
       v.denominator AS nenner,
       v.value AS wert,
       v.status,
       v.quality AS guete,
       v.ci_lower AS ki_unten,
       v.ci_upper AS ki_oben,
       v.compared AS vergleich_stadt,
       v.trend,
       v.class_no AS klasse,
       CASE WHEN e.synthetic THEN 'synthetische Daten' END AS hinweis
FROM release.value v
JOIN release.edition e ON e.id = v.edition_id AND e.status IN ('published', 'superseded')
JOIN geo.unit u ON u.id = v.unit_id AND u.level <> 'vergleichsraum' -- official figures stand in a view of their own
JOIN geo.district_version d ON d.id = u.version_id
JOIN warehouse.period z ON z.code = v.period
JOIN catalogue.indicator i ON i.id = v.indicator_id;

COMMENT ON VIEW sozialbericht.wert IS 'Werte der Kennzahlen je Gebiet, Zeitraum und Gruppe, mit Zustand, Güte und Stand.';
COMMENT ON COLUMN sozialbericht.wert.wert_id IS 'Eindeutiger, dauerhafter Schlüssel';
COMMENT ON COLUMN sozialbericht.wert.stand IS 'Veröffentlichung, aus der der Wert stammt';
COMMENT ON COLUMN sozialbericht.wert.aktuell IS 'Gehört zur aktuellen Veröffentlichung';
COMMENT ON COLUMN sozialbericht.wert.gebietsstand IS 'Gebietsstand';
COMMENT ON COLUMN sozialbericht.wert.ebene IS 'Ebene des Gebiets; nicht_zuordenbar: Personen ohne zuordenbare Anschrift';
COMMENT ON COLUMN sozialbericht.wert.gebiet IS 'Gebietsschlüssel; NZ: nicht zuordenbar';
COMMENT ON COLUMN sozialbericht.wert.name IS 'Name des Gebiets';
COMMENT ON COLUMN sozialbericht.wert.zeitraum IS 'Zeitraum: 2025, 2025-Q1, 2024/25';
COMMENT ON COLUMN sozialbericht.wert.stichtag IS 'Stichtag bei Bestandszahlen';
COMMENT ON COLUMN sozialbericht.wert.von IS 'Beginn des Zeitraums (einschließlich)';
COMMENT ON COLUMN sozialbericht.wert.bis IS 'Ende des Zeitraums (ausschließlich)';
COMMENT ON COLUMN sozialbericht.wert.kennzahl IS 'Kennung der Kennzahl';
COMMENT ON COLUMN sozialbericht.wert.gruppe IS 'Gruppe; insgesamt, wenn nicht untergliedert';
COMMENT ON COLUMN sozialbericht.wert.zaehler IS 'Zähler; leer, wenn geheim oder nicht vorhanden';
COMMENT ON COLUMN sozialbericht.wert.nenner IS 'Nenner; leer, wenn geheim, nicht vorhanden oder ohne Nenner';
COMMENT ON COLUMN sozialbericht.wert.wert IS 'Wert in der Einheit der Kennzahl, gerundet; leer, wenn geheim oder nicht vorhanden';
COMMENT ON COLUMN sozialbericht.wert.status IS 'gueltig, geheim, unsicher, folgt, fehlt, nicht_sinnvoll, nicht_vergleichbar';
COMMENT ON COLUMN sozialbericht.wert.guete IS 'exakt, exakt_teilung oder geschaetzt';
COMMENT ON COLUMN sozialbericht.wert.ki_unten IS 'Untere Grenze des 95-%-Konfidenzintervalls; leer, wo das Verfahren nicht passt (Schätzungen, Salden, Quotienten)';
COMMENT ON COLUMN sozialbericht.wert.ki_oben IS 'Obere Grenze des 95-%-Konfidenzintervalls; leer, wo das Verfahren nicht passt (Schätzungen, Salden, Quotienten)';
COMMENT ON COLUMN sozialbericht.wert.vergleich_stadt IS 'Vergleich des Intervalls mit dem Wert der Stadt: hoeher, niedriger, nicht_unterscheidbar';
COMMENT ON COLUMN sozialbericht.wert.trend IS 'Trend über die fünf Jahre bis zu diesem: steigend, fallend, kein_trend; leer, wo ein Jahr fehlt oder die Definition gebrochen ist';
COMMENT ON COLUMN sozialbericht.wert.klasse IS 'Klasse nach den festen Klassengrenzen der Kennzahl, ab 1';
COMMENT ON COLUMN sozialbericht.wert.hinweis IS 'Hinweis, zum Beispiel: synthetische Daten';
