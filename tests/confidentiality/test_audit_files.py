"""Exported files are read back: they hold the rows of the views and nothing else."""

from __future__ import annotations

import csv
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter
from sqlalchemy import Connection

from etl.catalogue import Catalogue
from etl.confidentiality.audit.files import audit_files, plain
from etl.publish.exports.build import build
from etl.publish.source import Source
from tests.conftest import Published


@pytest.fixture(scope="module")
def exports(published: Published, catalogue: Catalogue, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The release's files as they are really made."""
    folder = tmp_path_factory.mktemp("stand")
    source = Source(published.engine, "sozialbericht")
    build(source, catalogue, folder / "exporte", ("csv", "xlsx", "gpkg", "parquet"))
    return folder


@pytest.fixture
def reader(published: Published) -> Iterator[Connection]:
    with published.engine.connect() as connection:
        yield connection


def words(connection: Connection, folder: Path) -> list[str]:
    return [f.words for f in audit_files(connection, "sozialbericht", folder).faults]


def test_files_hold_what_the_views_hold(reader: Connection, exports: Path) -> None:
    found = audit_files(reader, "sozialbericht", exports)
    assert [f.words for f in found.faults] == []
    assert found.unread == ()
    assert found.tables > 40
    assert found.numbers > 100_000


@pytest.mark.parametrize("kind", ["csv", "xlsx", "gpkg", "parquet", "json", "html"])
def test_a_number_that_no_view_has_is_found(reader: Connection, tmp_path: Path, kind: str) -> None:
    """One row of the values with another number; the same row unchanged is none."""
    fields = ("kennzahl", "gebiet", "zeitraum", "gruppe", "zaehler")
    statement = f"SELECT {', '.join(fields)} FROM sozialbericht.wert WHERE zaehler > 50 LIMIT 1"
    row = tuple(reader.exec_driver_sql(statement).one())
    for changed, number in enumerate((row[-1], row[-1] + 1)):
        write(tmp_path, kind, fields, (*row[:-1], number))
        found = words(reader, tmp_path)
        assert len(found) == changed
        assert all("steht nicht in der Sicht „wert“" in w for w in found)


def write(folder: Path, kind: str, fields: tuple[str, ...], row: tuple[object, ...]) -> None:
    path = folder / f"wert.{kind}"
    if kind == "csv":
        with path.open("w", encoding="utf-8-sig", newline="") as out:
            text = [str(c).replace(".", ",") if isinstance(c, float) else c for c in row]
            csv.writer(out, delimiter=";").writerows([fields, text])
    elif kind == "xlsx":
        with xlsxwriter.Workbook(path) as book:
            sheet = book.add_worksheet("Werte")
            sheet.write_row(0, 0, fields)
            sheet.write_row(1, 0, row)
    elif kind == "gpkg":
        path.unlink(missing_ok=True)
        with closing(sqlite3.connect(path)) as base:
            base.execute("CREATE TABLE gpkg_geometry_columns (table_name, column_name)")
            base.execute(f"CREATE TABLE wert (fid, {', '.join(fields)})")
            base.execute("INSERT INTO wert VALUES (1, ?, ?, ?, ?, ?)", row)
            base.commit()
    elif kind == "parquet":
        pl.DataFrame([row], schema=list(fields), orient="row").write_parquet(path)
    else:
        content = json.dumps({"werte": [dict(zip(fields, row, strict=True))]})
        path.write_text(content if kind == "json" else f'<script type="application/json">{content}</script>')


def test_what_no_view_is_called_is_found(reader: Connection, tmp_path: Path) -> None:
    (tmp_path / "rohdaten.csv").write_text("block;anzahl\n17;3\n", encoding="utf-8")
    (tmp_path / "wert.csv").write_text("kennzahl;geheim_eigentlich\nBEV01;3\n", encoding="utf-8")
    (tmp_path / "bild.png").write_bytes(b"x")
    (tmp_path / "kaputt.gpkg").write_bytes(b"kein GeoPackage")
    with xlsxwriter.Workbook(tmp_path / "mehr.xlsx") as book:
        book.add_worksheet("Hinweise").write_row(0, 0, ["Text"])
        book.get_worksheet_by_name("Hinweise").write_number(1, 0, 3)
    found = audit_files(reader, "sozialbericht", tmp_path)
    said = "\n".join(f.words for f in found.faults)
    assert "keine Sicht heißt so" in said
    assert "„geheim_eigentlich“ gibt es in der Sicht nicht" in said
    assert "kaputt.gpkg ist nicht lesbar" in said
    assert "Zahl 3" in said
    assert found.unread == ("bild.png",)


@pytest.mark.parametrize(
    ("value", "kind", "same"),
    [("1.234,5", "text", "1.234,5"), ("3,5", "double precision", 3.5), ("", "integer", None),
     (True, "boolean", "ja"), ("nein", "boolean", "nein"), ("'=A1", "text", "=A1"), (0.1 + 0.2, "numeric", 0.3)],
)  # fmt: skip
def test_cells_of_all_formats_compare(value: object, kind: str, same: object) -> None:
    assert plain(value, kind) == same
