"""Making the embedded cluster: initdb in a temporary place, our settings, then into place in one step."""

from __future__ import annotations

import os
import random
import shutil
import socket
from pathlib import Path

from etl.errors import SetupError
from etl.warehouse import cluster_layout as layout
from etl.warehouse import passwords
from etl.warehouse.account import Account

PACKAGES = Path("/usr/lib/postgresql")
EXTENSIONS = Path("/usr/share/postgresql")
# Below the range from which Linux takes ports for outgoing connections, above the well-known ones.
PORTS = range(20000, 32000)


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


def free_port() -> int:
    candidates = list(PORTS)
    random.SystemRandom().shuffle(candidates)
    return next(port for port in candidates if is_free(port))


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As the server itself does: a port in TIME_WAIT counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def make_cluster(home: Path, account: Account) -> None:
    versions = packaged_versions()
    if not versions:
        raise SetupError(
            "PostgreSQL mit PostGIS ist nicht installiert. Abhilfe: ./sozialbericht doctor nennt den Befehl."
        )
    version = versions[0]
    for leftover in (*home.glob("cluster.new-*"), *home.glob("cluster.gone-*")):
        shutil.rmtree(leftover)
    known = passwords.ensure(home, (layout.SUPERUSER,))
    port = free_port()
    fresh = home / f"cluster.new-{os.getpid()}"
    fresh.mkdir(mode=0o700)
    account.give(fresh, 0o700)
    secret = fresh.with_name(f"{fresh.name}.pw")
    passwords.write_private(secret, known[layout.SUPERUSER] + "\n")
    account.give(secret, 0o600)
    try:
        made = account.run(
            [
                PACKAGES / str(version) / "bin" / "initdb",
                f"--pgdata={fresh}",
                f"--username={layout.SUPERUSER}",
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
            raise SetupError(f"Die Datenbank ließ sich nicht anlegen: {last_words(made.stderr + made.stdout)}")
    finally:
        secret.unlink()
    _configure(fresh, account)
    layout.remember(home, port, version)
    fresh.rename(layout.data_folder(home))


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


def last_words(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return " | ".join(lines[-4:])
