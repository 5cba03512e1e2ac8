"""Real boundaries: Flensburg's two levels, Norderstedt's outline, grids, schools and day-care centres."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
import shapely
from sqlalchemy import Connection, Engine, text

from etl.catalogue import Catalogue, City, Level
from etl.districts import versions
from etl.districts.facilities import FacilityOptions, load_facilities
from etl.districts.grid import GridOptions, load_grid
from etl.districts.load import Request, load_boundaries
from etl.districts.nesting import is_exact
from etl.districts.prepare import Options, prepare
from etl.districts.report import Report
from etl.districts.store import read_units
from etl.districts.versions import NewVersion

pytestmark = pytest.mark.reference

FLENSBURG = (515_000.0, 6_060_000.0, 540_000.0, 6_085_000.0)
COLUMNS = {"key": "AREA_ID", "name": "AREA_NAME"}
VERSION = NewVersion("2018")


@pytest.fixture
def flensburg(catalogue: Catalogue) -> City:
    return catalogue.city.model_copy(update={"name": "Flensburg", "ags": "01001000", "extent": FLENSBURG})


def load(db: Engine, city: City, request: Request) -> Report:
    with db.begin() as connection:
        report = load_boundaries(connection, city, request).report
    assert report is not None
    return report


def test_flensburg_stadtteile_and_bezirke(db: Engine, flensburg: City, reference_dir: Path) -> None:
    folder = reference_dir / "data" / "flensburg"
    above = load(db, flensburg, Request(folder / "flensburg_stadtteile.zip", "stadtteil", VERSION, Options(**COLUMNS)))
    assert len(above.areas) == 13
    assert above.source.crs.startswith("EPSG:25832")
    assert not above.findings.warnings
    options = Options(**COLUMNS, parent="PARENT_ARE", mend=True)
    below = load(db, flensburg, Request(folder / "flensburg_stadtbezirke.zip", "bezirk", VERSION, options))
    assert len(below.areas) == 41
    repaired = [f for f in below.findings.items if f.kind == "ring_repaired"]
    assert [f.units for f in repaired] == [("STBZ073",), ("STBZ122",)]
    assert all("ein Ring berührt sich selbst" in f.text for f in repaired)
    slivers = [f for f in below.findings.items if f.kind == "nesting_sliver"]
    assert slivers[0].units == ("STGT06",)
    assert round(slivers[0].area_m2 or 0) == 3679
    with db.begin() as connection:
        version = versions.get(connection, "2018").id
        stadt, teile, bezirke = (read_units(connection, version, e) for e in ("stadt", "stadtteil", "bezirk"))
    assert is_exact(bezirke, teile)
    assert float(stadt.areas_m2()[0]) == pytest.approx(48_990_271, abs=5)
    delivered = dict(zip(above.areas.keys, above.areas.areas_m2(), strict=True))
    assert all(abs(delivered[k] - a) < 1 for k, a in zip(teile.keys, teile.areas_m2(), strict=True))
    assert dict(zip(bezirke.keys, bezirke.parents, strict=True))["STBZ073"] == "STGT07"


def test_flensburg_without_mending_says_what_is_wrong(reference_dir: Path) -> None:
    path = reference_dir / "data" / "flensburg" / "flensburg_stadtbezirke.zip"
    prepared = prepare(path, Options(**COLUMNS), FLENSBURG)
    kinds = {f.kind for f in prepared.findings.warnings}
    assert kinds == {"ring_repaired", "gap"}
    refusal = Report(prepared.source, "Bezirk", "2018", prepared.areas, prepared.findings).refusal(strict=True)
    assert refusal is not None
    assert "wegen --strict" in str(refusal)


@pytest.fixture
def norderstedt(db: Engine, catalogue: Catalogue) -> City:
    """The shipped city with two grid levels below the city."""
    grids = tuple(
        Level(code=f"gitter_{s}", title=f"Gitter {s}", plural="Gitterzellen", parent="stadt") for s in ("1km", "100m")
    )
    with db.begin() as connection:
        for rank, level in enumerate(grids, start=50):
            _add_level(connection, level, rank)
    return catalogue.city.model_copy(update={"levels": (*catalogue.city.levels, *grids)})


def _add_level(connection: Connection, level: Level, rank: int) -> None:
    connection.execute(
        text("INSERT INTO geo.level (code, rank, title, parent) VALUES (:code, :rank, :title, 'stadt')"),
        {"code": level.code, "rank": rank, "title": level.title},
    )


def test_norderstedt_outline_and_grids(db: Engine, norderstedt: City, reference_dir: Path) -> None:
    folder = reference_dir / "data" / "norderstedt"
    version = NewVersion("zensus2011")
    path = folder / "outline_improved_25832.geojson"
    outline = load(db, norderstedt, Request(path, "stadt", version, Options(key="ags")))
    assert float(outline.areas.areas_m2()[0]) / 1e6 == pytest.approx(59.51, abs=0.01)
    with db.begin() as connection:
        coarse = load_grid(
            connection, norderstedt, folder / "zensus2011_1km.csv", version,
            GridOptions("gitter_1km", "x", "y", 1000, inside="stadt"),
        )  # fmt: skip
        fine = load_grid(
            connection, norderstedt, folder / "zensus2011_100m_long.parquet", version,
            GridOptions("gitter_100m", "x", "y", 100, inside="stadt"),
        )  # fmt: skip
    assert coarse.report is not None
    assert fine.report is not None
    assert (len(coarse.report.areas), len(fine.report.areas)) == (58, 1749)
    assert shapely.coverage_is_valid(fine.report.areas.geoms)
    assert set(fine.report.areas.parents) == {"01060063"}
    inside = set(coarse.report.areas.keys)
    table = pl.read_csv(folder / "zensus2011_1km.csv").with_columns(
        pl.format("CRS3035RES1000mN{}E{}", pl.col("y") - 500, pl.col("x") - 500).alias("key")
    )
    within = table.filter(pl.col("key").is_in(list(inside)) & (pl.col("continuous_Einwohner") > 0))
    assert within["continuous_Einwohner"].sum() == 72_966


@pytest.mark.parametrize("expected", [("schulen", "schule", 23, [25]), ("kitas", "kita", 43, [33])])
def test_norderstedt_schools_and_day_care(
    db: Engine, catalogue: Catalogue, reference_dir: Path, expected: tuple[str, str, int, list[int]]
) -> None:
    name, kind, number, without_place = expected
    path = reference_dir / "data" / "norderstedt" / f"{name}.csv"
    with db.begin() as connection:
        load_facilities(connection, catalogue.city, path, FacilityOptions(kind, "id", "name", "lon", "lat", 4326))
        found = connection.scalar(text("SELECT count(*) FROM geo.facility WHERE kind = :kind"), {"kind": kind})
        report = connection.scalar(text("SELECT report FROM geo.boundary_load"))
    assert found == number
    assert report["without_place"] == without_place
