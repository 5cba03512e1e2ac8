"""The attack on a whole release in the database: the joint pattern withstands it, patterns broken on purpose do not.

Each broken pattern is written into the release's own table, in a transaction that is rolled back, and read through the
views like anything else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, text

from etl.catalogue import Catalogue
from etl.confidentiality.audit.finding import Finding
from etl.confidentiality.audit.published import audit_release
from etl.confidentiality.audit.truth import protection_faults
from etl.indicators.compute import compute
from etl.warehouse import catalogue_sync, databases, engine, service
from tests import small_city
from tests.confidentiality.test_linked_system import second_version
from tests.conftest import clone
from tests.editions import publish_edition, unguarded
from tests.indicators import support
from tests.indicators.conftest import traps  # noqa: F401  # a fixture

BLOCKS = ("101", "102", "201", "202")
CARE, GYMNASIUM, OLDER = "TST04", "TST11", "TST21"


def deliver(connection: Connection, catalogue: Catalogue, folder: Path) -> None:
    """Register, day care, transitions, benefits; small are 3 in care, 2 transitions and 3 older people, in 101."""
    take_in = partial(support.take_in, connection, catalogue, folder)
    for year, more in (("2024", 7), ("2025", 11)):
        rows = [(b, age, "d", n + more) for b in BLOCKS for age, n in ((1, 60), (30, 400))]
        take_in("register", f"{year}-12-31", [*rows, *((b, 70, "d", 3 if b == "101" else 80) for b in BLOCKS)])
    take_in("kita", "2025-03-01", [("101", 1, 3), ("102", 1, 30), ("201", 1, 20), ("202", 1, 25)])
    transitions = {"101": (2, 30, 20), "102": (20, 30, 6), "201": (25, 30, 7), "202": (21, 35, 8)}
    kinds = ("Gym", "GemS", "FZ")
    rows = [(b, kind, n) for b, every in transitions.items() for kind, n in zip(kinds, every, strict=True)]
    take_in("uebergang", "2025-09-15", rows)
    take_in("agentur", "2025-12-31", [(b, 40, 20, 30) for b in BLOCKS])


@pytest.fixture(scope="module")
def made(template: str, traps: Catalogue, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:  # noqa: F811
    """The small city with a release under the joint pattern."""
    name = clone(template)
    opened = engine.open_engine(service.url(name, service.ADMIN))
    with opened.begin() as connection:
        catalogue_sync.sync(connection, traps)
        small_city.build(connection)
        deliver(connection, traps, tmp_path_factory.mktemp("lieferung"))
        compute(connection, traps)
        publish_edition(connection, traps)
        unguarded(connection)
    yield opened
    opened.dispose()
    databases.drop_database(name)


@pytest.fixture
def release(made: Engine) -> Iterator[Connection]:
    """A connection to it; nothing is committed."""
    with made.connect() as connection:
        yield connection


DERIVED = """
SELECT string_agg(format('%I = NULL', attname), ', ') FROM pg_attribute
WHERE attrelid = 'release.value'::regclass AND attnum > 0 AND NOT attisdropped AND NOT attnotnull
  AND attname <> ALL ('{numerator,denominator,value,reference_date}')
"""


def withhold(connection: Connection, condition: str) -> None:
    """Show everything in the newest edition but what meets a condition on v (computed), i (indicator) and u (unit)."""
    nothing = connection.scalar(text(DERIVED))
    connection.execute(
        text(f"""
        UPDATE release.value r
        SET status = CASE WHEN x.secret THEN 'geheim' ELSE x.status END,
            numerator = CASE WHEN NOT x.secret THEN x.numerator END,
            denominator = CASE WHEN NOT x.secret THEN x.denominator END,
            value = CASE WHEN NOT x.secret THEN x.value END, {nothing}
        FROM (SELECT v.*, coalesce({condition}, false) AS secret FROM warehouse.indicator_value v
              JOIN catalogue.indicator i ON i.id = v.indicator_id JOIN geo.unit u ON u.id = v.unit_id
              JOIN geo.district_version d ON d.id = u.version_id) x
        WHERE r.edition_id = (SELECT max(id) FROM release.edition) AND x.status IN ('gueltig', 'unsicher')
          AND (r.indicator_id, r.unit_id, r.group_code, r.period) = (x.indicator_id, x.unit_id, x.group_code, x.period)
        """)
    )


def small_of(code: str, *units: str, version: str = "test") -> str:
    """Condition: values of an indicator in these units."""
    listed = ", ".join(f"'{u}'" for u in units)
    return f"i.code = '{code}' AND d.label = '{version}' AND u.key IN ({listed})"


def known(found: Finding) -> set[tuple[str, str, str, float]]:
    """What is exactly known: indicator, unit, part, number."""
    return {(h.indicator, h.unit[1], h.part, round(h.lower, 3)) for h in found.hidden if h.exact}


def named(found: Finding) -> set[tuple[str, str]]:
    return {(h.indicator, h.unit[1]) for h in found.faults}


def test_the_joint_pattern_withstands_the_attack(release: Connection, traps: Catalogue) -> None:  # noqa: F811
    found = audit_release(release, traps)
    assert {("TST04", "101"), ("TST11", "101"), ("TST21", "101")} <= {(h.indicator, h.unit[1]) for h in found.hidden}
    assert [(f.kind, f.hidden, f.words) for f in found.all_faults] == []
    assert protection_faults(release, traps, found) == ()
    assert found.given_up == ()
    assert found.passed


def test_primaries_only(release: Connection, traps: Catalogue) -> None:  # noqa: F811
    withhold(release, "least(v.numerator, v.denominator, v.denominator - v.numerator) < 5")
    found = audit_release(release, traps)
    assert {("TST04", "101", "numerator", 3), ("TST11", "101", "numerator", 2)} <= known(found)
    assert {("TST04", "101"), ("TST11", "101"), ("TST21", "101")} <= named(found)
    assert {f.kind for f in found.all_faults} >= {"offengelegt"}


def test_two_in_every_row(release: Connection, traps: Catalogue) -> None:  # noqa: F811
    """Never one alone among the districts: yet the kinds of school add up in each of them."""
    withhold(release, small_of(GYMNASIUM, "101", "102"))
    found = audit_release(release, traps)
    assert {("TST11", "101", "numerator", 2), ("TST11", "102", "numerator", 20)} <= known(found)
    assert ("TST11", "101") in named(found)


def test_a_complement_left_in(release: Connection, traps: Catalogue) -> None:  # noqa: F811
    """Older people are withheld in two districts; those below the age limit are the base of another indicator."""
    withhold(release, small_of(OLDER, "101", "102"))
    found = audit_release(release, traps)
    assert ("TST21", "101", "numerator", 3) in known(found)
    assert ("TST21", "101") in named(found)
    others = [small_of(code, "101", "102") for code in (OLDER, "TST02", "TST03")]
    others.append(f"v.group_code = 'alt' AND {small_of('TST01', '101', '102')}")
    withhold(release, " OR ".join(f"({c})" for c in others))
    closed = audit_release(release, traps)
    assert ("TST21", "101") not in named(closed)


def test_versions_protected_separately(release: Connection, traps: Catalogue) -> None:  # noqa: F811
    pattern = small_of(CARE, "101", "201", "1", "2")
    withhold(release, pattern)
    assert ("TST04", "101") not in named(audit_release(release, traps))
    second_version(release)
    compute(release, traps)
    publish_edition(release, traps)
    # the earlier edition goes: what it withheld is not the matter here
    release.execute(text("DELETE FROM release.value WHERE edition_id <> (SELECT max(id) FROM release.edition)"))
    withhold(release, pattern)
    found = audit_release(release, traps)
    assert ("TST04", "101", "numerator", 3) in known(found)
    assert ("TST04", "101") in named(found)


@pytest.fixture
def revised(
    release: Connection,
    traps: Catalogue,  # noqa: F811
    tmp_path: Path,
) -> Callable[[], Finding]:
    """Two editions, each safe alone; day care of district 202 was corrected in between. The attack on both."""

    def attack() -> Finding:
        withhold(release, small_of(CARE, "101", "102"))
        first = audit_release(release, traps)
        assert not {("TST04", "101"), ("TST04", "102")} & named(first)
        corrected = [("101", 1, 3), ("102", 1, 30), ("201", 1, 20), ("202", 1, 27)]
        support.take_in(release, traps, tmp_path, "kita", "2025-03-01", corrected)
        compute(release, traps)
        publish_edition(release, traps)
        withhold(release, small_of(CARE, "101", "201", "1", "2"))
        return audit_release(release, traps)

    return attack


def test_a_revision_released_independently(revised: Callable[[], Finding]) -> None:
    """What was not corrected is the same in both: the later edition shows what the earlier one needed to hide."""
    found = revised()
    assert ("TST04", "101", "numerator", 3) in known(found)
    assert ("TST04", "101") in named(found)
    assert found.given_up == ()


def test_numbers_beside_a_withheld_value_are_found(release: Connection, traps: Catalogue) -> None:  # noqa: F811
    # the table itself refuses such a row; the auditor does not rely on it
    release.execute(text("ALTER TABLE release.value DROP CONSTRAINT ck_value_withheld_is_absent"))
    one = "SELECT min(id) FROM release.value WHERE status = 'geheim'"
    release.execute(text(f"UPDATE release.value SET class_no = 2 WHERE id = ({one})"))
    found = audit_release(release, traps)
    assert {f.kind for f in found.all_faults} == {"abgeleitet"}
    assert any("wert:" in f.words and "klasse" in f.words for f in found.all_faults)


def test_small_counts_in_the_open_are_found(release: Connection, traps: Catalogue) -> None:  # noqa: F811
    withhold(release, "false")
    found = audit_release(release, traps)
    assert ("TST04", "101", 3.0) in {
        (f.hidden.indicator, f.hidden.unit[1], f.hidden.lower) for f in found.extra if f.kind == "sichtbar" and f.hidden
    }
