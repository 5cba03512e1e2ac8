"""The linear system of a small city's release, and joint patterns over it."""

from __future__ import annotations

import numpy as np
import pytest
from sqlalchemy import Connection

from etl.catalogue import Catalogue
from etl.confidentiality.audit.pattern import audit_pattern
from etl.confidentiality.linked.candidates import simple_rule
from etl.confidentiality.linked.cells import Key
from etl.confidentiality.linked.solve import Joint, solve, withheld_values
from etl.confidentiality.linked.system import System, components, read_system
from etl.indicators.compute import compute
from tests.indicators.conftest import TakeIn, laid_out, take_in, town, traps  # noqa: F401  # fixtures

BLOCKS = ("101", "102", "201", "202")


@pytest.fixture
def city(town: Connection, traps: Catalogue, take_in: TakeIn) -> Connection:  # noqa: F811
    """Two years of the register, one of day care and transitions; small counts here and there."""
    for year, more in (("2023", 0), ("2024", 7), ("2025", 11)):
        rows = [(b, 1, "d", 60 + more) for b in BLOCKS] + [(b, 30, "d", 400 + more) for b in BLOCKS]
        rows += [(b, 70, "d", 80 + more) for b in BLOCKS]
        take_in("register", f"{year}-12-31", [*rows, ("101", 30, "a", 3), ("102", 30, "a", 40), ("201", 7, "d", 70)])
    take_in("kita", "2025-03-01", [("101", 1, 3), ("102", 1, 30), ("201", 1, 20), ("202", 1, 25)])
    transitions = {"101": (2, 30, 20), "102": (20, 30, 6), "201": (25, 30, 7), "202": (21, 35, 8)}
    kinds = ("Gym", "GemS", "FZ")
    rows = [(b, kind, n) for b, all_kinds in transitions.items() for kind, n in zip(kinds, all_kinds, strict=True)]
    take_in("uebergang", "2025-09-15", rows)
    compute(town, traps)
    return town


def residuals(system: System) -> np.ndarray:
    return np.array([sum(c * (system.cells[n].value or 0) for n, c in relation) for relation in system.relations])


def test_every_relation_holds_for_the_true_counts(city: Connection, traps: Catalogue) -> None:  # noqa: F811
    system = read_system(city, traps)
    assert system.left_out == 0
    assert len(system.relations) > 100
    assert np.abs(residuals(system)).max() < 1e-6


def test_small_counts_are_primary_and_complements_are_cells(city: Connection, traps: Catalogue) -> None:  # noqa: F811
    system = read_system(city, traps)
    primary = {(c.key.name, c.value) for c in system.cells if c.primary}
    assert ("betreut_u3", 3.0) in primary
    assert ("gymnasium", 2.0) in primary
    assert any(k.kind == "expression" and k.name == "-1*betreut_u3 +1*ew_u3[-1]" for k in system.index)
    # what is never shown costs nothing and is hidden
    anyway = system.hidden_anyway
    assert all(anyway[n] for n, c in enumerate(system.cells) if c.key.kind == "atom")


def joint(system: System) -> Joint:
    found = solve(system)
    assert found.unprotected == ()
    return found


def under_protected(system: System, hidden: np.ndarray) -> list[tuple[Key, str]]:
    found = []
    for part in components(system):
        audit = audit_pattern(part.table, hidden[part.cells])
        found += [(system.cells[part.cells[f.cell]].key, f.kind) for f in audit.faults]
    return found


def test_the_joint_pattern_protects_what_primaries_alone_do_not(city: Connection, traps: Catalogue) -> None:  # noqa: F811
    system = read_system(city, traps)
    alone = system.hidden_anyway | np.array([c.primary for c in system.cells])
    assert ("betreut_u3", "exakt") in [(k.name, kind) for k, kind in under_protected(system, alone)]
    found = joint(system)
    assert under_protected(system, found.hidden) == []
    assert found.price == found.bound > 0
    withheld = withheld_values(system, found.hidden)
    assert withheld_values(system, alone) < withheld
    # a share goes with its numerator
    shares = [v for v in system.values if v.indicator == "TST04" and v.period == "2025"]
    assert len(shares) > 3
    for value in shares:
        assert (value in withheld) == bool(found.hidden[system.index[Key("measure", "betreut_u3", value.unit, 2025)]])


def test_the_same_state_gives_the_same_pattern(city: Connection, traps: Catalogue) -> None:  # noqa: F811
    first, second = (joint(read_system(city, traps)) for _ in range(2))
    assert first.stopped == 0
    assert np.array_equal(first.hidden, second.hidden)


def test_simple_rule_is_known(city: Connection, traps: Catalogue) -> None:  # noqa: F811
    system = read_system(city, traps)
    simple = simple_rule(city, traps)
    assert 0 < len(simple) < len(system.values)
