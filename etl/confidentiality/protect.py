"""Protection of a release: which computed values it shows and which it withholds, found jointly for all of them."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Connection, text

from etl.catalogue import Catalogue
from etl.confidentiality.linked.candidates import POPULATION, ValueKey, judged_candidates
from etl.confidentiality.linked.pattern import reasons
from etl.confidentiality.linked.reading import Reading
from etl.confidentiality.linked.solve import Joint, solve_widening, withheld_values
from etl.confidentiality.linked.stored import read_solved, stage_reasons, store_solved
from etl.confidentiality.threshold import judge
from etl.warehouse.engine import driver


@dataclass(frozen=True)
class Protection:
    """What was withheld and how well it is protected.

    ``cells``: cells of the linear system; ``primaries``: those hidden for their own sake; ``secondaries``: shown ones
    hidden for the sake of others, ``cost`` their price and ``bound`` the proven least; ``values``: released values,
    ``withheld`` of them; ``unprotected``: cells that could not be given their full interval, around which everything is
    withheld; ``seconds``: reading and solving.
    """

    cells: int
    primaries: int
    secondaries: int
    cost: float
    bound: float
    gap: float
    seconds: float
    parts: int
    reused: int
    values: int
    withheld: int
    unprotected: tuple[str, ...]


PROTECT = text("""
CREATE TEMPORARY TABLE protected_value ON COMMIT DROP AS
SELECT j.indicator_id, j.unit_id, j.group_code, j.period, j.reference_date, j.quality, s.status,
       CASE WHEN s.status IN ('gueltig', 'unsicher') THEN j.numerator END AS numerator,
       CASE WHEN s.status IN ('gueltig', 'unsicher') THEN j.denominator END AS denominator,
       CASE WHEN s.status IN ('gueltig', 'unsicher') THEN j.value END AS value
FROM judged_value j
JOIN catalogue.indicator i ON i.id = j.indicator_id
LEFT JOIN withheld_value w ON w.indicator = i.code AND w.unit_id = j.unit_id AND w.group_code = j.group_code
                          AND w.period = j.period
CROSS JOIN LATERAL (
    SELECT CASE
        -- figures of official statistics have been protected by those who published them
        WHEN j.official OR j.status NOT IN ('gueltig', 'unsicher', 'nicht_sinnvoll') THEN j.status
        WHEN j.too_few OR j.small_base OR w.indicator IS NOT NULL THEN 'geheim'
        ELSE j.status END AS status
) s
""")

POPULATION_SHOWN = text("""
CREATE TEMPORARY TABLE protected_population ON COMMIT DROP AS
SELECT DISTINCT ON (c.unit_id) c.unit_id, c.period,
       CASE WHEN w.unit_id IS NULL THEN c.value END AS persons,
       CASE WHEN w.unit_id IS NULL THEN c.status ELSE 'geheim' END AS status
FROM warehouse.unit_count c
JOIN catalogue.measure m ON m.id = c.measure_id AND m.code = :measure
JOIN warehouse.period p ON p.code = c.period
JOIN geo.unit u ON u.id = c.unit_id
JOIN geo.district_version d ON d.id = u.version_id AND (d.is_current OR d.status IN ('adopted', 'superseded'))
LEFT JOIN withheld_value w ON w.indicator = :population AND w.unit_id = c.unit_id
WHERE c.group_code = 'insgesamt'
ORDER BY c.unit_id, upper(p.valid) DESC
""")


def protect(connection: Connection, catalogue: Catalogue) -> Protection:
    """Fill the temporary tables ``protected_value`` and ``protected_population``: all that a release shows.

    Values whose numerator, denominator or complement the joint pattern hides are ``geheim`` and have no number, like
    those of areas with few inhabitants and rates of small bases.
    """
    begun = time.monotonic()
    judge(connection, catalogue)
    candidates = judged_candidates(connection)
    reading = Reading(connection, catalogue, candidates)
    joint = solve_widening(reading, known=read_solved(connection))
    store_solved(connection, joint.solved)
    system = reading.system
    withheld = withheld_values(system, joint.hidden)
    # what stands for no cell of the system keeps the simple rule
    withheld |= {value for value in candidates.simple if not system.values.get(value)}
    # what was withheld stays withheld as long as its counts are the same
    withheld |= reading.kept
    found = reasons(system, joint.hidden, withheld & system.values.keys(), reading.parts, reading.kept)
    stage_reasons(connection, found)
    _store(connection, catalogue, withheld)
    shown = np.array([c.shown and not c.primary for c in system.cells], dtype=bool)
    total, secret = connection.execute(
        text("SELECT count(*), count(*) FILTER (WHERE status = 'geheim') FROM protected_value")
    ).one()
    return Protection(
        cells=len(system.cells),
        primaries=int(system.primary.sum()),
        secondaries=int((joint.hidden & shown).sum()),
        cost=joint.price, bound=joint.bound, gap=joint.gap,
        seconds=time.monotonic() - begun, parts=joint.parts, reused=joint.reused,
        values=int(total), withheld=int(secret),
        unprotected=tuple(_named(joint, n) for n in range(len(joint.unprotected))),
    )  # fmt: skip


def _named(joint: Joint, number: int) -> str:
    key = joint.unprotected[number]
    return f"{key.name} ({key.group}), {key.year}, {key.place}"


def _store(connection: Connection, catalogue: Catalogue, withheld: frozenset[ValueKey]) -> None:
    tables = ("withheld_value", "protected_value", "protected_population")
    connection.execute(text("DROP TABLE IF EXISTS " + ", ".join(f"pg_temp.{t}" for t in tables)))
    connection.execute(
        text("""
        CREATE TEMPORARY TABLE withheld_value (indicator text, unit_id int, group_code text, period text)
        ON COMMIT DROP
        """)
    )
    with driver(connection).cursor() as cursor, cursor.copy("COPY withheld_value FROM STDIN") as copy:
        for value in sorted(withheld):
            copy.write_row(value)
    connection.execute(text("ANALYZE pg_temp.withheld_value"))
    connection.execute(PROTECT)
    connection.execute(
        POPULATION_SHOWN, {"measure": catalogue.city.population or "", "population": POPULATION}
    )  # fmt: skip
