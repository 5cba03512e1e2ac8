"""Playing a backup in: into a database of its own first, proven there, and only then in the place of another."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from psycopg import sql
from sqlalchemy import Engine, text

from etl.errors import SozialberichtError
from etl.warehouse import auditlog, auditlog_anchor, databases, engine, migrate, restored, service
from etl.warehouse.auditlog_anchor import Anchor
from etl.warehouse.auditlog_verify import verify
from etl.warehouse.backup import last_words, program, run, sha256_of

Proof = Callable[[Engine], str]
"""Checks a restored database; returns what it found in German, raises SozialberichtError where something is wrong."""

NOT_RESTORED = (" EXTENSION - ", " COMMENT - EXTENSION ", " ACL pg_catalog ")
"""Parts of the list of contents that belong to the server: ``ensure_database`` makes them as this server needs them."""

ASIDE, FRESH = "_ersetzt", "_einspielen"


@dataclass(frozen=True)
class Restored:
    """A backup that was played in: ``older`` says what is known outside and not in it, ``proofs`` what was checked."""

    database: str
    entries: int
    release: str | None
    proofs: list[str]
    older: restored.Older | None


def contents(file: Path) -> list[str]:
    """The list of contents of a backup. Raises SozialberichtError where the file is none."""
    if not file.is_file():
        raise SozialberichtError(f"{file} gibt es nicht.")
    done = run([program("pg_restore"), "--list", str(file)])
    lines = done.stdout.splitlines()
    if done.returncode or not any("TABLE DATA audit entry" in line for line in lines):
        raise SozialberichtError(
            f"{file} ist keine Sicherung dieses Programms oder beschädigt: "
            f"{last_words(done) or 'das Protokoll fehlt darin'}"
        )
    return lines


def _in_use(name: str) -> bool:
    """Whether a database of that name holds anything of ours."""
    with databases.maintenance() as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone() is None:
            return False
    with engine.open_engine(service.url(name, service.ADMIN)).connect() as opened:
        return bool(opened.scalar(text("SELECT to_regclass('catalogue.city') IS NOT NULL")))


@contextlib.contextmanager
def _fresh(name: str) -> Iterator[str]:
    """An empty database to play into; what is left of it is removed, unless it has taken another name."""
    fresh = f"{name}{FRESH}"
    databases.drop_database(fresh)  # of a restore that was killed
    databases.ensure_database(fresh)
    try:
        yield fresh
    finally:
        databases.drop_database(fresh)


def _play(file: Path, lines: list[str], fresh: str) -> None:
    wanted = [line for line in lines if not any(part in line for part in NOT_RESTORED)]
    with tempfile.NamedTemporaryFile("w", suffix=".list", encoding="utf-8") as listed:
        listed.write("\n".join(wanted) + "\n")
        listed.flush()
        command = [program("pg_restore"), "--exit-on-error", "--single-transaction", f"--use-list={listed.name}"]
        done = run([*command, str(file)], fresh)
    if done.returncode:
        raise SozialberichtError(
            f"Die Sicherung ließ sich nicht einspielen, nichts wurde geändert: {last_words(done)}. Fehlt eine Rolle: "
            " ./sozialbericht roles sync; eigene der Stadt legt der Administrator an."
        )


def _take_place(fresh: str, name: str) -> None:
    """Let the fresh database take the name; the one that had it stands aside until then and is deleted after."""
    aside = f"{name}{ASIDE}"
    rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
    with databases.maintenance() as connection, databases.turn(connection):
        known = {str(row[0]) for row in connection.execute("SELECT datname FROM pg_database")}
        for database in (fresh, name):
            connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (database,))
        if name in known:
            connection.execute(rename.format(sql.Identifier(name), sql.Identifier(aside)))
        connection.execute(rename.format(sql.Identifier(fresh), sql.Identifier(name)))
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(aside)))
    service.forget(fresh)
    service.write_service_file(name)


def restore(
    file: Path,
    name: str,
    *,
    overwrite: bool = False,
    confirmed: bool = False,
    anchors: list[Anchor] | None = None,
    proofs: tuple[Proof, ...] = (),
) -> Restored:
    """Play a backup into a new or empty database ``name``; with ``overwrite`` in the place of one in use.

    It is played in beside, its audit log and ``proofs`` are checked, then it takes the name in one step; if anything
    fails, everything is as before. ``anchors``: heads known from elsewhere, beside those of this installation.
    Without ``confirmed`` a backup that is older than what is known outside may not publish (``restored``).
    Raises SozialberichtError.
    """
    lines = contents(file)
    if _in_use(name) and not overwrite:
        raise SozialberichtError(
            f"Die Datenbank „{name}“ gibt es schon, und sie ist nicht leer. Abhilfe: mit --name eine andere nennen "
            "oder mit --ueberschreiben ersetzen; was seit der Sicherung dazukam, ist dann verloren."
        )
    with _fresh(name) as fresh:
        _play(file, lines, fresh)
        opened = engine.open_engine(service.url(fresh, service.ADMIN))
        with opened.connect() as connection:
            verdict = verify(connection)
            revision = migrate.current_revision(connection)
            release = connection.scalar(text("SELECT label FROM release.edition WHERE status = 'published'"))
        if verdict.fault is not None or verdict.head is None:
            raise SozialberichtError(f"Das Protokoll in der Sicherung ist nicht unversehrt: {verdict.fault}")
        told = [f"Protokoll: {verdict.entries} Einträge, lückenlos und unverändert."]
        if revision == migrate.head_revision():
            told += [proof(opened) for proof in proofs]
        else:
            told.append(
                f"Die Sicherung hat den Stand {revision} der Datenbank, das Programm {migrate.head_revision()}: "
                "zuerst ./sozialbericht db upgrade, dann ./sozialbericht release verify."
            )
        older = _older(verdict.head, name, anchors or [])
        with opened.begin() as connection:
            facts: dict[str, auditlog.Fact] = {"datei": file.name, "sha256": sha256_of(file), "bis": verdict.entries}
            if older is not None:
                facts |= {"bekannt": older.known, "zeit": older.day, "stand": older.release}
            auditlog.record(connection, "wiederhergestellt", name, **facts)
            if older is not None and confirmed:
                auditlog.record(
                    connection, "aelter_bestaetigt", name, bekannt=older.known, zeit=older.day, stand=older.release
                )
        _take_place(fresh, name)
    with engine.open_engine(service.url(name, service.ADMIN)).connect() as connection:
        restored.anchor_restored(connection, verdict.entries, confirmed=older is None or confirmed)
    return Restored(name, verdict.entries, release, told, older)


def _older(head: auditlog.Head, name: str, anchors: list[Anchor]) -> restored.Older | None:
    """How the backup is behind the newest head of its chain that is known here or from elsewhere."""
    here = auditlog_anchor.newest_known(head.chain, name)
    known = [a for a in (*auditlog_anchor.expected(anchors, head.chain), here) if a is not None]
    return restored.compared(head, auditlog_anchor.highest(known))
