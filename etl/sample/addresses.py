"""Addresses along the streets of the residential blocks, and the dwellings behind them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from etl.sample import plan
from etl.sample.blocks import Blocks, Housing
from etl.sample.geometry import Bools, Floats, Ints, segment_keys, segments, to_metres
from etl.sample.streets import STREET, Network

# By kind of housing (see Housing): metres of street front per address, metres from the street's middle line,
# mean number of dwellings per address before calibration.
_FRONT = np.array([0.0, 19.0, 30.0, 9.5, 24.0, 32.0])
_SETBACK = np.array([0.0, 19.0, 24.0, 17.0, 20.0, 26.0])
_DWELLINGS = np.array([0.0, 1.08, 1.05, 1.0, 5.0, 11.0])
_NUMBER_STEP = 20.0
"""Metres of street per house number on one side."""
_PEOPLE = np.array([0.0, 2.23, 2.40, 2.13, 1.81, 1.95])
"""Persons per occupied dwelling by kind of housing, as the simulation settles."""
_VACANCY = 0.018
_MISSING_SHARE = 0.0026
"""Addresses the register knows and the address file does not."""


@dataclass(frozen=True)
class Streets:
    """One entry per named street, ordered by key."""

    key: NDArray[np.str_]
    name: NDArray[np.str_]
    category: NDArray[np.str_]
    geometry: NDArray[np.object_]
    """MultiLineStrings made of the same segments as the blocks' edges."""


@dataclass(frozen=True)
class Addresses:
    """One entry per address in every array, ordered by street, house number and suffix."""

    block: Ints
    """Index into Blocks."""
    street: Ints
    """Index into Streets."""
    number: Ints
    suffix: NDArray[np.str_]
    xy: Floats
    """EPSG:25832 in metres, shape (n, 2), inside the block."""
    postcode: NDArray[np.str_]
    dwellings: Ints
    opened: Ints
    """Year of first occupation; 0 for housing that always stood."""
    missing: Bools
    """True where the address file lacks the address although people are registered there."""

    def __len__(self) -> int:
        return len(self.block)


@dataclass(frozen=True)
class _StreetSegments:
    key: NDArray[np.void]
    street: Ints
    start: Floats
    """Metres along the street at which the segment begins."""
    coordinates: Floats


@dataclass(frozen=True)
class NodedLines:
    """Every straight segment of the noded network, and the feature of the network it belongs to."""

    coordinates: Floats
    feature: Ints

    def of(self, feature: int) -> shapely.Geometry:
        """One feature as a MultiLineString of merged segments, in a normal form."""
        mine = self.coordinates[self.feature == feature]
        merged = shapely.normalize(shapely.line_merge(shapely.MultiLineString(list(mine.reshape(-1, 2, 2)))))
        return shapely.MultiLineString(list(shapely.get_parts(merged)))


def noded_lines(network: Network) -> NodedLines:
    """Give every noded segment back to the line it came from (the nearest: noding moved it by less than 1 cm)."""
    coordinates, _ = segments(shapely.get_parts(network.noded))
    sources = [shapely.get_parts(f.geometry) for f in network.features]
    source_lines, line_part = segments(np.concatenate(sources))
    part_owner = np.repeat(np.arange(len(sources)), [len(parts) for parts in sources])
    tree = shapely.STRtree(shapely.linestrings(source_lines.reshape(-1, 2, 2)))
    middle = (coordinates[:, :2] + coordinates[:, 2:]) / 2
    asked, hit = tree.query_nearest(shapely.points(middle), all_matches=False)
    feature = np.empty(len(coordinates), dtype=np.int64)
    feature[asked] = part_owner[line_part[hit]]
    return NodedLines(coordinates, feature)


def noded_streets(network: Network, noded: NodedLines) -> tuple[Streets, _StreetSegments]:
    """The streets cut from the noded lines, and every segment with its place along the street."""
    wanted = [i for i, f in enumerate(network.features) if f.kind == STREET]
    wanted.sort(key=lambda i: network.features[i].name)
    geometry, lines, owner, start = [], [], [], []
    for rank, i in enumerate(wanted):
        whole = noded.of(i)
        geometry.append(whole)
        offset = 0.0
        for part in shapely.get_parts(whole):
            xy = shapely.get_coordinates(part)
            length = np.hypot(*np.diff(xy, axis=0).T)
            lines.append(np.hstack([xy[:-1], xy[1:]]))
            owner.append(np.full(len(length), rank))
            start.append(offset + np.cumsum(length) - length)
            offset += float(length.sum()) + 2 * _NUMBER_STEP
    every = np.vstack(lines)
    chosen = [network.features[i] for i in wanted]
    streets = Streets(
        np.array([f"{10 * (rank + 1):05d}" for rank in range(len(wanted))]),
        np.array([f.name for f in chosen]),
        np.array([f.category for f in chosen]),
        np.array(geometry, dtype=object),
    )
    return streets, _StreetSegments(segment_keys(every), np.concatenate(owner), np.concatenate(start), every)


@dataclass(frozen=True)
class _Candidates:
    block: Ints
    street: Ints
    along: Floats
    left: Bools
    xy: Floats


def _candidates(rng: np.random.Generator, blocks: Blocks, along: _StreetSegments) -> _Candidates:
    """A possible address every few metres on both sides of every street in residential blocks."""
    edges, block = segments(shapely.boundary(blocks.geometry))
    living = blocks.residential[block]
    edges, block = edges[living], block[living]
    order = np.argsort(along.key)
    keys = segment_keys(edges)
    place = np.clip(np.searchsorted(along.key[order], keys), 0, len(order) - 1)
    found = along.key[order][place] == keys
    edges, block, which = edges[found], block[found], order[place[found]]

    line = along.coordinates[which]
    same_way = (np.rint(edges[:, :2] * 100) == np.rint(line[:, :2] * 100)).all(axis=1)
    length = np.hypot(line[:, 2] - line[:, 0], line[:, 3] - line[:, 1])
    front = _FRONT[blocks.housing[block]]
    first = np.ceil(along.start[which] / front)
    count = np.maximum(np.floor((along.start[which] + length) / front) - first + 1, 0).astype(np.int64)
    row = np.repeat(np.arange(len(edges)), count)
    step = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    t = (first[row] + step) * front[row]
    unit = (line[row, 2:] - line[row, :2]) / length[row, None]
    # A ring of an oriented polygon runs anticlockwise: the block lies to the left of its own edges.
    side = np.where(same_way[row], 1.0, -1.0)
    inward = np.stack([-unit[:, 1], unit[:, 0]], axis=1) * side[:, None]
    setback = _SETBACK[blocks.housing[block[row]]]
    ahead = t - along.start[which][row] + rng.normal(0, 1.0, len(row))
    deep = setback + rng.normal(0, 1.5, len(row))
    xy = np.round(line[row, :2] + ahead[:, None] * unit + deep[:, None] * inward, 2)

    polygon = blocks.geometry[block[row]]
    point = shapely.points(xy)
    good = shapely.contains(polygon, point)
    good &= shapely.distance(point, shapely.boundary(polygon)) > 0.7 * setback
    cell = np.rint(xy / 8.0).astype(np.int64)
    alone = np.zeros(len(row), dtype=bool)
    _, only = np.unique(cell, axis=0, return_index=True)
    alone[only] = True
    keep = good & alone
    return _Candidates(block[row][keep], along.street[which][row][keep], t[keep], same_way[row][keep], xy[keep])


def _thin_out(rng: np.random.Generator, blocks: Blocks, found: _Candidates, wanted: int) -> Ints:
    """Indices of the addresses that are built: the wanted number, denser in estates and new areas."""
    new = blocks.opened[found.block] > 0
    gaps = rng.random(len(found.block)) * np.where(blocks.housing[found.block] == Housing.ESTATE, 0.6, 1.0)
    gaps[new] *= 0.5
    chosen: Ints = np.sort(np.argsort(gaps, kind="stable")[: min(wanted, len(gaps))])
    return chosen


def _house_numbers(street: Ints, along: Floats, left: Bools) -> tuple[Ints, NDArray[np.str_]]:
    """House number (odd on the left side) and suffix of addresses that are ordered along their street."""
    slot = np.floor(along / _NUMBER_STEP).astype(np.int64)
    number = 2 * slot + np.where(left, 1, 2)
    order = np.lexsort((along, number, street))
    s, n = street[order], number[order]
    begins = np.r_[True, (s[1:] != s[:-1]) | (n[1:] != n[:-1])]
    place = np.arange(len(order)) - np.maximum.accumulate(np.where(begins, np.arange(len(order)), 0))
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = place
    return number, np.array(["", *"abcdefghijklmnopqrstuvwxyz"])[rank]


def _dwellings(rng: np.random.Generator, blocks: Blocks, block: Ints, scale: float) -> Ints:
    """Dwellings per address, so that each Stadtteil holds its population of 2010 and its growth until 2025."""
    kind = blocks.housing[block]
    shared = kind >= Housing.APARTMENTS
    many = np.maximum(rng.gamma(4.0, 0.25, len(block)) * _DWELLINGS[kind], 1.0)
    few = 1 + (rng.random(len(block)) < _DWELLINGS[kind] - 1.0)
    result = np.where(shared, np.rint(many), few).astype(np.int64)
    for part in plan.STADTTEILE:
        mine = blocks.stadtteil[block] == part.number
        growth = part.people_2025 - part.people_2010
        for new, people in ((False, part.people_2010), (True, growth)):
            here = mine & ((blocks.opened[block] > 0) == new)
            rest = here & ~shared
            flats = here & shared
            housed = float((result[rest] * _PEOPLE[kind[rest]]).sum())
            if not flats.any():
                continue
            per_flat = float(np.average(_PEOPLE[kind[flats]], weights=many[flats]))
            wanted = max((scale * people * (1 + _VACANCY) - housed) / per_flat, 0.0)
            ideal = np.maximum(many[flats] * wanted / many[flats].sum(), 1.0)
            # Rounding the running sum keeps the total exact.
            result[flats] = np.diff(np.rint(np.cumsum(ideal)), prepend=0).astype(np.int64)
    return result


def build_addresses(
    rng: np.random.Generator, network: Network, noded: NodedLines, blocks: Blocks, scale: float
) -> tuple[Streets, Addresses]:
    """Streets and addresses with dwellings; about ``plan.ADDRESSES * scale`` of them."""
    streets, along = noded_streets(network, noded)
    found = _candidates(rng, blocks, along)
    pick = _thin_out(rng, blocks, found, round(plan.ADDRESSES * scale))
    street, block, xy = found.street[pick], found.block[pick], found.xy[pick]
    number, suffix = _house_numbers(street, found.along[pick], found.left[pick])
    order = np.lexsort((suffix, number, street))
    street, block, xy, number, suffix = street[order], block[order], xy[order], number[order], suffix[order]

    anchors = to_metres([anchor for _, anchor in plan.POSTCODES])
    nearest = np.hypot(*(xy[:, None, :] - anchors[None]).transpose(2, 0, 1)).argmin(axis=1)
    missing = np.zeros(len(block), dtype=bool)
    missing[rng.choice(len(block), max(2, round(_MISSING_SHARE * len(block))), replace=False)] = True
    return streets, Addresses(
        block,
        street,
        number,
        suffix,
        xy,
        np.array([code for code, _ in plan.POSTCODES])[nearest],
        _dwellings(rng, blocks, block, scale),
        blocks.opened[block],
        missing,
    )
