"""How complete a delivery is by district: blocks with residents but no rows, districts without any, withheld values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, text

from etl.catalogue import NOT_LOCATED, Catalogue, Source

LOST_SHARE = 0.2
"""A district that lost this share of its blocks with rows since the delivery before is marked."""
LOST_BLOCKS = 3

_BY_BLOCK = text("""
-- Districts of the current version: blocks with residents, of them with rows, now and in the delivery before.
WITH placed AS (
    SELECT a.block_id, a.unit_id FROM geo.block_assignment a
    JOIN geo.district_version v ON v.id = a.version_id AND v.is_current
), inhabited AS (
    SELECT DISTINCT c.block_id FROM warehouse.count c
    JOIN catalogue.measure m ON m.id = c.measure_id AND m.code = :population
    WHERE c.delivery_id = :register AND c.group_code = 'insgesamt' AND c.value > 0
), now AS (SELECT block_id FROM intake.record WHERE delivery_id = :delivery),
before AS (SELECT block_id FROM intake.record WHERE delivery_id = :before)
SELECT u.key, u.name,
       count(*) FILTER (WHERE i.block_id IS NOT NULL) AS inhabited,
       count(*) FILTER (WHERE n.block_id IS NOT NULL) AS rows_now,
       count(*) FILTER (WHERE b.block_id IS NOT NULL) AS rows_before,
       count(*) FILTER (WHERE i.block_id IS NOT NULL AND n.block_id IS NULL) AS empty
FROM placed p JOIN geo.unit u ON u.id = p.unit_id
LEFT JOIN inhabited i ON i.block_id = p.block_id
LEFT JOIN now n ON n.block_id = p.block_id
LEFT JOIN before b ON b.block_id = p.block_id
GROUP BY u.key, u.name ORDER BY u.key
""")

_BY_AREA = text("""
-- Areas of the levels that the delivery speaks of: with values, withheld, without a row, in its newest period.
WITH newest AS (
    SELECT c.period FROM warehouse.count c JOIN warehouse.period p ON p.code = c.period
    WHERE c.delivery_id = :delivery ORDER BY p.valid DESC LIMIT 1
), mine AS (
    SELECT c.unit_id, c.value, c.status FROM warehouse.count c JOIN newest n ON n.period = c.period
    WHERE c.delivery_id = :delivery
), there AS (
    SELECT DISTINCT u.version_id, u.level FROM mine JOIN geo.unit u ON u.id = mine.unit_id
)
SELECT l.title, u.key, u.name, count(m.value) AS with_value, count(*) FILTER (WHERE m.status = 'geheim') AS withheld,
       count(m.unit_id) AS rows
FROM there t JOIN geo.unit u ON u.version_id = t.version_id AND u.level = t.level
JOIN geo.level l ON l.code = u.level
LEFT JOIN mine m ON m.unit_id = u.id
WHERE u.level <> :not_located
GROUP BY l.title, l.rank, u.key, u.name ORDER BY l.rank, u.key
""")


@dataclass(frozen=True)
class District:
    """A district of a delivery by block; numbers are blocks. ``note`` says in German what is striking, if anything."""

    key: str
    name: str
    inhabited: int
    rows_now: int
    rows_before: int | None
    empty: int
    note: str = ""


@dataclass(frozen=True)
class Area:
    """An area of a delivered table; numbers are cells of its newest period."""

    level: str
    key: str
    name: str
    with_value: int
    withheld: int
    rows: int


def by_district(
    connection: Connection, catalogue: Catalogue, delivery: int, before: int | None, at: date
) -> list[District]:
    """Districts of the current version; empty where there are none yet."""
    population = catalogue.city.population
    source = catalogue.measure[population].source if population else None
    register = connection.scalar(
        text(
            "SELECT id FROM intake.delivery WHERE source = :source AND status = 'active' "
            "ORDER BY reference_date > :at, abs(reference_date - :at) LIMIT 1"
        ),
        {"source": source, "at": at},
    )
    values = {"population": population, "register": register, "delivery": delivery, "before": before}
    return [_judged(District(*row), before) for row in connection.execute(_BY_BLOCK, values)]


def _judged(found: District, before: int | None) -> District:
    earlier = found.rows_before if before is not None else None
    note = ""
    if found.rows_now == 0:
        note = "keine Zeile"
    elif earlier and earlier - found.rows_now >= max(LOST_BLOCKS, LOST_SHARE * earlier):
        note = f"{earlier - found.rows_now} Blöcke weniger als in der vorigen Lieferung"
    return District(found.key, found.name, found.inhabited, found.rows_now, earlier, found.empty, note)


def by_area(connection: Connection, delivery: int) -> list[Area]:
    """Areas of all levels that the table has rows of, those without a row included."""
    rows = connection.execute(_BY_AREA, {"delivery": delivery, "not_located": NOT_LOCATED})
    return [Area(*row) for row in rows]


def previous(connection: Connection, source: Source, at: date) -> tuple[int, date, int, int] | None:
    """The active delivery of the source before a reference date: id, its date, rows accepted, rows without a place."""
    row = connection.execute(
        text(
            "SELECT id, reference_date, rows_accepted, rows_unlocated FROM intake.delivery WHERE source = :source "
            "AND status = 'active' AND reference_date < :at ORDER BY reference_date DESC LIMIT 1"
        ),
        {"source": source.code, "at": at},
    ).one_or_none()
    return None if row is None else (int(row[0]), row[1], int(row[2]), int(row[3]))
