"""Neighbourhood, planning figures, plans and assignments to and from the database; set-based writes only."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import shapely
from psycopg import sql
from sqlalchemy import Connection, text

from etl.catalogue import City
from etl.districts import store, versions
from etl.districts.areas import Areas, geometry_array
from etl.districts.blocks import above_districts
from etl.districts.load import level_of
from etl.districts.plans.naming import street_names
from etl.districts.plans.planning import Ground
from etl.districts.versions import Version, dissolve
from etl.districts.zoning.instance import Edges, Floats
from etl.districts.zoning.shapes import shapes_of
from etl.errors import SozialberichtError
from etl.warehouse.engine import driver


def _copy(connection: Connection, table: str, columns: Mapping[str, str], rows: Sequence[Sequence[Any]]) -> None:
    """Rows as the temporary table ``table``, gone with the transaction."""
    cursor = driver(connection).cursor()
    name = sql.Identifier("pg_temp", table)
    cursor.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(name))
    typed = sql.SQL(", ").join(sql.SQL("{} {}").format(sql.Identifier(c), sql.SQL(t)) for c, t in columns.items())
    cursor.execute(sql.SQL("CREATE TEMPORARY TABLE {} ({}) ON COMMIT DROP").format(sql.Identifier(table), typed))
    with cursor.copy(sql.SQL("COPY {} FROM STDIN").format(name)) as copy:
        for row in rows:
            copy.write_row(row)


def write_neighbours(connection: Connection, ids: Sequence[int], edges: Edges) -> None:
    """Make the stored neighbours of the blocks ``ids`` equal ``edges`` (row numbers of ``ids``), both directions."""
    pairs = list(zip(edges.i.tolist(), edges.j.tolist(), edges.length.tolist(), strict=True))
    rows = [(ids[a], ids[b], m) for i, j, m in pairs for a, b in ((i, j), (j, i))]
    _copy(connection, "found_neighbour", {"block_id": "integer", "neighbour_id": "integer", "border_m": "float"}, rows)
    connection.execute(text("DELETE FROM geo.block_neighbour WHERE block_id = ANY(:ids)"), {"ids": list(ids)})
    connection.execute(
        text("""
            INSERT INTO geo.block_neighbour (block_id, neighbour_id, border_m)
            SELECT block_id, neighbour_id, border_m FROM pg_temp.found_neighbour ORDER BY block_id, neighbour_id
        """)
    )


def ensure_neighbours(connection: Connection, version_id: int) -> None:
    """Store the neighbours of the version's blocks if they are missing."""
    rows = connection.execute(
        text("""
            SELECT b.id, ST_AsBinary(b.geom) FROM geo.block b
            WHERE b.block_set_id IN (SELECT k.block_set_id FROM geo.block_assignment a
                                     JOIN geo.block k ON k.id = a.block_id WHERE a.version_id = :version)
              AND NOT EXISTS (SELECT FROM geo.block_neighbour n JOIN geo.block x ON x.id = n.block_id
                              WHERE x.block_set_id = b.block_set_id)
            ORDER BY b.id
        """),
        {"version": version_id},
    ).all()
    if rows:
        geoms = geometry_array([shapely.from_wkb(bytes(r[1])) for r in rows])
        write_neighbours(connection, [int(r[0]) for r in rows], shapes_of(geoms).edges)


def write_planning(  # noqa: PLR0917
    connection: Connection, version: Version, ground: Ground, scores: Floats, edges: Edges, parameters: dict[str, Any]
) -> None:
    """Keep what the version is planned with: persons, scores and sides by block, neighbours, parameters."""
    write_neighbours(connection, ground.ids, edges)
    side = [None] * len(ground.ids) if ground.side is None else ground.side.tolist()
    rows = [
        (block, persons, "{" + ",".join(map(repr, own)) + "}", s)
        for block, persons, own, s in zip(ground.ids, ground.persons.tolist(), scores.tolist(), side, strict=True)
    ]
    columns = {"block_id": "integer", "persons": "float", "scores": "float[]", "barrier_side": "integer"}
    _copy(connection, "planned_block", columns, rows)
    connection.execute(text("DELETE FROM warehouse.planning_block WHERE version_id = :id"), {"id": version.id})
    connection.execute(
        text("""
            INSERT INTO warehouse.planning_block (version_id, block_id, persons, scores, barrier_side)
            SELECT :id, block_id, persons, scores, barrier_side FROM pg_temp.planned_block ORDER BY block_id
        """),
        {"id": version.id},
    )
    connection.execute(
        text("""
            UPDATE geo.district_version SET parameters = cast(:parameters AS jsonb), based_on =
                (SELECT id FROM geo.district_version WHERE label = cast(:parameters AS jsonb) ->> 'near')
            WHERE id = :id
        """),
        {"id": version.id, "parameters": json.dumps(parameters, ensure_ascii=False)},
    )


@dataclass(frozen=True)
class StoredPlan:
    """A plan as stored, without its assignment."""

    id: int
    name: str
    chosen: bool
    quality: dict[str, Any]
    certificate: dict[str, Any] | None


def write_plan(
    connection: Connection, version: Version, name: str, districts: Mapping[int, str], quality: dict[str, Any]
) -> None:
    """Store a plan (block id → district key) with its quality sheet; a plan of that name is replaced."""
    given = {"version": version.id, "name": name, "quality": json.dumps(quality, ensure_ascii=False)}
    connection.execute(text("DELETE FROM geo.plan WHERE version_id = :version AND name = :name"), given)
    plan = connection.scalar(
        text("""
            INSERT INTO geo.plan (version_id, name, quality) VALUES (:version, :name, cast(:quality AS jsonb))
            RETURNING id
        """),
        given,
    )
    _copy(connection, "planned_district", {"block_id": "integer", "district": "text"}, list(districts.items()))
    connection.execute(
        text("""
            INSERT INTO geo.plan_assignment (plan_id, block_id, district)
            SELECT :plan, block_id, district FROM pg_temp.planned_district ORDER BY block_id
        """),
        {"plan": plan},
    )


def read_plans(connection: Connection, version: Version) -> list[StoredPlan]:
    """The version's plans in the order they were stored."""
    rows = connection.execute(
        text("SELECT id, name, chosen, quality, certificate FROM geo.plan WHERE version_id = :version ORDER BY id"),
        {"version": version.id},
    ).all()
    return [StoredPlan(*row) for row in rows]


def choose_plan(connection: Connection, city: City, version: Version, name: str) -> int:
    """Make a plan the version's draft; returns the number of districts. Changes by hand so far are given up.

    Raises ``SozialberichtError`` if the plan does not exist or the version is adopted.
    """
    versions.require_mutable(version)
    plans = {p.name: p for p in read_plans(connection, version)}
    if name not in plans:
        there = ", ".join(f"„{p}“" for p in plans) or "noch keiner"
        raise SozialberichtError(
            f"Den Plan „{name}“ gibt es im Gebietsstand „{version.label}“ nicht; vorhanden: {there}."
        )
    rows = connection.execute(
        text("SELECT block_id, district FROM geo.plan_assignment WHERE plan_id = :plan ORDER BY block_id"),
        {"plan": plans[name].id},
    ).all()
    connection.execute(
        text("UPDATE geo.plan SET chosen = false WHERE version_id = :version AND chosen"), {"version": version.id}
    )
    connection.execute(text("UPDATE geo.plan SET chosen = true WHERE id = :plan"), {"plan": plans[name].id})
    return write_districts(connection, city, version, {int(b): str(d) for b, d in rows})


def write_districts(
    connection: Connection,
    city: City,
    version: Version,
    district_of: Mapping[int, str],
    names: Mapping[str, str] | None = None,
) -> int:
    """Make these the version's districts (block id → key), polygons dissolved from blocks; returns how many there are.

    Names that are not given are kept where the version is near one with that key, else proposed from streets.
    """
    above = above_districts(city)
    level = level_of(city, city.district_level or "")
    if above is None:
        raise SozialberichtError(f"Die Ebene {level.title} hat keine Ebene über sich.")
    rows = connection.execute(
        text("""
            SELECT b.id, b.parent_key, ST_AsBinary(b.geom), w.persons,
                   (SELECT count(*) FROM geo.address x WHERE x.block_id = b.id)
            FROM geo.block b LEFT JOIN warehouse.planning_block w ON w.version_id = :version AND w.block_id = b.id
            WHERE b.id = ANY(:blocks) ORDER BY b.key
        """),
        {"version": version.id, "blocks": list(district_of)},
    ).all()
    blocks = {int(r[0]): (district_of[int(r[0])], float(r[4] if r[3] is None else r[3])) for r in rows}
    called = street_names(connection, blocks, _old_names(connection, version, level.code) | dict(names or {}))
    polygons: dict[str, list[Any]] = {}
    parent: dict[str, str] = {}
    for block, own, geom, _, _ in rows:
        key = district_of[int(block)]
        polygons.setdefault(key, []).append(shapely.from_wkb(bytes(geom)))
        parent.setdefault(key, str(own))
    keys = sorted(polygons)
    areas = Areas(
        keys,
        [called[k] for k in keys],
        [parent[k] for k in keys],
        geometry_array([dissolve(geometry_array(polygons[k])) for k in keys]),
    )
    connection.execute(text("DELETE FROM geo.block_assignment WHERE version_id = :id"), {"id": version.id})
    store.write_units(connection, version.id, level.code, areas, above.code)
    _copy(connection, "wanted_district", {"block_id": "integer", "key": "text"}, list(district_of.items()))
    connection.execute(
        text("""
            INSERT INTO geo.block_assignment (version_id, block_id, unit_id)
            SELECT :version, w.block_id, u.id FROM pg_temp.wanted_district w
            JOIN geo.unit u ON u.version_id = :version AND u.level = :level AND u.key = w.key ORDER BY w.block_id
        """),
        {"version": version.id, "level": level.code},
    )
    connection.execute(
        text("UPDATE geo.district_version SET status = 'draft', provisional = false WHERE id = :id"), {"id": version.id}
    )
    connection.execute(
        text("""
            DELETE FROM geo.unit_review WHERE unit_id IN (SELECT id FROM geo.unit WHERE version_id = :version)
        """),
        {"version": version.id},
    )
    connection.execute(
        text(
            "SELECT geo.review_marks(:version, array_agg(id)) FROM geo.unit WHERE version_id = :version AND level = :l"
        ),
        {"version": version.id, "l": level.code},
    )
    versions.complete_version(connection, city, version.id)
    return len(keys)


def _old_names(connection: Connection, version: Version, level: str) -> dict[str, str]:
    """Names by key in the version that this one is planned near."""
    rows = connection.execute(
        text("""
            SELECT u.key, u.name FROM geo.district_version v
            JOIN geo.unit u ON u.version_id = v.based_on AND u.level = :level WHERE v.id = :version
        """),
        {"version": version.id, "level": level},
    ).all()
    return {str(r[0]): str(r[1]) for r in rows}


def read_assignment(connection: Connection, version_id: int) -> dict[int, str]:
    """Block id → district key of a version; empty if it has no assignment."""
    rows = connection.execute(
        text("""
            SELECT a.block_id, u.key FROM geo.block_assignment a JOIN geo.unit u ON u.id = a.unit_id
            WHERE a.version_id = :version ORDER BY a.block_id
        """),
        {"version": version_id},
    ).all()
    return {int(r[0]): str(r[1]) for r in rows}
