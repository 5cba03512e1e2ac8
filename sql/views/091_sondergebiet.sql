-- Areas that someone drew, and what published figures of the districts say about them. Nothing but published values is used;
-- the share of a district's people that lives inside is taken in steps of five percentage points, so that nobody can compute
-- how many live in a piece of a district.
CREATE VIEW sozialbericht.sondergebiet AS
SELECT c.id AS sondergebiet_id,
       c.label AS bezeichnung,
       c.key AS gebiet,
       c.name,
       round((ST_Area(c.geom) / 10000)::numeric, 2)::double precision AS flaeche_ha,
       c.added_at::date AS stand_am,
       CASE WHEN c.synthetic THEN 'synthetische Daten' END AS hinweis,
       c.geom::geometry(MultiPolygon, 25832) AS geom
FROM geo.custom_area c;

COMMENT ON VIEW sozialbericht.sondergebiet IS 'Gezeichnete Gebiete neben den Gebietsständen, zum Beispiel Einzugsbereiche von Schulen.';
COMMENT ON COLUMN sozialbericht.sondergebiet.sondergebiet_id IS 'Eindeutiger Schlüssel';
COMMENT ON COLUMN sozialbericht.sondergebiet.bezeichnung IS 'Wie die Gebiete zusammen heißen';
COMMENT ON COLUMN sozialbericht.sondergebiet.gebiet IS 'Schlüssel des Gebiets';
COMMENT ON COLUMN sozialbericht.sondergebiet.name IS 'Name des Gebiets';
COMMENT ON COLUMN sozialbericht.sondergebiet.flaeche_ha IS 'Fläche in Hektar';
COMMENT ON COLUMN sozialbericht.sondergebiet.stand_am IS 'Tag, an dem das Gebiet eingelesen wurde';
COMMENT ON COLUMN sozialbericht.sondergebiet.hinweis IS 'Hinweis, zum Beispiel: synthetische Daten';
COMMENT ON COLUMN sozialbericht.sondergebiet.geom IS 'Umriss, EPSG:25832';

CREATE VIEW sozialbericht.sondergebiet_wert AS
WITH share AS (
    -- the smallest level of the current version: the districts
    SELECT s.area_id, s.unit_id, round(20 * s.share) / 20 AS share, s.located_by
    FROM geo.custom_area_share s
    JOIN geo.unit u ON u.id = s.unit_id
    JOIN geo.district_version d ON d.id = u.version_id AND d.is_current
    JOIN geo.level l ON l.code = u.level
    WHERE l.rank = (SELECT max(k.rank) FROM geo.level k JOIN geo.unit o ON o.level = k.code AND o.version_id = d.id
                    WHERE o.geom IS NOT NULL)
      AND round(20 * s.share) > 0
), people AS (
    SELECT s.area_id, sum(s.share * p.persons) AS inside, sum(p.persons) AS all_of_them, count(*) AS districts,
           array_agg(DISTINCT s.located_by) AS how, bool_and(p.persons IS NOT NULL) AS known
    FROM share s
    JOIN release.shown_edition e ON e.status = 'published'
    LEFT JOIN release.unit_population p ON p.edition_id = e.id AND p.unit_id = s.unit_id
    GROUP BY s.area_id
), summed AS (
    SELECT s.area_id, v.indicator_id, v.period, v.group_code, e.label AS edition, max(v.reference_date) AS reference_date,
           sum(s.share * v.numerator) AS numerator, sum(s.share * v.denominator) AS denominator,
           count(v.denominator) > 0 AS is_quotient, count(*) AS districts,
           (ARRAY['gueltig', 'unsicher', 'geheim', 'folgt', 'fehlt', 'nicht_sinnvoll', 'nicht_vergleichbar'])
               [max(array_position(ARRAY['gueltig', 'unsicher', 'geheim', 'folgt', 'fehlt', 'nicht_sinnvoll',
                                         'nicht_vergleichbar'], v.status))] AS status
    FROM share s
    JOIN release.shown_edition e ON e.status = 'published'
    JOIN release.value v ON v.edition_id = e.id AND v.unit_id = s.unit_id
    GROUP BY s.area_id, v.indicator_id, v.period, v.group_code, e.label
), judged AS (
    -- too few people for a social picture (300), or a district without a published value
    SELECT s.*, p.inside, p.all_of_them, p.how,
           CASE WHEN s.districts < p.districts THEN 'fehlt'
                WHEN s.status IN ('gueltig', 'unsicher') AND (NOT p.known OR p.inside < 300) THEN 'geheim'
                WHEN s.status IN ('gueltig', 'unsicher') AND s.is_quotient AND s.denominator = 0 THEN 'nicht_sinnvoll'
                ELSE s.status END AS shown
    FROM summed s JOIN people p USING (area_id)
)
SELECT row_number() OVER (ORDER BY j.area_id, i.code, j.period, j.group_code)::integer AS sondergebiet_wert_id,
       j.edition AS stand,
       c.label AS bezeichnung,
       c.key AS gebiet,
       c.name,
       j.period AS zeitraum,
       j.reference_date AS stichtag,
       lower(z.valid) AS von,
       upper(z.valid) AS bis,
       i.code AS kennzahl,
       j.group_code AS gruppe,
       CASE WHEN j.shown IN ('gueltig', 'unsicher') THEN round(j.numerator) END AS zaehler,
       CASE WHEN j.shown IN ('gueltig', 'unsicher') THEN round(j.denominator) END AS nenner,
       CASE WHEN j.shown IN ('gueltig', 'unsicher')
            THEN round((i.factor * j.numerator / CASE WHEN j.is_quotient THEN j.denominator ELSE 1 END)::numeric, i.decimals)
       END::double precision AS wert,
       j.shown AS status,
       'geschaetzt'::text AS guete,
       CASE WHEN j.shown IN ('gueltig', 'unsicher') THEN round(100 * j.inside / j.all_of_them)::integer END
           AS einwohneranteil_prozent,
       CASE WHEN j.shown NOT IN ('gueltig', 'unsicher') THEN
                'nicht geschätzt: zu wenige Einwohner oder ein Bezirk ohne veröffentlichten Wert'
            ELSE format('geschätzt aus %s, von deren Einwohnern rund %s %% im Gebiet wohnen (nach der Verteilung der %s, Anteile '
                        'auf 5 %% gerundet); unterstellt, dass sich jeder Bezirk gleichmäßig zusammensetzt',
                        CASE j.districts WHEN 1 THEN 'einem Bezirk' ELSE j.districts || ' Bezirken' END,
                        round(100 * j.inside / j.all_of_them),
                        CASE j.how WHEN '{bloecke}' THEN 'Einwohner auf Blöcke' WHEN '{adressen}' THEN 'Adressen'
                                   WHEN '{flaeche}' THEN 'Fläche' ELSE 'Einwohner, Adressen oder Fläche' END) END
            AS erlaeuterung
FROM judged j
JOIN geo.custom_area c ON c.id = j.area_id
JOIN catalogue.indicator i ON i.id = j.indicator_id AND i.kind NOT IN ('dichte', 'index')
JOIN warehouse.period z ON z.code = j.period;

COMMENT ON VIEW sozialbericht.sondergebiet_wert IS 'Kennzahlen gezeichneter Gebiete, geschätzt aus den veröffentlichten Werten der Bezirke; nie aus ungeschützten Zahlen.';
COMMENT ON COLUMN sozialbericht.sondergebiet_wert.sondergebiet_wert_id IS 'Eindeutiger Schlüssel innerhalb der Abfrage';
COMMENT ON COLUMN sozialbericht.sondergebiet_wert.stand IS 'Veröffentlichung, aus der die Werte der Bezirke stammen';
COMMENT ON COLUMN sozialbericht.sondergebiet_wert.bezeichnung IS 'Wie die Gebiete zusammen heißen';
COMMENT ON COLUMN sozialbericht.sondergebiet_wert.gebiet IS 'Schlüssel des Gebiets';
COMMENT ON COLUMN sozialbericht.sondergebiet_wert.name IS 'Name des Gebiets';
COMMENT ON COLUMN sozialbericht.sondergebiet_wert.zeitraum IS 'Zeitraum: 2025, 2025-Q1, 2024/25';
COMMENT ON COLUMN sozialbericht.sondergebiet_wert.stichtag IS 'Stichtag bei Bestandszahlen';
COMMENT ON COLUMN sozialbericht.sondergebiet_wert.von IS 'Beginn des Zeitraums (einschließlich)';
COMMENT ON COLUMN sozialbericht.sondergebiet_wert.bis IS 'Ende des Zeitraums (ausschließlich)';
COMMENT ON COLUMN sozialbericht.sondergebiet_wert.kennzahl IS 'Kennung der Kennzahl';
COMMENT ON COLUMN sozialbericht.sondergebiet_wert.gruppe IS 'Gruppe; insgesamt, wenn nicht untergliedert';
COMMENT ON COLUMN sozialbericht.sondergebiet_wert.zaehler IS 'Geschätzter Zähler, gerundet; leer, wenn nicht geschätzt';
COMMENT ON COLUMN sozialbericht.sondergebiet_wert.nenner IS 'Geschätzter Nenner, gerundet; leer, wenn nicht geschätzt oder ohne Nenner';
COMMENT ON COLUMN sozialbericht.sondergebiet_wert.wert IS 'Geschätzter Wert in der Einheit der Kennzahl; leer, wenn nicht geschätzt';
COMMENT ON COLUMN sozialbericht.sondergebiet_wert.status IS 'gueltig, geheim, unsicher, folgt, fehlt, nicht_sinnvoll, nicht_vergleichbar';
COMMENT ON COLUMN sozialbericht.sondergebiet_wert.guete IS 'Immer geschaetzt';
COMMENT ON COLUMN sozialbericht.sondergebiet_wert.einwohneranteil_prozent IS 'Welcher Anteil der Einwohner der berührten Bezirke im Gebiet wohnt, geschätzt; je Bezirk auf 5 % gerundet';
COMMENT ON COLUMN sozialbericht.sondergebiet_wert.erlaeuterung IS 'Wie die Schätzung zustande kommt';
