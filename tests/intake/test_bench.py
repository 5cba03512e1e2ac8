"""What ``bench intake`` measures: the same city for all ways, and the same persons counted by all of them."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import fiona
import polars as pl
import pytest
import shapely
from sqlalchemy import Engine, text
from typer.testing import CliRunner

from etl import settings
from etl.catalogue import Catalogue
from etl.errors import SozialberichtError
from etl.intake.bench import commands
from etl.intake.bench.city import AT, BLOCK_ADDRESSES, BenchCity, lay_out, write_geometry, write_register
from etl.intake.bench.commands import Measurement, growth
from etl.intake.bench.memory import peak_mib
from etl.intake.deliver import deliver

CITY = BenchCity(3_000)


def test_files_and_database_hold_the_same_city(db: Engine, catalogue: Catalogue, tmp_path: Path) -> None:
    write_geometry(CITY, tmp_path / "b.gpkg", tmp_path / "a.csv")
    points = pl.read_csv(tmp_path / "a.csv", separator=";", schema_overrides={"strassenschluessel": pl.String})
    with fiona.open(tmp_path / "b.gpkg") as layer:
        blocks = {f["properties"]["block"]: shapely.geometry.shape(f["geometry"]) for f in layer}
    assert (len(points), len(blocks)) == (CITY.addresses, CITY.blocks)
    by_file = {
        f"{street}|{house}|": str(n // BLOCK_ADDRESSES)
        for n, (street, house) in enumerate(points.select("strassenschluessel", "hausnummer").iter_rows())
    }
    for n, (x, y) in enumerate(points.select("x", "y").iter_rows()):
        assert blocks[str(n // BLOCK_ADDRESSES)].contains(shapely.Point(x, y))
    with db.begin() as connection:
        lay_out(connection, CITY)
        rows = connection.execute(
            text("SELECT a.address_key, b.key, ST_Contains(b.geom, a.geom) FROM geo.address a "
                 "JOIN geo.block b ON b.id = a.block_id")
        ).all()  # fmt: skip
        assert {key: block for key, block, _ in rows} == by_file
        assert all(inside for *_, inside in rows)


@pytest.mark.parametrize("person_level", [False, True])
def test_the_extract_is_taken_in_whole(db: Engine, catalogue: Catalogue, tmp_path: Path, person_level: bool) -> None:
    path = tmp_path / "r.csv"
    write_register(CITY, path, person_level=person_level)
    with db.begin() as connection:
        lay_out(connection, CITY)
        outcome = deliver(
            connection, catalogue, "einwohner_bestand", path, reference_date=AT, allow_person_level=person_level
        )
    assert (outcome.persons, outcome.rejected) == (CITY.residents, 0)
    assert 0 < (outcome.persons_unlocated or 0) < 0.01 * CITY.residents
    assert outcome.reference_date == date(2024, 12, 31)


def test_memory_of_this_process_is_plausible() -> None:
    assert 20 < peak_mib() < 20_000


def test_growth_in_words() -> None:
    small = Measurement("Lieferung", 1_000, seconds=1.0, cpu_seconds=0.5, memory_mib=200)
    large = Measurement("Lieferung", 100_000, seconds=110.0, cpu_seconds=60.0, memory_mib=220)
    (sentence,) = growth([large, small])
    assert "100-mal" in sentence.replace("100,0", "100")
    assert "1,10-mal die Zeit und 1,20-mal die Rechenzeit" in sentence
    assert "1,10-mal den Speicher" in sentence
    assert growth([small]) == []


def test_ways_that_count_differently_are_an_error() -> None:
    one = Measurement("a", 1_000, seconds=1.0, persons=1_000, located=990)
    other = Measurement("b", 1_000, seconds=1.0, persons=1_000, located=991)
    with pytest.raises(SozialberichtError, match="zählen nicht gleich viele"):
        commands._check_equal([one, other])
    commands._check_equal([one, Measurement("c", 1_000, missing="nicht installiert")])


def test_what_is_not_installed_is_told_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands.importlib.util, "find_spec", lambda _name: None)
    found = commands._run("geopandas", {}, 1_000, 1)  # type: ignore[typeddict-item]
    assert found.seconds is None
    assert "constraints-bench.txt" in str(found.missing)


@pytest.mark.bench
def test_all_ways_side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "ui", settings.Ui())
    done = CliRunner().invoke(commands.app, ["intake", "--residents", "20000", "--json"])
    lines = [line for line in done.output.splitlines() if line.startswith("[")]
    found = {m["way"]: m for m in json.loads(lines[-1])}
    assert set(found) == {"Lieferung", "COPY", "GeoPandas", "DuckDB"}
    assert found["Lieferung"]["persons"] == 20_000
    assert all(m["seconds"] or m["missing"] for m in found.values())
