"""From delivered places to blocks: distinct addresses or block keys only, joined in the database."""

from __future__ import annotations

import polars as pl
from sqlalchemy import Connection, text

from etl.catalogue import RecordForm
from etl.errors import SetupError
from etl.intake.copy import copy_in
from etl.intake.records import PART, PLACE

BLOCK = "block_id"

_TABLE = text("""
CREATE TEMPORARY TABLE intake_place (id integer NOT NULL, part1 text, part2 text, part3 text) ON COMMIT DROP
""")

_BY_ADDRESS = text("""
SELECT array_agg(a.block_id ORDER BY p.id)
FROM intake_place p
LEFT JOIN geo.address a ON a.address_key = geo.address_key(p.part1, p.part2, p.part3)
""")

_BY_BLOCK = text("""
SELECT array_agg(b.id ORDER BY p.id)
FROM intake_place p
LEFT JOIN (geo.block b JOIN geo.block_set s ON s.id = b.block_set_id AND s.is_current) ON b.key = btrim(p.part1)
""")


def locate(connection: Connection, form: RecordForm, places: pl.Series) -> pl.DataFrame:
    """Places as delivered with the id of their block, NULL where there is none.

    What an address key is, is defined once, in the SQL function ``geo.address_key``. Only distinct places are sent, and
    nothing of them stays in the database. Raises SetupError where no addresses or blocks are loaded at all.
    """
    _require(connection, form)
    distinct = places.unique(maintain_order=True).alias(PLACE)
    parts = distinct.str.split_exact(PART, 2).struct.rename_fields(["part1", "part2", "part3"]).struct.unnest()
    frame = parts.select(pl.int_range(pl.len(), dtype=pl.Int32).alias("id"), *parts.columns)
    connection.execute(text("DROP TABLE IF EXISTS pg_temp.intake_place"))
    connection.execute(_TABLE)
    copy_in(connection, ("pg_temp", "intake_place"), frame)
    connection.execute(text("ANALYZE pg_temp.intake_place"))
    query = _BY_ADDRESS if form.location.address else _BY_BLOCK
    found = connection.scalar(query) or []
    connection.execute(text("DROP TABLE pg_temp.intake_place"))
    return pl.DataFrame([distinct, pl.Series(BLOCK, found, dtype=pl.Int32)])


def _require(connection: Connection, form: RecordForm) -> None:
    if form.location.address:
        if not connection.scalar(text("SELECT EXISTS (SELECT FROM geo.address WHERE block_id IS NOT NULL)")):
            raise SetupError(
                "Es sind noch keine Adressen mit Baublöcken geladen; Zeilen nach Adresse lassen sich erst danach "
                "verorten (zuerst: boundaries load … für die Blöcke, dann addresses load …)."
            )
    elif not connection.scalar(text("SELECT EXISTS (SELECT FROM geo.block_set WHERE is_current)")):
        raise SetupError("Es sind noch keine Baublöcke geladen (zuerst: boundaries load … für die Blöcke).")
