"""Shares of units and blocks in drawn areas, and the counts that follow from them.

Readers get estimates from published figures of districts; the shares they are made with come from addresses or area,
never from persons, so that nobody can compute from them how many live in a piece of a district.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

from etl.catalogue import NOT_LOCATED

FEWEST_ADDRESSES = 10
"""Addresses that a district or block must have before they say more than its area."""
EDGE = 0.005
"""Shares this close to nothing or all are differences of drawing."""

CLEAR_SHARES = text("DELETE FROM geo.custom_area_share")
SHARES = text("""
WITH met AS (
    SELECT c.id AS area_id, u.id AS unit_id, c.geom AS drawn, u.geom AS unit,
           ST_Area(ST_Intersection(c.geom, u.geom)) / u.area_m2 AS by_area
    FROM geo.custom_area c
    JOIN geo.unit u ON u.geom && c.geom AND ST_Intersects(u.geom, c.geom) AND u.level <> :not_located
    JOIN geo.level l ON l.code = u.level AND l.rank > 0
), houses AS (
    SELECT m.area_id, m.unit_id, count(*) AS number, count(*) FILTER (WHERE ST_Intersects(m.drawn, a.geom)) AS inside
    FROM met m JOIN geo.address a ON ST_Intersects(m.unit, a.geom) GROUP BY m.area_id, m.unit_id
), share AS (
    SELECT m.area_id, m.unit_id, h.number >= :fewest AS counted,
           CASE WHEN h.number >= :fewest THEN h.inside::float8 / h.number ELSE m.by_area END AS share
    FROM met m LEFT JOIN houses h USING (area_id, unit_id)
)
INSERT INTO geo.custom_area_share (area_id, unit_id, share, located_by)
SELECT area_id, unit_id, CASE WHEN share > 1 - :edge THEN 1 ELSE share END,
       CASE WHEN counted THEN 'adressen' ELSE 'flaeche' END
FROM share WHERE share >= :edge
""")

CLEAR_COUNTS = text("DELETE FROM warehouse.custom_area_count")
FROM_BLOCKS = text("""
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
), share AS (
    SELECT area_id, block_id, CASE WHEN share > 1 - :edge THEN 1 ELSE share END AS share FROM raw WHERE share >= :edge
), cell AS (
    -- an active delivery covers the whole city: an area without a count has none
    SELECT DISTINCT k.area_id, c.measure_id, c.group_code, c.period, d.id AS delivery_id
    FROM warehouse.count c
    JOIN intake.delivery d ON d.id = c.delivery_id AND d.status = 'active'
    JOIN catalogue.source q ON q.code = d.source AND q.smallest_level = 'block'
    CROSS JOIN (SELECT DISTINCT area_id FROM share) k
)
INSERT INTO warehouse.custom_area_count (area_id, measure_id, group_code, period, value, quality, explanation)
SELECT k.area_id, k.measure_id, k.group_code, k.period, coalesce(sum(c.value * s.share), 0),
       CASE WHEN coalesce(bool_and(s.share = 1), true) THEN 'exakt' ELSE 'geschaetzt' END,
       CASE WHEN coalesce(bool_and(s.share = 1), true) THEN format('Summe ganzer Blöcke (%s)', count(c.id))
            ELSE format('Summe aus %s Blöcken, davon %s nur teilweise im Gebiet und nach dem Anteil ihrer Adressen '
                        'gezählt', count(c.id), count(*) FILTER (WHERE s.share < 1)) END
FROM cell k
LEFT JOIN (share s JOIN warehouse.count c ON c.block_id = s.block_id)
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
           bool_and(s.located_by = 'adressen') AS by_address,
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
            ELSE format('geschätzt aus %s Gebieten der Ebene %s nach dem Anteil ihrer %s', units, title,
                        CASE WHEN by_address THEN 'Adressen' ELSE 'Fläche' END) END
FROM summed
ON CONFLICT DO NOTHING
""")


def recount(connection: Connection) -> int:
    """Compute shares and counts of all drawn areas anew; returns the number of counts.

    Counts come from blocks (a block that is cut counts by the share of its addresses inside, else of its area) and,
    where a measure has none, from the finest units of the current version.
    """
    if not connection.scalar(text("SELECT EXISTS (SELECT FROM geo.custom_area)")):
        return 0
    given = {"edge": EDGE, "not_located": NOT_LOCATED, "fewest": FEWEST_ADDRESSES}
    connection.execute(CLEAR_SHARES)
    connection.execute(SHARES, given)
    connection.execute(CLEAR_COUNTS)
    number = connection.execute(FROM_BLOCKS, given).rowcount
    return number + connection.execute(FROM_UNITS, given).rowcount
