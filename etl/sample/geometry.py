"""Curves, smooth random fields and exact planar coverages on a 1 cm grid."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import LineString

from etl.sample.plan import ORIGIN, Spot

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

GRID = 0.01
"""Metres; every published coordinate lies on this grid, so shared edges are identical."""


def to_metres(points: Sequence[tuple[float, float]]) -> Floats:
    """Plan coordinates (km from the origin) as EPSG:25832 metres, shape (n, 2)."""
    metres: Floats = np.asarray(points, dtype=np.float64) * 1000.0 + np.asarray(ORIGIN)
    return metres


def smooth(points: Floats, step: float, *, closed: bool = False) -> Floats:
    """A Catmull-Rom curve through ``points`` (metres), sampled about every ``step`` metres; shape (m, 2).

    A closed curve does not repeat its first point.
    """
    n = len(points)
    if closed:
        p0, p1, p2, p3 = (np.roll(points, shift, axis=0) for shift in (1, 0, -1, -2))
    else:
        padded = np.vstack([2 * points[0] - points[1], points, 2 * points[-1] - points[-2]])
        p0, p1, p2, p3 = padded[: n - 1], padded[1:n], padded[2 : n + 1], padded[3 : n + 2]
    pieces = []
    for a, b, c, d in zip(p0, p1, p2, p3, strict=True):
        count = max(2, int(np.hypot(*(c - b)) / step))
        t = np.linspace(0, 1, count, endpoint=False)[:, None]
        curve = 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
        pieces.append(curve)
    if not closed:
        pieces.append(points[-1:])
    return np.vstack(pieces)


class Field:
    """A smooth random field over the plane: a sum of waves, mean 0 and variance about 1."""

    def __init__(self, rng: np.random.Generator, wavelength: float, waves: int = 24) -> None:
        angle = rng.uniform(0, 2 * np.pi, waves)
        number = 2 * np.pi / (wavelength * rng.uniform(0.6, 1.6, waves))
        self._k = np.stack([np.cos(angle) * number, np.sin(angle) * number])
        self._phase = rng.uniform(0, 2 * np.pi, waves)
        self._scale = np.sqrt(2.0 / waves)

    def at(self, xy: Floats) -> Floats:
        """Values at ``xy`` (metres, shape (n, 2)); shape (n,)."""
        values: Floats = np.cos(xy @ self._k + self._phase).sum(axis=1) * self._scale
        return values


def wiggle(points: Floats, rng: np.random.Generator, amplitude: float, wavelength: float) -> Floats:
    """The points moved by a smooth random displacement of about ``amplitude`` metres."""
    dx, dy = Field(rng, wavelength), Field(rng, wavelength)
    return points + amplitude * np.stack([dx.at(points), dy.at(points)], axis=1)


def hills(spots: Sequence[Spot], xy: Floats) -> Floats:
    """Height of a landscape of round hills at ``xy`` (metres): 1 - product of (1 - each hill), between 0 and 1."""
    flat = np.ones(len(xy))
    for spot in spots:
        centre = to_metres([(spot.x, spot.y)])[0]
        d2 = ((xy - centre) ** 2).sum(axis=1)
        flat *= 1 - spot.height * np.exp(-d2 / (2 * (spot.radius * 1000.0) ** 2))
    return 1 - flat


def rectangle_axes(polygon: shapely.Polygon) -> tuple[Floats, Floats, float, float]:
    """Centre, unit vector along the long side, long and short side (m) of the smallest rotated rectangle."""
    ring = shapely.get_coordinates(shapely.minimum_rotated_rectangle(polygon))
    if len(ring) < 4:
        raise ValueError("a degenerate polygon has no rectangle")
    a, b = ring[1] - ring[0], ring[2] - ring[1]
    la, lb = float(np.hypot(*a)), float(np.hypot(*b))
    centre = ring[:4].mean(axis=0)
    return (centre, a / la, la, lb) if la >= lb else (centre, b / lb, lb, la)


def node(lines: Sequence[shapely.Geometry]) -> shapely.Geometry:
    """All lines cut at every crossing, on the 1 cm grid (snap rounding); a MultiLineString."""
    return shapely.unary_union(np.asarray(lines, dtype=object), grid_size=GRID)


def faces(noded: shapely.Geometry) -> NDArray[np.object_]:
    """Polygons enclosed by noded lines, in a stable order (by a point inside, west to east)."""
    found = np.asarray(shapely.get_parts(shapely.polygonize([noded])), dtype=object)
    found = shapely.orient_polygons(shapely.normalize(found))
    inner = shapely.get_coordinates(shapely.point_on_surface(found))
    order: NDArray[np.object_] = found[np.lexsort((inner[:, 1], inner[:, 0]))]
    return order


def segments(geometries: NDArray[np.object_]) -> tuple[Floats, Ints]:
    """All straight segments of the geometries: (x1, y1, x2, y2) of shape (n, 4), and the index of their geometry."""
    xy, owner = shapely.get_coordinates(geometries, return_index=True)
    same = owner[1:] == owner[:-1]
    return np.hstack([xy[:-1], xy[1:]])[same], owner[:-1][same]


def segment_keys(coordinates: Floats) -> NDArray[np.void]:
    """A key per segment that does not depend on its direction: both end points in whole centimetres, sorted."""
    cm = np.rint(coordinates / GRID).astype(np.int64)
    swap = (cm[:, 0] > cm[:, 2]) | ((cm[:, 0] == cm[:, 2]) & (cm[:, 1] > cm[:, 3]))
    cm[swap] = cm[swap][:, [2, 3, 0, 1]]
    keys: NDArray[np.void] = np.ascontiguousarray(cm).view([("", np.int64)] * 4).ravel()
    return keys


def line(points: Floats) -> LineString:
    """A LineString through points of shape (n, 2)."""
    return LineString(points)
