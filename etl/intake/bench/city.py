"""A synthetic city of any size for measuring: square blocks, addresses in them, residents at the addresses."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import fiona
import numpy as np
import polars as pl
from fiona.crs import CRS
from sqlalchemy import Connection, text

AT = date(2024, 12, 31)
BLOCK_RESIDENTS, BLOCK_ADDRESSES, STREET_ADDRESSES = 84, 20, 40
SIDE = 100.0
"""Side of a block, metres."""
WEST, SOUTH = 560_000.0, 5_950_000.0
PIECE = 1_000_000
MOST = 16_000_000
"""More residents would need more streets than five digits can number."""
UNKNOWN = 0.004
"""Share of residents whose address nobody knows."""


@dataclass(frozen=True)
class BenchCity:
    """As many blocks and addresses as a city of so many residents has."""

    residents: int

    @property
    def blocks(self) -> int:
        """Number of blocks."""
        return max(1, round(self.residents / BLOCK_RESIDENTS))

    @property
    def addresses(self) -> int:
        """Number of addresses."""
        return self.blocks * BLOCK_ADDRESSES

    @property
    def columns(self) -> int:
        """Blocks in a row of the square that they fill."""
        return math.ceil(math.sqrt(self.blocks))


_BLOCKS = text("""
INSERT INTO geo.block (block_set_id, key, geom)
SELECT s.id, n::text, ST_Multi(ST_MakeEnvelope(:west + n % :columns * :side, :south + n / :columns * :side,
                                               :west + (n % :columns + 1) * :side,
                                               :south + (n / :columns + 1) * :side, 25832))
FROM geo.block_set s, generate_series(0, :blocks - 1) n WHERE s.label = 'messung'
""")

_ADDRESSES = text("""
INSERT INTO geo.address (address_key, street_key, house_number, suffix, geom, block_id)
SELECT lpad((n / :street)::text, 5, '0') || '|' || (n % :street + 1)::text || '|', lpad((n / :street)::text, 5, '0'),
       n % :street + 1, '',
       ST_SetSRID(ST_MakePoint(ST_XMin(b.geom) + 2 + 4 * (n % :each), ST_YMin(b.geom) + 50), 25832), b.id
FROM generate_series(0, :addresses - 1) n JOIN geo.block b ON b.key = (n / :each)::text
""")


def lay_out(connection: Connection, city: BenchCity) -> None:
    """Blocks and addresses of the city into an otherwise empty database."""
    connection.execute(text("INSERT INTO geo.block_set (label, method, is_current) VALUES ('messung', 'given', true)"))
    where = {"west": WEST, "south": SOUTH, "columns": city.columns, "side": SIDE, "blocks": city.blocks}
    connection.execute(_BLOCKS, where)
    connection.execute(text("ANALYZE geo.block"))
    numbers = {"street": STREET_ADDRESSES, "each": BLOCK_ADDRESSES, "addresses": city.addresses}
    connection.execute(_ADDRESSES, numbers)
    connection.execute(text("ANALYZE geo.address"))


def write_geometry(city: BenchCity, blocks: Path, addresses: Path) -> None:
    """The same blocks as GeoPackage and the same address points as CSV (x and y in EPSG:25832), for other tools."""
    number = np.arange(city.addresses)
    block = number // BLOCK_ADDRESSES
    points = pl.DataFrame(
        {
            "strassenschluessel": number // STREET_ADDRESSES,
            "hausnummer": number % STREET_ADDRESSES + 1,
            "x": WEST + block % city.columns * SIDE + 2 + 4 * (number % BLOCK_ADDRESSES),
            "y": SOUTH + block // city.columns * SIDE + 50,
        }
    )
    points.with_columns(pl.col("strassenschluessel").cast(pl.String).str.zfill(5)).write_csv(addresses, separator=";")
    schema = {"geometry": "Polygon", "properties": {"block": "str"}}
    with fiona.open(blocks, "w", driver="GPKG", crs=CRS.from_epsg(25832), schema=schema, layer="block") as layer:
        layer.writerecords(
            {
                "geometry": {"type": "Polygon", "coordinates": [_square(n % city.columns, n // city.columns)]},
                "properties": {"block": str(n)},
            }
            for n in range(city.blocks)
        )


def _square(column: int, row: int) -> list[tuple[float, float]]:
    x, y = WEST + column * SIDE, SOUTH + row * SIDE
    return [(x, y), (x + SIDE, y), (x + SIDE, y + SIDE), (x, y + SIDE), (x, y)]


def write_register(city: BenchCity, path: Path, *, person_level: bool = False) -> None:
    """A synthetic extract of one row a resident, sorted by address: counted rows, or persons with serial numbers.

    Written in pieces: memory does not grow with the city. The serial numbers are not in order, as in real extracts.
    """
    with path.open("wb") as target:
        for start in range(0, city.residents, PIECE):
            piece = _piece(city, start, min(PIECE, city.residents - start), person_level=person_level)
            piece.write_csv(target, separator=";", include_header=start == 0, quote_style="never")


def _piece(city: BenchCity, start: int, rows: int, *, person_level: bool) -> pl.DataFrame:
    rng = np.random.default_rng([1, start])
    resident = np.arange(start, start + rows)
    address = resident * city.addresses // city.residents
    known = rng.random(rows) >= UNKNOWN
    street = np.where(known, address // STREET_ADDRESSES, 99_999)
    age = rng.integers(0, 95, rows)
    nation = np.where(rng.random(rows) < 0.86, 0, rng.integers(100, 500, rows))
    frame = pl.DataFrame(
        {
            "stichtag": pl.Series([f"{AT:%d.%m.%Y}"]).new_from_index(0, rows),
            "strassenschluessel": street,
            "hausnummer": address % STREET_ADDRESSES + 1,
            "zusatz": pl.Series([""]).new_from_index(0, rows),
            "geschlecht": pl.Series(["m", "w"]).gather(rng.integers(0, 2, rows)),
            "staatsangehoerigkeit": nation,
        }
    ).with_columns(
        pl.col("strassenschluessel").cast(pl.String).str.zfill(5),
        pl.col("staatsangehoerigkeit").cast(pl.String).str.zfill(3),
    )
    if not person_level:
        order = ["stichtag", "strassenschluessel", "hausnummer", "zusatz", "alter", "geschlecht",
                 "staatsangehoerigkeit", "anzahl"]  # fmt: skip
        return frame.with_columns(pl.Series("alter", age), pl.lit(1).alias("anzahl")).select(order)
    # a bijection of the numbers below a prime that is larger than any city: distinct, but in no order
    serial = (resident * 7_919 + 104_729) % 16_777_213
    born = pl.Series("geburtsdatum", np.datetime64("2024-12-31") - (age * 366 + rng.integers(0, 365, rows)))
    order = ["satznummer", "stichtag", "strassenschluessel", "hausnummer", "zusatz", "geburtsdatum", "geschlecht",
             "staatsangehoerigkeit", "wohnungsstatus"]  # fmt: skip
    return frame.with_columns(
        pl.Series("satznummer", serial), born.dt.strftime("%d.%m.%Y"), pl.lit("A").alias("wohnungsstatus")
    ).select(order)
