"""The built city of one seed: lines, blocks, streets, addresses."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from etl.sample import plan
from etl.sample.addresses import Addresses, NodedLines, Streets, build_addresses, noded_lines
from etl.sample.blocks import Blocks, build_blocks
from etl.sample.streets import Network, build_network

HOMELESS_KEY = "99999"
HOMELESS_NAME = "ohne festen Wohnsitz"


@dataclass(frozen=True)
class City:
    """Everything that does not change from year to year."""

    seed: int
    scale: float
    network: Network
    lines: NodedLines
    blocks: Blocks
    streets: Streets
    addresses: Addresses

    @cached_property
    def address_table(self) -> pl.DataFrame:
        """Address key and street name by address index as text; the last row stands for index -1, no fixed abode."""
        a, s = self.addresses, self.streets
        return pl.DataFrame(
            {
                "strassenschluessel": [*s.key[a.street], HOMELESS_KEY],
                "strassenname": [*s.name[a.street], HOMELESS_NAME],
                "hausnummer": [*a.number.astype(str), "0"],
                "zusatz": [*a.suffix, ""],
            },
            schema_overrides=dict.fromkeys(("strassenschluessel", "strassenname", "hausnummer", "zusatz"), pl.String),
        )


def generator(seed: int, topic: int) -> np.random.Generator:
    """A random generator of its own per topic, so that one part can change without moving the others."""
    return np.random.default_rng([seed, topic])


def build_city(seed: int = 1, scale: float = 1.0) -> City:
    """The synthetic city: at scale 1 about 1,000 blocks and 20,600 addresses, fewer in proportion at other scales."""
    blocks_wanted = max(60, round(plan.BLOCKS * float(np.sqrt(scale))))
    network = build_network(generator(seed, 1), blocks_wanted)
    blocks = build_blocks(generator(seed, 2), network)
    lines = noded_lines(network)
    streets, addresses = build_addresses(generator(seed, 3), network, lines, blocks, scale)
    return City(seed, scale, network, lines, blocks, streets, addresses)
