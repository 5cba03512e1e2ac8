"""``districts provisional``: simple districts below the Stadtteile, marked as provisional."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import Connection, text

from etl.catalogue import City
from etl.districts import store, versions
from etl.districts.areas import Areas, geometry_array
from etl.districts.bisection import bisect, number_of_districts
from etl.districts.blocks import above_districts
from etl.districts.crs import IDENTITY
from etl.districts.findings import Findings
from etl.districts.load import level_of
from etl.districts.nesting import check_nesting
from etl.districts.prepare import Source
from etl.districts.report import Report
from etl.districts.versions import NewVersion, dissolve
from etl.districts.wording import count, listed, number
from etl.errors import SozialberichtError
from etl.warehouse.engine import driver

PERSONS_PER_ADDRESS = 4.1
"""About 84,000 residents at 20,500 addresses; used only where no register has been counted yet."""
MOST = 99
"""Districts in a Stadtteil: the key has two digits for them."""


@dataclass(frozen=True)
class Target:
    """Wanted size of a district in persons; the band clamps the number of districts of a Stadtteil."""

    persons: float = 5000
    smallest: float = 2500
    largest: float = 7500
    per_address: float = PERSONS_PER_ADDRESS


@dataclass(frozen=True)
class Blocks:
    """Blocks of the current set with their Stadtteil and weight (persons, or persons estimated from addresses)."""

    ids: list[int]
    keys: list[str]
    parents: list[str | None]
    weights: NDArray[np.float64]
    geoms: NDArray[Any]
    weighted_by: str


def form_provisional(connection: Connection, city: City, version: NewVersion, target: Target) -> Report:
    """Form districts from the current blocks within each Stadtteil of the version; returns a report on them.

    Keys are S+BB (Stadtteil and two digits), names „… (vorläufig)“. Blocks are assigned in ``geo.block_assignment`` and
    the polygons dissolved from them. The version must exist with its Stadtteile; it is marked provisional. Raises
    ``SozialberichtError`` if something is missing or the version is adopted.
    """
    versions.lock(connection)
    found = versions.get(connection, version.label)
    versions.require_mutable(found)
    level = level_of(city, city.district_level or "")
    above = above_districts(city)
    if above is None:
        raise SozialberichtError(f"Die Ebene {level.title} hat keine Ebene über sich, in der Bezirke gebildet werden.")
    parents = store.read_units(connection, found.id, above.code)
    if not len(parents):
        raise SozialberichtError(
            f"Im Gebietsstand „{found.label}“ fehlt die Ebene {above.title}; bitte zuerst mit boundaries load laden."
        )
    blocks = _blocks(connection, city, target)
    districts, district_of = _group(blocks, parents, target)
    findings = Findings()
    check_nesting(districts, parents, findings, min_sliver=1.0)
    said = "\n".join(f"{k};{d}" for k, d in sorted(zip(blocks.keys, district_of, strict=True)))
    source = Source(
        file="vorläufige Bezirke",
        sha256=hashlib.sha256(said.encode()).hexdigest(),
        layer="",
        driver="aus Blöcken gebildet",
        encoding="utf-8",
        crs="EPSG:25832",
        operation=IDENTITY,
        accuracy_m=0.0,
    )
    report = Report(source, level.title, found.label, districts, findings)
    versions.open_version(connection, NewVersion(found.label, provisional=True))
    connection.execute(text("DELETE FROM geo.block_assignment WHERE version_id = :id"), {"id": found.id})
    store.write_units(connection, found.id, level.code, districts, above.code)
    _assign(connection, found.id, level.code, dict(zip(blocks.ids, district_of, strict=True)))
    total = float(blocks.weights.sum())
    report.result = (
        f"{count(len(districts), 'vorläufiger Bezirk', 'vorläufige Bezirke')} aus {number(len(blocks.ids))} Blöcken "
        f"gebildet, im Mittel {number(total / len(districts))} Personen ({blocks.weighted_by})."
    )
    options = {"target": target.persons, "min": target.smallest, "max": target.largest}
    journal = store.Journal(level.code, found.id, options, report.summary(), found.synthetic)
    store.record_load(connection, source, journal)
    versions.complete_version(connection, city, found.id)
    return report


def _blocks(connection: Connection, city: City, target: Target) -> Blocks:
    rows = connection.execute(
        text("""
            SELECT b.id, b.key, b.parent_key, ST_AsBinary(b.geom),
                   (SELECT count(*) FROM geo.address a WHERE a.block_id = b.id)
            FROM geo.block b JOIN geo.block_set s ON s.id = b.block_set_id AND s.is_current
            ORDER BY b.key
        """)
    ).all()
    if not rows:
        raise SozialberichtError("Es sind keine Blöcke geladen; bitte zuerst boundaries load … --level block.")
    persons = _persons(connection, city)
    if persons:
        weights = np.array([persons.get(r[0], 0.0) for r in rows], dtype=np.float64)
        by = "nach dem Melderegister"
    else:
        weights = np.array([float(r[4]) for r in rows], dtype=np.float64) * target.per_address
        by = f"geschätzt mit {number(target.per_address, 1)} je Adresse"
    if weights.sum() <= 0:
        raise SozialberichtError("Weder Einwohner noch Adressen liegen in Blöcken; bitte zuerst addresses load.")
    geoms = geometry_array([shapely.from_wkb(bytes(r[3])) for r in rows])
    return Blocks([r[0] for r in rows], [r[1] for r in rows], [r[2] for r in rows], weights, geoms, by)


def _persons(connection: Connection, city: City) -> dict[int, float]:
    """Persons by block in the newest counted period of the population measure; empty if none has been counted."""
    rows = connection.execute(
        text("""
            WITH counted AS (
                SELECT c.block_id, c.period, c.value FROM warehouse.count c
                JOIN intake.delivery d ON d.id = c.delivery_id AND d.status = 'active'
                JOIN catalogue.measure m ON m.id = c.measure_id AND m.code = :measure
                WHERE c.block_id IS NOT NULL AND c.group_code = 'insgesamt'
            )
            SELECT block_id, sum(value) FROM counted
            WHERE period = (SELECT max(period) FROM counted) GROUP BY block_id
        """),
        {"measure": city.population},
    ).all()
    return {int(block): float(value or 0) for block, value in rows}


def _group(blocks: Blocks, parents: Areas, target: Target) -> tuple[Areas, list[str]]:
    """The districts, and for each block the key of its district."""
    lost = sorted({p or "ohne" for p in blocks.parents} - set(parents.keys))
    if lost:
        raise SozialberichtError(
            f"Blöcke gehören zu Gebieten, die es in diesem Gebietsstand nicht gibt: {listed(lost)}."
        )
    keys: list[str] = []
    names: list[str] = []
    above: list[str | None] = []
    polygons: list[Any] = []
    district_of = [""] * len(blocks.ids)
    for parent, name in zip(parents.keys, parents.names, strict=True):
        members = np.flatnonzero(np.array([p == parent for p in blocks.parents]))
        if not len(members):
            continue
        weights = blocks.weights[members]
        wanted = number_of_districts(float(weights.sum()), target.persons, target.smallest, target.largest)
        groups = bisect(blocks.geoms[members], weights, min(wanted, len(members), MOST))
        for order, group in enumerate(np.unique(groups).tolist(), start=1):
            own = members[groups == group]
            key = f"{parent}{order:02d}"
            keys.append(key)
            names.append(f"{name} {order} (vorläufig)")
            above.append(parent)
            polygons.append(dissolve(blocks.geoms[own]))
            for block in own.tolist():
                district_of[block] = key
    return Areas(keys, names, above, geometry_array(polygons)), district_of


def _assign(connection: Connection, version_id: int, level: str, district_of: dict[int, str]) -> None:
    connection.execute(text("DROP TABLE IF EXISTS pg_temp.delivered_assignment"))
    connection.execute(text("CREATE TEMPORARY TABLE delivered_assignment (block_id integer, key text) ON COMMIT DROP"))
    with driver(connection).cursor().copy("COPY pg_temp.delivered_assignment FROM STDIN") as copy:
        for row in district_of.items():
            copy.write_row(row)
    connection.execute(
        text("""
            INSERT INTO geo.block_assignment (version_id, block_id, unit_id)
            SELECT :version, d.block_id, u.id
            FROM pg_temp.delivered_assignment d
            JOIN geo.unit u ON u.version_id = :version AND u.level = :level AND u.key = d.key
        """),
        {"version": version_id, "level": level},
    )
