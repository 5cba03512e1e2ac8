"""Building blocks: the cells of the network with land use, housing and the hidden social field.

The hidden field is what the delivered files never show but everything in them follows from: who lives where, who is
unemployed, who moves. Later themes draw on the same field.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import shapely
from numpy.typing import NDArray

from etl.sample import plan
from etl.sample.geometry import Bools, Field, Floats, Ints, faces, hills, to_metres
from etl.sample.streets import Network, built_up


class LandUse(IntEnum):
    """What a block is used for; people live only in ``HOUSING``."""

    HOUSING = 0
    INDUSTRY = 1
    FOREST = 2
    MOOR = 3
    PARK = 4
    FARMLAND = 5


LAND_USE_NAMES = ("Wohnen", "Gewerbe", "Wald", "Moor", "Grünanlage", "Landwirtschaft")


class Housing(IntEnum):
    """The prevailing kind of housing in a block."""

    NONE = 0
    DETACHED = 1
    VILLA = 2
    TERRACED = 3
    APARTMENTS = 4
    ESTATE = 5


@dataclass(frozen=True)
class Blocks:
    """One entry per block in every array, ordered by ``number``."""

    geometry: NDArray[np.object_]
    """Polygons in EPSG:25832 on the 1 cm grid; together they tile the city."""
    number: Ints
    """Key: Stadtteil times 1000 plus a running number."""
    stadtteil: Ints
    land_use: Ints
    housing: Ints
    status: Floats
    """Hidden social status, about -3 (deprived) to +3 (affluent), near mean 0 over residential blocks."""
    families: Floats
    """Hidden preference of young families, about mean 0."""
    opened: Ints
    """Year a new housing area opens here; 0 for housing that always stood."""
    area_name: NDArray[np.str_]
    """Name of the new housing area, or empty."""

    def __len__(self) -> int:
        return len(self.number)

    @property
    def residential(self) -> Bools:
        """True where people may live."""
        housing: Bools = self.land_use == LandUse.HOUSING
        return housing


def _land_use(xy: Floats, dense: Floats, area: Floats) -> Ints:
    use = np.full(len(xy), LandUse.HOUSING, dtype=np.int64)
    use[(dense < 0.17) | (area > 22e4)] = LandUse.FARMLAND
    use[(hills(plan.INDUSTRY, xy) > 0.55)] = LandUse.INDUSTRY
    use[hills(plan.FOREST, xy) > 0.5] = LandUse.FOREST
    use[hills(plan.MOOR, xy) > 0.5] = LandUse.MOOR
    use[hills(plan.PARK, xy) > 0.55] = LandUse.PARK
    use[area < 2_500] = LandUse.PARK
    return use


def _housing(xy: Floats, dense: Floats, texture: Field) -> Ints:
    mixed = dense + 0.10 * texture.at(xy)
    kind = np.full(len(xy), Housing.DETACHED, dtype=np.int64)
    kind[mixed > 0.62] = Housing.TERRACED
    kind[mixed > 0.80] = Housing.APARTMENTS
    kind[hills(plan.VILLAS, xy) > 0.5] = Housing.VILLA
    kind[hills(plan.ESTATES, xy) > 0.42] = Housing.ESTATE
    return kind


_STATUS_OF_HOUSING = np.array([0.0, 0.35, 0.9, 0.1, -0.45, -1.3])


def _standardised(values: Floats, where: Bools) -> Floats:
    chosen = values[where]
    result: Floats = (values - chosen.mean()) / chosen.std()
    return result


def _open_new_areas(xy: Floats, area: Floats, stadtteil: Ints, use: Ints) -> tuple[Ints, NDArray[np.str_]]:
    """Opening year and name per block: the blocks nearest to each area's anchor, as many as its dwellings need."""
    opened = np.zeros(len(xy), dtype=np.int64)
    name = np.full(len(xy), "", dtype="<U40")
    growth = {part.number: part.people_2025 - part.people_2010 for part in plan.STADTTEILE}
    for new in plan.NEW_HOUSING:
        hectares = new.share * growth[new.stadtteil] / 2.0 / 42.0
        usable = (stadtteil == new.stadtteil) & np.isin(use, (LandUse.HOUSING, LandUse.FARMLAND)) & (opened == 0)
        usable &= (area > 8_000) & (area < max(12e4, float(np.median(area)) * 1.5))
        distance = np.hypot(*(xy - to_metres([new.anchor])[0]).T)
        nearest = np.flatnonzero(usable)[np.argsort(distance[usable], kind="stable")]
        count = 1 + int(np.searchsorted(np.cumsum(area[nearest]) / 1e4, hectares))
        chosen = nearest[: max(count, 1)]
        opened[chosen] = np.resize(np.array(new.years), len(chosen))
        name[chosen] = new.name
    return opened, name


def build_blocks(rng: np.random.Generator, network: Network) -> Blocks:
    """Cells of the network as blocks; deterministic for the generator's state."""
    geometry = faces(network.noded)
    inner = shapely.point_on_surface(geometry)
    xy = shapely.get_coordinates(inner)
    area = shapely.area(geometry)

    distance = np.stack([shapely.distance(part, inner) for part in network.parts])
    stadtteil = np.array([part.number for part in plan.STADTTEILE])[distance.argmin(axis=0)]
    order = np.lexsort((-xy[:, 1], stadtteil))
    geometry, xy, area, stadtteil = geometry[order], xy[order], area[order], stadtteil[order]
    first = np.searchsorted(stadtteil, stadtteil)
    number = stadtteil * 1000 + 1 + np.arange(len(stadtteil)) - first

    texture, social, family = Field(rng, 1_100.0), Field(rng, 2_600.0), Field(rng, 2_000.0)
    dense = built_up(xy, texture)
    use = _land_use(xy, dense, area)
    housing = _housing(xy, dense, texture)
    opened, area_name = _open_new_areas(xy, area, stadtteil, use)
    use[opened > 0] = LandUse.HOUSING
    housing[opened > 0] = np.where(rng.random(int((opened > 0).sum())) < 0.7, Housing.APARTMENTS, Housing.TERRACED)
    living = use == LandUse.HOUSING
    housing[~living] = Housing.NONE

    status = 0.55 * social.at(xy) + _STATUS_OF_HOUSING[housing] - 1.1 * hills(plan.ESTATES, xy)
    status += 0.8 * hills(plan.VILLAS, xy) + 0.4 * (opened > 0) + rng.normal(0, 0.25, len(xy))
    families = 0.7 * family.at(xy) + 0.5 * (opened > 0) + 1.0 * (housing == Housing.ESTATE)
    return Blocks(
        geometry,
        number,
        stadtteil,
        use,
        housing,
        np.clip(_standardised(status, living), -3, 3),
        np.clip(_standardised(families, living), -2.5, 2.5),
        opened,
        area_name,
    )
