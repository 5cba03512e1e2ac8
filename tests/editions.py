"""Releases in one transaction, by one login: what no command does, for tests of what a release shows."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection, text

from etl.catalogue import Catalogue
from etl.releases import life
from etl.releases.edition import Edition, create_edition


def publish_edition(connection: Connection, catalogue: Catalogue, *, label: str | None = None) -> Edition:
    """Create a release and publish it without audit and second person."""
    made = create_edition(connection, catalogue, label=label)
    if made.state == "published":
        return made
    show(connection, made.id)
    return replace(made, state="published")


def unguarded(connection: Connection) -> None:
    """Let a test write releases in any state by hand, in a database of its own."""
    for table in ("edition", "value"):
        connection.execute(text(f"ALTER TABLE release.{table} DISABLE TRIGGER USER"))


def show(connection: Connection, edition: int) -> None:
    """Publish a draft, sealed or not, as the owner may in a test."""
    connection.execute(
        text("UPDATE release.edition SET content_sha256 = coalesce(content_sha256, 'test') WHERE id = :id"),
        {"id": edition},
    )
    for kind in ("audited", "approved"):
        life.note(connection, edition, kind, bestanden=True)
    connection.execute(text("UPDATE release.edition SET status = 'superseded' WHERE status = 'published'"))
    for status in ("approved", "published"):
        connection.execute(
            text("UPDATE release.edition SET status = :status, published_at = now() WHERE id = :id"),
            {"status": status, "id": edition},
        )
    life.note(connection, edition, "published")
