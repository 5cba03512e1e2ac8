"""The extension pgaudit on the private cluster: whether it is installed, and the server's settings with it."""

from __future__ import annotations

from pathlib import Path

FOLDER = "protokoll"
"""Folder of the server's log files in the cluster's data directory."""

LIBRARIES = Path("/usr/lib/postgresql")
PACKAGE = "postgresql-{version}-pgaudit"
KEPT_FILES = 60

OPTIONS = {
    "shared_preload_libraries": "pgaudit",
    "pgaudit.log_statement": "off",
    "pgaudit.log_parameter": "off",
    "pgaudit.log_catalog": "off",
    "logging_collector": "on",
    "log_directory": FOLDER,
    "log_filename": "server-%Y-%m-%d_%H%M%S.log",
    "log_file_mode": "0600",
    "log_rotation_age": "30d",
    "log_rotation_size": "20MB",
}
"""Settings of the private cluster where pgaudit is installed."""


def library(version: int) -> Path:
    """Where pgaudit lies if it is installed for a PostgreSQL version."""
    return LIBRARIES / str(version) / "lib" / "pgaudit.so"


def server_options(version: int) -> dict[str, str]:
    """Settings to start the private cluster with: OPTIONS, or none where pgaudit is not installed."""
    return OPTIONS if library(version).exists() else {}


def clear_old(data: Path) -> None:
    """Delete all but the newest log files."""
    files = sorted((data / FOLDER).glob("server-*.log"))
    for old in files[:-KEPT_FILES]:
        old.unlink(missing_ok=True)
