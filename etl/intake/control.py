"""Control totals: the total rows of an area table against the sum of its areas and what is not attributable."""

from __future__ import annotations

import polars as pl

from etl.intake.areatable import CODE, KIND, PERIOD, STATUS, VALUE
from etl.intake.csvtable import LINE
from etl.intake.outcome import ControlTotal
from etl.warehouse.models import STATUS as STATUS_WORDS

TOLERANCE = 1e-6


def worst_status(cells: pl.DataFrame, by: list[str]) -> pl.DataFrame:
    """Cells summed by ``by``; one without a number makes the sum one without a number, with the worst status."""
    rank = pl.col(STATUS).replace_strict(list(STATUS_WORDS), list(range(len(STATUS_WORDS))), return_dtype=pl.Int32)
    summed = cells.group_by(by, maintain_order=True).agg(
        pl.col(VALUE).sum(),
        pl.col(VALUE).is_null().sum().alias("§hidden"),
        rank.max().alias("§rank"),
    )
    status = pl.col("§rank").replace_strict(list(range(len(STATUS_WORDS))), list(STATUS_WORDS), return_dtype=pl.String)
    return summed.with_columns(pl.when(pl.col("§hidden") == 0).then(VALUE).alias(VALUE), status.alias(STATUS))


def control_totals(cells: pl.DataFrame, *, complete: bool) -> list[ControlTotal]:
    """Compare every total row; ``complete``: no row was rejected, so that the sum speaks of the whole file.

    A sum that already exceeds the total is wrong even where cells are withheld.
    """
    totals = cells.filter((pl.col(KIND) == "total") & pl.col(VALUE).is_not_null())
    totals = totals.unique([PERIOD, CODE], keep="first", maintain_order=True)
    parts = (
        cells.filter(pl.col(KIND) != "total")
        .group_by(PERIOD, CODE)
        .agg(pl.col(VALUE).sum().alias("§sum"), pl.col(VALUE).is_null().sum().alias("§hidden"))
    )
    out = []
    compared = totals.join(parts, on=[PERIOD, CODE], how="left").sort(PERIOD, CODE, LINE)
    for row in compared.iter_rows(named=True):
        total, summed, hidden = float(row[VALUE]), float(row["§sum"] or 0.0), int(row["§hidden"] or 0)
        if complete and hidden == 0:
            met = abs(total - summed) <= TOLERANCE * max(1.0, abs(total))
            out.append(ControlTotal(row[PERIOD], row[CODE], total, summed, "met" if met else "not_met"))
        elif summed > total + TOLERANCE * max(1.0, abs(total)):
            note = "die Summe der genannten Werte ist schon größer"
            out.append(ControlTotal(row[PERIOD], row[CODE], total, summed, "not_met", note))
        else:
            why = f"{hidden} Werte ohne Zahl" if hidden else "Zeilen abgelehnt"
            out.append(ControlTotal(row[PERIOD], row[CODE], total, None, "not_checkable", why))
    return out
