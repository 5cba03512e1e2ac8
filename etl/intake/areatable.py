"""Tables of counts by area, wide or long, brought into one shape: a value a row with area, period and column code."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

import polars as pl

from etl.catalogue import AreaForm, Source
from etl.catalogue.sources import Area, GridKey
from etl.intake.cellvalues import Value, read_cell
from etl.intake.csvtable import LINE
from etl.intake.header import tidy
from etl.intake.periods import Period, period_of, read_period
from etl.intake.rejects import Rejects
from etl.intake.wording import similar

AREA, KIND, CODE, PERIOD, COLUMN, WRITTEN = "§area", "§kind", "§code", "§period", "§column", "§written"
VALUE, STATUS = "§value", "§status"
RowKind = Literal["unit", "unlocated", "total", "left_out"]


@dataclass
class AreaValues:
    """The values of an area table.

    ``cells``: line, area word, kind of row (unit, unlocated, total), column code, period code, value, status.
    """

    cells: pl.DataFrame
    periods: dict[str, Period]
    rejects: Rejects
    read: int
    ignored: int
    warnings: list[str] = field(default_factory=list)


def _mapped(words: pl.Series, function: Callable[[str], str | None]) -> pl.Expr:
    """A column mapped word by word; only distinct words are looked at."""
    distinct = words.unique().to_list()
    results = [function(w) for w in distinct]
    return pl.col(words.name).replace_strict(distinct, results, default=None, return_dtype=pl.String)


def grid_keys(frame: pl.DataFrame, grid: GridKey) -> pl.Series:
    """Keys of grid cells from their midpoints (EPSG:3035), as INSPIRE writes them: lower left corner in metres.

    NULL where a midpoint is no whole number or not the middle of a cell of this size.
    """

    def corner(column: str) -> pl.Expr:
        text = pl.col(tidy(column)).str.replace(r"[.,]0+$", "")
        middle = pl.when(text.str.contains(r"^\d{1,9}$")).then(text).cast(pl.Int64, strict=False)
        return pl.when((middle - grid.size // 2) % grid.size == 0).then(middle - grid.size // 2).cast(pl.String)

    key = pl.lit(f"CRS3035RES{grid.size}mN") + corner(grid.y) + pl.lit("E") + corner(grid.x)
    return frame.select(key.alias(AREA))[AREA]


def _areas(frame: pl.DataFrame, area: Area) -> pl.Series:
    """The word for the area in each row, tidied and renamed; NULL where a grid cell cannot be told."""
    if area.grid is not None:
        return grid_keys(frame, area.grid)
    words = frame[tidy(area.column or "")].alias(AREA)
    renamed = {tidy(k): v for k, v in area.rename.items()}
    table = pl.DataFrame([words])
    return table.select(_mapped(words, lambda w: renamed.get(tidy(w), tidy(w))))[AREA]


def _row_kinds(frame: pl.DataFrame, area: Area) -> pl.DataFrame:
    """Add the kind of each row; rows before ``start`` and from ``end`` on count only as totals."""
    listed: dict[str, RowKind] = {}
    groups: tuple[tuple[tuple[str, ...], RowKind], ...] = (
        (area.skip, "left_out"), (area.unlocated, "unlocated"), (area.total, "total"),
    )  # fmt: skip
    for words, kind in groups:
        listed |= {tidy(w): kind for w in words}
    out = frame.with_columns(_mapped(frame[AREA].fill_null(""), lambda w: listed.get(w, "unit")).alias(KIND))
    index = pl.int_range(pl.len())
    inside = pl.lit(value=True)
    if area.start is not None:
        inside &= index >= _first(frame, area.start, 0)
    if area.end is not None:
        inside &= index < _first(frame, area.end, len(frame))
    left_out = (pl.col(KIND) == "unit") & ~inside
    return out.with_columns(pl.when(left_out).then(pl.lit("left_out")).otherwise(pl.col(KIND)).alias(KIND))


def _first(frame: pl.DataFrame, word: str, default: int) -> int:
    positions = (frame[AREA] == tidy(word)).fill_null(value=False).arg_true()
    return int(positions[0]) if len(positions) else default


def _value_columns(form: AreaForm, names: tuple[str, ...]) -> list[tuple[str, str | None]]:
    """Columns with values, each with its column code (None: a feature column tells)."""
    if form.values:
        return [(tidy(heading), code) for heading, code in form.values.items()]
    if form.period.by == "heading" and form.period.pattern:
        return [(n, form.code) for n in names if re.search(form.period.pattern, n)]
    return [(tidy(form.value or ""), form.code)]


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
    carried = [LINE, AREA, KIND]
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
        feature = cells[tidy(form.feature)]
        cells = cells.with_columns(_mapped(feature, lambda w: words.get(tidy(w))).alias(CODE))
    return cells


def _values(cells: pl.DataFrame, form: AreaForm, rejects: Rejects) -> pl.DataFrame:
    """Add value and status; every distinct pair of column code and text is read once."""
    distinct = cells.select(CODE, WRITTEN).unique(maintain_order=True)
    read: list[Value] = [
        read_cell(
            written, form.format, form.symbols,
            integer=form.integer and code not in form.fractional, negative=code in form.negative,
        )
        for code, written in distinct.iter_rows()
    ]  # fmt: skip
    table = distinct.with_columns(
        pl.Series(VALUE, [v.value for v in read], dtype=pl.Float64),
        pl.Series(STATUS, [v.status for v in read], dtype=pl.String),
        pl.Series("§fault", [v.fault for v in read], dtype=pl.String),
    )
    out = cells.join(table, on=[CODE, WRITTEN], how="left", maintain_order="left")
    bad = out.filter(pl.col("§fault").is_not_null())
    rejects.add(bad.select(line=pl.col(LINE), column=pl.col(COLUMN), value=pl.col(WRITTEN), reason=pl.col("§fault")))
    return _reliability(out, form, rejects)


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
    if "" in form.symbols:
        return pl.lit(value=False)
    return pl.all_horizontal(pl.col(name) == "" for name, _ in _value_columns(form, names))


def read_area_values(  # noqa: PLR0917
    frame: pl.DataFrame, names: tuple[str, ...], source: Source, form: AreaForm, latest: date, rejects: Rejects
) -> AreaValues:
    """Bring a table (text cells plus ``LINE``) into one value a row; faults go to ``rejects``.

    ``latest`` is the delivery's reference date. Areas are not looked up here.
    """
    read = len(frame) + len(rejects.table())
    frame = frame.with_columns(_areas(frame, form.area))
    unplaced = frame.filter(pl.col(AREA).is_null())
    if form.area.grid is not None:
        where = f"{form.area.grid.x}/{form.area.grid.y}"
        reason = f"ist nicht die Mitte einer Gitterzelle von {form.area.grid.size} m"
        rejects.add_rows([(n, where, None, reason) for n in unplaced[LINE].to_list()])
    frame = _row_kinds(frame.filter(pl.col(AREA).is_not_null()), form.area)
    frame = frame.with_columns(pl.when(_notes(frame, form, names)).then(pl.lit("left_out")).otherwise(KIND).alias(KIND))
    if not form.area.grid and "" not in (*form.area.unlocated, *form.area.skip, *form.area.total):
        nameless = frame.filter((pl.col(AREA) == "") & (pl.col(KIND) != "left_out"))
        rejects.add_rows([(n, form.area.column, "", "das Gebiet fehlt") for n in nameless[LINE].to_list()])
        frame = frame.filter((pl.col(AREA) != "") | (pl.col(KIND) == "left_out"))
    used = frame.filter(pl.col(KIND) != "left_out")
    cells = _long(used, form, names)
    result = AreaValues(cells, {}, rejects, read, len(frame) - len(used))
    if form.feature:
        cells = _drop_features(cells, form, result)
    cells, result.periods = _periods(cells, source, form, latest, rejects)
    cells = _values(cells, form, rejects)
    result.cells = _without_rejected(cells, rejects)
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
