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
       CASE i.polarity WHEN 'gut' THEN CASE v.compared WHEN 'hoeher' THEN 'guenstiger' WHEN 'niedriger' THEN 'unguenstiger'
                                                       ELSE v.compared END
                       WHEN 'schlecht' THEN CASE v.compared WHEN 'hoeher' THEN 'unguenstiger' WHEN 'niedriger' THEN 'guenstiger'
                                                            ELSE v.compared END END AS bewertung_stadt,
       v.trend,
       v.class_no AS klasse,
       CASE WHEN e.synthetic THEN 'synthetische Daten' END AS hinweis,
       v.ci998_lower AS ki998_unten,
       v.ci998_upper AS ki998_oben,
       CASE v.ci_note
            WHEN 'unsicher' THEN 'Wert nur eingeschränkt verlässlich'
            WHEN 'geschaetzt' THEN 'Schätzung: Ihr Fehler ist nicht der Zufall der Fallzahlen'
            WHEN 'saldo' THEN 'Saldo oder zusammengesetzte Größe: Die Fälle dahinter sind daraus nicht abzulesen'
            WHEN 'streuung' THEN 'Mittelwert, dessen Streuung nicht bekannt ist'
            WHEN 'bestand' THEN 'Vollständig gezählter Bestand, kein Anteil und keine Rate von Fällen'
            WHEN 'teile_fehlen' THEN 'Werte, aus denen die Streuung folgt, sind nicht alle veröffentlicht'
            WHEN 'mehr_faelle' THEN 'Mehr Fälle als Personen: Zähler und Nenner aus verschiedenen Quellen'
            WHEN 'passt_nicht' THEN 'Das Verfahren passt nicht auf diese Fallzahlen'
       END AS ki_hinweis,
       v.compared_rest AS vergleich_rest,
       v.compared_parent AS vergleich_stadtteil,
       v.changed_1 AS vergleich_vorjahr,
       v.p_adjusted <= 0.05 AS signifikant_bh,
       v.shrunk AS geglaettet,
       b.name AS geglaettet_an,
       nullif(concat(CASE WHEN v.corrected THEN 'r' END, CASE WHEN v.provisional THEN 'p' END), '') AS kennzeichen,
       e.status = 'withdrawn' AS zurueckgezogen
FROM release.value v
JOIN release.shown_edition e ON e.id = v.edition_id AND (e.status IN ('published', 'superseded') OR e.status = 'withdrawn' AND NOT e.values_closed)
JOIN geo.unit u ON u.id = v.unit_id AND u.level <> 'vergleichsraum' -- official figures stand in a view of their own
JOIN geo.district_version d ON d.id = u.version_id
JOIN warehouse.period z ON z.code = v.period
JOIN catalogue.indicator i ON i.id = v.indicator_id
LEFT JOIN geo.unit b ON b.id = v.shrunk_to;

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
COMMENT ON COLUMN sozialbericht.wert.gruppe IS 'Gruppe; insgesamt, wenn nicht untergliedert. Alter: a00_05 ist 0 bis unter 5 Jahre, a85_plus ab 85';
COMMENT ON COLUMN sozialbericht.wert.zaehler IS 'Zähler; leer, wenn geheim oder nicht vorhanden';
COMMENT ON COLUMN sozialbericht.wert.nenner IS 'Nenner; leer, wenn geheim, nicht vorhanden oder ohne Nenner';
COMMENT ON COLUMN sozialbericht.wert.wert IS 'Wert in der Einheit der Kennzahl, gerundet; leer, wenn geheim oder nicht vorhanden';
COMMENT ON COLUMN sozialbericht.wert.status IS 'gueltig, geheim, unsicher, folgt, fehlt, nicht_sinnvoll, nicht_vergleichbar';
COMMENT ON COLUMN sozialbericht.wert.guete IS 'exakt, exakt_teilung oder geschaetzt';
COMMENT ON COLUMN sozialbericht.wert.ki_unten IS 'Untere Grenze des 95-%-Konfidenzintervalls; leer, wo das Verfahren nicht passt (dann nennt ki_hinweis den Grund)';
COMMENT ON COLUMN sozialbericht.wert.ki_oben IS 'Obere Grenze des 95-%-Konfidenzintervalls; leer, wo das Verfahren nicht passt (dann nennt ki_hinweis den Grund)';
COMMENT ON COLUMN sozialbericht.wert.vergleich_stadt IS 'Vergleich des Intervalls mit dem Wert der Stadt: hoeher, niedriger, nicht_unterscheidbar';
COMMENT ON COLUMN sozialbericht.wert.bewertung_stadt IS 'Der Vergleich mit der Stadt, gewertet: guenstiger, unguenstiger, nicht_unterscheidbar; leer bei neutralen Kennzahlen';
COMMENT ON COLUMN sozialbericht.wert.trend IS 'Trend über die fünf Jahre bis zu diesem: steigend, fallend, kein_trend; leer, wo ein Jahr fehlt oder die Definition gebrochen ist';
COMMENT ON COLUMN sozialbericht.wert.klasse IS 'Klasse nach den festen Klassengrenzen der Kennzahl, ab 1';
COMMENT ON COLUMN sozialbericht.wert.hinweis IS 'Hinweis, zum Beispiel: synthetische Daten';
COMMENT ON COLUMN sozialbericht.wert.ki998_unten IS 'Untere Grenze des 99,8-%-Konfidenzintervalls, für strenge Prüfungen';
COMMENT ON COLUMN sozialbericht.wert.ki998_oben IS 'Obere Grenze des 99,8-%-Konfidenzintervalls, für strenge Prüfungen';
COMMENT ON COLUMN sozialbericht.wert.ki_hinweis IS 'Warum ein gezeigter Wert kein Konfidenzintervall hat';
COMMENT ON COLUMN sozialbericht.wert.vergleich_rest IS 'Vergleich mit der Stadt ohne das Gebiet (Intervall des Unterschieds): hoeher, niedriger, nicht_unterscheidbar';
COMMENT ON COLUMN sozialbericht.wert.vergleich_stadtteil IS 'Vergleich des Intervalls mit dem Wert des übergeordneten Gebiets: hoeher, niedriger, nicht_unterscheidbar; leer, wo es die Stadt ist';
COMMENT ON COLUMN sozialbericht.wert.vergleich_vorjahr IS 'Vergleich mit dem Vorjahr (Intervall der Veränderung): hoeher, niedriger, nicht_unterscheidbar';
COMMENT ON COLUMN sozialbericht.wert.signifikant_bh IS 'Unterscheidet sich von der übrigen Stadt auch dann, wenn alle Gebiete der Ebene und alle Kennzahlen des Jahres geprüft werden (Benjamini-Hochberg, 5 %)';
COMMENT ON COLUMN sozialbericht.wert.geglaettet IS 'Geglätteter Anteil: zum Anteil der Umgebung hin gerückt, je kleiner das Gebiet, desto mehr; steht neben dem Wert, nie an seiner Stelle';
COMMENT ON COLUMN sozialbericht.wert.geglaettet_an IS 'Gebiet, zu dessen Anteil hin geglättet ist (Stadtteil oder Stadt)';
COMMENT ON COLUMN sozialbericht.wert.kennzeichen IS 'r: gegenüber der vorigen Veröffentlichung berichtigt; p: vorläufig, die Lieferung war noch nicht endgültig; rp: beides';
COMMENT ON COLUMN sozialbericht.wert.zurueckgezogen IS 'Aus einer zurückgezogenen Veröffentlichung: nicht mehr zu verwenden';
