"""A database that knows less than is known outside: an older backup was played in, or its log was cut off.

Such a database must not publish: it does not know what later releases showed and withheld, and a release made from it
could tell, together with one of those, what each of them hides.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, text

from etl.errors import SozialberichtError
from etl.warehouse import auditlog, auditlog_anchor
from etl.warehouse.auditlog_anchor import Anchor

CONFIRM = "./sozialbericht db confirm-older"

_RESTORED = text("""
SELECT action, detail FROM audit.entry
WHERE action IN ('wiederhergestellt', 'aelter_bestaetigt') ORDER BY id DESC LIMIT 1
""")


@dataclass(frozen=True)
class Older:
    """What is known outside and not here: number and release of the newest head that is known, and when it was."""

    here: int
    known: int
    day: str
    release: str | None

    def __str__(self) -> str:
        label = f" (veröffentlicht: Stand „{self.release}“)" if self.release else ""
        return (
            f"Außerhalb dieser Datenbank ist Neueres bekannt: Eintrag {self.known} des Protokolls vom {self.day}"
            f"{label}; hier endet es mit Eintrag {self.here}. Was danach geliefert, berechnet, veröffentlicht wurde, "
            "fehlt hier; Dateien und Karten daraus können in Gebrauch sein. Was spätere Stände zeigten und geheim "
            "hielten, weiß diese Datenbank nicht: ein neuer Stand könnte zusammen mit ihnen Geheimes verraten."
        )


def compared(head: auditlog.Head, known: Anchor | None) -> Older | None:
    """How a database with this head is behind what is known of its chain; None where it is not."""
    if known is None or known.chain != head.chain or known.number <= head.number:
        return None
    return Older(head.number, known.number, known.day, known.release)


def behind(connection: Connection) -> Older | None:
    """How this database is behind what is known outside and nobody has confirmed it; None where all is well.

    Asks the entry that the restore has left in it, and the anchor file of this installation.
    """
    head = auditlog.head(connection)
    if head is None:
        return None
    left = connection.execute(_RESTORED).one_or_none()
    if left is not None and left.action == "wiederhergestellt" and "bekannt" in left.detail:
        return Older(left.detail["bis"], left.detail["bekannt"], left.detail["zeit"], left.detail["stand"])
    lines = auditlog_anchor.expected(auditlog_anchor.read(auditlog_anchor.file_of(_database(connection))), head.chain)
    here = connection.execute(
        text("SELECT id, sha256 FROM audit.entry WHERE id = ANY(:ids)"), {"ids": [line.number for line in lines]}
    )
    stored = {int(row[0]): str(row[1]) for row in here}
    # also where it was put back and has been continued since: as many entries, but others
    other = auditlog_anchor.highest([line for line in lines if stored.get(line.number) != line.sha256])
    return None if other is None else Older(head.number, other.number, other.day, other.release)


def require_current(connection: Connection) -> None:
    """Raise SozialberichtError where this database is behind what is known outside: nothing may be published then."""
    older = behind(connection)
    if older is not None:
        raise SozialberichtError(
            f"Es wird nichts veröffentlicht. {older} Abhilfe: eine neuere Sicherung einspielen; gibt es keine und ist "
            f"geklärt, was in Umlauf ist, bestätigt „{CONFIRM}“, dass von hier aus weitergearbeitet wird."
        )


def confirm(connection: Connection, older: Older) -> None:
    """Note in the audit log that work goes on from here although newer things are known outside.

    When that has been committed, ``anchor_restored`` makes the file follow.
    """
    auditlog.record(
        connection, "aelter_bestaetigt", _database(connection),
        bekannt=older.known, zeit=older.day, stand=older.release,
    )  # fmt: skip


def anchor_restored(connection: Connection, kept: int, *, confirmed: bool = True) -> None:
    """Let the anchor file expect the chain as it is here now, and of what it knew only heads up to number ``kept``.

    Not ``confirmed``: it goes on expecting what it knew.
    """
    anchor = auditlog_anchor.now(connection, "wiederhergestellt" if confirmed else "aelter", kept)
    if anchor is not None:
        auditlog_anchor.write(_database(connection), anchor)


def _database(connection: Connection) -> str:
    return str(connection.scalar(text("SELECT current_database()")))
