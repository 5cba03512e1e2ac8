"""The private PostgreSQL cluster in the data folder: made, started, found again after a crash, stopped, removed.

Layout under ``home``: ``cluster/`` is PostgreSQL's data directory, ``run/`` holds its Unix socket, ``pgpass`` the
random passwords, ``cluster.lock`` makes two processes take turns. The server listens on that socket and on 127.0.0.1
only.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import random
import re
import shutil
import socket
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import psycopg

from etl import settings
from etl.errors import SetupError
from etl.warehouse import passwords
from etl.warehouse.account import Account, server_account

SUPERUSER = "postgres"
PACKAGES = Path("/usr/lib/postgresql")
EXTENSIONS = Path("/usr/share/postgresql")
# sun_path takes 107 bytes; ".s.PGSQL.65535.lock" and its slash need 20 of them.
SOCKET_FOLDER_BYTES = 107 - 20
START_SECONDS = 120
LOG_BYTES = 5_000_000
# Below the range from which Linux takes ports for outgoing connections, above the well-known ones.
PORTS = range(20000, 32000)

State = Literal["laeuft", "gestoppt", "fehlt"]


@dataclass(frozen=True)
class ClusterInfo:
    """How to reach the server: ``host`` is the folder of its Unix socket, ``port`` counts for TCP on 127.0.0.1 too."""

    host: str
    port: int
    superuser: str
    data: Path
    passfile: Path
    version: int


def ensure_running(home: Path | None = None) -> ClusterInfo:
    """The running cluster of ``home`` (default: this installation's), made and started if need be.

    Raises SetupError with what to do if PostgreSQL or PostGIS is missing or the server does not start.
    """
    home = settings.home() if home is None else home
    if _exists(home) and _answers(info := _info(home)):
        return info
    _make_home(home)
    with _lock(home):
        # Another process may have finished the work while this one waited.
        if _exists(home) and _answers(info := _info(home)):
            return info
        account = server_account()
        _check_reachable(home, account)
        if not _exists(home):
            _initialise(home, account)
        return _start(home, account)


def stop(home: Path | None = None) -> bool:
    """Stop the server; False if none was running. Open sessions are ended, their transactions rolled back."""
    home = settings.home() if home is None else home
    if not _exists(home):
        return False
    with _lock(home):
        account = server_account()
        if _server_pid(home) is None:
            return False
        done = account.run([_program(home, "pg_ctl"), "stop", "-D", _data(home), "-m", "fast", "-w", "-t", "60"])
        if done.returncode:
            raise SetupError(f"Die Datenbank ließ sich nicht anhalten: {_last_words(done.stderr + done.stdout)}")
        return True


def status(home: Path | None = None) -> tuple[State, ClusterInfo | None]:
    """Whether the cluster runs, and how to reach it; nothing is started. ``fehlt``: it has not been made yet."""
    home = settings.home() if home is None else home
    if not _exists(home):
        return "fehlt", None
    info = _info(home)
    return ("laeuft" if _answers(info) else "gestoppt"), info


def known(home: Path | None = None) -> ClusterInfo | None:
    """How to reach the cluster if it has been made, running or not; opens no connection."""
    home = settings.home() if home is None else home
    return _info(home) if _exists(home) else None


def destroy(home: Path | None = None) -> bool:
    """Stop the server and delete its data, passwords and service file for good; False if there was no cluster."""
    home = settings.home() if home is None else home
    existed = _exists(home)
    if existed:
        stop(home)
        with _lock(home):
            # Out of the way in one step, so that a kill leaves no half of a cluster that looks whole.
            doomed = home / f"cluster.gone-{os.getpid()}"
            _data(home).rename(doomed)
            shutil.rmtree(doomed)
            shutil.rmtree(_socket_folder(home), ignore_errors=True)
            for name in ("pgpass", "pg_service.conf"):
                (home / name).unlink(missing_ok=True)
    return existed


def packaged_versions() -> list[int]:
    """PostgreSQL major versions installed on this machine together with PostGIS, newest first."""
    found = []
    for folder in PACKAGES.glob("[0-9]*"):
        version = int(folder.name)
        if (folder / "bin" / "initdb").exists() and (
            EXTENSIONS / folder.name / "extension" / "postgis.control"
        ).exists():
            found.append(version)
    return sorted(found, reverse=True)


def _data(home: Path) -> Path:
    return home / "cluster"


def _exists(home: Path) -> bool:
    # Only the account may look into the data directory, but it is moved into place when complete.
    return _data(home).is_dir()


def _make_home(home: Path) -> None:
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise SetupError(
            f"Der Datenordner {home} lässt sich nicht anlegen ({problem.strerror}). "
            "Mit SOZIALBERICHT_HOME lässt sich ein anderer wählen."
        ) from problem


@contextlib.contextmanager
def _lock(home: Path) -> Iterator[None]:
    # The kernel drops the lock with the process, so that a killed one blocks nobody.
    with (home / "cluster.lock").open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _check_reachable(home: Path, account: Account) -> None:
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


def _socket_folder(home: Path) -> Path:
    """A folder whose path is short enough for a socket: in ``home``, or for a long one in /tmp under a hashed name."""
    near = home / "run"
    if len(os.fsencode(near)) <= SOCKET_FOLDER_BYTES:
        return near
    digest = hashlib.sha256(os.fsencode(home.resolve())).hexdigest()[:12]
    return Path("/tmp") / f"sozialbericht-{os.geteuid()}-{digest}"  # noqa: S108 - checked for its owner before use


def _make_socket_folder(home: Path, account: Account) -> None:
    folder = _socket_folder(home)
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    entry = folder.lstat()
    if not stat.S_ISDIR(entry.st_mode) or entry.st_uid not in {os.geteuid(), account.uid}:
        raise SetupError(f"{folder} gehört einem anderen Konto; die Datenbank legt dort keinen Zugang an.")
    account.give(folder, 0o700)


def _info(home: Path) -> ClusterInfo:
    text = (home / "cluster.port").read_text(encoding="ascii").split()
    return ClusterInfo(
        host=str(_socket_folder(home)),
        port=int(text[0]),
        superuser=SUPERUSER,
        data=_data(home),
        passfile=passwords.passfile(home),
        version=int(text[1]),
    )


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


def _free_port() -> int:
    candidates = list(PORTS)
    random.SystemRandom().shuffle(candidates)
    return next(port for port in candidates if _is_free(port))


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As the server itself does: a port in TIME_WAIT counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _program(home: Path, name: str) -> Path:
    version = _info(home).version
    program = PACKAGES / str(version) / "bin" / name
    if not program.exists():
        raise SetupError(
            f"Die Datenbank in {_data(home)} braucht PostgreSQL {version}, das nicht (mehr) installiert ist. Abhilfe: "
            f"apt-get install postgresql-{version} postgresql-{version}-postgis-3 – "
            "oder „./sozialbericht db destroy“ und neu laden."
        )
    return program


def _initialise(home: Path, account: Account) -> None:
    versions = packaged_versions()
    if not versions:
        raise SetupError(
            "PostgreSQL mit PostGIS ist nicht installiert. Abhilfe: ./sozialbericht doctor nennt den Befehl."
        )
    version = versions[0]
    for leftover in (*home.glob("cluster.new-*"), *home.glob("cluster.gone-*")):
        shutil.rmtree(leftover)
    known = passwords.ensure(home, (SUPERUSER,))
    port = _free_port()
    fresh = home / f"cluster.new-{os.getpid()}"
    fresh.mkdir(mode=0o700)
    account.give(fresh, 0o700)
    secret = fresh.with_name(f"{fresh.name}.pw")
    passwords.write_private(secret, known[SUPERUSER] + "\n")
    account.give(secret, 0o600)
    try:
        made = account.run(
            [
                PACKAGES / str(version) / "bin" / "initdb",
                f"--pgdata={fresh}",
                f"--username={SUPERUSER}",
                f"--pwfile={secret}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                # The same order of texts on every machine; views that sort for people name a German collation.
                "--locale=C.UTF-8",
                "--data-checksums",
            ]
        )
        if made.returncode:
            shutil.rmtree(fresh)
            raise SetupError(f"Die Datenbank ließ sich nicht anlegen: {_last_words(made.stderr + made.stdout)}")
    finally:
        secret.unlink()
    _configure(fresh, account)
    _remember(home, port, version)
    fresh.rename(_data(home))


def _remember(home: Path, port: int, version: int) -> None:
    passwords.write_private(home / "cluster.port", f"{port} {version}\n")


def _configure(data: Path, account: Account) -> None:
    megabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    lines = {
        "listen_addresses": "'127.0.0.1'",
        "unix_socket_permissions": "0700",
        "max_connections": "60",
        "password_encryption": "scram-sha-256",
        "fsync": "on",
        "full_page_writes": "on",
        "shared_buffers": f"{min(max(megabytes // 8, 64), 512)}MB",
        "effective_cache_size": f"{max(megabytes // 2, 256)}MB",
        "maintenance_work_mem": f"{min(max(megabytes // 32, 64), 256)}MB",
        "work_mem": "32MB",
        "max_wal_size": "2GB",
        "wal_compression": "on",
        "checkpoint_timeout": "'15min'",
        "random_page_cost": "1.1",
        # Compiling costs more than it saves on queries of milliseconds that QGIS sends.
        "jit": "off",
        "timezone": "'Europe/Berlin'",
        "datestyle": "'ISO, DMY'",
        "log_min_messages": "warning",
        "log_line_prefix": "'%m [%p] %u@%d '",
        # Failing statements and DETAIL lines quote rows; person data must not reach a log.
        "log_min_error_statement": "panic",
        "log_error_verbosity": "terse",
        "log_parameter_max_length": "0",
    }
    extra = data / "sozialbericht.conf"
    extra.write_text("".join(f"{key} = {value}\n" for key, value in lines.items()), encoding="utf-8")
    account.give(extra, 0o600)
    with (data / "postgresql.conf").open("a", encoding="utf-8") as main:
        main.write("\ninclude 'sozialbericht.conf'\n")


def _server_pid(home: Path) -> int | None:
    """The process that serves our data directory. A stale pid file may name a process of somebody else by now."""
    try:
        pid = int((_data(home) / "postmaster.pid").read_text(encoding="ascii").split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return None
    if not Path("/proc/self").exists():
        raise SetupError("/proc ist nicht eingehängt (mount -t proc proc /proc); ohne es läuft die Datenbank nicht.")
    try:
        # Readable for everybody, unlike its links: root without CAP_SYS_PTRACE may not follow those in a container.
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return None
    return pid if os.fsencode(_data(home)) in arguments else None


def _start(home: Path, account: Account) -> ClusterInfo:
    program = _program(home, "pg_ctl")
    _make_socket_folder(home, account)
    limit = time.monotonic() + START_SECONDS
    words = ""
    while time.monotonic() < limit:
        if _server_pid(home) is not None:
            # Starting, recovering after a crash, or stopping in another process's hands.
            time.sleep(0.2)
            if _answers(info := _info(home)):
                return info
            continue
        (_data(home) / "postmaster.pid").unlink(missing_ok=True)
        for left in _socket_folder(home).glob(".s.PGSQL.*"):
            left.unlink(missing_ok=True)
        info = _info(home)
        if not _is_free(info.port):
            _remember(home, _free_port(), info.version)
            info = _info(home)
        options = f"-p {info.port} -c unix_socket_directories='{_quoted(info.host)}'"
        log = _fresh_log(home)
        before = log.stat().st_size if log.exists() else 0
        done = account.run(
            [program, "start", "-D", _data(home), "-w", "-t", str(START_SECONDS), "-o", options, "-l", log]
        )
        if done.returncode == 0 and _answers(info):
            return info
        words = _last_words(_text_from(log, before)) or _last_words(done.stderr + done.stdout)
        if not _worth_another_try(words):
            break
        time.sleep(0.5)
    raise SetupError(f"Die Datenbank in {_data(home)} startet nicht: {words}")


def _quoted(folder: str) -> str:
    # Inside the single quotes of the shell line that pg_ctl builds, and of the list setting itself.
    escaped = folder.replace('"', '""')
    return f'"{escaped}"'.replace("'", "'\\''")


def _worth_another_try(words: str) -> bool:
    # A port taken in the last instant, or children of a killed server that have not noticed yet.
    return bool(re.search(r"pre-existing shared memory|could not bind|could not create any TCP/IP", words))


def _fresh_log(home: Path) -> Path:
    log = _data(home) / "server.log"
    # Warnings and errors only: one spare file is enough for years.
    if log.exists() and log.stat().st_size > LOG_BYTES:
        log.replace(log.with_suffix(".log.1"))
    return log


def _text_from(log: Path, offset: int) -> str:
    try:
        with log.open("rb") as stream:
            stream.seek(offset)
            return stream.read().decode("utf-8", errors="replace")
    except OSError:
        return ""


def _last_words(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return " | ".join(lines[-4:])
