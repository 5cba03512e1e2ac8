"""What the employment agency knows: labour and SGB II counts by address and quarter, and the commuters of the city.

The file by address is no delivery: the agency keeps it and answers with tables by area once the city has sent it the
keys of its districts (see ``agency_answer``).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from etl.sample import files, plan
from etl.sample.geometry import Bools
from etl.sample.luck import luck
from etl.sample.nationalities import GERMAN
from etl.sample.people import Sex
from etl.sample.situation import Situation, situation
from etl.sample.snapshot import Snapshot
from etl.sample.writer import Writer

FOLDER = "agentur_intern_synthetisch"
QUARTERS = (3, 6, 9, 12)
"""Reporting months of a year."""
COMMUTERS = "ba_pendler"
MISSPELT = 0.003
"""Share of persons whose address the agency cannot place although the city knows it."""


def measures(now: Snapshot, found: Situation) -> dict[str, Bools]:
    """What the agency counts, as a flag per person of the register; a community is counted at one of its members."""
    p = now.register.people
    age = p.age_on(now.year)
    female, foreign = p.sex == Sex.FEMALE, p.nationality != GERMAN
    jobless = found.unemployed > 0
    inside = np.flatnonzero(found.bg >= 0)
    _, first = np.unique(found.bg[inside], return_index=True)
    community = np.zeros(len(p), dtype=bool)
    community[inside[first]] = True
    elb, nef = found.sgb2 == 1, found.sgb2 == 2
    return {
        "svb": found.employed,
        "svb_frauen": found.employed & female,
        "svb_teilzeit": found.part_time,
        "ageb": found.minor_job,
        "alo": jobless,
        "alo_sgb2": found.unemployed == 2,
        "alo_sgb3": found.unemployed == 3,
        "alo_u25": jobless & (age < 25),
        "alo_55plus": jobless & (age >= 55),
        "alo_lang": found.long_term,
        "alo_ausl": jobless & foreign,
        "bg": community,
        "bg_alleinerziehend": community & found.lone_parent,
        "lb": found.sgb2 > 0,
        "elb": elb,
        "nef_u15": nef,
        "nef_u3": nef & (age < 3),
        "nef_3_6": nef & (age >= 3) & (age < 6),
        "nef_6_15": nef & (age >= 6),
        "svb_ohne_abschluss": found.no_degree,
        "elb_erwerbstaetig": found.working_elb,
    }


def _by_address(now: Snapshot, month: int, flags: dict[str, Bools]) -> pl.DataFrame:
    """Counts by address; the empty street holds all who cannot be placed."""
    city, data = now.city, now.register
    a = city.addresses
    lost = luck(data.people.pid, city.seed, 71) < MISSPELT
    at = np.where(lost | (data.address < 0), len(a), data.address)
    table = {name: np.bincount(at[flag], minlength=len(a) + 1) for name, flag in flags.items()}
    used = np.flatnonzero(sum(table.values()) > 0)
    street = pl.Series([*city.streets.name[a.street], ""], dtype=pl.String)
    return pl.DataFrame(
        {
            "berichtsmonat": np.full(len(used), now.year * 100 + month, dtype=np.int32),
            "strasse": street.gather(used),
            "plz": pl.Series([*a.postcode, ""], dtype=pl.String).gather(used),
            "hausnummer": np.append(a.number, 0)[used].astype(np.int32),
            "zusatz": pl.Series([*a.suffix, ""], dtype=pl.String).gather(used),
            **{name: counts[used].astype(np.int32) for name, counts in table.items()},
        }
    )


def write_agency(writer: Writer, now: Snapshot) -> None:
    """The agency's own counts of the four quarters of a year, as Parquet."""
    parts, figures = [], {}
    for month in QUARTERS:
        found = now.situation if month == 12 else situation(now.city, now.register, now.families, month=month)
        flags = measures(now, found)
        parts.append(_by_address(now, month, flags))
        if month == 6:
            figures["svb_wohnort"] = int(flags["svb"].sum())
    figures |= {name: int(flag.sum()) for name, flag in flags.items()}
    writer.truth(now.year, figures)
    name = f"{FOLDER}/{now.year}.parquet"
    (writer.folder / FOLDER).mkdir(exist_ok=True)
    pl.concat(parts).write_parquet(writer.folder / name, statistics=False)
    writer.add(name, "internal", sum(len(p) for p in parts), deliver=False)


def write_commuters(writer: Writer, years: Sequence[Snapshot]) -> None:
    """``ba_pendler``: one file with the series of all years, 30 June, for the city as a whole."""
    table = []
    for year in (now.year for now in years):
        here = writer.figures[year]["svb_wohnort"]
        out = round(here * (0.655 + 0.0025 * (year - 2015)))
        at_work = round(here * 1.12)
        writer.truth(year, {"auspendler": out})
        table.append((str(year), plan.AGS, plan.CITY_NAME, *(f"{n:,}".replace(",", ".") for n in (
            here, out, at_work, at_work - (here - out),
        ))))  # fmt: skip
    columns = (
        "Jahr",
        "Gemeindeschlüssel",
        "Gemeinde",
        "SvB am Wohnort",
        "Auspendler",
        "SvB am Arbeitsort",
        "Einpendler",
    )
    name = f"{COMMUTERS}_reihe_synthetisch.csv"
    rows = pl.DataFrame(table, schema=dict.fromkeys(columns, pl.String), orient="row")
    files.write_csv(writer.folder / name, rows, "utf-8")
    writer.add(
        name, "area_table", len(rows), source=COMMUTERS, form="reihe", reference_date=f"{years[-1].year}-06-30",
        encoding="utf-8", declared_encoding="utf-8",
    )  # fmt: skip
