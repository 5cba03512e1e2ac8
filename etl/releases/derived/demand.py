"""Demand for places in day care and primary school from the projection of an edition, against the places it shows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Connection

from etl.catalogue import Catalogue
from etl.catalogue.outlook import DemandGroup
from etl.indicators.methods import demand as method
from etl.releases.derived.forecast import Outcome
from etl.releases.derived.stocks import Unit, numerators


@dataclass(frozen=True)
class Need:
    """Children of a group, the share that wants a place, and the places; None where they are not known."""

    unit: int
    scenario: str
    year: int
    kind: str
    title: str
    children: float
    quota: float | None
    places: float | None
    period: str | None

    @property
    def needed(self) -> float | None:
        """Places that are wanted."""
        return None if self.quota is None else self.children * self.quota


def quota_of(connection: Connection, catalogue: Catalogue, edition: int, group: DemandGroup, city: int) -> float | None:
    """The declared quota, or the newest value that the city shows of the declared indicator; at most 1."""
    if group.quota_indicator is None:
        return group.quota
    shown = numerators(connection, edition, catalogue.indicator[group.quota_indicator])
    return min(shown[city][2] / 100, 1.0) if city in shown else None


def needs(
    connection: Connection, catalogue: Catalogue, edition: int, units: list[Unit], outcome: Outcome
) -> Iterator[Need]:
    """Every unit, scenario, year (the base year first) and group. Places are where they stand, the newest ones."""
    outlook = catalogue.outlook
    if outlook is None:
        return
    for group in outlook.demand:
        quota = quota_of(connection, catalogue, edition, group, units[0].id)
        places: dict[int, tuple[str, float]] = {}
        if group.places is not None:
            indicator = catalogue.indicator[group.places.indicator]
            shown = numerators(connection, edition, indicator, group.places.group)
            places = {unit: (period, count) for unit, (period, count, _) in shown.items()}
        elif group.capacity:
            places = {u.id: ("", float(group.capacity[u.key])) for u in units if u.key in group.capacity}
        kind = method.Group(group.title, group.ages)
        for scenario, population in outcome.scenarios.items():
            found = method.children(population, kind)
            for unit, inner in outcome.frame.covered.items():
                period, count = places.get(unit, (None, None))
                for ahead, number in enumerate(np.asarray(found[:, list(inner)]).sum(axis=1)):
                    yield Need(unit, scenario, outcome.base + ahead, group.code, group.title, float(number), quota,
                               count, period or None)  # fmt: skip
