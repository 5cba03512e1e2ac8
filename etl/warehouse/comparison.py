"""Comparison areas: units without outlines in a version of their own, as the catalogue lists them."""

from __future__ import annotations

import json

from sqlalchemy import Connection, text

from etl.catalogue import City
from etl.catalogue.city import COMPARISON

VERSION = "Vergleichsräume"
"""Label of their version: never current, so that no view of the city's own districts shows them."""
LEVEL_RANK = 98
"""Finer than every level of the city: no indicator reaches down to it by its lowest level."""

_VERSION = text("""
INSERT INTO geo.district_version AS v (label, title, parameters) VALUES (:label, :label, CAST(:kinds AS jsonb))
ON CONFLICT (label) DO UPDATE SET parameters = excluded.parameters
WHERE v.parameters IS DISTINCT FROM excluded.parameters
""")
_UNITS = text("""
WITH given AS (
    SELECT key, name FROM unnest(CAST(:keys AS text[]), CAST(:names AS text[])) AS g(key, name)
), renamed AS (
    UPDATE geo.unit u SET name = g.name
    FROM given g, geo.district_version v
    WHERE v.label = :label AND u.version_id = v.id AND u.level = :level AND u.key = g.key AND u.name <> g.name
)
INSERT INTO geo.unit (version_id, level, key, name)
SELECT v.id, :level, g.key, g.name
FROM given g JOIN geo.district_version v ON v.label = :label
WHERE NOT EXISTS (SELECT FROM geo.unit u WHERE u.version_id = v.id AND u.level = :level AND u.key = g.key)
""")


def sync_comparison_areas(connection: Connection, city: City) -> None:
    """Make the comparison areas of the catalogue stand in ``geo.unit``; the level must be there.

    The version's parameters keep the kind of each (gemeinde, kreis, land, bund) by key. An area that the catalogue
    names no longer stays: published values may refer to it.
    """
    areas = city.comparison_areas
    if not areas:
        return
    kinds = json.dumps({"art": {a.key: a.kind for a in areas}}, sort_keys=True)
    connection.execute(_VERSION, {"label": VERSION, "kinds": kinds})
    given = {"keys": [a.key for a in areas], "names": [a.name for a in areas]}
    connection.execute(_UNITS, {**given, "label": VERSION, "level": COMPARISON})
