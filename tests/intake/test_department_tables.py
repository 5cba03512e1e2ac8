"""Tables as departments send them: headings in two rows, marks, footnotes, hidden parts; nothing of it is lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from etl.catalogue import Catalogue, Measure, Source
from etl.errors import InputError
from etl.indicators.aggregate import aggregate
from etl.intake.deliver import deliver
from etl.intake.header import joined
from etl.intake.marks import split_mark
from etl.intake.outcome import DeliveryOutcome
from etl.warehouse import catalogue_sync
from tests.intake.support import STADTTEILE, rejects

AT = date(2024, 12, 31)
CODE = "fachamt"
FORM: dict[str, Any] = {
    "kind": "areas",
    "name": "tabelle",
    "format": {"type": "xlsx", "header_row": 4, "header_rows": 2, "footer": r"^(\d\)|Quelle)"},
    "level": "stadtteil",
    "area": {"column": "Stadtteil", "by": "name", "unlocated": ["ohne Zuordnung"], "total": ["Stadt insgesamt"]},
    "values": {
        "Notfälle | Klagen": "klagen", "Notfälle | Schulden": "schulden", "Notfälle | insgesamt": "insgesamt",
        "Haushalte": "haushalte",
    },
    "symbols": {"-": {"status": "gueltig", "value": 0}, ".": {"status": "geheim"}, "": {"status": "geheim"}},
    "sums": [{"left": "klagen + schulden", "right": "insgesamt"}],
}  # fmt: skip


def _catalogue(connection: Connection, catalogue: Catalogue, form: dict[str, Any]) -> Catalogue:
    """The shipped catalogue with one more source and a measure for every column."""
    source = Source.model_validate(
        {"code": CODE, "title": "Fachamt", "owner": catalogue.owners[0].code, "periodicity": "jaehrlich",
         "smallest_level": "stadtteil", "forms": [form]}
    )  # fmt: skip
    measures = [Measure(code=f"f_{c}", title=c, source=CODE, column=c) for c in sorted(source.offered())]
    out = replace(catalogue, sources=(*catalogue.sources, source), measures=(*catalogue.measures, *measures))
    catalogue_sync.sync(connection, out)
    return out


def _take(connection: Connection, catalogue: Catalogue, form: dict[str, Any], path: Path) -> DeliveryOutcome:
    return deliver(connection, _catalogue(connection, catalogue, form), CODE, path, reference_date=AT)


def _values(connection: Connection, column: str) -> dict[str | None, float | str]:
    query = text(
        "SELECT u.name, c.value, c.status FROM warehouse.count c JOIN catalogue.measure m ON m.id = c.measure_id "
        "LEFT JOIN geo.unit u ON u.id = c.unit_id WHERE m.code = :measure"
    )
    rows = connection.execute(query, {"measure": f"f_{column}"})
    return {name: status if value is None else value for name, value, status in rows}


def _texts(outcome: DeliveryOutcome, kind: str) -> list[str]:
    return [r.text for r in outcome.remarks if r.kind == kind]


def _workbook(path: Path, *, merged: bool = True, more: Any = None) -> Path:
    """Two titles, a blank row, headings in two rows, five areas, unlocated, total, a blank row, footnotes."""
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("Tabelle")
    sheet.write(0, 0, "Wohnungsnotfälle 2024 (erfunden)")
    sheet.write(1, 0, "Fachstelle für Wohnungssicherung")
    if merged:
        sheet.merge_range(3, 0, 4, 0, "Stadtteil")
        sheet.merge_range(3, 1, 3, 3, "Notfälle")
        sheet.merge_range(3, 4, 4, 4, "Haushalte ¹)")
    else:
        sheet.write(3, 0, "Stadtteil")
        sheet.write(3, 1, "Notfälle")
        sheet.write(3, 4, "Haushalte")
    sheet.write_row(4, 1, ["Klagen", "Schulden", "insgesamt"])
    for n, name in enumerate(STADTTEILE, start=1):
        sheet.write_row(4 + n, 0, [name + (" 1)" if n == 2 else " " if n == 3 else ""), n, 2 * n, 3 * n, 100 * n])
    sheet.write_row(10, 0, ["ohne Zuordnung", "-", 1, 1, 4])
    sheet.write_row(11, 0, ["Stadt insgesamt", 15, 31, 46, 1504])
    sheet.write(13, 0, "1) einschließlich der städtischen Unterkünfte")
    sheet.write(14, 0, "Quelle: Fachstelle, erfundene Zahlen")
    if more is not None:
        more(book, sheet)
    book.close()
    return path


@pytest.mark.parametrize("merged", [True, False])
def test_headings_in_two_rows_titles_and_footnotes(
    connection: Connection, catalogue: Catalogue, tmp_path: Path, merged: bool
) -> None:
    outcome = _take(connection, catalogue, FORM, _workbook(tmp_path / "a.xlsx", merged=merged))
    assert (outcome.read, outcome.accepted, outcome.rejected) == (7, 7, 0)
    expected = {name: 2 * n for n, name in enumerate(STADTTEILE, start=1)}
    assert _values(connection, "schulden") == {**expected, None: 1, "Stadt": 31}
    assert {t.state for t in outcome.totals} == {"met"}
    assert _texts(outcome, "titel") == ["Wohnungsnotfälle 2024 (erfunden)", "Fachstelle für Wohnungssicherung"]
    assert _texts(outcome, "fussnote") == [
        "1) einschließlich der städtischen Unterkünfte", "Quelle: Fachstelle, erfundene Zahlen",
    ]  # fmt: skip
    assert _texts(outcome, "zeichen") == ["1) an „Südheim“"]
    (sums,) = outcome.rates
    assert (sums.checked, sums.met) == (7, 7)


def test_the_same_as_csv(connection: Connection, catalogue: Catalogue, tmp_path: Path) -> None:
    lines = [
        "Wohnungsnotfälle 2024 (erfunden)", "Fachstelle;;", "", "Stadtteil;Notfälle;;;Haushalte",
        ";Klagen;Schulden;insgesamt;",
        *(f"{name};{n};{2 * n};{3 * n};{100 * n}" for n, name in enumerate(STADTTEILE, start=1)),
        "ohne Zuordnung;-;1;1;4", "Stadt insgesamt;15;31;46;1504", "",
        "1) einschließlich der städtischen Unterkünfte", "Quelle: Fachstelle;;;;",
    ]  # fmt: skip
    path = tmp_path / "a.csv"
    path.write_bytes(("\r\n".join(lines) + "\r\n").encode("cp1252"))
    form = FORM | {"format": FORM["format"] | {"type": "csv", "encoding": "cp1252"}}
    outcome = _take(connection, catalogue, form, path)
    assert (outcome.read, outcome.rejected) == (7, 0)
    assert _values(connection, "insgesamt") == {
        **{name: 3 * n for n, name in enumerate(STADTTEILE, start=1)}, None: 1, "Stadt": 46,
    }  # fmt: skip
    assert _texts(outcome, "fussnote") == [
        "1) einschließlich der städtischen Unterkünfte", "Quelle: Fachstelle",
    ]  # fmt: skip
    assert _texts(outcome, "titel") == ["Wohnungsnotfälle 2024 (erfunden)", "Fachstelle"]


def test_hidden_rows_columns_and_sheets_are_named(connection: Connection, catalogue: Catalogue, tmp_path: Path) -> None:
    def hide(book: Any, sheet: Any) -> None:
        sheet.set_row(6, None, None, {"hidden": True})
        sheet.set_row(7, None, None, {"hidden": True})
        sheet.set_column(2, 3, None, None, {"hidden": True})
        book.add_worksheet("Rechnung").hide()

    outcome = _take(connection, catalogue, FORM, _workbook(tmp_path / "a.xlsx", more=hide))
    assert _texts(outcome, "verborgen") == [
        "verborgene Zeilen 7 bis 8",
        "verborgene Spalten C bis D",
        "nicht gelesen sind die verborgenen Blätter Rechnung",
    ]
    assert _values(connection, "schulden")["Südheim"] == 4, "hidden cells are read like all others"


def test_raised_figures_are_marks_and_no_digits(connection: Connection, catalogue: Catalogue, tmp_path: Path) -> None:
    def raised(book: Any, sheet: Any) -> None:
        up = book.add_format({"font_script": 1})
        sheet.write_rich_string(5, 4, "100", up, "2)")
        sheet.write_rich_string(6, 4, "200", up, "3")
        sheet.write(7, 4, "300 2)")

    outcome = _take(connection, catalogue, FORM, _workbook(tmp_path / "a.xlsx", more=raised))
    found = _values(connection, "haushalte")
    assert [found[name] for name in STADTTEILE[:3]] == [100, 200, 300]
    assert len(_texts(outcome, "zeichen")) == 4


def test_a_bracket_glued_to_a_number_is_refused(connection: Connection, catalogue: Catalogue, tmp_path: Path) -> None:
    path = _workbook(tmp_path / "a.xlsx", more=lambda _book, sheet: sheet.write(5, 4, "1001)"))
    outcome = _take(connection, catalogue, FORM, path)
    assert outcome.rejected == 1
    ((line, column, value, reason),) = rejects(connection)
    assert (line, column, value) == (6, "Haushalte", "1001)")
    assert reason == "eine Klammer hinter der Zahl: ein Fußnotenzeichen muss von der Zahl getrennt stehen"
    assert {t.state for t in outcome.totals} == {"not_checkable"}


def test_rows_with_values_below_the_footnotes_are_not_swallowed(
    connection: Connection, catalogue: Catalogue, tmp_path: Path
) -> None:
    path = _workbook(tmp_path / "a.xlsx", more=lambda _book, sheet: sheet.write_row(15, 0, ["Mitte", 1, 2, 3, 4]))
    outcome = _take(connection, catalogue, FORM, path)
    ((line, _, value, reason),) = rejects(connection)
    assert (line, value, reason) == (16, "Mitte", "steht unterhalb der Fußnoten (footer)")
    assert (outcome.read, outcome.rejected) == (8, 1)


def test_missing_second_heading_is_named_with_its_likely_name(
    connection: Connection, catalogue: Catalogue, tmp_path: Path
) -> None:
    path = _workbook(tmp_path / "a.xlsx", more=lambda _book, sheet: sheet.write(4, 2, "Schullden"))
    with pytest.raises(InputError) as refused:
        _take(connection, catalogue, FORM, path)
    assert "Spalte „Notfälle | Schulden“ fehlt; ähnlich ist „Notfälle | Schullden“" in str(refused.value)


@pytest.mark.parametrize(
    ("wrong", "known"),
    [("maennlich", "männlich"), ("Strassenschluessel", "Straßenschlüssel"), ("Einwoner", "Einwohner")],
)
def test_headings_without_umlauts_are_recognised_in_the_message(
    connection: Connection, catalogue: Catalogue, tmp_path: Path, wrong: str, known: str
) -> None:
    form = {
        "kind": "areas", "name": "breit", "level": "stadtteil", "area": {"column": "Gebiet", "by": "name"},
        "values": {known: "wert"},
    }  # fmt: skip
    path = tmp_path / "a.csv"
    path.write_text("\n".join([f"Gebiet;{wrong}", *(f"{name};1" for name in STADTTEILE)]) + "\n", encoding="utf-8")
    with pytest.raises(InputError, match=f"Spalte „{known}“ fehlt; ähnlich ist „{wrong}“"):
        _take(connection, catalogue, form, path)


def test_only_the_rows_that_the_form_is_about(connection: Connection, catalogue: Catalogue, tmp_path: Path) -> None:
    form = {
        "kind": "areas", "name": "lang", "level": "stadtteil", "area": {"column": "Gebiet", "by": "name"},
        "values": {"Zahl": "wert"}, "only": {"Geschlecht": ["insgesamt", "zusammen"]},
    }  # fmt: skip
    rows = [f"{name};{sex};{n}" for n, name in enumerate(STADTTEILE) for sex in ("insgesamt", "männlich", "weiblich")]
    path = tmp_path / "a.csv"
    path.write_text("\n".join(["Gebiet;Geschlecht;Zahl", *rows]) + "\n", encoding="utf-8")
    outcome = _take(connection, catalogue, form, path)
    assert (outcome.read, outcome.accepted, outcome.ignored) == (15, 5, 10)
    assert _values(connection, "wert") == {name: n for n, name in enumerate(STADTTEILE)}
    assert "in der Spalte „Geschlecht“ kommt „zusammen“ nicht vor" in outcome.warnings


def test_a_newer_delivery_of_a_series_counts_as_a_whole(
    connection: Connection, catalogue: Catalogue, tmp_path: Path
) -> None:
    """Delivered again with one year more and a corrected old one: the later reference date counts for both years."""
    form = {
        "kind": "areas", "name": "reihe", "level": "stadtteil",
        "area": {"column": "Gebiet", "by": "name", "total": ["Summe"]},
        "period": {"by": "column", "column": "Jahr"}, "values": {"Zahl": "wert"},
        "symbols": {"*": {"status": "geheim"}},
    }  # fmt: skip
    known = _catalogue(connection, catalogue, form)

    def series(name: str, years: dict[int, tuple[object, int]]) -> Path:
        rows = [f"{area};{year};{value}" for year, (value, _) in years.items() for area in STADTTEILE]
        rows += [f"Summe;{year};{total}" for year, (_, total) in years.items()]
        path = tmp_path / name
        path.write_text("\n".join(["Gebiet;Jahr;Zahl", *rows]) + "\n", encoding="utf-8")
        return path

    def counted(period: str) -> dict[str, float | str]:
        aggregate(connection, known)
        query = text(
            "SELECT u.name, c.value, c.status FROM warehouse.unit_count c JOIN geo.unit u ON u.id = c.unit_id "
            "JOIN catalogue.measure m ON m.id = c.measure_id WHERE m.code = 'f_wert' AND c.period = :period "
            "AND u.name IN ('Nordheim', 'Mitte', 'Stadt')"
        )
        rows = connection.execute(query, {"period": period})
        return {name: status if value is None else value for name, value, status in rows}

    newer = deliver(connection, known, CODE, series("b.csv", {2023: (11, 55), 2024: (20, 100)}), reference_date=AT)
    late = deliver(
        connection, known, CODE, series("a.csv", {2022: (9, 45), 2023: (10, 50)}), reference_date=date(2023, 12, 31)
    )
    assert (newer.periods, late.periods) == (["2023", "2024"], ["2022", "2023"])
    assert late.state == newer.state == "new", "deliveries of different reference dates stand beside each other"
    assert counted("2022") == {"Nordheim": 9, "Mitte": 9, "Stadt": 45}
    assert counted("2023") == {"Nordheim": 11, "Mitte": 11, "Stadt": 55}
    # corrected once more: a total that contradicts its areas, and a year that is withheld now
    again = deliver(connection, known, CODE, series("c.csv", {2023: (12, 99), 2024: ("*", 100)}), reference_date=AT)
    assert (again.state, again.superseded) == ("superseding", newer.delivery)
    assert counted("2023") == {"Nordheim": 12, "Mitte": 12, "Stadt": 60}
    assert counted("2024") == {"Nordheim": "geheim", "Mitte": "geheim", "Stadt": 100}


def test_published_rates_and_impossible_ones(connection: Connection, catalogue: Catalogue, tmp_path: Path) -> None:
    form = {
        "kind": "areas", "name": "breit", "level": "stadtteil",
        "area": {"column": "Gebiet", "by": "name", "total": ["Stadt"]},
        "values": {"Fälle": "faelle", "Haushalte": "haushalte"},
        "rates": [
            {"column": "Quote", "numerator": "faelle", "denominator": "haushalte"},
            {"column": "Anteil an der Stadt", "numerator": "faelle", "denominator": "faelle", "base": "city"},
            {"column": "davon Frauen in %", "denominator": "faelle"},
            {"column": "Dichte", "numerator": "faelle", "denominator": "haushalte"},
        ],
        "symbols": {"*": {"status": "geheim"}},
    }  # fmt: skip
    header = "Gebiet;Fälle;Haushalte;Quote;Anteil an der Stadt;davon Frauen in %"
    rows = [
        "Nordheim;10;100;10,0;20,0;50,0",
        "Südheim;10;100;10,1;20,0;33,0",  # 10,1 instead of 10,0; no whole number of ten is 33,0 %
        "Westhöhe;15;100;15,0 %;30,0;33,3",
        "Ostau;15;300;5,0;30,0;n. v.",
        "Mitte;*;100;*;*;*",
        "Stadt;50;700;7,1;100,0;40,0",
    ]
    path = tmp_path / "a.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    outcome = _take(connection, catalogue, form, path)
    assert outcome.rejected == 0
    quota, share, women, missing = outcome.rates
    assert (quota.checked, quota.met, quota.left) == (5, 4, 1)
    assert [(d.area, d.period, d.printed, d.expected) for d in quota.deviations] == [("Südheim", "2024", 10.1, 10.0)]
    assert (share.checked, share.met) == (5, 5)
    assert (women.checked, women.met, women.left) == (4, 3, 2)
    assert [(d.area, d.printed, d.expected) for d in women.deviations] == [("Südheim", 33.0, None)]
    assert (missing.checked, missing.left) == (0, 0)
    assert "die Spalte „Dichte“ zum Nachrechnen fehlt" in " ".join(outcome.warnings)


@given(st.lists(st.text("abc", max_size=2), min_size=1, max_size=6))
def test_one_row_of_headings_is_left_as_it_is(row: list[str]) -> None:
    assert joined([row], fill=True) == row


@given(st.text("aä 1)²¹(m", max_size=12))
def test_a_mark_and_the_rest_make_up_the_text(word: str) -> None:
    rest, mark = split_mark(word)
    assert rest == word or (word.startswith(rest) and word.replace(" ", "") == (rest + mark).replace(" ", ""))


@pytest.mark.parametrize(
    ("word", "rest", "mark"),
    [
        ("Glashütte 1)", "Glashütte", "1)"), ("Glashütte¹", "Glashütte", "¹"), ("Glashütte ²)", "Glashütte", "²)"),
        ("Gebiet (Teil 1)", "Gebiet (Teil 1)", ""), ("Fläche in km²", "Fläche in km²", ""), ("Block 1", "Block 1", ""),
        ("12 *)", "12", "*)"), ("Klasse 5a)", "Klasse 5a)", ""),
    ],
)  # fmt: skip
def test_marks(word: str, rest: str, mark: str) -> None:
    assert split_mark(word) == (rest, mark)
