"""Checking the audit log's chain, without trusting anything that the database computes.

Each entry's hash is computed anew from its columns and must be followed by the next entry. That finds what was changed,
left out, put in or swapped. Who rewrites the chain from some entry to its end, or cuts its end off, is found by the
anchor: the head as it was written to a file outside the database.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text

from etl.warehouse.auditlog import Head
from etl.warehouse.auditlog_anchor import Anchor

FIRST = "0" * 64

_ROWS = text("""
SELECT id::text, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), actor, role, application, action, object,
       detail::text, clock_behind_ms::text, previous_sha256, sha256
FROM audit.entry e ORDER BY e.id
""")

Row = tuple[str | None, ...]
"""The columns of an entry as text in the order in which they are hashed; the stored hash is the last."""


@dataclass(frozen=True)
class Verdict:
    """What a check found: ``fault`` is None where the chain holds, else a German sentence; ``entry`` the first broken.

    ``clock_jumps`` are numbers of entries before which the clock had jumped back: told, no fault.
    """

    entries: int
    head: Head | None
    fault: str | None = None
    entry: int | None = None
    clock_jumps: tuple[int, ...] = ()


def fingerprint(row: Row, number: str | None = None) -> str:
    """SHA-256 over an entry's columns, each with its length in bytes before it; ``number`` instead of its own."""
    digest = hashlib.sha256()
    for field in (number or row[0], *row[1:-1]):
        if field is None:
            digest.update(b"-,")
        else:
            data = field.encode()
            digest.update(b"%d:%s," % (len(data), data))
    return digest.hexdigest()


def verify(connection: Connection, anchors: Sequence[Anchor] = ()) -> Verdict:
    """Check the whole chain of a database against itself and against ``anchors``, which are older heads of it."""
    rows: list[Row] = [tuple(row) for row in connection.execute(_ROWS)]
    jumps = tuple(int(row[0] or 0) for row in rows if row[8] is not None)
    found = _broken(rows)
    head = Head(int(rows[-1][0] or 0), str(rows[-1][-1]), str(rows[0][-1])) if rows else None
    if found is None:
        found = _against(rows, anchors)
    entry, fault = found if found is not None else (None, None)
    return Verdict(len(rows), head, fault, entry, jumps)


def _broken(rows: list[Row]) -> tuple[int, str] | None:
    """Number and description of the first entry that does not fit."""
    before = FIRST
    for expected, row in enumerate(rows, 1):
        number = int(row[0] or 0)
        if number != expected:
            return expected, f"Eintrag {expected} fehlt: er wurde gelöscht."
        if fingerprint(row) != row[-1]:
            return expected, _moved_or_changed(row, number, len(rows))
        if row[-2] != before:
            return expected, (
                f"Eintrag {number} schließt nicht an Eintrag {number - 1} an: einer von beiden wurde ausgetauscht "
                "oder dazwischen wurde etwas gelöscht oder eingefügt."
            )
        before = str(row[-1])
    return None


def _moved_or_changed(row: Row, number: int, length: int) -> str:
    """Whether an entry's own hash fits under another number: then it was moved, else changed."""
    for other in range(1, length + 2):
        if other != number and fingerprint(row, str(other)) == row[-1]:
            what = (
                "davor wurde etwas eingefügt oder Einträge wurden vertauscht"
                if other < number
                else "davor wurde etwas gelöscht oder Einträge wurden vertauscht"
            )
            return f"Eintrag {number} trug ursprünglich die Nummer {other}: {what}."
    return f"Eintrag {number} wurde geändert: sein Inhalt passt nicht mehr zu seinem Prüfwert."


def _against(rows: list[Row], anchors: Sequence[Anchor]) -> tuple[int, str] | None:
    # the highest first: what an older backup lacks is told before that it has been continued otherwise
    for anchor in sorted(anchors, key=lambda a: a.number, reverse=True):
        if anchor.number > len(rows):
            return len(rows) + 1, (
                f"Am Ende fehlen Einträge: außerhalb der Datenbank ist Eintrag {anchor.number} vom {anchor.day} "
                f"festgehalten, die Datenbank hat nur {len(rows)}. Entweder wurde das Ende abgeschnitten, oder eine "
                "ältere Sicherung wurde eingespielt."
            )
        if rows[anchor.number - 1][-1] != anchor.sha256:
            return anchor.number, (
                f"Eintrag {anchor.number} hat einen anderen Prüfwert als am {anchor.day} außerhalb der Datenbank "
                "festgehalten: die Kette wurde bis dorthin neu geschrieben."
            )
    return None
