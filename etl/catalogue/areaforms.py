"""Forms of tables by area: columns, signs, periods, total rows, and what the intake computes again."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from etl.catalogue.base import Code, Status, Strict
from etl.catalogue.fileformat import FileFormat


class Symbol(Strict):
    """What a sign in a cell means: a status, and a value where the sign stands for one (a dash for zero)."""

    status: Status
    value: float | None = None
    at_least: float | None = Field(None, description="Withheld, but known not to be below this (agency: 1)")
    at_most: float | None = Field(None, description="Withheld, but known not to be above this (agency: 9)")

    @model_validator(mode="after")
    def _value_only_where_valid(self) -> Symbol:
        if (self.value is not None) != (self.status in ("gueltig", "unsicher")):
            raise ValueError("„value“ gehört genau zu den Zuständen gueltig und unsicher")
        bounds = [b for b in (self.at_least, self.at_most) if b is not None]
        if bounds and self.value is not None:
            raise ValueError("„at_least“ und „at_most“ gehören zu Zeichen ohne Wert")
        if bounds != sorted(bounds):
            raise ValueError("„at_least“ ist größer als „at_most“")
        return self


class GridKey(Strict):
    """Area keys made from the cell midpoints of a grid (EPSG:3035), size in metres."""

    x: str
    y: str
    size: int = Field(gt=0)


class Area(Strict):
    """The column that names the area, by key or by name, and rows that are not areas."""

    column: str | None = None
    grid: GridKey | None = None
    by: Literal["key", "name"] = "key"
    rename: dict[str, str] = Field(default_factory=dict, description="Value in the file → key or name of the unit")
    pattern: str | None = Field(
        None, description="Regular expression of the key in the file; its groups in order make the key of the unit"
    )
    total_pattern: str | None = Field(None, description="Regular expression of values that mark total rows")
    part_total: str | None = Field(
        None,
        description="Regular expression of totals of a part of the city; its groups make the key of the parent unit",
    )
    unlocated: tuple[str, ...] = Field((), description="Values that mean: not attributable to an area")
    total: tuple[str, ...] = Field((), description="Values that mark a total row: a control total, never an area")
    skip: tuple[str, ...] = Field((), description="Values of rows that are left out (footnotes, other areas)")
    elsewhere: Literal["reject", "ignore"] = Field(
        "reject", description="Areas that the level does not have: wrong, or left out (files for more than the city)"
    )
    start: str | None = Field(None, description="The level's rows begin at the first row with this value")
    end: str | None = Field(None, description="The level's rows end before the first row with this value")

    @model_validator(mode="after")
    def _one_way(self) -> Area:
        if (self.column is None) == (self.grid is None):
            raise ValueError("genau eines von „column“ und „grid“ angeben")
        return self


class PeriodOf(Strict):
    """Which period a value belongs to: the delivery's, a column's, or the column headings' (wide by date)."""

    by: Literal["delivery", "column", "heading"] = "delivery"
    column: str | None = None
    pattern: str | None = Field(
        None, description="Headings: regular expression with a group named jahr, or tag, monat, jahr"
    )

    @model_validator(mode="after")
    def _complete(self) -> PeriodOf:
        if self.by == "column" and not self.column:
            raise ValueError("„column“ fehlt: by column braucht die Spalte mit dem Jahr oder Datum")
        if self.by == "heading" and not self.pattern:
            raise ValueError("„pattern“ fehlt: by heading braucht das Muster der Spaltenköpfe")
        return self


class Reliability(Strict):
    """A column beside the value that marks it as less reliable; words not listed are rejected."""

    column: str
    words: dict[str, Literal["gueltig", "unsicher"]]


_SUM = r"^[a-z][a-z0-9_]*(\s*\+\s*[a-z][a-z0-9_]*)*$"
_SUM_ELSEWHERE = r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?(\s*\+\s*[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?)*$"


class RateCheck(Strict):
    """A published rate in a column of the table that must follow from counts: numerator / denominator × factor.

    Each is a column code of the same table, ``SOURCE.CODE`` for a count that another source delivered for the same area
    and period, or a sum of such (``a + b``). Without ``numerator`` any whole number will do, so that only rates are
    found which no count of cases can give. ``base`` city: the denominator of the whole city (shares of all cases).
    Where a rate does not follow, the delivery report names areas and differences.
    """

    column: str
    numerator: Annotated[str, Field(pattern=_SUM_ELSEWHERE)] | None = None
    denominator: Annotated[str, Field(pattern=_SUM_ELSEWHERE)]
    base: Literal["area", "city"] = "area"
    factor: float = 100.0
    tolerance: float = Field(0.05, description="Half a unit of the last printed place")


class SumCheck(Strict):
    """Two sums that must be equal in every row: column codes of the table or ``SOURCE.CODE`` (``a + b`` and ``c``)."""

    left: Annotated[str, Field(pattern=_SUM)]
    right: Annotated[str, Field(pattern=_SUM_ELSEWHERE)]


class NotesFrom(Strict):
    """Title and notes of a table that stand in another file of the same folder, one row a table."""

    file: Annotated[str, Field(pattern=r"^[^/\\]+$")]
    column: str = Field(description="Column that names the table")
    name: str = Field(description="What this table is called in it")
    title: str | None = Field(None, description="Column with the title")
    note: str | None = Field(None, description="Column with the note")


class AreaForm(Strict):
    """A table of counts by area, wide (a column a measure or date) or long (a column says which measure)."""

    kind: Literal["areas"]
    name: Code
    format: FileFormat = FileFormat()
    level: Code
    area: Area
    period: PeriodOf = PeriodOf()
    values: dict[str, Code] = Field(
        default_factory=dict, description="Wide: heading → column code that measures refer to"
    )
    feature: str | None = Field(None, description="Long or heading: column with the word for what is counted")
    value: str | None = Field(None, description="Long: column with the number")
    features: dict[str, Code] = Field(default_factory=dict, description="Word in the feature column → column code")
    code: Code | None = Field(None, description="Column code where the file has one measure and no feature column")
    symbols: dict[str, Symbol] = Field(default_factory=dict, description="Sign in a cell → meaning, for this source")
    integer: bool = Field(True, description="Values are whole numbers (counts)")
    fractional: tuple[Code, ...] = Field((), description="Column codes with fractions in spite of ``integer``")
    negative: tuple[Code, ...] = Field((), description="Column codes that may be below zero (balances)")
    quality: Reliability | None = None
    rates: tuple[RateCheck, ...] = Field((), description="Published rates in the file that must follow from counts")
    sums: tuple[SumCheck, ...] = Field((), description="Columns that must add up in every row")
    synonyms: dict[str, tuple[str, ...]] = Field(
        default_factory=dict, description="Heading → other spellings under which the same column may come"
    )
    repeated: Literal["fault", "last"] = Field(
        "fault", description="The same area, period and column twice: a fault, or the last one counts"
    )
    notes_from: NotesFrom | None = None
    only: dict[str, tuple[str, ...]] = Field(
        default_factory=dict, description="Column → values; other rows are left out and counted as ignored"
    )
    assumed: bool = Field(False, description="The layout is not public: it is assumed, and only mapped here")
    ignore_columns: tuple[str, ...] = Field((), description="Headings known and not used; * stands for any text")

    @model_validator(mode="after")
    def _one_reading(self) -> AreaForm:
        ways = [bool(self.values), bool(self.features), self.code is not None]
        if sum(ways) != 1 and (sum(ways) or not self.rates):
            raise ValueError("genau eines von „values“, „features“ und „code“ angeben")
        if (self.feature is None) == bool(self.features):
            raise ValueError("„feature“ (Spalte) und „features“ (Wörter) gehören zusammen")
        by_heading = self.period.by == "heading"
        if by_heading and (self.values or self.value):
            raise ValueError("„values“ und „value“ gibt es nicht, wenn der Zeitraum in den Spaltenköpfen steht")
        if not by_heading and sum(ways) and not self.values and self.value is None:
            raise ValueError("„value“ fehlt: Spalte mit dem Wert")
        if strange := {*self.fractional, *self.negative} - self.column_codes():
            raise ValueError(f"„fractional“ und „negative“: unbekannt sind {', '.join(sorted(strange))}")
        sums = [text for check in self.sums for text in (check.left, check.right)]
        sums += [text for rate in self.rates for text in (rate.numerator or "", rate.denominator) if text]
        named = {part.strip() for text in sums for part in text.split("+")}
        if strange := {name for name in named if "." not in name} - self.column_codes():
            raise ValueError(f"„rates“ und „sums“: unbekannt sind {', '.join(sorted(strange))}")
        return self

    def column_codes(self) -> set[str]:
        """The codes that measures of this source may refer to."""
        return set(self.values.values()) | set(self.features.values()) | ({self.code} if self.code else set())
