-- Indices by unit and year of the current district version, and their parts.
CREATE VIEW sozialbericht.index_zeitreihe AS
SELECT v.id AS index_wert_id,
       u.id AS gebiet_id,
       e.label AS stand,
       d.label AS gebietsstand,
       u.level AS ebene,
       u.key AS gebiet,
       u.name,
       v.index_code AS index,
       s.title AS titel,
       v.period AS zeitraum,
       lower(z.valid) AS von,
       upper(z.valid) AS bis,
       upper(z.valid) - 1 AS bis_tag,
       v.score AS wert,
       v.class_no AS klasse,
       coalesce(k.label, s.definition -> 'cross' -> 'labels' ->> v.class_no::text) AS klasse_name,
       v.rank AS rang,
       v.rank_lower AS rang_von,
       v.rank_upper AS rang_bis,
       v.units AS gebiete,
       v.firmness AS stabilitaet,
       v.firm AS stabil,
       v.without_part AS stabil_teil,
       v.other_weights AS stabil_gewicht,
       v.other_limits AS stabil_grenze,
       v.other_counts AS stabil_zufall,
       v.status,
       concat_ws('; ',
           CASE WHEN NOT v.firm THEN 'Klasse nicht gesichert' END,
           CASE WHEN d.provisional THEN 'vorläufige Bezirke' END,
           CASE WHEN e.synthetic OR d.synthetic THEN 'synthetische Daten' END) AS hinweis,
       u.geom::geometry(MultiPolygon, 25832) AS geom
FROM release.index_value v
JOIN release.shown_edition e ON e.id = v.edition_id AND e.status = 'published'
JOIN geo.unit u ON u.id = v.unit_id AND u.geom IS NOT NULL
JOIN geo.district_version d ON d.id = u.version_id AND d.is_current
JOIN catalogue.social_index s ON s.code = v.index_code
JOIN warehouse.period z ON z.code = v.period
LEFT JOIN LATERAL (
    SELECT c.class ->> 'label' AS label FROM jsonb_array_elements(s.definition -> 'classes') AS c (class)
    WHERE (c.class ->> 'code')::integer = v.class_no
) k ON true;

COMMENT ON VIEW sozialbericht.index_zeitreihe IS 'Indizes je Gebiet und Jahr im aktuellen Gebietsstand, mit Klasse, Rangbereich und Stabilität.';
COMMENT ON COLUMN sozialbericht.index_zeitreihe.index_wert_id IS 'Eindeutiger Schlüssel';
COMMENT ON COLUMN sozialbericht.index_zeitreihe.gebiet_id IS 'Schlüssel des Gebiets';
COMMENT ON COLUMN sozialbericht.index_zeitreihe.stand IS 'Veröffentlichung';
COMMENT ON COLUMN sozialbericht.index_zeitreihe.gebietsstand IS 'Gebietsstand';
COMMENT ON COLUMN sozialbericht.index_zeitreihe.ebene IS 'Ebene des Gebiets';
COMMENT ON COLUMN sozialbericht.index_zeitreihe.gebiet IS 'Gebietsschlüssel';
COMMENT ON COLUMN sozialbericht.index_zeitreihe.name IS 'Name des Gebiets';
COMMENT ON COLUMN sozialbericht.index_zeitreihe.index IS 'Kennung des Index';
COMMENT ON COLUMN sozialbericht.index_zeitreihe.titel IS 'Titel des Index';
COMMENT ON COLUMN sozialbericht.index_zeitreihe.zeitraum IS 'Jahr';
COMMENT ON COLUMN sozialbericht.index_zeitreihe.von IS 'Beginn des Jahres (einschließlich)';
COMMENT ON COLUMN sozialbericht.index_zeitreihe.bis IS 'Ende des Jahres (ausschließlich)';
COMMENT ON COLUMN sozialbericht.index_zeitreihe.bis_tag IS 'Letzter Tag des Jahres';
COMMENT ON COLUMN sozialbericht.index_zeitreihe.wert IS 'Indexwert, gerundet; die Klasse ist vor dem Runden bestimmt. Verbundene Indizes: Nummer des Felds';
COMMENT ON COLUMN sozialbericht.index_zeitreihe.klasse IS 'Nummer der Klasse, siehe Sicht indexklasse';
COMMENT ON COLUMN sozialbericht.index_zeitreihe.klasse_name IS 'Name der Klasse; er beschreibt die soziale Lage der Bevölkerung, nicht die Güte eines Quartiers';
COMMENT ON COLUMN sozialbericht.index_zeitreihe.rang IS 'Rang, 1 mit dem höchsten Indexwert; nur zusammen mit rang_von und rang_bis zu lesen';
COMMENT ON COLUMN sozialbericht.index_zeitreihe.rang_von IS 'Kleinster Rang in 95 % der Wiederholungen mit veränderten Annahmen';
COMMENT ON COLUMN sozialbericht.index_zeitreihe.rang_bis IS 'Größter Rang in 95 % der Wiederholungen mit veränderten Annahmen';
COMMENT ON COLUMN sozialbericht.index_zeitreihe.gebiete IS 'Zahl der Gebiete, aus denen Mittel und Streuung bestimmt sind';
COMMENT ON COLUMN sozialbericht.index_zeitreihe.stabilitaet IS 'Anteil der Wiederholungen, in denen die Klasse bleibt (0 bis 1)';
COMMENT ON COLUMN sozialbericht.index_zeitreihe.stabil IS 'Ob die Klasse gesichert ist; sonst auf Karten schraffiert';
COMMENT ON COLUMN sozialbericht.index_zeitreihe.stabil_teil IS 'Stabilität, wenn jeweils ein Bestandteil fehlt';
COMMENT ON COLUMN sozialbericht.index_zeitreihe.stabil_gewicht IS 'Stabilität bei anderen Gewichten';
COMMENT ON COLUMN sozialbericht.index_zeitreihe.stabil_grenze IS 'Stabilität bei verschobenen Klassengrenzen';
COMMENT ON COLUMN sozialbericht.index_zeitreihe.stabil_zufall IS 'Stabilität, wenn die Fallzahlen im Rahmen des Zufalls neu gezogen werden; leer, wo ein Bestandteil kein Anteil ist';
COMMENT ON COLUMN sozialbericht.index_zeitreihe.status IS 'gueltig; geheim, wenn ein Bestandteil geheim ist oder zu wenige Menschen dort leben; fehlt; nicht_sinnvoll';
COMMENT ON COLUMN sozialbericht.index_zeitreihe.hinweis IS 'Hinweis, zum Beispiel: Klasse nicht gesichert, synthetische Daten';
COMMENT ON COLUMN sozialbericht.index_zeitreihe.geom IS 'Umriss, EPSG:25832';

CREATE VIEW sozialbericht.index_aktuell AS
SELECT i.*
FROM sozialbericht.index_zeitreihe i
JOIN (SELECT index, max(von) AS von FROM sozialbericht.index_zeitreihe WHERE status = 'gueltig' GROUP BY index) n
     USING (index, von);

COMMENT ON VIEW sozialbericht.index_aktuell IS 'Indizes des jüngsten Jahres je Gebiet im aktuellen Gebietsstand, mit Klasse, Rangbereich und Stabilität.';
DO $$
DECLARE
    spalte record;
BEGIN
    -- the same columns, told once
    FOR spalte IN
        SELECT a.attname, col_description(a.attrelid, a.attnum) AS words
        FROM pg_attribute a
        WHERE a.attrelid = 'sozialbericht.index_zeitreihe'::regclass AND a.attnum > 0 AND NOT a.attisdropped
    LOOP
        EXECUTE format('COMMENT ON COLUMN sozialbericht.index_aktuell.%I IS %L', spalte.attname, spalte.words);
    END LOOP;
END
$$;

CREATE VIEW sozialbericht.index_bestandteil AS
SELECT (v.id * 100 + row_number() OVER (PARTITION BY v.id ORDER BY p.part))::integer AS index_bestandteil_id,
       v.id AS index_wert_id,
       e.label AS stand,
       d.label AS gebietsstand,
       u.level AS ebene,
       u.key AS gebiet,
       u.name,
       v.index_code AS index,
       v.period AS zeitraum,
       p.part AS teil,
       i.code AS kennzahl,
       i.title AS titel,
       i.unit AS einheit,
       round(p.value::numeric, i.decimals + 1)::double precision AS wert,
       p.z
FROM release.index_part p
JOIN release.index_value v ON v.id = p.index_value_id
JOIN release.shown_edition e ON e.id = v.edition_id AND e.status = 'published'
JOIN geo.unit u ON u.id = v.unit_id
JOIN geo.district_version d ON d.id = u.version_id AND d.is_current
JOIN catalogue.indicator i ON i.id = p.indicator_id;

COMMENT ON VIEW sozialbericht.index_bestandteil IS 'Bestandteile der Indizes: Wert und z-Wert je Gebiet und Jahr im aktuellen Gebietsstand.';
COMMENT ON COLUMN sozialbericht.index_bestandteil.index_wert_id IS 'Schlüssel des Indexwerts';
COMMENT ON COLUMN sozialbericht.index_bestandteil.index_bestandteil_id IS 'Eindeutiger Schlüssel';
COMMENT ON COLUMN sozialbericht.index_bestandteil.stand IS 'Veröffentlichung';
COMMENT ON COLUMN sozialbericht.index_bestandteil.gebietsstand IS 'Gebietsstand';
COMMENT ON COLUMN sozialbericht.index_bestandteil.ebene IS 'Ebene des Gebiets';
COMMENT ON COLUMN sozialbericht.index_bestandteil.gebiet IS 'Gebietsschlüssel';
COMMENT ON COLUMN sozialbericht.index_bestandteil.name IS 'Name des Gebiets';
COMMENT ON COLUMN sozialbericht.index_bestandteil.index IS 'Kennung des Index';
COMMENT ON COLUMN sozialbericht.index_bestandteil.zeitraum IS 'Jahr';
COMMENT ON COLUMN sozialbericht.index_bestandteil.teil IS 'Name des Bestandteils im Index, zum Beispiel S1';
COMMENT ON COLUMN sozialbericht.index_bestandteil.kennzahl IS 'Kennung der Kennzahl';
COMMENT ON COLUMN sozialbericht.index_bestandteil.titel IS 'Titel der Kennzahl';
COMMENT ON COLUMN sozialbericht.index_bestandteil.einheit IS 'Einheit der Kennzahl';
COMMENT ON COLUMN sozialbericht.index_bestandteil.wert IS 'Wert in der Einheit der Kennzahl; bei Veränderungen die Differenz';
COMMENT ON COLUMN sozialbericht.index_bestandteil.z IS 'z-Wert in Richtung des Index';

CREATE VIEW sozialbericht.indexklasse AS
SELECT (row_number() OVER (ORDER BY k.index, k.klasse))::integer AS indexklasse_id, k.*
FROM (
    SELECT s.code AS index, s.title AS titel, (c.class ->> 'code')::integer AS klasse, c.class ->> 'label' AS name
    FROM catalogue.social_index s
    CROSS JOIN LATERAL jsonb_array_elements(s.definition -> 'classes') AS c (class)
    WHERE s.active
    UNION ALL
    SELECT s.code, s.title, l.key::integer, l.value
    FROM catalogue.social_index s
    CROSS JOIN LATERAL jsonb_each_text(CASE WHEN jsonb_typeof(s.definition -> 'cross') = 'object'
                                            THEN s.definition -> 'cross' -> 'labels' ELSE '{}' END) AS l
    WHERE s.active
) k;

COMMENT ON VIEW sozialbericht.indexklasse IS 'Klassen der Indizes mit ihren Namen.';
COMMENT ON COLUMN sozialbericht.indexklasse.indexklasse_id IS 'Eindeutiger Schlüssel';
COMMENT ON COLUMN sozialbericht.indexklasse.index IS 'Kennung des Index';
COMMENT ON COLUMN sozialbericht.indexklasse.titel IS 'Titel des Index';
COMMENT ON COLUMN sozialbericht.indexklasse.klasse IS 'Nummer der Klasse';
COMMENT ON COLUMN sozialbericht.indexklasse.name IS 'Name der Klasse';
