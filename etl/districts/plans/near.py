"""Plans near an earlier version: its districts by block, a start from them, and changes by split or merge only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import shapely
from sqlalchemy import Connection

from etl.catalogue import City
from etl.districts import store as units
from etl.districts import versions
from etl.districts.plans import store
from etl.districts.plans.planning import Ground
from etl.districts.wording import number
from etl.districts.zoning.anneal import Found, Task, search
from etl.districts.zoning.feasible import Piece, pieces
from etl.districts.zoning.instance import Instance, Ints, ZoningError, components
from etl.districts.zoning.model import Band, Weights, relabelled, terms_of
from etl.districts.zoning.search import Effort, Outcome, choose, find
from etl.errors import SozialberichtError


def old_districts(connection: Connection, city: City, label: str, ground: Ground) -> list[str]:
    """The district key of each block in the version ``label``: as assigned there, or else where the block lies.

    Raises ``SozialberichtError`` if the version has no districts or a block lies in none of them.
    """
    version = versions.get(connection, label)
    assigned = store.read_assignment(connection, version.id)
    if all(block in assigned for block in ground.ids):
        return [assigned[block] for block in ground.ids]
    areas = units.read_units(connection, version.id, city.district_level or "")
    if not len(areas):
        raise SozialberichtError(f"Der Gebietsstand „{label}“ hat keine Bezirke, in deren Nähe geplant werden könnte.")
    points = shapely.point_on_surface(ground.geoms)
    block, district = shapely.STRtree(areas.geoms).query_nearest(points, all_matches=False)
    found = dict(zip(block.tolist(), district.tolist(), strict=True))
    return [areas.keys[found[b]] for b in range(len(ground.ids))]


def numbered(keys: Sequence[str]) -> Ints:
    """The keys as numbers 0 …, in the order of their first block."""
    return relabelled(np.unique(np.array(keys), return_inverse=True)[1].astype(np.int64))


def start_from(  # noqa: PLR0917
    parts: Sequence[Piece], band: Band, weights: Weights, effort: Effort, outcome: Outcome, previous: Ints
) -> Outcome:
    """The better of ``outcome`` and searches that begin at the earlier districts, piece by piece."""
    nominal = outcome.terms.districts
    found: list[Found] = []
    for n, part in enumerate(parts):
        rows, block = part.blocks.rows, part.blocks
        own = relabelled(outcome.labels[rows])
        found.append(Found(n, own, terms_of(block, own, band, previous[rows]), 0, outcome.cut))
        old = relabelled(previous[rows])
        if not _connected(block, old):
            continue
        for count in dict.fromkeys((int(old.max()) + 1, int(own.max()) + 1)):
            if count in part.counts:
                task = Task(n, count, nominal, effort.steps * len(block), effort.seed, start=old)
                found.append(search(block, task, band, weights, previous[rows]))
    chosen = choose(found, weights, len(parts))
    labels = np.full(len(outcome.labels), -1, dtype=np.int64)
    offset, total = 0, None
    for part, plan in zip(parts, chosen, strict=True):
        labels[part.blocks.rows] = plan.labels + offset
        offset += plan.terms.districts
        total = plan.terms if total is None else total + plan.terms
    steps = outcome.steps + sum(f.steps for f in found)
    return Outcome(labels, total or outcome.terms, steps, outcome.seconds, any(f.cut for f in found))


def _connected(instance: Instance, labels: Ints) -> bool:
    edges = instance.linked
    groups = components(len(instance), edges.where(labels[edges.i] == labels[edges.j]))
    return int(groups.max()) == int(labels.max())


def split_or_merge(instance: Instance, band: Band, effort: Effort, old_keys: Sequence[str]) -> Ints:
    """A plan in which every district is an old one, several old ones merged whole, or a part of one split.

    Districts above the band are split (the search divides them as it would a Stadtteil), those below it merged with the
    neighbour that keeps the objective smallest. Raises ``ZoningError`` naming districts that neither can mend.
    """
    labels = numbered(old_keys)
    name = {int(d): key for d, key in zip(labels.tolist(), old_keys, strict=True)}
    if not _connected(instance, labels):
        raise ZoningError(
            "Bezirke des früheren Gebietsstands hängen auf den heutigen Blöcken nicht zusammen; nur Teilen und "
            "Zusammenlegen reicht nicht. Bitte ohne --split-merge-only planen."
        )
    labels = _merge_small(instance, band, labels, name)
    for district in np.unique(labels).tolist():
        rows = np.flatnonzero(labels == district).astype(np.int64)
        if instance.pop[rows].sum() > band.high:
            # a problem of its own: its rows are counted from 0, its sums stay those of the city
            part = replace(instance.part(rows), rows=np.arange(len(rows), dtype=np.int64))
            outcome = find(pieces(part, band)[0], band, Weights(), effort)
            labels[rows] = outcome.labels + int(labels.max()) + 1
    return relabelled(labels)


def _merge_small(instance: Instance, band: Band, labels: Ints, name: dict[int, str]) -> Ints:
    """Merge districts below the band, the smallest first."""
    labels = labels.copy()
    edges = instance.linked
    while True:
        people = np.bincount(labels, instance.pop)
        small = [d for d in np.unique(labels).tolist() if 0 < people[d] < band.low]
        if not small:
            return labels
        district = min(small, key=lambda d: (people[d], d))
        a, b = labels[edges.i], labels[edges.j]
        near = set(b[a == district].tolist()) | set(a[b == district].tolist())
        near.discard(district)
        fitting = [d for d in sorted(near) if people[d] + people[district] <= band.high]
        if not fitting:
            raise ZoningError(
                f"Der Bezirk {name[district]} hat {number(float(people[district]))} Einwohner, weniger als "
                f"{number(band.low)}, und mit keinem Nachbarn zusammen bliebe er unter {number(band.high)}. Abhilfe: "
                "--max erhöhen, --min senken oder ohne --split-merge-only planen."
            )

        def objective(other: int, own: int = district) -> float:
            merged = relabelled(np.where(labels == own, other, labels))
            return terms_of(instance, merged, band).objective(Weights())

        labels[labels == district] = min(fitting, key=lambda d: (objective(d), d))
