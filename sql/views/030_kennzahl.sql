-- Indicators with their definition and the offices behind them.
CREATE VIEW sozialbericht.kennzahl AS
SELECT i.id AS kennzahl_id,
       i.code AS kennzahl,
       t.code AS thema,
       t.title AS thema_titel,
       t.rank * 1000 + i.rank AS reihenfolge,
       i.title AS titel,
       i.definition,
       i.kind AS art,
       i.numerator_text AS zaehler,
       i.denominator_text AS nenner,
       i.factor AS faktor,
       i.unit AS einheit,
       i.polarity AS polaritaet,
       i.decimals AS nachkommastellen,
       i.ci_method AS ki_methode,
       coalesce(i.source_text, s.quelle) AS quelle,
       coalesce(r.title, s.eigner) AS eigner,
       i.periodicity AS periodizitaet,
       i.lowest_level AS kleinste_ebene,
       i.note AS hinweis,
       i.reference AS bezug,
       i.pool AS zeitraeume,
       i.place AS raumbezug,
       i.disclosure_risk AS offenlegungsrisiko,
       i.index_part AS indexteil,
       b.brueche,
       i.gap IS NOT NULL AS luecke,
       i.gap ->> 'reason' AS luecke_grund,
       i.gap ->> 'closed_by' AS luecke_abhilfe,
       g.title AS luecke_ansprechstelle
FROM catalogue.indicator i
JOIN catalogue.theme t ON t.code = i.theme
LEFT JOIN catalogue.owner r ON r.code = i.owner
LEFT JOIN catalogue.owner g ON g.code = i.gap ->> 'ask'
CROSS JOIN LATERAL (
    SELECT string_agg(to_char((k.bruch ->> 'since')::date, 'DD.MM.YYYY') || ': ' || (k.bruch ->> 'reason'), E'\n'
                      ORDER BY k.bruch ->> 'since') AS brueche
    FROM jsonb_array_elements(i.breaks) AS k (bruch)
) b
CROSS JOIN LATERAL (
    SELECT string_agg(q.title, '; ' ORDER BY q.title) AS quelle,
           string_agg(DISTINCT o.title, '; ' ORDER BY o.title) AS eigner
    FROM catalogue.source q
    JOIN catalogue.owner o ON o.code = q.owner
    WHERE i.sources @> to_jsonb(q.code)
) s
WHERE i.active;

COMMENT ON VIEW sozialbericht.kennzahl IS 'Kennzahlen mit Definition, Zähler, Nenner, Einheit, Quelle und zuständiger Stelle; auch Lücken, die nicht berechnet werden können.';
COMMENT ON COLUMN sozialbericht.kennzahl.kennzahl_id IS 'Eindeutiger Schlüssel';
COMMENT ON COLUMN sozialbericht.kennzahl.kennzahl IS 'Kennung, zum Beispiel BEV04';
COMMENT ON COLUMN sozialbericht.kennzahl.thema IS 'Kennung des Handlungsfelds';
COMMENT ON COLUMN sozialbericht.kennzahl.thema_titel IS 'Handlungsfeld';
COMMENT ON COLUMN sozialbericht.kennzahl.reihenfolge IS 'Reihenfolge im Bericht';
COMMENT ON COLUMN sozialbericht.kennzahl.titel IS 'Titel der Kennzahl';
COMMENT ON COLUMN sozialbericht.kennzahl.definition IS 'Definition in einem Satz';
COMMENT ON COLUMN sozialbericht.kennzahl.art IS 'Art: anzahl, anteil, quotient, rate, mittelwert, veraenderung, dichte, saldo, index, summe, verhaeltnis';
COMMENT ON COLUMN sozialbericht.kennzahl.zaehler IS 'Was im Zähler steht';
COMMENT ON COLUMN sozialbericht.kennzahl.nenner IS 'Was im Nenner steht; leer bei Anzahlen';
COMMENT ON COLUMN sozialbericht.kennzahl.faktor IS 'Faktor, mit dem der Quotient multipliziert wird';
COMMENT ON COLUMN sozialbericht.kennzahl.einheit IS 'Einheit des Werts';
COMMENT ON COLUMN sozialbericht.kennzahl.polaritaet IS 'gut: hohe Werte sind günstig; schlecht: ungünstig; neutral: ohne Wertung';
COMMENT ON COLUMN sozialbericht.kennzahl.nachkommastellen IS 'Nachkommastellen, auf die der Wert gerundet ist';
COMMENT ON COLUMN sozialbericht.kennzahl.ki_methode IS 'Verfahren des Konfidenzintervalls';
COMMENT ON COLUMN sozialbericht.kennzahl.quelle IS 'Quelle der Daten';
COMMENT ON COLUMN sozialbericht.kennzahl.eigner IS 'Zuständige Stelle';
COMMENT ON COLUMN sozialbericht.kennzahl.periodizitaet IS 'Wie oft die Daten kommen';
COMMENT ON COLUMN sozialbericht.kennzahl.kleinste_ebene IS 'Kleinste Ebene, für die die Kennzahl veröffentlicht wird';
COMMENT ON COLUMN sozialbericht.kennzahl.hinweis IS 'Hinweise zum Lesen und Vergleichen';
COMMENT ON COLUMN sozialbericht.kennzahl.bezug IS 'Stichtag oder Zeitraum, auf den sich der Wert bezieht';
COMMENT ON COLUMN sozialbericht.kennzahl.zeitraeume IS 'Zahl der Zeiträume, über die Zähler und Nenner zusammengefasst sind; 1: ein Jahr oder Schuljahr';
COMMENT ON COLUMN sozialbericht.kennzahl.raumbezug IS 'Wo der Zähler liegt: wohnort, standort der Einrichtung oder arbeitsort';
COMMENT ON COLUMN sozialbericht.kennzahl.offenlegungsrisiko IS 'Risiko, dass Einzelne erkennbar werden: gering, mittel, hoch, sehr_hoch';
COMMENT ON COLUMN sozialbericht.kennzahl.indexteil IS 'Bestandteil eines Index, zum Beispiel S1; wahlweise: könnte einer sein';
COMMENT ON COLUMN sozialbericht.kennzahl.brueche IS 'Brüche der Definition, eine Zeile je Bruch: ab wann und warum Werte nicht vergleichbar sind';
COMMENT ON COLUMN sozialbericht.kennzahl.luecke IS 'Wahr, wenn es keine geeignete Quelle gibt: dokumentiert, nicht berechnet';
COMMENT ON COLUMN sozialbericht.kennzahl.luecke_grund IS 'Warum es eine Lücke ist';
COMMENT ON COLUMN sozialbericht.kennzahl.luecke_abhilfe IS 'Was die Lücke schließen würde';
COMMENT ON COLUMN sozialbericht.kennzahl.luecke_ansprechstelle IS 'Welche Stelle zu fragen ist';
