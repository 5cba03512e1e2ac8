"""``addresses load``: house coordinates in the HK-DE layout into ``geo.address``, each located to its block.

Layout (Hauskoordinaten Deutschland, Datenformatbeschreibung 4.2): 18 fields separated by ``;``, no header, comment
lines start with ``#``, decimal comma, easting with the zone 32 in front, UTF-8 (version 3.1: ISO-8859-1).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
from sqlalchemy import Connection, text

from etl.catalogue import City
from etl.districts import store, versions
from etl.districts.areas import SRID
from etl.districts.crs import NEAR_CITY
from etl.districts.load import UNCHANGED
from etl.districts.prepare import Source, file_hash
from etl.districts.table import decode
from etl.districts.wording import number
from etl.errors import InputError, InputProblem
from etl.warehouse.engine import driver

LEVEL = "address"
FIELDS = (
    "NBA", "OI", "QUA", "LAN", "RBZ", "KRS", "GMD", "OTT", "SSS", "HNR", "ADZ", "E", "N", "STN", "PLZ", "ONM",
    "ZON", "POT",
)  # fmt: skip
QUALITIES = ["A", "B", "C"]
"""Position within the building, on the parcel, or of an internal number; the best one is kept of an address."""
ZONE = 32_000_000
"""What the zone prefix adds to an easting (EPSG:4647)."""
MAX_REJECTED = 0.05
"""Share of wrong rows from which the whole file is refused: then the file is wrong, not the rows."""
LISTED = 1000
"""Wrong rows kept in the load journal."""


@dataclass(frozen=True)
class AddressFile:
    """Valid rows, wrong rows, rows of other municipalities and repeated addresses of one file.

    ``rows`` has the columns line, street, number, suffix, street_name, postal_code, quality, x, y (EPSG:25832 metres).
    """

    rows: pl.DataFrame
    rejected: list[InputProblem]
    elsewhere: int
    encoding: str


@dataclass(frozen=True)
class AddressOutcome:
    """What a load did: rows taken, wrong, of other municipalities, repeated; addresses located in a block and not."""

    changed: bool
    message: str
    loaded: int = 0
    rejected: tuple[InputProblem, ...] = ()
    elsewhere: int = 0
    duplicates: tuple[InputProblem, ...] = ()
    located: int = 0
    unlocated: int = 0

    def as_json(self) -> dict[str, Any]:
        """For ``--json`` and the load journal."""
        return {
            "changed": self.changed,
            "result": self.message,
            "loaded": self.loaded,
            "rejected": len(self.rejected),
            "elsewhere": self.elsewhere,
            "duplicates": len(self.duplicates),
            "located": self.located,
            "unlocated": self.unlocated,
            "rejects": [p.__dict__ for p in self.rejected[:LISTED]],
            "repeats": [p.__dict__ for p in self.duplicates[:LISTED]],
        }


def read_hk_de(path: Path, city: City, charset: str | None = None) -> AddressFile:
    """Read and check a file of house coordinates.

    Raises ``InputError`` for an unreadable or empty file and where more than ``MAX_REJECTED`` of its rows are wrong.
    """
    if not path.is_file():
        raise InputError(InputProblem(str(path), "die Datei gibt es nicht"))
    raw = path.read_bytes()
    content = decode(raw, path.name, charset, fallback="ISO-8859-1")
    lines = pl.DataFrame({"text": content.replace("\r\n", "\n").split("\n")}).with_row_index("line", offset=1)
    lines = lines.filter(~pl.col("text").str.starts_with("#") & (pl.col("text").str.strip_chars() != ""))
    if lines.is_empty():
        raise InputError(InputProblem(path.name, "die Datei enthält keine Adressen"))
    fields = lines.with_columns(pl.col("text").str.split(";").alias("parts"))
    fields = fields.with_columns(pl.col("parts").list.len().alias("n"))
    short = fields.filter(pl.col("n") != len(FIELDS))
    rejected = [
        InputProblem(
            path.name, f"{len(FIELDS)} Felder erwartet, {n} gefunden (Trennzeichen ist das Semikolon)", int(line)
        )
        for line, n in short.select("line", "n").iter_rows()
    ]
    good = fields.filter(pl.col("n") == len(FIELDS)).select(
        "line", *(pl.col("parts").list.get(i).str.strip_chars().alias(f) for i, f in enumerate(FIELDS))
    )
    here = pl.concat_str("LAN", "RBZ", "KRS", "GMD") == city.ags
    elsewhere = good.filter(~here).height
    rows, wrong = _typed(good.filter(here), path.name, city)
    rejected = sorted([*rejected, *wrong], key=lambda p: p.line or 0)
    total = lines.height - elsewhere
    if total == 0:
        raise InputError(InputProblem(path.name, f"keine Zeile gehört zur Gemeinde {city.ags} (Felder LAN bis GMD)"))
    if len(rejected) > MAX_REJECTED * total:
        share = f"{number(len(rejected))} von {number(total)} Zeilen sind fehlerhaft; die Datei wird nicht geladen"
        raise InputError(*rejected[:10], InputProblem(path.name, share))
    used = charset or ("utf-8" if _is_utf8(raw) else "ISO-8859-1")
    return AddressFile(rows, rejected, elsewhere, used)


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _typed(rows: pl.DataFrame, file: str, city: City) -> tuple[pl.DataFrame, list[InputProblem]]:
    """Rows with numbers and coordinates, and the rows that have none."""
    rows = rows.with_columns(
        pl.col("E").str.replace(",", ".", literal=True).cast(pl.Float64, strict=False).alias("east"),
        pl.col("N").str.replace(",", ".", literal=True).cast(pl.Float64, strict=False).alias("y"),
    )
    prefixed = pl.col("east").is_between(ZONE, ZONE + 1_000_000)
    rows = rows.with_columns(pl.when(prefixed).then(pl.col("east") - ZONE).otherwise(pl.col("east")).alias("x"))
    west, south, east, north = city.extent
    near_x = pl.col("x").is_between(west - NEAR_CITY, east + NEAR_CITY)
    near_y = pl.col("y").is_between(south - NEAR_CITY, north + NEAR_CITY)
    checks = (
        ("SSS", pl.col("SSS").str.contains(r"^\d{1,5}$"), "der Straßenschlüssel muss aus 1 bis 5 Ziffern bestehen"),
        ("HNR", pl.col("HNR").str.contains(r"^0*[1-9]\d{0,4}$"), "die Hausnummer muss eine Zahl ab 1 sein"),
        ("QUA", pl.col("QUA").is_in(QUALITIES), "die Qualität muss A (im Gebäude), B (auf dem Flurstück) oder C sein"),
        ("E", pl.col("east").is_not_null(), "der Rechtswert ist keine Zahl (Dezimalkomma)"),
        ("N", pl.col("y").is_not_null(), "der Hochwert ist keine Zahl (Dezimalkomma)"),
        (
            "E",
            near_x,
            "der Rechtswert liegt nicht in der Nähe der Stadt (erwartet: UTM 32, mit oder ohne Zone 32 davor)",
        ),
        ("N", near_y, "der Hochwert liegt nicht in der Nähe der Stadt"),
    )
    problems = []
    for column, ok, reason in checks:
        wrong = rows.filter(~ok.fill_null(False))
        rows = rows.filter(ok.fill_null(False))
        problems += [
            InputProblem(file, reason, int(line), column, value)
            for line, value in wrong.select("line", column).iter_rows()
        ]
    return (
        rows.select(
            "line",
            pl.col("SSS").alias("street"),
            pl.col("HNR").alias("number"),
            pl.col("ADZ").alias("suffix"),
            pl.col("STN").alias("street_name"),
            pl.col("PLZ").alias("postal_code"),
            pl.col("QUA").alias("quality"),
            "x",
            "y",
        ),
        problems,
    )


def load_addresses(
    connection: Connection, city: City, path: Path, *, charset: str | None = None, synthetic: bool = False
) -> AddressOutcome:
    """Load house coordinates; addresses that the file no longer has stay, because older deliveries may need them.

    The same address twice in the file is reported and taken once: the better quality (A before B before C), then the
    earlier line. Wrong rows are left out and reported. Loading the same file again changes nothing.
    """
    versions.lock(connection)
    options = {"charset": charset, "synthetic": synthetic}
    sha256 = file_hash(path) if path.is_file() else ""
    last = store.last_load(connection, None, LEVEL)
    if last is not None and (last["sha256"], last["options"]) == (sha256, options):
        return AddressOutcome(False, UNCHANGED)
    found = read_hk_de(path, city, charset)
    duplicates = _write(connection, found.rows, path.name)
    located, unlocated = store.locate_addresses(connection)
    loaded = found.rows.height - len(duplicates)
    message = (
        f"{number(loaded)} Adressen geladen, {number(len(found.rejected))} fehlerhafte Zeilen und "
        f"{number(len(duplicates))} Wiederholungen ausgelassen; {number(located)} Adressen liegen in einem Block, "
        f"{number(unlocated)} in keinem."
    )
    if found.elsewhere:
        message += f" {number(found.elsewhere)} Zeilen gehören zu anderen Gemeinden."
    outcome = AddressOutcome(
        True, message, loaded, tuple(found.rejected), found.elsewhere, tuple(duplicates), located, unlocated
    )
    source = Source(path.name, sha256, "", "HK-DE", found.encoding, "EPSG:4647 (HK-DE)", "Zone 32 abgetrennt", 0.0)
    store.record_load(connection, source, store.Journal(LEVEL, None, options, outcome.as_json(), synthetic))
    return outcome


def _write(connection: Connection, rows: pl.DataFrame, file: str) -> list[InputProblem]:
    """Upsert the rows; returns what was repeated."""
    connection.execute(text("DROP TABLE IF EXISTS pg_temp.delivered_address"))
    connection.execute(
        text("""
            CREATE TEMPORARY TABLE delivered_address (
                line integer, street text, number text, suffix text, street_name text, postal_code text, quality text,
                x double precision, y double precision
            ) ON COMMIT DROP
        """)
    )
    with driver(connection).cursor().copy("COPY pg_temp.delivered_address FROM STDIN") as copy:
        for row in rows.iter_rows():
            copy.write_row(row)
    connection.execute(
        text("""
            CREATE TEMPORARY TABLE ranked_address ON COMMIT DROP AS
            SELECT d.*, k.key, split_part(k.key, '|', 3) AS normal_suffix, split_part(k.key, '|', 1) AS normal_street,
                   row_number() OVER (PARTITION BY k.key ORDER BY d.quality, d.line) AS rank,
                   first_value(d.line) OVER (PARTITION BY k.key ORDER BY d.quality, d.line) AS kept
            FROM pg_temp.delivered_address d
            CROSS JOIN LATERAL (SELECT geo.address_key(d.street, d.number, d.suffix) AS key) k
        """)
    )
    connection.execute(
        text("""
            INSERT INTO geo.address AS a
                (address_key, street_key, house_number, suffix, street_name, postal_code, quality, geom)
            SELECT key, normal_street, number::integer, normal_suffix, nullif(street_name, ''), nullif(postal_code, ''),
                   nullif(quality, ''), ST_SetSRID(ST_MakePoint(x, y), :srid)
            FROM pg_temp.ranked_address WHERE rank = 1 ORDER BY key
            ON CONFLICT (address_key) DO UPDATE
            SET street_name = excluded.street_name, postal_code = excluded.postal_code, quality = excluded.quality,
                geom = excluded.geom
            WHERE (a.street_name, a.postal_code, a.quality) IS DISTINCT FROM
                  (excluded.street_name, excluded.postal_code, excluded.quality)
               OR NOT a.geom ~= excluded.geom
        """),
        {"srid": SRID},
    )
    repeated = connection.execute(
        text("SELECT line, key, kept FROM pg_temp.ranked_address WHERE rank > 1 ORDER BY line")
    ).all()
    connection.execute(text("DROP TABLE pg_temp.ranked_address"))
    return [
        InputProblem(file, f"die Adresse steht schon in Zeile {kept}", line, value=key) for line, key, kept in repeated
    ]
