"""A small invented city in the database, and files to deliver, for the tests of the intake."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import Connection, text

STADTTEILE = ("Nordheim", "Südheim", "Westhöhe", "Ostau", "Mitte")
BLOCKS_EACH = 4
ADDRESSES_EACH = 6

HEADER = "stichtag;strassenschluessel;hausnummer;zusatz;alter;geschlecht;staatsangehoerigkeit;anzahl"


def lay_out(connection: Connection) -> None:
    """City, five Stadtteile, four blocks each, six addresses a block; street key = block number."""
    connection.execute(
        text(
            "INSERT INTO geo.district_version (label, title, status, is_current) VALUES ('test', 'Test', 'draft', true)"
        )
    )
    box = "ST_Multi(ST_MakeEnvelope(:x, :y, :x + 100, :y + 100, 25832))"
    connection.execute(
        text(
            "INSERT INTO geo.unit (version_id, level, key, name, geom) "
            f"SELECT id, 'stadt', '0', 'Stadt', {box} FROM geo.district_version WHERE is_current"
        ),
        {"x": 560000, "y": 5950000},
    )
    connection.execute(text("INSERT INTO geo.block_set (label, method, is_current) VALUES ('b', 'given', true)"))
    for s, name in enumerate(STADTTEILE):
        connection.execute(
            text(
                "INSERT INTO geo.unit (version_id, level, key, name, geom, parent_id) "
                f"SELECT v.id, 'stadtteil', :key, :name, {box}, u.id FROM geo.district_version v, geo.unit u "
                "WHERE u.level = 'stadt' AND v.is_current"
            ),
            {"x": 560000 + 1000 * s, "y": 5950000, "key": str(s + 1), "name": name},
        )
        for b in range(BLOCKS_EACH):
            number = s * BLOCKS_EACH + b + 1
            connection.execute(
                text(
                    "INSERT INTO geo.block (block_set_id, key, parent_key, geom) "
                    f"SELECT id, :key, :parent, {box} FROM geo.block_set"
                ),
                {"x": 560000 + 1000 * s, "y": 5950000 + 100 * b, "key": f"B{number:03d}", "parent": str(s + 1)},
            )
            for house in range(1, ADDRESSES_EACH + 1):
                add_address(connection, f"{number:05d}", house, "" if house > 1 else "a", f"B{number:03d}")


def add_address(connection: Connection, street: str, house: int, suffix: str, block: str) -> None:
    """One address in a block."""
    connection.execute(
        text(
            "INSERT INTO geo.address (address_key, street_key, house_number, suffix, geom, block_id) "
            "SELECT geo.address_key(:street, CAST(:house AS text), :suffix), :street, CAST(:house AS integer), "
            ":suffix, ST_Centroid(b.geom), b.id FROM geo.block b WHERE b.key = :block"
        ),
        {"street": street, "house": str(house), "suffix": suffix, "block": block},
    )


def register(
    path: Path, rows: Iterable[str], header: str = HEADER, encoding: str = "utf-8", newline: str = "\n"
) -> Path:
    """Write a counted register extract."""
    path.write_bytes((newline.join([header, *rows]) + newline).encode(encoding))
    return path


def row(  # noqa: PLR0917
    block: int = 1, house: str = "2", age: str = "30", sex: str = "w", nation: str = "000", n: str = "1"
) -> str:
    """One counted row of 31.12.2024 at an address of a block."""
    return f"31.12.2024;{block:05d};{house};;{age};{sex};{nation};{n}"


def counts(connection: Connection, measure: str, group: str = "insgesamt") -> dict[str | None, float | None]:
    """A measure's counts by block key or unit key; None is what could not be located."""
    query = text(
        "SELECT coalesce(b.key, u.key), c.value FROM warehouse.count c "
        "JOIN catalogue.measure m ON m.id = c.measure_id "
        "LEFT JOIN geo.block b ON b.id = c.block_id LEFT JOIN geo.unit u ON u.id = c.unit_id "
        "WHERE m.code = :measure AND c.group_code = :group"
    )
    return {place: value for place, value in connection.execute(query, {"measure": measure, "group": group})}


def rejects(connection: Connection) -> list[tuple[int, str, str, str]]:
    """All rejected rows: line, column, value, reason."""
    query = text("SELECT line, column_name, value, reason FROM intake.rejected_row ORDER BY line, id")
    return [tuple(r) for r in connection.execute(query)]
