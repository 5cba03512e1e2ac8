"""Running ``sql/checks``: each file is a query whose rows are faults; its first line says in German what must hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from etl.settings import SQL


@dataclass(frozen=True)
class CheckResult:
    """A check's name, what must hold, and the failing rows (none: it holds)."""

    name: str
    rule: str
    failures: tuple[dict[str, Any], ...]


def run_checks(connection: Connection) -> list[CheckResult]:
    """All checks in the order of their names."""
    results = []
    for path in sorted((SQL / "checks").glob("*.sql")):
        query = path.read_text(encoding="utf-8")
        rule = query.splitlines()[0].removeprefix("--").strip()
        rows = connection.exec_driver_sql(query).mappings()
        results.append(CheckResult(path.stem, rule, tuple(dict(row) for row in rows)))
    return results
