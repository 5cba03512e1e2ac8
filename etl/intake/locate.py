"""From delivered places to blocks: distinct addresses or block keys only, joined in the database."""

from __future__ import annotations

import polars as pl
from sqlalchemy import Connection, text

from etl.catalogue import RecordForm
from etl.errors import SetupError
from etl.intake.copy import copy_in
from etl.intake.records import PART, PLACE

BLOCK = "block_id"

KNOWN = 200_000
"""Places remembered from batch to batch; more than a city of 800,000 has addresses."""

_TABLE = text("""
CREATE TEMPORARY TABLE intake_place (id integer NOT NULL, plain text, part1 text, part2 text, part3 text)
ON COMMIT DROP
""")

_BY_ADDRESS = text("""
SELECT array_agg(a.block_id ORDER BY p.id)
FROM intake_place p
LEFT JOIN geo.address a ON a.address_key = coalesce(p.plain, geo.address_key(p.part1, p.part2, p.part3))
""")

_BY_BLOCK = text("""
SELECT array_agg(b.id ORDER BY p.id)
FROM intake_place p
LEFT JOIN (geo.block b JOIN geo.block_set s ON s.id = b.block_set_id AND s.is_current) ON b.key = btrim(p.part1)
""")


class Locator:
    """Finds the blocks of places as delivered, batch by batch; nothing of the places stays in the database.

    What an address key is, is defined once, in the SQL function ``geo.address_key``. Addresses written plainly (five
    digits, a number, small letters) are their own key, as a test proves against that function: for them it need not
    be called. Raises SetupError where no addresses or blocks are loaded at all.
    """

    def __init__(self, connection: Connection, form: RecordForm) -> None:
        self._connection = connection
        self._by_address = bool(form.location.address)
        self._known: pl.DataFrame | None = None
        _require(connection, form)

    def blocks(self, places: pl.Series) -> pl.DataFrame:
        """The distinct places with the id of their block, NULL where there is none."""
        distinct = places.unique().to_frame(PLACE)
        if self._known is not None:
            new = distinct.join(self._known, on=PLACE, how="anti")
            if new.is_empty():
                return self._known
            found = pl.concat([self._known, self._look_up(new[PLACE])])
            # an extract sorted by address never comes back to earlier ones
            self._known = found if len(found) <= KNOWN else None
            return found
        self._known = self._look_up(distinct[PLACE])
        return self._known

    def _look_up(self, distinct: pl.Series) -> pl.DataFrame:
        connection = self._connection
        connection.execute(_TABLE)
        copy_in(connection, ("pg_temp", "intake_place"), self._sent(distinct))
        found = connection.scalar(_BY_ADDRESS if self._by_address else _BY_BLOCK) or []
        connection.execute(text("DROP TABLE pg_temp.intake_place"))
        return pl.DataFrame([distinct, pl.Series(BLOCK, found, dtype=pl.Int32)])

    def _sent(self, distinct: pl.Series) -> pl.DataFrame:
        """The places in parts, numbered; of plain addresses only their key."""
        names = ["part1", "part2", "part3"]
        parts = distinct.str.split_exact(PART, 2).struct.rename_fields(names).struct.unnest()
        numbered = parts.select(pl.int_range(pl.len(), dtype=pl.Int32).alias("id"), *names)
        if not self._by_address:
            return numbered.select("id", "part1")
        is_plain = (
            pl.col("part1").str.contains(r"^[0-9]{5}$")
            & pl.col("part2").str.contains(r"^[1-9][0-9]*$")
            & pl.col("part3").str.contains(r"^[a-z]*$")
        )
        keyed = numbered.with_columns(pl.when(is_plain).then(pl.concat_str(names, separator="|")).alias("plain"))
        spared = (pl.when(pl.col("plain").is_null()).then(pl.col(name)).alias(name) for name in names)
        return keyed.select("id", "plain", *spared)


def _require(connection: Connection, form: RecordForm) -> None:
    if form.location.address:
        if not connection.scalar(text("SELECT EXISTS (SELECT FROM geo.address WHERE block_id IS NOT NULL)")):
            raise SetupError(
                "Es sind noch keine Adressen mit Baublöcken geladen; Zeilen nach Adresse lassen sich erst danach "
                "verorten (zuerst: boundaries load … für die Blöcke, dann addresses load …)."
            )
    elif not connection.scalar(text("SELECT EXISTS (SELECT FROM geo.block_set WHERE is_current)")):
        raise SetupError("Es sind noch keine Baublöcke geladen (zuerst: boundaries load … für die Blöcke).")
