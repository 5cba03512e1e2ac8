-- Demand for places in day care and primary school, from the projection, against the places that are there.
CREATE VIEW sozialbericht.bedarf AS
SELECT b.id AS bedarf_id,
       u.id AS gebiet_id,
       e.label AS stand,
       d.label AS gebietsstand,
       u.level AS ebene,
       u.key AS gebiet,
       u.name,
       b.scenario AS szenario,
       r.title AS szenario_titel,
       b.year AS jahr,
       make_date(b.year, 12, 31) AS stichtag,
       b.kind AS altersgruppe,
       b.title AS titel,
       b.children AS kinder,
       round((100 * b.quota)::numeric, 1)::double precision AS betreuungsquote,
       b.needed AS bedarf,
       b.places AS plaetze,
       b.places_period AS plaetze_zeitraum,
       b.balance AS saldo,
       b.status,
       CASE WHEN b.year = r.base_year THEN 'Ausgangsstand (Melderegister)' ELSE 'eigene Vorausberechnung' END AS herkunft,
       concat_ws('; ',
           CASE WHEN b.places IS NULL THEN 'Plätze liegen nicht vor' END,
           CASE WHEN b.year > r.base_year THEN 'keine amtliche Vorausberechnung' END,
           CASE WHEN d.provisional THEN 'vorläufige Bezirke' END,
           CASE WHEN e.synthetic OR d.synthetic THEN 'synthetische Daten' END) AS hinweis
FROM release.demand b
JOIN release.forecast_run r ON r.edition_id = b.edition_id AND r.scenario = b.scenario
JOIN release.shown_edition e ON e.id = b.edition_id AND e.status = 'published'
JOIN geo.unit u ON u.id = b.unit_id
JOIN geo.district_version d ON d.id = u.version_id AND d.is_current;

COMMENT ON VIEW sozialbericht.bedarf IS 'Platzbedarf in Kindertagesbetreuung und Grundschule je Gebiet, Szenario und Jahr, gegen die vorhandenen Plätze am Standort.';
COMMENT ON COLUMN sozialbericht.bedarf.bedarf_id IS 'Eindeutiger Schlüssel';
COMMENT ON COLUMN sozialbericht.bedarf.gebiet_id IS 'Schlüssel des Gebiets';
COMMENT ON COLUMN sozialbericht.bedarf.stand IS 'Veröffentlichung';
COMMENT ON COLUMN sozialbericht.bedarf.gebietsstand IS 'Gebietsstand';
COMMENT ON COLUMN sozialbericht.bedarf.ebene IS 'Ebene des Gebiets';
COMMENT ON COLUMN sozialbericht.bedarf.gebiet IS 'Gebietsschlüssel';
COMMENT ON COLUMN sozialbericht.bedarf.name IS 'Name des Gebiets';
COMMENT ON COLUMN sozialbericht.bedarf.szenario IS 'Szenario, siehe prognose_szenario';
COMMENT ON COLUMN sozialbericht.bedarf.szenario_titel IS 'Titel des Szenarios';
COMMENT ON COLUMN sozialbericht.bedarf.jahr IS 'Jahr';
COMMENT ON COLUMN sozialbericht.bedarf.stichtag IS 'Stichtag, 31.12. des Jahres';
COMMENT ON COLUMN sozialbericht.bedarf.altersgruppe IS 'Gruppe der Kinder: unter_3, ab_3 (bis zur Einschulung), grundschule (Klassen 1 bis 4)';
COMMENT ON COLUMN sozialbericht.bedarf.titel IS 'Titel der Gruppe';
COMMENT ON COLUMN sozialbericht.bedarf.kinder IS 'Kinder der Gruppe, auf Zehner gerundet';
COMMENT ON COLUMN sozialbericht.bedarf.betreuungsquote IS 'Anteil der Kinder, für die ein Platz gerechnet wird, in Prozent: festgelegt oder der jüngste Wert der Stadt';
COMMENT ON COLUMN sozialbericht.bedarf.bedarf IS 'Benötigte Plätze: Kinder mal Quote, auf Zehner gerundet';
COMMENT ON COLUMN sozialbericht.bedarf.plaetze IS 'Vorhandene Plätze am Standort der Einrichtung, jüngster Stand; leer, wenn nicht bekannt';
COMMENT ON COLUMN sozialbericht.bedarf.plaetze_zeitraum IS 'Zeitraum der Platzzahl';
COMMENT ON COLUMN sozialbericht.bedarf.saldo IS 'Plätze minus Bedarf, auf Zehner gerundet; unter 0: rechnerisch fehlen Plätze. Kinder besuchen auch Einrichtungen anderer Gebiete';
COMMENT ON COLUMN sozialbericht.bedarf.status IS 'gueltig';
COMMENT ON COLUMN sozialbericht.bedarf.herkunft IS 'eigene Vorausberechnung, oder Ausgangsstand im Basisjahr';
COMMENT ON COLUMN sozialbericht.bedarf.hinweis IS 'Hinweis, zum Beispiel: Plätze liegen nicht vor, synthetische Daten';
