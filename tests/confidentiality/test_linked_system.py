"""The linear system of a small city's release, and joint patterns over it."""

from __future__ import annotations

import numpy as np
import pytest
from sqlalchemy import Connection, text

from etl.catalogue import Catalogue
from etl.confidentiality.audit.pattern import audit_pattern
from etl.confidentiality.linked.candidates import read_candidates
from etl.confidentiality.linked.cells import Key
from etl.confidentiality.linked.parts import components
from etl.confidentiality.linked.reading import read_system
from etl.confidentiality.linked.solve import Joint, solve, withheld_values
from etl.confidentiality.linked.system import System
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
        assert (value in withheld) == bool(
            found.hidden[system.index[Key("measure", "betreut_u3", "insgesamt", value.unit, 2025)]]
        )


def test_the_same_state_gives_the_same_pattern(city: Connection, traps: Catalogue) -> None:  # noqa: F811
    first, second = (joint(read_system(city, traps)) for _ in range(2))
    assert first.stopped == 0
    assert np.array_equal(first.hidden, second.hidden)


def test_simple_rule_is_known(city: Connection, traps: Catalogue) -> None:  # noqa: F811
    system = read_system(city, traps)
    simple = read_candidates(city, traps).simple
    assert 0 < len(simple) < len(system.values)


def second_version(connection: Connection) -> None:
    """An earlier version of two districts: one of the blocks 101 and 102, one of 201 and 202; the same outer line."""
    run = connection.execute
    version = connection.scalar(
        text("""
        INSERT INTO geo.district_version (label, title, valid)
        VALUES ('alt', 'Alt', '[2000-01-01,2020-01-01)') RETURNING id
        """)
    )
    add = text("""
        INSERT INTO geo.unit (version_id, level, key, name, parent_id, geom)
        SELECT :version, :level, :key, :key, (SELECT id FROM geo.unit WHERE version_id = :version AND key = :parent),
               (SELECT ST_Multi(ST_Union(geom)) FROM geo.block WHERE key = ANY (:blocks))
        """)
    for level, key, parent, blocks in (
        ("stadt", "S", None, list(BLOCKS)),
        ("nicht_zuordenbar", "NZ", "S", []),
        ("stadtteil", "1", "S", ["101", "102"]),
        ("stadtteil", "2", "S", ["201", "202"]),
        ("bezirk", "A", "1", ["101", "102"]),
        ("bezirk", "B", "2", ["201", "202"]),
    ):
        run(add, {"version": version, "level": level, "key": key, "parent": parent, "blocks": blocks})
        run(
            text("""
            INSERT INTO geo.block_assignment (version_id, block_id, unit_id)
            SELECT :version, b.id, u.id FROM geo.block b, geo.unit u
            WHERE u.version_id = :version AND u.key = :key AND :level = 'bezirk' AND b.key = ANY (:blocks)
            """),
            {"version": version, "key": key, "level": level, "blocks": blocks},
        )
    # adopted as the last step: after it nothing of a version changes
    run(text("UPDATE geo.district_version SET status = 'superseded' WHERE id = :id"), {"id": version})


def of_new_version(connection: Connection, system: System, *keys: str) -> np.ndarray:
    """A pattern: children in care, and the rest of the children, withheld in these units of the new version."""
    every = text(
        "SELECT u.key, u.id FROM geo.unit u JOIN geo.district_version d ON d.id = u.version_id AND d.is_current"
    )
    units = {row.key: row.id for row in connection.execute(every)}
    places = {units[k] for k in keys}
    hidden = system.hidden_anyway.copy()
    for number, cell in enumerate(system.cells):
        if "betreut_u3" in cell.key.name and cell.key.year == 2025 and cell.key.place in places:
            hidden[number] = True
    return hidden


def care(found: list[tuple[Key, str]]) -> set[str]:
    return {kind for key, kind in found if key.name == "betreut_u3"}


def test_versions_are_protected_through_what_they_share(city: Connection, traps: Catalogue) -> None:  # noqa: F811
    alone = read_system(city, traps)
    pattern = ("101", "201", "1", "2")
    assert care(under_protected(alone, of_new_version(city, alone, *pattern))) == set()

    second_version(city)
    compute(city, traps)
    both = read_system(city, traps)
    assert both.left_out == 0
    # the earlier version shows the sum of 101 and 102, and 102 is shown
    assert care(under_protected(both, of_new_version(city, both, *pattern))) == {"exakt"}
    found = joint(both)
    assert under_protected(both, found.hidden) == []
    assert found.price > 0


def test_withheld_agency_counts_keep_their_bounds(town: Connection, traps: Catalogue, take_in: TakeIn) -> None:  # noqa: F811
    take_in("register", "2025-12-31", [(b, 30, "d", 400) for b in BLOCKS])
    take_in(
        "agentur", "2025-12-31", [("101", "*", 0, "*"), ("102", "*", 5, "*"), ("201", 40, 9, 20), ("202", 50, 9, 20)]
    )
    compute(town, traps)
    system = read_system(town, traps)
    unknown = [c for c in system.cells if c.key.name == "lb" and (c.lower, c.upper) == (1, 9)]
    assert len(unknown) == 2
    assert all(c.primary and 1 <= (c.value or 0) <= 9 for c in unknown)
    assert all(system.hidden_anyway[system.index[c.key]] for c in unknown)
    assert under_protected(system, joint(system).hidden) == []
