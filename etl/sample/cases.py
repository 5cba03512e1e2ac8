"""Counted files of the departments: cases at addresses, counted by address and words, with their usual faults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from etl.sample.city import City, generator
from etl.sample.dirt import Planted
from etl.sample.geometry import Bools, Floats, Ints
from etl.sample.luck import luck
from etl.sample.nationalities import GERMAN
from etl.sample.people import NOWHERE, People
from etl.sample.snapshot import Snapshot
from etl.sample.writer import Writer

COUNTED = "gezaehlt"
UNKNOWN_STREET = "98765"
"""A street key that no address has: the department mistyped it. Such cases count for the city only."""
_ROWS_PER_FAULT = 25
"""A fault is planted for so many sound rows, so that small files are not refused as a whole."""
_NO_STATUS = -3.0


@dataclass(frozen=True)
class Residents:
    """The people of a snapshot with what the departments' files depend on, aligned with ``register.people``."""

    year: int
    seed: int
    people: People
    address: Ints
    """Index into Addresses, -1 without a fixed abode."""
    age: Ints
    """Completed years on 31 December."""
    status: Floats
    """Hidden social status of the block, -3 without a fixed abode."""
    foreign: Bools
    main: Bools
    """True for main or sole residences; the others are nobody's case here."""

    def luck(self, topic: int) -> Floats:
        """A number between 0 and 1 that stays with each person over the years."""
        return luck(self.people.pid, self.seed, topic)

    def lasting(self, topic: int, chance: Floats, years: float) -> Bools:
        """Whom something befalls with the yearly ``chance``, and then again and again for about ``years`` years."""
        drift = (self.luck(topic) + np.minimum(chance, 0.9) / years * (self.year - 2015)) % 1.0
        found: Bools = self.main & (drift < np.clip(chance, 0.0, 0.9))
        return found


def residents(snapshot: Snapshot) -> Residents:
    """The people of a snapshot as the departments' files see them."""
    p = snapshot.register.people
    nowhere = p.dwelling == NOWHERE
    status = np.where(nowhere, _NO_STATUS, snapshot.homes.status[p.dwelling])
    return Residents(
        snapshot.year,
        snapshot.city.seed,
        p,
        snapshot.register.address,
        p.age_on(snapshot.year),
        status,
        p.nationality != GERMAN,
        p.main_residence,
    )


def german_day(day: str) -> str:
    """An ISO date as ``dd.mm.yyyy``."""
    return date.fromisoformat(day).strftime("%d.%m.%Y")


def address_columns(city: City, address: Ints) -> dict[str, pl.Series]:
    """The three columns of the address key per address index; -1 is without a fixed abode."""
    rows = city.address_table[np.where(address < 0, len(city.addresses), address)]
    return {name: rows[name] for name in ("strassenschluessel", "hausnummer", "zusatz")}


Words = Mapping[str, NDArray[np.generic] | pl.Series]


def counted_cases(
    city: City, day: str, address: Ints, words: Words, *, count: str = "anzahl", amount: Ints | None = None
) -> pl.DataFrame:
    """Cases (or ``amount`` at each) counted by address and words; every column is text, ``@`` the address index."""
    names = list(words)
    frame = pl.DataFrame({"@": address, **words, "§n": np.ones(len(address), np.int64) if amount is None else amount})
    counts = frame.group_by("@", *names).agg(pl.col("§n").sum()).sort("@", *names)
    return pl.DataFrame(
        {
            "@": counts["@"],
            "stichtag": pl.repeat(german_day(day), len(counts), eager=True),
            **address_columns(city, counts["@"].to_numpy()),
            **{name: counts[name].cast(pl.String) for name in names},
            count: counts["§n"].cast(pl.String),
        }
    )


def _mistype_streets(rng: np.random.Generator, rows: pl.DataFrame, number: int) -> pl.DataFrame:
    """Give some rows a street key that does not exist."""
    chosen = rng.choice(len(rows), number, replace=False)
    wrong = np.zeros(len(rows), dtype=bool)
    wrong[chosen] = True
    key = pl.when(pl.Series(wrong)).then(pl.lit(UNKNOWN_STREET)).otherwise(pl.col("strassenschluessel"))
    at = pl.when(pl.Series(wrong)).then(-1).otherwise(pl.col("@"))
    return rows.with_columns(key.alias("strassenschluessel"), at.alias("@"))


def _faults(day: str, count: str, code: str | None) -> list[tuple[str, str, str]]:
    """Column, value and reason of the faults of a department's file, the likelier ones first."""
    other = date.fromisoformat(day)
    other = other.replace(year=other.year - 1)
    faults = [
        (count, "-2", "Anzahl negativ"),
        ("stichtag", other.strftime("%d.%m.%Y"), "anderer Stichtag"),
        (count, "1,5", "Anzahl nicht ganz"),
        (count, "", "Anzahl fehlt"),
    ]
    return [(code, "?", "unbekannter Schlüssel"), *faults] if code else faults


def plant(
    rows: pl.DataFrame, after: list[int], faults: list[tuple[str, str, str]]
) -> tuple[pl.DataFrame, list[Planted]]:
    """Put a copy of row ``after[i]`` (ascending) with the i-th fault (column, value, reason) in it behind the row."""
    pieces, planted, start = [], [], 0
    for k, (i, (column, value, reason)) in enumerate(zip(after, faults, strict=True)):
        pieces += [rows[start : i + 1], rows[i].with_columns(pl.lit(value, pl.String).alias(column))]
        start = i + 1
        # line 1 is the header; before this copy stand all rows up to its original and the k earlier copies
        planted.append(Planted(i + k + 3, column, value, reason))
    return pl.concat([*pieces, rows[start:]]), planted


def write_cases(
    writer: Writer, source: str, day: str, address: Ints, words: Words, *,
    count: str = "anzahl", amount: Ints | None = None, code: str | None = None, mistyped: bool = True,
) -> int:  # fmt: skip
    """Write the counted file of a source for the ISO date ``day``; returns what its sound rows add up to.

    ``words`` are the columns between address and count, as they are written. ``code`` names one of them in which an
    unknown word is planted. Files with enough rows get a mistyped street (``mistyped``; accepted, not locatable) and
    faulty rows (rejected), all of them listed in the manifest.
    """
    if not len(address):
        return 0  # a very small city may have no case at all: then nothing is delivered
    city = writer.city
    rows = counted_cases(city, day, address, words, count=count, amount=amount)
    rng = generator(city.seed, 300_000 + sum(ord(c) * (i + 1) for i, c in enumerate(source)) * 10 + int(day[:4]) % 10)
    faults = _faults(day, count, code)[: len(rows) // _ROWS_PER_FAULT]
    note = None
    if faults and mistyped:
        rows = _mistype_streets(rng, rows, min(2, len(faults)))
        note = f"Straßenschlüssel {UNKNOWN_STREET} gibt es nicht; die Fälle sind keinem Gebiet zuzuordnen."
    n = rows[count].cast(pl.Int64).to_numpy()
    at = rows["@"].to_numpy()
    unlocated = int(n[(at < 0) | city.addresses.missing[at]].sum())
    planted: list[Planted] = []
    if faults:
        rows, planted = plant(rows, np.sort(rng.choice(len(rows), len(faults), replace=False)).tolist(), faults)
    writer.records(
        source, COUNTED, day, rows.drop("@"), planted,
        count=count, total=int(n.sum()), unlocated=unlocated, note=note,
    )  # fmt: skip
    return int(n.sum())


def yes_no(flag: Bools) -> NDArray[np.str_]:
    """``ja`` or ``nein``."""
    return np.where(flag, "ja", "nein")
