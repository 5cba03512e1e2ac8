"""The register extract of one reference date as it would be delivered: person rows and counted rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from etl.sample import plan
from etl.sample.city import City
from etl.sample.dwellings import Dwellings
from etl.sample.geometry import Bools, Ints
from etl.sample.people import NOWHERE, People, Role

SEX = ("m", "w", "d", "x")
_MARITAL = ("LD", "VH", "VW", "GS")
_RESIDENCE = ("H", "A", "N")
_FIRST_DAY = np.datetime64("1900-01-01", "D")
_DAYS = np.arange(_FIRST_DAY, np.datetime64("2031-01-01", "D"))
_DAY_TEXT = pl.Series(_DAYS).dt.strftime("%d.%m.%Y")


def day_text(days: Ints) -> pl.Series:
    """Days since 1970-01-01 as ``dd.mm.yyyy``."""
    return _DAY_TEXT.gather(days - int(_FIRST_DAY.astype(np.int64)))


@dataclass(frozen=True)
class Extract:
    """Residents of one reference date with their address, ordered by address and household."""

    year: int
    people: People
    address: Ints
    """Index into Addresses, -1 without a fixed abode."""
    located: Bools
    """True where the address is in the address file."""
    stadtteil: Ints
    """Number of the Stadtteil, 0 where not located."""

    @property
    def reference_date(self) -> str:
        """``31.12.yyyy``."""
        return f"31.12.{self.year}"


def extract(city: City, homes: Dwellings, year: int, people: People) -> Extract:
    """Order the residents by address and look up where they live."""
    people = people.take(np.lexsort((people.pid, people.role, people.dwelling)))
    nowhere = people.dwelling == NOWHERE
    address = np.where(nowhere, -1, homes.address[people.dwelling])
    located = ~nowhere & ~city.addresses.missing[address]
    stadtteil = np.where(located, city.blocks.stadtteil[city.addresses.block[address]], 0)
    return Extract(year, people, address, located, stadtteil)


def address_columns(city: City, address: Ints) -> dict[str, pl.Series]:
    """Address key and street name per address index; -1 is without a fixed abode."""
    table = city.address_table
    rows = table[np.where(address < 0, len(table) - 1, address)]
    return {name: rows[name] for name in table.columns}


def words(names: tuple[str, ...], choice: Ints | Bools) -> pl.Series:
    """The name of each choice as text."""
    return pl.Series(names, dtype=pl.String).gather(choice.astype(np.int64))


def nationality_keys(keys: Ints) -> pl.Series:
    """Official three-digit keys as text."""
    return pl.Series([f"{k:03d}" for k in range(1000)]).gather(keys)


def person_rows(city: City, data: Extract) -> pl.DataFrame:
    """One row per entry of the register, secondary residences among them; every column is text."""
    p = data.people
    main = p.main_residence
    # Whether a main residence is the sole one is not simulated: those with a partner elsewhere are few.
    residence = np.where(main, np.where(p.pid % 23 == 0, 0, 1), 2)
    return pl.DataFrame(
        {
            "satznummer": pl.int_range(1, len(p) + 1, eager=True).cast(pl.String),
            "stichtag": pl.repeat(data.reference_date, len(p), eager=True),
            **address_columns(city, data.address),
            "geburtsdatum": day_text(p.born),
            "geschlecht": words(SEX, p.sex),
            "familienstand": words(_MARITAL, p.marital),
            "staatsangehoerigkeit": nationality_keys(p.nationality),
            "wohnungsstatus": words(_RESIDENCE, residence),
            "einzugsdatum": day_text(p.moved_in),
        }
    )


def counted_rows(city: City, data: Extract) -> pl.DataFrame:
    """Main and sole residences counted by address, age, sex and nationality; every column is text."""
    p = data.people
    main = p.role != Role.SECONDARY
    counts = (
        pl.DataFrame(
            {
                "address": data.address[main],
                "age": p.age_on(data.year)[main],
                "sex": p.sex[main],
                "nationality": p.nationality[main],
            }
        )
        .group_by("address", "age", "sex", "nationality")
        .len("n")
        .sort("address", "age", "sex", "nationality")
    )
    return pl.DataFrame(
        {
            "stichtag": pl.repeat(data.reference_date, len(counts), eager=True),
            **address_columns(city, counts["address"].to_numpy()),
            "alter": counts["age"].cast(pl.String),
            "geschlecht": words(SEX, counts["sex"].to_numpy()),
            "staatsangehoerigkeit": nationality_keys(counts["nationality"].to_numpy()),
            "anzahl": counts["n"].cast(pl.String),
        }
    )


def without_part(city: City, data: Extract) -> tuple[Extract, str]:
    """The extract with the northern half of one Stadtteil missing, as after a broken export; and what is missing."""
    part = plan.STADTTEILE[-1]
    a = city.addresses
    inside = np.flatnonzero(city.blocks.stadtteil[a.block] == part.number)
    border = float(np.median(a.xy[inside, 1]))
    lost = np.zeros(len(a) + 1, dtype=bool)
    lost[inside] = a.xy[inside, 1] > border
    keep = ~lost[data.address]
    kept = Extract(data.year, data.people.take(keep), data.address[keep], data.located[keep], data.stadtteil[keep])
    return kept, f"Die nördliche Hälfte von {part.name} fehlt."
