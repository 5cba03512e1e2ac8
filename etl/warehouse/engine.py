"""Engines and connections: SQLAlchemy over psycopg 3, always in a named role and a fixed time zone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

from psycopg import sql
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.pool import NullPool

if TYPE_CHECKING:
    import psycopg

OWNER = "sozialbericht_owner"
"""Role without login that owns every object of ours."""


def open_engine(url: str, *, role: str | None = OWNER) -> Engine:
    """An engine for a ``postgresql+psycopg://`` address.

    ``role`` is taken on by SET ROLE at connection time (None: stay who logged in). The search path holds nothing that
    others could write to, so that no name of theirs can stand in for one of ours. No pool: commands are short, and a
    killed one must not leave an idle session behind.
    """
    options = "-c search_path=pg_catalog,public -c timezone=Europe/Berlin"
    if role is not None:
        options += f" -c role={role}"
    return create_engine(url, poolclass=NullPool, connect_args={"options": options})


@contextmanager
def as_login(connection: Connection) -> Iterator[None]:
    """Act as who logged in instead of the owner, for objects that belong to others; the owner again afterwards."""
    role = connection.scalar(text("SELECT current_user"))
    connection.execute(text("SET LOCAL ROLE NONE"))
    yield
    driver(connection).execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(str(role))))


def driver(connection: Connection) -> psycopg.Connection[tuple[object, ...]]:
    """The psycopg connection underneath, for COPY and for identifiers composed with ``psycopg.sql``."""
    raw = connection.connection.driver_connection
    return cast("psycopg.Connection[tuple[object, ...]]", raw)
