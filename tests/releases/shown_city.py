"""A city of twelve square districts in three Stadtteile with released values written by hand, without any counts."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Connection, text

from tests import editions
from tests.small_city import square

STADTTEILE, BY_STADTTEIL = 3, 4


def build(connection: Connection) -> dict[str, int]:
    """A current version; returns the ids of all units by key (``S``, ``1`` …, ``101`` …)."""
    version = connection.scalar(
        text("INSERT INTO geo.district_version (label, title, is_current) VALUES ('test', 'Test', true) RETURNING id")
    )
    ids: dict[str, int] = {}

    def unit(level: str, key: str, parent: str | None, wkt: str | None) -> None:
        found = connection.scalar(
            text("""
            INSERT INTO geo.unit (version_id, level, key, name, parent_id, geom)
            VALUES (:version, :level, :key, 'Gebiet ' || :key, :parent, ST_GeomFromText(:wkt, 25832)) RETURNING id
            """),
            {"version": version, "level": level, "key": key, "parent": ids.get(parent or ""), "wkt": wkt},
        )
        ids[key] = int(found or 0)

    unit("stadt", "S", None, square(0, 0, 4000))
    for x in range(STADTTEILE):
        unit("stadtteil", str(x + 1), "S", square(x, 0))
        for y in range(BY_STADTTEIL):
            unit("bezirk", f"{x + 1}0{y + 1}", str(x + 1), square(x, y))
    return ids


def edition(connection: Connection, *, synthetic: bool = False) -> int:
    """A draft without values."""
    found = connection.scalar(
        text("""
        INSERT INTO release.edition (label, status, synthetic, policy, catalogue_sha256, deliveries)
        VALUES ('test', 'draft', :synthetic, '{}', 'x', '[]') RETURNING id
        """),
        {"synthetic": synthetic},
    )
    return int(found or 0)


def publish(connection: Connection, edition_id: int) -> None:
    """Show a draft."""
    editions.show(connection, edition_id)


def year(connection: Connection, number: int) -> str:
    """The period of a calendar year."""
    connection.execute(
        text("INSERT INTO warehouse.period VALUES (:code, daterange(:lower, :upper)) ON CONFLICT DO NOTHING"),
        {"code": str(number), "lower": date(number, 1, 1), "upper": date(number + 1, 1, 1)},
    )
    return str(number)


Row = tuple[int, str, str, str, float | None, float | None, str]
"""Unit's id, indicator, group, period, numerator, denominator, status."""


def show(connection: Connection, edition_id: int, rows: list[Row]) -> None:
    """Write released values; a withheld one holds no number. The value follows from its parts."""
    names = ("unit", "indicator", "group", "period", "numerator", "denominator", "status")
    connection.execute(
        text("""
        INSERT INTO release.value (edition_id, unit_id, indicator_id, group_code, period, numerator, denominator, value,
                                   status, quality)
        SELECT :edition, r.unit, i.id, r.group_code, r.period, r.numerator, r.denominator,
               round((i.factor * r.numerator / coalesce(r.denominator, 1))::numeric, i.decimals)::double precision,
               r.status, 'exakt'
        FROM unnest(CAST(:unit AS int[]), CAST(:indicator AS text[]), CAST(:group AS text[]), CAST(:period AS text[]),
                    CAST(:numerator AS float8[]), CAST(:denominator AS float8[]), CAST(:status AS text[]))
             AS r(unit, indicator, group_code, period, numerator, denominator, status)
        JOIN catalogue.indicator i ON i.code = r.indicator
        """),
        {"edition": edition_id}
        | {
            name: [float(v) if isinstance(v, int) and n > 0 else v for v in (row[n] for row in rows)]
            for n, name in enumerate(names)
        },
    )
