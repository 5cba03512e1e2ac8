"""Record files (persons or counted rows) validated column by column and reduced to place × cell, batch by batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import polars as pl

from etl.catalogue import RecordForm
from etl.intake import checks
from etl.intake.checks import Check
from etl.intake.csvtable import LINE, Batch, batches
from etl.intake.header import tidy
from etl.intake.rejects import Rejects

PLACE, PERSONS, ROWS = "§place", "§persons", "§rows"
PART = "\x1f"
"""Joins the parts of an address as delivered; no file contains it."""


@dataclass
class RecordCounts:
    """What a record file holds, nothing finer than place × dimension cell.

    ``counts``: place (the address parts or block key as delivered, joined by ``PART``), one column a dimension,
    persons, rows. The places serve to locate and are dropped with this object.
    """

    counts: pl.DataFrame
    dimensions: tuple[str, ...]
    rejects: Rejects
    read: int = 0
    ignored: int = 0
    accepted: int = 0
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Plan:
    """All expressions of a form, built once a file."""

    place: pl.Expr
    dimensions: dict[str, Check]
    others: list[Check]
    ignored: pl.Expr
    persons: pl.Expr
    unique: str | None

    @property
    def checks(self) -> list[Check]:
        return [*self.dimensions.values(), *self.others]


def _plan(form: RecordForm, at: date) -> _Plan:
    dimensions = {code: checks.dimension(code, d, at) for code, d in form.dimensions.items()}
    ignored, others = checks.left_out(form.keep, form.keep_known)
    persons = pl.lit(1, dtype=pl.Int32)
    if form.count is not None:
        counted = checks.count(form.count, form.format)
        others.append(counted)
        if counted.value is not None:
            persons = counted.value
    if form.reference_date is not None:
        others.append(checks.reference_date(form.reference_date, at))
    columns = form.location.address or (form.location.block or "",)
    place = pl.concat_str([pl.col(tidy(c)) for c in columns], separator=PART)
    unique = tidy(form.unique) if form.unique else None
    return _Plan(place, dimensions, others, ignored, persons, unique)


def read_records(  # noqa: PLR0917
    path: Path,
    form: RecordForm,
    names: tuple[str, ...],
    at: date,
    file: str,
    progress: Callable[[int], None] | None = None,
) -> RecordCounts:
    """Read and judge a whole record file; wrong rows go to ``rejects``, rows left out on purpose are only counted.

    ``names`` are the tidied headings, ``at`` the reference date. Raises InputError for faults of the file as a whole.
    """
    plan = _plan(form, at)
    used = [n for n in names if n in _used_columns(form)]
    result = RecordCounts(pl.DataFrame(), tuple(plan.dimensions), Rejects())
    parts: list[pl.DataFrame] = []
    seen: list[pl.DataFrame] = []
    source = batches(path, form.format, names, file, frozenset(used))
    for batch in _with_duplicates(source, plan.unique, used, seen):
        result.read += len(batch.frame) + len(batch.ragged)
        result.rejects.add_rows([(r.line, None, None, r.reason) for r in batch.ragged])
        part, ignored, accepted = _judge(batch.frame, plan, result.rejects)
        parts.append(part)
        result.ignored += ignored
        result.accepted += accepted
        if progress is not None:
            progress(len(batch.frame))
    result.rejects.refuse(file, result.read, result.accepted)
    result.counts = pl.concat(parts)
    return result


def _used_columns(form: RecordForm) -> set[str]:
    columns = {d.column for d in form.dimensions.values()} | set(form.location.address) | set(form.keep)
    columns |= {c for c in (form.location.block, form.count, form.unique, form.reference_date) if c is not None}
    return {tidy(c) for c in columns}


_FIRST = "§first"


def _with_duplicates(
    source: Iterator[Batch], unique: str | None, used: list[str], seen: list[pl.DataFrame]
) -> Iterator[Batch]:
    """Batches with the line of the first occurrence of a repeated serial number, over all batches so far."""
    for batch in source:
        frame = batch.frame.select(*used, LINE)
        if unique is not None:
            numbers = frame.select(unique, LINE)
            first = pl.concat([*seen, numbers]).group_by(unique).agg(pl.col(LINE).min().alias(_FIRST))
            if not (len(first) == len(numbers) and not seen):
                frame = frame.join(first, on=unique, how="left", maintain_order="left")
                frame = frame.with_columns(pl.when(pl.col(_FIRST) < pl.col(LINE)).then(pl.col(_FIRST)).alias(_FIRST))
            else:
                frame = frame.with_columns(pl.lit(None, dtype=pl.Int64).alias(_FIRST))
            seen.append(numbers)
        yield Batch(frame, batch.ragged)


def _judge(frame: pl.DataFrame, plan: _Plan, rejects: Rejects) -> tuple[pl.DataFrame, int, int]:
    """Counts by place and cell of the right rows, and the numbers of rows ignored and accepted."""
    all_checks = list(plan.checks)
    if plan.unique is not None:
        text = pl.lit("kommt mehrfach vor, zuerst in Zeile ") + pl.col(_FIRST).cast(pl.String)
        empty = pl.col(plan.unique) == ""
        reason = pl.when(empty).then(pl.lit("die Nummer fehlt")).otherwise(text)
        all_checks.append(Check(plan.unique, pl.col(_FIRST).is_null() & ~empty, reason))
    right = pl.all_horizontal(*(c.right.fill_null(value=False) for c in all_checks))
    values = [c.value.alias(f"§dim_{code}") for code, c in plan.dimensions.items() if c.value is not None]
    judged = frame.with_columns(*values, plan.ignored.alias("§ignored"), plan.place.alias(PLACE), right.alias("§right"))
    # only a correct row is left out on purpose; a wrong one is wrong whatever the mapping wants of it
    bad = judged.filter(~pl.col("§right"))
    ignored = int((judged["§right"] & judged["§ignored"]).sum())
    for check in all_checks if len(bad) else ():
        wrong = bad.filter(~check.right.fill_null(value=False))
        rejects.add(
            wrong.select(
                pl.col(LINE).alias("line"),
                pl.lit(check.column).alias("column"),
                pl.col(check.column).alias("value"),
                check.reason.cast(pl.String).alias("reason"),
            )
        )
    if len(bad) or ignored:
        judged = judged.filter(pl.col("§right") & ~pl.col("§ignored"))
    columns = [pl.col(f"§dim_{code}").alias(code) for code in plan.dimensions]
    part = judged.select(PLACE, *columns, plan.persons.alias(PERSONS))
    return part, ignored, len(part)
