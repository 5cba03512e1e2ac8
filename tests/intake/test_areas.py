"""Tables of counts by area: shapes, signs, control totals, and what is wrong with bad ones."""

from __future__ import annotations

import re
import zipfile
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import xlsxwriter
from sqlalchemy import Connection, text

from etl.catalogue import Catalogue, Measure, Source
from etl.errors import InputError, SetupError
from etl.intake.deliver import deliver
from etl.intake.outcome import DeliveryOutcome
from etl.warehouse import catalogue_sync
from tests.intake.support import STADTTEILE, rejects

AT = date(2024, 12, 31)
CODE = "tabelle"
SYMBOLS = {"*": {"status": "geheim"}, "-": {"status": "gueltig", "value": 0}, "…": {"status": "folgt"}}
WIDE: dict[str, Any] = {
    "kind": "areas",
    "name": "breit",
    "level": "stadtteil",
    "area": {"column": "Gebiet", "by": "name", "unlocated": ["keine Angabe"], "total": ["Stadt"]},
    "values": {"Haushalte": "haushalte", "Arbeitslose": "arbeitslose"},
    "symbols": SYMBOLS,
}


def _extended(connection: Connection, catalogue: Catalogue, form: dict[str, Any]) -> Catalogue:
    """The shipped catalogue with one more source of this form and a measure for every column code."""
    source = Source.model_validate(
        {
            "code": CODE, "title": "Tabelle", "owner": catalogue.owners[0].code, "periodicity": "jaehrlich",
            "smallest_level": form["level"], "forms": [form],
        }
    )  # fmt: skip
    measures = [Measure(code=f"t_{c}", title=c, source=CODE, column=c) for c in sorted(source.offered())]
    out = replace(catalogue, sources=(*catalogue.sources, source), measures=(*catalogue.measures, *measures))
    catalogue_sync.sync(connection, out)
    return out


def _take(connection: Connection, catalogue: Catalogue, form: dict[str, Any], path: Path) -> DeliveryOutcome:
    return deliver(connection, _extended(connection, catalogue, form), CODE, path, reference_date=AT)


def _csv(path: Path, *lines: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(("\n".join(lines) + "\n").encode(encoding))
    return path


def _values(connection: Connection, column: str, period: str = "2024") -> dict[str | None, float | str]:
    """Value, or status where there is none, by name of the unit; None is what is not attributable."""
    query = text(
        "SELECT u.name, c.value, c.status FROM warehouse.count c JOIN catalogue.measure m ON m.id = c.measure_id "
        "LEFT JOIN geo.unit u ON u.id = c.unit_id WHERE m.code = :measure AND c.period = :period"
    )
    rows = connection.execute(query, {"measure": f"t_{column}", "period": period})
    return {name: status if value is None else value for name, value, status in rows}


ROWS = [f"{name};{100 * n};{n}" for n, name in enumerate(STADTTEILE, start=1)]
HEAD = "Gebiet;Haushalte;Arbeitslose"


def test_wide_table(connection: Connection, catalogue: Catalogue, tmp_path: Path) -> None:
    rows = [*ROWS[:3], "Ostau;400;*", "Mitte;-;…", "keine Angabe;7;-", "Stadt;1007;15", "* = weniger als 10;;"]
    outcome = _take(connection, catalogue, WIDE, _csv(tmp_path / "a.csv", HEAD, *rows))
    assert _values(connection, "haushalte") == {
        "Nordheim": 100, "Südheim": 200, "Westhöhe": 300, "Ostau": 400, "Mitte": 0, None: 7, "Stadt": 1007,
    }  # fmt: skip
    assert _values(connection, "arbeitslose") == {
        "Nordheim": 1, "Südheim": 2, "Westhöhe": 3, "Ostau": "geheim", "Mitte": "folgt", None: 0, "Stadt": 15,
    }  # fmt: skip
    assert (outcome.read, outcome.accepted, outcome.ignored, outcome.unlocated) == (8, 7, 1, 1)
    assert {t.column: (t.state, t.difference) for t in outcome.totals} == {
        "haushalte": ("met", 0), "arbeitslose": ("not_checkable", None),
    }  # fmt: skip


def test_control_total_that_is_not_met(connection: Connection, catalogue: Catalogue, tmp_path: Path) -> None:
    path = _csv(tmp_path / "a.csv", HEAD, *ROWS[:4], "Mitte;500;*", "Stadt;1490;9")
    totals = {t.column: t for t in _take(connection, catalogue, WIDE, path).totals}
    assert (totals["haushalte"].state, totals["haushalte"].difference) == ("not_met", -10)
    # the areas shown already exceed the total, whatever is withheld
    assert (totals["arbeitslose"].state, totals["arbeitslose"].summed) == ("not_met", 10)


LONG: dict[str, Any] = {
    "kind": "areas",
    "name": "lang",
    "format": {"separator": ",", "decimal": "."},
    "level": "stadtteil",
    "area": {"column": "district_id"},
    "period": {"by": "column", "column": "year"},
    "feature": "what",
    "value": "value",
    "features": {"births": "geburten"},
    "symbols": {"": {"status": "geheim"}},
}


def test_long_table_by_key_and_year_with_blanks(connection: Connection, catalogue: Catalogue, tmp_path: Path) -> None:
    rows = [f"{n},{year},births,{year - 2020 + n}" for n in range(1, 6) for year in (2021, 2022)]
    rows[3] = "2,2022,births,"
    path = _csv(tmp_path / "a.csv", "district_id,year,what,value", *rows, "1,2022,deaths,9")
    outcome = _take(connection, catalogue, LONG, path)
    assert outcome.periods == ["2021", "2022"]
    assert outcome.ignored == 1
    assert _values(connection, "geburten", "2022")["Südheim"] == "geheim"
    assert _values(connection, "geburten", "2021") == {name: 2 + n for n, name in enumerate(STADTTEILE)}


HEADING: dict[str, Any] = {
    "kind": "areas",
    "name": "stichtage",
    "format": {"thousands": "."},
    "level": "stadtteil",
    "area": {"column": "Stadtteil", "by": "name"},
    "period": {"by": "heading", "pattern": r"^31\.12\.(?P<jahr>\d{4})$"},
    "code": "einwohner",
}


def test_wide_by_date(connection: Connection, catalogue: Catalogue, tmp_path: Path) -> None:
    rows = [f"{name} ;1.23{n};10.14{n}" for n, name in enumerate(STADTTEILE)]
    path = _csv(tmp_path / "a.csv", "Stadt\u00adteil;31.12.2023;31.12.2022", *rows)
    assert _take(connection, catalogue, HEADING, path).periods == ["2022", "2023"]
    assert _values(connection, "einwohner", "2023")["Südheim"] == 1231
    assert _values(connection, "einwohner", "2022")["Südheim"] == 10141


def test_repeated_date_column_is_refused(connection: Connection, catalogue: Catalogue, tmp_path: Path) -> None:
    path = _csv(tmp_path / "a.csv", "Stadtteil;31.12.2023;31.12.2023", *(f"{n};1;2" for n in STADTTEILE))
    with pytest.raises(InputError, match=r"Spalte „31\.12\.2023“ kommt mehrfach vor"):
        _take(connection, catalogue, HEADING, path)


GRID: dict[str, Any] = {
    "kind": "areas",
    "name": "gitter",
    "format": {"type": "parquet"},
    "level": "stadtteil",
    "area": {"grid": {"x": "x", "y": "y", "size": 100}, "elsewhere": "ignore"},
    "feature": "feature",
    "value": "value",
    "features": {"EINWOHNER": "einwohner"},
    "quality": {"column": "quality", "words": {"0": "gueltig", "1": "unsicher"}},
}


def test_grid_cells_from_parquet(connection: Connection, catalogue: Catalogue, tmp_path: Path) -> None:
    connection.execute(text("UPDATE geo.unit SET key = 'CRS3035RES100mN3400300E4321400' WHERE name = 'Mitte'"))
    path = tmp_path / "a.parquet"
    pl.DataFrame(
        {
            "value": [5, 7, 3, 9], "quality": [1, 0, 0, 0], "x": [4321450, 4321450, 4329950, 4321400],
            "y": [3400350, 3400350, 3400350, 3400350], "feature": ["EINWOHNER", "ANDERES", "EINWOHNER", "ANDERES"],
        }
    ).head(3).write_parquet(path)  # fmt: skip
    outcome = _take(connection, catalogue, GRID, path)
    assert _values(connection, "einwohner") == {"Mitte": 5}
    assert connection.scalar(text("SELECT status FROM warehouse.count")) == "unsicher"
    assert (outcome.read, outcome.ignored, outcome.rejected) == (3, 2, 0)


FAULTS = {
    "1.234": "„1.234“ ist mehrdeutig: mit Tausenderzeichen hieße es 1234, mit Dezimalzeichen 1,234; vereinbart ist",
    "1,234": "„1,234“ ist mehrdeutig: mit Tausenderzeichen hieße es 1234, mit Dezimalzeichen 1,234; erwartet ist eine",
    "3,5": "erwartet ist eine ganze Zahl",
    "-4": "eine Anzahl kann nicht negativ sein",
    "12a": "ist keine Zahl und kein vereinbartes Zeichen (vereinbart sind „*“, „-“, „…“)",
    "1.2.3": "ist keine Zahl in der vereinbarten Schreibweise",
    "": "die Zelle ist leer, und für leere Zellen ist nichts vereinbart (symbols)",
}


@pytest.mark.parametrize("cell", FAULTS)
def test_wrong_cells(connection: Connection, catalogue: Catalogue, tmp_path: Path, cell: str) -> None:
    path = _csv(tmp_path / "a.csv", HEAD, *ROWS[:4], f"Mitte;{cell};5")
    outcome = _take(connection, catalogue, WIDE, path)
    ((line, column, value, reason),) = rejects(connection)
    assert (line, column, value) == (6, "Haushalte", cell)
    assert reason.startswith(FAULTS[cell])
    assert "Mitte" not in _values(connection, "arbeitslose")  # a row with a fault is left out whole
    assert "ohne Zeile in der Datei: Mitte" in outcome.warnings


def test_unknown_and_repeated_areas(connection: Connection, catalogue: Catalogue, tmp_path: Path) -> None:
    wide = [*ROWS, *(f"{n};1;1" for n in ("Nordhiem",)), "Mitte;500;5"]
    longer = [*wide, *(f"keine Angabe;{n};1" for n in range(1))]
    form = WIDE | {"area": WIDE["area"] | {"skip": ["egal"]}}
    path = _csv(tmp_path / "a.csv", HEAD, *longer, *(["egal;1;1"] * 3))
    outcome = _take(connection, catalogue, form, path)
    assert (outcome.rejected, outcome.ignored) == (2, 3)
    first, second = rejects(connection)
    assert first[:3] == (7, "Gebiet", "Nordhiem")
    assert first[3] == (
        "dieses Gebiet gibt es im Gebietsstand test auf der Ebene stadtteil nicht; ähnlich ist „Nordheim“"
    )
    assert second[:3] == (8, "Gebiet", "Mitte")
    assert second[3].endswith("schon in Zeile 6 vor")


def test_misspelt_word_for_what_is_not_attributable(
    connection: Connection, catalogue: Catalogue, tmp_path: Path
) -> None:
    outcome = _take(connection, catalogue, WIDE, _csv(tmp_path / "a.csv", HEAD, *ROWS, "ohne Angabe;7;1"))
    assert outcome.rejected == 1
    ((_, _, value, reason),) = rejects(connection)
    assert value == "ohne Angabe"
    assert reason.endswith("nicht; ähnlich ist „keine Angabe“")


def test_a_repeated_column_that_nobody_reads_does_no_harm(
    connection: Connection, catalogue: Catalogue, tmp_path: Path
) -> None:
    form = WIDE | {"ignore_columns": ["Bemerkung"]}
    path = _csv(tmp_path / "a.csv", f"{HEAD};Bemerkung;Bemerkung", *(f"{row};x;y" for row in ROWS))
    assert _take(connection, catalogue, form, path).accepted == 5


@pytest.mark.parametrize(
    ("year", "reason"),
    [
        ("21", "zweistellige Jahreszahl"),
        ("2099", "liegt nach dem Stichtag der Lieferung (31.12.2024)"),
        ("1021", "liegt vor 1900"),
        ("30.02.2021", "diesen Kalendertag gibt es nicht"),
        ("neulich", "ist weder ein Jahr (2025) noch ein Datum"),
        ("", "der Zeitraum fehlt"),
    ],
)
def test_wrong_years(connection: Connection, catalogue: Catalogue, tmp_path: Path, year: str, reason: str) -> None:
    rows = [f"{n},2021,births,1" for n in range(1, 6)]
    path = _csv(tmp_path / "a.csv", "district_id,year,what,value", *rows, f"1,{year},births,2")
    _take(connection, catalogue, LONG, path)
    ((line, column, value, why),) = rejects(connection)
    assert (line, column, value) == (7, "year", year)
    assert why.startswith(reason)


def test_without_boundaries_of_the_level(connection: Connection, catalogue: Catalogue, tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="noch keinen Gebietsstand mit der Ebene bezirk"):
        _take(connection, catalogue, WIDE | {"level": "bezirk"}, _csv(tmp_path / "a.csv", HEAD, *ROWS))


def _workbook(path: Path, fill: Any) -> Path:
    book = xlsxwriter.Workbook(str(path))
    fill(book)
    book.close()
    return path


XLSX = WIDE | {"format": {"type": "xlsx", "header_row": 3}}


def _plain(book: Any) -> None:
    hidden = book.add_worksheet("versteckt")
    hidden.hide()
    hidden.write(0, 0, "=1")
    sheet = book.add_worksheet("Daten")
    book.worksheets()[1].activate()
    sheet.write(0, 0, "Titel")
    sheet.merge_range(1, 0, 2, 0, "Gebiet")
    sheet.merge_range(1, 1, 1, 2, "2024")
    sheet.write_row(2, 1, ["Haushalte", "Arbeitslose"])
    for n, name in enumerate(STADTTEILE):
        sheet.write_row(3 + n, 0, [name, 100.0 * (n + 1), "*" if n == 4 else n])


def test_workbook_with_hidden_sheet_merged_header_and_numbers(
    connection: Connection, catalogue: Catalogue, tmp_path: Path
) -> None:
    outcome = _take(connection, catalogue, XLSX, _workbook(tmp_path / "a.xlsx", _plain))
    assert outcome.rejected == 0
    assert _values(connection, "haushalte")["Mitte"] == 500
    assert _values(connection, "arbeitslose")["Mitte"] == "geheim"


def test_formula_cells_are_refused_by_name(connection: Connection, catalogue: Catalogue, tmp_path: Path) -> None:
    def fill(book: Any) -> None:
        _plain(book)
        sheet = book.worksheets()[1]
        sheet.write_formula(3, 1, "=50+50", None, 100)
        sheet.write_formula(7, 2, "=SUM(C4:C6)", None, 3)

    with pytest.raises(InputError, match=r"das Blatt „Daten“ enthält Formeln \(B4, C8\); bitte als Werte speichern"):
        _take(connection, catalogue, XLSX, _workbook(tmp_path / "a.xlsx", fill))


def test_truncated_workbook(connection: Connection, catalogue: Catalogue, tmp_path: Path) -> None:
    path = _workbook(tmp_path / "a.xlsx", _plain)
    whole = path.read_bytes()
    for size in (len(whole) // 2, len(whole) - 30, 40):
        path.write_bytes(whole[:size])
        with pytest.raises(InputError, match="die XLSX-Datei ist unvollständig oder beschädigt; bitte neu liefern"):
            _take(connection, catalogue, XLSX, path)


def test_damaged_sheet_in_a_whole_archive(connection: Connection, catalogue: Catalogue, tmp_path: Path) -> None:
    source = _workbook(tmp_path / "a.xlsx", _plain)
    broken = tmp_path / "b.xlsx"
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(broken, "w", zipfile.ZIP_DEFLATED) as new:
        for item in old.infolist():
            data = old.read(item)
            new.writestr(item.filename, data[: len(data) // 2] if "sheet2" in item.filename else data)
    with pytest.raises(InputError, match="unvollständig oder beschädigt"):
        _take(connection, catalogue, XLSX, broken)


def test_workbook_that_unpacks_to_gigabytes(connection: Connection, catalogue: Catalogue, tmp_path: Path) -> None:
    path = _workbook(tmp_path / "a.xlsx", _plain)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/gross.bin", bytes(64 * 1024**2))
    with pytest.raises(InputError, match="die XLSX-Datei wäre entpackt 64 MB groß"):
        _take(connection, catalogue, XLSX, path)


def test_other_kinds_of_files_are_named(connection: Connection, catalogue: Catalogue, tmp_path: Path) -> None:
    path = tmp_path / "a.xls"
    path.write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(100))
    with pytest.raises(InputError, match="das alte Excel-Format"):
        _take(connection, catalogue, XLSX, path)
    with pytest.raises(
        InputError, match=re.escape("die Datei ist CSV, die Quelle tabelle kommt als Excel-Arbeitsmappe")
    ):
        _take(connection, catalogue, XLSX, _csv(tmp_path / "a.csv", HEAD, *ROWS))
    path = tmp_path / "a.parquet"
    path.write_bytes(b"PAR1" + bytes(50))
    with pytest.raises(InputError, match="die Parquet-Datei ist unvollständig oder beschädigt"):
        _take(connection, catalogue, GRID, path)
