"""Dwellings behind the addresses, with what they inherit from their block."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from etl.sample.blocks import Housing
from etl.sample.city import City, generator
from etl.sample.geometry import Floats, Ints

# By kind of housing (see Housing).
_RENTED = np.array([0.0, 0.15, 0.12, 0.28, 0.78, 0.94])
_ROOM = np.array([0.0, 1.0, 1.2, 0.7, -0.5, 0.1])


@dataclass(frozen=True)
class Dwellings:
    """One entry per dwelling in every array, ordered by address."""

    address: Ints
    """Index into Addresses."""
    opened: Ints
    housing: Ints
    status: Floats
    """Hidden social status of the block (see Blocks)."""
    families: Floats
    room: Floats
    """Size of the dwelling in standard deviations, roughly."""
    rented: Floats
    """1 if rented, 0 if lived in by the owner."""

    def __len__(self) -> int:
        return len(self.address)


def build_dwellings(city: City) -> Dwellings:
    """The dwellings of all addresses, those of later years among them."""
    rng = generator(city.seed, 4)
    address = np.repeat(np.arange(len(city.addresses)), city.addresses.dwellings)
    block = city.addresses.block[address]
    housing = city.blocks.housing[block]
    return Dwellings(
        address=address,
        opened=city.addresses.opened[address],
        housing=np.where(housing == Housing.NONE, Housing.DETACHED, housing),
        status=city.blocks.status[block],
        families=city.blocks.families[block],
        room=_ROOM[housing] + rng.normal(0, 0.5, len(address)),
        rented=(rng.random(len(address)) < _RENTED[housing]).astype(np.float64),
    )
