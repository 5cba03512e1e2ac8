"""Frames from polars into PostgreSQL by COPY; values never stand in SQL text."""

from __future__ import annotations

import polars as pl
from psycopg import sql
from sqlalchemy import Connection

from etl.warehouse.engine import driver


def copy_in(connection: Connection, table: tuple[str, ...], frame: pl.DataFrame) -> None:
    """Append the frame to a table by COPY; the frame's column names are the table's. NULL stays NULL."""
    if frame.is_empty():
        return
    columns = sql.SQL(", ").join(map(sql.Identifier, frame.columns))
    command = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv, NULL '\\N')").format(sql.Identifier(*table), columns)
    # every text in quotes: then neither an empty one nor the two characters \N are taken for NULL
    text = frame.write_csv(None, include_header=False, null_value="\\N", quote_style="non_numeric")
    with driver(connection).cursor() as cursor, cursor.copy(command) as copy:
        copy.write(text)
