"""What a source of deliveries looks like in YAML: its owner, its rhythm, its forms."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, model_validator

from etl.catalogue.areaforms import (
    Area,
    AreaForm,
    GridKey,
    NotesFrom,
    PeriodOf,
    RateCheck,
    Reliability,
    SumCheck,
    Symbol,
)
from etl.catalogue.base import Code, Status, Strict
from etl.catalogue.fileformat import FileFormat
from etl.catalogue.grids import GridForm
from etl.catalogue.recordforms import Dimension, Location, Moves, RecordForm

__all__ = [
    "AnyForm",
    "Area",
    "AreaForm",
    "Break",
    "Code",
    "Dimension",
    "FileFormat",
    "Form",
    "GridKey",
    "Location",
    "Moves",
    "NotesFrom",
    "PeriodOf",
    "RateCheck",
    "RecordForm",
    "Reliability",
    "Source",
    "Status",
    "Strict",
    "SumCheck",
    "Symbol",
]

Form = RecordForm | AreaForm
"""The forms of one table; grids come as archives of several."""
AnyForm = Annotated[RecordForm | AreaForm | GridForm, Field(discriminator="kind")]


class Break(Strict):
    """A break in a definition: values before and from this date do not compare."""

    since: date
    reason: str


class Retention(Strict):
    """How long rows of a source's deliveries are kept, and on what ground."""

    days: int = Field(ge=0, description="Days after the arrival; then purge deletes the rows, counts stay")
    basis: str = Field(description="Legal basis or agreement that says so")


class Source(Strict):
    """A source: who owns it, how often it comes, what it may be used for, and the forms its files have."""

    code: Code
    title: str
    owner: Code
    periodicity: Literal["jaehrlich", "vierteljaehrlich", "halbjaehrlich", "schuljahr", "einmalig"]
    reference: Literal["stock", "flow"] = "stock"
    reference_day: Annotated[str, Field(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")] = Field(
        "12-31",
        description="Reference day of a yearly stock, MM-DD; given for a school year, the day that due_days count from",
    )
    legal_basis: str | None = None
    licence: str | None = None
    smallest_level: Code
    note: str | None = None
    place: Literal["wohnort", "standort", "arbeitsort"] = Field(
        "wohnort", description="Whether rows lie where people live, where the facility stands, or where they work"
    )
    first_year: int | None = Field(None, description="First year for which the source is expected")
    provisional_days: int | None = Field(
        None, ge=1, description="Days after the reference date before which delivered figures are provisional"
    )
    due_days: int = Field(120, ge=0, description="Days after the reference date (or period) until a delivery is due")
    delivery: str | None = Field(None, description="How and when it is to be delivered, for the request letter")
    quality: str | None = Field(None, description="What is required of the data's quality")
    breaks: tuple[Break, ...] = ()
    retention: Retention | None = Field(None, description="How long its rows are kept; default: as the city says")
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
