"""One load, measured: a whole delivery, and a bare COPY of the same file into an unlogged text table."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from psycopg import sql
from sqlalchemy import Connection

from etl.catalogue import Catalogue
from etl.intake.bench.memory import peak_mib
from etl.intake.deliver import deliver
from etl.intake.outcome import DeliveryOutcome
from etl.warehouse.engine import driver

CHUNK = 1024**2


@dataclass(frozen=True)
class Speed:
    """Seconds of both ways for the same rows, and the largest memory of this process so far (MiB).

    ``count_seconds`` is the part of ``deliver_seconds`` that counts the measures.
    """

    rows: int
    copy_seconds: float
    deliver_seconds: float
    count_seconds: float
    peak_memory_mib: float

    @property
    def ratio(self) -> float:
        """Rows per second of the whole delivery, counting of all measures included, by those of the bare COPY."""
        return self.copy_seconds / self.deliver_seconds

    @property
    def load_ratio(self) -> float:
        """The same for the load alone: read, checked, located and stored, but not yet counted."""
        return self.copy_seconds / (self.deliver_seconds - self.count_seconds)

    def __str__(self) -> str:
        return (
            f"{self.rows} Zeilen: COPY {self.copy_seconds:.2f} s, Lieferung {self.deliver_seconds:.2f} s "
            f"({self.rows / self.deliver_seconds:.0f} Zeilen/s), Verhältnis {self.ratio:.2f}, ohne Zählen "
            f"{self.load_ratio:.2f}, "
            f"Speicher {self.peak_memory_mib:.0f} MiB"
        )


def bare_copy(connection: Connection, file: Path, separator: str = ";") -> float:
    """Seconds that COPY needs to put a CSV file with a header line into a fresh unlogged table of text columns."""
    with file.open("rb") as handle:
        names = handle.readline().decode("ascii", "replace").strip().split(separator)
    table = sql.Identifier("intake", "bench_copy")
    columns = sql.SQL(", ").join(sql.SQL("{} text").format(sql.Identifier(name)) for name in names)
    command = sql.SQL("COPY {} FROM STDIN (FORMAT csv, HEADER, DELIMITER {})").format(table, sql.Literal(separator))
    with driver(connection).cursor() as cursor:
        cursor.execute(sql.SQL("CREATE UNLOGGED TABLE {} ({})").format(table, columns))
        started = time.perf_counter()
        with file.open("rb") as handle, cursor.copy(command) as copy:
            while block := handle.read(CHUNK):
                copy.write(block)
        seconds = time.perf_counter() - started
        cursor.execute(sql.SQL("DROP TABLE {}").format(table))
    return seconds


def whole_delivery(
    connection: Connection, catalogue: Catalogue, source: str, file: Path, at: date, *, person_level: bool = False
) -> tuple[float, DeliveryOutcome]:
    """Seconds of a delivery from opening the file to the last count, and its outcome; the file is synthetic."""
    started = time.perf_counter()
    outcome = deliver(
        connection,
        catalogue,
        source,
        file,
        reference_date=at,
        synthetic=True,
        again=True,
        allow_person_level=person_level,
    )
    return time.perf_counter() - started, outcome


def measure(
    connection: Connection, catalogue: Catalogue, source: str, file: Path, at: date
) -> tuple[Speed, DeliveryOutcome]:
    """Copy the file bare and take it in, one after the other on the same connection; the delivery stays."""
    copied = bare_copy(connection, file)
    spent, outcome = whole_delivery(connection, catalogue, source, file, at)
    return Speed(outcome.read, copied, spent, outcome.steps["zaehlen"], peak_mib()), outcome
