"""Keys and names of new districts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import Connection, text

from etl.districts.areas import Geometries
from etl.districts.wording import listed
from etl.errors import SozialberichtError

MOST = 99
"""Districts in a Stadtteil: the key has two digits for them."""


def district_keys(
    parent_keys: Sequence[str],
    districts: NDArray[np.int64],
    geoms: Geometries,
    persons: NDArray[np.float64],
    old_keys: Sequence[str | None] | None = None,
) -> list[str]:
    """The key S+BB of each block's district: Stadtteil and a number from north to south.

    ``old_keys`` are the blocks' keys in an earlier version: a district keeps the old key under which most of its
    persons live, if it also holds most of the persons under that key. Raises ``SozialberichtError`` if a Stadtteil has
    more districts than two digits can number.
    """
    centre = shapely.get_coordinates(shapely.centroid(geoms))
    weight = persons + 1e-6
    parents = np.array(parent_keys, dtype=object)
    result = [""] * len(districts)
    for parent in dict.fromkeys(parent_keys):
        own = parents == parent
        groups = np.unique(districts[own]).tolist()
        if len(groups) > MOST:
            raise SozialberichtError(f"Der Stadtteil {parent} hätte {len(groups)} Bezirke; höchstens {MOST} gehen.")
        kept = _kept(districts, weight, old_keys, groups) if old_keys is not None else {}
        taken = set(kept.values()) | {k for k in old_keys or () if k is not None}
        free = (fresh for n in range(1, MOST + 1) if (fresh := f"{parent}{n:02d}") not in taken)
        middle = {g: np.average(centre[districts == g], axis=0, weights=weight[districts == g]) for g in groups}
        for group in sorted(groups, key=lambda g: (-middle[g][1], middle[g][0])):
            key = kept.get(group) or next(free, None)
            if key is None:
                raise SozialberichtError(f"Im Stadtteil {parent} sind die Nummern für neue Bezirke verbraucht.")
            for block in np.flatnonzero(districts == group).tolist():
                result[block] = key
    return result


def _kept(
    districts: NDArray[np.int64], weight: NDArray[np.float64], old_keys: Sequence[str | None], groups: Sequence[int]
) -> dict[int, str]:
    shared: dict[tuple[int, str], float] = {}
    for group, old, persons in zip(districts.tolist(), old_keys, weight.tolist(), strict=True):
        if old is not None:
            shared[group, old] = shared.get((group, old), 0.0) + persons
    mine = {g: max(((s, o) for (h, o), s in shared.items() if h == g), default=None) for g in groups}
    theirs: dict[str, tuple[float, int]] = {}
    for (group, old), persons in sorted(shared.items()):
        if old not in theirs or persons > theirs[old][0]:
            theirs[old] = (persons, group)
    return {g: best[1] for g, best in mine.items() if best is not None and theirs[best[1]][1] == g}


def street_names(
    connection: Connection, blocks: Mapping[int, tuple[str, float]], given: Mapping[str, str]
) -> dict[str, str]:
    """A name for each district: the one ``given``, or the street on which most of its persons live; none twice.

    ``blocks``: block id → (district key, persons); the persons of a block are spread evenly over its addresses. Where
    streets run out the name is „Bezirk“ and the key.
    """
    rows = connection.execute(
        text("""
            SELECT a.block_id, a.street_name, count(*)::float / sum(count(*)) OVER (PARTITION BY a.block_id)
            FROM geo.address a
            WHERE a.block_id = ANY(:blocks) AND a.street_name IS NOT NULL GROUP BY a.block_id, a.street_name
        """),
        {"blocks": list(blocks)},
    ).all()
    living: dict[tuple[str, str], float] = {}
    for block, street, share in rows:
        key, persons = blocks[int(block)]
        living[key, street] = living.get((key, street), 0.0) + persons * float(share)
    here = {key for key, _ in blocks.values()}
    names = {key: name for key, name in given.items() if key in here}
    used = set(names.values())
    for (key, street), _ in sorted(living.items(), key=lambda item: (-item[1], item[0])):
        if key not in names and street not in used:
            names[key] = street
            used.add(street)
    return {key: names.get(key, f"Bezirk {key}") for key in dict.fromkeys(k for k, _ in blocks.values())}


def check_keys(keys: Sequence[str], parents: Sequence[str], what: str) -> None:
    """Raise ``SozialberichtError`` if a district key does not begin with its Stadtteil and end in two digits."""
    wrong = [k for k, p in zip(keys, parents, strict=True) if not (k.startswith(p) and k[len(p) :].isdecimal())]
    if wrong:
        raise SozialberichtError(f"{what}: die Schlüssel {listed(wrong)} beginnen nicht mit dem ihres Stadtteils.")
