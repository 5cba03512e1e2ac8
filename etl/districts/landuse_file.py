"""``alkis areas``: land use by building block as a counted file, which the intake takes like any other delivery."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

from sqlalchemy import Connection, text

from etl.errors import SetupError

COLUMNS = ("stichtag", "block", "nutzungsart", "siedlung", "quadratmeter")

_AREAS = text("""
SELECT b.key, l.use, l.settlement,
       round(sum(ST_Area(CASE WHEN ST_Within(l.geom, b.geom) THEN l.geom
                              ELSE ST_Intersection(l.geom, b.geom) END))) AS m2
FROM geo.land_use l
JOIN geo.block b ON ST_Intersects(b.geom, l.geom)
 AND b.block_set_id = (SELECT id FROM geo.block_set WHERE is_current)
GROUP BY b.key, l.use, l.settlement
HAVING round(sum(ST_Area(ST_Intersection(l.geom, b.geom)))) > 0
ORDER BY b.key, l.use
""")


def write_land_use(connection: Connection, path: Path, at: date) -> int:
    """Write square metres by block and kind of use for the reference date; returns the number of rows.

    Raises SetupError where land use or blocks are missing.
    """
    rows = connection.execute(_AREAS).all()
    if not rows:
        raise SetupError(
            "Es fehlen Nutzungsflächen oder Baublöcke (zuerst: alkis load … --theme nutzung, boundaries load …)."
        )
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, delimiter=";", lineterminator="\n")
        writer.writerow(COLUMNS)
        for key, use, settlement, m2 in rows:
            writer.writerow((f"{at:%d.%m.%Y}", key, use, "ja" if settlement else "nein", int(m2)))
    return len(rows)
