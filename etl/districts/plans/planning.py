"""What districts are planned from: the current blocks with persons, attributes and sides of barriers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import Connection, bindparam, text

from etl.catalogue import City
from etl.districts import store
from etl.districts.areas import Areas, Geometries, geometry_array
from etl.districts.blocks import above_districts
from etl.districts.plans.barriers import barrier_lines, sides
from etl.districts.versions import Version
from etl.districts.wording import listed
from etl.districts.zoning.instance import Instance, from_arrays
from etl.districts.zoning.shapes import shapes_of
from etl.errors import SozialberichtError

DEFAULT_ATTRIBUTES = ("ew_u18", "ew_65plus", "ew_ausl")
"""Measures whose share of the inhabitants makes neighbourhoods alike or different; the catalogue may lack some."""


@dataclass(frozen=True)
class Ground:
    """The blocks of the current set in a version's Stadtteile; element *i* of each field belongs to block *i*.

    ``persons`` by block at the end of ``period``; ``shares`` (blocks × ``attributes``) of the inhabitants, 0 where
    nobody lives. ``parents`` are the Stadtteile.
    """

    block_set: str
    ids: list[int]
    keys: list[str]
    parent_keys: list[str]
    geoms: Geometries
    persons: NDArray[np.float64]
    shares: NDArray[np.float64]
    attributes: tuple[str, ...]
    period: str
    parents: Areas
    side: NDArray[np.int64] | None

    def instance(self, *, hard_barriers: bool = False) -> Instance:
        """The zone design problem of these blocks. Raises ``ZoningError`` as ``from_arrays``."""
        return from_arrays(
            self.keys,
            self.parent_keys,
            self.persons,
            self.shares,
            list(self.attributes),
            shapes=shapes_of(self.geoms),
            side=None if self.side is None else self.side.tolist(),
            hard_barriers=hard_barriers,
        )


def read_ground(
    connection: Connection,
    city: City,
    version: Version,
    *,
    attributes: Sequence[str] | None = None,
    barriers: Sequence[str] = (),
) -> Ground:
    """The ground to plan on. ``attributes`` are codes of measures counted by block; ``None`` takes the usual ones.

    Raises ``SozialberichtError`` where blocks, Stadtteile or counts are missing, or an attribute is unfit: planning
    takes only what is known by block before there are districts.
    """
    above = above_districts(city)
    if above is None:
        raise SozialberichtError("Über den Bezirken steht im Katalog keine Ebene, in der sie gebildet werden könnten.")
    parents = store.read_units(connection, version.id, above.code)
    if not len(parents):
        raise SozialberichtError(
            f"Im Gebietsstand „{version.label}“ fehlt die Ebene {above.title}; bitte zuerst mit boundaries load laden."
        )
    rows = connection.execute(
        text("""
            SELECT s.label, b.id, b.key, b.parent_key, ST_AsBinary(b.geom)
            FROM geo.block b JOIN geo.block_set s ON s.id = b.block_set_id AND s.is_current ORDER BY b.key
        """)
    ).all()
    if not rows:
        raise SozialberichtError("Es sind keine Blöcke geladen; bitte zuerst boundaries load … --level block.")
    lost = sorted({str(r[3] or "ohne Angabe") for r in rows} - set(parents.keys))
    if lost:
        raise SozialberichtError(
            f"Blöcke gehören zu Gebieten, die es im Gebietsstand „{version.label}“ nicht gibt: {listed(lost)}."
        )
    if city.population is None:
        raise SozialberichtError("Der Katalog nennt keine Messgröße für die Einwohner (city.yaml, population).")
    chosen = _attributes(connection, attributes, city.population)
    ids = [int(r[1]) for r in rows]
    period, counted = _counts(connection, [city.population, *chosen])
    persons = np.array([counted.get((b, city.population), 0.0) for b in ids])
    if persons.sum() <= 0:
        raise SozialberichtError(
            f"Für die Blöcke „{rows[0][0]}“ sind keine Einwohner gezählt (Messgröße {city.population}); bitte zuerst "
            "die Lieferung des Melderegisters einlesen (deliver) oder nach neuen Blöcken recount aufrufen."
        )
    values = np.array([[counted.get((b, a), 0.0) for a in chosen] for b in ids]).reshape(len(ids), len(chosen))
    shares = np.divide(values, persons[:, None], out=np.zeros_like(values), where=persons[:, None] > 0)
    geoms = geometry_array([shapely.from_wkb(bytes(r[4])) for r in rows])
    lines = barrier_lines(connection, barriers) if barriers else []
    return Ground(
        block_set=str(rows[0][0]),
        ids=ids,
        keys=[str(r[2]) for r in rows],
        parent_keys=[str(r[3]) for r in rows],
        geoms=geoms,
        persons=persons,
        shares=shares,
        attributes=tuple(chosen),
        period=period,
        parents=parents,
        side=sides(geoms, parents.geoms, lines),
    )


def _attributes(connection: Connection, wanted: Sequence[str] | None, population: str) -> list[str]:
    fit = connection.scalars(
        text("""
            SELECT m.code FROM catalogue.measure m JOIN catalogue.source s ON s.code = m.source
            WHERE m.active AND m.kind = 'count' AND s.smallest_level = 'block' AND m.code <> :population ORDER BY m.id
        """),
        {"population": population},
    ).all()
    if wanted is None:
        return [code for code in DEFAULT_ATTRIBUTES if code in fit]
    wrong = [code for code in wanted if code not in fit]
    if wrong:
        raise SozialberichtError(
            f"{listed(wrong)} eignet sich nicht als Merkmal: gebraucht werden Messgrößen, die nach Blöcken gezählt "
            f"sind, bevor es Bezirke gibt. Vorhanden: {', '.join(fit) or 'keine'}."
        )
    return list(dict.fromkeys(wanted))


def _counts(connection: Connection, measures: Sequence[str]) -> tuple[str, dict[tuple[int, str], float]]:
    """The newest period of the first measure, and persons by block and measure in it."""
    counts: Any = text("""
        WITH counted AS (
            SELECT m.code, c.block_id, c.period, c.value FROM warehouse.count c
            JOIN intake.delivery d ON d.id = c.delivery_id AND d.status = 'active'
            JOIN catalogue.measure m ON m.id = c.measure_id AND m.code IN :measures
            WHERE c.block_id IS NOT NULL AND c.group_code = 'insgesamt'
        ), newest AS (
            SELECT c.period FROM counted c JOIN warehouse.period p ON p.code = c.period WHERE c.code = :population
            ORDER BY upper(p.valid) DESC LIMIT 1
        )
        SELECT c.period, c.block_id, c.code, sum(c.value) FROM counted c JOIN newest n ON n.period = c.period
        GROUP BY c.period, c.block_id, c.code
    """).bindparams(bindparam("measures", expanding=True))
    rows = connection.execute(counts, {"measures": list(measures), "population": measures[0]}).all()
    if not rows:
        return "", {}
    return str(rows[0][0]), {(int(r[1]), str(r[2])): float(r[3] or 0) for r in rows}
