"""The delivery report: what is striking, told in figures that can be computed by hand."""

from __future__ import annotations

import html.parser
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from rich.console import Console
from sqlalchemy import Connection, Engine

from etl.catalogue import Catalogue
from etl.catalogue.sources import Break
from etl.errors import SozialberichtError
from etl.intake import comparison, report
from etl.intake.comparison import outliers
from etl.intake.deliver import deliver
from etl.intake.findings import gather
from etl.intake.outcome import ControlTotal, DeliveryOutcome, Deviation, RateResult, Remark
from etl.intake.report_sections import RESTRICTED, sections
from etl.warehouse import databases, engine, service
from tests import small_city
from tests.conftest import clone
from tests.intake.support import HEADER, add_address, register

SOURCE = "einwohner_bestand"
YEARS = (2020, 2021, 2022, 2023, 2024)
BLOCKS = {"101": "00011", "102": "00012", "201": "00021", "202": "00022"}


@pytest.fixture(scope="module")
def quarter(template: str) -> Iterator[Engine]:
    """The city of four districts, one address in each of its blocks."""
    name = clone(template)
    opened = engine.open_engine(service.url(name, service.ADMIN))
    with opened.begin() as connection:
        small_city.build(connection)
        for block, street in BLOCKS.items():
            add_address(connection, street, 1, "", block)
    yield opened
    databases.drop_database(name)


@pytest.fixture
def connection(quarter: Engine) -> Iterator[Connection]:
    with quarter.connect() as opened:
        yield opened
        opened.rollback()


def _file(folder: Path, year: int, people: dict[str, int], extra: tuple[str, ...] = ()) -> Path:
    rows = [f"31.12.{year};{BLOCKS[b]};1;;30;w;000;{n}" for b, n in people.items() if n]
    return register(folder / f"bestand_{year}.csv", [*rows, *extra], HEADER)


def _series(connection: Connection, catalogue: Catalogue, folder: Path, last: dict[str, int]) -> DeliveryOutcome:
    """Four quiet years and a last one."""
    for year in YEARS[:-1]:
        people = {block: 400 + (year % 3) for block in BLOCKS}
        deliver(connection, catalogue, SOURCE, _file(folder, year, people), reference_date=date(year, 12, 31))
    year = YEARS[-1]
    faults = (f"31.12.{year};00011;1;;x;w;000;1", f"31.12.{year};99999;1;;30;w;000;3")
    path = _file(folder, year, last, faults)
    return deliver(connection, catalogue, SOURCE, path, reference_date=date(year, 12, 31), synthetic=True)


def test_a_district_that_grew_on_its_own_stands_out(
    connection: Connection, catalogue: Catalogue, tmp_path: Path
) -> None:
    outcome = _series(connection, catalogue, tmp_path, {"101": 640, "102": 400, "201": 401, "202": 0})
    found = gather(connection, catalogue, outcome.delivery)
    told = {(o.measure, o.level, o.area): (o.earlier, o.value) for o in found.outliers}
    assert told["ew", "Statistischer Bezirk", "Gebiet 101"] == (401, 640)
    assert told["ew", "Statistischer Bezirk", "Gebiet 202"] == (401, 0)
    assert not any(area in ("Gebiet 102", "Gebiet 201") for _, _, area in told)
    (grown,) = [o for o in found.outliers if (o.measure, o.area) == ("ew", "Gebiet 101")]
    # roots: √640 − √401 = 5.27; the median of the level's four changes is near 0, the usual variation is the floor
    assert grown.times == pytest.approx((640**0.5 - 401**0.5) / comparison.FLOOR, rel=0.02)


def test_what_changes_everywhere_is_told_of_the_city_only(
    connection: Connection, catalogue: Catalogue, tmp_path: Path
) -> None:
    outcome = _series(connection, catalogue, tmp_path, dict.fromkeys(BLOCKS, 560))
    found = gather(connection, catalogue, outcome.delivery)
    assert {o.area for o in found.outliers if o.measure == "ew"} == {"Gebiet S"}


def test_quiet_years_have_no_outliers(connection: Connection, catalogue: Catalogue, tmp_path: Path) -> None:
    outcome = _series(connection, catalogue, tmp_path, {"101": 405, "102": 398, "201": 401, "202": 400})
    assert gather(connection, catalogue, outcome.delivery).outliers == []


def test_completeness_by_district(connection: Connection, catalogue: Catalogue, tmp_path: Path) -> None:
    outcome = _series(connection, catalogue, tmp_path, {"101": 400, "102": 400, "201": 400, "202": 0})
    found = gather(connection, catalogue, outcome.delivery)
    assert [(d.key, d.rows_now, d.rows_before, d.note) for d in found.districts] == [
        ("101", 1, 1, ""), ("102", 1, 1, ""), ("201", 1, 1, ""), ("202", 0, 1, "keine Zeile")
    ]  # fmt: skip
    assert found.previous is not None
    assert found.previous.reference_date == date(2023, 12, 31)


def test_breaks_since_the_delivery_before(connection: Connection, catalogue: Catalogue, tmp_path: Path) -> None:
    outcome = _series(connection, catalogue, tmp_path, dict.fromkeys(BLOCKS, 400))
    days = (date(2022, 6, 1), date(2023, 12, 31), date(2024, 1, 1), date(2024, 12, 31), date(2025, 1, 1))
    source = catalogue.source[SOURCE].model_copy(
        update={"breaks": tuple(Break(since=day, reason=f"neu seit {day.year}") for day in days)}
    )
    changed = replace(catalogue, sources=tuple(source if s.code == SOURCE else s for s in catalogue.sources))
    found = gather(connection, changed, outcome.delivery)
    assert [b.since for b in found.breaks] == [date(2024, 1, 1), date(2024, 12, 31)]


class _Reader(html.parser.HTMLParser):
    """Tags and texts of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append(data.strip())


def test_the_page_says_that_it_is_internal_and_loads_nothing(
    connection: Connection, catalogue: Catalogue, tmp_path: Path
) -> None:
    outcome = _series(connection, catalogue, tmp_path, {"101": 640, "102": 400, "201": 401, "202": 0})
    found = gather(connection, catalogue, outcome.delivery)
    page = report.html(found, catalogue.city.report_title)
    read = _Reader()
    read.feed(page)
    body = read.texts[read.texts.index(RESTRICTED) :]
    assert body[0] == RESTRICTED  # the first words of the page
    words = " ".join(body)
    for expected in ("synthetisch", "ist nicht ein Alter in vollendeten Jahren", "Zeile 5: „x“", "keine Zeile", "401"):
        assert expected in words
    assert not [a for _, a in read.tags if "src" in a or "href" in a]
    tables = sum(tag == "table" for tag, _ in read.tags)
    assert tables == sum(tag == "caption" for tag, _ in read.tags) > 3
    assert all(a.get("scope") in ("col", "row") for tag, a in read.tags if tag == "th")
    assert next(a["lang"] for tag, a in read.tags if tag == "html") == "de"


def test_nothing_of_the_file_becomes_markup(connection: Connection, catalogue: Catalogue, tmp_path: Path) -> None:
    people = dict.fromkeys(BLOCKS, 400)
    path = _file(tmp_path, 2024, people, ("31.12.2024;00011;1;;<script>x</script>;w;[red]m[/red];1",))
    outcome = deliver(connection, catalogue, SOURCE, path, reference_date=date(2024, 12, 31))
    found = gather(connection, catalogue, outcome.delivery)
    page = report.html(found, "T")
    assert "<script" not in page
    assert "&lt;script&gt;x&lt;/script&gt;" in page
    console = Console(width=200, record=True, force_terminal=False)
    report.render_report(found, console)
    assert "<script>x</script>" in console.export_text()


def test_totals_rates_and_remarks_of_a_table_are_shown(
    connection: Connection, catalogue: Catalogue, tmp_path: Path
) -> None:
    outcome = _series(connection, catalogue, tmp_path, dict.fromkeys(BLOCKS, 400))
    found = gather(connection, catalogue, outcome.delivery)
    found.outcome.totals = [
        ControlTotal("2024", "alo", 100, 90, "not_met"),
        ControlTotal("2024", "elb", 50, None, "met", least=40, most=60),
        ControlTotal("2024", "lb", 50, None, "not_checkable", "Zeilen abgelehnt", least=40, most=60),
    ]
    deviation = Deviation("Nord", "2024", 8.3, 9.25)
    found.outcome.rates = [RateResult("quote", "alo / ew", 13, 12, 2, [deviation])]
    found.outcome.remarks = [Remark("fussnote", "1) ohne Beamte", 44)]
    by_title = {s.title: s for s in sections(found)}
    assert by_title["Kontrollsummen"].words == ["1 von 3 Kontrollsummen stimmen mit der Summe der Gebiete überein."]
    assert [row[4:6] for row in by_title["Kontrollsummen"].rows] == [
        ("90", "stimmt nicht"), ("40 bis 60", "nicht prüfbar")
    ]  # fmt: skip
    assert by_title["Nachgerechnete Angaben"].rows == [("quote", "Nord", "2024", "8,30", "9,25")]
    assert by_title["Nachgerechnete Angaben"].attention
    assert by_title["Worte der Datei"].rows == [("Fußnote", "44", "1) ohne Beamte")]


def test_the_journal_gives_back_what_was_written() -> None:
    outcome = DeliveryOutcome("new", "s", "f", "a.csv", date(2024, 12, 31), 7, read=3, periods=["2024"])
    outcome.totals = [ControlTotal("2024", "a", 3, 3, "met", area="Nord")]
    outcome.rates = [RateResult("q", "a / b", 1, 0, 0, [Deviation("Nord", "2024", 1.0, None)])]
    outcome.remarks = [Remark("titel", "T")]
    outcome.top_rejects = [("falsch", None, 2)]
    stored = json.loads(json.dumps(outcome.as_json()))
    assert DeliveryOutcome.from_json(stored) == outcome
    stored["of a later program"] = 1
    del stored["rates"]
    assert DeliveryOutcome.from_json(stored).rates == []


def test_a_superseded_delivery_keeps_its_figures_only(
    connection: Connection, catalogue: Catalogue, tmp_path: Path
) -> None:
    first, second = (
        deliver(
            connection,
            catalogue,
            SOURCE,
            _file(tmp_path, 2024, dict.fromkeys(BLOCKS, each)),
            reference_date=date(2024, 12, 31),
        )
        for each in (4, 5)
    )
    found = gather(connection, catalogue, first.delivery)
    assert (found.active, found.superseded_by, found.outcome.persons) == (False, second.delivery, 16)
    assert [s.title for s in sections(found)] == ["Eingang", "Zeilen"]
    with pytest.raises(SozialberichtError, match="Die Lieferung 99999 gibt es nicht"):
        gather(connection, catalogue, 99999)


def _frame(values: dict[str, list[float]], rank: int = 1) -> pl.DataFrame:
    """Counts of areas over the years from 2020 on."""
    rows = [
        ("m", "M", str(2020 + n), date(2020 + n, 1, 1), value, "bezirk", area, area, "Bezirk", rank)
        for area, series in values.items()
        for n, value in enumerate(series)
    ]
    names = ["code", "title", "period", "start", "value", "level", "key", "name", "level_title", "rank"]
    return pl.DataFrame(rows, schema=names, orient="row")


def test_small_numbers_and_small_changes_do_not_stand_out() -> None:
    quiet = {f"b{n}": [100.0, 100, 100] for n in range(9)}
    assert outliers(_frame(quiet | {"x": [0.0, 0, 9]}), {"2022"}) == []
    assert [o.area for o in outliers(_frame(quiet | {"x": [0.0, 0, 10]}), {"2022"})] == ["x"]


def test_areas_that_always_vary_must_vary_more_to_stand_out() -> None:
    restless = {f"b{n}": [100.0, 150 if n % 2 else 60, 100] for n in range(10)}
    assert outliers(_frame(restless), {"2022"}) == []
    assert [o.area for o in outliers(_frame(restless | {"x": [100.0, 100, 2000]}), {"2022"})] == ["x"]


def test_without_a_history_the_city_stands_out_by_a_quarter() -> None:
    assert outliers(_frame({"s": [1000.0, 1240.0]}, rank=0), {"2021"}) == []
    assert [o.times for o in outliers(_frame({"s": [1000.0, 1500.0]}, rank=0), {"2021"})] == [pytest.approx(10.0)]
