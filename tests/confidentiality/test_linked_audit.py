"""The attacker over published views: finds what the simple rule leaves open, and nothing after the joint pattern."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Connection, text
from typer.testing import CliRunner

from etl.catalogue import Catalogue
from etl.confidentiality import commands
from etl.confidentiality.audit.definitions import classes
from etl.confidentiality.audit.facts import Row, read_places, read_rows
from etl.confidentiality.audit.published import attack
from etl.confidentiality.linked.candidates import ValueKey
from etl.confidentiality.linked.reading import read_system
from etl.confidentiality.linked.solve import solve, withheld_values
from etl.indicators.compute import compute
from tests.editions import publish_edition
from etl.warehouse import catalogue_sync, engine, service
from tests import small_city
from tests.confidentiality.test_linked_system import city  # noqa: F401  # a fixture
from tests.indicators import support
from tests.indicators.conftest import laid_out, take_in, town, traps  # noqa: F401  # fixtures


@pytest.fixture
def released(city: Connection, traps: Catalogue) -> Connection:  # noqa: F811
    """The small city's release under the simple rule."""
    publish_edition(city, traps)
    return city


def hide(rows: list[Row], hidden: frozenset[ValueKey], connection: Connection, full: dict[tuple, tuple]) -> list[Row]:
    """The release as it would be under another pattern: values shown unless hidden."""
    every = text("SELECT u.id, d.label, u.key FROM geo.unit u JOIN geo.district_version d ON d.id = u.version_id")
    units = {r.id: (r.label, r.key) for r in connection.execute(every)}
    covered = {(units[v.unit], v.period, v.indicator) for v in hidden if v.unit in units}
    out = []
    for row in rows:
        key = (row.unit, row.period, row.indicator)
        if key in covered:
            out.append(replace(row, numerator=None, denominator=None, status="geheim"))
        elif key in full:
            numerator, denominator = full[key]
            out.append(replace(row, numerator=numerator, denominator=denominator, status="gueltig"))
        else:
            out.append(row)
    return out


def open_values(connection: Connection, open_: set[ValueKey]) -> dict[tuple, tuple]:
    found = {}
    for r in connection.execute(
        text("""
        SELECT i.code, v.unit_id, v.group_code, v.period, d.label, u.key, v.numerator, v.denominator, v.status
        FROM warehouse.indicator_value v JOIN catalogue.indicator i ON i.id = v.indicator_id
        JOIN geo.unit u ON u.id = v.unit_id JOIN geo.district_version d ON d.id = u.version_id
        """)
    ):
        if ValueKey(r.code, r.unit_id, r.group_code, r.period) in open_ and r.status in ("gueltig", "unsicher"):
            found[(r.label, r.key), r.period, r.code] = (r.numerator, r.denominator)
    return found


def test_definitions_become_classes(traps: Catalogue) -> None:  # noqa: F811
    measures = list(traps.measures_of("register"))
    names = [(m.code, "insgesamt") for m in measures]
    found = [frozenset(code for code, _ in kind) for kind in classes(measures, names, date(2024, 12, 31))]
    assert any({"ew", "ew_u3"} <= c and "ew_ausl" not in c for c in found)
    assert any({"ew", "ew_u3", "ew_ausl"} <= c for c in found)
    assert not any({"ew_u3", "ew_6_10"} <= c or "ew" not in c for c in found)


def test_simple_rule_leaks_and_the_joint_pattern_does_not(released: Connection, traps: Catalogue) -> None:  # noqa: F811
    rows, places = read_rows(released), read_places(released)
    simple = attack(traps, rows, places)
    assert {h.indicator for h in simple.faults} >= {"TST04"}
    three = [h for h in simple.recovered if h.indicator == "TST04" and h.part == "numerator" and h.unit[1] == "101"]
    assert [(round(h.lower, 4), round(h.upper, 4)) for h in three] == [(3, 3)]

    system = read_system(released, traps, before=False)
    found = solve(system)
    withheld = withheld_values(system, found.hidden)
    full = open_values(released, set(system.values))
    joint = attack(traps, hide(rows, withheld, released, full), places)
    assert joint.faults == ()
    assert len(joint.recovered) < len(simple.recovered)


def test_command_reads_as_reader_and_fails_on_what_it_finds(
    database: str,
    traps: Catalogue,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """Committed in a database of its own, because the command logs in as a reader."""
    opened = engine.open_engine(service.url(database, service.ADMIN))
    with opened.begin() as connection:
        catalogue_sync.sync(connection, traps)
        small_city.build(connection)
        register = [(b, age, "d", 400) for b in ("101", "102", "201", "202") for age in (1, 30)]
        support.take_in(connection, traps, tmp_path, "register", "2024-12-31", register)
        kita = [("101", 1, 3), ("102", 1, 30), ("201", 1, 20), ("202", 1, 25)]
        support.take_in(connection, traps, tmp_path, "kita", "2025-03-01", kita)
        compute(connection, traps)
        publish_edition(connection, traps)
        connection.execute(text("GRANT SELECT ON ALL TABLES IN SCHEMA sozialbericht TO leser"))
    here = traps.city.model_copy(update={"database": database})
    monkeypatch.setattr(commands, "load_catalogue", lambda _folder: replace(traps, city=here))
    result = CliRunner().invoke(commands.app, ["audit-release"])
    assert result.exit_code == 1, result.output
    assert "TST04 Zähler, Gebiet 101, 2025: genau 3" in result.output
