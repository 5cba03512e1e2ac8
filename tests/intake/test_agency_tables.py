"""Tables of the employment agency by small areas: nine-digit keys, sums as control totals, asterisks as intervals."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from etl.catalogue import Catalogue
from etl.intake.arearows import AREA, KIND
from etl.intake.areatable import AT_LEAST, AT_MOST, CODE, PERIOD, STATUS, VALUE
from etl.intake.control import PLACE, UNIT, control_totals
from etl.intake.csvtable import LINE
from etl.intake.deliver import deliver
from etl.intake.outcome import ControlTotal, DeliveryOutcome
from etl.intake.units import Above
from etl.sample.agency_answer import FAULTY, WRONG_TOTAL_YEAR
from tests.conftest import SAMPLE_YEARS, Published
from tests.intake.support import rejects

AT = date(2024, 12, 31)
KEYS = ["Berichtsmonat", "Gemeindeschlüssel", "Städtische Gliederung", "Bezeichnung"]
OTHERS = ["Alo SGB III", "Alo u25", "Alo 55plus", "Alo Langzeit", "Alo Ausländer"]
HEAD = [*KEYS, "Alo insgesamt", "Alo SGB II", *OTHERS]
Row = list[str | int]


@pytest.fixture
def bezirke(connection: Connection) -> Connection:
    """Two Bezirke in each of the five Stadtteile: 101, 102, 201, …"""
    connection.execute(
        text(
            "INSERT INTO geo.unit (version_id, level, key, name, parent_id) "
            "SELECT s.version_id, 'bezirk', s.key || '0' || n, s.name || ' ' || n, s.id "
            "FROM geo.unit s, generate_series(1, 2) AS n WHERE s.level = 'stadtteil'"
        )
    )
    return connection


def _star(number: int) -> str | int:
    return "*" if 1 <= number <= 9 else number


def _table(month: str, counts: dict[str, tuple[int, int]], lost: tuple[int, int] = (12, 3)) -> list[Row]:
    """The agency's rows of a month: areas, sums of each Bezirk and Stadtteil, those without address, the city."""

    def row(key: str, values: Sequence[int]) -> Row:
        return [month, "01060063", key, "Name", *(_star(v) for v in values), *[0] * len(OTHERS)]

    def total(prefix: str) -> tuple[int, int]:
        inside = [v for k, v in counts.items() if k.startswith(prefix)]
        return sum(v[0] for v in inside), sum(v[1] for v in inside)

    rows = []
    for key, values in counts.items():
        rows += [row(f"00{key[0]}0{key[1:]}001", values), row(f"00{key[0]}0{key[1:]}SUM", values)]
    rows += [row(f"00{s}SUMSUM", total(s)) for s in "12345"]
    city = total("")
    return [*rows, row("keine Angabe", lost), row("SUMSUMSUM", (city[0] + lost[0], city[1] + lost[1]))]


def _counts(step: int = 0) -> dict[str, tuple[int, int]]:
    return {f"{s}0{b}": (20 * s + b + step, 2 * s + 3 * b) for s in range(1, 6) for b in (1, 2)}


def _write(path: Path, rows: Sequence[Row]) -> Path:
    if path.suffix == ".csv":
        text_ = "\r\n".join(";".join(map(str, r)) for r in [HEAD, *rows]) + "\r\n"
        path.write_bytes(text_.encode("cp1252"))
    else:
        book = xlsxwriter.Workbook(str(path))
        sheet = book.add_worksheet("Tabelle")
        for n, r in enumerate([HEAD, *rows]):
            sheet.write_row(n, 0, r)
        book.close()
    return path


def _take(connection: Connection, catalogue: Catalogue, path: Path) -> DeliveryOutcome:
    return deliver(connection, catalogue, "akg_arbeitslose", path, reference_date=AT, synthetic=True)


def _stored(connection: Connection, measure: str, period: str) -> dict[str | None, Any]:
    """By key of the unit: value, or the bounds of a withheld one."""
    query = text(
        "SELECT u.key, c.value, c.status, c.at_least, c.at_most FROM warehouse.count c "
        "JOIN catalogue.measure m ON m.id = c.measure_id LEFT JOIN geo.unit u ON u.id = c.unit_id "
        "WHERE m.definition ->> 'column' = :column AND m.source = 'akg_arbeitslose' AND c.period = :period "
        "AND c.group_code = 'insgesamt' AND m.id = (SELECT min(id) FROM catalogue.measure "
        "WHERE source = 'akg_arbeitslose' AND definition ->> 'column' = :column AND active)"
    )
    return {
        key: (low, high) if status == "geheim" else value
        for key, value, status, low, high in connection.execute(query, {"column": measure, "period": period})
    }


def _states(totals: list[ControlTotal]) -> set[tuple[str, str, str, str]]:
    return {(t.period, t.column, t.area, t.state) for t in totals}


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_quarters_keys_sums_and_asterisks(
    bezirke: Connection, catalogue: Catalogue, tmp_path: Path, ending: str
) -> None:
    spellings = {"2024-Q1": "202403", "2024-Q2": "Juni 2024", "2024-Q3": "202409", "2024-Q4": "Dezember 2024"}
    rows = [row for n, month in enumerate(spellings.values()) for row in _table(month, _counts(n))]
    outcome = _take(bezirke, catalogue, _write(tmp_path / f"a.{ending}", rows))
    assert (outcome.rejected, outcome.periods) == (0, list(spellings))
    assert not [t for t in outcome.totals if t.state != "met"][:3]
    stored = _stored(bezirke, "alo", "2024-Q4")
    assert {k: v for k, v in stored.items() if k and len(k) == 3} == {k: v[0] for k, v in _counts(3).items()}
    assert stored[None] == 12
    # sums of the true values, for the Stadtteile and the city
    assert stored["1"] == 24 + 25
    assert stored["0"] == sum(v[0] for v in _counts(3).values()) + 12
    few = _stored(bezirke, "alo_sgb2", "2024-Q1")
    assert (few["101"], few["102"]) == ((1, 9), (1, 9))
    assert few["1"] == 5 + 8
    assert few[None] == (1, 9)


def test_sums_over_asterisks_are_checked_as_intervals(
    bezirke: Connection, catalogue: Catalogue, tmp_path: Path
) -> None:
    rows = _table("202412", _counts())
    at = {row[2]: row for row in rows}
    at["001SUMSUM"][5] = 19  # two asterisks make 18 at most
    at["002SUMSUM"][5] = 10  # 7 and 10: the second is shown, so that at least 11 are there
    outcome = _take(bezirke, catalogue, _write(tmp_path / "a.csv", rows))
    wrong = {(t.area, t.least, t.most) for t in outcome.totals if t.state == "not_met" and t.column == "alo_sgb2"}
    assert wrong == {("Nordheim", 2, 18), ("Südheim", 11, 19)}
    stored = _stored(bezirke, "alo_sgb2", "2024-Q4")
    assert not {"1", "2"} & set(stored), "a sum that contradicts its areas is not stored"
    assert stored["3"] == 9 + 12
    right = next(t for t in outcome.totals if t.area == "Westhöhe" and t.column == "alo_sgb2")
    assert (right.state, right.least, right.most) == ("met", 13, 21)
    assert right.note == "die Summe liegt zwischen 13 und 21, 1 Werte zurückgehalten"


def test_wrong_city_total_unknown_key_and_repeated_row(
    bezirke: Connection, catalogue: Catalogue, tmp_path: Path
) -> None:
    good, rows = _table("202403", _counts()), _table("202412", _counts())
    rows[-1][4] = 999_999
    rows.append(["202412", "01060063", "009099001", "Unbekannt", *[30] * 7])
    rows.append(list(rows[0]))
    outcome = _take(bezirke, catalogue, _write(tmp_path / "a.csv", [*good, *rows]))
    assert outcome.rejected == 2
    (first, second) = rejects(bezirke)
    assert first[1:3] == ("Städtische Gliederung", "009099001")
    assert second[1:3] == ("Städtische Gliederung", "001001001")
    states = _states(outcome.totals)
    assert ("2024-Q1", "alo", "", "met") in states
    # a row of December was rejected: its sums are only confirmed where they agree all the same
    assert ("2024-Q4", "alo", "", "not_checkable") in states
    assert ("2024-Q4", "alo", "Nordheim", "met") in states


def test_rejected_rows_that_no_sum_misses(bezirke: Connection, catalogue: Catalogue, tmp_path: Path) -> None:
    rows = _table("202412", _counts())
    rows[-1][4] = 999_999
    rows.append(["202412", "01060063", "009099001", "Unbekannt", *[0] * 7])
    rows.append(list(rows[0]))
    outcome = _take(bezirke, catalogue, _write(tmp_path / "a.csv", rows))
    assert outcome.rejected == 2
    assert ("2024-Q4", "alo", "", "not_met") in _states(outcome.totals)
    assert not [t for t in outcome.totals if t.state == "not_checkable"]


def test_wrong_city_total(bezirke: Connection, catalogue: Catalogue, tmp_path: Path) -> None:
    rows = _table("202412", _counts())
    rows[-1][4] = 3
    outcome = _take(bezirke, catalogue, _write(tmp_path / "a.csv", rows))
    (wrong,) = [t for t in outcome.totals if t.state == "not_met"]
    assert (wrong.area, wrong.total, wrong.summed) == ("", 3, sum(v[0] for v in _counts().values()) + 12)
    assert "0" not in _stored(bezirke, "alo", "2024-Q4")


NUMBERS = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 12)), min_size=10, max_size=10)


def _cells(rows: Sequence[Row]) -> pl.DataFrame:
    """The rows as the intake sees them once areas are looked up: Bezirke have the ids 101 … 502, Stadtteile 1 … 5."""
    out = []
    for line, row in enumerate(rows, start=2):
        key = str(row[2])
        unit, place, kind = None, None, "unit"
        if key == "keine Angabe":
            kind = "unlocated"
        elif key == "SUMSUMSUM":
            kind, place = "total", 0
        elif key.endswith("SUM"):
            kind, place = "part", int(key[2]) if key.endswith("SUMSUM") else int(key[2] + key[4:6])
        else:
            unit = int(key[2] + key[4:6])
        for code, value in (("alo", row[4]), ("alo_sgb2", row[5])):
            star = value == "*"
            number = None if star else float(value)
            bounds = (1.0, 9.0) if star else (None, None)
            out.append(
                (line, key, kind, code, "2024-Q4", number, "geheim" if star else "gueltig", *bounds, unit, place)
            )
    return pl.DataFrame(out, schema=SCHEMA, orient="row")


SCHEMA = {
    LINE: pl.Int64, AREA: pl.String, KIND: pl.String, CODE: pl.String, PERIOD: pl.String, VALUE: pl.Float64,
    STATUS: pl.String, AT_LEAST: pl.Float64, AT_MOST: pl.Float64, UNIT: pl.Int32, PLACE: pl.Int32,
}  # fmt: skip
ABOVE = Above(
    {str(s): s for s in range(6)},
    {s: str(s) for s in range(6)},
    {s: frozenset({100 * s + 1, 100 * s + 2}) for s in range(1, 6)}
    | {0: frozenset(100 * s + b for s in range(1, 6) for b in (1, 2))},
    0,
)


@given(numbers=NUMBERS, lost=st.tuples(st.integers(0, 30), st.integers(0, 12)))
def test_true_tables_always_pass(numbers: list[tuple[int, int]], lost: tuple[int, int]) -> None:
    rows = _table("202412", dict(zip(_counts(), numbers, strict=True)), lost)
    totals, fine = control_totals(_cells(rows), ABOVE, {}, set())
    assert not [t for t in totals if t.state != "met"]
    assert len(fine) == len(totals) == 2 * (10 + 5 + 1)


@given(numbers=NUMBERS, lost=st.tuples(st.integers(0, 30), st.integers(0, 12)), more=st.integers(90, 500))
def test_a_total_beyond_all_that_can_be_hidden_never_passes(
    numbers: list[tuple[int, int]], lost: tuple[int, int], more: int
) -> None:
    rows = _table("202412", dict(zip(_counts(), numbers, strict=True)), lost)
    city = sum(n for n, _ in numbers) + lost[0]
    rows[-1][4] = city + more
    totals, fine = control_totals(_cells(rows), ABOVE, {}, set())
    (wrong,) = [t for t in totals if t.column == "alo" and not t.area]
    assert wrong.state == "not_met"
    assert fine.filter((pl.col(KIND) == "total") & (pl.col(CODE) == "alo")).is_empty()


def test_the_sample_agency_and_its_sums(published: Published) -> None:
    """Every table that the played agency sends adds up, with its asterisks as intervals, but for a planted total."""
    query = text(
        "SELECT source, report FROM intake.delivery WHERE status = 'active' "
        "AND (source LIKE 'akg%' OR source = 'ba_sonderauswertung')"
    )
    with published.engine.connect() as connection:
        reports = connection.execute(query).all()
        bounds = connection.execute(
            text("SELECT DISTINCT c.at_least, c.at_most FROM warehouse.count c "
                 "JOIN catalogue.measure m ON m.id = c.measure_id WHERE m.source LIKE 'akg%' AND c.status = 'geheim'")
        ).all()  # fmt: skip
        sums = connection.scalar(
            text("SELECT count(DISTINCT (u.level, c.period)) FROM warehouse.count c "
                 "JOIN catalogue.measure m ON m.id = c.measure_id JOIN geo.unit u ON u.id = c.unit_id "
                 "WHERE m.code = 'alo' AND u.level IN ('stadt', 'stadtteil')")
        )  # fmt: skip
    assert len(reports) == 4 * len(SAMPLE_YEARS)
    assert (1, 9) in [tuple(b) for b in bounds]
    assert all(report["totals"] for _, report in reports)
    wrong = [
        (s, t["period"], t["column"], t["area"]) for s, r in reports for t in r["totals"] if t["state"] == "not_met"
    ]
    assert wrong == [(FAULTY, f"{WRONG_TOTAL_YEAR}-Q1", "alo", "")], "the one that the sample plants"
    assert sums == 2 * 4 * len(SAMPLE_YEARS) - 1, "all but the total that contradicts its areas"
