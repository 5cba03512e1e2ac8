"""What a source of deliveries looks like in YAML: its forms, columns, symbols and periods."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from etl.catalogue.grids import GridForm
from etl.catalogue.statistics import GenesisTable

Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
Status = Literal["gueltig", "geheim", "unsicher", "folgt", "fehlt", "nicht_sinnvoll", "nicht_vergleichbar"]


class Strict(BaseModel):
    """Unknown keys are errors: a misspelt key must not be silently ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class FileFormat(Strict):
    """How the bytes become a table."""

    type: Literal["csv", "xlsx", "parquet", "fixed", "genesis"] = "csv"
    encoding: str = Field("utf-8", description="utf-8 (with or without BOM) or cp1252, iso-8859-1")
    separator: str = Field(";", min_length=1, max_length=1)
    decimal: Literal[",", "."] = ","
    thousands: Literal[".", ",", " ", "'", ""] = ""
    sheet: str | int = Field(0, description="Name or number (from 0) of the sheet of a workbook")
    header_row: int = Field(1, ge=1, description="Line of the column names; what stands above is a title")
    header_rows: int = Field(
        1, ge=1, le=5, description="Lines of column names from header_row on; merged cells count for all they span"
    )
    footer: str | None = Field(
        None, description="Regular expression; from the first row whose first cell it meets on, all is footnote"
    )
    columns: tuple[str, ...] = Field((), description="Names by position where the file has no header line")
    fields: dict[str, tuple[int, int]] = Field(
        default_factory=dict, description="type fixed: column name → first position (from 1) and length"
    )
    genesis: GenesisTable | None = Field(
        None, description="type genesis: the table of official statistics, in whichever of its three layouts it comes"
    )

    @model_validator(mode="after")
    def _genesis_has_its_table(self) -> FileFormat:
        if (self.type == "genesis") != (self.genesis is not None):
            raise ValueError("„genesis“ (die Tabelle) gehört zu type genesis, und nur dazu")
        return self


class Dimension(Strict):
    """One dimension of counted rows, taken from a column.

    ``age``: completed years as given. ``birth_date``: date, turned into completed years at the reference date.
    ``code``: words mapped by ``values``; what is not listed becomes ``other`` or, without ``other``, is rejected.
    ``text``: kept as it is (trimmed). ``number``: a whole number within ``min`` and ``max``. ``year``: the year of a
    date or a year as given. ``age_limit``: a date of birth becomes ``unter`` or ``ab`` the age limit of § 7a SGB II.
    """

    column: str
    type: Literal["age", "birth_date", "code", "text", "number", "year", "age_limit"]
    values: dict[str, str] = Field(default_factory=dict)
    other: str | None = None
    min: int = 0
    max: int = 120
    date_format: Literal["dd.mm.yyyy", "yyyy-mm-dd", "yyyymmdd"] = "dd.mm.yyyy"

    @model_validator(mode="after")
    def _codes_need_values(self) -> Dimension:
        if self.type == "code" and not self.values:
            raise ValueError("„values“ fehlt: type code braucht die Zuordnung Schlüssel → Wort")
        return self


class Location(Strict):
    """Where a row lies: by the parts of the address key, or by block key."""

    address: tuple[str, ...] = Field((), description="Columns: street key, house number, suffix")
    block: str | None = Field(None, description="Column with the block key")

    @model_validator(mode="after")
    def _one_way(self) -> Location:
        if bool(self.address) == bool(self.block):
            raise ValueError("genau eines von „address“ und „block“ angeben")
        if self.address and len(self.address) != 3:
            raise ValueError("„address“ braucht drei Spalten: Straßenschlüssel, Hausnummer, Zusatz")
        return self


class Moves(Strict):
    """Events with two addresses: a move within the city leaves one block and arrives in another.

    Such a row is counted twice, at its target as ``arrives`` and at its origin as ``leaves``, in the dimension
    ``event`` (a code dimension of the form). All other rows lie at ``location`` or, for the words listed in
    ``origin_only``, at the origin.
    """

    event: Code
    within: str = Field(description="Word (after mapping) of a move within the city")
    arrives: str
    leaves: str
    origin: tuple[str, str, str] = Field(description="Columns of the origin: street key, house number, suffix")
    origin_only: tuple[str, ...] = Field((), description="Words (after mapping) of events that lie at the origin")


class RecordForm(Strict):
    """Rows that are located and counted: one row a person or case, or rows with a count column."""

    kind: Literal["records"]
    name: Code
    format: FileFormat = FileFormat()
    location: Location
    count: str | None = Field(None, description="Column with the number of persons; without it each row is one person")
    unique: str | None = Field(None, description="Column whose values must not repeat (serial number)")
    reference_date: str | None = Field(None, description="Column that must equal the delivery's reference date")
    event_date: str | None = Field(
        None, description="Column with the day of an event, which must lie within the delivery's period"
    )
    keep: dict[str, tuple[str, ...]] = Field(
        default_factory=dict, description="Column → values; rows with other values are left out and counted as ignored"
    )
    keep_known: dict[str, tuple[str, ...]] = Field(
        default_factory=dict, description="Column → further values that are known and left out; anything else is wrong"
    )
    moves: Moves | None = None
    assumed: bool = Field(False, description="The layout is not public: it is assumed, and only mapped here")
    dimensions: dict[Code, Dimension]

    @property
    def person_level(self) -> bool:
        """True where one row is one person: such files need the policy's explicit permission."""
        return self.count is None


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


Form = RecordForm | AreaForm
"""The forms of one table; grids come as archives of several."""
AnyForm = Annotated[RecordForm | AreaForm | GridForm, Field(discriminator="kind")]


class Break(Strict):
    """A break in a definition: values before and from this date do not compare."""

    since: date
    reason: str


class Source(Strict):
    """A source: who owns it, how often it comes, what it may be used for, and the forms its files have."""

    code: Code
    title: str
    owner: Code
    periodicity: Literal["jaehrlich", "vierteljaehrlich", "halbjaehrlich", "schuljahr", "einmalig"]
    reference: Literal["stock", "flow"] = "stock"
    reference_day: Annotated[str, Field(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")] = Field(
        "12-31", description="Reference day of a yearly stock, MM-DD"
    )
    legal_basis: str | None = None
    licence: str | None = None
    smallest_level: Code
    note: str | None = None
    place: Literal["wohnort", "standort", "arbeitsort"] = Field(
        "wohnort", description="Whether rows lie where people live, where the facility stands, or where they work"
    )
    first_year: int | None = Field(None, description="First year for which the source is expected")
    due_days: int = Field(120, ge=0, description="Days after the reference date (or period) until a delivery is due")
    delivery: str | None = Field(None, description="How and when it is to be delivered, for the request letter")
    quality: str | None = Field(None, description="What is required of the data's quality")
    breaks: tuple[Break, ...] = ()
    estimate: bool = Field(False, description="Values by area are estimates (spread over areas, perturbed)")
    forms: tuple[AnyForm, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _forms_agree(self) -> Source:
        names = [f.name for f in self.forms]
        if len(set(names)) != len(names):
            raise ValueError("„forms“: jeder Name darf nur einmal vorkommen")
        if len({f.kind for f in self.forms}) > 1:
            raise ValueError("„forms“: alle Formen einer Quelle müssen dieselbe Art (kind) haben")
        return self

    @property
    def kind(self) -> str:
        """``records``, ``areas`` or ``grid``."""
        return self.forms[0].kind

    def offered(self) -> set[str]:
        """What measures may refer to: dimensions of counted rows, or column codes of area tables."""
        names: set[str] = set()
        for form in self.forms:
            names |= set(form.dimensions) if isinstance(form, RecordForm) else form.column_codes()
        return names
