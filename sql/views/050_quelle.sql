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
       s.note AS hinweis
FROM catalogue.source s
JOIN catalogue.owner o ON o.code = s.owner
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

CREATE VIEW sozialbericht.lieferung AS
SELECT d.id AS lieferung_id,
       d.source AS quelle,
       d.reference_date AS stichtag,
       d.received_at::date AS eingegangen_am,
       CASE d.status WHEN 'active' THEN 'gültig' ELSE 'ersetzt' END AS zustand,
       d.superseded_by AS ersetzt_durch,
       CASE WHEN d.synthetic THEN 'synthetische Daten' END AS hinweis
FROM intake.delivery d;

COMMENT ON VIEW sozialbericht.lieferung IS 'Lieferungen: was wann eingegangen ist und ob es noch gilt.';
COMMENT ON COLUMN sozialbericht.lieferung.lieferung_id IS 'Eindeutiger Schlüssel';
COMMENT ON COLUMN sozialbericht.lieferung.quelle IS 'Kennung der Quelle';
COMMENT ON COLUMN sozialbericht.lieferung.stichtag IS 'Stichtag der Lieferung';
COMMENT ON COLUMN sozialbericht.lieferung.eingegangen_am IS 'Tag des Eingangs';
COMMENT ON COLUMN sozialbericht.lieferung.zustand IS 'gültig oder ersetzt';
COMMENT ON COLUMN sozialbericht.lieferung.ersetzt_durch IS 'Lieferung, die diese ersetzt hat';
COMMENT ON COLUMN sozialbericht.lieferung.hinweis IS 'Hinweis, zum Beispiel: synthetische Daten';
