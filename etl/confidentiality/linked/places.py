"""The units of all district versions that are shown: what lies in what, and what is the same."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import Connection, text

from etl.catalogue import NOT_LOCATED
from etl.confidentiality.linked.shown import VERSIONS


@dataclass(frozen=True)
class Units:
    """Units of all shown versions: children by parent and level, the pseudo-units, and units of the same outline."""

    level: dict[int, str]
    key: dict[int, str]
    rank: dict[int, int]
    children: dict[int, list[list[int]]]
    not_located: dict[int, int]
    same: list[tuple[int, int]]


UNITS = text(f"""
SELECT u.id, u.level, u.key, u.parent_id, coalesce(l.rank, -1) AS rank
FROM geo.unit u JOIN geo.district_version d ON d.id = u.version_id AND {VERSIONS}
LEFT JOIN geo.level l ON l.code = u.level
WHERE u.level <> 'vergleichsraum' ORDER BY u.id
""")  # noqa: S608

SAME = text(f"""
SELECT a.id AS one, min(b.id) AS other
FROM geo.unit a
JOIN geo.unit b ON b.version_id < a.version_id AND b.level = a.level AND ST_Equals(a.geom, b.geom)
JOIN geo.district_version d ON d.id = a.version_id AND {VERSIONS}
JOIN geo.district_version e ON e.id = b.version_id AND {VERSIONS.replace("d.", "e.")}
GROUP BY a.id ORDER BY a.id
""")  # noqa: S608


def read_units(connection: Connection) -> Units:
    """The hierarchy of every shown version."""
    rows = connection.execute(UNITS).all()
    level = {r.id: r.level for r in rows}
    below: dict[int, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        if row.parent_id is not None:
            below[row.parent_id][row.level].append(row.id)
    same = [(r.one, r.other) for r in connection.execute(SAME)]
    children = {p: [ids for name, ids in sorted(levels.items()) if name != NOT_LOCATED] for p, levels in below.items()}
    nowhere = {p: levels[NOT_LOCATED][0] for p, levels in below.items() if NOT_LOCATED in levels}
    # the pseudo-unit counts as a district
    deepest = max((r.rank for r in rows if r.level != NOT_LOCATED), default=0)
    return Units(
        level, {r.id: r.key for r in rows}, {r.id: min(r.rank, deepest) for r in rows}, children, nowhere, same
    )
