"""A record file of a delivery: read, judged, located, stored and counted, batch by batch."""

from __future__ import annotations

import time
from collections.abc import Callable

import polars as pl
from sqlalchemy import Connection

from etl.catalogue import Catalogue, RecordForm, Source
from etl.intake import counting, partitions, periods
from etl.intake.archive import Delivered
from etl.intake.copy import copy_in
from etl.intake.outcome import DeliveryOutcome
from etl.intake.records import Tally, read_records
from etl.intake.rejects import Rejects
from etl.intake.store_records import RecordStore
from etl.intake.wording import counted, thousands

MANY_UNLOCATED = 0.02
"""Above this share of rows without a block the report warns."""


def store_rejects(connection: Connection, delivery: int, faults: pl.DataFrame) -> None:
    """Write faults (``rejects.SCHEMA``) to the quarantine of a delivery."""
    rows = faults.select(
        pl.lit(delivery, dtype=pl.Int32).alias("delivery_id"),
        "line",
        pl.col("column").alias("column_name"),
        "value",
        "reason",
    )
    if not rows.is_empty():
        copy_in(connection, partitions.ensure(connection, "rejected_row", delivery), rows)


def take_in_records(  # noqa: PLR0917
    connection: Connection,
    catalogue: Catalogue,
    source: Source,
    form: RecordForm,
    delivered: Delivered,
    names: tuple[str, ...],
    outcome: DeliveryOutcome,
    tell: Callable[[str, int], None],
) -> Rejects:
    """Take in the rows and fill the outcome; returns the faults not yet written to the quarantine.

    Memory does not grow with the file. Raises InputError for faults of the file as a whole.
    """
    at = outcome.reference_date
    period = periods.period_of(source, at)
    rejects = Rejects(sink=lambda faults: store_rejects(connection, outcome.delivery, faults))
    begun = time.perf_counter()
    storing = 0.0
    store = RecordStore(connection, source, form, outcome.delivery)
    tally = Tally()
    rows_told = lambda rows: tell("Zeilen prüfen", rows)  # noqa: E731
    for batch in read_records(delivered, form, names, at, period, rejects, tally, rows_told):
        since = time.perf_counter()
        store.add(batch)
        storing += time.perf_counter() - since
    outcome.read, outcome.ignored, outcome.accepted = tally.read, tally.ignored, tally.accepted
    read = time.perf_counter()
    tell("verorten", 0)
    stored = store.finish()
    outcome.unlocated, outcome.persons = stored.unlocated, stored.persons
    outcome.persons_unlocated = stored.persons_unlocated
    periods.store(connection, {period})
    outcome.periods = [period.code]
    tell("zählen", 0)
    counting_began = time.perf_counter()
    outcome.counts_written = counting.count_delivery(connection, catalogue, source, outcome.delivery, period.code)
    outcome.steps = {
        "lesen": round(read - begun - storing, 3),
        "verorten": round(counting_began - read + storing, 3),
        "zaehlen": round(time.perf_counter() - counting_began, 3),
    }
    if outcome.unlocated > MANY_UNLOCATED * outcome.accepted:
        share = thousands(round(100 * outcome.unlocated / outcome.accepted, 1))
        outcome.warnings.append(
            f"{counted(outcome.unlocated, 'Zeile', 'Zeilen')} ({share} %) mit unbekannter Adresse; sind die Adressen "
            "auf dem Stand der Lieferung?"
        )
    return rejects
