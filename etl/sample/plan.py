"""The hand-drawn plan of the synthetic city: outline, main lines, centres, and the figures it is calibrated to.

Shapes are invented. Only size, position and the rough arrangement of the five Stadtteile follow the real city.
Coordinates here are kilometres east and north of ``ORIGIN`` (EPSG:25832).
"""

from __future__ import annotations

from dataclasses import dataclass

EPSG = 25832
ORIGIN = (566_000.0, 5_951_000.0)
AREA_KM2 = 58.10
"""Published area of the city; the outline is scaled to it."""
CITY_NAME = "Norderstedt"
AGS = "01060063"

Points = tuple[tuple[float, float], ...]

OUTLINE: Points = (
    (-1.0, 6.0), (0.1, 5.7), (0.9, 5.2), (1.5, 3.9), (2.2, 2.5), (4.1, 1.6), (5.0, -0.3), (4.4, -2.1), (2.3, -2.7),
    (0.7, -3.0), (0.1, -4.3), (-0.5, -5.9), (-2.4, -6.1), (-3.7, -5.1), (-4.1, -2.9), (-3.6, -0.8), (-3.1, 1.2),
    (-2.1, 3.6), (-1.7, 5.2),
)  # fmt: skip


@dataclass(frozen=True)
class Stadtteil:
    """One of the five given parts of the city, with its register population at the start and the end."""

    number: int
    name: str
    anchor: tuple[float, float]
    people_2010: int
    people_2025: int


# 2010: Harksheide, Garstedt and Friedrichsgabe as published for about 2010/11; the other two share the rest.
STADTTEILE = (
    Stadtteil(1, "Friedrichsgabe", (-1.0, 3.3), 7_815, 9_700),
    Stadtteil(2, "Harksheide", (1.0, 1.2), 24_325, 24_800),
    Stadtteil(3, "Norderstedt-Mitte", (-0.8, 0.2), 9_200, 12_200),
    Stadtteil(4, "Garstedt", (-1.2, -2.8), 20_431, 24_450),
    Stadtteil(5, "Glashütte", (2.3, -1.5), 13_000, 13_150),
)

MITTE_RING: Points = (
    (-2.0, -0.9), (-0.9, -1.15), (0.2, -0.95), (0.38, 0.1), (0.15, 1.0), (-0.8, 1.3), (-1.9, 1.05), (-2.2, 0.1),
)  # fmt: skip


@dataclass(frozen=True)
class Line:
    """A main line: street, rail or brook."""

    name: str
    kind: str
    points: Points


MAIN_STREET = "Hauptverkehrsstraße"
COLLECTOR = "Sammelstraße"
RESIDENTIAL = "Anliegerstraße"
TRACK = "Wirtschaftsweg"

EAST_WEST = Line(
    "Querlandstraße",
    MAIN_STREET,
    ((-4.4, -0.6), (-2.2, -0.45), (-0.5, -0.3), (0.38, -0.3), (1.6, -0.2), (3.0, -0.5), (5.6, -0.5)),
)
"""Its eastern half divides Harksheide from Glashütte."""

BOUNDARY_ROADS = (
    Line("Grenzredder", COLLECTOR, ((0.0, 0.9), (0.1, 1.3), (0.2, 2.3), (0.85, 3.2), (2.4, 4.4))),
    Line("Feldmarkweg", COLLECTOR, ((0.1, -0.7), (0.45, -1.4), (0.58, -2.2), (0.62, -2.7), (0.75, -3.6))),
    Line("Dreieckstraße", COLLECTOR, ((-1.9, 0.3), (-2.4, 0.25), (-3.2, 0.4), (-4.2, 0.5))),
)
"""They run outward from the ring around Norderstedt-Mitte and, with it, divide the Stadtteile."""
RING_NAME = "Innerer Ring"

MAIN_STREETS = (
    Line(
        "Alte Landstraße",
        MAIN_STREET,
        ((-0.5, -6.6), (-0.3, -4.5), (-0.1, -2.5), (-0.1, -0.6), (-0.25, 0.8), (-0.3, 2.2), (-0.5, 3.6), (-0.6, 6.6)),
    ),
    Line("Nordquerung", MAIN_STREET, ((-3.7, 1.8), (-1.6, 1.85), (-0.2, 1.8), (1.0, 1.7), (2.5, 1.5), (4.2, 2.2))),
    EAST_WEST,
    Line(
        "Südquerung",
        MAIN_STREET,
        ((-4.7, -2.4), (-2.3, -2.2), (-0.6, -2.35), (0.8, -1.95), (2.4, -1.55), (5.4, -1.5)),
    ),
    Line("Am Südrand", COLLECTOR, ((-4.6, -4.3), (-2.0, -3.95), (-0.6, -3.75), (0.7, -3.6))),
    Line(
        "Westlandstraße",
        MAIN_STREET,
        ((-2.6, -6.7), (-2.2, -4.1), (-2.35, -2.2), (-2.95, -0.5), (-2.6, 1.4), (-1.8, 3.0), (-1.45, 4.3), (-1.9, 6.2)),
    ),
    Line(
        "Heidelandstraße",
        COLLECTOR,
        ((1.5, -3.6), (1.5, -1.8), (1.35, -0.3), (1.2, 0.9), (0.95, 2.2), (1.25, 3.6), (2.1, 5.2)),
    ),
    Line("Waldquerung", COLLECTOR, ((-2.9, 3.95), (-1.0, 3.7), (0.6, 3.9), (2.4, 3.75))),
    Line("Ostmoorstraße", COLLECTOR, ((3.2, -3.4), (3.05, -1.5), (2.85, 0.0), (2.7, 1.4), (2.9, 3.2))),
)
RAIL = Line(
    "Nordbahn",
    "Schienenstrecke",
    ((-1.05, -6.7), (-1.1, -4.2), (-0.95, -2.4), (-1.1, -0.4), (-1.15, 1.0), (-0.95, 2.8), (-1.0, 4.4), (-1.15, 6.7)),
)
BROOKS = (
    Line(
        "Moorbek",
        "Bach",
        ((5.4, 0.75), (3.4, 0.7), (1.9, 1.0), (0.7, 0.45), (-0.5, 0.55), (-1.6, 0.6), (-2.5, 1.0), (-3.9, 1.15)),
    ),
    Line("Twischbek", "Bach", ((-4.7, -3.2), (-3.0, -3.1), (-1.6, -3.2), (-0.4, -3.0), (0.3, -2.85), (1.3, -3.2))),
)


@dataclass(frozen=True)
class Spot:
    """A round hill in a field over the city: centre, radius (km, one standard deviation) and height."""

    x: float
    y: float
    radius: float
    height: float


CENTRES = (
    Spot(-0.8, 0.2, 0.75, 1.0),
    Spot(-0.5, -2.4, 0.85, 1.0),
    Spot(-0.9, -3.6, 0.9, 0.75),
    Spot(-1.7, -1.6, 0.7, 0.6),
    Spot(0.6, 1.2, 0.8, 0.95),
    Spot(0.9, 2.3, 0.7, 0.75),
    Spot(1.3, 0.3, 0.8, 0.7),
    Spot(-0.5, 3.2, 0.65, 0.8),
    Spot(-0.5, 4.7, 0.6, 0.65),
    Spot(2.0, -1.4, 0.85, 0.85),
    Spot(3.4, -0.7, 0.55, 0.45),
    Spot(-0.4, -4.9, 0.5, 0.6),
    Spot(-0.4, -0.8, 0.7, 0.7),
)
"""Built-up area: dense street network near these."""

ESTATES = (
    Spot(-0.45, -2.95, 0.33, 1.0),
    Spot(2.0, -1.25, 0.30, 0.95),
    Spot(0.75, 1.35, 0.32, 0.85),
    Spot(-0.75, 0.25, 0.30, 0.8),
    Spot(-0.55, 3.55, 0.22, 0.7),
    Spot(-0.5, -4.9, 0.25, 0.8),
)
"""Large housing estates: tenants, young families, many foreign nationals, lower social status."""
VILLAS = (Spot(2.0, 0.4, 0.45, 1.0), Spot(-2.0, -1.5, 0.45, 0.9), Spot(0.3, 2.7, 0.35, 0.7))
INDUSTRY = (Spot(-1.75, 2.5, 0.42, 1.0), Spot(-1.75, -4.9, 0.5, 1.0), Spot(2.6, -2.3, 0.33, 0.9))
FOREST = (Spot(-2.4, 3.0, 0.5, 1.0), Spot(2.6, 1.7, 0.5, 0.9), Spot(0.6, 4.9, 0.45, 0.8))
MOOR = (Spot(4.2, -1.2, 0.6, 1.0), Spot(-3.4, -4.2, 0.7, 1.0))
PARK = (Spot(0.05, 0.75, 0.22, 1.0),)


@dataclass(frozen=True)
class NewHousing:
    """A housing area that opens over some years: residential blocks nearest to the anchor in one Stadtteil."""

    name: str
    stadtteil: int
    anchor: tuple[float, float]
    years: tuple[int, ...]
    share: float
    """Share of the Stadtteil's growth 2010-2025 that is housed here."""


NEW_HOUSING = (
    NewHousing("Dreieckquartier", 4, (-2.3, -0.35), (2012, 2013, 2014, 2016, 2017, 2018), 0.65),
    NewHousing("Twischbekhöfe", 4, (-1.9, -3.5), (2019, 2020, 2022), 0.35),
    NewHousing("Bahnhofsviertel Mitte", 3, (-1.5, 0.1), (2011, 2013, 2015, 2017, 2019), 0.6),
    NewHousing("Parkquartier", 3, (-0.1, -0.3), (2020, 2021, 2023), 0.4),
    NewHousing("Friedrichsgaber Höfe", 1, (-0.3, 2.8), (2014, 2015, 2018, 2021, 2024), 1.0),
    NewHousing("Heidehof", 2, (1.1, 2.9), (2016, 2022), 1.0),
    NewHousing("Moorrand", 5, (2.8, -1.2), (2018,), 1.0),
)

POSTCODES = (
    ("22844", (0.0, 3.4)),
    ("22846", (-0.6, 0.6)),
    ("22848", (-1.3, -1.9)),
    ("22850", (-0.5, -3.6)),
    ("22851", (2.1, -0.6)),
)

# Register population (main or sole residence). 2023 published; the others follow the brief's path towards it.
POPULATION_PATH = {
    2010: 74_771, 2011: 75_600, 2012: 76_500, 2013: 77_500, 2014: 78_450, 2015: 79_480, 2016: 80_250, 2017: 80_940,
    2018: 81_560, 2019: 82_070, 2020: 82_420, 2021: 82_760, 2022: 83_630, 2023: 84_119, 2024: 84_220, 2025: 84_300,
}  # fmt: skip
FOREIGN_PATH = {
    2010: 0.071, 2011: 0.073, 2012: 0.076, 2013: 0.080, 2014: 0.085, 2015: 0.092, 2016: 0.098, 2017: 0.102,
    2018: 0.106, 2019: 0.109, 2020: 0.111, 2021: 0.114, 2022: 0.127, 2023: 0.132, 2024: 0.136, 2025: 0.140,
}  # fmt: skip
AGE_BOUNDS = (0, 18, 25, 30, 50, 65)
AGE_SHARES = {
    2010: (17.2, 7.0, 5.2, 29.0, 20.3, 21.3),
    2015: (16.5, 6.9, 5.5, 27.4, 21.5, 22.2),
    2023: (16.3, 6.3, 5.3, 26.6, 21.6, 23.8),
    2025: (16.3, 6.3, 5.2, 26.7, 21.2, 24.3),
}
"""Per cent in the age groups from AGE_BOUNDS; 2023 published, the others assumed."""
ADDRESSES = 20_600
BLOCKS = 1_000
FIRST_YEAR, LAST_YEAR = 2010, 2025
