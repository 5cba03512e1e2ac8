"""The attack on a release: only what readers see, all releases together, nothing of the solver's.

``audit_release`` reads a schema (of the published views or of a candidate) and says what can be learnt from it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np
from sqlalchemy import Connection

from etl.catalogue import Catalogue
from etl.confidentiality.audit.attacker import Attack, Choices
from etl.confidentiality.audit.definitions import terms_of, threshold
from etl.confidentiality.audit.facts import (
    HIDDEN,
    NOWHERE,
    Inhabitants,
    Place,
    Row,
    Unit,
    read_inhabitants,
    read_places,
    read_rows,
)
from etl.confidentiality.audit.finding import Fault, Finding, Hidden
from etl.confidentiality.audit.intervals import Need, Ranges, ranges
from etl.confidentiality.audit.leaks import derived_beside_hidden
from etl.confidentiality.audit.system import Contradiction

PUBLISHED = "sozialbericht"

ASSUMPTIONS = (
    (Choices(), ()),
    (Choices(estimates_add_up=False), ("Schätzungen gehen auf",)),
    (Choices(estimates_add_up=False, releases=False), ("Schätzungen gehen auf", "nur Sichtbares wurde berichtigt")),
)
"""What the attacker assumes, and what he gives up, by name, where it contradicts what is shown."""


def attack(
    catalogue: Catalogue,
    rows: list[Row],
    places: Place,
    inhabitants: Iterable[Inhabitants] = (),
    tell: Callable[[str], None] = lambda _t: None,
) -> Finding:
    """Bound every hidden numerator, denominator and complement from all values together. Counts of persons or cases.

    Raises Contradiction where what is shown cannot all be true.
    """
    began = time.monotonic()
    known = tuple(inhabitants)
    for step, (choices, _) in enumerate(ASSUMPTIONS):
        try:
            attacker, at, found = _bounded(catalogue, rows, places, known, choices)
            break
        except Contradiction:
            if step == len(ASSUMPTIONS) - 1:
                raise
    given_up = ASSUMPTIONS[step][1]
    counts = {
        "unbekannte": len(attacker.relations.number), "gleichungen": len(attacker.relations.low),
        "programme": found.programs, "teile": found.components,
    }  # fmt: skip
    tell(f"{counts['unbekannte']} Unbekannte, {counts['gleichungen']} Gleichungen, {counts['programme']} Programme")
    left_out = 0 if choices.estimates_add_up else sum(not r.exact for r in rows)
    return Finding(
        len(rows), tuple(_hidden(attacker, at, found, _many(catalogue, known))), left_out, attacker.already,
        visible_small(catalogue, rows), tuple(sorted(set(attacker.unread))), given_up, counts,
        time.monotonic() - began,
    )  # fmt: skip


def _bounded(
    catalogue: Catalogue, rows: list[Row], places: Place, inhabitants: tuple[Inhabitants, ...], choices: Choices
) -> tuple[Attack, np.ndarray, Ranges]:
    attacker = Attack(catalogue, rows, places, inhabitants, choices)
    system, at = attacker.system()
    cells = len(system.lower)
    wanted = np.zeros(cells, dtype=bool)
    wanted[at] = True
    high, width = np.full(cells, -np.inf), np.full(cells, 1e-3)
    for target, place in zip(attacker.targets, at, strict=True):
        high[place] = max(high[place], target.threshold if target.threshold > 0 else -np.inf)
        width[place] = 1.0 if target.whole else 1e-3
    # counts of persons are followed down to what is known anyway, others until two numbers are possible
    low = np.where(high > 0, np.maximum(system.lower, -1e6), np.inf)
    return attacker, at, ranges(system, wanted, Need(low, high, width))


def _many(catalogue: Catalogue, inhabitants: Iterable[Inhabitants]) -> set[Unit]:
    """Units that certainly have people enough."""
    least = catalogue.policy.min_population
    return {one.unit for one in inhabitants if one.persons is not None and one.persons >= least}


def _hidden(attacker: Attack, at: np.ndarray, found: Ranges, many: set[Unit]) -> Iterable[Hidden]:
    for target, place in zip(attacker.targets, at, strict=True):
        row = target.row
        yield Hidden(
            row.indicator, target.part, row.unit, row.level, row.period, float(found.lower[place]),
            float(found.upper[place]), target.threshold, row.group, target.whole,
            (float(found.insider_lower[place]), float(found.insider_upper[place])), bool(found.undecided[place]),
            row.unit not in many and row.level != NOWHERE,
        )  # fmt: skip


def visible_small(catalogue: Catalogue, rows: Iterable[Row]) -> tuple[Fault, ...]:
    """Small counts of persons or cases that the newest release shows in the open.

    Zeros count where the policy hides them; a zero of what could not be attributed says nothing about anybody.
    """
    indicators = {i.code: i for i in catalogue.indicators if i.formula != "segregation"}
    zero = 0.5 if catalogue.policy.show_zeros else -0.5
    found = []
    for row in rows:
        if not row.current or not row.shown or row.indicator not in indicators:
            continue
        indicator = indicators[row.indicator]
        numbers = {"numerator": row.numerator, "denominator": row.denominator}
        if indicator.kind == "anteil" and row.numerator is not None and row.denominator is not None:
            numbers["complement"] = row.denominator - row.numerator
        for part, number in numbers.items():
            used = [t for p in ("numerator", "denominator") if part in {p, "complement"}
                    for t in terms_of(indicator, p)]  # fmt: skip
            if number is None or not used or (part != "complement" and any(f < 0 for _, _, f in used)):
                continue
            limit = threshold(catalogue, [m for m, _, _ in used])
            if zero < number < limit - 1e-6 and not (row.level == NOWHERE and number < 0.5):
                cell = Hidden(row.indicator, part, row.unit, row.level, row.period, number, number, limit, row.group)
                found.append(Fault("sichtbar", "", cell))
    return tuple(found)


def audit_release(connection: Connection, catalogue: Catalogue, schema: str = PUBLISHED) -> Finding:
    """Attack what stands in a schema of published or candidate views, as this connection's role sees it.

    Checks besides that nothing derived stands beside a hidden value. Raises Contradiction where what is shown cannot
    all be true.
    """
    began = time.monotonic()
    rows, places = read_rows(connection, schema), read_places(connection, schema)
    found = attack(catalogue, rows, places, read_inhabitants(connection, schema))
    leaks = derived_beside_hidden(connection, catalogue, schema)
    counts = {**found.counts, "gesperrt": sum(r.status == HIDDEN for r in rows)}
    return replace(found, extra=(*found.extra, *leaks), counts=counts, seconds=time.monotonic() - began)
