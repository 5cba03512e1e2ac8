"""The second half of an audit, with the true counts: is every small one protected as the policy demands?

The attack itself knows no true count, so that it cannot say how far below a true value its lower limit has to lie. This
step can, and is for the statistics office alone: it reads ``warehouse``.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, text

from etl.catalogue import Catalogue
from etl.confidentiality.audit.definitions import agency, terms_of, year_of
from etl.confidentiality.audit.facts import NOWHERE, Unit
from etl.confidentiality.audit.finding import Fault, Finding, Hidden

SLACK = 1e-4
POPULATION = "einwohner"
AGENCY = (1.0, 9.0)
"""What a count is known to be that a file withholds."""

COUNTS = text("""
SELECT m.code, c.group_code, d.label, u.key, left(c.period, 4)::int AS year, c.value, c.status = 'geheim' AS withheld
FROM warehouse.unit_count c
JOIN catalogue.measure m ON m.id = c.measure_id AND m.kind <> 'area_km2'
LEFT JOIN catalogue.source s ON s.code = m.source
JOIN geo.unit u ON u.id = c.unit_id
JOIN geo.district_version d ON d.id = u.version_id
WHERE c.period ~ CASE s.periodicity WHEN 'vierteljaehrlich' THEN '-Q4$' WHEN 'halbjaehrlich' THEN '-H2$'
                 WHEN 'schuljahr' THEN '^\\d{4}/\\d{2}$' ELSE '^\\d{4}$' END
""")

Count = tuple[str, str, Unit, int]
"""Measure, group, unit, year."""


def read_truth(connection: Connection) -> dict[Count, float | None]:
    """The true counts by measure, group, unit and year; None for those that a file withholds."""
    return {
        (r.code, r.group_code, (r.label, r.key), r.year): None if r.withheld else r.value
        for r in connection.execute(COUNTS)
        if r.value is not None or r.withheld
    }


def _terms(catalogue: Catalogue, cell: Hidden) -> list[tuple[Count, float]]:
    """The counts that a hidden part is made of."""
    year = year_of(cell.period)
    if cell.indicator == POPULATION:
        return [((catalogue.city.population or "", cell.group, cell.unit, year), 1.0)]
    indicator = next(i for i in catalogue.indicators if i.code == cell.indicator)
    found = []
    for part, sign in (("numerator", 1.0), ("denominator", 1.0)):
        if cell.part in {part, "complement"}:
            factor = -sign if cell.part == "complement" and part == "numerator" else sign
            found += [
                ((m, cell.group, cell.unit, year - lag), factor * c)
                for m, lag, c in terms_of(indicator, part)
                if catalogue.measure[m].kind != "area_km2"
            ]
    return found


def _words(hidden: Hidden, wanted: str) -> str:
    return f"eingegrenzt auf {hidden.lower:.6g} bis {hidden.upper:.6g}, nötig ist {wanted}"


def protection_faults(connection: Connection, catalogue: Catalogue, found: Finding) -> tuple[Fault, ...]:
    """Small counts whose interval is closer than the policy allows, besides those that the attack names itself.

    A count below its limit: the upper limit must reach it, the lower one the true count - 1 or what is known anyway. A
    count that a file withholds must keep its whole [1, 9]. What the attack took for exactly known must be true: if not,
    the auditor itself is wrong, and that is a fault as well.
    """
    truth = read_truth(connection)
    told = {(h.value, h.part) for h in found.faults}
    return tuple(_judged(catalogue, found.hidden, truth, told))


def _judged(
    catalogue: Catalogue,
    hidden: Iterable[Hidden],
    truth: dict[Count, float | None],
    told: set[tuple[tuple[str, Unit, str, str], str]],
) -> Iterable[Fault]:
    known = 1.0 if catalogue.policy.show_zeros else 0.0
    for cell in hidden:
        terms = _terms(catalogue, cell)
        if cell.threshold <= 0 or any(count not in truth for count, _ in terms):
            continue
        counts = [(truth[count], factor) for count, factor in terms]
        if any(value is None for value, _ in counts):
            alone = len(terms) == 1 and agency(catalogue, catalogue.measure[terms[0][0][0]])
            if alone and (cell.lower > AGENCY[0] + SLACK or cell.upper < AGENCY[1] - SLACK):
                yield Fault("schutz", _words(cell, "1 bis 9, wie in der Lieferung"), cell)
            continue
        number = sum(value * factor for value, factor in counts if value is not None)
        if cell.exact and abs(cell.lower - number) > 1e-2:
            yield Fault("schutz", f"angeblich genau {cell.lower:.6g}, aber das stimmt nicht: Prüfung fehlerhaft", cell)
            continue
        nobody = cell.level == NOWHERE and number < 0.5
        if (cell.value, cell.part) in told or nobody or number >= cell.threshold - SLACK:
            continue
        lowest = max(known, number - 1)
        if cell.upper < cell.threshold - SLACK or cell.lower > lowest + SLACK:
            yield Fault("schutz", _words(cell, f"höchstens {lowest:.6g} bis mindestens {cell.threshold:.6g}"), cell)
