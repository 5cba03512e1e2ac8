"""Forms of files with located rows: one row a person or case, or rows with a count column."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from etl.catalogue.base import Code, Strict
from etl.catalogue.fileformat import FileFormat


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
