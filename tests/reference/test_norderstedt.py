"""Norderstedt in the Zensus 2011: outline, grid cells as units and counts, schools and day-care centres as points."""

from __future__ import annotations

from collections.abc import Callable

import fiona
import polars as pl
import pytest
import shapely
from pyproj import Transformer
from sqlalchemy import text

from tests.reference.conftest import Example

pytestmark = pytest.mark.reference


@pytest.fixture(scope="module")
def norderstedt(run_example: Callable[[str, str], Example]) -> Example:
    """The example, published."""
    return run_example("norderstedt_zensus2011", "norderstedt")


def inside(example: Example, table: pl.DataFrame) -> pl.DataFrame:
    """Rows whose cell midpoint lies in the outline, found without the program under test."""
    with fiona.open(example.folder / "outline_improved_25832.geojson") as source:
        outline = shapely.geometry.shape(next(iter(source)).geometry)
    x, y = Transformer.from_crs(3035, 25832, always_xy=True).transform(table["x"].to_numpy(), table["y"].to_numpy())
    return table.filter(pl.Series(shapely.contains_xy(outline, x, y)))


def test_population_by_cell_is_the_files(norderstedt: Example) -> None:
    table = inside(norderstedt, pl.read_csv(norderstedt.folder / "zensus2011_1km.csv"))
    given = table.filter(pl.col("continuous_Einwohner") >= 0)["continuous_Einwohner"].sum()
    with norderstedt.engine.connect() as connection:
        cells, persons = connection.execute(
            text("SELECT count(*), sum(c.value) FROM warehouse.count c JOIN geo.unit u ON u.id = c.unit_id "
                 "WHERE u.level = 'gitter_1km'")
        ).one()  # fmt: skip
    assert cells == table.height
    assert persons == given
    # the official count is 73,913; cells on the border are cut by midpoint
    assert 70_000 < persons < 78_000


def test_dash_is_withheld(norderstedt: Example) -> None:
    table = inside(norderstedt, pl.read_csv(norderstedt.folder / "zensus2011_1km.csv"))
    hidden = table.filter(pl.col("continuous_Einwohner") == -1).height
    with norderstedt.engine.connect() as connection:
        found = connection.scalar(
            text("SELECT count(*) FROM warehouse.count c JOIN geo.unit u ON u.id = c.unit_id "
                 "WHERE u.level = 'gitter_1km' AND c.status = 'geheim' AND c.value IS NULL")
        )  # fmt: skip
    assert found == hidden


@pytest.mark.parametrize(
    ("measure", "feature"),
    [
        ("alter_1", "demography_ALTER_10JG_1"),
        ("alter_9", "demography_ALTER_10JG_9"),
        ("wohnungen_raum_5", "dwellings_RAUMANZAHL_5"),
    ],
)
def test_small_cells_are_the_files(norderstedt: Example, measure: str, feature: str) -> None:
    table = pl.read_parquet(norderstedt.folder / "zensus2011_100m_long.parquet")
    table = inside(norderstedt, table.filter(pl.col("feature") == feature))
    with norderstedt.engine.connect() as connection:
        cells, number = connection.execute(
            text("SELECT count(*), sum(c.value) FROM warehouse.count c JOIN catalogue.measure m ON m.id = c.measure_id "
                 "WHERE m.code = :measure"), {"measure": measure}
        ).one()  # fmt: skip
    assert (cells, number) == (table.height, table["value"].sum())


def test_facilities_are_points_in_the_city(norderstedt: Example) -> None:
    with norderstedt.engine.connect() as connection:
        kinds = dict(connection.execute(text("SELECT art, count(*) FROM sozialbericht.einrichtung GROUP BY art")).all())
        outside = connection.scalar(
            text("SELECT count(*) FROM sozialbericht.einrichtung e, sozialbericht.gebiet g "
                 "WHERE g.ebene = 'stadt' AND NOT ST_DWithin(e.geom, g.geom, 500)")
        )  # fmt: skip
    assert kinds["schule"] > 20
    assert kinds["kita"] > 40
    assert outside == 0
