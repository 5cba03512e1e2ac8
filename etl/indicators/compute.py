"""Indicators from aggregated counts: set-based statements for all units, groups and periods at once.

Every count is brought to a year: a calendar year's own, a quarterly source's last quarter, a school year the year in
which it begins. Terms meet by year and lag alone, whatever periods and reference days their sources have.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

from etl.catalogue import NOT_LOCATED, Catalogue
from etl.catalogue.city import COMPARISON
from etl.indicators.aggregate import aggregate
from etl.indicators.segregation import SEGREGATE
from etl.indicators.terms import CITY, COMPARED, lay_out
from etl.warehouse import auditlog
from etl.warehouse.models.counts import DEFAULT_GROUP as TOTAL

LOCK = 7_262_103
"""Advisory lock: one computation at a time; a second waits for the first."""

YEARLY = text("""
CREATE TEMPORARY TABLE yearly_count ON COMMIT DROP AS
WITH used AS (
    SELECT DISTINCT m.id, m.kind,
           CASE s.periodicity WHEN 'vierteljaehrlich' THEN '-Q4$' WHEN 'halbjaehrlich' THEN '-H2$'
                WHEN 'schuljahr' THEN '^\\d{4}/\\d{2}$' ELSE '^\\d{4}$' END AS shape
    FROM term t JOIN catalogue.measure m ON m.id = t.measure_id LEFT JOIN catalogue.source s ON s.code = m.source
), counted AS (
    SELECT c.unit_id, c.measure_id, c.group_code, left(c.period, 4)::int AS year, c.value,
           array_position(ARRAY['gueltig', 'unsicher', 'geheim', 'folgt', 'fehlt', 'nicht_sinnvoll',
                                'nicht_vergleichbar'], c.status) AS state,
           c.quality, c.reference_date
    FROM warehouse.unit_count c
    JOIN used u ON u.id = c.measure_id AND u.kind <> 'area_km2' AND c.period ~ u.shape
)
SELECT x.*, u.version_id, u.level
FROM (
    SELECT * FROM counted
    UNION ALL
    -- areas do not change with the years
    SELECT g.id, m.id, :total, y.year, g.area_m2 / 1e6, 1, 'exakt', NULL
    FROM used m CROSS JOIN geo.unit g CROSS JOIN (SELECT DISTINCT year FROM counted) y
    WHERE m.kind = 'area_km2' AND g.geom IS NOT NULL
) x
JOIN geo.unit u ON u.id = x.unit_id
""")

OPEN = text("""
-- Where an indicator has values: at every level of a version, and for every group, that all of its measures know, down
-- to its lowest level; with the measures whose years count, those of its numerator.
CREATE TEMPORARY TABLE open_level ON COMMIT DROP AS
WITH offered AS (
    SELECT DISTINCT measure_id, group_code, version_id, level FROM yearly_count
), open AS (
    SELECT t.indicator_id, t.scope, o.group_code, o.version_id, o.level
    FROM (SELECT DISTINCT indicator_id, scope, measure_id FROM term) t
    JOIN asked a USING (indicator_id, scope)
    JOIN offered o USING (measure_id)
    JOIN geo.level l ON l.code = o.level
    WHERE CASE WHEN o.level = :comparison THEN a.scope = :compared
               WHEN o.level = :not_located THEN a.scope = :city AND a.countable
               ELSE a.scope = :city AND l.rank <= a.lowest_rank END
      AND (a.grouped OR o.group_code = :total)
    GROUP BY t.indicator_id, t.scope, o.group_code, o.version_id, o.level, a.measures
    HAVING count(*) = a.measures
)
SELECT o.*, t.measure_id, t.lag FROM open o JOIN term t USING (indicator_id, scope) WHERE t.anchor
""")

CELLS = text("""
-- Indicator × unit × group × year for which there is a value to make: every year that a measure of its numerator has.
CREATE TEMPORARY TABLE cell ON COMMIT DROP AS
SELECT DISTINCT o.indicator_id, o.scope, y.unit_id, y.group_code, y.year + o.lag AS year, o.version_id, o.level
FROM open_level o
JOIN yearly_count y USING (measure_id, group_code, version_id, level)
""")

SUMMED = text("""
CREATE TEMPORARY TABLE summed ON COMMIT DROP AS
WITH part AS (
    -- one row a term, its pooled periods added up
    SELECT k.indicator_id, k.scope, k.unit_id, k.group_code, k.year, k.version_id, k.level,
           t.part, t.persons, t.agency,
           sum(t.coefficient * c.value) AS amount, sum(c.value) AS value, max(coalesce(c.state, 5)) AS state,
           max(coalesce(c.quality, 'exakt')) AS quality, max(c.reference_date) FILTER (WHERE t.anchor) AS reference_date
    FROM cell k
    JOIN term t USING (indicator_id, scope)
    LEFT JOIN yearly_count c ON c.unit_id = k.unit_id AND c.measure_id = t.measure_id AND c.group_code = k.group_code
                            AND c.year = k.year - t.lag
    GROUP BY k.indicator_id, k.scope, k.unit_id, k.group_code, k.year, k.version_id, k.level,
             t.part, t.number, t.persons, t.agency
)
SELECT indicator_id, scope, unit_id, group_code, year, version_id, level,
       sum(amount) FILTER (WHERE part = 'numerator') AS numerator,
       sum(amount) FILTER (WHERE part = 'denominator') AS denominator,
       max(state) AS state, max(quality) AS quality, max(reference_date) AS reference_date,
       min(value) FILTER (WHERE persons) AS smallest,
       min(value) FILTER (WHERE persons AND value <> 0) AS smallest_nonzero,
       min(value) FILTER (WHERE persons AND agency) AS smallest_agency,
       CASE WHEN bool_and(persons) FILTER (WHERE part = 'denominator')
            THEN sum(amount) FILTER (WHERE part = 'denominator') END AS base
FROM part
GROUP BY indicator_id, scope, unit_id, group_code, year, version_id, level
""")

PERIODS = text("""
-- The periods of the results: a year, a school year, or the range of those that are pooled.
CREATE TEMPORARY TABLE result_period ON COMMIT DROP AS
SELECT n.pool, n.school, n.year,
       concat_ws('-', CASE WHEN n.pool > 1 THEN y.first || CASE WHEN n.school
                                                THEN to_char((y.first + 1) % 100, '"/"FM00') ELSE '' END END,
                 n.year || CASE WHEN n.school THEN to_char((n.year + 1) % 100, '"/"FM00') ELSE '' END) AS code,
       daterange(make_date(y.first, y.month, 1), make_date(n.year + 1, y.month, 1)) AS valid
FROM (SELECT DISTINCT a.pool, a.school, s.year FROM summed s JOIN asked a USING (indicator_id, scope)) n
CROSS JOIN LATERAL (SELECT n.year - n.pool + 1 AS first, CASE WHEN n.school THEN 8 ELSE 1 END AS month) y
""")

ENTER_PERIODS = text("""
INSERT INTO warehouse.period (code, valid) SELECT DISTINCT code, valid FROM result_period ON CONFLICT (code) DO NOTHING
""")

RATIOS = text("""
INSERT INTO warehouse.indicator_value (indicator_id, unit_id, group_code, period, reference_date, numerator,
    denominator, value, status, quality, smallest_count, smallest_nonzero, smallest_agency, smallest_base)
SELECT s.indicator_id, s.unit_id, s.group_code, p.code, CASE WHEN a.pool = 1 THEN s.reference_date END,
       CASE WHEN v.status IN ('gueltig', 'unsicher', 'nicht_sinnvoll') THEN s.numerator END,
       CASE WHEN v.status IN ('gueltig', 'unsicher', 'nicht_sinnvoll') THEN s.denominator END,
       CASE WHEN v.status IN ('gueltig', 'unsicher')
            THEN a.factor * s.numerator / CASE WHEN a.quotient THEN s.denominator ELSE 1 END END,
       v.status, s.quality,
       -- the complement of a share is shown with it
       least(s.smallest, CASE WHEN s.smallest IS NOT NULL THEN c.rest END),
       least(s.smallest_nonzero, CASE WHEN s.smallest IS NOT NULL THEN nullif(c.rest, 0) END),
       least(s.smallest_agency, CASE WHEN s.smallest_agency IS NOT NULL THEN c.rest END),
       s.base
FROM summed s
JOIN asked a USING (indicator_id, scope)
JOIN result_period p USING (pool, school, year)
CROSS JOIN LATERAL (
    -- numerators from another source or date may exceed the denominator: then there is no complement
    SELECT CASE WHEN a.share AND s.denominator >= s.numerator THEN s.denominator - s.numerator END AS rest
) c
CROSS JOIN LATERAL (
    SELECT CASE WHEN s.state <= 2 AND a.quotient AND s.denominator = 0 THEN 'nicht_sinnvoll'
                ELSE (ARRAY['gueltig', 'unsicher', 'geheim', 'folgt', 'fehlt', 'nicht_sinnvoll', 'nicht_vergleichbar'])
                     [s.state] END AS status
) v
WHERE NOT a.segregation OR s.scope = :compared
""")


def compute(connection: Connection, catalogue: Catalogue) -> int:
    """Recompute aggregates and all indicators of the catalogue; returns the number of indicator values.

    A value is numerator / denominator × factor, unrounded; a pooled one the quotient of sums over its periods. It is
    withheld, missing and so on as its worst part is (an earlier year that is not there is missing); a denominator of 0
    gives ``nicht_sinnvoll``. All in the caller's transaction: readers see the old values until then.
    """
    one_at_a_time(connection)
    aggregate(connection, catalogue)
    made = from_unit_counts(connection, catalogue)
    auditlog.record(connection, "berechnet", "Kennzahlen", werte=made, katalog=catalogue.sha256)
    return made


def one_at_a_time(connection: Connection) -> None:
    """Wait until no other computation is under way; held to the end of the caller's transaction."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})


def from_unit_counts(connection: Connection, catalogue: Catalogue) -> int:
    """Recompute all indicators from ``warehouse.unit_count`` as it stands; returns the number of values."""
    connection.execute(text("DELETE FROM warehouse.indicator_value"))
    district = catalogue.city.district_level or catalogue.city.levels[-1].code
    connection.execute(
        text(
            "DROP TABLE IF EXISTS pg_temp.yearly_count, pg_temp.open_level, pg_temp.cell, pg_temp.summed, "
            "pg_temp.result_period"
        )
    )
    lay_out(connection, catalogue, district)
    connection.execute(YEARLY, {"total": TOTAL})
    connection.execute(text("ANALYZE pg_temp.yearly_count"))
    names = {"comparison": COMPARISON, "not_located": NOT_LOCATED, "compared": COMPARED, "city": CITY, "total": TOTAL}
    connection.execute(OPEN, names)
    connection.execute(text("ANALYZE pg_temp.open_level"))
    connection.execute(CELLS)
    connection.execute(text("ANALYZE pg_temp.cell"))
    connection.execute(SUMMED)
    connection.execute(PERIODS)
    connection.execute(text("ANALYZE pg_temp.summed, pg_temp.result_period"))
    connection.execute(ENTER_PERIODS)
    made = connection.execute(RATIOS, {"compared": COMPARED}).rowcount
    made += connection.execute(SEGREGATE, {"district": district, "city": CITY}).rowcount
    return made
