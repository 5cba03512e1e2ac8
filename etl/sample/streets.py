"""The network of lines that encloses the building blocks: main lines from the plan, then streets by subdivision.

The large cells between the main lines are cut again and again, always the one that is largest for its surroundings,
by slightly bent lines across their long side. A cut that meets the end of an earlier street continues it, so that
streets run on over crossings.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.ops import split

from etl.sample import plan
from etl.sample.geometry import Field, Floats, Ints, faces, hills, line, node, rectangle_axes, smooth, to_metres, wiggle
from etl.sample.names import street_names

OUTLINE, STREET, RAIL, BROOK = "Stadtgrenze", "Straße", "Bahn", "Gewässer"


@dataclass(frozen=True)
class Feature:
    """One named line of the network; ``geometry`` is not yet on the grid."""

    kind: str
    name: str
    category: str
    geometry: shapely.Geometry


@dataclass(frozen=True)
class Network:
    """All lines of the city, noded on the 1 cm grid, and the raw Stadtteil areas they were drawn from."""

    features: list[Feature]
    noded: shapely.Geometry
    parts: list[shapely.Geometry]
    """Raw area per Stadtteil, in the order of ``plan.STADTTEILE``; a block belongs to the one its inner point is in."""


def built_up(xy: Floats, texture: Field) -> Floats:
    """How densely built the city is at ``xy``: 0 open land to 1 centre."""
    open_land = hills((*plan.MOOR, *plan.FOREST), xy)
    value = hills(plan.CENTRES, xy) * (1 - 0.85 * open_land) + 0.08 * texture.at(xy)
    return np.clip(value, 0.0, 1.0)


def _city_outline(rng: np.random.Generator) -> shapely.Polygon:
    ring = wiggle(smooth(to_metres(plan.OUTLINE), 90.0, closed=True), rng, 45.0, 900.0)
    outline = shapely.Polygon(ring)
    factor = float(np.sqrt(plan.AREA_KM2 * 1e6 / outline.area))
    scaled = (ring - np.asarray(plan.ORIGIN)) * factor + np.asarray(plan.ORIGIN)
    return shapely.Polygon(scaled)


def _longest(geometry: shapely.Geometry) -> shapely.Geometry:
    parts = shapely.get_parts(shapely.line_merge(geometry) if geometry.geom_type != "LineString" else geometry)
    return parts[int(np.argmax(shapely.length(parts)))]


def _main_features(rng: np.random.Generator, outline: shapely.Polygon) -> tuple[list[Feature], list[shapely.Geometry]]:
    """Features from the plan clipped to the city, and the raw Stadtteil areas."""
    mitte = shapely.Polygon(wiggle(smooth(to_metres(plan.CENTRAL_RING), 70.0, closed=True), rng, 20.0, 500.0))

    def curve(drawn: plan.Line, amplitude: float) -> shapely.Geometry:
        points = wiggle(smooth(to_metres(drawn.points), 70.0), rng, amplitude, 800.0)
        return _longest(line(points).intersection(outline))

    features = [
        Feature(OUTLINE, "", "", outline.exterior),
        Feature(STREET, plan.RING_NAME, plan.COLLECTOR, mitte.exterior),
    ]
    dividers: list[shapely.Geometry] = [outline.exterior, mitte.exterior]
    for drawn in plan.MAIN_STREETS:
        geometry = curve(drawn, 22.0)
        features.append(Feature(STREET, drawn.name, drawn.kind, geometry))
        if drawn is plan.EAST_WEST:
            outside = shapely.get_parts(geometry.difference(mitte))
            dividers.append(outside[int(np.argmax([part.centroid.x for part in outside]))])
    for drawn in plan.BOUNDARY_ROADS:
        geometry = _longest(curve(drawn, 22.0).difference(mitte))
        features.append(Feature(STREET, drawn.name, drawn.kind, geometry))
        dividers.append(geometry)
    features.append(Feature(RAIL, plan.RAIL.name, plan.RAIL.kind, curve(plan.RAIL, 10.0)))
    features.extend(Feature(BROOK, b.name, b.kind, curve(b, 35.0)) for b in plan.BROOKS)

    areas = faces(node(dividers))
    parts = []
    for part in plan.STADTTEILE:
        anchor = shapely.Point(to_metres([part.anchor])[0])
        parts.append(areas[int(np.argmin(shapely.distance(areas, anchor)))])
    return features, parts


class _Ends:
    """Open ends of streets, from where a later cut may continue them."""

    def __init__(self) -> None:
        self.xy: list[Floats] = []
        self.direction: list[Floats] = []
        self.street: list[int] = []

    def add(self, cut: shapely.Geometry, street: int) -> None:
        xy = shapely.get_coordinates(cut)
        for end, before in ((xy[0], xy[1]), (xy[-1], xy[-2])):
            step = end - before
            self.xy.append(end)
            self.direction.append(step / np.hypot(*step))
            self.street.append(street)

    def into(self, cell: shapely.Polygon) -> Ints:
        """Indices of the ends that lie on the cell's boundary and point into it."""
        if not self.xy:
            return np.empty(0, dtype=np.int64)
        xy, direction = np.asarray(self.xy), np.asarray(self.direction)
        x0, y0, x1, y1 = cell.bounds
        near = np.flatnonzero((xy[:, 0] > x0 - 1) & (xy[:, 0] < x1 + 1) & (xy[:, 1] > y0 - 1) & (xy[:, 1] < y1 + 1))
        if not near.size:
            return near
        ahead = shapely.contains_xy(cell, xy[near] + 8.0 * direction[near])
        touching = shapely.distance(shapely.points(xy[near]), cell.exterior) < 0.05
        found: Ints = near[ahead & touching]
        return found


def _bent(start: Floats, end: Floats, bow: float) -> shapely.Geometry:
    """A line from start to end with its middle moved sideways by ``bow`` metres."""
    t = np.linspace(0, 1, 9)[:, None]
    step = end - start
    normal = np.array([-step[1], step[0]]) / np.hypot(*step)
    return line(start + t * step + 4 * bow * t * (1 - t) * normal)


_LEAST_SHARE = 0.26
_LEAST_ROUNDNESS = 0.36


def _try_cut(cell: shapely.Polygon, cutter: shapely.Geometry, demand: float) -> list[shapely.Polygon] | None:
    """The two parts of the cell if the cut leaves both of them large and round enough."""
    parts = [p for p in split(cell, cutter).geoms if p.area > 0]
    if len(parts) != 2:
        return None
    for part in parts:
        roundness = 4 * np.pi * part.area / part.length**2
        if part.area < _LEAST_SHARE * demand * cell.area or roundness < _LEAST_ROUNDNESS * demand:
            return None
    return parts


class _Subdivision:
    """Cuts cells until the wanted number is reached."""

    def __init__(self, rng: np.random.Generator, texture: Field) -> None:
        self.rng = rng
        self.texture = texture
        self.ends = _Ends()
        self.pieces: list[list[shapely.Geometry]] = []
        self.queue: list[tuple[float, int, shapely.Polygon]] = []
        self._serial = 0

    def push(self, cell: shapely.Polygon) -> None:
        centre = shapely.get_coordinates(cell.centroid)
        dense = float(built_up(centre, self.texture)[0])
        wanted = float(np.exp(np.interp(dense, [0.0, 0.15, 0.4, 1.0], np.log([26e4, 15e4, 3.8e4, 1.7e4]))))
        self._serial += 1
        heapq.heappush(self.queue, (-cell.area / wanted, self._serial, cell))

    def _cut(self, cell: shapely.Polygon) -> bool:
        """Cut one cell; False if no acceptable cut is found."""
        centre, along, length, width = rectangle_axes(cell)
        reach = 1.2 * (length + width)
        for i in self.ends.into(cell):
            direction = self.ends.direction[i]
            if abs(float(direction @ along)) > 0.6:
                continue
            start = self.ends.xy[i]
            cutter = _bent(start - 0.5 * direction, start + reach * direction, 0.0)
            parts = _try_cut(cell, cutter, 1.0)
            if parts:
                self._accept(cell, cutter, parts, self.ends.street[i])
                return True
        across = np.array([-along[1], along[0]])
        for attempt in range(6):
            turn = self.rng.normal(0, 0.14)
            direction = across * np.cos(turn) + along * np.sin(turn)
            middle = centre + along * length * self.rng.normal(0, 0.05)
            bow = self.rng.normal(0, 0.09) * width
            cutter = _bent(middle - 0.6 * reach * direction, middle + 0.6 * reach * direction, bow)
            parts = _try_cut(cell, cutter, 1.0 - 0.12 * attempt)
            if parts:
                self.pieces.append([])
                self._accept(cell, cutter, parts, len(self.pieces) - 1)
                return True
        return False

    def _accept(
        self, cell: shapely.Polygon, cutter: shapely.Geometry, parts: list[shapely.Polygon], street: int
    ) -> None:
        piece = _longest(cutter.intersection(cell))
        self.pieces[street].append(piece)
        self.ends.add(piece, street)
        for part in parts:
            self.push(part)

    def run(self, wanted: int) -> None:
        stuck = 0
        while self.queue and len(self.queue) + stuck < wanted:
            _, _, cell = heapq.heappop(self.queue)
            if not self._cut(cell):
                stuck += 1


def build_network(rng: np.random.Generator, blocks: int) -> Network:
    """Draw the city's lines so that they enclose about ``blocks`` cells; deterministic for the generator's state."""
    outline = _city_outline(rng)
    features, parts = _main_features(rng, outline)
    texture = Field(rng, 1_400.0)
    main_lines = node([f.geometry for f in features])
    work = _Subdivision(rng, texture)
    for cell in faces(main_lines):
        work.push(cell)
    work.run(blocks)

    names = street_names(rng, len(work.pieces))
    for name, pieces in zip(names, work.pieces, strict=True):
        geometry = shapely.MultiLineString(pieces)
        dense = float(np.mean(built_up(shapely.get_coordinates(geometry), texture)))
        category = plan.TRACK if dense < 0.14 else plan.COLLECTOR if geometry.length > 1_000 else plan.RESIDENTIAL
        features.append(Feature(STREET, name, category, geometry))
    # The cuts end on the noded main lines; the raw ones lie up to a centimetre beside and would leave cuts open.
    cuts = [piece for pieces in work.pieces for piece in pieces]
    return Network(features, node([main_lines, *cuts]), parts)
