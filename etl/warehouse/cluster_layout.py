"""Where the embedded cluster keeps its things under the data folder.

``cluster/`` is PostgreSQL's data directory, ``run/`` holds its Unix socket, ``cluster.port`` its port and version,
``pgpass`` the random passwords; ``cluster.lock`` makes two processes take turns.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from etl.errors import SetupError
from etl.warehouse import passwords
from etl.warehouse.account import Account

SUPERUSER = "postgres"
# sun_path takes 107 bytes; ".s.PGSQL.65535.lock" and its slash need 20 of them.
SOCKET_FOLDER_BYTES = 107 - 20


@dataclass(frozen=True)
class ClusterInfo:
    """How to reach the server: ``host`` is the folder of its Unix socket, ``port`` counts for TCP on 127.0.0.1 too."""

    host: str
    port: int
    superuser: str
    data: Path
    passfile: Path
    version: int


def data_folder(home: Path) -> Path:
    return home / "cluster"


def exists(home: Path) -> bool:
    # Only the account may look into the data directory, but it is moved into place when complete.
    return data_folder(home).is_dir()


def make_home(home: Path) -> None:
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise SetupError(
            f"Der Datenordner {home} lässt sich nicht anlegen ({problem.strerror}). "
            "Mit SOZIALBERICHT_HOME lässt sich ein anderer wählen."
        ) from problem


@contextlib.contextmanager
def lock(home: Path) -> Iterator[None]:
    # The kernel drops the lock with the process, so that a killed one blocks nobody.
    with (home / "cluster.lock").open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def check_reachable(home: Path, account: Account) -> None:
    """PostgreSQL's account must be able to walk down to its data directory."""
    if not account.switch:
        return
    for folder in (home, *home.parents):
        entry = folder.stat()
        if entry.st_uid == account.uid:
            needed = stat.S_IXUSR
        elif entry.st_gid == account.gid:
            needed = stat.S_IXGRP
        else:
            needed = stat.S_IXOTH
        if not entry.st_mode & needed:
            raise SetupError(
                f"Der Datenordner {home} liegt unter {folder}, das für das Datenbankkonto „{account.name}“ "
                f"verschlossen ist. Abhilfe: chmod o+x {folder} – oder SOZIALBERICHT_HOME auf einen anderen Ordner "
                "setzen, etwa /var/lib/sozialbericht."
            )


def socket_folder(home: Path) -> Path:
    """A folder whose path is short enough for a socket: in ``home``, or for a long one in /tmp under a hashed name."""
    near = home / "run"
    if len(os.fsencode(near)) <= SOCKET_FOLDER_BYTES:
        return near
    digest = hashlib.sha256(os.fsencode(home.resolve())).hexdigest()[:12]
    return Path("/tmp") / f"sozialbericht-{os.geteuid()}-{digest}"  # noqa: S108 - checked for its owner before use


def make_socket_folder(home: Path, account: Account) -> None:
    folder = socket_folder(home)
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    entry = folder.lstat()
    if not stat.S_ISDIR(entry.st_mode) or entry.st_uid not in {os.geteuid(), account.uid}:
        raise SetupError(f"{folder} gehört einem anderen Konto; die Datenbank legt dort keinen Zugang an.")
    account.give(folder, 0o700)


def read_info(home: Path) -> ClusterInfo:
    try:
        text = (home / "cluster.port").read_text(encoding="ascii").split()
    except OSError as problem:
        raise SetupError(
            f"{problem.filename} lässt sich nicht lesen ({problem.strerror}). "
            "Gehört die Datenbank einem anderen Konto, hilft ein eigener Datenordner (SOZIALBERICHT_HOME)."
        ) from problem
    return ClusterInfo(
        host=str(socket_folder(home)),
        port=int(text[0]),
        superuser=SUPERUSER,
        data=data_folder(home),
        passfile=passwords.passfile(home),
        version=int(text[1]),
    )


def remember(home: Path, port: int, version: int) -> None:
    passwords.write_private(home / "cluster.port", f"{port} {version}\n")
