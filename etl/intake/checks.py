"""Checks of record columns as polars expressions: what is wrong with a cell, and the value it stands for.

Every check is a pair of expressions, so that a file is judged column by column and never row by row in Python.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from etl.catalogue import age_limit
from etl.catalogue.sources import Dimension, FileFormat
from etl.intake.header import tidy
from etl.intake.wording import thousands

MAX_COUNT = 1_000_000
"""No single row can stand for more persons."""

MAX_TEXT = 200

FORMATS = {"dd.mm.yyyy": "%d.%m.%Y", "yyyy-mm-dd": "%Y-%m-%d", "yyyymmdd": "%Y%m%d"}
_SHAPES = {
    "dd.mm.yyyy": r"^\d{1,2}\.\d{1,2}\.\d{4}$",
    "yyyy-mm-dd": r"^\d{4}-\d{1,2}-\d{1,2}$",
    "yyyymmdd": r"^\d{8}$",
}
_SHORT_YEAR = r"^\d{1,2}\.\d{1,2}\.\d{2}$|^\d{2}-\d{1,2}-\d{1,2}$|^\d{6}$"
_EARLIEST = date(1850, 1, 1)
_YEARS = (1900, 2150)
"""Range of a year for which the catalogue declares none of its own."""
_GROUPED = r"^-?\d{1,3}([., ]\d{3})+$"


@dataclass(frozen=True)
class Check:
    """One column: its heading, whether a cell is right, the reason where it is not, and the value to keep (if any).

    The reason is only asked for cells that are not right: nearly all are, and telling reasons costs most of the time.
    """

    column: str
    right: pl.Expr
    reason: pl.Expr
    value: pl.Expr | None = None


def _said(text: str) -> pl.Expr:
    return pl.lit(text, dtype=pl.String)


def _whole(cell: pl.Expr) -> pl.Expr:
    """The whole number in a cell, NULL where it is anything else; a plus sign is not how anybody writes a count."""
    return pl.when(~cell.str.starts_with("+")).then(cell).cast(pl.Int32, strict=False)


def count(column: str, layout: FileFormat) -> Check:
    """A column with a number of persons: a whole number from 0, thousands only as agreed."""
    heading = tidy(column)
    cell = pl.col(heading)
    agreed = f"vereinbart ist Dezimalzeichen „{layout.decimal}“"
    agreed += f" mit Tausenderzeichen „{layout.thousands}“" if layout.thousands else " ohne Tausenderzeichen"
    plain = cell
    if layout.thousands:
        mark = "\\" + layout.thousands if layout.thousands == "." else layout.thousands
        grouped = cell.str.contains(rf"^\d{{1,3}}({mark}\d{{3}})+$")
        plain = pl.when(grouped).then(cell.str.replace_all(layout.thousands, "", literal=True)).otherwise(cell)
    number = _whole(plain)
    right = number.is_between(0, MAX_COUNT)
    reason = (
        pl.when(cell == "")
        .then(_said("die Anzahl fehlt"))
        .when(cell.str.contains(r"^-\s*\d+$"))
        .then(_said("eine Anzahl kann nicht negativ sein"))
        .when(cell.str.contains(_GROUPED))
        .then(
            _said("ist mehrdeutig: Tausender (")
            + cell.str.replace_all(r"[., ]", "")
            + _said(") oder Dezimalzahl (")
            + cell.str.replace_all(".", ",", literal=True)
            + _said(f"); {agreed}")
        )
        .when(cell.str.contains(r"^-?\d+[.,]\d+$"))
        .then(_said("eine Anzahl muss eine ganze Zahl sein"))
        .when(number > MAX_COUNT)
        .then(_said(f"unglaubwürdig viele Personen in einer Zeile (höchstens {thousands(MAX_COUNT)})"))
        .otherwise(_said("ist keine Anzahl; erwartet ist eine ganze Zahl ab 0"))
    )
    return Check(heading, right, reason, number)


def _number(name: str, dimension: Dimension) -> Check:
    heading = tidy(dimension.column)
    cell = pl.col(heading)
    number = _whole(cell)
    low, high = dimension.min, dimension.max
    what = "ein Alter in vollendeten Jahren" if dimension.type == "age" else "eine ganze Zahl"
    right = number.is_between(low, high)
    reason = (
        pl.when(cell == "")
        .then(_said(f"{name} fehlt"))
        .when(number.is_not_null() | cell.str.contains(r"^-\d+$"))
        .then(_said(f"{name} liegt außerhalb von {low} bis {high}"))
        .otherwise(_said(f"ist nicht {what}"))
    )
    return Check(heading, right, reason, number)


def _date(cell: pl.Expr, shape: str) -> pl.Expr:
    return pl.when(cell.str.contains(_SHAPES[shape])).then(cell).str.to_date(FORMATS[shape], strict=False)


def _shape_word(dimension: Dimension) -> str:
    """The agreed date format in German letters."""
    return dimension.date_format.replace("yyyy", "jjjj").replace("dd", "tt")


def _completed_years(born: pl.Expr, at: date) -> pl.Expr:
    """The years' difference, less one before the birthday."""
    day_of_year = born.dt.month().cast(pl.Int32) * 100 + born.dt.day()
    before_birthday = day_of_year > at.month * 100 + at.day
    return at.year - born.dt.year().cast(pl.Int32) - before_birthday.cast(pl.Int32)


def _birth_date(name: str, dimension: Dimension, at: date) -> Check:
    """Completed years at the reference date, or for ``age_limit`` the side of the limit on which somebody is."""
    heading = tidy(dimension.column)
    cell = pl.col(heading)
    born = _date(cell, dimension.date_format)
    age = _completed_years(born, at)
    right = (born <= at) & age.is_between(dimension.min, dimension.max)
    reason = (
        pl.when(cell == "")
        .then(_said("das Geburtsdatum fehlt"))
        .when(cell.str.contains(_SHORT_YEAR))
        .then(_said("zweistellige Jahreszahl; das Jahrhundert ist nicht erkennbar, bitte vierstellig"))
        .when(~cell.str.contains(_SHAPES[dimension.date_format]))
        .then(_said(f"ist kein Datum der Form {_shape_word(dimension)}"))
        .when(born.is_null())
        .then(_said("diesen Kalendertag gibt es nicht"))
        .when(born > at)
        .then(_said(f"liegt nach dem Stichtag {at:%d.%m.%Y}"))
        .otherwise(_said(f"ergibt ein {name} außerhalb von {dimension.min} bis {dimension.max} Jahren"))
    )
    return Check(heading, right, reason, _side_of_limit(born, at) if dimension.type == "age_limit" else age)


def _side_of_limit(born: pl.Expr, at: date) -> pl.Expr:
    """``unter`` or ``ab`` the age limit at the end of the reference date; same as ``age_limit.below`` by column."""
    year = born.dt.year().cast(pl.Int32)
    before = age_limit.FIRST_RAISED - 1
    raised = list(range(before, age_limit.LAST_RAISED + 1))
    months = year.clip(before, age_limit.LAST_RAISED).replace_strict(
        raised, [age_limit.months_over_65(y) for y in raised], return_dtype=pl.Int32
    )
    # who is born on the first of a month completes a year of life in the month before
    completed = (year + age_limit.BASE_YEARS) * 12 + born.dt.month().cast(pl.Int32) + months
    completed -= (born.dt.day() == 1).cast(pl.Int32)
    last_of_month = (at + timedelta(days=1)).day == 1
    now = at.year * 12 + at.month + last_of_month
    return pl.when(completed >= now).then(pl.lit("unter")).otherwise(pl.lit("ab"))


def _year(name: str, dimension: Dimension) -> Check:
    """A year as given, or that of a date."""
    heading = tidy(dimension.column)
    cell = pl.col(heading)
    plain = pl.when(cell.str.contains(r"^\d{4}$")).then(cell).cast(pl.Int32, strict=False)
    year = pl.coalesce(plain, _date(cell, dimension.date_format).dt.year().cast(pl.Int32))
    declared = dimension.model_fields_set
    low = dimension.min if "min" in declared else _YEARS[0]
    high = dimension.max if "max" in declared else _YEARS[1]
    reason = (
        pl.when(cell == "")
        .then(_said(f"{name} fehlt"))
        .when(cell.str.contains(_SHORT_YEAR) | cell.str.contains(r"^\d{2}$"))
        .then(_said("zweistellige Jahreszahl; das Jahrhundert ist nicht erkennbar, bitte vierstellig"))
        .when(year.is_not_null())
        .then(_said(f"{name} liegt außerhalb der Jahre {low} bis {high}"))
        .when(cell.str.contains(_SHAPES[dimension.date_format]))
        .then(_said("diesen Kalendertag gibt es nicht"))
        .otherwise(_said(f"ist weder ein Jahr (2031) noch ein Datum der Form {_shape_word(dimension)}"))
    )
    return Check(heading, year.is_between(low, high), reason, year)


def _code(name: str, dimension: Dimension) -> Check:
    heading = tidy(dimension.column)
    cell = pl.col(heading)
    listed = list(dimension.values)
    mapped = cell.replace_strict(
        listed, list(dimension.values.values()), default=dimension.other, return_dtype=pl.String
    )
    words = ", ".join(k or "(leer)" for k in listed[:12])
    unknown = _said(f"unbekannter Schlüssel für {name}; bekannt sind {words}")
    right = mapped.is_not_null() & ((cell != "") | pl.lit("" in listed))
    reason = pl.when(cell == "").then(_said(f"{name} fehlt")).otherwise(unknown)
    return Check(heading, right, reason, mapped)


def dimension(name: str, declared: Dimension, at: date) -> Check:
    """The check of one dimension; ``name`` is its code in the catalogue, ``at`` the reference date."""
    title = name[:1].upper() + name[1:]
    match declared.type:
        case "age" | "number":
            return _number(title, declared)
        case "birth_date":
            return _birth_date(title, declared, at)
        case "age_limit":
            return _birth_date("Alter", declared, at)
        case "year":
            return _year(title, declared)
        case "code":
            return _code(title, declared)
        case "text":
            cell = pl.col(tidy(declared.column))
            right = cell.str.len_bytes() <= MAX_TEXT
            return Check(tidy(declared.column), right, _said(f"der Text ist länger als {MAX_TEXT} Byte"), cell)


def reference_date(column: str, at: date) -> Check:
    """A column that must repeat the delivery's reference date, in any of the usual notations."""
    heading = tidy(column)
    cell = pl.col(heading)
    given = pl.coalesce(*(_date(cell, shape) for shape in FORMATS))
    written = [at.strftime(f) for f in FORMATS.values()] + [f"{at.day}.{at.month}.{at.year}"]
    right = cell.is_in(written)
    reason = (
        pl.when(cell == "")
        .then(_said("der Stichtag fehlt"))
        .when(cell.str.contains(_SHORT_YEAR))
        .then(_said("zweistellige Jahreszahl; das Jahrhundert ist nicht erkennbar, bitte vierstellig"))
        .when(given.is_null())
        .then(_said("ist kein Datum"))
        .when((given < _EARLIEST) | (given.dt.year() > at.year + 1))
        .then(_said("liegt außerhalb jedes sinnvollen Zeitraums"))
        .otherwise(_said(f"ist nicht der Stichtag der Lieferung ({at:%d.%m.%Y})"))
    )
    return Check(heading, right, reason)


def event_date(column: str, start: date, end: date, period: str) -> Check:
    """A column with the day of an event, which must lie in the period [start, end), in any of the usual notations."""
    heading = tidy(column)
    cell = pl.col(heading)
    day = pl.coalesce(*(_date(cell, shape) for shape in FORMATS))
    known = pl.any_horizontal(*(cell.str.contains(shape) for shape in _SHAPES.values()))
    reason = (
        pl.when(cell == "")
        .then(_said("das Datum des Ereignisses fehlt"))
        .when(cell.str.contains(_SHORT_YEAR) & ~known)
        .then(_said("zweistellige Jahreszahl; das Jahrhundert ist nicht erkennbar, bitte vierstellig"))
        .when(day.is_null() & known)
        .then(_said("diesen Kalendertag gibt es nicht"))
        .when(day.is_null())
        .then(_said("ist kein Datum"))
        .otherwise(_said(f"liegt außerhalb des Zeitraums der Lieferung ({period})"))
    )
    return Check(heading, (day >= start) & (day < end), reason)


def left_out(kept: dict[str, tuple[str, ...]], known: dict[str, tuple[str, ...]]) -> tuple[pl.Expr, list[Check]]:
    """Which rows the mapping leaves out on purpose, and checks that the words in these columns are known."""
    ignored = pl.lit(value=False)
    checks = []
    for column, words in kept.items():
        heading = tidy(column)
        cell = pl.col(heading)
        if column in known:
            ignored |= cell.is_in(list(known[column]))
            listed = (*words, *known[column])
            reason = _said(f"unbekannter Wert; bekannt sind {', '.join(listed)}")
            checks.append(Check(heading, cell.is_in(list(listed)), reason))
        else:
            ignored |= ~cell.is_in(list(words))
    return ignored, checks
