"""Writing a backup: one file in pg_dump's custom format, without passwords and without rows about persons.

Roles and their passwords belong to the server and are no part of it: ``roles sync`` makes them anew. What deliveries
brought row by row stays out as well (``LEFT_OUT`` and every unlogged table); counts, releases and the log are in it.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from psycopg import conninfo

from etl.errors import SetupError, SozialberichtError
from etl.warehouse import auditlog, cluster, engine, service

LEFT_OUT = ("intake.record", "intake.rejected_row", "intake.dimension_cell")
"""Tables whose rows, those of their partitions included, no backup holds.

Located rows, rejected rows, and the combinations of attributes that occur in them.
"""

PACKAGES = Path("/usr/lib/postgresql")


@dataclass(frozen=True)
class Backup:
    """A written backup: its file, size in bytes and SHA-256; ``head`` is the newest entry of the audit log in it."""

    file: Path
    size: int
    sha256: str
    head: auditlog.Head
    release: str | None


def program(name: str) -> str:
    """Path of a PostgreSQL client program, that of the private cluster's version where there is one.

    Raises SetupError where it is not installed.
    """
    info = cluster.known() if service.existing_server() is None else None
    beside = PACKAGES / str(info.version) / "bin" / name if info is not None else None
    if beside is not None and beside.exists():
        return str(beside)
    found = shutil.which(name)
    if found is None:
        raise SetupError(f"{name} ist nicht installiert. Abhilfe: sudo apt-get install postgresql-client")
    return found


def run(command: list[str], database: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run a client program, on a database as superuser of the private cluster (else as the login it is).

    The address goes as ``--dbname``; a password never stands on the command line.
    """
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "PGAPPNAME": service.APPLICATION}
    if database is not None:
        address = service.parameters(database, cluster.SUPERUSER)
        if password := address.pop("password", None):
            environment["PGPASSWORD"] = password
        command = [*command, f"--dbname={conninfo.make_conninfo(**address)}"]
    return subprocess.run(  # noqa: S603 - PostgreSQL's own programs, no shell
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )


def last_words(done: subprocess.CompletedProcess[str]) -> str:
    """What a program said at its end, on one line."""
    return " | ".join(line.strip() for line in done.stderr.splitlines()[-3:] if line.strip())


def sha256_of(path: Path) -> str:
    """SHA-256 of a file in hexadecimal."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A temporary file beside ``path`` that takes its place when all went well and is deleted otherwise.

    Only its owner may read it. Raises SozialberichtError where the folder is missing or cannot be written.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.teil")
    try:
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except OSError as problem:
        raise SozialberichtError(f"{path} lässt sich nicht schreiben: {problem.strerror}.") from problem
    try:
        yield part
        with part.open("rb") as handle:
            os.fsync(handle.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def backup(database: str, file: Path) -> Backup:
    """Write a backup of ``database`` to ``file``, which must not exist yet; it is there whole or not at all.

    Raises SozialberichtError where the file exists, the disk is full or the server refuses.
    """
    if file.exists():
        raise SozialberichtError(f"{file} gibt es schon. Abhilfe: einen anderen Namen wählen oder die Datei löschen.")
    opened = engine.open_engine(service.url(database, service.ADMIN))
    with opened.connect() as connection:
        if auditlog.head(connection) is None:
            # an older database has no log yet, an empty one nothing to back up
            raise SetupError(
                f"Die Datenbank {database} ist noch nicht eingerichtet. Abhilfe: ./sozialbericht db upgrade"
            )
    with whole_file(file) as part:
        auditlog.record_alone(opened, "gesichert", database, datei=file.name)
        with opened.connect() as connection:
            head = auditlog.head(connection)
            release = connection.exec_driver_sql(
                "SELECT label FROM release.edition WHERE status = 'published'"
            ).scalar()
        command = [program("pg_dump"), "--format=custom", "--no-unlogged-table-data", "--lock-wait-timeout=60s"]
        # the pattern also names partitions
        command += [f"--exclude-table-data={table}*" for table in LEFT_OUT]
        done = run([*command, f"--file={part}"], database)
        if done.returncode:
            raise SozialberichtError(
                f"Die Sicherung ist gescheitert, {file} wurde nicht geschrieben: {last_words(done)}"
            )
        sha256, size = sha256_of(part), part.stat().st_size
    assert head is not None  # noqa: S101  # an entry was just written
    return Backup(file, size, sha256, head, release)
