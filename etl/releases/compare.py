"""What differs between two releases, as far as both show it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, text

from etl.releases.life import Known

KINDS = {
    "geaendert": "Wert geändert",
    "neu": "neu",
    "entfallen": "entfallen",
    "neu_geheim": "neu geheim gehalten",
    "neu_sichtbar": "nicht mehr geheim gehalten",
    "zustand": "anderer Zustand",
}

DIFF = text("""
SELECT d.kind, i.code AS kennzahl, v.label AS gebietsstand, u.key AS gebiet, d.group_code AS gruppe,
       d.period AS zeitraum, d.old_value AS vorher, d.new_value AS nachher, d.old_status AS zustand_vorher,
       d.new_status AS zustand_nachher
FROM (
    SELECT coalesce(o.unit_id, n.unit_id) AS unit_id, coalesce(o.indicator_id, n.indicator_id) AS indicator_id,
           coalesce(o.group_code, n.group_code) AS group_code, coalesce(o.period, n.period) AS period,
           o.value AS old_value, n.value AS new_value, o.status AS old_status, n.status AS new_status,
           CASE WHEN o.id IS NULL THEN 'neu' WHEN n.id IS NULL THEN 'entfallen'
                WHEN n.status = 'geheim' AND o.status <> 'geheim' THEN 'neu_geheim'
                WHEN o.status = 'geheim' AND n.status <> 'geheim' THEN 'neu_sichtbar'
                WHEN (o.value, o.numerator, o.denominator) IS DISTINCT FROM (n.value, n.numerator, n.denominator)
                     THEN 'geaendert'
                WHEN o.status <> n.status THEN 'zustand' END AS kind
    FROM (SELECT * FROM release.value WHERE edition_id = :old) o
    FULL JOIN (SELECT * FROM release.value WHERE edition_id = :new) n
           ON (n.unit_id, n.indicator_id, n.group_code, n.period) = (o.unit_id, o.indicator_id, o.group_code, o.period)
) d
JOIN catalogue.indicator i ON i.id = d.indicator_id
JOIN geo.unit u ON u.id = d.unit_id
JOIN geo.district_version v ON v.id = u.version_id
WHERE d.kind IS NOT NULL
ORDER BY i.code, v.label, u.key, d.group_code, d.period
""")


def difference(connection: Connection, old: Known, new: Known) -> list[dict[str, Any]]:
    """Rows that differ, each with its ``kind`` (of KINDS); numbers are those that the releases show."""
    rows = connection.execute(DIFF, {"old": old.id, "new": new.id}).mappings()
    return [dict(row) for row in rows]
