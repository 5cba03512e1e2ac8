"""Projection, look back and demand of an edition, computed and written into their tables."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sqlalchemy import Connection, insert, text

from etl.catalogue import Catalogue
from etl.releases.derived import demand, forecast, stocks
from etl.warehouse.models import outlook as tables

ROUNDING = 10
"""Persons and places are told in tens: more would promise what a projection cannot know."""

STORE_FORECAST = text("""
INSERT INTO release.forecast (edition_id, unit_id, scenario, year, age_group, status, persons)
SELECT :edition, r.unit, r.scenario, r.year, r.age_group, r.status, r.persons
FROM unnest(CAST(:unit AS int[]), CAST(:scenario AS text[]), CAST(:year AS int[]), CAST(:age_group AS text[]),
            CAST(:status AS text[]), CAST(:persons AS int[]))
     WITH ORDINALITY AS r(unit, scenario, year, age_group, status, persons, n)
ORDER BY r.n
""")

STORE_DEMAND = text("""
INSERT INTO release.demand (edition_id, unit_id, scenario, year, kind, title, status, children, quota, needed, places,
                            places_period, balance)
SELECT :edition, r.unit, r.scenario, r.year, r.kind, r.title, 'gueltig', r.children, r.quota, r.needed, r.places,
       r.period, r.balance
FROM unnest(CAST(:unit AS int[]), CAST(:scenario AS text[]), CAST(:year AS int[]), CAST(:kind AS text[]),
            CAST(:title AS text[]), CAST(:children AS int[]), CAST(:quota AS float8[]), CAST(:needed AS int[]),
            CAST(:places AS float8[]), CAST(:period AS text[]), CAST(:balance AS int[]))
     WITH ORDINALITY AS r(unit, scenario, year, kind, title, children, quota, needed, places, period, balance, n)
ORDER BY r.n
""")


def tens(number: float) -> int:
    """Rounded to tens, halves up, whatever the sign's side."""
    return int((number + ROUNDING / 2) // ROUNDING) * ROUNDING


def add_outlook(connection: Connection, catalogue: Catalogue, edition: int) -> int:
    """Projection, look back and demand of a draft edition; returns how many figures the projection has.

    Nothing is written where the catalogue declares no outlook or the city shows no population by age; where no unit
    shows two stocks five years apart, only why.
    """
    if catalogue.outlook is None:
        return 0
    units = stocks.units_of(connection, catalogue)
    shown = stocks.read(connection, catalogue, edition)
    synthetic = bool(connection.scalar(text("SELECT synthetic FROM release.edition WHERE id = :id"), {"id": edition}))
    outcome = forecast.compute(catalogue, shown, units, synthetic=synthetic)
    if outcome is None:
        return 0
    _store_runs(connection, catalogue, edition, outcome.base)
    made = _store_forecast(connection, [s.code for s in catalogue.outlook.scenarios], edition, outcome)
    base, target, misses = forecast.look_back(catalogue, shown, units)
    _store_misses(connection, edition, (base, target), misses)
    _store_needs(connection, edition, list(demand.needs(connection, catalogue, edition, units, outcome)))
    return made


def _store_runs(connection: Connection, catalogue: Catalogue, edition: int, base: int) -> None:
    assert catalogue.outlook is not None  # noqa: S101  # the caller asks
    rows = [
        {
            "edition_id": edition, "scenario": s.code, "title": s.title, "description": s.description,
            "base_year": base, "fitted_from": base - forecast.SPAN, "fertility": s.fertility,
            "mortality_change": s.mortality_change, "gains": s.gains, "losses": s.losses, "housing": s.housing,
        }
        for s in catalogue.outlook.scenarios
    ]  # fmt: skip
    connection.execute(insert(tables.ForecastRun), rows)


def _store_forecast(
    connection: Connection, scenarios: Sequence[str], edition: int, outcome: forecast.Outcome
) -> int:  # fmt: skip
    columns: dict[str, list[object]] = {n: [] for n in ("unit", "scenario", "year", "age_group", "status", "persons")}

    def row(*values: object) -> None:
        for column, value in zip(columns.values(), values, strict=True):
            column.append(value)

    for scenario in scenarios:
        population = outcome.scenarios.get(scenario, np.zeros((0, 0, 2, 0)))
        for unit, inner in outcome.frame.covered.items():
            by_age = population[:, list(inner)].sum(axis=(1, 2))
            for group, (low, high) in forecast.GROUPS.items():
                for ahead, persons in enumerate(by_age[:, low:high].sum(axis=1)):
                    row(unit, scenario, outcome.base + ahead, group, "gueltig", tens(float(persons)))
        for unit, status in outcome.status.items():
            row(unit, scenario, outcome.base, "insgesamt", status, None)
    connection.execute(STORE_FORECAST, {"edition": edition, **columns})
    return len(columns["unit"])


def _store_misses(
    connection: Connection, edition: int, years: tuple[int, int], misses: Sequence[forecast.Miss]
) -> None:  # fmt: skip
    rows = [
        {
            "edition_id": edition, "unit_id": m.unit, "age_group": m.group, "method": m.method, "base_year": years[0],
            "target_year": years[1], "projected": tens(m.projected), "actual": round(m.actual, 1),
            "percent": round(100 * (m.projected - m.actual) / m.actual, 2) if m.actual > 0 else None,
        }
        for m in misses
    ]  # fmt: skip
    if rows:
        connection.execute(insert(tables.ForecastError), rows)


def _store_needs(connection: Connection, edition: int, needs: Sequence[demand.Need]) -> None:
    if not needs:
        return
    known = [n.needed for n in needs]
    balance = [
        None if n.places is None or needed is None else tens(n.places - needed)
        for n, needed in zip(needs, known, strict=True)
    ]
    connection.execute(
        STORE_DEMAND,
        {
            "edition": edition, "unit": [n.unit for n in needs], "scenario": [n.scenario for n in needs],
            "year": [n.year for n in needs], "kind": [n.kind for n in needs], "title": [n.title for n in needs],
            "children": [tens(n.children) for n in needs],
            "quota": [None if n.quota is None else round(n.quota, 3) for n in needs],
            "needed": [None if x is None else tens(x) for x in known], "places": [n.places for n in needs],
            "period": [n.period for n in needs], "balance": balance,
        },
    )  # fmt: skip
