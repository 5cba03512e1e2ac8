"""Writing the audit log: what was done, to what, in the transaction that does it.

The database numbers, dates, signs and chains each entry (``sql/functions/audit_log.sql``). An entry holds nothing about
persons and no figure that is withheld: names of sources, files, offices and releases, hashes, numbers of rows.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, text

Fact = str | int | bool | list[str] | None

TITLES = {
    "protokoll_begonnen": "Protokoll begonnen",
    "lieferung_eingelesen": "Lieferung eingelesen",
    "lieferung_abgelehnt": "Lieferung abgelehnt",
    "lieferung_ersetzt": "Lieferung ersetzt",
    "lieferung_geloescht": "Zeilen einer Lieferung gelöscht",
    "neu_gezaehlt": "Lieferungen neu gezählt",
    "berechnet": "Kennzahlen berechnet",
    "stand_created": "Stand angelegt",
    "stand_audited": "Stand geprüft",
    "stand_approved": "Stand freigegeben",
    "stand_published": "Stand veröffentlicht",
    "stand_superseded": "Stand abgelöst",
    "stand_withdrawn": "Stand zurückgezogen",
    "rollen_abgeglichen": "Rollen abgeglichen",
    "gesichert": "Sicherung geschrieben",
    "wiederhergestellt": "Sicherung eingespielt",
    "aelter_bestaetigt": "Älterer Stand bestätigt",
    "eingesehen": "Geschütztes eingesehen",
}
"""Action → what people read. Actions of other origin are shown as they are."""


@dataclass(frozen=True)
class Head:
    """The newest entry of a chain: its number and hash, and the hash of the first entry, by which a chain is known."""

    number: int
    sha256: str
    chain: str


@dataclass(frozen=True)
class Entry:
    """An entry as stored, ``sha256`` included."""

    id: int
    at: datetime
    actor: str
    role: str
    application: str
    action: str
    object: str
    detail: dict[str, Any]
    clock_behind_ms: int | None
    previous_sha256: str
    sha256: str


def record(connection: Connection, action: str, subject: str, **detail: Fact) -> int:
    """Add an entry in the caller's transaction; returns its number. Call it last: others wait for that transaction.

    The entry stands exactly if what it tells of stands.
    """
    number = connection.scalar(
        text("SELECT audit.record(:action, :subject, CAST(:detail AS jsonb))"),
        {"action": action, "subject": subject, "detail": json.dumps(detail, ensure_ascii=False)},
    )
    assert number is not None  # noqa: S101  # the function returns one
    return int(number)


def record_alone(engine: Engine, action: str, subject: str, **detail: Fact) -> int:
    """Add an entry in a transaction of its own: for what was refused and rolled back."""
    with engine.begin() as connection:
        return record(connection, action, subject, **detail)


def record_read(engine: Engine, subject: str, **detail: Fact) -> int:
    """Note that somebody is about to look at restricted data; it stands even if nothing is found."""
    return record_alone(engine, "eingesehen", subject, **detail)


def head(connection: Connection) -> Head | None:
    """The newest entry; None before the first and in databases older than the log."""
    if connection.scalar(text("SELECT to_regclass('audit.entry')")) is None:
        return None
    row = connection.execute(
        text(
            "SELECT id, sha256, (SELECT sha256 FROM audit.entry WHERE id = 1) FROM audit.entry ORDER BY id DESC LIMIT 1"
        )
    ).one_or_none()
    return None if row is None else Head(int(row[0]), str(row[1]), str(row[2]))


def entries(connection: Connection, *, limit: int, action: str | None = None, subject: str = "") -> list[Entry]:
    """The newest entries, newest last; ``action`` and ``subject`` choose (the latter by a part of it)."""
    rows = connection.execute(
        text("""
        SELECT id, at, actor, role, application, action, object, detail, clock_behind_ms, previous_sha256, sha256
        FROM audit.entry
        WHERE action = coalesce(:action, action) AND strpos(lower(object), lower(:subject)) > 0
        ORDER BY id DESC LIMIT :limit
        """),
        {"action": action, "subject": subject, "limit": limit},
    )
    return [Entry(*row) for row in rows][::-1]
