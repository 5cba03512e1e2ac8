"""The gaps of the small sample: what its manifest delivers is there, what it does not is named."""

from __future__ import annotations

from datetime import date

from sqlalchemy import text

from etl.catalogue import Catalogue
from etl.publish.gaps.heatmap import heatmap
from etl.publish.gaps.read import read_overdue, read_rows, set_today
from etl.publish.gaps.summary import summarise
from etl.sample.manifest import load_manifest
from tests.conftest import SAMPLE_YEARS, Published


def test_every_delivered_year_of_the_register_is_there_for_every_level(published: Published) -> None:
    with published.engine.connect() as connection:
        set_today(connection, date(2026, 4, 30))
        states = connection.execute(
            text("SELECT jahr, ebene, zustand_kennzahl FROM sozialbericht.datenluecke "
                 "WHERE kennzahl = 'BEV01' AND herkunft = 'Katalog'")
        ).all()  # fmt: skip
    found = {(year, level): state for year, level, state in states}
    for year in SAMPLE_YEARS:
        for level in ("stadt", "stadtteil", "bezirk"):
            assert found[year, level] in ("geliefert", "anteil_geheim")
    missing = {year for (year, level), state in found.items() if state == "fehlt" and level == "stadt"}
    assert missing == set(range(2015, min(SAMPLE_YEARS)))


def test_what_is_asked_for_was_not_delivered(published: Published, catalogue: Catalogue) -> None:
    entries = [f for f in load_manifest(published.folder).files if f.deliver and f.source and f.reference_date]
    delivered = {(f.source, int((f.reference_date or "")[:4])) for f in entries}
    with published.engine.connect() as connection:
        set_today(connection, date(2026, 4, 30))
        summary = summarise(catalogue, read_rows(connection), read_overdue(connection), date(2026, 4, 30))
    yearly = {s.code for s in catalogue.sources if s.periodicity == "jaehrlich" and s.kind == "records"}
    asked = {(r.source, int(p)) for r in summary.requests if r.source in yearly for p in r.periods}
    assert asked
    assert not asked & delivered
    assert {t.code for t in summary.themes} == {t.code for t in catalogue.themes}
    assert [g.code for g in summary.gaps] == ["SOZ15"]
    assert len(heatmap(catalogue, summary)) > 10_000


def test_the_views_are_quick(published: Published) -> None:
    """An office looks at it often: seconds, not minutes, measured by the server."""
    with published.engine.connect() as connection:
        plan = connection.execute(
            text("EXPLAIN (ANALYZE, FORMAT JSON) SELECT * FROM sozialbericht.datenluecke")
        ).scalar_one()
    assert plan[0]["Execution Time"] < 10_000
