-- Relations between the units of two district versions. Area shares are no secret; a population share is shown only where
-- it follows from published populations anyway: whole units, or parts that are units themselves.
CREATE VIEW sozialbericht.umsteigeschluessel AS
SELECT x.id AS umsteigeschluessel_id,
       v.label AS von_gebietsstand,
       n.label AS nach_gebietsstand,
       f.level AS ebene,
       f.key AS von_gebiet,
       f.name AS von_name,
       t.key AS nach_gebiet,
       t.name AS nach_name,
       CASE x.relation WHEN 'unchanged' THEN 'unveraendert' WHEN 'split' THEN 'geteilt'
                       WHEN 'merged' THEN 'zusammengelegt' ELSE 'unregelmaessig' END AS beziehung,
       CASE x.relation WHEN 'unchanged' THEN 'exakt' WHEN 'merged' THEN 'exakt_teilung' ELSE 'geschaetzt' END AS guete,
       round((x.area_m2 / 10000)::numeric, 2)::double precision AS flaeche_ha,
       round(x.area_weight::numeric, 6)::double precision AS flaechenanteil,
       CASE WHEN x.relation IN ('unchanged', 'merged') THEN 1
            WHEN x.relation = 'split' AND a.status = 'gueltig' AND z.status = 'gueltig' AND a.period = z.period
            THEN round(z.persons::numeric / nullif(a.persons, 0), 6) END::double precision AS einwohneranteil,
       CASE WHEN x.relation IN ('split', 'irregular') THEN round(100 * e.error::numeric, 1) END::double precision
           AS schaetzfehler_prozent,
       CASE x.method WHEN 'blocks' THEN 'aus gemeinsamen Blöcken' ELSE 'durch Verschneiden der Flächen' END AS verfahren
FROM geo.crosswalk x
JOIN geo.unit f ON f.id = x.from_unit_id
JOIN geo.district_version v ON v.id = f.version_id
JOIN geo.unit t ON t.id = x.to_unit_id
JOIN geo.district_version n ON n.id = t.version_id
LEFT JOIN release.shown_edition r ON r.status = 'published'
LEFT JOIN release.unit_population a ON a.edition_id = r.id AND a.unit_id = f.id
LEFT JOIN release.unit_population z ON z.edition_id = r.id AND z.unit_id = t.id
LEFT JOIN LATERAL (
    -- with the best weights there are: estimates by area are the last resort
    SELECT avg(c.error) AS error FROM warehouse.crosswalk_error c
    WHERE c.from_version_id = v.id AND c.to_version_id = n.id AND c.level = f.level
    GROUP BY c.carrier_id ORDER BY c.carrier_id IS NULL, 1 LIMIT 1
) e ON true
WHERE f.level <> 'nicht_zuordenbar';

COMMENT ON VIEW sozialbericht.umsteigeschluessel IS 'Umsteigeschlüssel: welches Gebiet eines Gebietsstands in welchen Gebieten eines anderen aufgeht, mit Anteilen.';
COMMENT ON COLUMN sozialbericht.umsteigeschluessel.umsteigeschluessel_id IS 'Eindeutiger Schlüssel';
COMMENT ON COLUMN sozialbericht.umsteigeschluessel.von_gebietsstand IS 'Gebietsstand, aus dem umgestiegen wird';
COMMENT ON COLUMN sozialbericht.umsteigeschluessel.nach_gebietsstand IS 'Gebietsstand, in den umgestiegen wird';
COMMENT ON COLUMN sozialbericht.umsteigeschluessel.ebene IS 'Ebene beider Gebiete';
COMMENT ON COLUMN sozialbericht.umsteigeschluessel.von_gebiet IS 'Schlüssel des Gebiets im Ausgangsstand';
COMMENT ON COLUMN sozialbericht.umsteigeschluessel.von_name IS 'Name des Gebiets im Ausgangsstand';
COMMENT ON COLUMN sozialbericht.umsteigeschluessel.nach_gebiet IS 'Schlüssel des Gebiets im Zielstand';
COMMENT ON COLUMN sozialbericht.umsteigeschluessel.nach_name IS 'Name des Gebiets im Zielstand';
COMMENT ON COLUMN sozialbericht.umsteigeschluessel.beziehung IS 'unveraendert (eins zu eins), geteilt (eins zu mehreren), zusammengelegt (mehrere zu einem), unregelmaessig (Grenzen neu gezogen)';
COMMENT ON COLUMN sozialbericht.umsteigeschluessel.guete IS 'Güte umgestiegener Werte, wenn keine kleineren Zählungen vorliegen: exakt, exakt_teilung (Summe ganzer Gebiete), geschaetzt';
COMMENT ON COLUMN sozialbericht.umsteigeschluessel.flaeche_ha IS 'Gemeinsame Fläche in Hektar';
COMMENT ON COLUMN sozialbericht.umsteigeschluessel.flaechenanteil IS 'Anteil an der Fläche des Ausgangsgebiets; je Ausgangsgebiet zusammen 1';
COMMENT ON COLUMN sozialbericht.umsteigeschluessel.einwohneranteil IS 'Anteil an den Einwohnern des Ausgangsgebiets, nur wo er aus veröffentlichten Einwohnerzahlen folgt; sonst leer';
COMMENT ON COLUMN sozialbericht.umsteigeschluessel.schaetzfehler_prozent IS 'Mittlerer Fehler geschätzter Werte zwischen diesen Gebietsständen in Prozent, gemessen an einem Jahr, das genau bekannt ist; leer, wenn exakt oder nicht messbar';
COMMENT ON COLUMN sozialbericht.umsteigeschluessel.verfahren IS 'Wie die gemeinsame Fläche bestimmt wurde';
