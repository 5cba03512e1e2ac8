"""Where things are on this machine: project folder, data folder, catalogue, database address."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
SQL = PROJECT / "sql"
DEFAULT_CATALOGUE = Path(__file__).resolve().parent / "catalogue" / "norderstedt"


def home() -> Path:
    """Folder for everything this installation keeps (cluster, service file, output); made by the entry script.

    ``SOZIALBERICHT_HOME`` names it; otherwise it is the user's data folder, or ``/var/lib/sozialbericht`` for root,
    whose own home the unprivileged database account could not enter.
    """
    if named := os.environ.get("SOZIALBERICHT_HOME"):
        return Path(named).absolute()
    if os.geteuid() == 0:
        return Path("/var/lib/sozialbericht")
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "sozialbericht"


def catalogue_dir(option: Path | None = None) -> Path:
    """The catalogue directory: the ``--catalogue`` option, ``SOZIALBERICHT_CATALOGUE``, or the shipped city."""
    if option is not None:
        return option
    if named := os.environ.get("SOZIALBERICHT_CATALOGUE"):
        return Path(named)
    return DEFAULT_CATALOGUE


@dataclass
class Ui:
    """How the running command speaks: set once by the command line, read by everything that prints."""

    quiet: bool = False
    json: bool = False


ui = Ui()
