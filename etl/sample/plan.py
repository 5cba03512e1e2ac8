"""The plan of the synthetic city, read from the shipped catalogue: outline, main lines, centres, calibration.

Coordinates are kilometres east and north of ``ORIGIN`` (EPSG:25832).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import yaml

from etl.settings import DEFAULT_CATALOGUE

_PLAN: dict[str, Any] = yaml.safe_load((DEFAULT_CATALOGUE / "beispielstadt.yaml").read_text(encoding="utf-8"))

EPSG = 25832
ORIGIN: tuple[float, float] = tuple(_PLAN["origin"])
AREA_KM2: float = _PLAN["area_km2"]
"""Published area of the city; the outline is scaled to it."""
CITY_NAME: str = _PLAN["name"]
AGS: str = _PLAN["ags"]

Points = tuple[tuple[float, float], ...]


def _points(raw: list[list[float]]) -> Points:
    return tuple((x, y) for x, y in raw)


OUTLINE = _points(_PLAN["outline"])


@dataclass(frozen=True)
class Stadtteil:
    """One of the given parts of the city, with its register population at the start and the end."""

    number: int
    name: str
    anchor: tuple[float, float]
    people_2010: int
    people_2025: int


STADTTEILE = tuple(Stadtteil(**{**part, "anchor": tuple(part["anchor"])}) for part in _PLAN["stadtteile"])
CENTRAL_RING = _points(_PLAN["ring"]["points"])
RING_NAME: str = _PLAN["ring"]["name"]


@dataclass(frozen=True)
class Line:
    """A main line: street, rail or brook."""

    name: str
    kind: str
    points: Points


def _lines(raw: list[dict[str, Any]]) -> tuple[Line, ...]:
    return tuple(Line(line["name"], line["kind"], _points(line["points"])) for line in raw)


MAIN_STREET = "Hauptverkehrsstraße"
COLLECTOR = "Sammelstraße"
RESIDENTIAL = "Anliegerstraße"
TRACK = "Wirtschaftsweg"

BOUNDARY_ROADS = _lines(_PLAN["boundary_roads"])
"""They run outward from the ring around the centre and, with it, divide the Stadtteile."""
MAIN_STREETS = _lines(_PLAN["main_streets"])
EAST_WEST = next(line for line in MAIN_STREETS if line.name == _PLAN["dividing_street"])
"""The main street that divides two Stadtteile as well."""
(RAIL,) = _lines([_PLAN["rail"]])
BROOKS = _lines(_PLAN["brooks"])


@dataclass(frozen=True)
class Spot:
    """A round hill in a field over the city: centre, radius (km, one standard deviation) and height."""

    x: float
    y: float
    radius: float
    height: float


def _spots(name: str) -> tuple[Spot, ...]:
    return tuple(Spot(*spot) for spot in _PLAN[name])


CENTRES = _spots("centres")
"""Built-up area: dense street network near these."""
ESTATES = _spots("estates")
"""Large housing estates: tenants, young families, many foreign nationals, lower social status."""
VILLAS = _spots("villas")
INDUSTRY = _spots("industry")
FOREST = _spots("forest")
MOOR = _spots("moor")
PARK = _spots("park")


@dataclass(frozen=True)
class NewHousing:
    """A housing area that opens over some years: residential blocks nearest to the anchor in one Stadtteil."""

    name: str
    stadtteil: int
    anchor: tuple[float, float]
    years: tuple[int, ...]
    share: float
    """Share of the Stadtteil's growth between the first and the last year that is housed here."""


NEW_HOUSING = tuple(
    NewHousing(**{**area, "anchor": tuple(area["anchor"]), "years": tuple(area["years"])})
    for area in _PLAN["new_housing"]
)
POSTCODES: tuple[tuple[str, tuple[float, float]], ...] = tuple((code, (x, y)) for code, (x, y) in _PLAN["postcodes"])

POPULATION_PATH: dict[int, int] = _PLAN["population"]
"""Register population (main or sole residence) by year."""
FOREIGN_PATH: dict[int, float] = _PLAN["foreign_share"]
AGE_BOUNDS: tuple[int, ...] = tuple(_PLAN["age_bounds"])
AGE_SHARES: dict[int, tuple[float, ...]] = {year: tuple(shares) for year, shares in _PLAN["age_shares"].items()}
"""Per cent in the age groups from AGE_BOUNDS."""
ADDRESSES: int = _PLAN["addresses"]
BLOCKS: int = _PLAN["blocks"]
FIRST_YEAR: int = _PLAN["first_year"]
LAST_YEAR: int = _PLAN["last_year"]
REPORT_FROM = 2015
"""First year of all files but the register, which begins a year earlier: flows need the population before."""
