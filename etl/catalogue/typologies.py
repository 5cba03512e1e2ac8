"""Typologies in YAML: from which indicators areas with a similar profile are put together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field, model_validator

from etl.catalogue.faults import Fault, unknown
from etl.catalogue.sources import Code, Strict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etl.catalogue.load import Catalogue

FILE = "typen.yaml"


class Typology(Strict):
    """Types of the units of a level: Ward's method, then k-means, on z values of what a release shows.

    Closely related indicators count twice, so one or two a theme are enough.
    """

    code: Annotated[str, Field(pattern=r"^TYP[0-9]{2}$")]
    title: str
    definition: str
    level: Code
    indicators: tuple[str, ...] = Field(min_length=3, description="Codes of indicators; every unit needs all of them")
    types: int | None = Field(None, ge=2, le=12, description="Number of types; without it chosen by the silhouette")
    largest: int = Field(6, ge=2, le=12, description="Most types that are tried")
    runs: int = Field(200, ge=50, le=2000, description="Repetitions that tell how firm the types are")
    firm_from: float = Field(
        0.6, gt=0, le=1, description="Mean adjusted Rand index from which the types count as firm; below it is said so"
    )
    note: str | None = None

    @model_validator(mode="after")
    def _once(self) -> Typology:
        if len(set(self.indicators)) < len(self.indicators):
            raise ValueError("jede Kennzahl darf nur einmal vorkommen")
        return self


def typology_faults(catalogue: Catalogue) -> Iterator[Fault]:
    """Faults of all typologies: indicators that do not exist, are gaps or stop above the level."""
    levels = [level.code for level in catalogue.city.levels]
    for typology in catalogue.typologies:
        if typology.level not in levels:
            yield unknown(FILE, f"{typology.code}.level", typology.level, "die Ebene", levels)
            continue
        for code in typology.indicators:
            indicator, at = catalogue.indicator.get(code), f"{typology.code}.indicators"
            if indicator is None:
                yield unknown(FILE, at, code, "die Kennzahl", catalogue.indicator)
            elif indicator.gap is not None:
                yield Fault(FILE, at, f"{code} ist eine Lücke und wird nicht berechnet")
            elif indicator.lowest_level in levels and levels.index(indicator.lowest_level) < levels.index(
                typology.level
            ):
                yield Fault(FILE, at, f"{code} gibt es nur bis {indicator.lowest_level}, nicht für {typology.level}")
