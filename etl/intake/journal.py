"""The journal of deliveries: one active delivery a source and date; superseded ones stay with their figures."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, text

from etl.catalogue import Catalogue, Source
from etl.errors import InputError, SetupError
from etl.intake import partitions
from etl.intake.outcome import DeliveryOutcome
from etl.warehouse import auditlog

LOCK_CLASS = 7_262_102
"""First half of the advisory lock of a source; the second is a hash of its code."""


@dataclass(frozen=True)
class Entry:
    """A delivery as the journal knows it."""

    id: int
    status: str
    form: str
    synthetic: bool
    mapping_sha256: str

    def still_holds(self, mapping: str, *, synthetic: bool, form: str | None = None) -> bool:
        """Whether it is active and was read as the catalogue says now (``form``: and in this form)."""
        return (
            self.status == "active"
            and self.mapping_sha256 == mapping
            and self.synthetic == synthetic
            and form in (None, self.form)
        )


def lock(connection: Connection, source: str) -> None:
    """Wait until no other transaction takes in a delivery of this source; held until the transaction ends."""
    connection.execute(
        text("SELECT pg_advisory_xact_lock(:lock_class, hashtext(:source))"),
        {"lock_class": LOCK_CLASS, "source": source},
    )


def require_source(connection: Connection, source: Source) -> None:
    """Raise SetupError where the database does not know the source."""
    known = text("SELECT EXISTS (SELECT FROM catalogue.source WHERE code = :code)")
    if not connection.scalar(known, {"code": source.code}):
        raise SetupError(
            f"Die Datenbank kennt die Quelle {source.code} noch nicht; bitte zuerst den Katalog abgleichen "
            "(./sozialbericht db upgrade)."
        )


def file_sha256(path: Path) -> str:
    """SHA-256 of the file as delivered, in hexadecimal."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:32]


def mapping_sha256(catalogue: Catalogue, source: Source) -> str:
    """Hash over what decides how a file of the source is read (first half) and counted (second half)."""
    reading = source.model_dump(mode="json", include={"periodicity", "reference", "smallest_level", "forms"})
    return _digest(reading) + _digest([m.model_dump(mode="json") for m in catalogue.measures_of(source.code)])


def with_measures_of(known: str, mapping: str) -> str:
    """The hash ``known`` with the measures' half of ``mapping``: read as before, counted anew."""
    return known[:32] + mapping[32:]


def same_file(connection: Connection, source: str, sha256: str, at: date) -> Entry | None:
    """The delivery of the same file for the same reference date, active or superseded."""
    row = connection.execute(
        text(
            "SELECT id, status, form, synthetic, mapping_sha256 FROM intake.delivery "
            "WHERE source = :source AND sha256 = :sha256 AND reference_date = :at"
        ),
        {"source": source, "sha256": sha256, "at": at},
    ).one_or_none()
    return None if row is None else Entry(*row)


def active_files(connection: Connection) -> dict[tuple[str, date, str], Entry]:
    """All active deliveries by source, reference date and hash of their file."""
    rows = connection.execute(
        text(
            "SELECT source, reference_date, sha256, id, status, form, synthetic, mapping_sha256 FROM intake.delivery "
            "WHERE status = 'active'"
        )
    )
    return {(row[0], row[1], row[2]): Entry(*row[3:]) for row in rows}


def active(connection: Connection, source: str, at: date) -> int | None:
    """Id of the active delivery of a source for a reference date."""
    query = text("SELECT id FROM intake.delivery WHERE source = :source AND reference_date = :at AND status = 'active'")
    found = connection.scalar(query, {"source": source, "at": at})
    return None if found is None else int(found)


def _clear(connection: Connection, delivery: int) -> None:
    """Delete what a delivery brought; its line in the journal stays."""
    partitions.empty(connection, delivery)
    connection.execute(text("DELETE FROM warehouse.count WHERE delivery_id = :id"), {"id": delivery})


def enter(  # noqa: PLR0917
    connection: Connection, source: str, form: str, at: date, path: Path, sha256: str, mapping: str, synthetic: bool
) -> tuple[int, int | None]:
    """Make the file the active delivery of its source and date; returns its id and that of the one it supersedes.

    What a superseded delivery brought is deleted (data minimisation). A file that was superseded earlier and comes
    again is active again under its old id.
    """
    before = active(connection, source, at)
    known = same_file(connection, source, sha256, at)
    superseded = before if before is not None and (known is None or known.id != before) else None
    if superseded is not None:
        _clear(connection, superseded)
        connection.execute(text("UPDATE intake.delivery SET status = 'superseded' WHERE id = :id"), {"id": superseded})
    values = {
        "source": source, "form": form, "at": at, "name": path.name, "sha256": sha256,
        "bytes": path.stat().st_size, "mapping": mapping, "synthetic": synthetic,
    }  # fmt: skip
    if known is not None:
        _clear(connection, known.id)
        connection.execute(
            text(
                "UPDATE intake.delivery SET status = 'active', superseded_by = NULL, form = :form, file_name = :name, "
                "mapping_sha256 = :mapping, synthetic = :synthetic, received_at = now(), received_by = session_user, "
                "purged_at = NULL, purged_by = NULL "
                "WHERE id = :id"
            ),
            {**values, "id": known.id},
        )
        delivery = known.id
    else:
        delivery = int(
            connection.execute(
                text(
                    "INSERT INTO intake.delivery (source, form, reference_date, file_name, sha256, file_bytes, "
                    "mapping_sha256, synthetic) "
                    "VALUES (:source, :form, :at, :name, :sha256, :bytes, :mapping, :synthetic) RETURNING id"
                ),
                values,
            ).scalar_one()
        )
    if superseded is not None:
        connection.execute(
            text("UPDATE intake.delivery SET superseded_by = :by WHERE id = :id"), {"by": delivery, "id": superseded}
        )
    return delivery, superseded


def without_values(reason: str) -> str:
    """The kind of a fault: a reason of rejection without what it may quote of the cell."""
    return re.sub(r"„[^“]*“\s*|\s*\([^)]*\)|\s*[:;,].*$", "", reason)


def close(connection: Connection, outcome: DeliveryOutcome) -> None:
    """Write the figures of a finished delivery into the journal and what happened into the audit log.

    Its rows become part of their tables. The journal outlives them: of the reasons of rejection it keeps the kinds.
    """
    partitions.attach(connection, outcome.delivery)
    kept = outcome.as_json()
    kept["top_rejects"] = [(without_values(reason), column, n) for reason, column, n in outcome.top_rejects]
    connection.execute(
        text(
            "UPDATE intake.delivery SET rows_read = :read, rows_accepted = :accepted, rows_rejected = :rejected, "
            "rows_ignored = :ignored, rows_unlocated = :unlocated, report = CAST(:report AS jsonb) WHERE id = :id"
        ),
        {
            "id": outcome.delivery,
            "read": outcome.read,
            "accepted": outcome.accepted,
            "rejected": outcome.rejected,
            "ignored": outcome.ignored,
            "unlocated": outcome.unlocated,
            "report": json.dumps(kept, ensure_ascii=False),
        },
    )
    name = f"{outcome.source} {outcome.reference_date:%d.%m.%Y}"
    if outcome.superseded is not None:
        auditlog.record(connection, "lieferung_ersetzt", name, lieferung=outcome.superseded, durch=outcome.delivery)
    auditlog.record(
        connection, "lieferung_eingelesen", name, lieferung=outcome.delivery, datei=outcome.file,
        sha256=connection.scalar(text("SELECT sha256 FROM intake.delivery WHERE id = :id"), {"id": outcome.delivery}),
        zeilen=outcome.read, uebernommen=outcome.accepted, abgewiesen=outcome.rejected, art=outcome.state,
    )  # fmt: skip


@contextmanager
def refusals_noted(engine: Engine, source: str, at: date, path: Path) -> Iterator[None]:
    """Around a transaction that takes in a file: where it is refused, that is noted in the audit log and raised on."""
    try:
        yield
    except InputError as error:
        sha256 = file_sha256(path) if path.is_file() else None
        auditlog.record_alone(
            engine, "lieferung_abgelehnt", f"{source} {at:%d.%m.%Y}", datei=path.name, sha256=sha256,
            fehler=len(error.problems),
        )  # fmt: skip
        raise
