"""Tables of counts by area, wide or long, brought into one shape: a value a row with area, period and column code."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date

import polars as pl

from etl.catalogue import AreaForm, Source
from etl.intake.arearows import AREA, KIND, MARK, WORD, classified, mapped
from etl.intake.cellvalues import Value, read_cell
from etl.intake.csvtable import LINE
from etl.intake.header import tidy
from etl.intake.marks import split_mark
from etl.intake.outcome import Remark
from etl.intake.periods import Period, period_of, read_period
from etl.intake.rejects import Rejects
from etl.intake.tablefile import remark, row_text
from etl.intake.wording import similar

CODE, PERIOD, COLUMN, WRITTEN = "§code", "§period", "§column", "§written"
VALUE, STATUS, AT_LEAST, AT_MOST = "§value", "§status", "§at_least", "§at_most"
RATE = "§rate"
"""Column codes of published rates begin so, followed by their number in the form."""
MAX_NOTES = 200


@dataclass
class AreaValues:
    """The values of an area table.

    ``cells``: line, area word, kind of row (unit, unlocated, total, part), column code, period code, value, status and,
    where a value is withheld, its bounds. ``rates``: the same for published rates, which are never stored.
    ``line_periods``: the periods that each line speaks of, rejected lines included. ``harmless``: rejected lines that
    no sum misses (zeros of an unknown area, a row that repeats another one word by word).
    """

    cells: pl.DataFrame
    periods: dict[str, Period]
    rejects: Rejects
    read: int
    ignored: int
    rates: pl.DataFrame = field(default_factory=pl.DataFrame)
    line_periods: pl.DataFrame = field(default_factory=pl.DataFrame)
    harmless: set[int] = field(default_factory=set)
    warnings: list[str] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)


def _value_columns(form: AreaForm, names: tuple[str, ...]) -> list[tuple[str, str | None]]:
    """Columns with values, each with its column code (None: a feature column tells); then those with rates."""
    rates = [] if form.feature else [(tidy(r.column), f"{RATE}{i}") for i, r in enumerate(form.rates)]
    present = [(name, code) for name, code in rates if name in names]
    if form.values:
        return [*((tidy(heading), code) for heading, code in form.values.items()), *present]
    if form.period.by == "heading" and form.period.pattern:
        return [(n, form.code) for n in names if re.search(form.period.pattern, n)]
    return [*([(tidy(form.value), form.code)] if form.value else []), *present]


def _periods(
    frame: pl.DataFrame, source: Source, form: AreaForm, latest: date, rejects: Rejects
) -> tuple[pl.DataFrame, dict[str, Period]]:
    """Add the period code (NULL where it is wrong)."""
    if form.period.by == "delivery":
        period = period_of(source, latest)
        return frame.with_columns(pl.lit(period.code).alias(PERIOD)), {period.code: period}
    column = COLUMN if form.period.by == "heading" else tidy(form.period.column or "")
    found = {w: read_period(source, form.period, w, latest) for w in frame[column].unique().to_list()}
    codes = {w: p.code for w, p in found.items() if isinstance(p, Period)}
    faults = {w: p for w, p in found.items() if isinstance(p, str)}
    out = frame.with_columns(pl.col(column).replace_strict(codes, default=None, return_dtype=pl.String).alias(PERIOD))
    bad = out.filter(pl.col(PERIOD).is_null()).unique(LINE, keep="first", maintain_order=True)
    reason = pl.col(column).replace_strict(faults, default=None, return_dtype=pl.String)
    name = pl.col(COLUMN) if form.period.by == "heading" else pl.lit(column)
    rejects.add(
        bad.select(line=pl.col(LINE), column=name, value=pl.col(column), reason=reason) if len(bad) else bad.clear()
        .select(line=pl.col(LINE), column=name, value=pl.col(column), reason=pl.lit(""))
    )  # fmt: skip
    return out, {p.code: p for p in found.values() if isinstance(p, Period)}


def _long(frame: pl.DataFrame, form: AreaForm, names: tuple[str, ...]) -> pl.DataFrame:
    """One row a value: line, area, kind, column heading, text as written, and what tells period and feature."""
    carried = [LINE, WORD, AREA, KIND]
    carried += [tidy(form.feature)] if form.feature else []
    carried += [tidy(form.period.column)] if form.period.column else []
    carried += [tidy(form.quality.column)] if form.quality else []
    parts = [
        frame.select(
            *dict.fromkeys(carried),
            pl.lit(name).alias(COLUMN),
            pl.col(name).alias(WRITTEN),
            pl.lit(code, dtype=pl.String).alias(CODE),
        )
        for name, code in _value_columns(form, names)
    ]
    cells = pl.concat(parts)
    if form.feature:
        words = {tidy(w): code for w, code in form.features.items()}
        words |= {tidy(rate.column): f"{RATE}{i}" for i, rate in enumerate(form.rates)}
        feature = cells[tidy(form.feature)]
        plain = {w: tidy(w) for w in feature.unique().to_list()}
        found = {w: words.get(p, words.get(split_mark(p)[0])) for w, p in plain.items()}
        cells = cells.with_columns(mapped(feature, lambda w: found[w]).alias(CODE))
    return cells


def _read(written: str, code: str, form: AreaForm) -> Value:
    """One cell. A rate that cannot be read is only not checked: the counts beside it are what is taken in."""
    if not code.startswith(RATE):
        whole = form.integer and code not in form.fractional
        return read_cell(written, form.format, form.symbols, integer=whole, negative=code in form.negative)
    text = written.removesuffix("%").strip()
    value = read_cell(text, form.format, form.symbols, integer=False, negative=True) if text else Value(fault="leer")
    return Value(status="fehlt") if value.fault is not None else value


def _values(cells: pl.DataFrame, form: AreaForm, result: AreaValues) -> pl.DataFrame:
    """Add value, status and bounds; every distinct pair of column code and text is read once."""
    distinct = cells.select(CODE, WRITTEN).unique(maintain_order=True)
    read = [_read(written, code, form) for code, written in distinct.iter_rows()]
    table = distinct.with_columns(
        pl.Series(VALUE, [v.value for v in read], dtype=pl.Float64),
        pl.Series(STATUS, [v.status for v in read], dtype=pl.String),
        pl.Series(AT_LEAST, [v.at_least for v in read], dtype=pl.Float64),
        pl.Series(AT_MOST, [v.at_most for v in read], dtype=pl.Float64),
        pl.Series("§fault", [v.fault for v in read], dtype=pl.String),
        pl.Series(MARK, [v.mark for v in read], dtype=pl.String),
    )
    out = cells.join(table, on=[CODE, WRITTEN], how="left", maintain_order="left")
    bad = out.filter(pl.col("§fault").is_not_null())
    result.rejects.add(
        bad.select(line=pl.col(LINE), column=pl.col(COLUMN), value=pl.col(WRITTEN), reason=pl.col("§fault"))
    )
    for line, column, written in (
        out.filter(pl.col(MARK) != "").select(LINE, COLUMN, WRITTEN).head(MAX_NOTES).iter_rows()
    ):
        result.remarks.append(remark("zeichen", f"Spalte „{column}“: „{written}“", line))
    return _reliability(out, form, result.rejects)


def _reliability(cells: pl.DataFrame, form: AreaForm, rejects: Rejects) -> pl.DataFrame:
    """Mark values as unreliable where a column beside them says so."""
    if form.quality is None:
        return cells
    column = tidy(form.quality.column)
    words = form.quality.words
    unknown = cells.filter(~pl.col(column).is_in(list(words)))
    listed = ", ".join(words)
    rejects.add(
        unknown.select(
            line=pl.col(LINE), column=pl.lit(column), value=pl.col(column),
            reason=pl.lit(f"unbekanntes Kennzeichen; bekannt sind {listed}"),
        )
    )  # fmt: skip
    unsure = [w for w, status in words.items() if status == "unsicher"]
    weak = pl.col(column).is_in(unsure) & (pl.col(STATUS) == "gueltig")
    return cells.with_columns(pl.when(weak).then(pl.lit("unsicher")).otherwise(pl.col(STATUS)).alias(STATUS))


def _notes(frame: pl.DataFrame, form: AreaForm, names: tuple[str, ...]) -> pl.Expr:
    """True for rows whose value cells are all empty though the source agreed nothing for empty cells: footnotes."""
    columns = [name for name, _ in _value_columns(form, names)]
    if "" in form.symbols or not columns:
        return pl.lit(value=False)
    return pl.all_horizontal(pl.col(name) == "" for name in columns)


def _only(frame: pl.DataFrame, form: AreaForm, warnings: list[str]) -> pl.DataFrame:
    """The rows that the form is about."""
    for column, words in form.only.items():
        cell = frame[tidy(column)]
        present = {tidy(w) for w in cell.unique().to_list()}
        for word in words:
            if tidy(word) not in present:
                close = similar(word, present)
                hint = f"; ähnlich ist „{close}“" if close else ""
                warnings.append(f"in der Spalte „{tidy(column)}“ kommt „{word}“ nicht vor{hint}")
        kept = {w for w in cell.unique().to_list() if tidy(w) in {tidy(word) for word in words}}
        frame = frame.filter(cell.is_in(list(kept)))
    return frame


def _placed(frame: pl.DataFrame, form: AreaForm, names: tuple[str, ...], result: AreaValues) -> pl.DataFrame:
    """The rows with area and kind; rows without an area go to the rejects, footnotes to the remarks."""
    frame = classified(frame, form.area)
    if form.area.grid is not None:
        where = f"{form.area.grid.x}/{form.area.grid.y}"
        reason = f"ist nicht die Mitte einer Gitterzelle von {form.area.grid.size} m"
        unplaced = frame.filter(pl.col(AREA).is_null())
        result.rejects.add_rows([(n, where, None, reason) for n in unplaced[LINE].to_list()])
        frame = frame.filter(pl.col(AREA).is_not_null())
    is_note = _notes(frame, form, names) & (pl.col(KIND) != "left_out")
    notes = frame.filter(is_note).head(MAX_NOTES).select(*names, LINE)
    result.remarks += [remark("fussnote", row_text(row[:-1]), row[-1]) for row in notes.iter_rows()]
    frame = frame.with_columns(pl.when(is_note).then(pl.lit("left_out")).otherwise(KIND).alias(KIND))
    if not form.area.grid and "" not in (*form.area.unlocated, *form.area.skip, *form.area.total):
        nameless = frame.filter((pl.col(AREA) == "") & (pl.col(KIND) != "left_out"))
        result.rejects.add_rows([(n, form.area.column, "", "das Gebiet fehlt") for n in nameless[LINE].to_list()])
        frame = frame.filter((pl.col(AREA) != "") | (pl.col(KIND) == "left_out"))
    marked = frame.filter((pl.col(MARK) != "") & (pl.col(KIND) != "left_out")).head(MAX_NOTES)
    for line, area, mark in marked.select(LINE, AREA, MARK).iter_rows():
        result.remarks.append(remark("zeichen", f"{mark} an „{area}“", line))
    return frame


def read_area_values(  # noqa: PLR0917
    frame: pl.DataFrame, names: tuple[str, ...], source: Source, form: AreaForm, latest: date, rejects: Rejects
) -> AreaValues:
    """Bring a table (text cells plus ``LINE``) into one value a row; faults go to ``rejects``.

    ``latest`` is the delivery's reference date. Areas are not looked up here.
    """
    result = AreaValues(pl.DataFrame(), {}, rejects, len(frame) + rejects.table()["line"].n_unique(), 0)
    wanted = _only(frame, form, result.warnings)
    result.ignored = len(frame) - len(wanted)
    placed = _placed(wanted, form, names, result)
    used = placed.filter(pl.col(KIND) != "left_out")
    result.ignored += len(placed) - len(used)
    cells = _long(used, form, names)
    if form.feature:
        cells = _drop_features(cells, form, result)
    cells, result.periods = _periods(cells, source, form, latest, rejects)
    result.line_periods = cells.select(LINE, PERIOD).unique()
    cells = _without_rejected(_values(cells, form, result), rejects)
    is_rate = pl.col(CODE).str.starts_with(RATE)
    result.cells, result.rates = cells.filter(~is_rate), cells.filter(is_rate)
    return result


def _drop_features(cells: pl.DataFrame, form: AreaForm, result: AreaValues) -> pl.DataFrame:
    """Leave out rows of features that nobody asked for; a declared one that never occurs is worth a warning."""
    column = tidy(form.feature or "")
    other = cells.filter(pl.col(CODE).is_null())
    result.ignored += other[LINE].n_unique()
    present = set(cells[CODE].drop_nulls().unique())
    others = other[column].unique().to_list()
    for word, code in form.features.items():
        if code not in present:
            close = similar(word, others)
            hint = f"; ähnlich ist „{close}“" if close else ""
            result.warnings.append(f"das Merkmal „{word}“ kommt in der Datei nicht vor{hint}")
    return cells.filter(pl.col(CODE).is_not_null())


def _without_rejected(cells: pl.DataFrame, rejects: Rejects) -> pl.DataFrame:
    """Rows with any fault are left out whole."""
    wrong = rejects.table()["line"].unique()
    return cells.filter(~pl.col(LINE).is_in(wrong.implode()))
