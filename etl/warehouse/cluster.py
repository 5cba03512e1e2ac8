"""The private PostgreSQL cluster in the data folder: started, found again after a crash, stopped, removed.

The server listens on a Unix socket in the data folder and on 127.0.0.1 only, always with a password.
"""

from __future__ import annotations

import os
import re
import shutil
import time
from pathlib import Path
from typing import Literal

import psycopg

from etl import settings
from etl.errors import SetupError
from etl.warehouse import cluster_layout as layout
from etl.warehouse import cluster_making as making
from etl.warehouse import pgaudit
from etl.warehouse.account import Account, server_account
from etl.warehouse.cluster_layout import SUPERUSER, ClusterInfo
from etl.warehouse.cluster_making import packaged_versions

__all__ = [
    "SUPERUSER",
    "ClusterInfo",
    "State",
    "destroy",
    "ensure_running",
    "known",
    "packaged_versions",
    "status",
    "stop",
]

START_SECONDS = 120
LOG_BYTES = 5_000_000

State = Literal["laeuft", "gestoppt", "fehlt"]


def ensure_running(home: Path | None = None) -> ClusterInfo:
    """The running cluster of ``home`` (default: this installation's), made and started if need be.

    Raises SetupError with what to do if PostgreSQL or PostGIS is missing or the server does not start.
    """
    home = settings.home() if home is None else home
    if layout.exists(home) and _answers(info := layout.read_info(home)):
        return info
    layout.make_home(home)
    with layout.lock(home):
        # Another process may have finished the work while this one waited.
        if layout.exists(home) and _answers(info := layout.read_info(home)):
            return info
        account = server_account()
        layout.check_reachable(home, account)
        if not layout.exists(home):
            making.make_cluster(home, account)
        return _start(home, account)


def stop(home: Path | None = None) -> bool:
    """Stop the server; False if none was running. Open sessions are ended, their transactions rolled back."""
    home = settings.home() if home is None else home
    if not layout.exists(home):
        return False
    with layout.lock(home):
        account = server_account()
        if _server_pid(home) is None:
            return False
        done = account.run(
            [_program(home, "pg_ctl"), "stop", "-D", layout.data_folder(home), "-m", "fast", "-w", "-t", "60"]
        )
        if done.returncode:
            raise SetupError(f"Die Datenbank ließ sich nicht anhalten: {making.last_words(done.stderr + done.stdout)}")
        return True


def status(home: Path | None = None) -> tuple[State, ClusterInfo | None]:
    """Whether the cluster runs, and how to reach it; nothing is started. ``fehlt``: it has not been made yet."""
    home = settings.home() if home is None else home
    if not layout.exists(home):
        return "fehlt", None
    info = layout.read_info(home)
    return ("laeuft" if _answers(info) else "gestoppt"), info


def known(home: Path | None = None) -> ClusterInfo | None:
    """How to reach the cluster if it has been made, running or not; opens no connection."""
    home = settings.home() if home is None else home
    return layout.read_info(home) if layout.exists(home) else None


def destroy(home: Path | None = None) -> bool:
    """Stop the server and delete its data, passwords and service file for good; False if there was no cluster."""
    home = settings.home() if home is None else home
    existed = layout.exists(home)
    if existed:
        stop(home)
        with layout.lock(home):
            # Out of the way in one step, so that a kill leaves no half of a cluster that looks whole.
            doomed = home / f"cluster.gone-{os.getpid()}"
            layout.data_folder(home).rename(doomed)
            shutil.rmtree(doomed)
            shutil.rmtree(layout.socket_folder(home), ignore_errors=True)
            for name in ("cluster.port", "pgpass", "pg_service.conf"):
                (home / name).unlink(missing_ok=True)
    return existed


def _answers(info: ClusterInfo) -> bool:
    try:
        with psycopg.connect(
            host=info.host,
            port=info.port,
            user=info.superuser,
            dbname="postgres",
            passfile=str(info.passfile),
            connect_timeout=5,
        ):
            return True
    except psycopg.OperationalError:
        return False


def _program(home: Path, name: str) -> Path:
    version = layout.read_info(home).version
    program = making.PACKAGES / str(version) / "bin" / name
    if not program.exists():
        raise SetupError(
            f"Die Datenbank in {layout.data_folder(home)} braucht PostgreSQL {version}, "
            f"das nicht (mehr) installiert ist. Abhilfe: apt-get install postgresql-{version}-postgis-3 – "
            "oder „./sozialbericht db destroy“ und neu laden."
        )
    return program


def _server_pid(home: Path) -> int | None:
    """The process that serves our data directory. A stale pid file may name a process of somebody else by now."""
    try:
        pid = int((layout.data_folder(home) / "postmaster.pid").read_text(encoding="ascii").split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return None
    if not Path("/proc/self").exists():
        raise SetupError("/proc ist nicht eingehängt (mount -t proc proc /proc); ohne es läuft die Datenbank nicht.")
    try:
        # Readable for everybody, unlike its links: root without CAP_SYS_PTRACE may not follow those in a container.
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return None
    return pid if os.fsencode(layout.data_folder(home)) in arguments else None


def _start(home: Path, account: Account) -> ClusterInfo:
    program = _program(home, "pg_ctl")
    layout.make_socket_folder(home, account)
    limit = time.monotonic() + START_SECONDS
    words = ""
    while time.monotonic() < limit:
        if _server_pid(home) is not None:
            # Starting, recovering after a crash, or stopping in another process's hands.
            time.sleep(0.2)
            if _answers(info := layout.read_info(home)):
                return info
            continue
        (layout.data_folder(home) / "postmaster.pid").unlink(missing_ok=True)
        for left in layout.socket_folder(home).glob(".s.PGSQL.*"):
            left.unlink(missing_ok=True)
        info = layout.read_info(home)
        if not making.is_free(info.port):
            layout.remember(home, making.free_port(), info.version)
            info = layout.read_info(home)
        options = f"-p {info.port} -c unix_socket_directories='{_quoted(info.host)}'"
        options += "".join(f" -c {key}={value}" for key, value in pgaudit.server_options(info.version).items())
        pgaudit.clear_old(info.data)
        log, before = _fresh_log(home), _logged(info.data)
        done = account.run(
            [program, "start", "-D", layout.data_folder(home), "-w", "-t", str(START_SECONDS), "-o", options, "-l", log]
        )
        if done.returncode == 0 and _answers(info):
            return info
        said = "".join(_text_from(path, before.get(path, 0)) for path in _logged(info.data))
        words = making.last_words(said) or making.last_words(done.stderr + done.stdout)
        if not _worth_another_try(words):
            break
        time.sleep(0.5)
    raise SetupError(f"Die Datenbank in {layout.data_folder(home)} startet nicht: {words}")


def _quoted(folder: str) -> str:
    # Inside the single quotes of the shell line that pg_ctl builds, and of the list setting itself.
    escaped = folder.replace('"', '""')
    return f'"{escaped}"'.replace("'", "'\\''")


def _worth_another_try(words: str) -> bool:
    # A port taken in the last instant, or children of a killed server that have not noticed yet.
    return bool(re.search(r"pre-existing shared memory|could not bind|could not create any TCP/IP", words))


def _fresh_log(home: Path) -> Path:
    log = layout.data_folder(home) / "server.log"
    # Warnings and errors only: one spare file is enough for years.
    if log.exists() and log.stat().st_size > LOG_BYTES:
        log.replace(log.with_suffix(".log.1"))
    return log


def _logged(data: Path) -> dict[Path, int]:
    """The server's log files and their sizes: that of its start, then those of its own collector of messages."""
    files = [data / "server.log", *sorted((data / pgaudit.FOLDER).glob("server-*.log"))]
    return {path: path.stat().st_size for path in files if path.exists()}


def _text_from(log: Path, offset: int) -> str:
    try:
        with log.open("rb") as stream:
            stream.seek(offset)
            return stream.read().decode("utf-8", errors="replace")
    except OSError:
        return ""
