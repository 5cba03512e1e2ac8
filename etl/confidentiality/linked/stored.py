"""Patterns of parts as they are stored, so that what has not changed is not sought again; and why values are hidden."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

import numpy as np
from sqlalchemy import Connection, text

from etl.confidentiality.linked.pattern import Reason
from etl.confidentiality.linked.solve import Solved
from etl.warehouse.engine import driver

READ = text("SELECT digest, hidden, cells, price, bound, weak FROM warehouse.solved_part")


def read_solved(connection: Connection) -> dict[str, Solved]:
    """The patterns found so far, by digest."""
    return {
        digest: Solved(
            np.unpackbits(np.frombuffer(hidden, dtype=np.uint8), count=cells).astype(bool), price, bound, tuple(weak)
        )
        for digest, hidden, cells, price, bound, weak in connection.execute(READ)
    }


def store_solved(connection: Connection, solved: Mapping[str, Solved]) -> None:
    """Keep these patterns and no others; what the safety stop ended is not kept."""
    with driver(connection).cursor() as cursor:
        cursor.execute("DELETE FROM warehouse.solved_part WHERE digest <> ALL (%s)", (list(solved),))
        cursor.executemany(
            "INSERT INTO warehouse.solved_part (digest, hidden, cells, price, bound, weak) "
            "VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (digest) DO NOTHING",
            [
                (digest, np.packbits(s.hidden).tobytes(), len(s.hidden), s.price, s.bound, json.dumps(list(s.weak)))
                for digest, s in solved.items()
                if not s.stopped
            ],
        )


def stage_reasons(connection: Connection, reasons: Iterable[Reason]) -> None:
    """Put the reasons into the temporary table ``protected_pattern``."""
    connection.execute(text("DROP TABLE IF EXISTS pg_temp.protected_pattern"))
    connection.execute(
        text("""
        CREATE TEMPORARY TABLE protected_pattern (indicator text, unit_id int, group_code text, period text, part text,
            value double precision, rule text, protects jsonb) ON COMMIT DROP
        """)
    )
    with driver(connection).cursor() as cursor, cursor.copy("COPY protected_pattern FROM STDIN") as copy:
        for r in reasons:
            named = [{"name": k.name, "group": k.group, "unit": k.place, "year": k.year} for k in r.protects]
            copy.write_row((*r.key, r.part, r.value, r.rule, json.dumps(named)))


KEEP = text("""
INSERT INTO warehouse.hidden_cell (edition_id, indicator, unit_id, group_code, period, part, value, rule, protects)
SELECT :edition, indicator, unit_id, group_code, period, part, value, rule, protects FROM protected_pattern
UNION ALL
-- of these nothing is in the system: they are withheld before any pattern
SELECT :edition, i.code, j.unit_id, j.group_code, j.period, 'value', NULL,
       CASE WHEN j.too_few THEN 'wenige_einwohner' ELSE 'kleiner_nenner' END, '[]'
FROM judged_value j JOIN catalogue.indicator i ON i.id = j.indicator_id
WHERE NOT j.official AND j.status IN ('gueltig', 'unsicher', 'nicht_sinnvoll') AND (j.too_few OR j.small_base)
ORDER BY 2, 3, 4, 5, 6
""")


def keep_reasons(connection: Connection, edition: int) -> None:
    """Write why each withheld value of an edition is withheld; after ``protect`` in the same transaction."""
    connection.execute(KEEP, {"edition": edition})
