"""Reports of other places and open questions in YAML, each of their figures mapped onto our indicators."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from etl.catalogue.sources import Code, Strict

IndicatorCode = Annotated[str, Field(pattern=r"^[A-Z]{3}[0-9]{2}$")]
Covered = Literal["ganz", "teilweise", "nein"]


class Question(Strict):
    """One figure or question of a report, and how far our indicators answer it.

    Where they do not, or only partly, it says what is missing, what would close the gap, and which office to ask.
    """

    title: str
    theme: Code | None = Field(None, description="Theme it belongs to; none: outside our themes")
    codes: tuple[IndicatorCode, ...] = Field((), description="Our indicators that answer it")
    covered: Covered = "ganz"
    missing: str | None = None
    closed_by: str | None = None
    ask: Code | None = None
    level: Code | None = Field(None, description="Level at which it is wanted; none: the smallest of the city")

    @model_validator(mode="after")
    def _sound(self) -> Question:
        if (self.covered == "nein") == bool(self.codes):
            raise ValueError("„codes“ gehört genau zu covered: ganz oder teilweise")
        if (self.covered == "ganz") != (self.missing is None):
            raise ValueError("„missing“ (was fehlt) gehört genau zu covered: teilweise oder nein")
        if self.missing is not None and (self.closed_by is None or self.ask is None):
            raise ValueError("„closed_by“ und „ask“ fehlen: was die Lücke schließt und welche Stelle gefragt wird")
        return self


class Report(Strict):
    """A report (or a list of questions) that ours is measured against.

    ``basis``: belegt (its tables are known), teilweise_angenommen or angenommen (its list is not public, or not read);
    ``evidence`` says what it rests on.
    """

    code: Code
    title: str
    publisher: str
    basis: Literal["belegt", "teilweise_angenommen", "angenommen"]
    evidence: str
    questions: tuple[Question, ...] = Field(min_length=1)
