"""Deleting the rows of deliveries for good: records, refused rows, and combinations that no other delivery has.

Counts stay, and the journal keeps that there were rows and when they were deleted. A delivery's partitions are dropped,
so that nothing of it is left in the database's files; the rows were never in a log or a backup (``partitions``).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Connection, Engine, text

from etl.catalogue import Catalogue, RecordForm
from etl.errors import SozialberichtError
from etl.intake import journal, partitions
from etl.warehouse import auditlog

_HELD = text("""
SELECT d.id AS delivery, d.source, d.form, d.reference_date, d.file_name AS file, d.received_at::date AS received,
       d.rows_accepted AS accepted, d.rows_rejected AS rejected, d.status = 'superseded' AS superseded
FROM intake.delivery d
WHERE EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.relnamespace = 'intake'::regnamespace
              AND c.relname IN ('record_' || d.id, 'rejected_row_' || d.id))
  AND d.purged_at IS NULL
ORDER BY d.id
""")

_DONE = text("""
UPDATE intake.delivery SET purged_at = now(), purged_by = session_user, report = CAST(:report AS jsonb) WHERE id = :id
""")

_UNUSED_CELLS = text("""
WITH used AS MATERIALIZED (
    SELECT DISTINCT unnest(r.cells) AS id FROM intake.record r
    WHERE r.delivery_id IN (SELECT d.id FROM intake.delivery d WHERE d.source = :source)
)
DELETE FROM intake.dimension_cell c WHERE c.source = :source AND NOT EXISTS (SELECT FROM used u WHERE u.id = c.id)
""")


@dataclass(frozen=True)
class Held:
    """A delivery whose rows are still there; ``due``: the day from which they are to be deleted.

    ``superseded``: another delivery took its place; its rows are gone, the empty partitions are left.
    """

    delivery: int
    source: str
    form: str
    reference_date: date
    file: str
    received: date
    accepted: int
    rejected: int
    superseded: bool
    due: date

    def is_due(self, today: date) -> bool:
        """Whether they are to be deleted today."""
        return self.superseded or self.due <= today


def kept_days(catalogue: Catalogue, source: str, form: str) -> int:
    """Days after their arrival for which rows of a source in a form are kept.

    The source's own ``retention``, else the city's; rows of single persons never longer than ``person_level_days``.
    """
    known = catalogue.source.get(source)
    city = catalogue.city.retention
    days = known.retention.days if known is not None and known.retention is not None else city.days
    forms = known.forms if known is not None else ()
    person_level = any(isinstance(f, RecordForm) and f.name == form and f.person_level for f in forms)
    return min(days, city.person_level_days) if person_level else days


def kept_until(catalogue: Catalogue, source: str, form: str, received: date) -> date:
    """The day from which rows that came on a day are to be deleted."""
    return received + timedelta(days=kept_days(catalogue, source, form))


def held(connection: Connection, catalogue: Catalogue) -> list[Held]:
    """All deliveries whose rows are there, with the day on which they are due."""
    rows = connection.execute(_HELD).all()
    return [Held(**row._mapping, due=kept_until(catalogue, row.source, row.form, row.received)) for row in rows]


def purge(connection: Connection, deliveries: Sequence[Held], *, dropping: bool = True) -> None:
    """Delete the rows of these deliveries, in the caller's transaction.

    ``dropping=False`` empties the partitions and leaves them, which makes no other delivery wait.
    """
    for source in sorted({h.source for h in deliveries}):
        journal.lock(connection, source)
    for one in deliveries:
        (partitions.drop if dropping else partitions.empty)(connection, one.delivery)
        if one.superseded:
            continue
        stored = connection.scalar(text("SELECT report FROM intake.delivery WHERE id = :id"), {"id": one.delivery})
        report = stored or {}
        report["top_rejects"] = [
            (journal.without_values(why), column, n) for why, column, n in report.get("top_rejects", ())
        ]
        connection.execute(_DONE, {"id": one.delivery, "report": json.dumps(report, ensure_ascii=False)})
    for source in sorted({h.source for h in deliveries}):
        connection.execute(_UNUSED_CELLS, {"source": source})
    for one in deliveries:
        if not one.superseded:
            auditlog.record(
                connection, "lieferung_geloescht", f"{one.source} {one.reference_date:%d.%m.%Y}",
                lieferung=one.delivery, faellig=one.due.isoformat(), zeilen=one.accepted, abgewiesen=one.rejected,
            )  # fmt: skip


def purge_due_of(connection: Connection, catalogue: Catalogue, source: str) -> int:
    """Empty what is due of a source, before its next file is taken in; returns the number of deliveries."""
    due = [h for h in held(connection, catalogue) if h.source == source and not h.superseded]
    due = [h for h in due if h.is_due(date.today())]
    purge(connection, due, dropping=False)
    return len(due)


def chosen(every: Sequence[Held], numbers: Sequence[int], source: str | None, *, due: bool) -> list[Held]:
    """Of all held deliveries those with these numbers, of this source, or due today.

    Raises SozialberichtError for a number whose rows are not there.
    """
    known = {h.delivery for h in every if not h.superseded}
    missing = [n for n in numbers if n not in known]
    if missing:
        raise SozialberichtError(
            f"Zu {'der Lieferung' if len(missing) == 1 else 'den Lieferungen'} {', '.join(map(str, missing))} sind "
            "keine Zeilen (mehr) gespeichert. Was gespeichert ist, zeigt ./sozialbericht purge --zeigen"
        )
    today = date.today()
    return [h for h in every if h.delivery in numbers or h.source == source or (due and h.is_due(today))]


def tidy(engine: Engine) -> None:
    """Let the database forget deleted combinations in its files and statistics too, once the deletion is committed."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM (ANALYZE) intake.dimension_cell"))
        connection.execute(text("VACUUM (ANALYZE) intake.delivery"))
