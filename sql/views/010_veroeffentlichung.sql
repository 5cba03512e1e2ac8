-- Releases that readers may cite; a withdrawn one stays here with the reason.
CREATE VIEW sozialbericht.veroeffentlichung AS
SELECT e.id AS veroeffentlichung_id,
       e.label AS stand,
       CASE e.status WHEN 'published' THEN 'aktuell' WHEN 'superseded' THEN 'ersetzt' ELSE 'zurueckgezogen' END AS zustand,
       e.published_at::date AS veroeffentlicht_am,
       CASE WHEN e.synthetic THEN 'synthetische Daten' END AS hinweis,
       e.withdrawn_at::date AS zurueckgezogen_am,
       e.withdrawn_reason AS zurueckgezogen_weil,
       e.content_sha256 AS pruefwert
FROM release.shown_edition e
WHERE e.status IN ('published', 'superseded', 'withdrawn');

COMMENT ON VIEW sozialbericht.veroeffentlichung IS 'Veröffentlichungen (Stände) der Kennzahlen; genau eine ist aktuell.';
COMMENT ON COLUMN sozialbericht.veroeffentlichung.veroeffentlichung_id IS 'Eindeutiger Schlüssel';
COMMENT ON COLUMN sozialbericht.veroeffentlichung.stand IS 'Bezeichnung des Stands, so zu zitieren';
COMMENT ON COLUMN sozialbericht.veroeffentlichung.zustand IS 'aktuell, ersetzt oder zurueckgezogen';
COMMENT ON COLUMN sozialbericht.veroeffentlichung.veroeffentlicht_am IS 'Tag der Veröffentlichung';
COMMENT ON COLUMN sozialbericht.veroeffentlichung.hinweis IS 'Hinweis, zum Beispiel: synthetische Daten';
COMMENT ON COLUMN sozialbericht.veroeffentlichung.zurueckgezogen_am IS 'Tag, an dem sie zurückgezogen wurde';
COMMENT ON COLUMN sozialbericht.veroeffentlichung.zurueckgezogen_weil IS 'Grund, aus dem sie zurückgezogen wurde';
COMMENT ON COLUMN sozialbericht.veroeffentlichung.pruefwert IS 'Prüfwert (SHA-256) des ganzen Inhalts; wer ihn zitiert, belegt genau diesen Stand';
