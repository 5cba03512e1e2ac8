"""``districts review``: where a draft stands, and closing its review."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from etl.districts import versions
from etl.districts.plans.store import ensure_neighbours
from etl.districts.versions import Version
from etl.errors import SozialberichtError


@dataclass(frozen=True)
class Review:
    """The draft's districts and figures as the planners' views show them, and the last changes by hand."""

    districts: list[dict[str, Any]]
    quality: list[dict[str, Any]]
    changes: list[dict[str, Any]]


def read_review(connection: Connection, version: Version, *, changes: int = 10) -> Review:
    """Where the draft stands. Raises ``SozialberichtError`` if it is adopted or has no districts."""
    versions.require_mutable(version)
    ensure_neighbours(connection, version.id)
    label = {"label": version.label, "most": changes}
    columns = "bezirk, name, namensvorschlag, bloecke, einwohner, abweichung_prozent, kompaktheit, zustand, hinweis"
    rows = connection.execute(
        text(f"SELECT {columns} FROM planung.bezirk WHERE gebietsstand = :label ORDER BY bezirk"),  # noqa: S608
        label,
    )
    districts = [dict(r) for r in rows.mappings()]
    if not districts:
        raise SozialberichtError(
            f"Der Gebietsstand „{version.label}“ hat keine Bezirke aus Blöcken; bitte districts build oder import."
        )
    quality = connection.execute(text("SELECT * FROM planung.guete WHERE gebietsstand = :label ORDER BY stand"), label)
    log = connection.execute(
        text("SELECT * FROM planung.verlauf WHERE gebietsstand = :label ORDER BY verlauf_id DESC LIMIT :most"), label
    )
    return Review(districts, [dict(r) for r in quality.mappings()], [dict(r) for r in log.mappings()])


def finish_review(connection: Connection, version: Version) -> None:
    """Mark the draft as reviewed; a later change by hand makes it a draft again.

    Raises ``SozialberichtError`` if it is adopted already.
    """
    versions.require_mutable(version)
    connection.execute(text("UPDATE geo.district_version SET status = 'reviewed' WHERE id = :v"), {"v": version.id})
