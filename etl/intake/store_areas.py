"""An area table into the database: units looked up, control totals and published rates compared, counts written."""

from __future__ import annotations

import polars as pl
from sqlalchemy import Connection

from etl.catalogue import AreaForm, Catalogue, Source
from etl.errors import InputError, InputProblem
from etl.intake import counting, periods
from etl.intake.archive import Delivered
from etl.intake.arearows import AREA, KIND, WORD
from etl.intake.areatable import (
    AT_LEAST,
    AT_MOST,
    CODE,
    COLUMN,
    PERIOD,
    STATUS,
    VALUE,
    AreaValues,
    read_area_values,
)  # fmt: skip
from etl.intake.control import PLACE, UNIT, control_totals, worst_status
from etl.intake.copy import copy_in
from etl.intake.csvtable import LINE
from etl.intake.header import tidy
from etl.intake.outcome import DeliveryOutcome, Remark
from etl.intake.rates import Rates
from etl.intake.rejects import Rejects
from etl.intake.tablefile import metadata, read_table
from etl.intake.units import Above, Units, find_above, find_units
from etl.intake.wording import counted, similar

MAX_NAMED = 8


def _place(values: AreaValues, units: Units, above: Above, form: AreaForm) -> pl.DataFrame:
    """Cells with their unit, total rows with the unit they sum up; unknown areas and repeats go to the rejects."""
    heading = form.area.column or "Gitterzelle"
    area = pl.col(AREA).replace_strict(units.by, default=None, return_dtype=pl.Int32)
    # the total of a part: a unit above the table's level, else the area itself
    part = pl.col(AREA).replace_strict({**units.by, **above.by_key}, default=None, return_dtype=pl.Int32)
    placed = (
        pl.when(pl.col(KIND) == "unit").then(area).alias(UNIT),
        pl.when(pl.col(KIND) == "part").then(part).when(pl.col(KIND) == "total").then(above.city or -1).alias(PLACE),
    )
    cells, values.rates = values.cells.with_columns(placed), values.rates.with_columns(placed)
    known = pl.when(pl.col(KIND) == "part").then(pl.col(PLACE)).otherwise(pl.col(UNIT)).is_not_null()
    is_known = known | pl.col(KIND).is_in(["unlocated", "total"])
    everything = pl.concat([cells, values.rates])
    unknown = everything.filter(~is_known).unique(LINE, keep="first", maintain_order=True)
    if form.area.elsewhere == "ignore":
        values.ignored += len(unknown)
    else:
        words = (*form.area.rename, *form.area.unlocated, *form.area.total, *form.area.skip)
        rows = [(n, heading, w, units.fault(a, words)) for n, w, a in unknown.select(LINE, WORD, AREA).iter_rows()]
        values.rejects.add_rows(rows)
        values.harmless |= _lines_of_zeros(cells.filter(~is_known))
    cells, values.rates = cells.filter(is_known), values.rates.filter(is_known)
    cells = _without_repeats(cells, values, form)
    right = ~pl.col(LINE).is_in(values.rejects.table()["line"].unique().implode())
    values.rates = values.rates.filter(right)
    return cells.filter(right)


def _lines_of_zeros(cells: pl.DataFrame) -> set[int]:
    lines = cells.group_by(LINE).agg((pl.col(VALUE) == 0).fill_null(value=False).all().alias("§zeros"))
    return set(lines.filter(pl.col("§zeros"))[LINE])


def _without_repeats(cells: pl.DataFrame, values: AreaValues, form: AreaForm) -> pl.DataFrame:
    """The same area, period and column twice: the last one where the form says so, else a fault."""
    place = [AREA, KIND, PERIOD, CODE]
    if form.repeated == "last":
        kept = cells.unique(place, keep="last", maintain_order=True)
        values.rates = values.rates.unique(place, keep="last", maintain_order=True)
        if len(kept) < len(cells):
            number = counted(len(cells) - len(kept), "Wert kommt", "Werte kommen")
            values.warnings.append(f"{number} mehrfach vor; wie vereinbart gilt der letzte")
        return kept
    earlier = cells.with_columns(
        pl.col(LINE).min().over(place).alias("§first"),
        pl.col(COLUMN).first().over(place).alias("§col"),
        (
            pl.col(VALUE).eq_missing(pl.col(VALUE).first().over(place))
            & (pl.col(STATUS) == pl.col(STATUS).first().over(place))
        )
        .all()
        .over(LINE)
        .alias("§same"),
    )
    again = earlier.filter((pl.col(LINE) > pl.col("§first")) | (pl.col(COLUMN) != pl.col("§col")))
    values.harmless |= set(again.filter(pl.col("§same"))[LINE])
    text = "dieses Gebiet kommt für denselben Zeitraum und dasselbe Merkmal schon in Zeile "
    values.rejects.add(
        again.unique(LINE, keep="first", maintain_order=True).select(
            line=pl.col(LINE),
            column=pl.lit(form.area.column or "Gitterzelle"),
            value=pl.col(WORD),
            reason=pl.lit(text) + pl.col("§first").cast(pl.String) + pl.lit(" vor"),
        )
    )
    return cells


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
    frame, remarks = read_table(delivered, form, names, rejects)
    values = read_area_values(frame, names, source, form, outcome.reference_date, rejects)
    words = {w for part in (values.cells, values.rates) for w in part.filter(pl.col(KIND) == "unit")[AREA].unique()}
    units = find_units(connection, form.level, form.area.by == "name", words, outcome.reference_date)
    above = find_above(connection, units)
    cells = _place(values, units, above, form)
    wrong = rejects.table()["line"].n_unique()
    outcome.read, outcome.ignored = values.read, min(values.ignored, values.read)
    outcome.accepted = max(0, outcome.read - outcome.ignored - wrong)
    rejects.refuse(delivered.name, outcome.read, outcome.accepted)
    useful = cells.filter(pl.col(KIND).is_in(["unit", "unlocated"]))
    rates = values.rates.filter(pl.col(KIND).is_in(["unit", "unlocated"]))
    if useful.is_empty() and rates.is_empty():
        reason = "keine Zeile betrifft ein Gebiet dieses Gebietsstands"
        raise InputError(InputProblem(delivered.name, reason))
    said = pl.concat([useful, rates])
    outcome.unlocated = said.filter(pl.col(KIND) == "unlocated")[LINE].n_unique()
    outcome.remarks = [*_notes(delivered, form, outcome), *remarks, *values.remarks]
    outcome.warnings += values.warnings + _without_rates(form, names)
    known = {**units.names, **above.names}
    outcome.totals, totals = control_totals(cells, above, known, _incomplete(values), form.negative)
    outcome.rates = Rates(connection, catalogue, form, known).results(cells, values.rates)
    present = {values.periods[p] for p in said[PERIOD].unique() if p in values.periods}
    periods.store(connection, present)
    outcome.periods = sorted(p.code for p in present)
    _warn_missing(said, units, form, outcome)
    outcome.counts_written = _write(connection, catalogue, source, _stored(useful, totals, units, form), outcome)
    return rejects


def _incomplete(values: AreaValues) -> set[str]:
    """Periods of which rows were rejected that sums may miss; all where a rejected row does not tell its period."""
    wrong = values.rejects.table().select(pl.col("line").alias(LINE)).unique()
    wrong = wrong.filter(~pl.col(LINE).is_in(list(values.harmless)))
    known = wrong.join(values.line_periods.drop_nulls(), on=LINE, how="left")
    return set(values.periods) if known[PERIOD].null_count() else set(known[PERIOD])


def _notes(delivered: Delivered, form: AreaForm, outcome: DeliveryOutcome) -> list[Remark]:
    """Title and notes from a table of metadata beside the file."""
    if form.notes_from is None:
        return []
    found, problem = metadata(delivered, form.notes_from, form.format)
    outcome.warnings += [problem] if problem else []
    return found


def _without_rates(form: AreaForm, names: tuple[str, ...]) -> list[str]:
    """Warnings for columns with published rates that the file lacks: then nothing is checked."""
    lacking = [] if form.feature else [tidy(r.column) for r in form.rates if tidy(r.column) not in names]
    hints = {column: similar(column, names) for column in lacking}
    return [
        f"die Spalte „{column}“ zum Nachrechnen fehlt{f'; ähnlich ist „{close}“' if close else ''}"
        for column, close in hints.items()
    ]


def _stored(useful: pl.DataFrame, totals: pl.DataFrame, units: Units, form: AreaForm) -> pl.DataFrame:
    """What becomes a count: areas, what is not attributable, and totals as counts of the units that they sum up.

    A sum over areas of which some are withheld is known from the total row only. A total that contradicts its areas is
    not stored, nor one of a file that speaks of more than the city.
    """
    if form.area.elsewhere == "ignore":
        return useful
    above = pl.col(VALUE).is_not_null() & (pl.col(PLACE) > 0) & ~pl.col(PLACE).is_in(list(units.names))
    upper = totals.filter(above).with_columns(pl.col(PLACE).alias(UNIT), pl.lit("unit").alias(KIND))
    return pl.concat([useful, upper.select(useful.columns)])


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
            useful.filter(pl.col(KIND) == "unit").select(PERIOD, CODE, UNIT, VALUE, STATUS, AT_LEAST, AT_MOST),
            unlocated.select(PERIOD, CODE, pl.lit(None, dtype=pl.Int32).alias(UNIT), VALUE, STATUS, AT_LEAST, AT_MOST),
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
        pl.col(AT_LEAST).alias("at_least"),
        pl.col(AT_MOST).alias("at_most"),
    )
    copy_in(connection, ("warehouse", "count"), rows)
    return len(rows)
