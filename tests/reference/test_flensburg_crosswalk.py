"""Flensburg's 41 Bezirke and 13 Stadtteile against a coarser plan of them: no blocks, so polygons and Zensus cells."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from pathlib import Path

import fiona
import polars as pl
import pytest
import shapely
from sqlalchemy import Connection, text

from etl.districts.areas import geometry_array
from etl.districts.crosswalk.build import CrosswalkReport, build_crosswalk
from etl.districts.crosswalk.cells import CellFile
from etl.districts.load import Request, load_boundaries
from etl.districts.prepare import Options
from etl.districts.versions import NewVersion, dissolve
from etl.indicators.compute import compute
from etl.releases.checks import run_checks
from tests.reference.conftest import Example

pytestmark = pytest.mark.reference

PAIRS = ((1, 2), (3, 4), (5, 6), (7, 8), (9, 10), (11, 12))
DWELLINGS = tuple(f"dwellings_HEIZTYP_{n}" for n in range(1, 7))
"""Dwellings by heating: the breakdown in which least is withheld, together nearly all dwellings of a cell."""


def units(connection: Connection, level: str) -> dict[str, tuple[object, str]]:
    """Key → polygon and parent's key in version 2018."""
    rows = connection.execute(
        text("""
        SELECT u.key, ST_AsBinary(u.geom) AS geom, p.key AS parent FROM geo.unit u
        JOIN geo.district_version v ON v.id = u.version_id AND v.label = '2018'
        LEFT JOIN geo.unit p ON p.id = u.parent_id
        WHERE u.level = :level ORDER BY u.key
        """),
        {"level": level},
    )
    return {row.key: (shapely.from_wkb(bytes(row.geom)), row.parent) for row in rows}


def write(path: Path, areas: dict[str, tuple[object, str]]) -> Path:
    """Areas with key and parent as a GeoPackage."""
    schema = {"geometry": "MultiPolygon", "properties": {"key": "str", "parent": "str"}}
    with fiona.open(path, "w", driver="GPKG", crs="EPSG:25832", schema=schema) as sink:
        for key, (geom, parent) in areas.items():
            whole = geom if geom.geom_type == "MultiPolygon" else shapely.MultiPolygon([geom])
            sink.write({"geometry": shapely.geometry.mapping(whole), "properties": {"key": key, "parent": parent}})
    return path


def coarse(connection: Connection) -> tuple[dict[str, tuple[object, str]], dict[str, tuple[object, str]]]:
    """Stadtteile merged in pairs, the last split along its Bezirke; two Bezirke merged, one cut through its middle."""
    bezirke, parts = units(connection, "bezirk"), units(connection, "stadtteil")
    parent = {f"STGT{n:02}": f"P{a:02}" for a, b in PAIRS for n in (a, b)}
    stadtteile = {
        f"P{a:02}": (dissolve(geometry_array([parts[f"STGT{n:02}"][0] for n in (a, b)])), "") for a, b in PAIRS
    }
    stadtteile |= {f"T{k[-1]}": (bezirke[k][0], "") for k in ("STBZ131", "STBZ132")}
    small = {k: (geom, parent.get(above, f"T{k[-1]}")) for k, (geom, above) in bezirke.items()}
    merged = dissolve(geometry_array([small.pop(k)[0] for k in ("STBZ011", "STBZ012")]))
    cut, above = small.pop("STBZ061")
    west, south, east, north = cut.bounds
    middle = (west + east) / 2
    small |= {"STBZ01X": (merged, "P01")}
    for key, box in (("STBZ06W", (west, south, middle, north)), ("STBZ06O", (middle, south, east, north))):
        small[key] = (shapely.intersection(cut, shapely.box(*box)), above)
    return stadtteile, small


@pytest.fixture(scope="module")
def reports(run_example: Callable[[str, str], Example], tmp_path_factory: pytest.TempPathFactory) -> tuple[
    Example, list[CrosswalkReport]
]:  # fmt: skip
    """The example with a second version and crosswalks both ways, computed anew."""
    example = run_example("flensburg", "flensburg")
    folder = tmp_path_factory.mktemp("plan")
    cells = CellFile(
        example.folder / "zensus2011_100m_long.parquet", "einwohner", "2011", column="feature", words=DWELLINGS
    )
    with example.engine.begin() as connection:
        for level, areas in zip(("stadtteil", "bezirk"), coarse(connection), strict=True):
            options = Options("key", parent="parent", mend=True)
            path = write(folder / f"{level}.gpkg", areas)
            load_boundaries(connection, example.catalogue.city, Request(path, level, NewVersion("grob"), options))
        found = [
            build_crosswalk(connection, example.catalogue, a, b, cells=[cells])
            for a, b in (("2018", "grob"), ("grob", "2018"))
        ]
        compute(connection, example.catalogue)
    return example, found


def test_relations_both_ways(reports: tuple[Example, list[CrosswalkReport]]) -> None:
    there, back = ({one.level: one.relations for one in report.levels} for report in reports[1])
    assert there == {
        "stadt": {"unchanged": 1}, "stadtteil": {"merged": 12, "split": 2},
        "bezirk": {"unchanged": 38, "merged": 2, "split": 2},
    }  # fmt: skip
    assert back == {
        "stadt": {"unchanged": 1}, "stadtteil": {"split": 12, "merged": 2},
        "bezirk": {"unchanged": 38, "split": 2, "merged": 2},
    }  # fmt: skip
    with reports[0].engine.connect() as connection:
        assert not any(result.failures for result in run_checks(connection))
        weights = connection.scalar(text("SELECT count(*) FROM warehouse.crosswalk_weight WHERE basis = 'cells'"))
    assert weights == sum(sum(one.relations.values()) for r in reports[1] for one in r.levels) + 2


def test_tables_come_over_with_their_quality(reports: tuple[Example, list[CrosswalkReport]]) -> None:
    example = reports[0]
    table = pl.read_csv(example.folder / "tables" / "residents_by_district.csv").filter(pl.col("year") == 2021)
    people = dict(table.select("district_id", "residents").iter_rows())
    with example.engine.connect() as connection:
        rows = connection.execute(
            text("""
            SELECT u.key, c.value, c.quality, c.status FROM warehouse.unit_count c
            JOIN catalogue.measure m ON m.id = c.measure_id AND m.code = 'einwohner'
            JOIN geo.unit u ON u.id = c.unit_id JOIN geo.district_version v ON v.id = u.version_id AND v.label = 'grob'
            WHERE c.period = '2021'
            """)
        ).all()
        quality = dict(
            connection.execute(
                text("""
                SELECT u.key, v.quality FROM warehouse.indicator_value v
                JOIN catalogue.indicator i ON i.id = v.indicator_id AND i.code = 'SOZ01'
                JOIN geo.unit u ON u.id = v.unit_id
                JOIN geo.district_version d ON d.id = u.version_id AND d.label = 'grob'
                WHERE v.period = '2021'
                """)
            ).all()
        )
    found = {row.key: row for row in rows}
    for a, b in PAIRS:
        row = found[f"P{a:02}"]
        assert (row.value, row.quality, row.status) == (people[a] + people[b], "exakt_teilung", "gueltig")
    assert found["T1"].value + found["T2"].value == people[13]
    assert {found[k].quality for k in ("T1", "T2")} == {"geschaetzt"}
    assert quality["P01"] == "exakt_teilung"
    assert quality["T1"] == "geschaetzt"


def test_cells_estimate_better_than_area(reports: tuple[Example, list[CrosswalkReport]]) -> None:
    """Replay: pairs of Stadtteile taken as one, divided by dwellings of 2011, compared with what the register says."""
    example = reports[0]
    table = pl.read_csv(example.folder / "tables" / "residents_by_district.csv")
    with example.engine.connect() as connection:
        rows = connection.execute(
            text("""
            SELECT f.key AS pair, t.key AS unit, x.area_weight, w.weight FROM geo.crosswalk x
            JOIN warehouse.crosswalk_weight w ON w.crosswalk_id = x.id
            JOIN geo.unit f ON f.id = x.from_unit_id AND f.level = 'stadtteil' AND f.key LIKE 'P%'
            JOIN geo.unit t ON t.id = x.to_unit_id
            """)
        ).all()
    weight = {(int(r.pair[1:]), int(r.unit[4:])): (r.weight, r.area_weight) for r in rows}
    errors = []
    for year in (table["year"].min(), 2021):
        people = dict(table.filter(pl.col("year") == year).select("district_id", "residents").iter_rows())
        for kind in (0, 1):
            off = sum(
                abs(weight[a, n][kind] * (people[a] + people[b]) - people[n])
                for (a, b), at in product(PAIRS, (0, 1))
                for n in ((a, b)[at],)
            )
            errors.append(off / sum(people[n] for pair in PAIRS for n in pair))
    print("error by dwellings and by area, first year and 2021:", [round(100 * e, 1) for e in errors])
    assert errors[0] < 0.08
    assert errors[0] < errors[1] / 2
    assert errors[2] < errors[3] / 2
