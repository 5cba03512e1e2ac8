"""The register's files of a year in all their forms, two of them wrong as a whole and corrected later."""

from __future__ import annotations

import numpy as np
import polars as pl

from etl.sample import files, plan
from etl.sample.city import City, generator
from etl.sample.dirt import Planted, soil_counted_rows, soil_person_rows
from etl.sample.labour import unemployed_by_stadtteil
from etl.sample.manifest import Persons, YearFigures
from etl.sample.movements import Event
from etl.sample.nationalities import GERMAN
from etl.sample.people import Sex
from etl.sample.register import Extract, counted_rows, person_rows, without_part
from etl.sample.simulation import Year
from etl.sample.writer import Writer

REGISTER = "einwohner_bestand"
COUNTED, PERSONS = "gezaehlt", "personen"
WRONG_ENCODING_YEAR = 2019
"""The counted file of this year comes as cp1252 although UTF-8 is agreed; a corrected file follows."""
WRONG_CONTENT_YEAR = 2024
"""The counted file of this year lacks half a Stadtteil; a corrected file supersedes it."""


def _persons(data: Extract) -> Persons:
    main = data.people.main_residence
    where = data.stadtteil[main]
    counts = {part.number: int((where == part.number).sum()) for part in plan.STADTTEILE}
    return Persons(int(main.sum()), counts, int((where == 0).sum()))


def year_figures(city: City, state: Year, data: Extract) -> YearFigures:
    """The true figures of a year."""
    p = data.people.take(data.people.main_residence)
    group = np.searchsorted(plan.AGE_BOUNDS, p.age_on(data.year), side="right") - 1
    ends = [*(f"{a}-{b - 1}" for a, b in zip(plan.AGE_BOUNDS, plan.AGE_BOUNDS[1:], strict=False)), "65+"]
    m = state.movements
    return YearFigures(
        persons=_persons(data),
        age_groups={label: int((group == i).sum()) for i, label in enumerate(ends)},
        female=int((p.sex == Sex.FEMALE).sum()),
        foreign=int((p.nationality != GERMAN).sum()),
        secondary=int((~data.people.main_residence).sum()),
        births=m[Event.BIRTH],
        deaths=m[Event.DEATH],
        arrivals=m[Event.ARRIVAL],
        departures=m[Event.DEPARTURE],
        moves_within=m[Event.MOVE],
        unemployed=unemployed_by_stadtteil(city, data),
    )


def _register(
    writer: Writer, data: Extract, form: str, rows: pl.DataFrame, planted: list[Planted], *,
    encoding: str, declared: str, corrected: bool = False, refused: bool = False, note: str | None = None,
) -> None:  # fmt: skip
    stem = f"{REGISTER}_{form}_{data.year}_synthetisch"
    name = f"{stem}_berichtigt.csv" if corrected else f"{stem}.csv"
    files.write_csv(writer.folder / name, rows, encoding)
    writer.add(
        name,
        "register",
        len(rows),
        source=REGISTER,
        form=form,
        reference_date=f"{data.year}-12-31",
        encoding=encoding,
        declared_encoding=declared,
        edition=2 if corrected else 1,
        supersedes=f"{stem}.csv" if corrected else None,
        outcome="refused" if refused else "accepted",
        deliver=form == COUNTED,
        note=note,
        persons=None if refused else _persons(data),
        secondary_rows=int((~data.people.main_residence).sum()) if form == PERSONS else 0,
        rejected_rows=len(planted),
        planted=planted,
    )


def counted(writer: Writer, data: Extract) -> None:
    """The counted file of a year, and in two years a faulty one before it."""
    rng = generator(writer.city.seed, 100_000 + data.year)
    clean = counted_rows(writer.city, data)
    if data.year == WRONG_ENCODING_YEAR:
        note = "In cp1252 statt UTF-8 geliefert; wird als Ganzes abgelehnt."
        _register(writer, data, COUNTED, clean, [], encoding="cp1252", declared="utf-8", refused=True, note=note)
    elif data.year == WRONG_CONTENT_YEAR:
        partial, note = without_part(writer.city, data)
        rows = counted_rows(writer.city, partial)
        _register(writer, partial, COUNTED, rows, [], encoding="utf-8", declared="utf-8", note=note)
    else:
        rows, planted = soil_counted_rows(rng, clean, data.year)
        _register(writer, data, COUNTED, rows, planted, encoding="utf-8", declared="utf-8")
        return
    _register(writer, data, COUNTED, clean, [], encoding="utf-8", declared="utf-8", corrected=True)


def persons(writer: Writer, data: Extract) -> None:
    """The file of a year with a row per person; the same figures as the counted one."""
    rng = generator(writer.city.seed, 200_000 + data.year)
    rows, planted = soil_person_rows(rng, person_rows(writer.city, data), data.year)
    _register(writer, data, PERSONS, rows, planted, encoding="cp1252", declared="cp1252")
