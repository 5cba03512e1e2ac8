"""Whatever bytes come: a table is read or refused with a German reason, and no row of it gets lost."""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.catalogue import AreaForm, Source
from etl.errors import InputError
from etl.intake.archive import opened
from etl.intake.areatable import AreaValues, read_area_values
from etl.intake.csvtable import LINE
from etl.intake.forms import choose_form
from etl.intake.rejects import Rejects
from etl.intake.tablefile import read_table

AT = date(2024, 12, 31)
FORMS: dict[str, dict[str, Any]] = {
    "fachamt": {
        "kind": "areas", "name": "f", "level": "stadtteil",
        "format": {"encoding": "cp1252", "header_row": 2, "header_rows": 2, "footer": r"^\d\)"},
        "area": {"column": "Gebiet", "by": "name", "total": ["Stadt"], "unlocated": ["ohne"]},
        "values": {"Fälle | a": "a", "Fälle | b": "b"},
        "rates": [{"column": "Quote", "numerator": "a", "denominator": "b"}],
        "symbols": {"*": {"status": "geheim", "at_least": 1, "at_most": 9}, "": {"status": "geheim"}},
    },
    "agentur": {
        "kind": "areas", "name": "f", "level": "bezirk",
        "area": {"column": "Gliederung", "pattern": r"^00(\d)0(\d\d)001$", "total_pattern": "^SUMSUMSUM$",
                 "part_total": r"^00(\d)(?:SUMSUM|0(\d\d)SUM)$", "unlocated": ["keine Angabe"]},
        "period": {"by": "column", "column": "Monat"}, "values": {"Alo": "alo"},
        "symbols": {"*": {"status": "geheim", "at_least": 1, "at_most": 9}},
    },
    "offen": {
        "kind": "areas", "name": "f", "level": "stadtteil", "area": {"column": "Nr"}, "repeated": "last",
        "period": {"by": "heading", "pattern": r"\d{4}$"}, "feature": "Merkmal", "features": {"Arbeitslose": "alo"},
        "rates": [{"column": "Quote", "numerator": "alo", "denominator": "andere.spalte"}], "only": {"Land": ["SH"]},
        "symbols": {"": {"status": "geheim"}},
    },
}  # fmt: skip
FILES = {
    "fachamt": "\r\n".join(
        [
            "Titel",
            "Gebiet;Fälle;;Quote",
            ";a;b;",
            "Nord 1);1;10;10,0",
            "Süd;*;;",
            "ohne;0;3;0",
            "Stadt;5;13;1",
            "1) Note",
            "",
        ]
    ),
    "agentur": "\n".join(
        [
            "Monat;Gliederung;Alo",
            "202412;001001001;12",
            "202412;001SUMSUM;*",
            "202412;keine Angabe;3",
            "202412;SUMSUMSUM;15",
            "",
        ]
    ),
    "offen": "\n".join(
        [
            'Land;Merkmal;"N',
            'r";Nr;31.12.2023;31_12_2024',
            "SH;Arbeitslose;x;1;5;6",
            "SH;Quote;x;1;1,5;",
            "HH;Quote;x;1;5;6",
            "",
        ]
    ),
}
PIECES = [
    ";",
    "\n",
    "\r\n",
    '"',
    " 1)",
    "¹",
    "*",
    "1.234",
    "1,5",
    "-3",
    "  ",
    "SUM",
    "\u00ad",
    "é",
    "\0",
    "1e9",
    "202413",
    "ä" * 40,
]


def _source(name: str) -> Source:
    level = FORMS[name]["level"]
    return Source.model_validate(
        {"code": "q", "title": "Q", "owner": "o", "smallest_level": level, "forms": [FORMS[name]],
         "periodicity": "vierteljaehrlich" if name == "agentur" else "jaehrlich"}
    )  # fmt: skip


def _read(path: Path, name: str) -> tuple[pl.DataFrame, AreaValues]:
    source = _source(name)
    form = source.forms[0]
    assert isinstance(form, AreaForm)
    with opened(path) as delivered:
        fit = choose_form(source, delivered, None)
        rejects = Rejects()
        frame, _ = read_table(delivered, form, fit.names, rejects)
        return frame, read_area_values(frame, fit.names, source, form, AT, rejects)


def _accounted(frame: pl.DataFrame, values: AreaValues) -> None:
    """Every row is a value, a fault, or left out by agreement; and the figures say so."""
    faulty = set(values.rejects.table()["line"])
    told = set(values.cells[LINE]) | set(values.rates[LINE])
    assert not told & faulty
    assert values.read == len(set(frame[LINE]) | faulty)
    assert len(set(frame[LINE]) - told - faulty) <= values.ignored


@pytest.mark.parametrize("name", FORMS)
def test_the_files_themselves_are_fine(tmp_path: Path, name: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(FILES[name].encode(FORMS[name].get("format", {}).get("encoding", "utf-8")))
    frame, values = _read(path, name)
    assert values.rejects.table().is_empty()
    _accounted(frame, values)


@settings(max_examples=150, deadline=None)
@given(
    name=st.sampled_from(sorted(FORMS)),
    edits=st.lists(
        st.tuples(st.floats(0, 1), st.integers(0, 4), st.sampled_from(PIECES) | st.text(max_size=3)),
        min_size=1,
        max_size=6,
    ),
)
def test_damaged_text_is_read_or_refused(name: str, edits: list[tuple[float, int, str]]) -> None:
    text = FILES[name]
    for place, cut, piece in edits:
        at = int(place * len(text))
        text = text[:at] + piece + text[at + cut :]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.csv"
        path.write_bytes(text.encode(FORMS[name].get("format", {}).get("encoding", "utf-8"), "replace"))
        try:
            frame, values = _read(path, name)
        except InputError as refused:
            assert refused.problems
            return
    _accounted(frame, values)


NUMBERS = st.integers(-5, 10**7) | st.floats(allow_nan=False, allow_infinity=False, width=32)
WORDS = ["Gebiet", "Fälle", "a", "b", "Quote", "Nord", "Stadt", "*", "1) Note", "12 1)", "", " ", "1.234", "ohne"]
CELLS = st.none() | NUMBERS | st.sampled_from(WORDS)


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(st.lists(CELLS, max_size=6), max_size=10), merge=st.tuples(*[st.integers(0, 5)] * 4))
def test_any_sheet_is_read_or_refused(rows: list[list[Any]], merge: tuple[int, int, int, int]) -> None:
    top, left, height, width = merge
    form = FORMS["fachamt"] | {"format": {"type": "xlsx", "header_row": 2, "header_rows": 2, "footer": r"^\d\)"}}
    source = Source.model_validate(
        {
            "code": "q",
            "title": "Q",
            "owner": "o",
            "smallest_level": "stadtteil",
            "forms": [form],
            "periodicity": "jaehrlich",
        }
    )
    declared = source.forms[0]
    assert isinstance(declared, AreaForm)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.xlsx"
        book = xlsxwriter.Workbook(str(path), {"strings_to_numbers": False, "strings_to_formulas": False})
        sheet = book.add_worksheet("Tabelle")
        for n, row in enumerate([["Titel"], ["Gebiet", "Fälle"], ["", "a", "b"], *rows]):
            sheet.write_row(n, 0, row)
        if height + width:
            sheet.merge_range(top, left, top + height, left + width, "Fälle")
        book.close()
        rejects = Rejects()
        try:
            with opened(path) as delivered:
                fit = choose_form(source, delivered, None)
                frame, _ = read_table(delivered, declared, fit.names, rejects)
                values = read_area_values(frame, fit.names, source, declared, AT, rejects)
        except InputError as refused:
            assert refused.problems
            return
    _accounted(frame, values)
