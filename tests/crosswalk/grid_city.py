"""A city of 4 × 4 square blocks in two Stadtteile (west 1, east 2), divided into districts in any way a test wants."""

from __future__ import annotations

from sqlalchemy import Connection, text

SIDE = 4
SIZE = 500
BLOCKS = tuple(f"{x}{y}" for x in range(SIDE) for y in range(SIDE))


def stadtteil_of(block: str) -> str:
    """Stadtteil of a block: the two western columns are 1."""
    return "1" if int(block[0]) < SIDE // 2 else "2"


def build(connection: Connection) -> None:
    """The blocks."""
    number = connection.scalar(
        text("INSERT INTO geo.block_set (label, method, is_current) VALUES ('Gitter', 'given', true) RETURNING id")
    )
    for block in BLOCKS:
        x, y = 560_000 + SIZE * int(block[0]), 5_950_000 + SIZE * int(block[1])
        connection.execute(
            text("""
            INSERT INTO geo.block (block_set_id, key, parent_key, geom)
            VALUES (:number, :key, :parent, ST_Multi(ST_MakeEnvelope(:x, :y, :x + :size, :y + :size, 25832)))
            """),
            {"number": number, "key": block, "parent": stadtteil_of(block), "x": x, "y": y, "size": SIZE},
        )


def version(
    connection: Connection, label: str, district_of: dict[str, str], *, current: bool = False, assigned: bool = True
) -> None:
    """A version: block → district key (first digit: its Stadtteil); without ``assigned`` only polygons are known."""
    number = connection.scalar(
        text("INSERT INTO geo.district_version (label, title, is_current) VALUES (:l, :l, :c) RETURNING id"),
        {"l": label, "c": current},
    )
    for level, keys, parent in (
        ("stadt", {b: "S" for b in BLOCKS}, None),
        ("stadtteil", {b: district_of[b][0] for b in BLOCKS}, "stadt"),
        ("bezirk", district_of, "stadtteil"),
    ):
        for key in sorted(set(keys.values())):
            connection.execute(
                text("""
                INSERT INTO geo.unit (version_id, level, key, name, parent_id, geom)
                SELECT :version, :level, :key, 'Gebiet ' || :key,
                       (SELECT id FROM geo.unit WHERE version_id = :version AND level = :parent AND key = :above),
                       ST_Multi(ST_Union(geom)) FROM geo.block WHERE key = ANY(:blocks)
                """),
                {
                    "version": number, "level": level, "key": key, "parent": parent,
                    "above": "S" if level == "stadtteil" else key[0], "blocks": [b for b in BLOCKS if keys[b] == key],
                },
            )  # fmt: skip
    connection.execute(
        text("""
        INSERT INTO geo.unit (version_id, level, key, name, parent_id)
        SELECT :version, 'nicht_zuordenbar', 'NZ', 'nicht zuordenbar', id FROM geo.unit
        WHERE version_id = :version AND level = 'stadt'
        """),
        {"version": number},
    )
    for block, key in district_of.items() if assigned else ():
        connection.execute(
            text("""
            INSERT INTO geo.block_assignment (version_id, block_id, unit_id)
            SELECT :version, b.id, u.id FROM geo.block b, geo.unit u
            WHERE b.key = :block AND u.version_id = :version AND u.level = 'bezirk' AND u.key = :key
            """),
            {"version": number, "block": block, "key": key},
        )


def columns(west: tuple[str, ...], east: tuple[str, ...]) -> dict[str, str]:
    """District by row of the block, for the western and for the eastern Stadtteil."""
    return {b: (west if stadtteil_of(b) == "1" else east)[int(b[1])] for b in BLOCKS}


OLD = columns(("101", "101", "102", "102"), ("201", "201", "202", "203"))
NEW = columns(("101", "102", "102", "103"), ("201", "202", "203", "203"))
"""West cut anew (irregular); in the east 201 is split into 201 and 202, and 202 and 203 are merged into 203."""


def deliver_areas(
    connection: Connection,
    delivery: int,
    measure: str,
    values: dict[str, float | None],
    *,
    label: str = "alt",
    level: str = "bezirk",
) -> None:
    """Counts by unit of a version; None is withheld, "NZ" could not be located."""
    for key, value in values.items():
        connection.execute(
            text("""
            INSERT INTO warehouse.count (delivery_id, measure_id, period, unit_id, value, status)
            SELECT d.id, m.id, extract(year FROM d.reference_date)::text,
                   (SELECT u.id FROM geo.unit u JOIN geo.district_version v ON v.id = u.version_id
                    WHERE v.label = :label AND u.level = :level AND u.key = :key),
                   :value, CASE WHEN CAST(:value AS float) IS NULL THEN 'geheim' ELSE 'gueltig' END
            FROM intake.delivery d, catalogue.measure m WHERE d.id = :delivery AND m.code = :measure
            """),
            {"label": label, "level": level, "key": key, "value": value, "delivery": delivery, "measure": measure},
        )


def counts(
    connection: Connection, measure: str, label: str, period: str = "2025"
) -> dict[str, tuple[object, str, str]]:
    """Aggregated counts of a version: key → (value, status, quality)."""
    rows = connection.execute(
        text("""
        SELECT u.key, c.value, c.status, c.quality FROM warehouse.unit_count c
        JOIN catalogue.measure m ON m.id = c.measure_id JOIN geo.unit u ON u.id = c.unit_id
        JOIN geo.district_version v ON v.id = u.version_id
        WHERE m.code = :measure AND v.label = :label AND c.period = :period AND c.group_code = 'insgesamt'
        """),
        {"measure": measure, "label": label, "period": period},
    )
    return {key: (value, status, quality) for key, value, status, quality in rows}


def address(connection: Connection, name: str | None, number: str, block: str, key: str = "00001") -> None:
    """An address in the middle of a block; ``number`` with suffix."""
    digits = "".join(c for c in number if c.isdigit())
    connection.execute(
        text("""
        INSERT INTO geo.address
            (address_key, street_key, house_number, suffix, street_name, postal_code, geom, block_id)
        SELECT geo.address_key(:key, :number, ''), :key, CAST(:digits AS integer), :suffix, :name, '22844',
               ST_PointOnSurface(geom), id FROM geo.block WHERE key = :block
        """),
        {
            "key": key,
            "number": number,
            "digits": digits,
            "suffix": number[len(digits) :],
            "name": name,
            "block": block,
        },
    )
