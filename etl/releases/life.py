"""The life of a release after it was made: audited, approved, published, superseded, withdrawn; or discarded.

The database allows no other way (``sql/functions/release_life.sql``). Each function works in the caller's transaction.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from psycopg import Error as DatabaseError
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from etl.errors import SozialberichtError
from etl.releases.content import content
from etl.warehouse import auditlog, restored

WORDS = {
    "draft": "ein Entwurf",
    "approved": "freigegeben",
    "published": "veröffentlicht",
    "superseded": "abgelöst",
    "withdrawn": "zurückgezogen",
    "discarded": "verworfen",
}
"""Status of a release → what people read."""

_EDITION = """
SELECT id, label, status, synthetic, policy, created_at, created_by, published_at, code_version, catalogue_sha256,
       figures_sha256, content_sha256, withdrawn_at, withdrawn_reason, values_closed
FROM release.edition
"""


@dataclass(frozen=True)
class Known:
    """A release as its row says."""

    id: int
    label: str
    status: str
    synthetic: bool
    policy: dict[str, Any]
    created_at: Any
    created_by: str
    published_at: Any
    code_version: str | None
    catalogue_sha256: str
    figures_sha256: str | None
    content_sha256: str | None
    withdrawn_at: Any
    withdrawn_reason: str | None
    values_closed: bool

    @property
    def state(self) -> str:
        """The status in German."""
        return WORDS[self.status]


def known(connection: Connection) -> list[Known]:
    """All releases, oldest first."""
    return [Known(*row) for row in connection.execute(text(f"{_EDITION} ORDER BY id"))]


def find(connection: Connection, label: str) -> Known:
    """The release with this label. Raises SozialberichtError with the labels that there are."""
    row = connection.execute(text(f"{_EDITION} WHERE label = :label"), {"label": label}).one_or_none()
    if row is None:
        there = ", ".join(f"„{one.label}“" for one in known(connection)) or "noch keinen"
        raise SozialberichtError(f"Einen Stand „{label}“ gibt es nicht. Vorhanden: {there}.")
    return Known(*row)


def candidate(connection: Connection) -> Known | None:
    """The release that schema ``kandidat`` shows as published; None where there is no draft."""
    row = connection.execute(
        text(f"{_EDITION} WHERE status IN ('draft', 'approved') ORDER BY id DESC LIMIT 1")
    ).one_or_none()
    return None if row is None else Known(*row)


def note(connection: Connection, edition: int, kind: str, **detail: str | float | bool | None) -> None:
    """Add an event; the database dates, signs and chains it."""
    connection.execute(
        text("INSERT INTO release.event (edition_id, kind, detail) VALUES (:edition, :kind, CAST(:detail AS jsonb))"),
        {"edition": edition, "kind": kind, "detail": json.dumps(detail, ensure_ascii=False)},
    )


def _became(connection: Connection, edition: int, status: str) -> None:
    connection.execute(
        text("UPDATE release.edition SET status = :status WHERE id = :id"), {"status": status, "id": edition}
    )


def require_draft(edition: Known) -> None:
    """Raise SozialberichtError unless this is a draft that is sealed."""
    if edition.status != "draft" or edition.content_sha256 is None:
        raise SozialberichtError(f"Der Stand „{edition.label}“ ist kein versiegelter Entwurf, sondern {edition.state}.")


def audited(connection: Connection, edition: Known, *, passed: bool, **detail: str | float | bool | None) -> None:
    """Store the outcome of an audit of a draft's content."""
    require_draft(edition)
    note(connection, edition.id, "audited", bestanden=passed, **detail)


def approve(connection: Connection, edition: Known) -> None:
    """Approve a draft, as who is logged in. Raises SozialberichtError where the database refuses, with its reason."""
    try:
        connection.execute(text("SELECT release.approve(:id)"), {"id": edition.id})
    except DBAPIError as error:
        raise SozialberichtError(_said(error)) from error


def _said(error: DBAPIError) -> str:
    """What the database said, with its hint."""
    cause = error.orig
    if not isinstance(cause, DatabaseError) or cause.diag.message_primary is None:
        return str(error)
    if cause.diag.sqlstate == "42501" and cause.diag.message_hint is None:
        return "Freigeben darf nur die Rolle freigabe."
    return " ".join(part for part in (cause.diag.message_primary, cause.diag.message_hint) if part)


def publish(connection: Connection, edition: Known) -> Known | None:
    """Show an approved release to readers, in one step with the end of the earlier one, which is returned.

    Raises SozialberichtError where it is not approved or no longer what was approved.
    """
    restored.require_current(connection)
    if edition.status != "approved":
        remedy = {
            "draft": f"zuerst prüfen und freigeben: „release audit {edition.label}“, „release approve {edition.label}“"
        }.get(edition.status, "veröffentlicht werden nur freigegebene Stände")
        raise SozialberichtError(f"Der Stand „{edition.label}“ ist {edition.state}; {remedy}.")
    approved = connection.scalar(
        text("SELECT content_sha256 FROM release.event WHERE edition_id = :id AND kind = 'approved' ORDER BY id DESC"),
        {"id": edition.id},
    )
    if content(connection, edition.id).whole != approved:
        raise SozialberichtError(
            f"Der Inhalt des Stands „{edition.label}“ ist nicht der freigegebene. Es wird nichts veröffentlicht. "
            f"Näheres: ./sozialbericht release verify {edition.label}"
        )
    row = connection.execute(text(f"{_EDITION} WHERE status = 'published'")).one_or_none()
    old = None if row is None else Known(*row)
    if old is not None:
        _became(connection, old.id, "superseded")
        note(connection, old.id, "superseded", durch=edition.label)
    connection.execute(
        text("UPDATE release.edition SET status = 'published', published_at = clock_timestamp() WHERE id = :id"),
        {"id": edition.id},
    )
    head = auditlog.head(connection)
    told: dict[str, str | int] = {} if head is None else {"protokoll_nr": head.number, "protokoll": head.sha256}
    note(connection, edition.id, "published", **told)
    return old


def withdraw(connection: Connection, edition: Known, reason: str, *, closed: bool) -> Known | None:
    """Withdraw a release; if it was the current one, the newest that is left becomes current again and is returned.

    ``closed``: its values are no longer readable either. Its label, dates and hash stay, with the reason.
    """
    if edition.status not in {"published", "superseded"}:
        raise SozialberichtError(
            f"Der Stand „{edition.label}“ ist {edition.state}; zurückgezogen werden nur veröffentlichte Stände."
        )
    connection.execute(
        text("""
        UPDATE release.edition
        SET status = 'withdrawn', withdrawn_at = clock_timestamp(), withdrawn_reason = :reason, values_closed = :closed
        WHERE id = :id
        """),
        {"reason": reason, "closed": closed, "id": edition.id},
    )
    note(connection, edition.id, "withdrawn", grund=reason, werte_gesperrt=closed)
    if edition.status != "published":
        return None
    left = text(f"{_EDITION} WHERE status = 'superseded' ORDER BY published_at DESC, id DESC")
    row = connection.execute(left).first()
    if row is None:
        return None
    before = Known(*row)
    _became(connection, before.id, "published")
    note(connection, before.id, "published", wieder=True, statt=edition.label)
    return before


def discard(connection: Connection, label: str) -> None:
    """Give up a release that was never shown."""
    edition = find(connection, label)
    if edition.status not in {"draft", "approved"}:
        raise SozialberichtError(f"Der Stand „{label}“ ist {edition.state}; verworfen werden nur Entwürfe.")
    _became(connection, edition.id, "discarded")
    note(connection, edition.id, "discarded")
