"""What readers see of a crosswalk: areas always, shares of people only where published figures say them anyway."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, text

from etl.catalogue import Catalogue
from etl.districts.crosswalk.build import build_crosswalk
from etl.indicators.compute import compute
from tests.crosswalk import grid_city
from tests.crosswalk.grid_city import BLOCKS, NEW, OLD
from tests.editions import publish_edition


def test_umsteigeschluessel(city: Connection, catalogue: Catalogue) -> None:
    grid_city.version(city, "alt", OLD, current=True)
    grid_city.version(city, "neu", NEW)
    build_crosswalk(city, catalogue, "alt", "neu")
    compute(city, catalogue)
    # a draft beside the current version is not published
    city.execute(text("UPDATE geo.district_version SET status = 'adopted' WHERE label = 'neu'"))
    publish_edition(city, catalogue, label="Probe")
    rows = city.execute(text("SELECT * FROM sozialbericht.umsteigeschluessel WHERE ebene = 'bezirk'")).all()
    found = {(row.von_gebiet, row.nach_gebiet): row for row in rows}
    assert {pair: row.beziehung for pair, row in found.items()} == {
        ("101", "101"): "unregelmaessig", ("101", "102"): "unregelmaessig",
        ("102", "102"): "unregelmaessig", ("102", "103"): "unregelmaessig",
        ("201", "201"): "geteilt", ("201", "202"): "geteilt",
        ("202", "203"): "zusammengelegt", ("203", "203"): "zusammengelegt",
    }  # fmt: skip
    people = {b: 100 + 10 * n for n, b in enumerate(BLOCKS)}
    part, whole = (sum(p for b, p in people.items() if d[b] == "201") for d in (NEW, OLD))
    assert found["201", "201"].einwohneranteil == pytest.approx(part / whole, abs=1e-6)
    assert found["202", "203"].einwohneranteil == 1
    assert found["101", "102"].einwohneranteil is None  # who lives in the piece is published nowhere
    assert found["101", "102"].flaechenanteil == 0.5
    assert found["101", "102"].schaetzfehler_prozent > 0
    assert found["202", "203"].schaetzfehler_prozent is None
    assert (found["201", "201"].guete, found["203", "203"].guete) == ("geschaetzt", "exakt_teilung")


def test_share_is_empty_where_a_population_is_withheld(city: Connection, catalogue: Catalogue) -> None:
    grid_city.version(city, "alt", OLD, current=True)
    grid_city.version(city, "neu", NEW)
    small = [b for b in BLOCKS if NEW[b] == "202"]
    city.execute(
        text(
            "UPDATE warehouse.count SET value = 1 WHERE block_id IN (SELECT id FROM geo.block WHERE key = ANY(:small))"
        ),
        {"small": small},
    )
    build_crosswalk(city, catalogue, "alt", "neu")
    compute(city, catalogue)
    publish_edition(city, catalogue, label="Probe")
    shares = city.scalars(
        text("""
        SELECT einwohneranteil FROM sozialbericht.umsteigeschluessel
        WHERE von_gebiet = '201' AND nach_gebiet = '202' AND ebene = 'bezirk'
        """)
    ).all()
    assert shares == [None]
