"""``districts build``: from the blocks in the database to several plans of a draft version."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from importlib.metadata import version as installed
from typing import Any

from sqlalchemy import Connection, Engine, text

from etl import __version__
from etl.catalogue import City
from etl.districts import versions
from etl.districts.plans import near, store
from etl.districts.plans.barriers import DEFAULT
from etl.districts.plans.frame import lock_changes, open_draft
from etl.districts.plans.naming import district_keys
from etl.districts.plans.planning import Ground, read_ground
from etl.districts.wording import count, number
from etl.districts.zoning.feasible import Piece, pieces
from etl.districts.zoning.instance import Instance, Ints
from etl.districts.zoning.model import COMPOSITE, PLANS, Band, Weights
from etl.districts.zoning.quality import measure
from etl.districts.zoning.search import Effort, find
from etl.districts.zoning.solve import LIBRARIES
from etl.errors import SozialberichtError

NAMES = {"composite": "gesamt", "homogeneous": "homogen", "compact": "kompakt", "balanced": "ausgewogen"}
"""Names of the plans as users know them."""
CHANGED_BY_PARTS = "teilung"
"""Name of the plan that only splits and merges."""


@dataclass(frozen=True)
class Wish:
    """What the user asks for.

    ``attributes`` ``None``: the usual ones. ``barriers``: ``soft`` (counted), ``hard`` (never crossed) or ``none``;
    ``barrier_kinds`` of the base map. ``near``: a version to stay close to, with the weight of the share of persons
    who change their district. ``plans``: of ``NAMES``' keys, the first one is chosen.
    """

    label: str
    band: Band
    attributes: tuple[str, ...] | None = None
    weights: Weights = PLANS["composite"]
    barriers: str = "soft"
    barrier_kinds: tuple[str, ...] = DEFAULT
    near: str | None = None
    near_weight: float = 1.0
    split_merge_only: bool = False
    plans: tuple[str, ...] = tuple(NAMES)
    effort: Effort = field(default_factory=Effort)


@dataclass(frozen=True)
class Built:
    """What was stored: plan names with their quality, the chosen one, remarks, seconds for all."""

    label: str
    plans: dict[str, dict[str, Any]]
    chosen: str
    remarks: tuple[str, ...]
    seconds: float

    def message(self) -> str:
        """In German."""
        first = self.plans[self.chosen]
        words = (
            f"{count(len(self.plans), 'Plan', 'Pläne')} für „{self.label}“ in {number(self.seconds, 1)} s; Entwurf ist "
            f"„{self.chosen}“: {count(first['bezirke'], 'Bezirk', 'Bezirke')} mit {number(first['einwohner_min'])} bis "
            f"{number(first['einwohner_max'])} Einwohnern."
        )
        return "\n".join([words, *self.remarks])


def build(engine: Engine, city: City, wish: Wish, told: Callable[[str], None] | None = None) -> Built:
    """Search the plans and store them with the draft; the database is not held while the search runs.

    Raises ``ZoningError`` where no plan is possible, in words, and ``SozialberichtError`` as ``read_ground``; nothing
    is stored then.
    """
    began = time.monotonic()
    with engine.connect() as connection:
        ground, old = _read(connection, city, wish)
    instance = ground.instance(hard_barriers=wish.barriers == "hard")
    parts, remarks = pieces(instance, wish.band)
    previous = None if old is None else near.numbered(old)
    found: dict[str, tuple[Ints, dict[str, Any]]] = {}
    for name, weights in _searches(wish).items():
        if told is not None:
            told(name)
        found[name] = _plan(instance, parts, wish, name, weights, previous, old)
    with engine.begin() as connection:
        _store(connection, city, wish, ground, instance, found, old)
    sheets = {name: quality for name, (_, quality) in found.items()}
    return Built(wish.label, sheets, next(iter(found)), tuple(remarks), time.monotonic() - began)


def _searches(wish: Wish) -> Mapping[str, Weights]:
    if wish.split_merge_only:
        return {CHANGED_BY_PARTS: wish.weights}
    change = wish.near_weight if wish.near is not None else 0.0
    searches = {}
    for key in wish.plans:
        own = wish.weights if key == "composite" else PLANS[key]
        searches[NAMES[key]] = Weights(own.homogeneity, own.compactness, own.deviation, own.barrier, change)
    return searches


def _read(connection: Connection, city: City, wish: Wish) -> tuple[Ground, list[str] | None]:
    if wish.split_merge_only and wish.near is None:
        raise SozialberichtError("--split-merge-only braucht mit --near den Gebietsstand, der geändert wird.")
    base = versions.find(connection, wish.label)
    if base is not None:
        versions.require_mutable(base)
    elif wish.near is not None:
        base = versions.get(connection, wish.near)
    else:
        base = versions.current(connection)
    if base is None:
        raise SozialberichtError("Es ist noch kein Gebietsstand angelegt; bitte zuerst die Stadtteile laden.")
    kinds = () if wish.barriers == "none" else wish.barrier_kinds
    ground = read_ground(connection, city, base, attributes=wish.attributes, barriers=kinds)
    old = None if wish.near is None else near.old_districts(connection, city, wish.near, ground)
    return ground, old


def _plan(  # noqa: PLR0917
    instance: Instance, parts: list[Piece], wish: Wish, name: str, weights: Weights, previous: Ints | None,
    old: list[str] | None,
) -> tuple[Ints, dict[str, Any]]:  # fmt: skip
    began = time.monotonic()
    steps, cut = 0, False
    if name == CHANGED_BY_PARTS and old is not None:
        labels = near.split_or_merge(instance, wish.band, wish.effort, old)
    else:
        outcome = find(parts, wish.band, weights, wish.effort, previous=previous)
        if previous is not None:
            outcome = near.start_from(parts, wish.band, weights, wish.effort, outcome, previous)
        labels, steps, cut = outcome.labels, outcome.steps, outcome.cut
    # the composite objective whatever the plan was searched with, so that plans can be compared
    quality = replace(
        measure(instance, labels, wish.band, COMPOSITE, previous=previous),
        seconds=time.monotonic() - began,
        seed=wish.effort.seed,
        steps=steps,
        cut_by_clock=cut,
        versions=(("sozialbericht", __version__), *((library, installed(library)) for library in LIBRARIES)),
    )
    return labels, quality.as_json() | {"gewichte": asdict(weights)}


def _store(  # noqa: PLR0917
    connection: Connection, city: City, wish: Wish, ground: Ground, instance: Instance,
    found: Mapping[str, tuple[Ints, dict[str, Any]]], old: list[str] | None,
) -> None:  # fmt: skip
    lock_changes(connection)
    version = open_draft(connection, city, wish.label, like=wish.near)
    now = connection.scalars(
        text("""
            SELECT b.id FROM geo.block b JOIN geo.block_set s ON s.id = b.block_set_id AND s.is_current ORDER BY b.key
        """)
    ).all()
    if list(now) != ground.ids:
        raise SozialberichtError("Während der Suche sind andere Blöcke geladen worden; bitte noch einmal aufrufen.")
    parameters = {
        "band": {"min": wish.band.low, "target": wish.band.target, "max": wish.band.high},
        "merkmale": list(ground.attributes),
        "zeitraum": ground.period,
        "bloecke": ground.block_set,
        "gewichte": asdict(wish.weights),
        "barrieren": wish.barriers,
        "barrierearten": list(wish.barrier_kinds) if wish.barriers != "none" else [],
        "startzahl": wish.effort.seed,
        "schritte_je_block": wish.effort.steps,
        "laeufe": wish.effort.seeds,
        "near": wish.near,
        "nur_teilen_und_zusammenlegen": wish.split_merge_only,
        "programm": __version__,
    }
    store.write_planning(connection, version, ground, instance.z, instance.edges, parameters)
    connection.execute(text("DELETE FROM geo.plan WHERE version_id = :v"), {"v": version.id})
    for name, (labels, quality) in found.items():
        keys = district_keys(ground.parent_keys, labels, ground.geoms, ground.persons, old)
        if old is not None:
            moved = sum(p for p, a, b in zip(ground.persons.tolist(), keys, old, strict=True) if a != b)
            quality["wechsel_prozent"] = round(100 * moved / float(ground.persons.sum()), 1)
        store.write_plan(connection, version, name, dict(zip(ground.ids, keys, strict=True)), quality)
    store.choose_plan(connection, city, version, next(iter(found)))
