"""Files of the welfare office: social assistance, housing benefit, asylum seekers, education and participation."""

from __future__ import annotations

import numpy as np
import polars as pl

from etl.sample.cases import address_columns, german_day, plant, residents, write_cases, yes_no
from etl.sample.city import generator
from etl.sample.dirt import Planted
from etl.sample.geometry import Bools, Ints
from etl.sample.register import day_text
from etl.sample.snapshot import Snapshot
from etl.sample.writer import Writer

UNDER_18, TO_LIMIT, FROM_LIMIT = "unter 18", "18 bis Altersgrenze", "ab Altersgrenze"
_DUPLICATES = 3


def _case_rows(snap: Snapshot, chosen: Ints, day: str) -> pl.DataFrame:
    """One row a case of social assistance, as the office's own program exports it; every column is text."""
    s, p = snap.situation, snap.register.people
    return pl.DataFrame(
        {
            "stichtag": pl.repeat(german_day(day), len(chosen), eager=True),
            "fallnummer": [f"{snap.year % 100:02d}/{i:05d}" for i in range(1, len(chosen) + 1)],
            **address_columns(snap.city, snap.register.address[chosen]),
            "geburtsdatum": day_text(p.born[chosen]),
            "kapitel": s.sgb12[chosen].astype(str),
            "einrichtung": yes_no(s.institution[chosen]),
        }
    )


def _soil_cases(snap: Snapshot, rows: pl.DataFrame) -> tuple[pl.DataFrame, list[Planted]]:
    """Repeated case numbers and impossible birth dates."""
    rng = generator(snap.city.seed, 350_000 + snap.year)
    if len(rows) < 30 * _DUPLICATES:
        return rows, []
    again = np.sort(rng.choice(len(rows), _DUPLICATES, replace=False))
    doubles = [("fallnummer", str(rows["fallnummer"][int(i)]), "Fallnummer doppelt") for i in again]
    rows, planted = plant(rows, [int(i) for i in again], doubles)
    # not behind the rows that were just repeated: lines named so far must stay as they are
    last = len(rows) - 1
    faults = [("geburtsdatum", "30.02.1950", "Datum gibt es nicht"), ("kapitel", "5", "unbekannter Schlüssel")]
    extra = pl.concat(
        [
            rows[last].with_columns(pl.lit(value).alias(column), pl.lit(f"99/{i:05d}").alias("fallnummer"))
            for i, (column, value, _) in enumerate(faults)
        ]
    )
    planted += [Planted(len(rows) + 2 + i, *fault) for i, fault in enumerate(faults)]
    return pl.concat([rows, extra]), planted


def _write_sgb12(writer: Writer, snap: Snapshot) -> None:
    r, s = residents(snap), snap.situation
    day = f"{snap.year}-12-31"
    chosen = np.flatnonzero(r.main & (s.sgb12 > 0))
    group = np.where(r.age[chosen] < 18, UNDER_18, np.where(s.over_limit[chosen], FROM_LIMIT, TO_LIMIT))
    words = {
        "kapitel": s.sgb12[chosen].astype(str),
        "altersgruppe": group,
        "einrichtung": yes_no(s.institution[chosen]),
    }
    by_case = snap.year == writer.years[-1]
    # both forms of the last year hold the same cases at the same addresses
    write_cases(writer, "sgb12", day, r.address[chosen], words, code="altersgruppe", mistyped=not by_case)
    outside = ~s.institution[chosen]
    writer.truth(
        snap.year,
        {f"sgb12_k{k}": int((s.sgb12[chosen] == k).sum()) for k in (3, 4, 7)}
        | {
            "sgb12_alter": int((outside & (s.sgb12[chosen] == 4) & (group == FROM_LIMIT)).sum()),
            "sgb12_erwerbsminderung": int((outside & (s.sgb12[chosen] == 4) & (group == TO_LIMIT)).sum()),
        },
    )
    if by_case:
        at = r.address[chosen]
        unlocated = int(((at < 0) | snap.city.addresses.missing[at]).sum())
        rows, planted = _soil_cases(snap, _case_rows(snap, chosen, day))
        writer.records("sgb12", "faelle", day, rows, planted, deliver=False, total=len(chosen), unlocated=unlocated)


def _write_wohngeld(writer: Writer, snap: Snapshot) -> None:
    r = residents(snap)
    chosen = np.flatnonzero(r.main & snap.situation.wohngeld)
    size = np.maximum(snap.families.each(snap.families.size)[chosen], 1)
    words = {"haushaltsgroesse": size}
    total = write_cases(writer, "wohngeld", f"{snap.year}-12-31", r.address[chosen], words)
    writer.truth(snap.year, {"wohngeld": total})


def _write_asylblg(writer: Writer, snap: Snapshot) -> None:
    """Households share one kind of housing: accommodation of the city, or a flat."""
    r = residents(snap)
    chosen = np.flatnonzero(r.main & snap.situation.asylblg)
    home = r.people.dwelling[chosen]
    housed = ((home * 2_654_435_761) % 100) < 45
    words = {"unterkunft": yes_no(housed | (home < 0))}
    total = write_cases(writer, "asylblg", f"{snap.year}-12-31", r.address[chosen], words, code="unterkunft")
    writer.truth(snap.year, {"asylblg": total})


def entitled(snap: Snapshot) -> Bools:
    """Who under 25 may claim for education and participation: children of households with one of the benefits."""
    r, s, f = residents(snap), snap.situation, snap.families
    aided = (s.bg >= 0) | s.asylblg | ((s.sgb12 == 3) & ~s.institution)
    aided |= f.each(f.total(s.wohngeld) > 0).astype(bool)
    found: Bools = r.main & (r.age < 25) & aided
    return found


def _write_participation(writer: Writer, snap: Snapshot) -> None:
    r = residents(snap)
    level = float(np.interp(snap.year, [2015, 2019, 2020, 2021, 2025], [0.50, 0.58, 0.44, 0.46, 0.66]))
    by_age = np.interp(r.age, [0, 2, 3, 6, 10, 16, 18, 24], [0.15, 0.4, 0.9, 1.25, 1.25, 1.0, 0.5, 0.2])
    chosen = np.flatnonzero(entitled(snap) & r.lasting(351, np.clip(level * by_age, 0, 0.88), 4))
    words = {"alter": r.age[chosen]}
    total = write_cases(writer, "bildung_teilhabe", f"{snap.year}-12-31", r.address[chosen], words)
    writer.truth(snap.year, {"bildung_teilhabe": total})


def write_welfare(writer: Writer, snap: Snapshot) -> None:
    """The welfare office's files of a year."""
    _write_sgb12(writer, snap)
    _write_wohngeld(writer, snap)
    _write_asylblg(writer, snap)
    _write_participation(writer, snap)
