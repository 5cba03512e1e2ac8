"""Files of a release, opened by other programs than the one that wrote them."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import fiona
import polars as pl
import pytest
import python_calamine
import shapely
from frictionless import Package, system
from rdflib import DCAT, DCTERMS, RDF, Graph, Namespace

from etl.catalogue import Catalogue
from etl.publish.exports.build import build
from etl.publish.exports.tables import as_text
from etl.publish.exports.workbook import write_workbook
from etl.publish.source import Source

DCATDE = Namespace("http://dcat-ap.de/def/dcatde/")


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def test_csv_holds_what_the_view_shows(exports: Path, source: Source) -> None:
    path = exports / "csv" / "wert.csv"
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    rows = {int(r["wert_id"]): r for r in rows_of(path)}
    shown = source.frame("wert")
    assert len(rows) == len(shown)
    for row in shown.filter(pl.col("wert").is_not_null()).head(500).iter_rows(named=True):
        told = rows[row["wert_id"]]
        assert float(told["wert"].replace(",", ".")) == row["wert"]
        assert told["status"] == row["status"]
    hidden = shown.filter(pl.col("status") == "geheim")["wert_id"].to_list()
    assert hidden
    for number in hidden:
        assert [rows[number][c] for c in ("zaehler", "nenner", "wert", "ki_unten", "ki_oben", "klasse")] == [""] * 6


def test_texts_never_become_formulas(source: Source) -> None:
    frame = pl.DataFrame(
        {"a": ["=1+1", "+49", "-5", "@x", "\t=1", "fein", None], "b": [-1.5, 2.0, None, 0.1, 1e6, 3.25, 0.0]}
    )
    text = as_text(frame)
    assert text["a"].to_list() == ["'=1+1", "'+49", "'-5", "'@x", "'\t=1", "fein", None]
    assert text["b"].to_list() == ["-1,5", "2", None, "0,1", "1000000", "3,25", "0"]
    assert as_text(frame, comma=False)["b"].to_list()[0] == "-1.5"


def test_the_workbook_has_real_numbers_and_no_formulas(exports: Path, source: Source) -> None:
    book = python_calamine.CalamineWorkbook.from_path(exports / "sozialbericht.xlsx")
    assert book.sheet_names[:4] == ["Hinweise", "Werte", "Kennzahlen", "Indizes"]
    notes = "\n".join(str(r[0]) for r in book.get_sheet_by_name("Hinweise").to_python())
    assert "synthetisch" in notes and source.edition.label in notes
    rows = book.get_sheet_by_name("Werte").to_python()
    column = {name: n for n, name in enumerate(rows[0])}
    valid = [r for r in rows[1:] if r[column["status"]] == "gueltig"]
    assert valid and all(isinstance(r[column["wert"]], float | int) for r in valid)
    withheld = [r for r in rows[1:] if r[column["status"]] == "geheim"]
    assert withheld and all(r[column["wert"]] == "" for r in withheld)


def test_a_hostile_name_stays_a_text_in_the_workbook(tmp_path: Path, source: Source, catalogue: Catalogue) -> None:
    class Hostile(Source):
        def frame(self, view: str, *args: object, **values: object) -> pl.DataFrame:
            found = super().frame(view, *args, **values)  # type: ignore[arg-type]
            return found.with_columns(pl.lit('=HYPERLINK("http://x")').alias("name")) if view == "wert" else found

    path = write_workbook(Hostile(source.engine, source.schema), catalogue, tmp_path / "b.xlsx")
    rows = python_calamine.CalamineWorkbook.from_path(path).get_sheet_by_name("Werte").to_python()
    assert {r[list(rows[0]).index("name")] for r in rows[1:]} == {'\'=HYPERLINK("http://x")'}


def test_the_geopackage_has_layers_tables_and_styles(exports: Path, source: Source) -> None:
    path = exports / "sozialbericht.gpkg"
    layers = fiona.listlayers(path)
    assert {"gebiet", "bevoelkerung_aktuell", "wert", "kennzahl"} <= set(layers)
    with fiona.open(path, layer="bevoelkerung_aktuell") as layer:
        assert layer.crs.to_epsg() == 25832
        features = list(layer)
    shown = source.frame("bevoelkerung_aktuell")
    assert len(features) == len(shown)
    by_unit = {f["properties"]["gebiet_id"]: f for f in features}
    for row in shown.iter_rows(named=True):
        assert by_unit[row["gebiet_id"]]["properties"]["bev04"] == row["bev04"]
        outline = shapely.geometry.shape(by_unit[row["gebiet_id"]]["geometry"])
        assert outline.equals(shapely.from_wkb(row["geom"]))
    with sqlite3.connect(path) as connection:
        default = connection.execute(
            "SELECT count(*) FROM layer_styles WHERE useAsDefault AND f_table_name = 'bevoelkerung_aktuell'"
        ).fetchone()
        assert default == (1,)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_parquet_is_read_by_another_program(exports: Path, source: Source) -> None:
    path = exports / "parquet" / "gebiet.parquet"
    geo = json.loads(pl.read_parquet_metadata(path)["geo"])
    about = geo["columns"][geo["primary_column"]]
    assert geo["version"] == "1.1.0" and about["encoding"] == "WKB" and about["geometry_types"] == ["MultiPolygon"]
    assert about["crs"]["id"] == {"authority": "EPSG", "code": 25832}
    shapes = shapely.from_wkb(pl.read_parquet(path)["geom"].drop_nulls().to_list())
    assert shapely.is_valid(shapes).all() and list(shapely.total_bounds(shapes)) == about["bbox"]
    values = pl.read_parquet(exports / "parquet" / "wert.parquet")
    assert values["wert"].to_list() == source.frame("wert")["wert"].to_list()


def test_the_data_package_validates(exports: Path) -> None:
    with system.use_context(trusted=True):
        report = Package(str(exports / "csv" / "datapackage.json")).validate()
    assert report.valid, report.flatten(["title", "rowNumber", "fieldName", "message"])[:5]
    assert len(report.tasks) > 10


def test_metadata_say_what_the_german_profile_demands(exports: Path, catalogue: Catalogue) -> None:
    graphs = [Graph().parse(exports / f"metadaten.{s}") for s in ("ttl", "rdf", "jsonld")]
    assert len({len(g) for g in graphs}) == 1
    graph = graphs[0]
    [data] = graph.subjects(RDF.type, DCAT.Dataset)
    for needed in (
        DCTERMS.title, DCTERMS.description, DCTERMS.publisher, DCAT.contactPoint, DCAT.theme, DCAT.distribution,
        DCATDE.contributorID, DCATDE.politicalGeocodingLevelURI, DCATDE.politicalGeocodingURI,
    ):  # fmt: skip
        assert list(graph.objects(data, needed)), needed
    assert "SYNTHETISCH" in str(next(graph.objects(data, DCTERMS.description)))
    assert str(next(graph.objects(data, DCATDE.politicalGeocodingURI))).endswith(catalogue.city.ags)
    listed = set()
    for node in graph.objects(data, DCAT.distribution):
        assert list(graph.objects(node, DCTERMS.license)) and list(graph.objects(node, DCAT.accessURL))
        listed.add(str(next(graph.objects(node, DCTERMS.title))))
    assert {"csv/wert.csv", "sozialbericht.gpkg", "sozialbericht.xlsx", "parquet/gebiet.parquet"} <= listed


def test_the_dictionary_names_every_column(exports: Path, source: Source) -> None:
    page = (exports / "datenwoerterbuch.html").read_text(encoding="utf-8")
    assert '<html lang="de">' in page and "Synthetische Daten" in page
    for view in source.views.values():
        if view.name != "eigene_lieferung":
            assert f'id="sicht-{view.name}"' in page
            assert all(f"<code>{c.name}</code>" in page for c in view.columns)


def test_the_same_release_gives_the_same_bytes(exports: Path, tmp_path: Path, source: Source) -> None:
    again = tmp_path / "exporte"
    again.mkdir()
    program = """
import sys
from pathlib import Path
from etl.catalogue import load_catalogue
from etl.publish.exports.build import build
from etl.publish.source import Source
from etl.settings import DEFAULT_CATALOGUE
from etl.warehouse import engine
source = Source(engine.open_engine(sys.argv[1], role=None), "sozialbericht")
build(source, load_catalogue(DEFAULT_CATALOGUE), Path(sys.argv[2]), ("csv", "xlsx", "metadaten", "woerterbuch"))
"""
    address = source.engine.url.render_as_string(hide_password=False)
    # another process with another order of sets and dictionaries
    subprocess.run(
        [sys.executable, "-c", program, address, str(again)], check=True, capture_output=True,
        env={**os.environ, "PYTHONHASHSEED": "7"},
    )  # fmt: skip
    compared = 0
    for path in sorted(again.rglob("*")):
        if path.is_file() and not path.name.startswith("metadaten"):
            other = exports / path.relative_to(again)
            assert hashlib.sha256(path.read_bytes()).digest() == hashlib.sha256(other.read_bytes()).digest(), path.name
            compared += 1
    assert compared > 20
    # the metadata name other files here; alone they are compared as graphs
    assert len(Graph().parse(again / "metadaten.ttl")) > 50


@pytest.mark.parametrize("wanted", ["csv", "gpkg"])
def test_a_choice_of_formats(tmp_path: Path, source: Source, catalogue: Catalogue, wanted: str) -> None:
    build(source, catalogue, tmp_path, (wanted,))
    assert (tmp_path / "csv").exists() == (wanted == "csv")
    assert (tmp_path / "sozialbericht.gpkg").exists() == (wanted == "gpkg")
