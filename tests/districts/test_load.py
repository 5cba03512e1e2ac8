"""Loading levels into versions, in a real database."""

from __future__ import annotations

import threading
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import shapely
from sqlalchemy import Engine, text

from etl.catalogue import Catalogue, City
from etl.districts import versions
from etl.districts.blocks import load_blocks
from etl.districts.load import Outcome, Request, load_boundaries
from etl.districts.nesting import is_exact
from etl.districts.prepare import Options
from etl.districts.store import read_units
from etl.districts.versions import NewVersion
from etl.errors import InputError, SozialberichtError
from tests.districts import files
from tests.districts.files import square

TEILE = {"1": square(0, 0, 2, 2), "2": square(2, 0, 2, 2)}
BEZIRKE = {f"{1 + c // 2}0{1 + (c % 2) * 2 + r}": square(c, r) for c in range(4) for r in range(2)}
PARENT = {k: k[0] for k in BEZIRKE}


@pytest.fixture(scope="module")
def city(catalogue: Catalogue) -> City:
    return catalogue.city


def load(db: Engine, city: City, path: Path, level: str, **options: Any) -> Outcome:
    strict = options.pop("strict", False)
    version = NewVersion(
        options.pop("version", "2025"),
        valid_from=options.pop("valid_from", None),
        valid_to=options.pop("valid_to", None),
        synthetic=options.pop("synthetic", False),
    )
    given = {"key": "nr", "name": "name"} | options
    request = Request(path, level, version, Options(**given), strict)
    with db.begin() as connection:
        run = load_blocks if level == "block" else load_boundaries
        return run(connection, city, request)


VERSIONS = "(SELECT * FROM geo.district_version WHERE label <> 'Vergleichsräume') AS divisions"
"""Versions of the city; the comparison areas have one of their own."""


def units(db: Engine) -> list[tuple[Any, ...]]:
    with db.begin() as connection:
        rows = connection.execute(
            text("""
                SELECT u.id, u.level, u.key, u.name, p.key, round(u.area_m2::numeric)::bigint
                FROM geo.unit u LEFT JOIN geo.unit p ON p.id = u.parent_id
                WHERE u.level <> 'vergleichsraum' ORDER BY u.level, u.key
            """)
        ).all()
    return [tuple(r) for r in rows]


def count(db: Engine, table: str) -> int:
    with db.begin() as connection:
        return int(connection.scalar(text(f"SELECT count(*) FROM {table}")) or 0)


def test_levels_become_a_complete_version(db: Engine, city: City, tmp_path: Path) -> None:
    load(db, city, files.write(tmp_path / "teile.gpkg", TEILE), "stadtteil", valid_from=date(2025, 1, 1))
    load(db, city, files.write(tmp_path / "bezirke.gpkg", BEZIRKE, parents=dict(PARENT)), "bezirk", parent="gehoert_zu")
    found = [u[1:] for u in units(db)]
    assert ("stadt", city.ags, city.name, None, 8_000_000) in found
    assert ("nicht_zuordenbar", "NZ", "nicht zuordenbar", city.ags, None) in found
    assert ("stadtteil", "1", "Gebiet 1", city.ags, 4_000_000) in found
    assert ("bezirk", "203", "Gebiet 203", "2", 1_000_000) in found
    assert len(found) == 1 + 1 + 2 + 8
    with db.begin() as connection:
        version = connection.execute(text(f"SELECT * FROM {VERSIONS}")).mappings().one()
        load_row = connection.execute(text("SELECT * FROM geo.boundary_load ORDER BY id LIMIT 1")).mappings().one()
    assert (version["status"], version["is_current"], version["valid"].lower) == ("draft", True, date(2025, 1, 1))
    assert load_row["file_name"] == "teile.gpkg"
    assert load_row["source_crs"].startswith("EPSG:25832")
    assert load_row["operation"] == "keine Umrechnung nötig"
    assert len(load_row["sha256"]) == 64
    assert load_row["report"]["units"] == 2


def test_same_file_twice_changes_nothing(db: Engine, city: City, tmp_path: Path) -> None:
    path = files.write(tmp_path / "teile.gpkg", TEILE)
    assert load(db, city, path, "stadtteil").changed
    before = units(db)
    again = load(db, city, path, "stadtteil")
    assert not again.changed
    assert "schon geladen" in again.message
    assert units(db) == before
    assert count(db, "geo.boundary_load") == 1


def test_corrected_file_keeps_internal_ids(db: Engine, city: City, tmp_path: Path) -> None:
    load(db, city, files.write(tmp_path / "alt.gpkg", TEILE), "stadtteil")
    before = {u[2]: u[0] for u in units(db)}
    moved = {"1": square(0, 0, 2.5, 2), "2": square(2.5, 0, 1.5, 2)}
    load(db, city, files.write(tmp_path / "neu.gpkg", moved, names={"1": "Neuer Name"}), "stadtteil")
    after = {u[2]: (u[0], u[3], u[5]) for u in units(db)}
    assert {k: v[0] for k, v in after.items()} == before
    assert after["1"][1:] == ("Neuer Name", 5_000_000)
    assert count(db, "geo.boundary_load") == 2


def test_adopted_versions_are_immutable(db: Engine, city: City, tmp_path: Path) -> None:
    path = files.write(tmp_path / "teile.gpkg", TEILE)
    load(db, city, path, "stadtteil")
    with db.begin() as connection:
        connection.execute(text("UPDATE geo.district_version SET status = 'adopted' WHERE label <> 'Vergleichsräume'"))
    with pytest.raises(SozialberichtError, match="ist beschlossen und wird nicht mehr geändert"):
        load(db, city, path, "stadtteil")


def test_refused_file_leaves_the_database_as_it_was(db: Engine, city: City, tmp_path: Path) -> None:
    load(db, city, files.write(tmp_path / "teile.gpkg", TEILE), "stadtteil")
    before = units(db)
    broken = {"1": square(0, 0, 2, 2), "2": square(1, 0, 3, 2)}
    with pytest.raises(InputError, match="überlappen sich auf 2,00 km²"):
        load(db, city, files.write(tmp_path / "neu.gpkg", broken), "stadtteil")
    with pytest.raises(InputError):
        load(db, city, files.write(tmp_path / "anders.gpkg", broken), "stadtteil", version="anders")
    assert units(db) == before
    assert count(db, VERSIONS) == 1
    assert count(db, "geo.boundary_load") == 1


def test_strict_refuses_on_warnings_only(db: Engine, city: City, tmp_path: Path) -> None:
    sliver = files.write(tmp_path / "a.gpkg", {"1": square(0, 0, 2.001, 2), "2": square(2, 0, 2, 2)})
    with pytest.raises(InputError, match="wegen --strict"):
        load(db, city, sliver, "stadtteil", strict=True)
    assert load(db, city, sliver, "stadtteil", strict=True, mend=True).changed
    assert load(db, city, sliver, "stadtteil").changed


def test_unknown_level_and_missing_upper_level(db: Engine, city: City, tmp_path: Path) -> None:
    path = files.write(tmp_path / "a.gpkg", BEZIRKE)
    with pytest.raises(SozialberichtError, match="„quartier“ gibt es im Katalog nicht; vorhanden: stadt, stadtteil"):
        load(db, city, path, "quartier")
    with pytest.raises(SozialberichtError, match="fehlt noch die Ebene Stadtteil"):
        load(db, city, path, "bezirk")


def test_mending_makes_all_levels_exact(db: Engine, city: City, tmp_path: Path) -> None:
    """City and Stadtteile from files; districts with slivers of 1 m: all three levels then agree point for point."""
    load(db, city, files.write(tmp_path / "stadt.gpkg", {"S": square(0, 0, 4, 2)}), "stadt")
    load(db, city, files.write(tmp_path / "teile.gpkg", TEILE), "stadtteil")
    noisy = BEZIRKE | {"103": square(1, 0, 1.001, 1), "204": square(3, 1, 0.999, 1)}
    path = files.write(tmp_path / "bezirke.gpkg", noisy, parents=dict(PARENT))
    outcome = load(db, city, path, "bezirk", parent="gehoert_zu", mend=True)
    assert outcome.report is not None
    kinds = [f.kind for f in outcome.report.findings.items]
    assert "nesting_sliver" in kinds
    assert "nesting_mended" in kinds
    with db.begin() as connection:
        version = versions.get(connection, "2025").id
        stadt, teile, bezirke = (read_units(connection, version, e) for e in ("stadt", "stadtteil", "bezirk"))
    assert is_exact(bezirke, teile)
    assert is_exact(teile, stadt)
    assert float(bezirke.areas_m2().sum()) == pytest.approx(8e6)


def test_derived_city_follows_its_parts(db: Engine, city: City, tmp_path: Path) -> None:
    load(db, city, files.write(tmp_path / "a.gpkg", TEILE), "stadtteil")
    ids = {u[1]: u[0] for u in units(db) if u[1] in ("stadt", "nicht_zuordenbar")}
    load(db, city, files.write(tmp_path / "b.gpkg", TEILE | {"3": square(4, 0, 1, 2)}), "stadtteil")
    found = {u[1]: (u[0], u[5]) for u in units(db) if u[1] in ("stadt", "nicht_zuordenbar")}
    assert found == {"stadt": (ids["stadt"], 10_000_000), "nicht_zuordenbar": (ids["nicht_zuordenbar"], None)}


def test_upper_level_may_not_drop_parents(db: Engine, city: City, tmp_path: Path) -> None:
    load(db, city, files.write(tmp_path / "teile.gpkg", TEILE), "stadtteil")
    load(db, city, files.write(tmp_path / "bezirke.gpkg", BEZIRKE, parents=dict(PARENT)), "bezirk", parent="gehoert_zu")
    with pytest.raises(SozialberichtError, match="gehört laut Datei zu „2“"):
        load(db, city, files.write(tmp_path / "neu.gpkg", {"1": square(0, 0, 4, 2), "9": square(4, 0)}), "stadtteil")
    assert len(units(db)) == 12


def test_dates_in_the_wrong_order(db: Engine, city: City, tmp_path: Path) -> None:
    with pytest.raises(SozialberichtError, match="das Ende muss nach dem Beginn"):
        path = files.write(tmp_path / "a.gpkg", TEILE)
        load(db, city, path, "stadtteil", valid_from=date(2025, 1, 1), valid_to=date(2025, 1, 1))


def test_blocks_nest_and_replace(db: Engine, city: City, tmp_path: Path) -> None:
    load(db, city, files.write(tmp_path / "teile.gpkg", TEILE), "stadtteil")
    path = files.write(tmp_path / "bloecke.gpkg", BEZIRKE)
    assert load(db, city, path, "block", name=None).changed
    assert not load(db, city, path, "block", name=None).changed
    with db.begin() as connection:
        rows = connection.execute(text("SELECT key, parent_key FROM geo.block ORDER BY key")).all()
        current = connection.scalar(text("SELECT label FROM geo.block_set WHERE is_current"))
    assert {k: p for k, p in rows} == PARENT
    assert current == "2025"
    load(
        db,
        city,
        files.write(tmp_path / "neu.gpkg", {"B1": TEILE["1"], "B2": TEILE["2"]}),
        "block",
        name=None,
        version="2",
    )
    with db.begin() as connection:
        assert connection.scalars(text("SELECT label FROM geo.block_set WHERE is_current")).all() == ["2"]


def test_two_loads_at_once_do_not_mix(db: Engine, city: City, tmp_path: Path) -> None:
    paths = [
        files.write(tmp_path / f"{i}.gpkg", {k: shapely.segmentize(g, 100 + i) for k, g in TEILE.items()})
        for i in range(4)
    ]
    trouble: list[BaseException] = []

    def run(path: Path) -> None:
        try:
            load(db, city, path, "stadtteil")
        except BaseException as error:
            trouble.append(error)

    threads = [threading.Thread(target=run, args=(p,)) for p in paths]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not trouble
    assert len(units(db)) == 4
    assert count(db, "geo.boundary_load") == 4
    assert count(db, VERSIONS) == 1
