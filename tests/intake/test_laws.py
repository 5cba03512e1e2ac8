"""Laws of the readers, tried with invented input."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from etl.catalogue.sources import Dimension, FileFormat, Source
from etl.errors import InputError
from etl.intake import checks
from etl.intake.cellvalues import read_cell, read_number
from etl.intake.commands import defused
from etl.intake.csvtable import LINE, batches
from etl.intake.header import tidy
from etl.intake.periods import period_of

FORMATS = [
    FileFormat(decimal=",", thousands="."),
    FileFormat(decimal=",", thousands=" "),
    FileFormat(decimal=".", thousands=","),
    FileFormat(decimal=",", thousands=""),
    FileFormat(decimal=".", thousands=""),
]


def _written(number: int, layout: FileFormat) -> str:
    return f"{number:,}".replace(",", layout.thousands)


@given(st.integers(-(10**9), 10**9), st.sampled_from(FORMATS))
def test_a_number_written_as_agreed_is_read_back(number: int, layout: FileFormat) -> None:
    read = read_number(_written(number, layout), layout, integer=True, negative=True)
    assert (read.value, read.status, read.fault) == (number, "gueltig", None)


@given(st.integers(1, 999), st.integers(0, 999), st.sampled_from(FORMATS), st.sampled_from(".,"))
def test_three_digits_after_a_sign_are_never_read_two_ways(
    whole: int, rest: int, layout: FileFormat, mark: str
) -> None:
    """A whole number with one grouping sign is either thousands as agreed, or a fault that names both readings."""
    written = f"{whole}{mark}{rest:03d}"
    read = read_number(written, layout, integer=True, negative=False)
    if mark == layout.thousands:
        assert read.value == whole * 1000 + rest
    else:
        assert read.value is None
        assert "mehrdeutig" in str(read.fault)
        assert f"hieße es {whole}{rest:03d}" in str(read.fault)


@given(st.text(max_size=12), st.sampled_from(FORMATS))
def test_a_cell_is_a_value_or_a_fault(written: str, layout: FileFormat) -> None:
    read = read_cell(written, layout, {}, integer=False, negative=True)
    assert (read.fault is None) == (read.status is not None) == (read.value is not None)


def test_numbers_with_typographic_signs() -> None:
    blank = FileFormat(decimal=",", thousands=" ")
    for written in ("-  23", "−23", "- 23   "):
        assert read_number(written, blank, integer=True, negative=True).value == -23
    for written in ("1 788 994", " 1 788 994    ", "1 788 994"):
        assert read_number(written, blank, integer=True, negative=False).value == 1788994


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\r\0\ufffdÃâ", exclude_categories=["Cs"]), max_size=8)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(
    rows=st.lists(st.lists(CELL, min_size=1, max_size=5), max_size=12),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_csv_rows_are_those_of_the_csv_module_with_their_lines(
    tmp_path: Path, rows: list[list[str]], quoting: int
) -> None:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", quoting=quoting, lineterminator="\n")
    expected: list[tuple[int, tuple[str, ...]]] = []
    ragged: list[tuple[int, int]] = []
    out.write("a;b;c\n")
    for row in rows:
        line = out.getvalue().count("\n") + 1
        writer.writerow(row)
        if not out.getvalue().rstrip("\n").split("\n") or set(_last(out.getvalue(), line)) <= {";"}:
            continue  # a blank row is none
        if len(row) == 3:
            expected.append((line, tuple(cell.strip(" \t\u00a0") for cell in row)))
        else:
            ragged.append((line, len(row)))
    path = tmp_path / "a.csv"
    path.write_bytes(out.getvalue().encode())
    found, wrong = [], []
    for batch in batches(path, FileFormat(), ("a", "b", "c"), "a.csv"):
        found += [(row[-1], row[:-1]) for row in batch.frame.select("a", "b", "c", LINE).iter_rows()]
        wrong += [(r.line, r.found) for r in batch.ragged]
    assert found == expected
    assert wrong == ragged


def _last(text: str, line: int) -> str:
    """The physical lines from ``line`` on, without line ends."""
    return "".join(text.split("\n")[line - 1 :])


def test_batches_of_any_size_give_the_same_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = ["a;b", *(f'"x{n}\n;y";{n}' if n % 7 == 0 else f"x{n};{n}" for n in range(200)), "z;1;2", "", "w;9"]
    path = tmp_path / "a.csv"
    path.write_bytes("\n".join(lines).encode())
    results = []
    for size in (16, 37, 1000, 10**6):
        monkeypatch.setattr("etl.intake.textfile.CHUNK", size)
        parts = list(batches(path, FileFormat(), ("a", "b"), "a.csv"))
        results.append((pl.concat([p.frame for p in parts]).rows(), [r for p in parts for r in p.ragged]))
    assert len(results[0][0]) == 201
    assert all(r == results[0] for r in results)


@given(st.dates(date(1910, 1, 1), date(2024, 12, 31)), st.dates(date(2015, 1, 1), date(2025, 12, 31)))
def test_completed_years_are_birthdays_had(born: date, at: date) -> None:
    check = checks.dimension("alter", Dimension(column="g", type="birth_date", max=115), at)
    frame = pl.DataFrame({"g": [f"{born:%d.%m.%Y}"]})
    assert check.value is not None
    years = frame.select(check.value)[0, 0]
    birthdays = sum((born.month, born.day) <= (at.month, at.day) if y == at.year else True
                    for y in range(born.year + 1, at.year + 1))  # fmt: skip
    if born <= at:
        assert years == birthdays
    assert bool(frame.select(check.right)[0, 0]) == (born <= at and birthdays <= 115)


SOURCES = [
    Source.model_validate(
        {"code": "s", "title": "s", "owner": "o", "periodicity": p, "smallest_level": "block",
         "forms": [{"kind": "records", "name": "f", "location": {"block": "b"}, "dimensions": {}}]}
    )
    for p in ("jaehrlich", "vierteljaehrlich", "halbjaehrlich", "schuljahr", "einmalig")
]  # fmt: skip


@given(st.dates(date(1950, 1, 1), date(2099, 12, 31)), st.sampled_from(SOURCES))
def test_periods_are_half_open_and_tile_time(day: date, source: Source) -> None:
    period = period_of(source, day)
    assert period.start <= day < period.end
    assert period_of(source, period.start) == period
    assert period_of(source, period.end - timedelta(days=1)) == period
    following = period_of(source, period.end)
    assert following.start == period.end
    assert following.code > period.code


def test_names_of_periods() -> None:
    yearly, quarterly, half, school, _ = SOURCES
    assert period_of(yearly, date(2025, 12, 31)).code == "2025"
    assert period_of(quarterly, date(2025, 3, 31)).code == "2025-Q1"
    assert period_of(half, date(2025, 12, 31)).code == "2025-H2"
    assert period_of(school, date(2025, 9, 15)).code == "2025/26"
    assert period_of(school, date(2000, 7, 31)).code == "1999/00"


@given(st.text(min_size=1, max_size=6))
def test_no_defused_cell_is_a_formula(cell: str) -> None:
    assert not defused(cell).startswith(("=", "+", "-", "@", "\t", "\r"))
    assert defused(cell).removeprefix("'") == cell.removeprefix("'")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Migrations\u00adhintergrund", "Migrationshintergrund"),
        ("\ufeffGebiet ", "Gebiet"),
        ("PLZ-\nBereich", "PLZ-Bereich"),
        ("65-Jährige\u00a0und  Ältere", "65-Jährige und Ältere"),
    ],
)
def test_headings_are_tidied(written: str, meant: str) -> None:
    assert tidy(written) == meant


def test_cells_longer_than_any_sense_are_an_open_quotation_mark(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b'a;b\n1;2\n3;"' + b"x;y\n" * 40_000)
    with pytest.raises(InputError, match="Zeile 3: ein Anführungszeichen"):
        list(batches(path, FileFormat(), ("a", "b"), "a.csv"))
