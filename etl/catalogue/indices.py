"""Indices in YAML: which indicators they join, how these are made comparable, and the classes of the result.

Declared and validated here; releases compute them from what they show.
Conventions follow the two families that publish their
formulas: sums of z-scores (monitoring of social urban development) and ranks bent by an exponential or normal
distribution (indices of multiple deprivation).
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from etl.catalogue.sources import Code, Strict

IndicatorCode = Annotated[str, Field(pattern=r"^[A-Z]{3}[0-9]{2}$")]


class Part(Strict):
    """One indicator of an index; direction 1: high values raise the index, -1: they lower it."""

    indicator: IndicatorCode
    name: Annotated[str, Field(pattern=r"^[A-Z][0-9]{1,2}$", description="Name within the index, such as S1 or D1")]
    direction: Literal[1, -1] = 1
    weight: float = Field(1.0, gt=0)


class Standardisation(Strict):
    """What makes parts comparable: mean and standard deviation over the units that are not excluded.

    ``deviation``: of the population (divided by n) or of a sample (n - 1); with 16 districts they differ by 3 %.
    ``weighted``: each unit counts once, or by its inhabitants. ``reference``: anew each year, or always with mean and
    deviation of ``baseline_year``, so that the index shows change of the city as a whole.
    """

    deviation: Literal["population", "sample"] = "population"
    weighted: Literal["nein", "einwohner"] = "nein"
    reference: Literal["jedes_jahr", "basisjahr"] = "jedes_jahr"
    baseline_year: int | None = Field(None, ge=1990, le=2100)

    @model_validator(mode="after")
    def _baseline(self) -> Standardisation:
        if (self.reference == "basisjahr") != (self.baseline_year is not None):
            raise ValueError("„baseline_year“ gehört genau zu reference: basisjahr")
        return self


class IndexClass(Strict):
    """A class of the index, from low to high values; ``below`` is its upper limit, the last class has none."""

    code: int = Field(ge=1, le=99)
    label: str
    below: float | None = None
    included: bool = Field(True, description="Whether the upper limit itself belongs to the class")


class Exclusion(Strict):
    """Units without an index: too few inhabitants, or outliers that would bend the standardisation."""

    min_population: int = Field(300, ge=0)
    min_units: int = Field(5, ge=3, description="No index of fewer units: a mean of so few says nothing")
    outlier_z: float | None = Field(None, gt=0, description="Left out where |z| of any part exceeds this")
    units: tuple[str, ...] = Field((), description="Keys of units left out by decision, to be argued in the note")


class CrossTable(Strict):
    """An index that crosses the classes of two others; its code is ``10 × row + column``."""

    rows: IndicatorCode
    columns: IndicatorCode
    labels: dict[int, str] = Field(description="Code of a cell → its German name")


class Index(Strict):
    """An index: a weighted sum of comparable parts with classes, or the cross table of two indices.

    ``change_years``: parts are differences to that many years before, in units of the indicator (percentage points).
    ``rescale``: the sum is divided by its standard deviation, so that class limits are in deviations.
    ``transformation``: z (z-scores are added), imd_exponential (ranks bent so that the top tenth stands out),
    simd_normal (normal scores of ranks), pca (weights are loadings of the first principal component).
    """

    code: IndicatorCode
    title: str
    definition: str
    level: Code
    owner: Code
    polarity: Literal["gut", "schlecht", "neutral"] = "schlecht"
    unit: str = "z"
    decimals: int = Field(2, ge=0, le=4)
    periodicity: Literal["jaehrlich"] = "jaehrlich"
    reference: str = "31.12."
    ci_method: str = "keine"
    disclosure_risk: Literal["gering", "mittel", "hoch", "sehr_hoch"] = "gering"
    note: str | None = None
    parts: tuple[Part, ...] = ()
    optional: tuple[Part, ...] = Field((), description="Parts that the city may add; not part of the index now")
    change_years: int = Field(0, ge=0, le=10)
    standardisation: Standardisation = Standardisation()
    transformation: Literal["z", "imd_exponential", "simd_normal", "pca"] = "z"
    rescale: bool = True
    classes: tuple[IndexClass, ...] = ()
    stable_from: float = Field(
        0.8, ge=0.5, le=1, description="Share of repeated runs in which a unit keeps its class for it to be called firm"
    )
    exclusion: Exclusion = Exclusion()
    cross: CrossTable | None = None

    @model_validator(mode="after")
    def _sound(self) -> Index:
        if bool(self.parts) == (self.cross is not None):
            raise ValueError("genau eines von „parts“ (Bestandteile) und „cross“ (Kreuztabelle) angeben")
        if self.cross is not None and (self.classes or self.optional or self.change_years):
            raise ValueError("„cross“ hat keine eigenen „classes“, „optional“ und „change_years“")
        everything = (*self.parts, *self.optional)
        for what, words in (("name", [p.name for p in everything]), ("indicator", [p.indicator for p in everything])):
            if len(set(words)) != len(words):
                raise ValueError(f"„parts“ und „optional“: jedes „{what}“ darf nur einmal vorkommen")
        if self.parts and not self.classes:
            raise ValueError("„classes“ fehlt: die Klassen mit ihren Grenzen und Namen")
        self._classes_ascend()
        return self

    def _classes_ascend(self) -> None:
        if not self.classes:
            return
        limits = [c.below for c in self.classes]
        inner = [limit for limit in limits[:-1] if limit is not None]
        if len(inner) != len(limits) - 1 or limits[-1] is not None:
            raise ValueError("„classes“: jede Klasse außer der letzten braucht „below“, die letzte hat keines")
        if inner != sorted(set(inner)):
            raise ValueError("„classes“: die Grenzen „below“ müssen aufsteigen und verschieden sein")
        for what, words in (("code", [c.code for c in self.classes]), ("label", [c.label for c in self.classes])):
            if len(set(words)) != len(words):
                raise ValueError(f"„classes“: jedes „{what}“ darf nur einmal vorkommen")

    @property
    def needs(self) -> tuple[str, ...]:
        """Codes of the indicators or indices that it is made of."""
        return (self.cross.rows, self.cross.columns) if self.cross else tuple(p.indicator for p in self.parts)
