"""Faults of the departments: offices that nobody has declared, or declared twice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from etl.catalogue.faults import Fault, repeated, unknown

if TYPE_CHECKING:
    from etl.catalogue.load import Catalogue

FILE = "rollen.yaml"


def department_faults(catalogue: Catalogue) -> Iterator[Fault]:
    """Faults of ``rollen.yaml``."""
    owners = {owner.code for owner in catalogue.owners}
    yield from repeated(FILE, "die Abteilung", (d.code for d in catalogue.departments))
    for number, department in enumerate(catalogue.departments, start=1):
        for owner in department.owners:
            if owner not in owners:
                yield unknown(FILE, f"departments[{number}].owners", owner, "die Stelle", owners)
        if len(set(department.owners)) < len(department.owners):
            yield Fault(FILE, f"departments[{number}].owners", "jede Stelle nur einmal nennen")
