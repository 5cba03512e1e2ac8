-- How unequally shares are spread over the districts, and whether neighbours resemble each other.
CREATE VIEW sozialbericht.ungleichheit AS
SELECT q.id AS ungleichheit_id,
       e.label AS stand,
       d.label AS gebietsstand,
       q.level AS ebene,
       i.code AS kennzahl,
       i.title AS titel,
       q.period AS zeitraum,
       lower(z.valid) AS von,
       upper(z.valid) AS bis,
       q.measure AS mass,
       q.value AS wert,
       q.lower AS ki_unten,
       q.upper AS ki_oben,
       q.p_value AS p_wert,
       q.units AS gebiete,
       q.status,
       CASE WHEN q.status = 'gueltig' THEN CASE q.measure
           WHEN 'dissimilaritaet' THEN format('%s %% der Gruppe müssten umziehen, damit sie überall gleich vertreten wäre',
                                              replace(round(100 * q.value::numeric, 1)::text, '.', ','))
           WHEN 'isolation' THEN format('im Gebiet eines durchschnittlichen Mitglieds hat die Gruppe einen Anteil von %s %%',
                                        replace(round(100 * q.value::numeric, 1)::text, '.', ','))
           WHEN 'moran' THEN CASE WHEN q.p_value >= 0.05 THEN 'kein räumliches Muster erkennbar'
                                  WHEN q.value > 0 THEN 'benachbarte Gebiete sind einander ähnlich'
                                  ELSE 'benachbarte Gebiete unterscheiden sich' END
           ELSE '0: überall gleich; je größer, desto ungleicher' END END AS deutung
FROM release.inequality q
JOIN release.shown_edition e ON e.id = q.edition_id AND e.status = 'published'
JOIN geo.district_version d ON d.id = q.version_id
JOIN catalogue.indicator i ON i.id = q.indicator_id
JOIN warehouse.period z ON z.code = q.period;

COMMENT ON VIEW sozialbericht.ungleichheit IS 'Ungleichheit zwischen den Gebieten eines Gebietsstands; Werte verschiedener Gebietsstände sind nicht vergleichbar.';
COMMENT ON COLUMN sozialbericht.ungleichheit.ungleichheit_id IS 'Eindeutiger Schlüssel';
COMMENT ON COLUMN sozialbericht.ungleichheit.stand IS 'Veröffentlichung';
COMMENT ON COLUMN sozialbericht.ungleichheit.gebietsstand IS 'Gebietsstand, von dem alle Werte abhängen';
COMMENT ON COLUMN sozialbericht.ungleichheit.ebene IS 'Ebene der verglichenen Gebiete';
COMMENT ON COLUMN sozialbericht.ungleichheit.kennzahl IS 'Kennung der Kennzahl';
COMMENT ON COLUMN sozialbericht.ungleichheit.titel IS 'Titel der Kennzahl';
COMMENT ON COLUMN sozialbericht.ungleichheit.zeitraum IS 'Zeitraum';
COMMENT ON COLUMN sozialbericht.ungleichheit.von IS 'Beginn des Zeitraums (einschließlich)';
COMMENT ON COLUMN sozialbericht.ungleichheit.bis IS 'Ende des Zeitraums (ausschließlich)';
COMMENT ON COLUMN sozialbericht.ungleichheit.mass IS 'dissimilaritaet, isolation, gini, theil oder moran';
COMMENT ON COLUMN sozialbericht.ungleichheit.wert IS 'Wert des Maßes';
COMMENT ON COLUMN sozialbericht.ungleichheit.ki_unten IS 'Untere Grenze des 95-%-Intervalls neu gezogener Fallzahlen; bei moran leer';
COMMENT ON COLUMN sozialbericht.ungleichheit.ki_oben IS 'Obere Grenze des 95-%-Intervalls neu gezogener Fallzahlen; bei moran leer';
COMMENT ON COLUMN sozialbericht.ungleichheit.p_wert IS 'Nur moran: zweiseitiger p-Wert aus zufälligem Vertauschen der Werte';
COMMENT ON COLUMN sozialbericht.ungleichheit.gebiete IS 'Zahl der Gebiete';
COMMENT ON COLUMN sozialbericht.ungleichheit.status IS 'gueltig; geheim, wenn ein Gebiet geheim ist; fehlt; nicht_sinnvoll';
COMMENT ON COLUMN sozialbericht.ungleichheit.deutung IS 'Wie der Wert zu lesen ist';

CREATE VIEW sozialbericht.nachbarschaft AS
SELECT n.id AS nachbarschaft_id,
       u.id AS gebiet_id,
       e.label AS stand,
       d.label AS gebietsstand,
       u.level AS ebene,
       u.key AS gebiet,
       u.name,
       i.code AS kennzahl,
       i.title AS titel,
       n.period AS zeitraum,
       n.local_i AS lokales_i,
       n.p_adjusted AS p_wert,
       n.found AS auffaellig,
       CASE WHEN n.found THEN CASE n.quadrant WHEN 1 THEN 'hoch in hoher Umgebung' WHEN 2 THEN 'niedrig in hoher Umgebung'
                                              WHEN 3 THEN 'niedrig in niedriger Umgebung'
                                              ELSE 'hoch in niedriger Umgebung' END
            ELSE 'kein Muster erkennbar' END AS muster,
       u.geom::geometry(MultiPolygon, 25832) AS geom
FROM release.neighbourhood n
JOIN release.shown_edition e ON e.id = n.edition_id AND e.status = 'published'
JOIN geo.unit u ON u.id = n.unit_id
JOIN geo.district_version d ON d.id = u.version_id AND d.is_current
JOIN catalogue.indicator i ON i.id = n.indicator_id;

COMMENT ON VIEW sozialbericht.nachbarschaft IS 'Gebiete und ihre Nachbarn im jüngsten Zeitraum einer Kennzahl: wo ähnliche oder gegensätzliche Werte beieinander liegen.';
COMMENT ON COLUMN sozialbericht.nachbarschaft.nachbarschaft_id IS 'Eindeutiger Schlüssel';
COMMENT ON COLUMN sozialbericht.nachbarschaft.gebiet_id IS 'Schlüssel des Gebiets';
COMMENT ON COLUMN sozialbericht.nachbarschaft.stand IS 'Veröffentlichung';
COMMENT ON COLUMN sozialbericht.nachbarschaft.gebietsstand IS 'Gebietsstand';
COMMENT ON COLUMN sozialbericht.nachbarschaft.ebene IS 'Ebene des Gebiets';
COMMENT ON COLUMN sozialbericht.nachbarschaft.gebiet IS 'Gebietsschlüssel';
COMMENT ON COLUMN sozialbericht.nachbarschaft.name IS 'Name des Gebiets';
COMMENT ON COLUMN sozialbericht.nachbarschaft.kennzahl IS 'Kennung der Kennzahl';
COMMENT ON COLUMN sozialbericht.nachbarschaft.titel IS 'Titel der Kennzahl';
COMMENT ON COLUMN sozialbericht.nachbarschaft.zeitraum IS 'Zeitraum';
COMMENT ON COLUMN sozialbericht.nachbarschaft.lokales_i IS 'Lokales Moran-I; größer als 0: den Nachbarn ähnlich';
COMMENT ON COLUMN sozialbericht.nachbarschaft.p_wert IS 'Zweiseitiger p-Wert, berichtigt für die Zahl der Gebiete';
COMMENT ON COLUMN sozialbericht.nachbarschaft.auffaellig IS 'Ob der berichtigte p-Wert unter 5 % liegt';
COMMENT ON COLUMN sozialbericht.nachbarschaft.muster IS 'Das Gebiet in seiner Umgebung, nur wo auffällig';
COMMENT ON COLUMN sozialbericht.nachbarschaft.geom IS 'Umriss, EPSG:25832';
