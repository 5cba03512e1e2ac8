"""Flensburg: real Shapefiles and eight tables of its social atlas, by catalogue alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from sqlalchemy import text

from etl.publish import qgis_project
from etl.warehouse import service
from tests.reference.conftest import Example

pytestmark = pytest.mark.reference


@pytest.fixture(scope="module")
def flensburg(run_example: Callable[[str, str], Example]) -> Example:
    """The example, published."""
    return run_example("flensburg", "flensburg")


def test_units_nest_exactly_after_mending(flensburg: Example) -> None:
    with flensburg.engine.connect() as connection:
        counts = dict(connection.execute(text("SELECT ebene, count(*) FROM sozialbericht.gebiet GROUP BY ebene")).all())
        worst = connection.scalar(
            text("""
            SELECT max(ST_Area(ST_SymDifference(p.geom, c.geom)))
            FROM geo.unit p
            JOIN LATERAL (SELECT ST_Union(u.geom) AS geom FROM geo.unit u WHERE u.parent_id = p.id) c ON true
            WHERE p.level = 'stadtteil'
            """)
        )
        report = connection.scalar(text("SELECT report::text FROM geo.boundary_load WHERE level = 'bezirk'"))
        invalid = connection.scalar(text("SELECT count(*) FROM geo.unit WHERE NOT ST_IsValid(geom)"))
    assert counts == {"stadt": 1, "stadtteil": 13, "bezirk": 41}
    assert worst < 1
    assert invalid == 0
    assert "repariert" in report or "repair" in report


def test_population_is_the_tables(flensburg: Example) -> None:
    table = pl.read_csv(flensburg.folder / "tables" / "residents_by_district.csv")
    expected = dict(table.group_by("year").agg(pl.col("residents").sum()).iter_rows())
    with flensburg.engine.connect() as connection:
        rows = connection.execute(
            text("SELECT zeitraum, wert FROM sozialbericht.wert WHERE kennzahl = 'BEV01' AND ebene = 'stadt'")
        ).all()
    published = {int(year): value for year, value in rows}
    assert published == expected
    assert published[2021] == 97_877


def test_at_least_five_rates_a_stadtteil_in_all_years(flensburg: Example) -> None:
    with flensburg.engine.connect() as connection:
        rates = connection.execute(
            text("""
            SELECT w.kennzahl, count(DISTINCT w.gebiet) AS gebiete, count(DISTINCT w.zeitraum) AS jahre
            FROM sozialbericht.wert w JOIN sozialbericht.kennzahl k USING (kennzahl)
            WHERE w.ebene = 'stadtteil' AND k.art IN ('anteil', 'rate') AND w.status = 'gueltig' GROUP BY w.kennzahl
            """)
        ).all()
    assert len([r for r in rates if r.gebiete >= 12 and r.jahre >= 5]) >= 5


def test_blanks_are_withheld_not_zero(flensburg: Example) -> None:
    table = pl.read_csv(flensburg.folder / "tables" / "risk_homelessness_by_district.csv")
    blanks = {
        (str(r["year"]), f"STGT{r['district_id']:02}") for r in table.iter_rows(named=True) if r["residents"] is None
    }
    with flensburg.engine.connect() as connection:
        rows = connection.execute(
            text("SELECT zeitraum, gebiet, status, wert FROM sozialbericht.wert "
                 "WHERE kennzahl = 'SOZ09' AND ebene = 'stadtteil'")
        ).all()  # fmt: skip
    withheld = {(r.zeitraum, r.gebiet) for r in rows if r.status == "geheim"}
    assert blanks
    assert blanks <= withheld
    assert all(r.wert is None for r in rows if r.status == "geheim")


def test_reference_day_of_the_unemployed_is_june(flensburg: Example) -> None:
    with flensburg.engine.connect() as connection:
        days = connection.scalars(
            text("SELECT DISTINCT to_char(reference_date, 'MM-DD') FROM warehouse.unit_count c "
                 "JOIN catalogue.measure m ON m.id = c.measure_id WHERE m.code = 'arbeitslose'")
        ).all()  # fmt: skip
    assert days == ["06-30"]


@pytest.mark.qgis
def test_project_opens_on_it(flensburg: Example, tmp_path: Path) -> None:
    project = tmp_path / "flensburg.qgs"
    qgis_project.build(flensburg.catalogue, project, service_file=service.service_file())
    layers = qgis_project.check(project, service.service_file())
    assert layers
    assert all(layer.valid for layer in layers)
    maps = [qgis_project.Map("SOZ01", tmp_path / "soz01.png")]
    drawn = qgis_project.render(project, maps, service_file=service.service_file())
    assert drawn
    assert (tmp_path / "soz01.png").stat().st_size > 20_000
