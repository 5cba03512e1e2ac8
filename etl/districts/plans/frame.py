"""A draft version to work on: opened, or made with the levels above the districts taken over from another."""

from __future__ import annotations

from sqlalchemy import Connection, text

from etl.catalogue import City
from etl.districts import versions
from etl.districts.blocks import above_districts
from etl.districts.load import level_of
from etl.districts.versions import NewVersion, Version
from etl.errors import SozialberichtError

REVIEW_LOCK = 7_262_202
"""Advisory lock of changes by hand (``sql/functions/district_review.sql``); taken after ``versions.LOCK``."""


def lock_changes(connection: Connection) -> None:
    """Wait for changes by hand and keep new ones out until the end of the transaction."""
    versions.lock(connection)
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": REVIEW_LOCK})


def open_draft(connection: Connection, city: City, label: str, *, like: str | None = None) -> Version:
    """The draft ``label``; a new one gets city and Stadtteile of the version ``like`` or else of the current one.

    Raises ``SozialberichtError`` if it is adopted, or if there is no version to take the levels above from.
    """
    found = versions.find(connection, label)
    if found is not None:
        versions.require_mutable(found)
        return found
    base = versions.get(connection, like) if like is not None else versions.current(connection)
    above = above_districts(city)
    if base is None or above is None:
        raise SozialberichtError(
            f"Den Gebietsstand „{label}“ gibt es nicht, und keinen, dessen Stadtteile er übernehmen könnte; bitte "
            "zuerst mit boundaries load die Stadtteile laden."
        )
    draft = versions.open_version(connection, NewVersion(label, synthetic=base.synthetic))
    codes: list[str] = []
    code: str | None = above.code
    while code is not None:
        codes.insert(0, code)
        code = level_of(city, code).parent
    for each in codes:  # from the top down: parents first
        connection.execute(
            text("""
                INSERT INTO geo.unit (version_id, level, key, name, parent_id, geom)
                SELECT :draft, u.level, u.key, u.name, np.id, u.geom
                FROM geo.unit u
                LEFT JOIN geo.unit p ON p.id = u.parent_id
                LEFT JOIN geo.unit np ON np.version_id = :draft AND np.level = p.level AND np.key = p.key
                WHERE u.version_id = :base AND u.level = :level ORDER BY u.key
            """),
            {"draft": draft.id, "base": base.id, "level": each},
        )
    versions.complete_version(connection, city, draft.id)
    return draft
