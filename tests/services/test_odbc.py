"""What Excel and Access do: ODBC through unixODBC and psqlODBC, with a real connection as a reader."""

from __future__ import annotations

import datetime
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pyodbc
import pytest

from etl import settings
from etl.warehouse import cluster, passwords, service
from tests.conftest import Published

DRIVER = "PostgreSQL Unicode"

pytestmark = [
    pytest.mark.skipif(DRIVER not in pyodbc.drivers(), reason="needs odbc-postgresql"),
    pytest.mark.skipif(service.existing_server() is not None, reason="one login there has no password of a reader"),
]


@pytest.fixture(scope="module")
def address(published: Published) -> dict[str, str]:
    """What a colleague types into the form of the driver."""
    info = cluster.known(settings.home())
    assert info is not None
    return {
        "Driver": DRIVER, "Servername": "127.0.0.1", "Port": str(info.port), "Database": published.name,
        "UID": service.READER, "PWD": passwords.read(settings.home())[service.READER], "BoolsAsChar": "0",
    }  # fmt: skip


@pytest.fixture(scope="module")
def reader(address: dict[str, str]) -> Iterator[pyodbc.Cursor]:
    text = ";".join(f"{key}={value}" for key, value in address.items())
    with pyodbc.connect(text, autocommit=True) as connection:
        yield connection.cursor()


def test_the_reader_is_the_reader(reader: pyodbc.Cursor) -> None:
    assert reader.execute("SELECT session_user").fetchval() == "leser"


def test_the_list_of_tables_holds_what_is_published(reader: pyodbc.Cursor, published: Published) -> None:
    listed = {(row.table_schem, row.table_name) for row in reader.tables(tableType="VIEW")}
    with psycopg.connect(service.dsn(published.name, service.ADMIN)) as connection:
        query = "SELECT schemaname, viewname FROM pg_views WHERE schemaname = 'sozialbericht'"
        published_views = set(connection.execute(query).fetchall())
    assert published_views <= listed
    # psqlODBC lists the names of other schemas as well; none of them opens
    for schema, view in listed - published_views:
        if schema not in {"public", "pg_catalog", "information_schema"}:
            with pytest.raises(pyodbc.Error, match="permission denied"):
                reader.execute(f'SELECT * FROM "{schema}"."{view}"')
    columns = {row.column_name: row.type_name for row in reader.columns(table="wert", schema="sozialbericht")}
    assert columns["wert"] == "float8"
    assert columns["stichtag"] == "date"
    assert columns["aktuell"] == "bool"


def test_values_come_as_numbers_dates_and_german_words(reader: pyodbc.Cursor, published: Published) -> None:
    query = (
        "SELECT wert, stichtag, name, status, hinweis, aktuell FROM sozialbericht.wert "
        "WHERE kennzahl = 'BEV11' AND zeitraum = '2025' AND gruppe = 'insgesamt' AND status = 'gueltig' ORDER BY gebiet"
    )
    rows = reader.execute(query).fetchall()
    with psycopg.connect(service.dsn(published.name, service.READER)) as connection:
        assert [tuple(row) for row in rows] == connection.execute(query).fetchall()
    value, date, _, _, notice, current = rows[0]
    assert isinstance(value, float)
    assert 20 < value < 70
    assert date == datetime.date(2025, 12, 31)
    assert "synthetische Daten" in notice
    assert current is True
    names = {row.titel for row in reader.execute("SELECT titel FROM sozialbericht.kennzahl")}
    assert "Anteil 65-Jähriger und Älterer" in names


def test_what_is_withheld_arrives_empty_and_says_so(reader: pyodbc.Cursor) -> None:
    rows = reader.execute(
        "SELECT wert, zaehler, nenner, ki_unten FROM sozialbericht.wert WHERE status = 'geheim'"
    ).fetchmany(500)
    assert len(rows) == 500
    assert {tuple(row) for row in rows} == {(None, None, None, None)}


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT 1 FROM warehouse.counts",
        "SELECT 1 FROM release.value",
        "DELETE FROM sozialbericht.gebiet",
        "CREATE TABLE public.meine_tabelle (a int)",
    ],
)
def test_nothing_else_can_be_read_or_written(reader: pyodbc.Cursor, statement: str) -> None:
    with pytest.raises(pyodbc.Error, match=r"permission denied|cannot"):
        reader.execute(statement)


def test_a_data_source_of_the_system_works_with_isql(
    address: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As written in the handbook: an entry in ``~/.odbc.ini``, without the password, and a query by its name."""
    entry = {key: value for key, value in address.items() if key not in {"UID", "PWD"}}
    lines = ["[sozialbericht]", *(f"{key} = {value}" for key, value in entry.items())]
    (tmp_path / "odbc.ini").write_text("\n".join(lines) + "\n", encoding="utf-8")
    monkeypatch.setenv("ODBCINI", str(tmp_path / "odbc.ini"))
    done = subprocess.run(
        ["isql", "-b", "-d;", "sozialbericht", address["UID"], address["PWD"]],
        input="SELECT count(*), min(gebiet) FROM sozialbericht.gebiet WHERE ebene = 'stadt'\n",
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.strip() == "1;01060063"
