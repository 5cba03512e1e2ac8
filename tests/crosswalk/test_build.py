"""A crosswalk in the database: exact by blocks, weighted by overlay; block counts come through there and back."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from etl.catalogue import Catalogue
from etl.districts.crosswalk.build import build_crosswalk
from etl.errors import SozialberichtError
from etl.indicators.aggregate import aggregate
from etl.releases.checks import run_checks
from tests.crosswalk import grid_city
from tests.crosswalk.grid_city import NEW, OLD, counts

WEIGHTS = text("""
SELECT f.key AS source, t.key AS target, x.relation, x.area_weight, x.area_m2, w.weight, w.amount
FROM geo.crosswalk x JOIN geo.unit f ON f.id = x.from_unit_id JOIN geo.unit t ON t.id = x.to_unit_id
JOIN warehouse.crosswalk_weight w ON w.crosswalk_id = x.id JOIN catalogue.measure m ON m.id = w.measure_id
JOIN geo.district_version v ON v.id = f.version_id
WHERE m.code = :measure AND w.period = '2025' AND f.level = 'bezirk' AND v.label = :source
""")


def broken_sums(connection: Connection, check: str = "crosswalk_weights_sum_to_one") -> tuple[object, ...]:
    """Failing rows of a check, by default that weights of a source sum to 1."""
    return next(r.failures for r in run_checks(connection) if r.name == check)


def weights(connection: Connection, measure: str, source: str) -> dict[tuple[str, str], object]:
    """Pair of district keys → row."""
    rows = connection.execute(WEIGHTS, {"measure": measure, "source": source})
    return {(row.source, row.target): row for row in rows}


@pytest.mark.parametrize("assigned", [True, False], ids=["blocks", "overlay"])
def test_relations_and_weights(city: Connection, catalogue: Catalogue, assigned: bool) -> None:
    grid_city.version(city, "alt", OLD, current=True)
    grid_city.version(city, "neu", NEW, assigned=assigned)
    report = build_crosswalk(city, catalogue, "alt", "neu")
    assert report.method == ("blocks" if assigned else "overlay")
    assert {level.level: level.relations for level in report.levels} == {
        "stadt": {"unchanged": 1}, "stadtteil": {"unchanged": 2}, "bezirk": {"irregular": 4, "split": 2, "merged": 2},
    }  # fmt: skip
    found = weights(city, "ew", "alt")
    people = {block: 100 + 10 * n for n, block in enumerate(grid_city.BLOCKS)}
    own = {k: sum(p for b, p in people.items() if OLD[b] == k) for k in set(OLD.values())}
    for (source, target), row in found.items():
        common = sum(p for b, p in people.items() if OLD[b] == source and NEW[b] == target)
        assert row.weight == pytest.approx(common / own[source], abs=1e-9)
        assert row.amount == pytest.approx(common, abs=1e-6)
    assert found["102", "103"].area_weight == pytest.approx(0.5, abs=1e-9)
    assert broken_sums(city) == ()
    # the same again changes no key
    ids = city.execute(text("SELECT id FROM geo.crosswalk ORDER BY 1")).all()
    build_crosswalk(city, catalogue, "alt", "neu")
    assert city.execute(text("SELECT id FROM geo.crosswalk ORDER BY 1")).all() == ids


def test_weights_that_do_not_sum_are_found(city: Connection, catalogue: Catalogue) -> None:
    grid_city.version(city, "alt", OLD)
    grid_city.version(city, "neu", NEW)
    build_crosswalk(city, catalogue, "alt", "neu")
    city.execute(text("UPDATE warehouse.crosswalk_weight SET weight = weight + 1e-8 WHERE weight > 0.9"))
    assert broken_sums(city)


def test_there_and_back_are_mirrored(city: Connection, catalogue: Catalogue) -> None:
    grid_city.version(city, "alt", OLD)
    grid_city.version(city, "neu", NEW)
    build_crosswalk(city, catalogue, "alt", "neu")
    build_crosswalk(city, catalogue, "neu", "alt")
    there, back = weights(city, "ew", "alt"), weights(city, "ew", "neu")
    assert {(b, a) for a, b in there} == set(back)
    assert all(back[b, a].amount == row.amount for (a, b), row in there.items())
    assert {back[b, a].relation for (a, b), row in there.items() if row.relation == "split"} == {"merged"}


def test_a_redrawn_version_forgets_old_relations(city: Connection, catalogue: Catalogue) -> None:
    grid_city.version(city, "alt", OLD)
    grid_city.version(city, "neu", NEW)
    build_crosswalk(city, catalogue, "alt", "neu")
    city.execute(
        text("""
        UPDATE geo.block_assignment SET unit_id = (SELECT u.id FROM geo.unit u JOIN geo.district_version v
            ON v.id = u.version_id WHERE v.label = 'neu' AND u.key = '101' AND u.level = 'bezirk')
        WHERE unit_id = (SELECT u.id FROM geo.unit u JOIN geo.district_version v ON v.id = u.version_id
                         WHERE v.label = 'neu' AND u.key = '103' AND u.level = 'bezirk')
        """)
    )
    assert broken_sums(city, "crosswalk_is_current")
    report = build_crosswalk(city, catalogue, "alt", "neu")
    assert not broken_sums(city, "crosswalk_is_current")
    assert ("102", "103") not in weights(city, "ew", "alt")
    assert report.levels[-1].relations["irregular"] == 4


def test_wrong_versions_are_refused(city: Connection, catalogue: Catalogue) -> None:
    grid_city.version(city, "alt", OLD)
    with pytest.raises(SozialberichtError, match="zwei verschiedene"):
        build_crosswalk(city, catalogue, "alt", "alt")
    with pytest.raises(SozialberichtError, match=r"gibt es nicht; vorhanden: .*„alt“"):
        build_crosswalk(city, catalogue, "alt", "neu")
    city.execute(text("INSERT INTO geo.district_version (label, title) VALUES ('leer', 'leer')"))
    with pytest.raises(SozialberichtError, match="keine gemeinsame Ebene"):
        build_crosswalk(city, catalogue, "alt", "leer")


def divisions(seed: list[int]) -> dict[str, str]:
    """A district for each block, within its Stadtteil."""
    return {b: f"{grid_city.stadtteil_of(b)}{n:02d}" for b, n in zip(grid_city.BLOCKS, seed, strict=True)}


seeds = st.lists(st.integers(1, 4), min_size=16, max_size=16)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=seeds, second=seeds)
def test_block_counts_come_through_there_and_back(
    city: Connection, catalogue: Catalogue, first: list[int], second: list[int]
) -> None:
    """Sums of any version are the blocks' own; a crosswalk never replaces them; nobody is lost on either level."""
    attempt = city.begin_nested()
    try:
        a, b = divisions(first), divisions(second)
        grid_city.version(city, "a", a)
        aggregate(city, catalogue)
        alone = counts(city, "ew", "a")
        grid_city.version(city, "b", b)
        build_crosswalk(city, catalogue, "a", "b")
        build_crosswalk(city, catalogue, "b", "a")
        aggregate(city, catalogue)
        assert counts(city, "ew", "a") == alone
        other = counts(city, "ew", "b")
        people = {block: 100 + 10 * n for n, block in enumerate(grid_city.BLOCKS)}
        for key in set(b.values()):
            assert other[key] == (sum(people[x] for x in b if b[x] == key), "gueltig", "exakt")
        for key in ("1", "2", "S", "NZ"):
            assert other[key] == alone[key]
        # by the weights: there and back over all pieces is the identity on the pieces' counts
        there = {pair: row.amount for pair, row in weights(city, "ew", "a").items()}
        back = {(y, x): row.amount for (x, y), row in weights(city, "ew", "b").items()}
        assert there == back
        for key in set(a.values()):
            assert sum(n for (x, _), n in there.items() if x == key) == alone[key][0]
        assert broken_sums(city) == ()
    finally:
        attempt.rollback()
