-- Forming districts by hand: editable views on drafts, and what a change does. Schema planung is for bezirksplanung and
-- statistik only. It holds sums of districts; persons by block appear as classes.
CREATE VIEW planung.block AS
SELECT a.id AS zuordnung_id,
       v.label AS gebietsstand,
       b.key AS block,
       b.parent_key AS stadtteil,
       u.key AS bezirk,
       u.name AS bezirk_name,
       CASE WHEN w.persons IS NULL THEN 'unbekannt' WHEN w.persons = 0 THEN 'unbewohnt' WHEN w.persons < 50 THEN '1 bis 49'
            WHEN w.persons < 200 THEN '50 bis 199' WHEN w.persons < 500 THEN '200 bis 499' ELSE '500 und mehr' END AS einwohner,
       coalesce(r.state, 'gueltig') AS zustand,
       coalesce(r.note, '') AS hinweis,
       b.geom::geometry(MultiPolygon, 25832) AS geom
FROM geo.block_assignment a
JOIN geo.district_version v ON v.id = a.version_id AND v.status IN ('draft', 'reviewed')
JOIN geo.block b ON b.id = a.block_id
JOIN geo.unit u ON u.id = a.unit_id
LEFT JOIN warehouse.planning_block w ON w.version_id = a.version_id AND w.block_id = a.block_id
LEFT JOIN geo.unit_review r ON r.unit_id = u.id;
COMMENT ON VIEW planung.block IS
    'Blöcke der Entwürfe. Die Spalte bezirk lässt sich ändern; eine neue Nummer des Stadtteils gründet einen Bezirk.';
COMMENT ON COLUMN planung.block.zuordnung_id IS 'Eindeutiger Schlüssel der Zuordnung';
COMMENT ON COLUMN planung.block.gebietsstand IS 'Gebietsstand in Arbeit';
COMMENT ON COLUMN planung.block.block IS 'Blockschlüssel';
COMMENT ON COLUMN planung.block.stadtteil IS 'Stadtteil, in dem der Block liegt';
COMMENT ON COLUMN planung.block.bezirk IS 'Schlüssel des Bezirks; änderbar';
COMMENT ON COLUMN planung.block.bezirk_name IS 'Name des Bezirks';
COMMENT ON COLUMN planung.block.einwohner IS 'Größenklasse der Einwohner des Blocks';
COMMENT ON COLUMN planung.block.zustand IS 'Ob der Bezirk nach der letzten Änderung gültig ist: gueltig, ungueltig';
COMMENT ON COLUMN planung.block.hinweis IS 'Was am Bezirk ungültig ist';
COMMENT ON COLUMN planung.block.geom IS 'Umriss, EPSG:25832';

CREATE TRIGGER review_edit INSTEAD OF UPDATE ON planung.block
    FOR EACH ROW EXECUTE FUNCTION geo.review_edit_block();

CREATE VIEW planung.bezirk AS
WITH band AS (
    SELECT id, label, status, (parameters #>> '{band,target}')::float AS target,
           (parameters #>> '{band,min}')::float AS low, (parameters #>> '{band,max}')::float AS high
    FROM geo.district_version WHERE status IN ('draft', 'reviewed')
), edge AS (
    SELECT a.version_id, a.unit_id, sum(n.border_m) AS inside_m
    FROM geo.block_assignment a
    JOIN geo.block_neighbour n ON n.block_id = a.block_id
    JOIN geo.block_assignment o ON o.version_id = a.version_id AND o.block_id = n.neighbour_id AND o.unit_id = a.unit_id
    WHERE a.version_id IN (SELECT id FROM band)
    GROUP BY a.version_id, a.unit_id
), shape AS (
    SELECT a.unit_id, sum(b.area_m2) AS area_m2, sum(ST_Perimeter(b.geom)) AS rings_m
    FROM geo.block_assignment a JOIN geo.block b ON b.id = a.block_id
    WHERE a.version_id IN (SELECT id FROM band)
    GROUP BY a.unit_id
), street AS (
    -- the persons of a block spread evenly over its addresses
    SELECT DISTINCT ON (a.unit_id) a.unit_id, d.street_name
    FROM geo.block_assignment a
    JOIN band ON band.id = a.version_id
    JOIN (SELECT block_id, street_name, count(*)::float AS here, sum(count(*)) OVER (PARTITION BY block_id) AS houses
          FROM geo.address WHERE block_id IS NOT NULL AND street_name IS NOT NULL GROUP BY block_id, street_name) d
      ON d.block_id = a.block_id
    LEFT JOIN warehouse.planning_block w ON w.version_id = a.version_id AND w.block_id = a.block_id
    GROUP BY a.unit_id, d.street_name
    ORDER BY a.unit_id, sum(d.here / d.houses * coalesce(w.persons, d.houses)) DESC, d.street_name
)
SELECT u.id AS bezirk_id,
       band.label AS gebietsstand,
       u.key AS bezirk,
       u.name,
       t.street_name AS namensvorschlag,
       p.key AS stadtteil,
       f.blocks AS bloecke,
       round(f.persons)::integer AS einwohner,
       round((100 * (f.persons - band.target) / band.target)::numeric, 1)::float AS abweichung_prozent,
       f.persons BETWEEN band.low AND band.high OR f.persons = 0 AS im_band,
       f.stray = 0 AS zusammenhaengend,
       f.stray AS abgetrennte_bloecke,
       round((s.area_m2 / 10000)::numeric, 2)::float AS flaeche_ha,
       round((4 * pi() * s.area_m2 / nullif(s.rings_m - coalesce(e.inside_m, 0), 0) ^ 2)::numeric, 3)::float AS kompaktheit,
       CASE WHEN f.fault = '' THEN 'gueltig' ELSE 'ungueltig' END AS zustand,
       concat_ws('; ', nullif(f.fault, ''), nullif(f.remark, '')) AS hinweis,
       r.changed_at AS geaendert_am,
       r.changed_by AS geaendert_von,
       u.geom::geometry(MultiPolygon, 25832) AS geom
FROM band
CROSS JOIN LATERAL geo.district_faults(band.id) f
JOIN geo.unit u ON u.id = f.unit_id
LEFT JOIN geo.unit p ON p.id = u.parent_id
LEFT JOIN shape s ON s.unit_id = u.id
LEFT JOIN edge e ON e.unit_id = u.id
LEFT JOIN street t ON t.unit_id = u.id
LEFT JOIN geo.unit_review r ON r.unit_id = u.id;
COMMENT ON VIEW planung.bezirk IS 'Bezirke der Entwürfe mit Größe, Zusammenhang und Form. Die Spalte name lässt sich ändern.';
COMMENT ON COLUMN planung.bezirk.bezirk_id IS 'Eindeutiger, dauerhafter Schlüssel';
COMMENT ON COLUMN planung.bezirk.gebietsstand IS 'Gebietsstand in Arbeit';
COMMENT ON COLUMN planung.bezirk.bezirk IS 'Schlüssel: Stadtteil und zwei Ziffern';
COMMENT ON COLUMN planung.bezirk.name IS 'Name; änderbar';
COMMENT ON COLUMN planung.bezirk.namensvorschlag IS 'Straße, an der die meisten Einwohner leben';
COMMENT ON COLUMN planung.bezirk.stadtteil IS 'Schlüssel des Stadtteils';
COMMENT ON COLUMN planung.bezirk.bloecke IS 'Zahl der Blöcke';
COMMENT ON COLUMN planung.bezirk.einwohner IS 'Einwohner zum Stichtag der Planung';
COMMENT ON COLUMN planung.bezirk.abweichung_prozent IS 'Abweichung von der angestrebten Einwohnerzahl in Prozent';
COMMENT ON COLUMN planung.bezirk.im_band IS 'Einwohner zwischen Mindest- und Höchstzahl; unbewohnte Bezirke sind ausgenommen';
COMMENT ON COLUMN planung.bezirk.zusammenhaengend IS 'Alle Blöcke hängen über gemeinsame Grenzen zusammen';
COMMENT ON COLUMN planung.bezirk.abgetrennte_bloecke IS 'Blöcke ohne Verbindung zum bevölkerungsreichsten Block';
COMMENT ON COLUMN planung.bezirk.flaeche_ha IS 'Fläche in Hektar';
COMMENT ON COLUMN planung.bezirk.kompaktheit IS 'Polsby-Popper: 4 π Fläche / Umfang², 1 ist ein Kreis';
COMMENT ON COLUMN planung.bezirk.zustand IS 'gueltig oder ungueltig';
COMMENT ON COLUMN planung.bezirk.hinweis IS 'Was ungültig ist';
COMMENT ON COLUMN planung.bezirk.geaendert_am IS 'Zeit der letzten Änderung von Hand';
COMMENT ON COLUMN planung.bezirk.geaendert_von IS 'Rolle, die zuletzt geändert hat';
COMMENT ON COLUMN planung.bezirk.geom IS 'Umriss, aus den Blöcken zusammengesetzt, EPSG:25832';

CREATE TRIGGER review_edit INSTEAD OF UPDATE ON planung.bezirk
    FOR EACH ROW EXECUTE FUNCTION geo.review_edit_district();

-- The figures of the draft as it stands, and of the chosen plan beside it, by the same formulas.
CREATE VIEW planung.guete AS
WITH version AS (
    SELECT id, label, (parameters #>> '{band,target}')::float AS target, (parameters #>> '{band,min}')::float AS low,
           (parameters #>> '{band,max}')::float AS high
    FROM geo.district_version WHERE status IN ('draft', 'reviewed') AND parameters ? 'band'
), placed AS (
    SELECT v.id AS version_id, 2 * v.id AS guete_id, 'Entwurf' AS stand, a.block_id, a.unit_id::text AS district
    FROM version v JOIN geo.block_assignment a ON a.version_id = v.id
    UNION ALL
    SELECT v.id, 2 * v.id + 1, 'Plan ' || p.name, x.block_id, x.district
    FROM version v JOIN geo.plan p ON p.version_id = v.id AND p.chosen JOIN geo.plan_assignment x ON x.plan_id = p.id
), block AS MATERIALIZED (
    SELECT p.*, w.persons, w.scores, w.barrier_side, b.area_m2, ST_Perimeter(b.geom) AS rings_m
    FROM placed p
    JOIN geo.block b ON b.id = p.block_id
    JOIN warehouse.planning_block w ON w.version_id = p.version_id AND w.block_id = p.block_id
), edge AS (
    SELECT x.guete_id, x.district, sum(n.border_m) FILTER (WHERE x.district = y.district) AS inside_m,
           sum(n.border_m) FILTER (WHERE x.district <> y.district AND bx.parent_key IS NOT DISTINCT FROM by.parent_key) AS cut_m
    FROM placed x
    JOIN geo.block_neighbour n ON n.block_id = x.block_id
    JOIN placed y ON y.guete_id = x.guete_id AND y.block_id = n.neighbour_id
    JOIN geo.block bx ON bx.id = x.block_id
    JOIN geo.block by ON by.id = y.block_id
    GROUP BY x.guete_id, x.district
), side AS (
    SELECT guete_id, district, sum(persons) - max(persons) AS minority
    FROM (SELECT guete_id, district, barrier_side, sum(persons) AS persons FROM block
          WHERE barrier_side IS NOT NULL GROUP BY guete_id, district, barrier_side) s
    GROUP BY guete_id, district
), spread AS (
    -- within = total - between, of population-weighted z-scores
    SELECT guete_id, 1 - sum(between_ss) / nullif(sum(total_ss), 0) AS heterogeneity
    FROM (SELECT b.guete_id, b.district, z.position, sum(b.persons * z.score) ^ 2 / nullif(sum(b.persons), 0) AS between_ss,
                 sum(b.persons * z.score ^ 2) AS total_ss
          FROM block b CROSS JOIN LATERAL unnest(b.scores) WITH ORDINALITY AS z (score, position)
          GROUP BY b.guete_id, b.district, z.position) part
    GROUP BY guete_id
), district AS (
    SELECT b.guete_id, b.version_id, b.stand, b.district, sum(b.persons) AS persons, sum(b.area_m2) AS area_m2,
           4 * pi() * sum(b.area_m2) / nullif(sum(b.rings_m) - coalesce(e.inside_m, 0), 0) ^ 2 AS compactness,
           coalesce(e.cut_m, 0) AS cut_m, coalesce(s.minority, 0) AS minority
    FROM block b
    LEFT JOIN edge e ON e.guete_id = b.guete_id AND e.district = b.district
    LEFT JOIN side s ON s.guete_id = b.guete_id AND s.district = b.district
    GROUP BY b.guete_id, b.version_id, b.stand, b.district, e.inside_m, e.cut_m, s.minority
), figures AS (
    SELECT d.guete_id, d.version_id, d.stand, count(*) AS districts, min(d.persons) AS smallest, max(d.persons) AS largest,
           avg(abs(d.persons - v.target)) / v.target AS deviation, stddev_pop(d.persons) / nullif(avg(d.persons), 0) AS variation,
           avg(CASE WHEN d.persons BETWEEN v.low AND v.high OR d.persons = 0 THEN 0 ELSE 1 END) AS outside,
           avg(d.compactness) AS compactness, min(d.compactness) AS least_compact, sum(d.cut_m) / 2 AS cut_m,
           sum(d.minority) / nullif(sum(d.persons), 0) AS barrier
    FROM district d JOIN version v ON v.id = d.version_id
    GROUP BY d.guete_id, d.version_id, d.stand, v.target
)
SELECT f.guete_id,
       v.label AS gebietsstand,
       f.stand,
       f.districts::integer AS bezirke,
       round(f.smallest)::integer AS einwohner_min,
       round(f.largest)::integer AS einwohner_max,
       round((100 * f.deviation)::numeric, 1)::float AS abweichung_prozent,
       round(f.variation::numeric, 3)::float AS variationskoeffizient,
       round((100 * f.outside)::numeric, 1)::float AS ausserhalb_prozent,
       round(s.heterogeneity::numeric, 4)::float AS heterogenitaet,
       round(f.compactness::numeric, 3)::float AS kompaktheit,
       round(f.least_compact::numeric, 3)::float AS kompaktheit_min,
       round((f.cut_m / 1000)::numeric, 1)::float AS schnittlaenge_km,
       round((100 * f.barrier)::numeric, 2)::float AS barriere_prozent,
       CASE WHEN f.stand = 'Entwurf' THEN (SELECT count(*)::integer FROM geo.district_faults(f.version_id) x WHERE x.stray > 0)
            END AS nicht_zusammenhaengend,
       CASE WHEN f.stand = 'Entwurf' THEN (SELECT count(*)::integer FROM geo.district_faults(f.version_id) x WHERE x.fault <> '')
            END AS ungueltig,
       round((s.heterogeneity + 0.5 * (1 - f.compactness) + 0.5 * f.deviation + coalesce(f.barrier, 0))::numeric, 4)::float AS zielwert
FROM figures f JOIN version v ON v.id = f.version_id JOIN spread s ON s.guete_id = f.guete_id;
COMMENT ON VIEW planung.guete IS 'Güte der Entwürfe nach der letzten Änderung, daneben der gewählte Plan nach denselben Formeln.';
COMMENT ON COLUMN planung.guete.stand IS 'Entwurf (mit Änderungen von Hand) oder der gewählte Plan';
COMMENT ON COLUMN planung.guete.abweichung_prozent IS 'Mittlere Abweichung von der angestrebten Einwohnerzahl in Prozent';
COMMENT ON COLUMN planung.guete.heterogenitaet IS 'Anteil der Unterschiede, der innerhalb der Bezirke liegt: 0 völlig gleichartig, 1 wie zufällig';
COMMENT ON COLUMN planung.guete.kompaktheit IS 'Mittleres Polsby-Popper-Maß, 1 ist ein Kreis';
COMMENT ON COLUMN planung.guete.schnittlaenge_km IS 'Länge der Bezirksgrenzen innerhalb der Stadtteile';
COMMENT ON COLUMN planung.guete.barriere_prozent IS 'Anteil der Einwohner auf der kleineren Seite einer Barriere in ihrem Bezirk';
COMMENT ON COLUMN planung.guete.ungueltig IS 'Zahl ungültiger Bezirke';
COMMENT ON COLUMN planung.guete.zielwert IS 'Heterogenität + 0,5 · (1 − Kompaktheit) + 0,5 · Abweichung + Barrierenanteil; klein ist gut';

CREATE VIEW planung.verlauf AS
SELECT c.id AS verlauf_id, v.label AS gebietsstand, c.changed_at AS zeit, c.changed_by AS rolle, c.kind AS art,
       c.subject AS gegenstand, c.before AS vorher, c.after AS nachher, c.note AS hinweis
FROM geo.assignment_change c JOIN geo.district_version v ON v.id = c.version_id;
COMMENT ON VIEW planung.verlauf IS 'Änderungen von Hand: wer wann was geändert hat und was dadurch ungültig wurde.';
