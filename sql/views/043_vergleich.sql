-- Comparisons in long form: a value with limits beside the city, the rest, the area above, the year before, other places.
CREATE VIEW sozialbericht.vergleich AS
SELECT x.vergleich_id,
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
       v.value AS wert,
       v.ci_lower AS ki_unten,
       v.ci_upper AS ki_oben,
       x.kind AS bezug,
       x.beside AS bezug_name,
       round(x.reference::numeric, i.decimals)::double precision AS bezugswert,
       round((coalesce(i.factor * v.numerator / nullif(v.denominator, 0), v.value) - x.reference)::numeric, i.decimals)::double precision AS abstand,
       i.unit AS einheit,
       x.word AS ergebnis,
       CASE i.polarity WHEN 'gut' THEN CASE x.word WHEN 'hoeher' THEN 'guenstiger' WHEN 'niedriger' THEN 'unguenstiger'
                                            ELSE x.word END
                       WHEN 'schlecht' THEN CASE x.word WHEN 'hoeher' THEN 'unguenstiger' WHEN 'niedriger' THEN 'guenstiger'
                                                 ELSE x.word END END AS bewertung,
       CASE x.kind WHEN 'rest' THEN v.p_value END AS p_wert,
       CASE x.kind WHEN 'rest' THEN v.p_adjusted <= 0.05 END AS signifikant_bh,
       concat_ws('; ', CASE x.kind WHEN 'vergleichsraum' THEN 'Bezug aus der amtlichen Statistik, Wert aus den Daten der Stadt' END,
                 CASE WHEN e.synthetic THEN 'synthetische Daten' END) AS hinweis
FROM release.value v
JOIN release.shown_edition e ON e.id = v.edition_id AND e.status IN ('published', 'superseded')
JOIN geo.unit u ON u.id = v.unit_id AND u.level <> 'vergleichsraum'
JOIN geo.district_version d ON d.id = u.version_id
JOIN warehouse.period z ON z.code = v.period
JOIN catalogue.indicator i ON i.id = v.indicator_id
LEFT JOIN geo.unit s ON s.version_id = u.version_id AND s.level = (SELECT code FROM geo.level WHERE rank = 0)
LEFT JOIN release.value sv ON sv.edition_id = v.edition_id AND sv.unit_id = s.id AND sv.indicator_id = v.indicator_id
                          AND sv.group_code = v.group_code AND sv.period = v.period
LEFT JOIN geo.unit a ON a.id = u.parent_id
LEFT JOIN release.value av ON v.compared_parent IS NOT NULL AND av.edition_id = v.edition_id AND av.unit_id = a.id
                          AND av.indicator_id = v.indicator_id AND av.group_code = v.group_code AND av.period = v.period
LEFT JOIN warehouse.period p ON p.valid = daterange((lower(z.valid) - interval '1 year')::date,
                                                    (upper(z.valid) - interval '1 year')::date)
LEFT JOIN release.value pv ON v.changed_1 IS NOT NULL AND pv.edition_id = v.edition_id AND pv.unit_id = v.unit_id
                          AND pv.indicator_id = v.indicator_id AND pv.group_code = v.group_code AND pv.period = p.code
CROSS JOIN LATERAL (
    SELECT v.id::bigint * 10000000 + c.number, c.kind, c.beside, c.reference, c.word
    FROM (VALUES (1, 'stadt', s.name, coalesce(i.factor * sv.numerator / nullif(sv.denominator, 0), sv.value), v.compared),
                 (2, 'rest', s.name || ' ohne ' || u.name,
                  i.factor * (sv.numerator - v.numerator) / nullif(sv.denominator - v.denominator, 0), v.compared_rest),
                 (3, 'stadtteil', a.name, coalesce(i.factor * av.numerator / nullif(av.denominator, 0), av.value),
                  v.compared_parent),
                 (4, 'vorjahr', p.code, coalesce(i.factor * pv.numerator / nullif(pv.denominator, 0), pv.value),
                  v.changed_1)) AS c (number, kind, beside, reference, word)
    WHERE c.word IS NOT NULL
    UNION ALL
    SELECT v.id::bigint * 10000000 + 100 + r.id, 'vergleichsraum', r.name, rv.value,
           CASE WHEN v.ci_lower > rv.value THEN 'hoeher' WHEN v.ci_upper < rv.value THEN 'niedriger'
                ELSE 'nicht_unterscheidbar' END
    FROM geo.unit r
    JOIN release.value rv ON rv.edition_id = v.edition_id AND rv.unit_id = r.id AND rv.indicator_id = v.indicator_id
                         AND rv.group_code = v.group_code AND rv.period = v.period AND rv.status = 'gueltig'
    WHERE r.level = 'vergleichsraum' AND v.ci_lower IS NOT NULL
) AS x (vergleich_id, kind, beside, reference, word)
WHERE v.ci_lower IS NOT NULL;

COMMENT ON VIEW sozialbericht.vergleich IS 'Vergleiche in langer Form: jeder Wert mit Konfidenzintervall neben der Stadt, der Stadt ohne das Gebiet, dem übergeordneten Gebiet, dem Vorjahr und den Vergleichsräumen.';
COMMENT ON COLUMN sozialbericht.vergleich.vergleich_id IS 'Eindeutiger, dauerhafter Schlüssel';
COMMENT ON COLUMN sozialbericht.vergleich.stand IS 'Veröffentlichung';
COMMENT ON COLUMN sozialbericht.vergleich.aktuell IS 'Gehört zur aktuellen Veröffentlichung';
COMMENT ON COLUMN sozialbericht.vergleich.gebietsstand IS 'Gebietsstand';
COMMENT ON COLUMN sozialbericht.vergleich.ebene IS 'Ebene des Gebiets';
COMMENT ON COLUMN sozialbericht.vergleich.gebiet IS 'Gebietsschlüssel';
COMMENT ON COLUMN sozialbericht.vergleich.name IS 'Name des Gebiets';
COMMENT ON COLUMN sozialbericht.vergleich.kennzahl IS 'Kennung der Kennzahl';
COMMENT ON COLUMN sozialbericht.vergleich.gruppe IS 'Gruppe; insgesamt, wenn nicht untergliedert';
COMMENT ON COLUMN sozialbericht.vergleich.zeitraum IS 'Zeitraum';
COMMENT ON COLUMN sozialbericht.vergleich.von IS 'Beginn des Zeitraums (einschließlich)';
COMMENT ON COLUMN sozialbericht.vergleich.bis IS 'Ende des Zeitraums (ausschließlich)';
COMMENT ON COLUMN sozialbericht.vergleich.wert IS 'Wert in der Einheit der Kennzahl';
COMMENT ON COLUMN sozialbericht.vergleich.ki_unten IS 'Untere Grenze des 95-%-Konfidenzintervalls';
COMMENT ON COLUMN sozialbericht.vergleich.ki_oben IS 'Obere Grenze des 95-%-Konfidenzintervalls';
COMMENT ON COLUMN sozialbericht.vergleich.bezug IS 'Womit verglichen wird: stadt, rest (Stadt ohne das Gebiet), stadtteil (übergeordnetes Gebiet), vorjahr, vergleichsraum';
COMMENT ON COLUMN sozialbericht.vergleich.bezug_name IS 'Name des Bezugs; beim Vorjahr dessen Zeitraum';
COMMENT ON COLUMN sozialbericht.vergleich.bezugswert IS 'Wert des Bezugs';
COMMENT ON COLUMN sozialbericht.vergleich.abstand IS 'Wert minus Wert des Bezugs, aus ungerundeten Werten';
COMMENT ON COLUMN sozialbericht.vergleich.einheit IS 'Einheit der Kennzahl';
COMMENT ON COLUMN sozialbericht.vergleich.ergebnis IS 'hoeher, niedriger oder nicht_unterscheidbar';
COMMENT ON COLUMN sozialbericht.vergleich.bewertung IS 'Das Ergebnis, gewertet: guenstiger, unguenstiger, nicht_unterscheidbar; leer bei neutralen Kennzahlen';
COMMENT ON COLUMN sozialbericht.vergleich.p_wert IS 'Nur beim Rest der Stadt: Wahrscheinlichkeit eines so großen Unterschieds durch Zufall, auf sechs Stellen gerundet';
COMMENT ON COLUMN sozialbericht.vergleich.signifikant_bh IS 'Nur beim Rest der Stadt: auch dann gesichert, wenn alle Gebiete der Ebene und alle Kennzahlen des Jahres geprüft werden (Benjamini-Hochberg, 5 %)';
COMMENT ON COLUMN sozialbericht.vergleich.hinweis IS 'Was beim Vergleich zu beachten ist; zum Beispiel: synthetische Daten';

-- How many comparisons with the rest of the city were made at once, and how many findings chance alone would give.
CREATE VIEW sozialbericht.pruefumfang AS
SELECT min(v.id) AS pruefumfang_id,
       e.label AS stand,
       e.status = 'published' AS aktuell,
       d.label AS gebietsstand,
       u.level AS ebene,
       extract(year FROM lower(z.valid))::integer AS jahr,
       v.group_code <> 'insgesamt' AS gruppen,
       count(*)::integer AS pruefungen,
       count(*) FILTER (WHERE v.p_value <= 0.05)::integer AS auffaellig,
       round(0.05 * count(*), 1)::double precision AS zufaellig_erwartet,
       count(*) FILTER (WHERE v.p_adjusted <= 0.05)::integer AS nach_berichtigung
FROM release.value v
JOIN release.shown_edition e ON e.id = v.edition_id AND e.status IN ('published', 'superseded')
JOIN geo.unit u ON u.id = v.unit_id
JOIN geo.district_version d ON d.id = u.version_id
JOIN warehouse.period z ON z.code = v.period
WHERE v.p_value IS NOT NULL
GROUP BY e.label, e.status, d.label, u.level, jahr, gruppen;

COMMENT ON VIEW sozialbericht.pruefumfang IS 'Wie viele Vergleiche mit der übrigen Stadt auf einmal angestellt sind (Gebiete mal Kennzahlen), wie viele davon auffallen, wie viele es schon durch Zufall wären und wie viele nach Benjamini und Hochberg bleiben.';
COMMENT ON COLUMN sozialbericht.pruefumfang.pruefumfang_id IS 'Eindeutiger Schlüssel';
COMMENT ON COLUMN sozialbericht.pruefumfang.stand IS 'Veröffentlichung';
COMMENT ON COLUMN sozialbericht.pruefumfang.aktuell IS 'Gehört zur aktuellen Veröffentlichung';
COMMENT ON COLUMN sozialbericht.pruefumfang.gebietsstand IS 'Gebietsstand';
COMMENT ON COLUMN sozialbericht.pruefumfang.ebene IS 'Ebene des Gebiets';
COMMENT ON COLUMN sozialbericht.pruefumfang.jahr IS 'Jahr, in dem die Zeiträume beginnen';
COMMENT ON COLUMN sozialbericht.pruefumfang.gruppen IS 'Wahr: Untergruppen; falsch: Werte insgesamt';
COMMENT ON COLUMN sozialbericht.pruefumfang.pruefungen IS 'Zahl der Vergleiche mit der übrigen Stadt';
COMMENT ON COLUMN sozialbericht.pruefumfang.auffaellig IS 'Davon einzeln gesichert (p höchstens 5 %)';
COMMENT ON COLUMN sozialbericht.pruefumfang.zufaellig_erwartet IS 'So viele fielen im Mittel auf, wenn es keinen Unterschied gäbe';
COMMENT ON COLUMN sozialbericht.pruefumfang.nach_berichtigung IS 'So viele bleiben nach Benjamini und Hochberg (5 %)';
