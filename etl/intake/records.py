"""Record files (persons or counted rows) judged column by column, batch by batch; only what is right goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

import polars as pl

from etl.catalogue import RecordForm
from etl.intake import checks, repeated
from etl.intake.archive import Delivered
from etl.intake.checks import Check
from etl.intake.csvtable import LINE
from etl.intake.header import tidy
from etl.intake.periods import Period
from etl.intake.rejects import Rejects
from etl.intake.rows import row_batches

PLACE, PERSONS = "§place", "§persons"
PART = "\x1f"
"""Joins the parts of an address as delivered; no file contains it."""

REMEMBERED = 16 * 1024**2
"""Size of a file, in bytes, up to which all its serial numbers are remembered; a larger one is gone through before."""

_IGNORED, _RIGHT = "§ignored", "§right"


@dataclass
class Tally:
    """Rows of the file so far: each is rejected, ignored (left out on purpose) or accepted."""

    read: int = 0
    ignored: int = 0
    accepted: int = 0


@dataclass(frozen=True)
class _Plan:
    """All expressions of a form, built once a file."""

    places: tuple[pl.Expr, ...]
    dimensions: dict[str, Check]
    others: list[Check]
    ignored: pl.Expr
    leaves_out: bool
    persons: pl.Expr
    unique: str | None

    @property
    def checks(self) -> list[Check]:
        return [*self.dimensions.values(), *self.others]


def _place(columns: tuple[str, ...]) -> pl.Expr:
    return pl.concat_str([pl.col(tidy(c)) for c in columns], separator=PART)


def _plan(form: RecordForm, at: date, period: Period) -> _Plan:
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
    if form.event_date is not None:
        others.append(checks.event_date(form.event_date, period.start, period.end, period.code))
    places = [_place(form.location.address or (form.location.block or "",))]
    if form.moves is not None:
        places.append(_place(form.moves.origin))
    unique = tidy(form.unique) if form.unique else None
    return _Plan(tuple(places), dimensions, others, ignored, bool(form.keep), persons, unique)


def _used_columns(form: RecordForm) -> frozenset[str]:
    columns = {d.column for d in form.dimensions.values()} | set(form.location.address) | set(form.keep)
    columns |= set(form.moves.origin) if form.moves else set()
    single = (form.location.block, form.count, form.unique, form.reference_date, form.event_date)
    return frozenset(tidy(c) for c in (*columns, *(c for c in single if c is not None)))


def read_records(  # noqa: PLR0917
    delivered: Delivered,
    form: RecordForm,
    names: tuple[str, ...],
    at: date,
    period: Period,
    rejects: Rejects,
    tally: Tally,
    progress: Callable[[int], None],
) -> Iterator[pl.DataFrame]:
    """The right rows of a record file in batches: ``PLACE``, a column a dimension, ``PERSONS`` and ``LINE``.

    ``PLACE`` is the address (its parts joined by ``PART``) or block key as delivered. A move within the city makes two
    rows of the same line, at its target and at its origin. ``names``: tidied headings, ``at``: reference date. Wrong
    rows go to ``rejects``, numbers of rows to ``tally``. Raises InputError for faults of the file as a whole.
    """
    plan = _plan(form, at, period)
    used = _used_columns(form)
    numbers = None
    if plan.unique is not None:
        large = delivered.kind == "csv" and delivered.path.stat().st_size > REMEMBERED
        lazily = lambda: row_batches(delivered, form.format, names, frozenset({str(plan.unique)}))  # noqa: E731
        numbers = repeated.Numbers(plan.unique, repeated.suspects(lazily, plan.unique) if large else None)
    for rows in row_batches(delivered, form.format, names, used):
        tally.read += rows.read
        rejects.add_rows(rows.faults)
        frame = rows.frame if numbers is None else numbers.with_first(rows.frame)
        kept = _judge(frame, plan, rejects, tally)
        yield kept if form.moves is None else _two_places(kept, form)
        progress(rows.read)
    rejects.refuse(delivered.name, tally.read, tally.accepted)


def _judge(frame: pl.DataFrame, plan: _Plan, rejects: Rejects, tally: Tally) -> pl.DataFrame:
    """The right rows that are not left out, with their places, values and persons."""
    all_checks = list(plan.checks)
    if plan.unique is not None:
        all_checks.append(repeated.check(plan.unique))
    right = pl.all_horizontal(*(c.right.fill_null(value=False) for c in all_checks))
    values = [c.value.alias(f"§dim_{code}") for code, c in plan.dimensions.items() if c.value is not None]
    marks = [pl.lit(value=True).alias(_RIGHT) if not all_checks else right.alias(_RIGHT)]
    if plan.leaves_out:
        marks.append(plan.ignored.alias(_IGNORED))
    places = [place.alias(f"{PLACE}{n}") for n, place in enumerate(plan.places)]
    judged = frame.with_columns(*values, *places, *marks, plan.persons.alias(PERSONS))
    if not judged[_RIGHT].all():
        _reject(judged.filter(~pl.col(_RIGHT)), all_checks, rejects)
        judged = judged.filter(_RIGHT)
    if plan.leaves_out:
        # only a correct row is left out on purpose; a wrong one is wrong whatever the mapping wants of it
        right_rows = len(judged)
        judged = judged.filter(~pl.col(_IGNORED))
        tally.ignored += right_rows - len(judged)
    tally.accepted += len(judged)
    columns = [pl.col(f"§dim_{code}").alias(code) for code in plan.dimensions]
    named = [pl.col(f"{PLACE}0").alias(PLACE), *(pl.col(f"{PLACE}{n}") for n in range(1, len(places)))]
    return judged.select(*named, *columns, PERSONS, LINE)


def _reject(bad: pl.DataFrame, all_checks: list[Check], rejects: Rejects) -> None:
    """Every fault of every wrong row."""
    faults = []
    for check in all_checks:
        wrong = bad.filter(~check.right.fill_null(value=False))
        faults.append(
            wrong.select(
                pl.col(LINE).alias("line"),
                pl.lit(check.column).alias("column"),
                pl.col(check.column).alias("value"),
                check.reason.cast(pl.String).alias("reason"),
            )
        )
    rejects.add(pl.concat(faults))


def _two_places(kept: pl.DataFrame, form: RecordForm) -> pl.DataFrame:
    """Events at their places: a move within the city arrives at its target and leaves its origin."""
    moves = form.moves
    if moves is None:
        return kept
    event, origin = pl.col(moves.event), pl.col(f"{PLACE}1")
    within = event == moves.within
    arrived = kept.with_columns(
        pl.when(within).then(pl.lit(moves.arrives)).otherwise(event).alias(moves.event),
        pl.when(event.is_in(list(moves.origin_only))).then(origin).otherwise(pl.col(PLACE)).alias(PLACE),
    )
    left = kept.filter(within).with_columns(pl.lit(moves.leaves).alias(moves.event), origin.alias(PLACE))
    return pl.concat([arrived, left]).drop(f"{PLACE}1")
