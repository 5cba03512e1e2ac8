"""The outlook in YAML: what the projection is made from, its assumptions, scenarios, and the demand that follows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field, model_validator

from etl.catalogue.faults import Fault, repeated, unknown
from etl.catalogue.sources import Code, Strict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etl.catalogue.load import Catalogue

FILE, HOUSING_FILE = "vorausberechnung.yaml", "wohnbau.yaml"
Chance = Annotated[float, Field(ge=0, le=1)]
ByAge = dict[Annotated[int, Field(ge=0, le=85)], Annotated[float, Field(ge=0)]]
"""First age → value that holds until the next one."""


class Scenario(Strict):
    """Factors on what the base years show; ``mortality_change`` adds up year by year (-0.01: 1 % less a year)."""

    code: Code
    title: str
    description: str
    fertility: float = Field(1.0, ge=0, le=3)
    mortality_change: float = Field(0.0, gt=-0.1, lt=0.1)
    gains: float = Field(1.0, ge=0, le=3, description="Factor on net in-migration of ages that gain")
    losses: float = Field(1.0, ge=0, le=3, description="Factor on net out-migration of ages that lose")
    housing: float = Field(0.0, ge=0, le=3, description="Factor on the table of new dwellings")


class Places(Strict):
    """Where the places are told: numerator of an indicator, for one of its groups; counted where they stand."""

    indicator: str
    group: Code = "insgesamt"


class DemandGroup(Strict):
    """Children who need a place: the share of each age that belongs to them, and how many of them want one."""

    code: Code
    title: str
    ages: dict[Annotated[int, Field(ge=0, le=20)], Chance]
    quota: Chance | None = Field(None, description="Share of the children who want a place")
    quota_indicator: str | None = Field(
        None, description="Instead of quota: the city's newest value (in percent) of this indicator"
    )
    places: Places | None = None
    capacity: dict[str, Annotated[int, Field(ge=0)]] = Field(
        default_factory=dict, description="Key of a unit → places, where no source tells them"
    )

    @model_validator(mode="after")
    def _one_quota(self) -> DemandGroup:
        if (self.quota is None) == (self.quota_indicator is None):
            raise ValueError("genau eines von „quota“ und „quota_indicator“ angeben")
        if self.places is not None and self.capacity:
            raise ValueError("„places“ und „capacity“ schließen sich aus")
        return self


class Outlook(Strict):
    """The projection. It reads nothing but indicators that are released: persons by age, women by age, births and
    births minus deaths."""

    title: str
    definition: str
    population: str = Field(description="Indicator that counts persons, with groups by five years of age")
    women: str = Field(description="Indicator with women as numerator, with the same groups")
    births: str = Field(description="Indicator with the births of a year as numerator")
    natural: str = Field(description="Indicator with births minus deaths of a year as numerator")
    years: int = Field(15, ge=5, le=30)
    min_population: int = Field(1000, ge=300, description="Smaller areas are projected together with others")
    turnover: float = Field(0.2, gt=0, le=1, description="Moves in and out by person and year: noise of the net ones")
    persistence: Chance = Field(
        0.5, description="Share of a district's own deviation in net moves that goes on after the base years"
    )
    fertility: ByAge = Field(description="Births by woman and year; only the pattern counts, the level is the city's")
    mortality_men: ByAge = Field(description="Chance to die within a year; only the pattern counts")
    mortality_women: ByAge
    newcomers: ByAge = Field(description="Share of an age (single year) among those who move into new dwellings")
    from_city: Chance = Field(0.5, description="Share of those who leave another dwelling of the city")
    scenarios: tuple[Scenario, ...] = Field(min_length=1)
    demand: tuple[DemandGroup, ...] = ()
    note: str | None = None

    @model_validator(mode="after")
    def _from_birth(self) -> Outlook:
        for name in ("fertility", "mortality_men", "mortality_women", "newcomers"):
            if 0 not in getattr(self, name):
                raise ValueError(f"„{name}“ muss mit dem Alter 0 beginnen")
        if not any(self.fertility.values()) or not any(self.newcomers.values()):
            raise ValueError("„fertility“ und „newcomers“ brauchen mindestens einen Wert über 0")
        if max(*self.mortality_men.values(), *self.mortality_women.values()) >= 1:
            raise ValueError("die Wahrscheinlichkeit zu sterben muss unter 1 liegen")
        return self


class Dwellings(Strict):
    """New dwellings of a year in a unit, beyond what the base years saw."""

    unit: str = Field(description="Key of the unit, as shown")
    year: int = Field(ge=1990, le=2100)
    dwellings: int = Field(ge=0)
    persons: float = Field(2.2, gt=0, le=10, description="Persons by dwelling")


class Housing(Strict):
    """The table of new dwellings."""

    synthetic: bool = Field(False, description="Made up for the sample city; real releases do not use it")
    level: Code
    dwellings: tuple[Dwellings, ...]


def outlook_faults(catalogue: Catalogue) -> Iterator[Fault]:
    """Faults of outlook and table of dwellings: indicators that do not exist, groups by age that are missing."""
    outlook, housing = catalogue.outlook, catalogue.housing
    levels = [level.code for level in catalogue.city.levels]
    if housing is not None:
        if outlook is None:
            yield Fault(HOUSING_FILE, "", f"ohne {FILE} gibt es keine Vorausberechnung, die Wohnungen braucht")
        if housing.level not in levels:
            yield unknown(HOUSING_FILE, "level", housing.level, "die Ebene", levels)
    if outlook is None:
        return
    used = {name: getattr(outlook, name) for name in ("population", "women", "births", "natural")}
    for group in outlook.demand:
        used[f"demand.{group.code}.places"] = group.places.indicator if group.places else None
        used[f"demand.{group.code}.quota_indicator"] = group.quota_indicator
    for key, code in used.items():
        if code is not None and code not in catalogue.indicator:
            yield unknown(FILE, key, code, "die Kennzahl", catalogue.indicator)
    yield from repeated(FILE, "das Szenario", (s.code for s in outlook.scenarios))
    yield from repeated(FILE, "die Gruppe", (g.code for g in outlook.demand))
    population = catalogue.indicator.get(outlook.population)
    if population is not None and not age_bands(catalogue):
        yield Fault(FILE, "population", f"die Messgröße von {population.code} braucht Gruppen (bands) nach Alter")


def age_bands(catalogue: Catalogue) -> dict[str, tuple[int, int]]:
    """Groups of ages of the persons that the outlook reads: name → from, up to but not including; in order."""
    outlook = catalogue.outlook
    indicator = catalogue.indicator.get(outlook.population) if outlook is not None else None
    terms = indicator.terms("numerator") if indicator is not None else ()
    measure = catalogue.measure.get(terms[0].measure) if len(terms) == 1 else None
    if measure is None or measure.group_by is None:
        return {}
    return dict(sorted(measure.bands.items(), key=lambda band: band[1]))
