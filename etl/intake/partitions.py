"""Where the rows of a delivery live: a partition of their own, unlogged, so that dropping it leaves nothing of them.

Unlogged: the rows are in no write-ahead log, no standby and no backup; after a crash of the server they are gone. A
partition is attached when all else of the delivery is done, because attaching makes others wait.
"""

from __future__ import annotations

from psycopg import sql
from sqlalchemy import Connection, text

from etl.warehouse.engine import driver

PARENTS = ("record", "rejected_row")
"""Tables of schema ``intake`` that hold rows of deliveries: what was counted of them, and what was refused."""

UNMEASURED = {"record": (), "rejected_row": ("value", "reason")}
"""Columns that quote cells of the file: no statistics are kept of them, which would outlive the rows."""

_STATE = text(
    "SELECT c.relispartition FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
    "WHERE n.nspname = 'intake' AND c.relname = :name"
)


def name_of(parent: str, delivery: int) -> tuple[str, str]:
    """Schema and name of a delivery's partition, which may not be there."""
    return "intake", f"{parent}_{int(delivery)}"


def exists(connection: Connection, parent: str, delivery: int) -> bool:
    """Whether the delivery has a partition; it may be empty."""
    return connection.scalar(_STATE, {"name": name_of(parent, delivery)[1]}) is not None


def holds(connection: Connection, parent: str, delivery: int) -> bool:
    """Whether rows of the delivery are there."""
    if not exists(connection, parent, delivery):
        return False
    query = sql.SQL("SELECT EXISTS (SELECT FROM {})").format(sql.Identifier(*name_of(parent, delivery)))
    return driver(connection).execute(query).fetchone() == (True,)


def ensure(connection: Connection, parent: str, delivery: int) -> tuple[str, str]:
    """Schema and name of the delivery's partition, made if it is not there."""
    name = name_of(parent, delivery)
    if not exists(connection, parent, delivery):
        # the check spares attaching a look at every row
        make = sql.SQL(
            "CREATE UNLOGGED TABLE {} (LIKE {} INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES, "
            "CHECK (delivery_id = {}))"
        ).format(sql.Identifier(*name), sql.Identifier("intake", parent), sql.Literal(int(delivery)))
        driver(connection).execute(make)
        for column in UNMEASURED[parent]:
            driver(connection).execute(
                sql.SQL("ALTER TABLE {} ALTER COLUMN {} SET STATISTICS 0").format(
                    sql.Identifier(*name), sql.Identifier(column)
                )
            )
    return name


def attach(connection: Connection, delivery: int) -> None:
    """Make the delivery's partitions part of their tables, as the last step of taking it in."""
    for parent in PARENTS:
        name = name_of(parent, delivery)
        if connection.scalar(_STATE, {"name": name[1]}) is False:
            driver(connection).execute(
                sql.SQL("ALTER TABLE {} ATTACH PARTITION {} FOR VALUES IN ({})").format(
                    sql.Identifier("intake", parent), sql.Identifier(*name), sql.Literal(int(delivery))
                )
            )


def empty(connection: Connection, delivery: int) -> None:
    """Take the rows out of the delivery's partitions, which stay: dropping them would make all others wait."""
    _each(connection, delivery, "TRUNCATE TABLE {}")


def drop(connection: Connection, delivery: int) -> None:
    """Drop the delivery's partitions with their rows."""
    _each(connection, delivery, "DROP TABLE {}")


def _each(connection: Connection, delivery: int, statement: str) -> None:
    for parent in PARENTS:
        if exists(connection, parent, delivery):
            table = sql.Identifier(*name_of(parent, delivery))
            driver(connection).execute(sql.SQL(statement).format(table))
