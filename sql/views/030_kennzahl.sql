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
       s.quelle,
       s.eigner,
       i.periodicity AS periodizitaet,
       i.lowest_level AS kleinste_ebene,
       i.note AS hinweis
FROM catalogue.indicator i
JOIN catalogue.theme t ON t.code = i.theme
CROSS JOIN LATERAL (
    SELECT string_agg(q.title, '; ' ORDER BY q.title) AS quelle,
           string_agg(DISTINCT o.title, '; ' ORDER BY o.title) AS eigner
    FROM catalogue.source q
    JOIN catalogue.owner o ON o.code = q.owner
    WHERE i.sources @> to_jsonb(q.code)
) s
WHERE i.active;

COMMENT ON VIEW sozialbericht.kennzahl IS 'Kennzahlen mit Definition, Zähler, Nenner, Einheit, Quelle und zuständiger Stelle.';
COMMENT ON COLUMN sozialbericht.kennzahl.kennzahl_id IS 'Eindeutiger Schlüssel';
COMMENT ON COLUMN sozialbericht.kennzahl.kennzahl IS 'Kennung, zum Beispiel BEV04';
COMMENT ON COLUMN sozialbericht.kennzahl.thema IS 'Kennung des Handlungsfelds';
COMMENT ON COLUMN sozialbericht.kennzahl.thema_titel IS 'Handlungsfeld';
COMMENT ON COLUMN sozialbericht.kennzahl.reihenfolge IS 'Reihenfolge im Bericht';
COMMENT ON COLUMN sozialbericht.kennzahl.titel IS 'Titel der Kennzahl';
COMMENT ON COLUMN sozialbericht.kennzahl.definition IS 'Definition in einem Satz';
COMMENT ON COLUMN sozialbericht.kennzahl.art IS 'Art: anzahl, anteil, quotient, rate, mittelwert, veraenderung, dichte, saldo, index, summe';
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
COMMENT ON COLUMN sozialbericht.kennzahl.hinweis IS 'Hinweise und Brüche';
