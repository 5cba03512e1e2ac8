"""Coordinate reference systems: named as found, transformed to EPSG:25832, implausible coordinates explained."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyproj
import shapely
from pyproj.exceptions import CRSError
from pyproj.network import set_network_enabled  # type: ignore[attr-defined]
from pyproj.transformer import AreaOfInterest, TransformerGroup

from etl.districts.areas import SRID, Geometries
from etl.districts.wording import number
from etl.errors import InputError, InputProblem

SYSTEM_GRIDS = Path("/usr/share/proj")
"""Debian's proj-data (a dependency of PostGIS) has the German grid BETA2007, which pyproj's own wheel lacks."""
if (SYSTEM_GRIDS / "BETA2007.gsb").exists():
    pyproj.datadir.append_data_dir(str(SYSTEM_GRIDS))
set_network_enabled(False)  # the same input gives the same coordinates, with a network or without

WORST_ACCURACY = 5.0
"""Metres. Building blocks are some 50 m wide; a worse shift would put addresses on the wrong side of a street."""
GERMANY = (5.5, 47.0, 15.5, 55.2)
"""Longitude and latitude that contain Germany with a margin, degrees."""
NEAR_CITY = 10_000.0
"""Metres around the plausible extent of the city that its files must touch."""

IDENTITY = "keine Umrechnung nötig"

Bounds = tuple[float, float, float, float]


@dataclass(frozen=True)
class Crs:
    """The CRS of a file: its definition, EPSG code if known, name, and whether the user overrode the file."""

    crs: pyproj.CRS
    epsg: int | None
    name: str
    forced: bool = False

    def __str__(self) -> str:
        return f"EPSG:{self.epsg} ({self.name})" if self.epsg else self.name


@dataclass(frozen=True)
class Operation:
    """The transformation used: its name as PROJ gives it, and its accuracy in metres (0 within one datum)."""

    name: str
    accuracy_m: float


def from_epsg(code: int, *, forced: bool = False) -> Crs:
    """The CRS of an EPSG code. Raises ``InputError`` if there is none."""
    try:
        crs = pyproj.CRS.from_epsg(code)
    except CRSError as trouble:
        raise InputError(InputProblem("--crs", "diesen EPSG-Code gibt es nicht", value=str(code))) from trouble
    return Crs(crs, code, crs.name, forced)


def found(wkt: str | None, file: str, override: int | None = None) -> Crs:
    """The CRS a file declares, or ``override`` (an EPSG code given by the user).

    Raises ``InputError`` if the file declares none and none is given.
    """
    if override is not None:
        return from_epsg(override, forced=True)
    if not wkt:
        raise InputError(
            InputProblem(
                file,
                "die Datei nennt kein Koordinatenbezugssystem (bei einer Shapefile fehlt die .prj-Datei). Bitte beim "
                "Absender erfragen und mit --crs angeben, zum Beispiel --crs 25832 (ETRS89/UTM 32N)",
            )
        )
    try:
        crs = pyproj.CRS.from_wkt(wkt)
    except CRSError as trouble:
        raise InputError(
            InputProblem(file, "das Koordinatenbezugssystem der Datei ist nicht lesbar; bitte mit --crs angeben")
        ) from trouble
    if crs.is_compound:
        crs = crs.sub_crs_list[0]
    return Crs(crs, crs.to_epsg(min_confidence=70), crs.name)


def _transformer(source: pyproj.CRS, bounds: Bounds | None) -> tuple[pyproj.Transformer, Operation] | None:
    """The most accurate operation to EPSG:25832 usable on this machine; ``None`` if only a ballpark one exists."""
    target = pyproj.CRS.from_epsg(SRID)
    if source.equals(target, ignore_axis_order=True):
        return pyproj.Transformer.from_crs(source, target, always_xy=True), Operation(IDENTITY, 0.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a missing better grid is said through the accuracy instead
        group = TransformerGroup(
            source,
            target,
            always_xy=True,
            allow_ballpark=False,
            area_of_interest=AreaOfInterest(*(bounds or (6.0, 47.3, 15.0, 55.0))),
        )
    usable = [t for t in group.transformers if t.accuracy is not None and t.accuracy >= 0]
    if not usable:
        return None
    best = min(usable, key=lambda t: t.accuracy)
    return best, Operation(best.description.replace("axis order change (2D) + ", ""), float(best.accuracy))


def _degrees(geoms: Geometries, source: pyproj.CRS) -> Bounds | None:
    """Roughly where the data lie, in degrees: datum shifts are regional, and the wrong region's may be 1 m worse."""
    try:
        rough = pyproj.Transformer.from_crs(source, 4258, always_xy=True)
        left, bottom, right, top = (float(v) for v in shapely.total_bounds(geoms))
        west, south, east, north = rough.transform_bounds(left, bottom, right, top)
    except pyproj.exceptions.ProjError:
        return None
    return (west, south, east, north) if _within_germany_degrees(west, south, east, north) else None


def _within_germany_degrees(west: float, south: float, east: float, north: float) -> bool:
    return GERMANY[0] <= west <= east <= GERMANY[2] and GERMANY[1] <= south <= north <= GERMANY[3]


def to_utm(geoms: Geometries, crs: Crs, file: str, city: Bounds | None = None) -> tuple[Geometries, Operation]:
    """The geometries vertex by vertex in EPSG:25832, and the operation used.

    Raises ``InputError`` if there is no operation of known accuracy (a ballpark shift may be off by 150 m), it is worse
    than ``WORST_ACCURACY``, or the result lies outside Germany or, where ``city`` (bounds in EPSG:25832) is known,
    far from it; the text then says what the numbers look like.
    """
    chosen = _transformer(crs.crs, _degrees(geoms, crs.crs))
    if chosen is None:
        raise InputError(
            InputProblem(
                file,
                f"für {crs} gibt es auf diesem Rechner keine Umrechnung nach EPSG:{SRID} mit bekannter "
                "Genauigkeit; eine Näherung (Lagefehler bis über 100 m) wird nicht verwendet. Bitte in EPSG:25832 "
                "liefern lassen",
            )
        )
    transformer, operation = chosen
    if operation.accuracy_m > WORST_ACCURACY:
        raise InputError(
            InputProblem(
                file,
                f"die beste Umrechnung von {crs} ist nur auf {number(operation.accuracy_m, 1)} m genau "
                f"({operation.name}); erlaubt sind {number(WORST_ACCURACY, 1)} m. Bitte in EPSG:25832 liefern lassen",
            )
        )
    moved: Geometries = shapely.transform(geoms, transformer.transform, interleaved=False)
    _check_place(geoms, moved, crs, file, city)
    return moved, operation


def _check_place(raw: Geometries, moved: Geometries, crs: Crs, file: str, city: Bounds | None) -> None:
    """Every geometry must lie where the city is known to be, or at least in Germany."""
    bounds = shapely.bounds(moved)
    inside = np.array([_inside(tuple(b), city) for b in bounds], dtype=bool)
    if inside.all():
        return
    if inside.any():
        index = int(np.flatnonzero(~inside)[0])
        raise InputError(
            InputProblem(
                file,
                f"{number(int((~inside).sum()))} von {number(len(inside))} Objekten liegen nicht im erwarteten Gebiet; "
                f"das erste: {_point(raw[index])} in {crs}",
                line=index + 1,
            )
        )
    raise InputError(InputProblem(file, _explain(raw, crs, city)))


def _point(geom: object) -> str:
    x, y = shapely.get_coordinates(geom)[0]
    digits = 5 if abs(x) < 360 and abs(y) < 360 else 0
    return f"x = {number(float(x), digits)}, y = {number(float(y), digits)}"


def _inside(bounds: tuple[float, ...], city: Bounds | None) -> bool:
    if not all(math.isfinite(v) for v in bounds):
        return False
    if city is not None:
        west, south, east, north = city
        return (
            bounds[0] <= east + NEAR_CITY
            and bounds[2] >= west - NEAR_CITY
            and bounds[1] <= north + NEAR_CITY
            and bounds[3] >= south - NEAR_CITY
        )
    west, south, east, north = _germany()
    return bounds[0] >= west and bounds[1] >= south and bounds[2] <= east and bounds[3] <= north


@lru_cache(maxsize=1)
def _germany() -> Bounds:
    to_metres = pyproj.Transformer.from_crs(4326, SRID, always_xy=True)
    west, south, east, north = to_metres.transform_bounds(*GERMANY)
    return west, south, east, north


def _explain(raw: Geometries, crs: Crs, city: Bounds | None) -> str:
    """What the numbers look like, by trying the systems used in Germany, as they are and with swapped axes."""
    coordinates = shapely.get_coordinates(raw)
    x, y = (float(v) for v in coordinates.mean(axis=0))
    place = "in der Nähe der Stadt" if city is not None else "in Deutschland"
    text = f"die Koordinaten ({_point(raw[0])}) liegen als {crs} nicht {place}"
    guesses = [*_guesses(x, y, crs.epsg, city, swapped=False), *_guesses(x, y, crs.epsg, city, swapped=True)]
    if not guesses:
        return text + ". Bitte das Koordinatenbezugssystem beim Absender erfragen und mit --crs angeben"
    look, advice = guesses[0]
    return text + f"; die Zahlen sehen nach {look} aus{advice}"


GUESSES = {
    25832: "EPSG:25832 (ETRS89/UTM 32N, Meter)",
    4647: "EPSG:4647 (ETRS89/UTM 32N mit vorangestellter Zone 32)",
    31467: "EPSG:31467 (Gauß-Krüger-Zone 3)",
    4326: "Grad (EPSG:4326, Länge und Breite) statt Metern",
    3035: "EPSG:3035 (ETRS89/LAEA Europa, Statistikgitter)",
    25833: "EPSG:25833 (ETRS89/UTM 33N)",
    31466: "EPSG:31466 (Gauß-Krüger-Zone 2)",
    31468: "EPSG:31468 (Gauß-Krüger-Zone 4)",
    5650: "EPSG:5650 (ETRS89/UTM 33N mit vorangestellter Zone 33)",
    3857: "EPSG:3857 (Web-Mercator)",
}


def _guesses(x: float, y: float, declared: int | None, city: Bounds | None, *, swapped: bool) -> list[tuple[str, str]]:
    """Pairs of what the numbers look like and what to do about it."""
    result = []
    for code, label in GUESSES.items():
        if code == declared and not swapped:
            continue
        chosen = _transformer(pyproj.CRS.from_epsg(code), None)
        if chosen is None:
            continue
        east, north = chosen[0].transform(y, x) if swapped else chosen[0].transform(x, y)
        if _inside((east, north, east, north), city) and _inside((east, north, east, north), None):
            advice = "; bitte in der Quelle berichtigen" if swapped else f"; falls das stimmt: --crs {code} angeben"
            look = label
            if code == declared:
                look = "vertauschten Achsen (Rechts- und Hochwert)"
            elif swapped:
                look = f"vertauschten Achsen in {label}"
            result.append((look, advice))
    return result
