"""All that is to be said of a delivery: the journal's figures and what is striking beside earlier deliveries."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import Connection, text

from etl.catalogue import Catalogue, Source
from etl.catalogue.sources import Break
from etl.errors import SozialberichtError
from etl.intake import comparison, completeness, partitions
from etl.intake.comparison import Outlier
from etl.intake.completeness import Area, District
from etl.intake.outcome import DeliveryOutcome

EXAMPLES = 3
REASONS = 50

_JOURNAL = text("""
SELECT d.source, d.report, d.status, d.superseded_by, d.synthetic, d.received_at, d.received_by, d.sha256, d.file_bytes
FROM intake.delivery d WHERE d.id = :id
""")

_REJECTS = text("""
WITH told AS (
    -- where a number stood first differs from row to row: one reason all the same
    SELECT regexp_replace(reason, ', zuerst in Zeile [0-9]+$', '') AS reason, column_name, line, value, id
    FROM intake.rejected_row WHERE delivery_id = :id
), numbered AS (
    SELECT *, row_number() OVER (PARTITION BY reason, column_name ORDER BY line, id) AS n,
           count(*) OVER (PARTITION BY reason, column_name) AS every
    FROM told
)
SELECT reason, column_name, every, array_agg(line ORDER BY n), array_agg(value ORDER BY n)
FROM numbered WHERE n <= :examples GROUP BY reason, column_name, every ORDER BY every DESC, reason LIMIT :reasons
""")


@dataclass(frozen=True)
class Fault:
    """A reason of rejection, its column, the number of rows, and the first of them as (line, value)."""

    reason: str
    column: str | None
    number: int
    examples: list[tuple[int | None, str | None]]


@dataclass(frozen=True)
class Previous:
    """The active delivery of the source before this one."""

    id: int
    reference_date: date
    accepted: int
    unlocated: int


@dataclass
class DeliveryReport:
    """What the report of a delivery says; ``active`` is False where another delivery has taken its place."""

    outcome: DeliveryOutcome
    source: Source
    owner: str
    active: bool
    superseded_by: int | None
    synthetic: bool
    received_at: datetime
    received_by: str
    sha256: str
    file_bytes: int
    faults: list[Fault] = field(default_factory=list)
    previous: Previous | None = None
    breaks: list[Break] = field(default_factory=list)
    outliers: list[Outlier] = field(default_factory=list)
    districts: list[District] = field(default_factory=list)
    areas: list[Area] = field(default_factory=list)

    @property
    def assumed(self) -> bool:
        """Whether the layout of the file is not public, so that its mapping is assumed."""
        return any(f.name == self.outcome.form and f.assumed for f in self.source.forms)


def gather(connection: Connection, catalogue: Catalogue, delivery: int) -> DeliveryReport:
    """The report of a delivery as things stand now. Raises SozialberichtError for an unknown delivery or source."""
    row = connection.execute(_JOURNAL, {"id": delivery}).one_or_none()
    if row is None:
        raise SozialberichtError(f"Die Lieferung {delivery} gibt es nicht (./sozialbericht deliveries zeigt alle).")
    code, stored, status, superseded_by, synthetic, received_at, received_by, sha256, file_bytes = row
    source = catalogue.source.get(code)
    if source is None:
        raise SozialberichtError(f"Die Quelle {code} der Lieferung {delivery} steht nicht mehr im Katalog.")
    if not stored:
        raise SozialberichtError(f"Zu der Lieferung {delivery} ist kein Ergebnis gespeichert.")
    outcome = DeliveryOutcome.from_json(stored)
    owner = next((o.title for o in catalogue.owners if o.code == source.owner), source.owner)
    report = DeliveryReport(
        outcome,
        source,
        owner,
        status == "active",
        superseded_by,
        synthetic,
        received_at,
        received_by,
        sha256,
        file_bytes,
    )
    if not report.active:
        return report  # what it brought is deleted
    report.faults = [
        Fault(reason, column, int(number), list(zip(lines, values, strict=True)))
        for reason, column, number, lines, values in connection.execute(
            _REJECTS, {"id": delivery, "examples": EXAMPLES, "reasons": REASONS}
        )
    ]
    if not partitions.holds(connection, "rejected_row", delivery):  # deleted: the journal knows the kinds
        report.faults = [Fault(reason, column, number, []) for reason, column, number in outcome.top_rejects]
    at = outcome.reference_date
    before = completeness.previous(connection, source, at)
    report.previous = None if before is None else Previous(*before)
    report.breaks = _breaks(connection, report)
    report.outliers = comparison.of_delivery(connection, catalogue, source.code, at, outcome.periods)
    if source.kind == "records":
        if partitions.holds(connection, "record", delivery):
            kept = before is not None and partitions.holds(connection, "record", before[0])
            earlier = before[0] if before is not None and kept else None
            report.districts = completeness.by_district(connection, catalogue, delivery, earlier, at)
    else:
        report.areas = completeness.by_area(connection, delivery)
    return report


def _breaks(connection: Connection, report: DeliveryReport) -> list[Break]:
    """Breaks after the delivery before, or inside the series that the file itself holds."""
    at = report.outcome.reference_date
    first = connection.scalar(
        text("SELECT min(upper(valid) - 1) FROM warehouse.period WHERE code = ANY (:codes)"),
        {"codes": report.outcome.periods},
    )
    starts = [d for d in (first, report.previous.reference_date if report.previous else None) if d is not None]
    return [b for b in report.source.breaks if starts and min(starts) < b.since <= at]
