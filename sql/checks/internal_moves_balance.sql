-- Umzüge innerhalb der Stadt heben sich auf: jede Ankunft ist auch ein Abgang (Lieferungen ohne abgewiesene Zeilen)
WITH move AS (
    SELECT id, source, dims ->> 'ereignis' = 'umzug_zu' AS arrives
    FROM intake.dimension_cell WHERE dims ->> 'ereignis' IN ('umzug_zu', 'umzug_fort')
), delivery AS (
    SELECT id, source, reference_date FROM intake.delivery
    WHERE status = 'active' AND rows_rejected = 0 AND source IN (SELECT source FROM move)
), counted AS (
    SELECT r.delivery_id, unnest(r.cells) AS cell_id, unnest(r.counts) AS n
    FROM intake.record r WHERE r.delivery_id IN (SELECT id FROM delivery)
)
SELECT d.source AS quelle, d.reference_date AS stichtag,
       coalesce(sum(c.n) FILTER (WHERE m.arrives), 0) AS ankuenfte,
       coalesce(sum(c.n) FILTER (WHERE NOT m.arrives), 0) AS abgaenge
FROM counted c
JOIN move m ON m.id = c.cell_id
JOIN delivery d ON d.id = c.delivery_id
GROUP BY d.id, d.source, d.reference_date
HAVING sum(CASE WHEN m.arrives THEN c.n ELSE -c.n END) <> 0;
