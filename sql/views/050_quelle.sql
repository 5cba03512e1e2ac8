-- Sources and deliveries as far as they are public: never rows, rejects or file contents.
CREATE VIEW sozialbericht.quelle AS
SELECT s.id AS quelle_id,
       s.code AS quelle,
       s.title AS titel,
       o.title AS eigner,
       s.periodicity AS periodizitaet,
       s.legal_basis AS rechtsgrundlage,
       s.licence AS lizenz,
       s.smallest_level AS kleinste_ebene,
       s.note AS hinweis,
       s.place AS raumbezug,
       CASE s.reference WHEN 'stock' THEN 'bestand' ELSE 'bewegung' END AS bezug,
       s.first_year AS erstes_jahr,
       s.due_days AS lieferfrist_tage,
       s.delivery AS lieferung,
       s.quality AS anforderungen,
       b.brueche,
       s.estimate AS geschaetzt,
       s.assumed AS aufbau_angenommen
FROM catalogue.source s
JOIN catalogue.owner o ON o.code = s.owner
CROSS JOIN LATERAL (
    SELECT string_agg(to_char((k.bruch ->> 'since')::date, 'DD.MM.YYYY') || ': ' || (k.bruch ->> 'reason'), E'\n'
                      ORDER BY k.bruch ->> 'since') AS brueche
    FROM jsonb_array_elements(s.breaks) AS k (bruch)
) b
WHERE s.active;

COMMENT ON VIEW sozialbericht.quelle IS 'Quellen der Daten mit zuständiger Stelle und Rechtsgrundlage.';
COMMENT ON COLUMN sozialbericht.quelle.quelle_id IS 'Eindeutiger Schlüssel';
COMMENT ON COLUMN sozialbericht.quelle.quelle IS 'Kennung der Quelle';
COMMENT ON COLUMN sozialbericht.quelle.titel IS 'Titel der Quelle, so zu zitieren';
COMMENT ON COLUMN sozialbericht.quelle.eigner IS 'Zuständige Stelle';
COMMENT ON COLUMN sozialbericht.quelle.periodizitaet IS 'Wie oft geliefert wird';
COMMENT ON COLUMN sozialbericht.quelle.rechtsgrundlage IS 'Rechtsgrundlage der Verarbeitung';
COMMENT ON COLUMN sozialbericht.quelle.lizenz IS 'Lizenz, unter der die Daten stehen';
COMMENT ON COLUMN sozialbericht.quelle.kleinste_ebene IS 'Kleinste Ebene, auf der gezählt wird';
COMMENT ON COLUMN sozialbericht.quelle.hinweis IS 'Hinweise zur Quelle';
COMMENT ON COLUMN sozialbericht.quelle.raumbezug IS 'Wo gezählt wird: wohnort, standort der Einrichtung oder arbeitsort';
COMMENT ON COLUMN sozialbericht.quelle.bezug IS 'bestand an einem Stichtag oder bewegung in einem Zeitraum';
COMMENT ON COLUMN sozialbericht.quelle.erstes_jahr IS 'Erstes Jahr, für das die Quelle erwartet wird';
COMMENT ON COLUMN sozialbericht.quelle.lieferfrist_tage IS 'Tage nach dem Stichtag oder Zeitraum, bis zu denen geliefert wird';
COMMENT ON COLUMN sozialbericht.quelle.lieferung IS 'Wann und wie geliefert wird';
COMMENT ON COLUMN sozialbericht.quelle.anforderungen IS 'Anforderungen an die Güte der Daten';
COMMENT ON COLUMN sozialbericht.quelle.brueche IS 'Brüche der Definition, eine Zeile je Bruch: ab wann und warum Werte nicht vergleichbar sind';
COMMENT ON COLUMN sozialbericht.quelle.geschaetzt IS 'Wahr, wenn Werte nach Gebieten geschätzt sind';
COMMENT ON COLUMN sozialbericht.quelle.aufbau_angenommen IS 'Wahr, wenn der Aufbau einer Datei nicht öffentlich und angenommen ist';

CREATE VIEW sozialbericht.lieferung AS
SELECT d.id AS lieferung_id,
       d.source AS quelle,
       d.reference_date AS stichtag,
       d.received_at::date AS eingegangen_am,
       CASE d.status WHEN 'active' THEN 'gültig' ELSE 'ersetzt' END AS zustand,
       d.superseded_by AS ersetzt_durch,
       CASE WHEN d.synthetic THEN 'synthetische Daten' END AS hinweis,
       s.title AS titel,
       o.title AS eigner,
       p.zeitraeume
FROM intake.delivery d
JOIN catalogue.source s ON s.code = d.source
JOIN catalogue.owner o ON o.code = s.owner
CROSS JOIN LATERAL (
    SELECT string_agg(z.code, ', ' ORDER BY z.code) AS zeitraeume
    FROM jsonb_array_elements_text(coalesce(nullif(d.report -> 'periods', 'null'), '[]')) AS z (code)
) p;

COMMENT ON VIEW sozialbericht.lieferung IS 'Lieferungen: was wann eingegangen ist und ob es noch gilt.';
COMMENT ON COLUMN sozialbericht.lieferung.lieferung_id IS 'Eindeutiger Schlüssel';
COMMENT ON COLUMN sozialbericht.lieferung.quelle IS 'Kennung der Quelle';
COMMENT ON COLUMN sozialbericht.lieferung.stichtag IS 'Stichtag der Lieferung';
COMMENT ON COLUMN sozialbericht.lieferung.eingegangen_am IS 'Tag des Eingangs';
COMMENT ON COLUMN sozialbericht.lieferung.zustand IS 'gültig oder ersetzt';
COMMENT ON COLUMN sozialbericht.lieferung.ersetzt_durch IS 'Lieferung, die diese ersetzt hat';
COMMENT ON COLUMN sozialbericht.lieferung.hinweis IS 'Hinweis, zum Beispiel: synthetische Daten';
COMMENT ON COLUMN sozialbericht.lieferung.titel IS 'Titel der Quelle';
COMMENT ON COLUMN sozialbericht.lieferung.eigner IS 'Stelle, die geliefert hat';
COMMENT ON COLUMN sozialbericht.lieferung.zeitraeume IS 'Zeiträume, die die Lieferung enthält';
