"""An area table into the database: units looked up, control totals compared, counts written."""

from __future__ import annotations

import polars as pl
from sqlalchemy import Connection

from etl.catalogue import AreaForm, Catalogue, Source
from etl.catalogue.sources import FileFormat
from etl.errors import InputError, InputProblem
from etl.intake import counting, parquet, periods, workbook
from etl.intake.archive import Delivered
from etl.intake.areatable import (
    AREA,
    CODE,
    COLUMN,
    KIND,
    PERIOD,
    STATUS,
    VALUE,
    AreaValues,
    read_area_values,
)  # fmt: skip
from etl.intake.control import control_totals, worst_status
from etl.intake.copy import copy_in
from etl.intake.csvtable import LINE, batches
from etl.intake.outcome import DeliveryOutcome
from etl.intake.rejects import Rejects
from etl.intake.units import Units, find_units

UNIT = "unit_id"
MAX_NAMED = 8


def table(delivered: Delivered, layout: FileFormat, names: tuple[str, ...], rejects: Rejects) -> pl.DataFrame:
    """All rows below the header as text with their line."""
    if delivered.kind == "xlsx":
        return workbook.rows(delivered, layout, names)
    if delivered.kind == "parquet":
        return parquet.rows(delivered, layout, names)
    frames = [pl.DataFrame(schema={**dict.fromkeys(names, pl.String), LINE: pl.Int64})]
    for batch in batches(delivered.path, layout, names, delivered.name):
        frames.append(batch.frame)
        rejects.add_rows([(r.line, None, None, r.reason) for r in batch.ragged])
    return pl.concat(frames)


def _place(values: AreaValues, units: Units, form: AreaForm) -> pl.DataFrame:
    """Cells with their unit; unknown areas and repeated cells go to the rejects."""
    area = pl.col(AREA).replace_strict(units.by, default=None, return_dtype=pl.Int32)
    cells = values.cells.with_columns(pl.when(pl.col(KIND) == "unit").then(area).alias(UNIT))
    unknown = cells.filter((pl.col(KIND) == "unit") & pl.col(UNIT).is_null())
    if form.area.elsewhere == "ignore":
        values.ignored += unknown[LINE].n_unique()
    else:
        heading = form.area.column or "Gitterzelle"
        first = unknown.unique(LINE, keep="first", maintain_order=True)
        rows = [(n, heading, w, units.fault(w)) for n, w in first.select(LINE, AREA).iter_rows()]
        values.rejects.add_rows(rows)
    cells = cells.filter((pl.col(KIND) != "unit") | pl.col(UNIT).is_not_null())
    place = [AREA, KIND, PERIOD, CODE]
    earlier = cells.with_columns(
        pl.col(LINE).min().over(place).alias("§first"), pl.col(COLUMN).first().over(place).alias("§col")
    )
    again = earlier.filter((pl.col(LINE) > pl.col("§first")) | (pl.col(COLUMN) != pl.col("§col")))
    text = "dieses Gebiet kommt für denselben Zeitraum und dasselbe Merkmal schon in Zeile "
    values.rejects.add(
        again.unique(LINE, keep="first", maintain_order=True).select(
            line=pl.col(LINE),
            column=pl.lit(form.area.column or "Gitterzelle"),
            value=pl.col(AREA),
            reason=pl.lit(text) + pl.col("§first").cast(pl.String) + pl.lit(" vor"),
        )
    )
    wrong = values.rejects.table()["line"].unique()
    return cells.filter(~pl.col(LINE).is_in(wrong.implode()))


def take_in_areas(  # noqa: PLR0917
    connection: Connection,
    catalogue: Catalogue,
    source: Source,
    form: AreaForm,
    delivered: Delivered,
    names: tuple[str, ...],
    outcome: DeliveryOutcome,
) -> Rejects:
    """Read, judge and store an area table; fills ``outcome`` and returns the rejects.

    Raises InputError where the file as a whole is refused, SetupError where no boundaries are loaded.
    """
    rejects = Rejects()
    frame = table(delivered, form.format, names, rejects)
    values = read_area_values(frame, names, source, form, outcome.reference_date, rejects)
    words = set(values.cells.filter(pl.col(KIND) == "unit")[AREA].unique())
    units = find_units(connection, form.level, form.area.by == "name", words, outcome.reference_date)
    cells = _place(values, units, form)
    wrong = rejects.table()["line"].n_unique()
    outcome.read, outcome.ignored = values.read, min(values.ignored, values.read)
    outcome.accepted = max(0, outcome.read - outcome.ignored - wrong)
    useful = cells.filter(pl.col(KIND) != "total")
    rejects.refuse(delivered.name, outcome.read, outcome.accepted)
    if useful.is_empty():
        reason = "keine Zeile betrifft ein Gebiet dieses Gebietsstands"
        raise InputError(InputProblem(delivered.name, reason))
    outcome.unlocated = useful.filter(pl.col(KIND) == "unlocated")[LINE].n_unique()
    outcome.warnings += values.warnings
    outcome.totals = control_totals(cells, complete=wrong == 0)
    present = {values.periods[p] for p in useful[PERIOD].unique() if p in values.periods}
    periods.store(connection, present)
    outcome.periods = sorted(p.code for p in present)
    _warn_missing(useful, units, form, outcome)
    outcome.counts_written = _write(connection, catalogue, source, useful, outcome)
    return rejects


def _warn_missing(useful: pl.DataFrame, units: Units, form: AreaForm, outcome: DeliveryOutcome) -> None:
    """Areas without any row; files for grids name inhabited cells only."""
    if form.area.grid is not None:
        return
    present = set(useful[UNIT].drop_nulls().unique())
    missing = [name for unit, name in units.names.items() if unit not in present]
    if missing:
        shown = ", ".join(missing[:MAX_NAMED]) + (" …" if len(missing) > MAX_NAMED else "")
        outcome.warnings.append(f"ohne Zeile in der Datei: {shown}")


def _write(
    connection: Connection, catalogue: Catalogue, source: Source, useful: pl.DataFrame, outcome: DeliveryOutcome
) -> int:
    """Write counts for every measure of a column code; what is not attributable is one count a period and measure."""
    measures = [m for m in catalogue.measures_of(source.code) if m.column is not None]
    wanted = counting.area_columns(connection, tuple(measures)).rename({"code": CODE})
    unused = sorted(set(useful[CODE].unique()) - set(wanted[CODE]))
    if unused:
        outcome.warnings.append(f"keine Messgröße verwendet die Spalten {', '.join(unused)}")
    unlocated = worst_status(useful.filter(pl.col(KIND) == "unlocated"), [PERIOD, CODE])
    counts = pl.concat(
        [
            useful.filter(pl.col(KIND) == "unit").select(PERIOD, CODE, UNIT, VALUE, STATUS),
            unlocated.select(PERIOD, CODE, pl.lit(None, dtype=pl.Int32).alias(UNIT), VALUE, STATUS),
        ]
    )
    rows = counts.join(wanted, on=CODE, how="inner").select(
        pl.lit(outcome.delivery, dtype=pl.Int32).alias("delivery_id"),
        "measure_id",
        "group_code",
        pl.col(PERIOD).alias("period"),
        UNIT,
        pl.col(VALUE).alias("value"),
        pl.col(STATUS).alias("status"),
    )
    copy_in(connection, ("warehouse", "count"), rows)
    return len(rows)
