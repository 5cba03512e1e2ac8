"""Control totals: the total rows of an area table against the sum of their areas and what is not attributable.

A withheld cell with known bounds (the agency's ``*``: 1 to 9) enters a sum as an interval.
"""

from __future__ import annotations

import math

import polars as pl

from etl.intake.arearows import AREA, KIND
from etl.intake.areatable import AT_LEAST, AT_MOST, CODE, PERIOD, STATUS, VALUE
from etl.intake.csvtable import LINE
from etl.intake.outcome import ControlTotal
from etl.intake.units import Above
from etl.intake.wording import thousands
from etl.warehouse.models import STATUS as STATUS_WORDS

TOLERANCE = 1e-6
UNIT, PLACE = "unit_id", "§place"
"""Columns: the unit of an area row; the unit that a total row speaks of."""
_LOW, _HIGH, _HIDDEN, _ROW = "§low", "§high", "§hidden", "§row"
_CELL = [PERIOD, CODE]


def worst_status(cells: pl.DataFrame, by: list[str]) -> pl.DataFrame:
    """Cells summed by ``by``; one without a number makes the sum one without a number, with the worst status.

    The bounds of such a sum are the sums of the bounds; unknown where one of them is.
    """
    rank = pl.col(STATUS).replace_strict(list(STATUS_WORDS), list(range(len(STATUS_WORDS))), return_dtype=pl.Int32)
    low, high = pl.coalesce(VALUE, AT_LEAST), pl.coalesce(VALUE, AT_MOST)
    summed = cells.group_by(by, maintain_order=True).agg(
        pl.col(VALUE).sum(),
        pl.col(VALUE).is_null().sum().alias(_HIDDEN),
        rank.max().alias("§rank"),
        pl.when(low.is_not_null().all()).then(low.sum()).alias(AT_LEAST),
        pl.when(high.is_not_null().all()).then(high.sum()).alias(AT_MOST),
    )
    status = pl.col("§rank").replace_strict(list(range(len(STATUS_WORDS))), list(STATUS_WORDS), return_dtype=pl.String)
    known = pl.col(_HIDDEN) == 0
    return summed.with_columns(
        pl.when(known).then(VALUE).alias(VALUE),
        pl.when(~known).then(AT_LEAST).alias(AT_LEAST),
        pl.when(~known).then(AT_MOST).alias(AT_MOST),
        status.alias(STATUS),
    )


def _bounded(cells: pl.DataFrame, negative: tuple[str, ...]) -> pl.DataFrame:
    """Add the bounds of every cell: its value, what its sign says, or anything from zero on (balances: anything)."""
    floor = pl.when(pl.col(CODE).is_in(list(negative))).then(-math.inf).otherwise(0.0)
    return cells.with_columns(
        pl.coalesce(VALUE, AT_LEAST, floor).alias(_LOW),
        pl.coalesce(VALUE, AT_MOST, pl.lit(math.inf)).alias(_HIGH),
        pl.col(VALUE).is_null().cast(pl.Int64).alias(_HIDDEN),
    )


def _sums(cells: pl.DataFrame, by: list[str]) -> pl.DataFrame:
    return cells.group_by(by).agg(
        pl.col(_LOW).sum(), pl.col(_HIGH).sum(), pl.col(_HIDDEN).sum(), pl.col(VALUE).sum().alias("§known")
    )


def _inside(above: Above) -> pl.DataFrame:
    pairs = [(place, unit) for place, units in above.inside.items() for unit in units]
    return pl.DataFrame(pairs, schema={PLACE: pl.Int32, UNIT: pl.Int32}, orient="row")


def control_totals(
    cells: pl.DataFrame, above: Above, names: dict[int, str], incomplete: set[str], negative: tuple[str, ...] = ()
) -> tuple[list[ControlTotal], pl.DataFrame]:
    """Compare every total row; returns the results, and the total rows that nothing contradicts.

    ``cells`` carry UNIT (area rows) and PLACE (total rows: the unit they sum up); ``names`` are those of the units.
    ``incomplete``: periods of which rows were rejected, whose sums need not be met. A sum whose lower bound exceeds the
    total is wrong whatever is withheld. The city is compared with its parts' totals, where there are such and they are
    right, instead of with withheld cells.
    """
    bounded = _bounded(cells, negative)
    totals = bounded.filter(pl.col(KIND).is_in(["total", "part"])).unique([PLACE, KIND, *_CELL], maintain_order=True)
    totals = totals.with_row_index(_ROW)
    areas = bounded.filter(pl.col(KIND) == "unit")
    own = areas.with_columns(pl.col(UNIT).alias(PLACE))
    nested = areas.drop(PLACE).join(_inside(above), on=UNIT).select(own.columns)
    sums = _sums(pl.concat([own, nested]), [PLACE, *_CELL])
    results = _compared(totals.filter(pl.col(KIND) == "part"), sums, names, incomplete)
    fine = totals.filter(pl.col(_ROW).is_in([row for row, result in results if result.state != "not_met"]))
    city_sums = _sums(_city_parts(bounded, areas, fine, above), _CELL)
    results += _compared(totals.filter(pl.col(KIND) == "total"), city_sums, names, incomplete)
    uncontradicted = totals.filter(pl.col(_ROW).is_in([row for row, result in results if result.state != "not_met"]))
    return sorted((r for _, r in results), key=lambda t: (t.period, t.column, t.area)), uncontradicted.drop(_ROW)


def _city_parts(bounded: pl.DataFrame, areas: pl.DataFrame, fine: pl.DataFrame, above: Above) -> pl.DataFrame:
    """What makes up the city: totals of its largest parts, areas outside of them, and what is not attributable."""
    places = [p for p in fine[PLACE].unique() if p in above.inside and p != above.city]
    largest = [p for p in places if not any(above.inside[p] < above.inside[q] for q in places)]
    parts = fine.filter(pl.col(PLACE).is_in(largest) & pl.col(VALUE).is_not_null())
    covered = parts.select(PLACE, *_CELL).join(_inside(above), on=PLACE).select(UNIT, *_CELL)
    rest = areas.join(covered, on=[UNIT, *_CELL], how="anti")
    unlocated = bounded.filter(pl.col(KIND) == "unlocated")
    return pl.concat([rest, unlocated, parts.select(rest.columns)])


def _compared(
    totals: pl.DataFrame, sums: pl.DataFrame, names: dict[int, str], incomplete: set[str]
) -> list[tuple[int, ControlTotal]]:
    """Number of the total row and what came of it; withheld totals without an upper bound say nothing."""
    on = [PLACE, *_CELL] if PLACE in sums.columns else _CELL
    joined = totals.join(sums, on=on, how="left", suffix="_sum", maintain_order="left")
    out = []
    for row in joined.filter(pl.col(_HIGH).is_finite()).sort(PERIOD, CODE, LINE).iter_rows(named=True):
        total = (float(row[_LOW]), float(row[_HIGH]))
        summed = (float(row[f"{_LOW}_sum"] or 0.0), float(row[f"{_HIGH}_sum"] or 0.0))
        hidden, known = int(row[f"{_HIDDEN}_sum"] or 0), float(row["§known"] or 0.0)
        area = "" if row[KIND] == "total" else names.get(row[PLACE], str(row[AREA]))
        complete = row[PERIOD] not in incomplete
        result = _judged(row[PERIOD], row[CODE], area, total, summed, known, hidden, complete)
        out.append((int(row[_ROW]), result))
    return out


def _judged(  # noqa: PLR0917
    period: str,
    column: str,
    area: str,
    total: tuple[float, float],
    summed: tuple[float, float],
    known: float,
    hidden: int,
    complete: bool,
) -> ControlTotal:
    low, high = summed
    slack = TOLERANCE * max(1.0, abs(total[1]))
    shown = total[1]
    exact = hidden == 0 and total[0] == total[1]
    if exact and (complete or abs(shown - known) <= slack):
        state = "met" if abs(shown - known) <= slack else "not_met"
        return ControlTotal(period, column, shown, known, state, area=area)  # type: ignore[arg-type]
    bounds = {"area": area, "least": low, "most": None if math.isinf(high) else high}
    if low > total[1] + slack:
        note = "die Summe der genannten Werte ist schon größer" if math.isinf(high) else _span(low, high, hidden)
        return ControlTotal(period, column, shown, known if math.isinf(high) else low, "not_met", note, **bounds)  # type: ignore[arg-type]
    if not complete:
        return ControlTotal(period, column, shown, None, "not_checkable", "Zeilen abgelehnt", **bounds)  # type: ignore[arg-type]
    if math.isinf(high):
        return ControlTotal(period, column, shown, None, "not_checkable", f"{hidden} Werte ohne Zahl", **bounds)  # type: ignore[arg-type]
    if high < total[0] - slack:
        return ControlTotal(period, column, shown, high, "not_met", _span(low, high, hidden), **bounds)  # type: ignore[arg-type]
    return ControlTotal(period, column, shown, None, "met", _span(low, high, hidden), **bounds)  # type: ignore[arg-type]


def _span(low: float, high: float, hidden: int) -> str:
    withheld = f", {hidden} Werte zurückgehalten" if hidden else ""
    return f"die Summe liegt zwischen {thousands(low)} und {thousands(high)}{withheld}"
