"""Who reads restricted tables with a login of their own: what pgaudit writes into the private cluster's log.

pgaudit notes a statement that touches a table on which its role, ``sozialbericht_pruefer``, may SELECT (which these are
stands in ``sql/roles.yaml``), made by a login whose settings name that role: the people of the statistics office, of
approval and of district planning. The programs' own login is left out; what they show to people is in the audit log.
Statements are not written, as they may quote figures: role, time and table are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from etl import settings
from etl.warehouse import cluster, pgaudit, service

_LINE = re.compile(
    r"^(?P<at>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)\S* \S+ \[\d+\] (?P<role>[^@ ]*)@(?P<database>\S+) LOG:  AUDIT: "
    r"OBJECT,\d+,\d+,READ,[^,]*,[^,]*,(?P<object>[^,]+),"
)


@dataclass(frozen=True)
class Read:
    """Statements of a role that read an object; first and last time as the server wrote them."""

    role: str
    object: str
    statements: int
    first: str
    last: str


def unavailable(home: Path | None = None) -> str | None:
    """Why reads are not noted here, in German with what to do; None where they are."""
    if service.existing_server() is not None:
        return (
            "Auf einem vorhandenen Server führt dessen Administrator das Leseprotokoll (pgaudit); dieses Programm "
            "kommt an die Dateien nicht heran. Was über seine Befehle eingesehen wurde, zeigt: audit log --action "
            "eingesehen"
        )
    info = cluster.known(home)
    if info is not None and not pgaudit.library(info.version).exists():
        package = pgaudit.PACKAGE.format(version=info.version)
        return (
            f"Lesezugriffe werden hier nicht protokolliert, weil {package} fehlt. Abhilfe: sudo apt-get install "
            f"{package}, dann ./sozialbericht db stop und db start."
        )
    return None


def _lines(home: Path) -> Iterator[str]:
    for path in sorted((home / "cluster" / pgaudit.FOLDER).glob("server-*.log")):
        with path.open(encoding="utf-8", errors="replace") as handle:
            yield from handle


def summary(database: str, home: Path | None = None) -> list[Read]:
    """Reads by role and object in the log files that are still there, ordered by role and object."""
    found: dict[tuple[str, str], list[str]] = {}
    for line in _lines(settings.home() if home is None else home):
        match = _LINE.match(line)
        if match is not None and match["database"] == database:
            found.setdefault((match["role"], match["object"]), []).append(match["at"])
    return [Read(*key, len(times), min(times), max(times)) for key, times in sorted(found.items())]
