"""Changing a draft by hand: what the planner sees, what is marked, what is refused in words."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import psycopg
import pytest
from psycopg.rows import DictRow, dict_row
from sqlalchemy import Engine, text

from etl.warehouse import service
from tests.plans import grid_city

Planner = psycopg.Connection[DictRow]


def connect(database: str) -> Planner:
    """A connection as the planners' role, logged in by the administrator."""
    opened = psycopg.connect(service.dsn(database, "postgres"), autocommit=True, row_factory=dict_row)
    opened.execute("SET ROLE bezirksplanung")
    return opened


@pytest.fixture
def planner(planned_name: str) -> Iterator[Planner]:
    with connect(planned_name) as connection:
        yield connection


def move(planner: Planner, block: str, to: str) -> None:
    planner.execute("UPDATE planung.block SET bezirk = %s WHERE block = %s AND gebietsstand = 'neu'", (to, block))


def districts(planner: Planner) -> dict[str, DictRow]:
    rows = planner.execute("SELECT * FROM planung.bezirk WHERE gebietsstand = 'neu'").fetchall()
    return {row["bezirk"]: row for row in rows}


def test_the_plan_as_chosen_is_valid(planner: Planner) -> None:
    found = districts(planner)
    assert sorted(found) == ["101", "102", "201", "202"]
    assert {k: r["einwohner"] for k, r in found.items()} == {"101": 1200, "102": 1100, "201": 1200, "202": 1100}
    assert {r["zusammenhaengend"] for r in found.values()} == {True}
    assert {r["im_band"] for r in found.values()} == {False}
    assert found["101"]["hinweis"] == "1200 Einwohner, mehr als 900"
    # a rectangle of 300 × 400 m
    assert found["101"]["kompaktheit"] == pytest.approx(4 * 3.14159265 * 120_000 / 1400**2, abs=5e-4)


def test_a_moved_block_moves_persons_outline_and_figures_at_once(planner: Planner) -> None:
    before = planner.execute("SELECT * FROM planung.guete WHERE stand = 'Entwurf'").fetchone()
    move(planner, grid_city.key(1, 2, 0), "102")
    found = districts(planner)
    assert (found["101"]["einwohner"], found["102"]["einwohner"]) == (1100, 1200)
    assert (found["101"]["flaeche_ha"], found["102"]["flaeche_ha"]) == (11, 13)
    size = planner.execute("SELECT round(ST_Area(geom)) AS a FROM planung.bezirk WHERE bezirk = '102'").fetchone()
    assert size is not None and size["a"] == 130_000
    after = planner.execute("SELECT * FROM planung.guete WHERE stand = 'Entwurf'").fetchone()
    plan = planner.execute("SELECT * FROM planung.guete WHERE stand = 'Plan gesamt'").fetchone()
    assert before is not None and after is not None and plan is not None
    assert after["kompaktheit"] < before["kompaktheit"]
    figures = ("bezirke", "heterogenitaet", "kompaktheit", "schnittlaenge_km", "zielwert", "abweichung_prozent")
    assert [plan[f] for f in figures] == [before[f] for f in figures]


def test_cutting_a_block_off_is_marked_with_time_and_role(planner: Planner) -> None:
    move(planner, grid_city.key(1, 0, 0), "102")
    found = districts(planner)["102"]
    assert found["zustand"] == "ungueltig" and not found["zusammenhaengend"] and found["abgetrennte_bloecke"] == 1
    assert found["hinweis"].startswith("nicht zusammenhängend: 1 Block abgetrennt (100)")
    assert found["geaendert_am"] is not None and found["geaendert_von"]
    log = planner.execute("SELECT * FROM planung.verlauf ORDER BY verlauf_id DESC LIMIT 1").fetchone()
    assert log is not None
    assert (log["art"], log["gegenstand"], log["vorher"], log["nachher"]) == ("zuordnung", "100", "101", "102")
    assert "102: nicht zusammenhängend" in log["hinweis"]
    # and mended again
    move(planner, grid_city.key(1, 0, 0), "101")
    assert districts(planner)["102"]["zusammenhaengend"]


def test_a_block_of_another_stadtteil_is_marked(planner: Planner) -> None:
    move(planner, grid_city.key(1, 5, 0), "201")
    assert "Blöcke eines anderen Stadtteils: 150" in districts(planner)["201"]["hinweis"]


def test_a_new_number_founds_a_district_and_an_empty_one_is_marked(planner: Planner) -> None:
    blocks = [grid_city.key(1, c, r) for c in range(3) for r in range(4)]
    planner.execute("UPDATE planung.block SET bezirk = '103' WHERE block = ANY(%s)", (blocks,))
    found = districts(planner)
    assert found["103"]["einwohner"] == 1200
    assert found["101"]["bloecke"] == 0 and found["101"]["hinweis"] == "ohne Blöcke; entfällt beim Beschluss"


@pytest.mark.parametrize("wrong", ["203x", "1", "", "999", None])
def test_an_impossible_district_is_refused_in_words(planner: Planner, wrong: str | None) -> None:
    with pytest.raises(psycopg.errors.RaiseException, match="101 bis 199"):
        move(planner, grid_city.key(1, 0, 0), wrong)  # type: ignore[arg-type]
    assert districts(planner)["101"]["bloecke"] == 12


def test_renaming_keeps_who_and_when_and_tells_of_doubles(planner: Planner) -> None:
    rename = "UPDATE planung.bezirk SET name = %s WHERE bezirk = %s AND gebietsstand = 'neu'"
    planner.execute(rename, ("  Am Markt ", "101"))
    assert districts(planner)["101"]["name"] == "Am Markt"
    planner.execute(rename, ("Am Markt", "102"))
    log = planner.execute("SELECT * FROM planung.verlauf ORDER BY verlauf_id").fetchall()
    assert [r["hinweis"] for r in log] == ["", "Den Namen trägt auch 101"]
    with pytest.raises(psycopg.errors.RaiseException, match="braucht einen Namen"):
        planner.execute(rename, (" ", "101"))


def test_names_are_proposed_from_the_street_where_most_live(planner: Planner) -> None:
    found = districts(planner)
    # all columns of 101 hold 400 persons: the first street wins; the empty corner makes column 5 the smaller one
    assert found["101"]["namensvorschlag"] == "Straße 10"
    assert found["102"]["namensvorschlag"] == "Straße 13"
    assert len({r["name"] for r in found.values()}) == 4


def test_planners_touch_nothing_else(planner: Planner) -> None:
    forbidden = [
        "SELECT * FROM warehouse.planning_block",
        "UPDATE planung.block SET stadtteil = '2'",
        "UPDATE geo.unit SET name = 'x'",
        "UPDATE geo.block_assignment SET block_id = block_id + 1",
        "DELETE FROM geo.block_assignment",
        "UPDATE geo.district_version SET status = 'adopted'",
        "DELETE FROM geo.assignment_change",
        "SELECT geo.review_marks(1, NULL)",
    ]
    for statement in forbidden:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            planner.execute(statement)


def test_readers_see_no_draft(planned_name: str) -> None:
    with psycopg.connect(service.dsn(planned_name, "postgres"), autocommit=True) as connection:
        connection.execute("SET ROLE leser")
        for view in ("block", "bezirk", "guete", "verlauf"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"SELECT * FROM planung.{view}")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT geo.district_faults(1)")


def test_a_district_of_another_version_is_refused_even_in_the_table(planned: Engine) -> None:
    with pytest.raises(Exception, match="kein Bezirk dieses Gebietsstands"), planned.begin() as connection:
        connection.execute(
            text("UPDATE geo.block_assignment SET unit_id = (SELECT min(id) FROM geo.unit WHERE level = 'stadtteil')")
        )


def test_a_change_after_the_review_makes_it_a_draft_again(planned: Engine, planner: Planner) -> None:
    with planned.begin() as connection:
        connection.execute(text("UPDATE geo.district_version SET status = 'reviewed' WHERE label = 'neu'"))
    move(planner, grid_city.key(1, 2, 0), "102")
    with planned.connect() as connection:
        assert connection.scalar(text("SELECT status FROM geo.district_version WHERE label = 'neu'")) == "draft"


def test_two_planners_at_once_see_each_others_changes_in_the_marks(planned_name: str) -> None:
    """Each move alone leaves 101 in one piece; together they cut (0, 0) off."""
    with connect(planned_name) as first, connect(planned_name) as second:
        first.autocommit = False
        move(first, grid_city.key(1, 1, 0), "102")
        waiting = threading.Thread(target=move, args=(second, grid_city.key(1, 0, 1), "102"))
        waiting.start()
        time.sleep(0.5)
        assert waiting.is_alive()
        first.commit()
        waiting.join(10)
        found = districts(second)["101"]
    assert found["abgetrennte_bloecke"] == 1 and "nicht zusammenhängend" in found["hinweis"]
    assert found["bloecke"] == 10
