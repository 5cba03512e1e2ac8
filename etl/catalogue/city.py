"""The city, its levels, the owners of data, and the confidentiality policy in YAML."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from etl.catalogue.publication import Publication
from etl.catalogue.sources import Code, Retention, Strict

ProductName = Literal["exporte", "bericht", "atlas", "steckbriefe", "qgis"]
"""Folders of a release's files."""

NOT_LOCATED = "nicht_zuordenbar"
"""Level of the one pseudo-unit a version has for persons without a locatable address."""


COMPARISON = "vergleichsraum"
"""Level of the comparison areas, which stand in a version of their own and have no outlines."""


class Level(Strict):
    """A level of the territorial hierarchy, coarse to fine."""

    code: Code
    title: str
    plural: str
    parent: Code | None = None


class Owner(Strict):
    """An office that owns data; never a person."""

    code: Code
    title: str


class ComparisonArea(Strict):
    """An area beside the city that its figures are compared with: district, state, other cities."""

    key: Annotated[
        str, Field(pattern=r"^(\d{2}|\d{5}|\d{8})$", description="Official key: state 2, district 5, municipality 8")
    ]
    name: str
    kind: Literal["gemeinde", "kreis", "land", "bund"]


class CityRetention(Retention):
    """How long rows of deliveries are kept where a source says nothing else."""

    person_level_days: int = Field(
        ge=0, description="Limit for files with a row a person; 0: deleted with the next call of purge --faellig"
    )


class City(Strict):
    """The city and its hierarchy."""

    name: str
    ags: Annotated[str, Field(pattern=r"^\d{8}$")]
    database: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,59}$")]
    report_title: str
    extent: tuple[float, float, float, float] = Field(
        description="Plausible extent in EPSG:25832 (min E, min N, max E, max N), metres"
    )
    view: tuple[float, float, float, float] | None = Field(
        None, description="Extent that maps open with, in EPSG:25832, metres; default: the plausible extent"
    )
    levels: tuple[Level, ...] = Field(min_length=1)
    comparison_areas: tuple[ComparisonArea, ...] = ()
    population: Code | None = Field(None, description="Measure shown as einwohner of a unit")
    retention: CityRetention = CityRetention(
        days=730, person_level_days=30, basis="Vorgabe des Programms; von der Stadt festzulegen"
    )
    district_level: Code | None = Field(None, description="The level that is formed from building blocks")

    publication: Publication | None = Field(None, description="For metadata of open data; without it none are written")
    products: tuple[ProductName, ...] | None = Field(
        None, description="What is made of a release besides the database; all where the list is left out"
    )

    @model_validator(mode="after")
    def _chain(self) -> City:
        codes = [level.code for level in self.levels]
        if {NOT_LOCATED, COMPARISON, "block"} & set(codes):
            raise ValueError(f"„levels“: {NOT_LOCATED}, {COMPARISON} und block sind vorbelegt")
        for position, level in enumerate(self.levels):
            if position == 0 and level.parent is not None:
                raise ValueError("„levels“: die erste Ebene ist die Stadt und hat kein „parent“")
            if position and level.parent not in codes[:position]:
                raise ValueError(
                    f"„levels“: „parent“ von {level.code} muss eine Ebene darüber sein: {codes[:position]}"
                )
        if self.district_level is not None and self.district_level not in codes:
            raise ValueError(f"„district_level“: keine der Ebenen {codes}")
        return self

    @property
    def top(self) -> Level:
        """The city's own level."""
        return self.levels[0]


class Policy(Strict):
    """Confidentiality policy: what must be withheld for its own sake; the joint method withholds what protects it."""

    min_count: int = Field(5, ge=3, description="Counts below it are withheld")
    min_count_agency: int = Field(
        10, ge=3, description="The same for counts from files that withhold small counts themselves (agency: 1 to 9)"
    )
    min_denominator: int = Field(50, ge=0, description="Rates with a smaller denominator are withheld")
    min_population: int = Field(300, ge=0, description="Areas with fewer inhabitants show no social indicators")
    min_contributors: int = Field(5, ge=3, description="Sums and means of fewer persons or cases are withheld")
    dominance_n: int = Field(2, ge=1, le=3, description="So many of the largest contributors ...")
    dominance_k: float = Field(85, gt=0, le=100, description="... may make up at most this percentage of a sum")
    dominance_p: float = Field(
        10,
        ge=0,
        le=100,
        description="Nobody may estimate the largest contributor more closely than by this percentage (0: none)",
    )
    show_zeros: bool = Field(False, description="Show zeros of population counts")
    approval: Literal["zwei_rollen", "selbst"] = Field(
        "zwei_rollen",
        description="Who approves a release: a second person as role freigabe; selbst: the job itself, and that only "
        "where all deliveries are synthetic",
    )
    person_level_intake: bool = Field(False, description="Files with one row a person may be taken in")
