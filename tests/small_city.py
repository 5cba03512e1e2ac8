"""A city of four squares for tests: two Stadtteile, four districts of one block each, counts written by hand."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Connection, text

BLOCKS = ("101", "102", "201", "202")


def square(x: int, y: int, size: int = 1000) -> str:
    """A square as WKT, south-west corner in kilometres from an origin in the city."""
    e, n = 560_000 + x * 1000, 5_950_000 + y * 1000
    return f"MULTIPOLYGON((({e} {n},{e + size} {n},{e + size} {n + size},{e} {n + size},{e} {n})))"


def build(connection: Connection) -> None:
    """Version „test“ (current) with city, two Stadtteile, four districts of 1 km² and as many blocks."""
    run = connection.execute
    version = connection.scalar(
        text("INSERT INTO geo.district_version (label, title, is_current) VALUES ('test', 'Test', true) RETURNING id")
    )
    blocks = connection.scalar(
        text("INSERT INTO geo.block_set (label, method, is_current) VALUES ('test', 'given', true) RETURNING id")
    )

    def unit(level: str, key: str, parent: str | None, wkt: str | None) -> None:
        run(
            text("""
            INSERT INTO geo.unit (version_id, level, key, name, parent_id, geom)
            VALUES (:version, :level, :key, 'Gebiet ' || :key,
                    (SELECT id FROM geo.unit WHERE version_id = :version AND key = :parent),
                    ST_GeomFromText(:wkt, 25832))
            """),
            {"version": version, "level": level, "key": key, "parent": parent, "wkt": wkt},
        )

    unit("stadt", "S", None, square(0, 0, 2000))
    unit("nicht_zuordenbar", "NZ", "S", None)
    for x, stadtteil in enumerate(("1", "2")):
        corner = square(x, 0)
        unit("stadtteil", stadtteil, "S", corner)
        for y, number in enumerate(("01", "02")):
            key = stadtteil + number
            unit("bezirk", key, stadtteil, square(x, y))
            run(
                text("""
                WITH b AS (INSERT INTO geo.block (block_set_id, key, parent_key, geom)
                           VALUES (:blocks, :key, :stadtteil, ST_GeomFromText(:wkt, 25832)) RETURNING id)
                INSERT INTO geo.block_assignment (version_id, block_id, unit_id)
                SELECT :version, b.id, u.id FROM b, geo.unit u WHERE u.version_id = :version AND u.key = :key
                """),
                {"blocks": blocks, "version": version, "key": key, "stadtteil": stadtteil, "wkt": square(x, y)},
            )


def deliver(connection: Connection, source: str, year: int) -> int:
    """An active delivery for the last day of a year, with its period; returns its id."""
    connection.execute(
        text("INSERT INTO warehouse.period VALUES (:code, daterange(:lower, :upper)) ON CONFLICT DO NOTHING"),
        {"code": str(year), "lower": date(year, 1, 1), "upper": date(year + 1, 1, 1)},
    )
    number = connection.scalar(
        text("""
        INSERT INTO intake.delivery (source, form, reference_date, file_name, sha256, file_bytes, mapping_sha256)
        VALUES (:source, 'test', :day, 'test.csv', :sha, 1, 'x') RETURNING id
        """),
        {"source": source, "day": date(year, 12, 31), "sha": f"{source}{year}"},
    )
    assert number is not None
    return int(number)


def count(
    connection: Connection,
    delivery: int,
    measure: str,
    values: dict[str, float | None],
    *,
    by: str = "block",
    status: str = "geheim",
) -> None:
    """Counts of a delivery: place → value; the place "NZ" is nowhere, a value None has ``status``."""
    for place, value in values.items():
        connection.execute(
            text("""
            INSERT INTO warehouse.count (delivery_id, measure_id, period, block_id, unit_id, value, status)
            SELECT d.id, m.id, extract(year FROM d.reference_date)::text,
                   CASE WHEN :by = 'block' THEN (SELECT id FROM geo.block WHERE key = :place) END,
                   CASE WHEN :by = 'unit' AND :place <> 'NZ' THEN (SELECT id FROM geo.unit WHERE key = :place) END,
                   :value, CASE WHEN CAST(:value AS float) IS NULL THEN :status ELSE 'gueltig' END
            FROM intake.delivery d, catalogue.measure m WHERE d.id = :delivery AND m.code = :measure
            """),
            {"by": by, "place": place, "value": value, "status": status, "delivery": delivery, "measure": measure},
        )


def population(connection: Connection, delivery: int, people: dict[str, dict[str, float]]) -> None:
    """Counts of the register's measures: block → measure → persons."""
    for place, measures in people.items():
        for measure, value in measures.items():
            count(connection, delivery, measure, {place: value})
