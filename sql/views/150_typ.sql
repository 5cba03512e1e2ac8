-- Types of areas of the current district version, their profiles, and how well they are founded.
CREATE VIEW sozialbericht.typ AS
SELECT v.id AS typ_wert_id,
       u.id AS gebiet_id,
       e.label AS stand,
       d.label AS gebietsstand,
       u.level AS ebene,
       u.key AS gebiet,
       u.name,
       t.typology_code AS typologie,
       t.title AS titel,
       v.type_no AS typ,
       w.name AS typ_name,
       w.description AS beschreibung,
       v.share AS zuordnungssicherheit,
       t.firm AS gesichert,
       v.status,
       concat_ws('; ',
           CASE WHEN NOT t.firm THEN 'Typen nicht gesichert' END,
           CASE WHEN d.provisional THEN 'vorläufige Bezirke' END,
           CASE WHEN e.synthetic OR d.synthetic THEN 'synthetische Daten' END) AS hinweis,
       u.geom::geometry(MultiPolygon, 25832) AS geom
FROM release.type_value v
JOIN release.typology t ON t.id = v.typology_id
JOIN release.shown_edition e ON e.id = v.edition_id AND e.status = 'published'
JOIN geo.unit u ON u.id = v.unit_id AND u.geom IS NOT NULL
JOIN geo.district_version d ON d.id = u.version_id AND d.is_current
LEFT JOIN release.type_description w ON w.typology_id = t.id AND w.type_no = v.type_no;

COMMENT ON VIEW sozialbericht.typ IS 'Gebietstyp je Gebiet im aktuellen Gebietsstand: Gebiete mit ähnlichem Profil über mehrere Kennzahlen. Eine Lesehilfe, kein Urteil.';
COMMENT ON COLUMN sozialbericht.typ.typ_wert_id IS 'Eindeutiger Schlüssel';
COMMENT ON COLUMN sozialbericht.typ.gebiet_id IS 'Schlüssel des Gebiets';
COMMENT ON COLUMN sozialbericht.typ.stand IS 'Veröffentlichung';
COMMENT ON COLUMN sozialbericht.typ.gebietsstand IS 'Gebietsstand';
COMMENT ON COLUMN sozialbericht.typ.ebene IS 'Ebene des Gebiets';
COMMENT ON COLUMN sozialbericht.typ.gebiet IS 'Gebietsschlüssel';
COMMENT ON COLUMN sozialbericht.typ.name IS 'Name des Gebiets';
COMMENT ON COLUMN sozialbericht.typ.typologie IS 'Kennung der Typologie';
COMMENT ON COLUMN sozialbericht.typ.titel IS 'Titel der Typologie';
COMMENT ON COLUMN sozialbericht.typ.typ IS 'Nummer des Typs, 1 der größte; leer, wenn eine Kennzahl geheim ist oder fehlt';
COMMENT ON COLUMN sozialbericht.typ.typ_name IS 'Kurzer Name aus den beiden größten Abweichungen';
COMMENT ON COLUMN sozialbericht.typ.beschreibung IS 'Beschreibung aus den größten Abweichungen vom Mittel der Bezirke';
COMMENT ON COLUMN sozialbericht.typ.zuordnungssicherheit IS 'Anteil der Wiederholungen, in denen das Gebiet seinen Typ behält (0 bis 1)';
COMMENT ON COLUMN sozialbericht.typ.gesichert IS 'Ob die Einteilung im Ganzen gesichert ist; siehe typologie';
COMMENT ON COLUMN sozialbericht.typ.status IS 'gueltig; sonst warum es keinen Typ gibt: geheim, fehlt, folgt, nicht_vergleichbar, nicht_sinnvoll';
COMMENT ON COLUMN sozialbericht.typ.hinweis IS 'Hinweis, zum Beispiel: Typen nicht gesichert, synthetische Daten';
COMMENT ON COLUMN sozialbericht.typ.geom IS 'Umriss, EPSG:25832';

CREATE VIEW sozialbericht.typprofil AS
SELECT p.id AS typprofil_id,
       e.label AS stand,
       d.label AS gebietsstand,
       t.typology_code AS typologie,
       p.type_no AS typ,
       w.name AS typ_name,
       w.units AS gebiete,
       i.code AS kennzahl,
       i.title AS titel,
       i.unit AS einheit,
       p.period AS zeitraum,
       p.mean AS mittelwert,
       p.deviation AS abweichung,
       CASE WHEN p.deviation >= 0.5 THEN 'hoeher' WHEN p.deviation <= -0.5 THEN 'niedriger' ELSE 'nahe_am_mittel' END
           AS richtung,
       CASE WHEN abs(p.deviation) < 0.5 OR i.polarity = 'neutral' THEN NULL
            WHEN (p.deviation > 0) = (i.polarity = 'gut') THEN 'guenstiger' ELSE 'unguenstiger' END AS bewertung
FROM release.type_profile p
JOIN release.typology t ON t.id = p.typology_id
JOIN release.type_description w ON w.typology_id = t.id AND w.type_no = p.type_no
JOIN release.shown_edition e ON e.id = p.edition_id AND e.status = 'published'
JOIN geo.district_version d ON d.id = t.version_id AND d.is_current
JOIN catalogue.indicator i ON i.id = p.indicator_id;

COMMENT ON VIEW sozialbericht.typprofil IS 'Profile der Gebietstypen: mittlere Abweichung je Kennzahl vom Mittel aller Gebiete.';
COMMENT ON COLUMN sozialbericht.typprofil.typprofil_id IS 'Eindeutiger Schlüssel';
COMMENT ON COLUMN sozialbericht.typprofil.stand IS 'Veröffentlichung';
COMMENT ON COLUMN sozialbericht.typprofil.gebietsstand IS 'Gebietsstand';
COMMENT ON COLUMN sozialbericht.typprofil.typologie IS 'Kennung der Typologie';
COMMENT ON COLUMN sozialbericht.typprofil.typ IS 'Nummer des Typs';
COMMENT ON COLUMN sozialbericht.typprofil.typ_name IS 'Kurzer Name des Typs';
COMMENT ON COLUMN sozialbericht.typprofil.gebiete IS 'Zahl der Gebiete des Typs';
COMMENT ON COLUMN sozialbericht.typprofil.kennzahl IS 'Kennung der Kennzahl';
COMMENT ON COLUMN sozialbericht.typprofil.titel IS 'Titel der Kennzahl';
COMMENT ON COLUMN sozialbericht.typprofil.einheit IS 'Einheit der Kennzahl';
COMMENT ON COLUMN sozialbericht.typprofil.zeitraum IS 'Zeitraum der Werte, der jüngste der Kennzahl';
COMMENT ON COLUMN sozialbericht.typprofil.mittelwert IS 'Mittel der Gebiete des Typs, ungewichtet, in der Einheit der Kennzahl';
COMMENT ON COLUMN sozialbericht.typprofil.abweichung IS 'Mittlerer z-Wert: Abweichung vom Mittel aller Gebiete in Standardabweichungen';
COMMENT ON COLUMN sozialbericht.typprofil.richtung IS 'hoeher, niedriger (ab 0,5 Standardabweichungen) oder nahe_am_mittel';
COMMENT ON COLUMN sozialbericht.typprofil.bewertung IS 'guenstiger oder unguenstiger, nur bei Kennzahlen mit festgelegter Richtung; gilt nur für diese Kennzahl';

CREATE VIEW sozialbericht.typologie AS
SELECT t.id AS typologie_id,
       e.label AS stand,
       d.label AS gebietsstand,
       t.level AS ebene,
       t.typology_code AS typologie,
       t.title AS titel,
       t.status,
       t.units AS gebiete,
       t.types AS typen,
       t.silhouette,
       t.structured AS gegliedert,
       t.rand_units AS rand_gebiete,
       t.rand_counts AS rand_fallzahlen,
       t.firm AS gesichert,
       t.reason AS begruendung
FROM release.typology t
JOIN release.shown_edition e ON e.id = t.edition_id AND e.status = 'published'
JOIN geo.district_version d ON d.id = t.version_id AND d.is_current;

COMMENT ON VIEW sozialbericht.typologie IS 'Einteilungen in Gebietstypen: wie viele Typen, warum, und wie gesichert.';
COMMENT ON COLUMN sozialbericht.typologie.typologie_id IS 'Eindeutiger Schlüssel';
COMMENT ON COLUMN sozialbericht.typologie.stand IS 'Veröffentlichung';
COMMENT ON COLUMN sozialbericht.typologie.gebietsstand IS 'Gebietsstand';
COMMENT ON COLUMN sozialbericht.typologie.ebene IS 'Ebene der Gebiete';
COMMENT ON COLUMN sozialbericht.typologie.typologie IS 'Kennung der Typologie';
COMMENT ON COLUMN sozialbericht.typologie.titel IS 'Titel der Typologie';
COMMENT ON COLUMN sozialbericht.typologie.status IS 'gueltig; nicht_sinnvoll, wenn zu wenige Gebiete alle Kennzahlen zeigen';
COMMENT ON COLUMN sozialbericht.typologie.gebiete IS 'Zahl der Gebiete, die alle Kennzahlen zeigen';
COMMENT ON COLUMN sozialbericht.typologie.typen IS 'Zahl der Typen';
COMMENT ON COLUMN sozialbericht.typologie.silhouette IS 'Mittlere Silhouette, -1 bis 1; je höher, desto klarer getrennt';
COMMENT ON COLUMN sozialbericht.typologie.gegliedert IS 'Ob die Gap-Statistik Typen einem fließenden Übergang vorzieht';
COMMENT ON COLUMN sozialbericht.typologie.rand_gebiete IS 'Korrigierter Rand-Index, Gebiete mit Zurücklegen gezogen (1 gleich, 0 Zufall)';
COMMENT ON COLUMN sozialbericht.typologie.rand_fallzahlen IS 'Korrigierter Rand-Index, Fallzahlen im Rahmen des Zufalls neu gezogen; leer, wo keine Kennzahl ein Anteil ist';
COMMENT ON COLUMN sozialbericht.typologie.gesichert IS 'Ob der kleinere der beiden Rand-Indizes die Grenze im Katalog erreicht';
COMMENT ON COLUMN sozialbericht.typologie.begruendung IS 'Warum so viele Typen und wie gesichert, in Worten';
