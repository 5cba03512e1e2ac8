"""Barriers from the base map: which blocks lie on which side of railways, waters and main roads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import Connection, text

from etl.districts.areas import Geometries, geometry_array
from etl.districts.basemap import KINDS
from etl.errors import SozialberichtError

DEFAULT = ("bahn", "gewaesser", "strasse:Hauptverkehrsstraße")
"""Kinds of the base map, or a kind and a class, that separate neighbourhoods."""


def barrier_lines(connection: Connection, wanted: Sequence[str]) -> list[Any]:
    """The base map's lines (of areas: their edges) of the kinds ``wanted``; a kind may carry a class, ``strasse:Bach``.

    Raises ``SozialberichtError`` for an unknown kind, naming those that exist.
    """
    kinds, classes = [], []
    for word in wanted:
        kind, _, class_ = word.partition(":")
        if kind not in KINDS:
            raise SozialberichtError(
                f"Die Barriere „{word}“ gibt es nicht; Arten der Grundkarte sind {', '.join(KINDS)}, auf Wunsch mit "
                "Klasse (strasse:Hauptverkehrsstraße)."
            )
        kinds.append(kind)
        classes.append(class_ or None)
    rows = connection.scalars(
        text("""
            SELECT ST_AsBinary(CASE WHEN ST_Dimension(m.geom) = 2 THEN ST_Boundary(m.geom) ELSE m.geom END)
            FROM geo.basemap m
            JOIN unnest(cast(:kinds AS text[]), cast(:classes AS text[])) AS w (kind, class)
              ON w.kind = m.kind AND (w.class IS NULL OR w.class = m.class)
            WHERE ST_Dimension(m.geom) >= 1 ORDER BY m.id
        """),
        {"kinds": kinds, "classes": classes},
    ).all()
    return [shapely.from_wkb(bytes(r)) for r in rows]


def sides(blocks: Geometries, parents: Geometries, lines: Sequence[Any]) -> NDArray[np.int64] | None:
    """For each block the number of the ground between barriers that it lies on; ``None`` if nothing is divided.

    The lines cut the city (the union of ``parents``) into faces. A line that ends inside a face divides nothing: one
    can walk around its end. Faces are numbered in the order of the first block on them; a block in none gets -1.
    """
    if not len(lines):
        return None
    city = shapely.union_all(parents)
    inside = shapely.intersection(shapely.union_all(geometry_array(list(lines))), city)
    faces = shapely.get_parts(
        shapely.polygonize(shapely.get_parts(shapely.union_all([inside, shapely.boundary(city)])))
    )
    found = np.full(len(blocks), -1, dtype=np.int64)
    points = shapely.point_on_surface(blocks)
    block, face = shapely.STRtree(faces).query(points, predicate="intersects")
    first = np.unique(block, return_index=True)[1]
    found[block[first]] = face[first]
    used = list(dict.fromkeys(found[found >= 0].tolist()))
    if len(used) < 2:  # one side is no barrier
        return None
    number = {face_id: position for position, face_id in enumerate(used)}
    return np.array([number.get(f, -1) for f in found.tolist()], dtype=np.int64)
