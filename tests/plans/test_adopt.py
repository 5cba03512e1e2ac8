"""Adopting a version: checked, frozen for good, taken over by the next, the same at every scale."""

from __future__ import annotations

from datetime import date

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DatabaseError

from etl.catalogue import City
from etl.districts import store as units
from etl.districts import versions
from etl.districts.areas import geometry_array
from etl.districts.plans import store
from etl.districts.plans.adopt import adopt
from etl.districts.plans.frame import open_draft
from etl.districts.plans.naming import district_keys
from etl.districts.plans.planning import read_ground
from etl.districts.plans.review import finish_review
from etl.districts.plans.simplify import simplified
from etl.districts.plans.violations import find_violations
from etl.errors import SozialberichtError
from tests.plans import grid_city

DAY = date(2026, 1, 1)
WHY = "Beispiel mit wenigen Bezirken"


def reviewed(connection: Connection, label: str = "neu") -> None:
    finish_review(connection, versions.get(connection, label))


def adopted(engine: Engine, city: City) -> None:
    with engine.begin() as connection:
        reviewed(connection)
        adopt(connection, city, "neu", DAY, band_reason=WHY)


def test_only_a_reviewed_version_inside_its_band_is_adopted(planned: Engine, city: City) -> None:
    with planned.begin() as connection:
        with pytest.raises(SozialberichtError, match="noch ein Entwurf"):
            adopt(connection, city, "neu", DAY)
        reviewed(connection)
        with pytest.raises(SozialberichtError, match=r"(?s)4 Verstöße.*Bezirk 101: 1.200 Einwohner statt 300 bis 900"):
            adopt(connection, city, "neu", DAY)
        with pytest.raises(SozialberichtError, match="braucht eine Begründung"):
            adopt(connection, city, "neu", DAY, band_reason=" ")
    with planned.begin() as connection:
        result = adopt(connection, city, "neu", DAY, band_reason=WHY)
        assert (result.districts, result.outside_band, result.superseded) == (4, 4, None)
        row = connection.execute(
            text("SELECT status, lower(valid), upper(valid), band_reason, adopted_by FROM geo.district_version "
                 "WHERE label = 'neu'")
        ).one()  # fmt: skip
    assert tuple(row)[:4] == ("adopted", DAY, None, WHY) and row[4]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE geo.block_assignment SET unit_id = unit_id + 1 WHERE version_id = {v}",
        "UPDATE geo.block_assignment SET unit_id = unit_id WHERE version_id = {v}",
        "DELETE FROM geo.block_assignment WHERE version_id = {v}",
        "INSERT INTO geo.unit (version_id, level, key, name) VALUES ({v}, 'bezirk', '199', 'Neu')",
        "UPDATE geo.unit SET name = 'Anders' WHERE version_id = {v}",
        "UPDATE geo.unit SET geom = ST_Translate(geom, 1, 0) WHERE version_id = {v}",
        "UPDATE geo.unit SET version_id = (SELECT min(id) FROM geo.district_version) "
        "WHERE version_id = {v} AND level = 'bezirk'",
        "DELETE FROM geo.unit WHERE version_id = {v}",
        "DELETE FROM geo.unit_simplified",
        "UPDATE geo.unit_simplified SET tolerance_m = tolerance_m + 1",
        "DELETE FROM geo.block",
        "DELETE FROM geo.block_set",
        "UPDATE geo.block SET geom = ST_Translate(geom, 1, 0)",
        "DELETE FROM geo.district_version WHERE id = {v}",
        "UPDATE geo.district_version SET status = 'draft' WHERE id = {v}",
        "UPDATE geo.district_version SET label = 'x' WHERE id = {v}",
        "UPDATE geo.district_version SET valid = daterange('2000-01-01', NULL) WHERE id = {v}",
        "UPDATE geo.district_version SET status = 'superseded', valid = daterange('2000-01-01', '2030-01-01') "
        "WHERE id = {v}",
        "TRUNCATE geo.block_assignment",
        "TRUNCATE geo.unit CASCADE",
        "TRUNCATE geo.district_version CASCADE",
    ],
)
def test_adopted_is_for_good_even_for_the_owner(adopted_city: Engine, statement: str) -> None:
    with adopted_city.connect() as connection:
        assert connection.scalar(text("SELECT current_user")) == "sozialbericht_owner"
        version = versions.get(connection, "neu").id
        connection.execute(text("DELETE FROM warehouse.count"))  # no foreign key stands in for the trigger
        with pytest.raises(DatabaseError, match="beschlossen"):
            connection.execute(text(statement.format(v=version)))


def test_what_may_change_still_does(adopted_city: Engine) -> None:
    with adopted_city.connect() as connection:
        versions.make_current(connection, "neu")
        assert versions.current(connection) == versions.get(connection, "neu")
        connection.execute(text("DELETE FROM geo.district_version WHERE label = 'alt'"))  # a draft


def test_hand_edits_of_an_adopted_version_are_refused(adopted_city: Engine) -> None:
    with adopted_city.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM planung.block WHERE gebietsstand = 'neu'")) == 0


def test_the_next_version_takes_over_and_validity_never_overlaps(adopted_city: Engine, city: City) -> None:
    with adopted_city.begin() as connection:
        grid_city.plan(connection, city, "danach")
        reviewed(connection, "danach")
        with pytest.raises(SozialberichtError, match=r"gilt schon ab 01\.01\.2026"):
            adopt(connection, city, "danach", DAY, band_reason=WHY)
        result = adopt(connection, city, "danach", date(2027, 7, 1), band_reason=WHY)
        assert result.superseded == "neu"
        rows = connection.execute(
            text(
                "SELECT label, status, lower(valid), upper(valid) FROM geo.district_version "
                "WHERE label <> 'Vergleichsräume' ORDER BY id"
            )
        ).all()
    assert [tuple(r) for r in rows][1:] == [
        ("neu", "superseded", DAY, date(2027, 7, 1)),
        ("danach", "adopted", date(2027, 7, 1), None),
    ]


def test_every_kind_of_violation_is_found(planned: Engine, city: City) -> None:
    with planned.begin() as connection:
        version = versions.get(connection, "neu")
        assert {v.kind for v in find_violations(connection, city, version)} == {"band"}
        move = text("""
            UPDATE geo.block_assignment SET unit_id = (SELECT id FROM geo.unit WHERE version_id = :v AND key = :to)
            WHERE version_id = :v AND block_id = (SELECT id FROM geo.block WHERE key = :block)
        """)
        connection.execute(move, {"v": version.id, "block": "100", "to": "102"})
        connection.execute(move, {"v": version.id, "block": "250", "to": "101"})
        connection.execute(text("UPDATE geo.unit SET name = 'Doppelt' WHERE level = 'bezirk' AND key LIKE '2%'"))
        connection.execute(
            text("DELETE FROM geo.block_assignment WHERE block_id = (SELECT id FROM geo.block WHERE key = '200')")
        )
        found = {(v.kind, v.text) for v in find_violations(connection, city, version)}
    words = "\n".join(text_ for _, text_ in found)
    assert {kind for kind, _ in found} == {"band", "contiguity", "assignment", "coverage", "keys"}
    assert "nicht zusammenhängend: 1 Block abgetrennt (100)" in words
    assert "Blöcke eines anderen Stadtteils: 250" in words
    assert "1 Block gehört zu keinem Bezirk: „200“" in words
    assert "denselben Namen: „Doppelt“" in words
    assert words.count("weichen um 1,00 ha von ihm ab") == 2


def test_empty_districts_go_with_the_adoption(planned: Engine, city: City) -> None:
    with planned.begin() as connection:
        connection.execute(
            text("UPDATE planung.block SET bezirk = '102' WHERE bezirk = '101' AND gebietsstand = 'neu'")
        )
        reviewed(connection)
        result = adopt(connection, city, "neu", DAY, band_reason=WHY)
        assert result.removed == ("101",) and result.districts == 3
        assert versions.get(connection, "neu").status == "adopted"


def test_outlines_are_a_coverage_at_every_scale(adopted_city: Engine) -> None:
    with adopted_city.connect() as connection:
        version = versions.get(connection, "neu")
        stored = units.read_units(connection, version.id, "bezirk")
        assert shapely.coverage_is_valid(stored.geoms)
        assert float(shapely.area(stored.geoms).sum()) == 2 * 6 * 4 * 100**2
        for tolerance in (10, 50):
            for level, number in (("bezirk", 4), ("stadtteil", 2), ("stadt", 1)):
                raw = connection.scalars(
                    text("SELECT ST_AsBinary(s.geom) FROM geo.unit_simplified s JOIN geo.unit u ON u.id = s.unit_id "
                         "WHERE s.tolerance_m = :t AND u.level = :l AND u.version_id = :v"),
                    {"t": tolerance, "l": level, "v": version.id},
                ).all()  # fmt: skip
                geoms = geometry_array([shapely.from_wkb(bytes(r)) for r in raw])
                assert len(geoms) == number
                assert shapely.coverage_is_valid(geoms)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([5, 10, 50]))
def test_simplified_neighbours_keep_common_edges(seed: int, tolerance: int) -> None:
    """Voronoi cells with wriggly edges: no gap and no overlap after simplification, and fewer vertices."""
    import numpy as np  # noqa: PLC0415

    rng = np.random.default_rng(seed)
    box = shapely.box(0, 0, 5000, 5000)
    cells = shapely.get_parts(
        shapely.voronoi_polygons(shapely.MultiPoint(rng.uniform(0, 5000, (400, 2))), extend_to=box)
    )
    cells = shapely.intersection(cells, box)
    owner = rng.integers(0, 3, len(cells))
    geoms = geometry_array([versions.dissolve(cells[owner == k]) for k in range(3)])
    if not shapely.coverage_is_valid(geoms):
        return
    try:
        result = simplified(geoms, tolerance)
    except SozialberichtError:
        return
    assert shapely.coverage_is_valid(result)
    assert shapely.get_num_coordinates(result).sum() <= shapely.get_num_coordinates(geoms).sum()


def test_a_draft_made_after_another_has_its_own_frame(planned: Engine, city: City) -> None:
    with planned.begin() as connection:
        draft = open_draft(connection, city, "drittens", like="neu")
        rows = connection.execute(
            text("""
                SELECT u.level, u.key, p.version_id = u.version_id
                FROM geo.unit u LEFT JOIN geo.unit p ON p.id = u.parent_id
                WHERE u.version_id = :v ORDER BY u.id
            """),
            {"v": draft.id},
        ).all()
    assert [(r[0], r[1]) for r in rows] == [
        ("stadt", "01060063"), ("stadtteil", "1"), ("stadtteil", "2"), ("nicht_zuordenbar", "NZ")
    ]  # fmt: skip
    assert all(r[2] for r in rows[1:])


def test_keys_run_from_north_to_south_and_old_ones_stay(planned: Engine, city: City) -> None:
    import numpy as np  # noqa: PLC0415

    with planned.begin() as connection:
        ground = read_ground(connection, city, versions.get(connection, "neu"))
    rows = np.array([int(k[2]) for k in ground.keys])
    first = np.where(rows >= 2, 7, 3) + 10 * np.array([int(p) for p in ground.parent_keys])
    keys = district_keys(ground.parent_keys, first, ground.geoms, ground.persons)
    assert dict(zip(ground.keys, keys, strict=True))["103"] == "101"  # row 3 is in the north
    assert set(keys) == {"101", "102", "201", "202"}
    old = ["105" if k[0] == "1" and k[2] >= "2" else None for k in ground.keys]
    again = district_keys(ground.parent_keys, first, ground.geoms, ground.persons, old)
    assert set(again) == {"105", "101", "201", "202"}


def test_choosing_again_gives_up_changes_by_hand(planned: Engine, city: City) -> None:
    with planned.begin() as connection:
        version = versions.get(connection, "neu")
        before = store.read_assignment(connection, version.id)
        connection.execute(text("UPDATE planung.block SET bezirk = '102' WHERE block = '120' AND gebietsstand = 'neu'"))
        assert store.read_assignment(connection, version.id) != before
        store.choose_plan(connection, city, version, "gesamt")
        assert store.read_assignment(connection, version.id) == before
        with pytest.raises(SozialberichtError, match="vorhanden: „gesamt“"):
            store.choose_plan(connection, city, version, "keiner")
