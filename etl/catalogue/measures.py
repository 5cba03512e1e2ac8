"""Measures and indicators in YAML, with the small expression language of numerators and denominators."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, model_validator

from etl.catalogue.sources import Break, Code, Strict


class Condition(Strict):
    """A condition on one dimension; all that are given must hold. No SQL: it can only read what the source offers."""

    eq: str | int | None = None
    isin: tuple[str | int, ...] | None = None
    ge: int | None = None
    lt: int | None = None
    within_years: int | None = Field(
        None, description="Dimension of type year: at most this many years after the year of the reference date"
    )

    @model_validator(mode="after")
    def _something(self) -> Condition:
        if not self.model_fields_set:
            raise ValueError("leere Bedingung: eines von eq, isin, ge, lt, within_years angeben")
        return self


class Measure(Strict):
    """Something additive: persons or cases counted, a sum over them, or an area from geometry.

    ``weight`` (sums only): the number dimension to add up; ``offset`` is added per person, so that a mean age can be
    taken from completed years (+0.5).
    """

    code: Code
    title: str
    source: Code | None = None
    kind: Literal["count", "sum", "area_km2"] = "count"
    filter: dict[Code, Condition] = Field(default_factory=dict)
    weight: Code | None = None
    offset: float = 0.0
    column: Code | None = Field(None, description="Area tables: the column code")
    group_by: Code | None = Field(None, description="Dimension whose values are published as groups besides the total")
    bands: dict[str, tuple[int, int]] = Field(
        default_factory=dict, description="group_by of a number or age: name of a group → from, up to but not including"
    )
    group_columns: dict[str, Code] = Field(
        default_factory=dict, description="Area tables: name of a group → column code, besides the total"
    )
    age_limit: Literal["unter", "ab"] | None = Field(
        None,
        description="Weight each age (dimension alter, completed years on 31.12.) with the share of its birth cohort "
        "that is below, or has reached, the age limit of § 7a SGB II at the reference date",
    )
    confidential: bool = Field(
        True,
        description="Small numbers are withheld; false for things that are no secret of anybody: places, dwellings",
    )
    structural_zeros: tuple[str, ...] = Field(
        (),
        description="Keys of units in which there can be none: a zero there says nothing about anybody and is shown",
    )
    carrier: Code | None = Field(
        None,
        description="Measure by block or cell whose distribution divides this one where another district version needs "
        "an estimate; without it the city's population",
    )

    @model_validator(mode="after")
    def _complete(self) -> Measure:
        if (self.kind == "area_km2") != (self.source is None):
            raise ValueError("„source“ fehlt (nur kind area_km2 kommt ohne Quelle aus)")
        if self.weight is not None and self.kind != "sum":
            raise ValueError("„weight“ gehört zu kind sum")
        return self


@dataclass(frozen=True)
class Term:
    """``coefficient × measure``, the measure taken ``lag`` years earlier."""

    measure: str
    coefficient: float
    lag: int


_TERM = re.compile(r"\s*([+-]?)\s*(?:(\d+(?:\.\d+)?)\s*\*\s*)?([a-z][a-z0-9_]*)(?:\[-(\d+)\])?\s*")


def parse_expression(text: str) -> tuple[Term, ...]:
    """Terms of an expression such as ``ew - ew[-5]`` or ``ew_u20 + ew_65plus``.

    A term is a measure's code, optionally with a factor before it (``0.5 * code``) and a lag in years behind it
    (``code[-5]``). Raises ValueError with a German text where it cannot be read.
    """
    terms: list[Term] = []
    position = 0
    while position < len(text):
        match = _TERM.match(text, position)
        if match is None or (terms and not match[1]):
            raise ValueError(
                f"„{text}“ ist ab Zeichen {position + 1} nicht lesbar; richtig wäre zum Beispiel „ew_u20 + ew_65plus“ "
                "oder „ew - ew[-5]“"
            )
        sign = -1.0 if match[1] == "-" else 1.0
        terms.append(Term(match[3], sign * float(match[2] or 1), int(match[4] or 0)))
        position = match.end()
    if not terms:
        raise ValueError("leerer Ausdruck; richtig wäre zum Beispiel „ew_u18“")
    return tuple(terms)


class Gap(Strict):
    """Why there is no small-area source for an indicator, and what would close the gap."""

    reason: str
    closed_by: str
    ask: Code = Field(description="The office to ask")


class Comparison(Strict):
    """Numerator and denominator of the same indicator for comparison areas, from official statistics."""

    numerator: str
    denominator: str | None = None
    note: str | None = None


class Indicator(Strict):
    """A published figure: numerator / denominator × factor, or the numerator alone.

    ``pool`` adds up that many successive periods of numerator and denominator before dividing. ``gap`` marks an
    indicator that cannot be computed yet: it is documented, listed as a gap and never published.
    ``formula`` segregation: half the sum over districts of |group share − rest share| × factor, for the city
    only.
    """

    code: Annotated[str, Field(pattern=r"^[A-Z]{3}[0-9]{2}$")]
    title: str
    definition: str
    kind: Literal[
        "anzahl",
        "anteil",
        "quotient",
        "rate",
        "mittelwert",
        "veraenderung",
        "dichte",
        "saldo",
        "index",
        "summe",
        "verhaeltnis",
    ]
    numerator: str | None = None
    denominator: str | None = None
    formula: Literal["ratio", "segregation"] = "ratio"
    pool: int = Field(1, ge=1, le=5)
    numerator_text: str
    denominator_text: str | None = None
    factor: float = 1.0
    unit: str
    polarity: Literal["gut", "schlecht", "neutral"] = "neutral"
    decimals: int = Field(1, ge=0, le=4)
    ci_method: Literal["keine", "wilson", "byar", "delta", "t", "bootstrap"] = "keine"
    ci_spread: str | None = Field(
        None, description="ci_method t: indicator that counts the same persons by bands of the averaged value"
    )
    grouped: bool = Field(
        True, description="Whether there are values for the groups that all of its measures have, besides the total"
    )
    class_breaks: tuple[float, ...] = Field((), description="Inner class limits, the same for all years")
    lowest_level: Code
    note: str | None = None
    periodicity: Literal["jaehrlich", "schuljahr", "einmalig"] = "jaehrlich"
    reference: str = Field("31.12.", description="Reference date or period, as shown to readers")
    source_text: str | None = Field(None, description="Source as shown to readers; default: titles of the sources")
    owner: Code | None = Field(None, description="Responsible office; default: owner of the numerator's source")
    disclosure_risk: Literal["gering", "mittel", "hoch", "sehr_hoch"] = "mittel"
    index_part: str | None = Field(None, description="Part of an index that it is (S1, S2, ...)")
    breaks: tuple[Break, ...] = ()
    gap: Gap | None = None
    comparison: Comparison | None = None

    @model_validator(mode="after")
    def _sound(self) -> Indicator:
        if list(self.class_breaks) != sorted(set(self.class_breaks)):
            raise ValueError("„class_breaks“ müssen aufsteigen und verschieden sein")
        if (self.numerator is None) != (self.gap is not None):
            raise ValueError("„numerator“ fehlt; nur eine Lücke (gap) hat keinen, und sie darf keinen haben")
        if self.gap is None and self.denominator is None and self.kind not in ("anzahl", "saldo", "summe"):
            raise ValueError(f"„denominator“ fehlt: kind {self.kind} braucht einen Nenner")
        compared = (self.comparison.numerator, self.comparison.denominator) if self.comparison else ()
        for text in (self.numerator, self.denominator, *compared):
            if text is not None:
                parse_expression(text)
        return self

    def terms(self, part: Literal["numerator", "denominator"]) -> tuple[Term, ...]:
        """The parsed numerator or denominator; empty where there is none."""
        text = self.numerator if part == "numerator" else self.denominator
        return parse_expression(text) if text else ()


class Theme(Strict):
    """A field of action (Handlungsfeld) with its indicators in order."""

    code: Code
    rank: int = Field(ge=1, description="Order of the themes")
    title: str
    indicators: tuple[Indicator, ...] = Field(min_length=1)

    @property
    def shown(self) -> tuple[Indicator, ...]:
        """Indicators that have values, or will: all but the gaps. These get columns, styles and map themes."""
        return tuple(i for i in self.indicators if i.gap is None)
