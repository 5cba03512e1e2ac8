"""From delivered places to blocks: distinct addresses or block keys only, joined in the database."""

from __future__ import annotations

from typing import Any

import polars as pl
from sqlalchemy import Connection, text

from etl.catalogue import RecordForm
from etl.errors import SetupError
from etl.intake.copy import copy_in
from etl.intake.records import PART, PLACE

BLOCK = "block_id"

KNOWN = 100_000
"""Places remembered from batch to batch; more than a city of 400,000 has addresses."""

_TABLE = text("""
CREATE TEMPORARY TABLE intake_place (id integer NOT NULL, plain text, part1 text, part2 text, part3 text)
ON COMMIT DROP
""")

_BY_ADDRESS = text("""
SELECT array_agg(a.block_id ORDER BY p.id)
FROM intake_place p
LEFT JOIN geo.address a ON a.address_key = coalesce(p.plain, geo.address_key(p.part1, p.part2, p.part3))
""")

# A batch of an extract sorted by address touches a small stretch of the addresses: read at once, in the order of its
# index, instead of key by key. What is not found in the stretch is looked up as above.
_BY_STRETCH = text("""
SELECT array_agg(coalesce(a.block_id, o.block_id) ORDER BY p.id)
FROM intake_place p
LEFT JOIN (SELECT address_key, block_id FROM geo.address WHERE address_key BETWEEN :low AND :high) a
       ON a.address_key = p.plain
LEFT JOIN geo.address o
       ON o.address_key = CASE WHEN a.address_key IS NULL
                               THEN coalesce(p.plain, geo.address_key(p.part1, p.part2, p.part3)) END
""")

_STRETCH = text("""
SELECT count(*) FROM (SELECT FROM geo.address WHERE address_key BETWEEN :low AND :high LIMIT :most) a
""")

DENSE = 4
"""Addresses in a stretch, as a multiple of the places looked up, up to which it is read as a whole."""

TAILS = 0.02
"""Share of the places on either side that do not decide on the stretch: unknown addresses lie anywhere."""

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
        sent = self._sent(distinct)
        copy_in(connection, ("pg_temp", "intake_place"), sent)
        found = self._found(sent) or []
        connection.execute(text("DROP TABLE pg_temp.intake_place"))
        return pl.DataFrame([distinct, pl.Series(BLOCK, found, dtype=pl.Int32)])

    def _found(self, sent: pl.DataFrame) -> Any:
        """List of the ids of the blocks in the order of the places, by the quicker of the ways; None without places."""
        if not self._by_address:
            return self._connection.scalar(_BY_BLOCK)
        plain = sent["plain"].drop_nulls().sort()
        if len(plain):
            cut = int(TAILS * len(plain))
            stretch = {"low": plain[cut], "high": plain[len(plain) - 1 - cut]}
            most = DENSE * len(plain) + 1
            if int(self._connection.scalar(_STRETCH, stretch | {"most": most}) or 0) < most:
                return self._connection.scalar(_BY_STRETCH, stretch)
        return self._connection.scalar(_BY_ADDRESS)

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
