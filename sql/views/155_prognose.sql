-- Population projection of the current district version, its scenarios, and how it would have done before.
CREATE VIEW sozialbericht.prognose AS
SELECT f.id AS prognose_id,
       u.id AS gebiet_id,
       e.label AS stand,
       d.label AS gebietsstand,
       u.level AS ebene,
       u.key AS gebiet,
       u.name,
       f.scenario AS szenario,
       r.title AS szenario_titel,
       f.year AS jahr,
       make_date(f.year, 12, 31) AS stichtag,
       r.base_year AS basisjahr,
       f.age_group AS altersgruppe,
       f.persons AS personen,
       f.status,
       CASE WHEN f.year = r.base_year THEN 'Ausgangsstand (Melderegister)' ELSE 'eigene Vorausberechnung' END AS herkunft,
       concat_ws('; ',
           CASE WHEN f.year > r.base_year THEN 'keine amtliche Vorausberechnung' END,
           CASE WHEN d.provisional THEN 'vorläufige Bezirke' END,
           CASE WHEN e.synthetic OR d.synthetic THEN 'synthetische Daten' END) AS hinweis
FROM release.forecast f
JOIN release.forecast_run r ON r.edition_id = f.edition_id AND r.scenario = f.scenario
JOIN release.shown_edition e ON e.id = f.edition_id AND e.status = 'published'
JOIN geo.unit u ON u.id = f.unit_id
JOIN geo.district_version d ON d.id = u.version_id AND d.is_current;

COMMENT ON VIEW sozialbericht.prognose IS 'Eigene kleinräumige Vorausberechnung der Bevölkerung nach Szenario, Jahr und Altersgruppe, auf Zehner gerundet. Keine Vorhersage und nicht amtlich.';
COMMENT ON COLUMN sozialbericht.prognose.prognose_id IS 'Eindeutiger Schlüssel';
COMMENT ON COLUMN sozialbericht.prognose.gebiet_id IS 'Schlüssel des Gebiets';
COMMENT ON COLUMN sozialbericht.prognose.stand IS 'Veröffentlichung';
COMMENT ON COLUMN sozialbericht.prognose.gebietsstand IS 'Gebietsstand';
COMMENT ON COLUMN sozialbericht.prognose.ebene IS 'Ebene des Gebiets';
COMMENT ON COLUMN sozialbericht.prognose.gebiet IS 'Gebietsschlüssel';
COMMENT ON COLUMN sozialbericht.prognose.name IS 'Name des Gebiets';
COMMENT ON COLUMN sozialbericht.prognose.szenario IS 'Szenario, siehe prognose_szenario';
COMMENT ON COLUMN sozialbericht.prognose.szenario_titel IS 'Titel des Szenarios';
COMMENT ON COLUMN sozialbericht.prognose.jahr IS 'Jahr';
COMMENT ON COLUMN sozialbericht.prognose.stichtag IS 'Stichtag, 31.12. des Jahres';
COMMENT ON COLUMN sozialbericht.prognose.basisjahr IS 'Jahr, von dessen 31.12. aus gerechnet wird';
COMMENT ON COLUMN sozialbericht.prognose.altersgruppe IS 'insgesamt oder Alter: a00_03 ist 0 bis unter 3 Jahre, a80_plus ab 80';
COMMENT ON COLUMN sozialbericht.prognose.personen IS 'Personen, auf Zehner gerundet; Summen weichen dadurch ab. Leer, wo nicht gerechnet wird';
COMMENT ON COLUMN sozialbericht.prognose.status IS 'gueltig; geheim oder fehlt, wenn der Ausgangsstand nicht gezeigt wird; nicht_sinnvoll, wenn das Gebiet zu klein ist';
COMMENT ON COLUMN sozialbericht.prognose.herkunft IS 'eigene Vorausberechnung, oder Ausgangsstand im Basisjahr';
COMMENT ON COLUMN sozialbericht.prognose.hinweis IS 'Hinweis, zum Beispiel: keine amtliche Vorausberechnung, synthetische Daten';

CREATE VIEW sozialbericht.prognose_szenario AS
SELECT r.id AS szenario_id,
       e.label AS stand,
       r.scenario AS szenario,
       r.title AS titel,
       r.description AS beschreibung,
       r.base_year AS basisjahr,
       r.fitted_from + 1 AS basiszeit_von,
       r.base_year AS basiszeit_bis,
       r.fertility AS faktor_geburten,
       round((100 * r.mortality_change)::numeric, 3)::double precision AS sterblichkeit_prozent_je_jahr,
       r.gains AS faktor_wanderungsgewinne,
       r.losses AS faktor_wanderungsverluste,
       r.housing AS faktor_neubau
FROM release.forecast_run r
JOIN release.shown_edition e ON e.id = r.edition_id AND e.status = 'published';

COMMENT ON VIEW sozialbericht.prognose_szenario IS 'Annahmen der Vorausberechnung je Szenario. Es sind Setzungen, keine Vertrauensgrenzen.';
COMMENT ON COLUMN sozialbericht.prognose_szenario.szenario_id IS 'Eindeutiger Schlüssel';
COMMENT ON COLUMN sozialbericht.prognose_szenario.stand IS 'Veröffentlichung';
COMMENT ON COLUMN sozialbericht.prognose_szenario.szenario IS 'Kennung des Szenarios';
COMMENT ON COLUMN sozialbericht.prognose_szenario.titel IS 'Titel des Szenarios';
COMMENT ON COLUMN sozialbericht.prognose_szenario.beschreibung IS 'Beschreibung des Szenarios';
COMMENT ON COLUMN sozialbericht.prognose_szenario.basisjahr IS 'Jahr, von dessen 31.12. aus gerechnet wird';
COMMENT ON COLUMN sozialbericht.prognose_szenario.basiszeit_von IS 'Erstes Jahr, aus dem Geburten, Sterbefälle und Wanderungen stammen';
COMMENT ON COLUMN sozialbericht.prognose_szenario.basiszeit_bis IS 'Letztes Jahr, aus dem Geburten, Sterbefälle und Wanderungen stammen';
COMMENT ON COLUMN sozialbericht.prognose_szenario.faktor_geburten IS 'Faktor auf die Geburtenraten';
COMMENT ON COLUMN sozialbericht.prognose_szenario.sterblichkeit_prozent_je_jahr IS 'Änderung der Sterbewahrscheinlichkeiten je Jahr in Prozent';
COMMENT ON COLUMN sozialbericht.prognose_szenario.faktor_wanderungsgewinne IS 'Faktor auf Wanderungsgewinne';
COMMENT ON COLUMN sozialbericht.prognose_szenario.faktor_wanderungsverluste IS 'Faktor auf Wanderungsverluste';
COMMENT ON COLUMN sozialbericht.prognose_szenario.faktor_neubau IS 'Faktor auf die Tabelle zusätzlicher Wohnungen; 0: ohne';

CREATE VIEW sozialbericht.prognosefehler AS
SELECT f.id AS prognosefehler_id,
       u.id AS gebiet_id,
       e.label AS stand,
       d.label AS gebietsstand,
       u.level AS ebene,
       u.key AS gebiet,
       u.name,
       f.age_group AS altersgruppe,
       f.method AS verfahren,
       f.base_year AS basisjahr,
       f.target_year AS zieljahr,
       f.projected AS vorausberechnet,
       f.actual AS eingetreten,
       f.percent AS abweichung_prozent,
       concat_ws('; ',
           CASE WHEN d.provisional THEN 'vorläufige Bezirke' END,
           CASE WHEN e.synthetic OR d.synthetic THEN 'synthetische Daten: prüft nur das Programm' END) AS hinweis
FROM release.forecast_error f
JOIN release.shown_edition e ON e.id = f.edition_id AND e.status = 'published'
JOIN geo.unit u ON u.id = f.unit_id
JOIN geo.district_version d ON d.id = u.version_id AND d.is_current;

COMMENT ON VIEW sozialbericht.prognosefehler IS 'Rückschau: wie weit eine Vorausberechnung aus früheren Jahren danebengelegen hätte, neben zwei einfachen Annahmen.';
COMMENT ON COLUMN sozialbericht.prognosefehler.prognosefehler_id IS 'Eindeutiger Schlüssel';
COMMENT ON COLUMN sozialbericht.prognosefehler.gebiet_id IS 'Schlüssel des Gebiets';
COMMENT ON COLUMN sozialbericht.prognosefehler.stand IS 'Veröffentlichung';
COMMENT ON COLUMN sozialbericht.prognosefehler.gebietsstand IS 'Gebietsstand';
COMMENT ON COLUMN sozialbericht.prognosefehler.ebene IS 'Ebene des Gebiets';
COMMENT ON COLUMN sozialbericht.prognosefehler.gebiet IS 'Gebietsschlüssel';
COMMENT ON COLUMN sozialbericht.prognosefehler.name IS 'Name des Gebiets';
COMMENT ON COLUMN sozialbericht.prognosefehler.altersgruppe IS 'insgesamt oder Alter, wie in prognose';
COMMENT ON COLUMN sozialbericht.prognosefehler.verfahren IS 'Kohorten, wie im letzten Jahr oder linearer Trend';
COMMENT ON COLUMN sozialbericht.prognosefehler.basisjahr IS 'Letztes Jahr, das die Rechnung kannte';
COMMENT ON COLUMN sozialbericht.prognosefehler.zieljahr IS 'Jahr, mit dem verglichen wird';
COMMENT ON COLUMN sozialbericht.prognosefehler.vorausberechnet IS 'Vorausberechnete Personen, auf Zehner gerundet';
COMMENT ON COLUMN sozialbericht.prognosefehler.eingetreten IS 'Personen im Zieljahr nach den veröffentlichten Werten, nötigenfalls auf Altersjahre verteilt';
COMMENT ON COLUMN sozialbericht.prognosefehler.abweichung_prozent IS 'Abweichung in Prozent der eingetretenen Zahl; über 0: zu viele vorausberechnet';
COMMENT ON COLUMN sozialbericht.prognosefehler.hinweis IS 'Hinweis, zum Beispiel: synthetische Daten';
