"""The anchor: heads of the audit log's chain, written to a file outside the database.

``anker/<database>.jsonl`` in the data folder gets a line after each command that has added entries. Copies of it belong
to other machines: who rewrites the chain would have to rewrite all of them.
"""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path

from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from etl import settings
from etl.errors import SetupError
from etl.warehouse import auditlog, engine, service

RESTORED = ("wiederhergestellt", "aelter")
_pending: set[str] = set()


@dataclass(frozen=True)
class Anchor:
    """A head as it was: ``release`` is the label of what was published then.

    ``reason``: "" for an ordinary line; ``wiederhergestellt`` where a backup was played in on purpose, so that heads
    beyond number ``kept`` are no longer expected; ``aelter`` where it knows less than is known here and nobody has
    confirmed that yet; ``ende`` where the database was removed on purpose.
    """

    chain: str
    number: int
    sha256: str
    at: str
    release: str | None = None
    reason: str = ""
    kept: int | None = None

    @property
    def day(self) -> str:
        """Date and time as people read them."""
        return f"{datetime.fromisoformat(self.at):%d.%m.%Y, %H:%M} Uhr"


def folder(home: Path | None = None) -> Path:
    """Where the anchors of this installation are."""
    return (settings.home() if home is None else home) / "anker"


def file_of(database: str, home: Path | None = None) -> Path:
    """The anchor file of a database."""
    return folder(home) / f"{database}.jsonl"


def read(path: Path) -> list[Anchor]:
    """All lines of an anchor file, oldest first; a last line that was cut off while it was written does not count.

    Raises SetupError where another line cannot be read.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    found = []
    for number, line in enumerate(lines, 1):
        try:
            found.append(Anchor(**json.loads(line)))
        except (ValueError, TypeError) as problem:
            if number == len(lines):
                break
            raise SetupError(
                f"{path}, Zeile {number}: keine Ankerzeile. Die Datei wird nur vom Programm geschrieben; bitte aus "
                "einer Kopie wiederherstellen."
            ) from problem
    return found


def expected(anchors: list[Anchor], chain: str) -> list[Anchor]:
    """The lines that must hold of a chain today: those of that chain, without what a restore has given up."""
    standing: list[Anchor] = []
    for anchor in anchors:
        if anchor.chain != chain:
            continue
        if anchor.reason == "wiederhergestellt":
            standing = [a for a in standing if a.number <= (anchor.kept or 0)]
        standing.append(anchor)
    return standing


def lost_chain(anchors: list[Anchor], chain: str | None) -> Anchor | None:
    """The newest line of a chain that this database had and that was not ended on purpose; None if all is well."""
    now_there = Anchor(chain or "", 0, "", "")
    for before, after in reversed(list(pairwise([*anchors, now_there]))):
        if before.chain != after.chain and before.reason != "ende" and after.reason not in RESTORED:
            return before
    return None


def highest(lines: list[Anchor]) -> Anchor | None:
    """The line with the highest number, the last of several; None of none."""
    return sorted(lines, key=lambda a: a.number)[-1] if lines else None


def newest_known(chain: str, database: str, home: Path | None = None) -> Anchor | None:
    """The highest head of a chain that the databases of this installation have left, seen from ``database``.

    Other databases that began as a restored copy do not count: what was done in them was never the city's own.
    """
    lines: list[Anchor] = []
    for path in folder(home).glob("*.jsonl"):
        mine = [a for a in read(path) if a.chain == chain]
        if mine and (path == file_of(database, home) or mine[0].reason not in RESTORED):
            lines += expected(mine, chain)
    return highest(lines)


def now(connection: Connection, reason: str = "", kept: int | None = None) -> Anchor | None:
    """The head of a database as a line; None where it has no log yet."""
    head = auditlog.head(connection)
    if head is None:
        return None
    label = connection.scalar(text("SELECT label FROM release.edition WHERE status = 'published'"))
    at = datetime.now().astimezone().isoformat(timespec="seconds")
    return Anchor(head.chain, head.number, head.sha256, at, label, reason, kept)


def write(database: str, anchor: Anchor, home: Path | None = None) -> None:
    """Add a line, unless the last one says the same; on disk when this returns."""
    path = file_of(database, home)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        handle.seek(0)
        before = handle.read()
        lines = before.splitlines()
        if before and not before.endswith("\n"):
            # cut off while it was written
            handle.truncate(len(before.encode()) - len(lines.pop().encode()))
        known = Anchor(**json.loads(lines[-1])) if lines else None
        if known is not None and not anchor.reason and (known.sha256, known.release) == (anchor.sha256, anchor.release):
            return
        handle.write(json.dumps(asdict(anchor), ensure_ascii=False) + "\n")
        handle.flush()
        os.fsync(handle.fileno())


def end(database: str, home: Path | None = None) -> None:
    """Note that a database is removed on purpose; the next one of that name begins a chain of its own."""
    lines = read(file_of(database, home))
    if lines and lines[-1].reason != "ende":
        last = lines[-1]
        write(database, Anchor(last.chain, last.number, last.sha256, last.at, last.release, "ende"), home)


def expect(database: str) -> None:
    """The running command works on this database: ``write_pending`` will write its head."""
    _pending.add(database)


def write_pending() -> None:
    """Write the heads of the databases that this command has worked on; called when it ends.

    A database that does not answer is left to the next command.
    """
    while _pending:
        database = _pending.pop()
        try:
            with engine.open_engine(service.url(database, service.ADMIN)).connect() as connection:
                anchor = now(connection)
        except (OperationalError, SetupError):
            continue
        if anchor is not None:
            write(database, anchor)
