"""What an edition says beyond its values, computed from nothing but the values that it shows.

A function of visible values tells nothing new about a hidden one, so that none of it has to be protected again.
"""

from __future__ import annotations

from sqlalchemy import Connection

from etl.catalogue import Catalogue
from etl.releases.derived import indices, inequality, store
from etl.releases.derived.outlook import add_outlook
from etl.releases.derived.types import add_types


def add_derived(connection: Connection, catalogue: Catalogue, edition: int) -> None:
    """Fill the tables of derived figures of a draft edition, in the caller's transaction."""
    store.store_indices(connection, catalogue, edition, indices.compute(connection, catalogue, edition))
    level, spreads, neighbours = inequality.compute(connection, catalogue, edition)
    store.store_inequality(connection, level, edition, spreads, neighbours)
    add_types(connection, catalogue, edition)
    add_outlook(connection, catalogue, edition)
