"""Counting stored records anew after measures changed in the catalogue, without a new delivery."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, text

from etl.catalogue import Catalogue
from etl.errors import SozialberichtError
from etl.intake import counting, journal, partitions, periods
from etl.intake.wording import similar
from etl.warehouse import auditlog


@dataclass(frozen=True)
class Recounted:
    """One delivery counted anew; ``stale``: its form changed too, so that the file should be delivered again.

    ``gone``: its rows have been deleted (or lost in a crash), so that its counts stand as they were.
    """

    delivery: int
    period: str
    counts: int
    stale: bool
    gone: bool = False


def recount(connection: Connection, catalogue: Catalogue, source_code: str) -> list[Recounted]:
    """Count all active deliveries of a record source with the measures of the catalogue, in the caller's transaction.

    Raises SozialberichtError for area tables: they keep no records, their files have to be delivered again.
    """
    source = catalogue.source.get(source_code)
    if source is None:
        close = similar(source_code, catalogue.source)
        hint = f"; gemeint ist vielleicht „{close}“" if close else ""
        raise SozialberichtError(f"Die Quelle „{source_code}“ gibt es nicht{hint}.")
    if source.kind != "records":
        raise SozialberichtError(
            f"Die Quelle {source_code} ist eine Tabelle nach Gebieten; für neue Messgrößen bitte die "
            "Datei erneut einlesen."
        )
    journal.lock(connection, source_code)
    mapping = journal.mapping_sha256(catalogue, source)
    rows = connection.execute(
        text(
            "SELECT id, reference_date, mapping_sha256, rows_accepted FROM intake.delivery "
            "WHERE source = :source AND status = 'active' ORDER BY reference_date"
        ),
        {"source": source_code},
    ).all()
    done = []
    for delivery, at, known, accepted in rows:
        period = periods.period_of(source, at).code
        if accepted and not partitions.holds(connection, "record", int(delivery)):
            done.append(Recounted(int(delivery), period, 0, known != mapping, gone=True))
            continue
        connection.execute(text("DELETE FROM warehouse.count WHERE delivery_id = :id"), {"id": delivery})
        counts = counting.count_delivery(connection, catalogue, source, delivery, period)
        updated = journal.with_measures_of(known, mapping)
        connection.execute(
            text("UPDATE intake.delivery SET mapping_sha256 = :mapping WHERE id = :id"),
            {"mapping": updated, "id": delivery},
        )
        done.append(Recounted(int(delivery), period, counts, updated != mapping))
    auditlog.record(connection, "neu_gezaehlt", source_code, lieferungen=sum(not d.gone for d in done))
    return done
