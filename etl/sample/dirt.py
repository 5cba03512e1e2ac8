"""Faults planted into record files, each known exactly so that tests can look for it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

DUPLICATES = 7


@dataclass(frozen=True)
class Planted:
    """One faulty row: its line in the file (the header is line 1) and what is wrong."""

    line: int
    column: str
    value: str
    reason: str


AGE_FAULTS = [
    ("alter", "-1", "Alter negativ"),
    ("alter", "217", "Alter über der Grenze"),
    ("alter", "", "Alter fehlt"),
]


def count_faults(year: int) -> list[tuple[str, str, str]]:
    """Faults that any counted file of a 31 December can have."""
    return [
        ("anzahl", "-3", "Anzahl negativ"),
        ("anzahl", "1,5", "Anzahl nicht ganz"),
        ("anzahl", "1.234", "Punkt in der Anzahl"),
        ("stichtag", f"31.12.{year - 1}", "anderer Stichtag"),
    ]


def _person_faults(year: int) -> list[tuple[str, str, str]]:
    return [
        ("geburtsdatum", "31.02.1980", "Datum gibt es nicht"),
        ("geburtsdatum", f"15.01.{year + 1}", "geboren nach dem Stichtag"),
        ("geburtsdatum", "05.07.68", "Jahr zweistellig"),
        ("geburtsdatum", "01.01.1823", "Alter über der Grenze"),
        ("geburtsdatum", "", "Datum fehlt"),
        ("geschlecht", "q", "unbekannter Schlüssel"),
        ("wohnungsstatus", "Z", "unbekannter Schlüssel"),
        ("stichtag", f"31.12.{year - 1}", "anderer Stichtag"),
    ]


def _counted_faults(year: int) -> list[tuple[str, str, str]]:
    return [
        *AGE_FAULTS,
        ("geschlecht", "q", "unbekannter Schlüssel"),
        *count_faults(year),
    ]


def _insert(
    rows: pl.DataFrame, extra: pl.DataFrame, after: list[int], faults: list[tuple[str, str, str]]
) -> tuple[pl.DataFrame, list[Planted]]:
    """Put ``extra[i]`` behind row ``after[i]``; the faults describe the extra rows in the same order."""
    place = np.array(after) + 0.5
    order = np.argsort(np.concatenate([np.arange(len(rows), dtype=np.float64), place]), kind="stable")
    mixed = pl.concat([rows, extra])[order]
    where = np.empty(len(order), dtype=np.int64)
    where[order] = np.arange(len(order))
    planted = [
        Planted(int(where[len(rows) + i]) + 2, column, value, reason)
        for i, (column, value, reason) in enumerate(faults)
    ]
    return mixed, sorted(planted, key=lambda p: p.line)


def _faulty_copies(
    rng: np.random.Generator, rows: pl.DataFrame, faults: list[tuple[str, str, str]]
) -> tuple[pl.DataFrame, list[int]]:
    """A copy of a random row per fault with the faulty value in it, and the rows they were copied from."""
    chosen = [int(i) for i in rng.choice(len(rows), len(faults), replace=False)]
    copies = [
        rows[i].with_columns(pl.lit(value, pl.String).alias(column))
        for i, (column, value, _) in zip(chosen, faults, strict=True)
    ]
    return pl.concat(copies), chosen


def soil_person_rows(rng: np.random.Generator, rows: pl.DataFrame, year: int) -> tuple[pl.DataFrame, list[Planted]]:
    """Faulty rows of their own serial numbers, and exact repetitions of rows (the same serial number twice)."""
    return soil(rng, rows, _person_faults(year), repeat="satznummer")


def soil(
    rng: np.random.Generator, rows: pl.DataFrame, faults: list[tuple[str, str, str]], *, repeat: str | None = None
) -> tuple[pl.DataFrame, list[Planted]]:
    """Copies of random rows with a fault (column, value, reason) each.

    ``repeat`` names a column of serial numbers: faulty rows then get numbers of their own, and some sound rows are
    repeated with theirs.
    """
    extra, after = _faulty_copies(rng, rows, faults)
    if repeat is None:
        return _insert(rows, extra, after, faults)
    extra = extra.with_columns(pl.Series(repeat, [str(len(rows) + 1 + i) for i in range(len(extra))]))
    again = [int(i) for i in np.sort(rng.choice(len(rows), min(DUPLICATES, len(rows)), replace=False))]
    doubles = [(repeat, str(rows[repeat][i]), "Satznummer doppelt") for i in again]
    return _insert(rows, pl.concat([extra, rows[again]]), after + again, faults + doubles)


def soil_counted_rows(rng: np.random.Generator, rows: pl.DataFrame, year: int) -> tuple[pl.DataFrame, list[Planted]]:
    """Faulty rows among the counted ones."""
    return soil(rng, rows, _counted_faults(year))
