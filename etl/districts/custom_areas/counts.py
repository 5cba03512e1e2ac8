"""Shares of units and blocks in drawn areas, and the counts that follow from them.

Readers get estimates from published figures of districts. The share of a district's population that they are made with
is shown to them in steps of five percentage points (see the view), so that no piece of a district can be computed.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

from etl.catalogue import NOT_LOCATED

FEWEST_ADDRESSES = 10
"""Addresses that a district must have before they say more than its area."""
EDGE = 0.005
"""Shares this close to nothing or all are differences of drawing."""

DRAWN_BLOCKS = text("""
-- Which share of a block lies in an area: by its addresses, where it has any, else by its ground.
CREATE TEMPORARY TABLE drawn_block ON COMMIT DROP AS
WITH met AS (
    SELECT c.id AS area_id, b.id AS block_id, c.geom AS drawn,
           ST_Area(ST_Intersection(c.geom, b.geom)) / b.area_m2 AS by_area
    FROM geo.custom_area c JOIN geo.block b ON b.geom && c.geom AND ST_Intersects(b.geom, c.geom)
), houses AS (
    SELECT m.area_id, m.block_id, count(*) AS number, count(*) FILTER (WHERE ST_Intersects(m.drawn, a.geom)) AS inside
    FROM met m JOIN geo.address a ON a.block_id = m.block_id GROUP BY m.area_id, m.block_id
), raw AS (
    SELECT m.area_id, m.block_id, coalesce(h.inside::float8 / h.number, m.by_area) AS share
    FROM met m LEFT JOIN houses h USING (area_id, block_id)
)
SELECT area_id, block_id, CASE WHEN share > 1 - :edge THEN 1 ELSE share END AS share FROM raw WHERE share >= :edge
""")

CLEAR_SHARES = text("DELETE FROM geo.custom_area_share")
SHARES = text("""
WITH RECURSIVE met AS (
    SELECT c.id AS area_id, u.id AS unit_id, c.geom AS drawn, u.geom AS unit,
           ST_Area(ST_Intersection(c.geom, u.geom)) / u.area_m2 AS by_area
    FROM geo.custom_area c
    JOIN geo.unit u ON u.geom && c.geom AND ST_Intersects(u.geom, c.geom) AND u.level <> :not_located
    JOIN geo.level l ON l.code = u.level AND l.rank > 0
), above AS (
    SELECT block_id, unit_id FROM geo.block_assignment
    UNION ALL
    SELECT a.block_id, u.parent_id FROM above a JOIN geo.unit u ON u.id = a.unit_id WHERE u.parent_id IS NOT NULL
), counted AS (
    SELECT c.block_id, c.period, c.value FROM warehouse.count c
    JOIN intake.delivery d ON d.id = c.delivery_id AND d.status = 'active'
    JOIN catalogue.measure m ON m.id = c.measure_id AND m.code = :population
    WHERE c.block_id IS NOT NULL AND c.group_code = 'insgesamt'
), people AS (
    SELECT m.area_id, m.unit_id, sum(p.value * coalesce(d.share, 0)) / nullif(sum(p.value), 0) AS share
    FROM met m
    JOIN above a ON a.unit_id = m.unit_id
    JOIN counted p ON p.block_id = a.block_id AND p.period = (SELECT max(period) FROM counted)
    LEFT JOIN pg_temp.drawn_block d ON d.area_id = m.area_id AND d.block_id = a.block_id
    GROUP BY m.area_id, m.unit_id
), houses AS (
    SELECT m.area_id, m.unit_id, count(*) AS number, count(*) FILTER (WHERE ST_Intersects(m.drawn, a.geom)) AS inside
    FROM met m JOIN geo.address a ON ST_Intersects(m.unit, a.geom) GROUP BY m.area_id, m.unit_id
), share AS (
    SELECT m.area_id, m.unit_id,
           CASE WHEN p.share IS NOT NULL THEN 'bloecke' WHEN h.number >= :fewest THEN 'adressen'
                ELSE 'flaeche' END AS how,
           coalesce(p.share, CASE WHEN h.number >= :fewest THEN h.inside::float8 / h.number END, m.by_area) AS share
    FROM met m LEFT JOIN people p USING (area_id, unit_id) LEFT JOIN houses h USING (area_id, unit_id)
)
INSERT INTO geo.custom_area_share (area_id, unit_id, share, located_by)
SELECT area_id, unit_id, CASE WHEN share > 1 - :edge THEN 1 ELSE share END, how FROM share WHERE share >= :edge
""")

CLEAR_COUNTS = text("DELETE FROM warehouse.custom_area_count")
FROM_BLOCKS = text("""
WITH cell AS (
    -- an active delivery covers the whole city: an area without a count has none
    SELECT DISTINCT k.area_id, c.measure_id, c.group_code, c.period, d.id AS delivery_id
    FROM warehouse.count c
    JOIN intake.delivery d ON d.id = c.delivery_id AND d.status = 'active'
    JOIN catalogue.source q ON q.code = d.source AND q.smallest_level = 'block'
    CROSS JOIN (SELECT DISTINCT area_id FROM pg_temp.drawn_block) k
)
INSERT INTO warehouse.custom_area_count (area_id, measure_id, group_code, period, value, quality, explanation)
SELECT k.area_id, k.measure_id, k.group_code, k.period, coalesce(sum(c.value * s.share), 0),
       CASE WHEN coalesce(bool_and(s.share = 1), true) THEN 'exakt' ELSE 'geschaetzt' END,
       CASE WHEN coalesce(bool_and(s.share = 1), true) THEN format('Summe ganzer Blöcke (%s)', count(c.id))
            ELSE format('Summe aus Blöcken (%s, davon %s nur teilweise im Gebiet und nach dem Anteil ihrer Adressen '
                        'oder Fläche gezählt)', count(c.id), count(*) FILTER (WHERE s.share < 1)) END
FROM cell k
LEFT JOIN (pg_temp.drawn_block s JOIN warehouse.count c ON c.block_id = s.block_id)
  ON s.area_id = k.area_id AND c.measure_id = k.measure_id AND c.group_code = k.group_code AND c.period = k.period
 AND c.delivery_id = k.delivery_id
GROUP BY k.area_id, k.measure_id, k.group_code, k.period, k.delivery_id
""")

FROM_UNITS = text("""
-- What no block has: from the finest units of the current version that have it.
WITH known AS (
    SELECT c.*, l.rank, l.title, max(l.rank) OVER (PARTITION BY c.measure_id, c.group_code, c.period) AS finest
    FROM warehouse.unit_count c
    JOIN geo.unit u ON u.id = c.unit_id
    JOIN geo.district_version v ON v.id = u.version_id AND v.is_current
    JOIN geo.level l ON l.code = u.level AND l.rank > 0 AND l.code <> :not_located
    JOIN catalogue.measure m ON m.id = c.measure_id AND m.kind <> 'area_km2'
), summed AS (
    SELECT s.area_id, k.measure_id, k.group_code, k.period, k.title, sum(k.value * s.share) AS value, count(*) AS units,
           bool_and(s.share = 1 AND k.quality <> 'geschaetzt') AS whole,
           array_agg(DISTINCT s.located_by) AS how,
           (ARRAY['gueltig', 'unsicher', 'geheim', 'folgt', 'fehlt', 'nicht_sinnvoll', 'nicht_vergleichbar'])
               [max(array_position(ARRAY['gueltig', 'unsicher', 'geheim', 'folgt', 'fehlt', 'nicht_sinnvoll',
                                         'nicht_vergleichbar'], k.status))] AS status
    FROM known k JOIN geo.custom_area_share s ON s.unit_id = k.unit_id
    WHERE k.rank = k.finest
    GROUP BY s.area_id, k.measure_id, k.group_code, k.period, k.title
)
INSERT INTO warehouse.custom_area_count (area_id, measure_id, group_code, period, value, status, quality, explanation)
SELECT area_id, measure_id, group_code, period, CASE WHEN status IN ('gueltig', 'unsicher') THEN value END, status,
       CASE WHEN whole THEN 'exakt' ELSE 'geschaetzt' END,
       CASE WHEN whole THEN format('Summe ganzer Gebiete der Ebene %s (%s)', title, units)
            ELSE format('geschätzt aus Gebieten der Ebene %s (%s) nach dem Anteil ihrer %s', title, units,
                        CASE how WHEN '{bloecke}' THEN 'Einwohner' WHEN '{adressen}' THEN 'Adressen'
                                 WHEN '{flaeche}' THEN 'Fläche' ELSE 'Einwohner, Adressen oder Fläche' END) END
FROM summed
ON CONFLICT DO NOTHING
""")


def recount(connection: Connection, population: str | None) -> int:
    """Compute shares and counts of all drawn areas anew; returns the number of counts.

    Counts come from blocks (a block that is cut counts by the share of its addresses inside, else of its area) and,
    where a measure has none, from the finest units of the current version. A unit's share is that of the newest count
    of the measure ``population`` in its blocks, else of its addresses, else of its area.
    """
    if not connection.scalar(text("SELECT EXISTS (SELECT FROM geo.custom_area)")):
        return 0
    given = {"edge": EDGE, "not_located": NOT_LOCATED, "fewest": FEWEST_ADDRESSES, "population": population}
    connection.execute(text("DROP TABLE IF EXISTS pg_temp.drawn_block"))
    connection.execute(DRAWN_BLOCKS, given)
    connection.execute(CLEAR_SHARES)
    connection.execute(SHARES, given)
    connection.execute(CLEAR_COUNTS)
    number = connection.execute(FROM_BLOCKS, given).rowcount
    return number + connection.execute(FROM_UNITS, given).rowcount
