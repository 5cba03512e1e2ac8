"""Every empty template, filled in by typing into it, is accepted by the intake as it is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, text

from etl.catalogue import AreaForm, Catalogue, RecordForm, load_catalogue
from etl.errors import InputError
from etl.intake.deliver import deliver
from etl.publish.profile.columns import columns_of, counted_form
from etl.publish.profile.templates import last_reference, write_csv, write_workbook
from etl.settings import DEFAULT_CATALOGUE
from etl.warehouse import databases, engine, service
from tests import small_city
from tests.conftest import clone
from tests.profile.filling import fill, headings

DAY = date(2026, 11, 2)
SOURCES = [s.code for s in load_catalogue(DEFAULT_CATALOGUE).sources if counted_form(s) is not None]


@pytest.fixture(scope="module")
def city(template: str, catalogue: Catalogue) -> Iterator[Engine]:
    """The city of four squares with its official key and one address."""
    name = clone(template)
    opened = engine.open_engine(service.url(name, service.ADMIN))
    with opened.begin() as connection:
        small_city.build(connection)
        connection.execute(text("UPDATE geo.unit SET key = :ags WHERE key = 'S'"), {"ags": catalogue.city.ags})
        connection.execute(
            text("INSERT INTO geo.address (address_key, street_key, house_number, suffix, geom, block_id) "
                 "SELECT geo.address_key('00123', '7', 'a'), '00123', 7, 'a', ST_Centroid(geom), id "
                 "FROM geo.block WHERE key = '101'")
        )  # fmt: skip
    yield opened
    opened.dispose()
    databases.drop_database(name)


@pytest.fixture
def connection(city: Engine) -> Iterator[Connection]:
    with city.connect() as opened:
        yield opened


def area_words(form: AreaForm) -> list[str]:
    """What the units of the small city are called in this form."""
    units = {"stadt": ["01060063"], "stadtteil": ["1", "2"], "bezirk": ["101", "102", "201", "202"]}[form.level]
    if form.area.by == "name":
        return [f"Gebiet {key}" for key in units]
    if form.area.pattern:
        return [f"00{key[0]}0{key[1:]}001" for key in units]
    return [next((word for word, key in form.area.rename.items() if key == unit), unit) for unit in units]


def typed(catalogue: Catalogue, code: str) -> list[list[str | int]]:
    """Rows as an office would type them, one an area or two addresses."""
    source = catalogue.source[code]
    form = counted_form(source)
    assert form is not None
    at = last_reference(source, DAY)
    period = {"vierteljaehrlich": f"{at:%Y%m}", "schuljahr": f"{at.year - 1}/{at:%y}"}.get(
        source.periodicity, str(at.year)
    )
    if code == "ba_sonderauswertung":
        period = f"{at:%Y%m}"
    columns = columns_of(catalogue, source, form)
    rows: list[list[str | int]] = []
    for place in area_words(form) if isinstance(form, AreaForm) else ("7", "8"):
        row: list[str | int] = []
        for column in columns:
            value: str | int = {"§date": f"{at:%d.%m.%Y}", "§period": period}.get(column.sample, column.sample)
            if isinstance(form, AreaForm) and column.name == form.area.column:
                value = place
            if isinstance(form, RecordForm) and column.name in form.location.address:
                value = ("00123", place, "a")[form.location.address.index(column.name)]
            counts = column.name == "§period" or column.sample == "10"
            row.append(10 if counts or (isinstance(form, RecordForm) and column.name == form.count) else value)
        rows.append(row)
    return rows


@pytest.mark.parametrize("code", SOURCES)
def test_a_filled_template_is_accepted(connection: Connection, catalogue: Catalogue, tmp_path: Path, code: str) -> None:
    source = catalogue.source[code]
    empty, filled = tmp_path / "leer.xlsx", tmp_path / "ausgefuellt.xlsx"
    assert write_workbook(empty, catalogue, source, DAY)
    rows = typed(catalogue, code)
    fill(empty, filled, rows, len(headings(empty)) + 1)
    outcome = deliver(connection, catalogue, code, filled, reference_date=last_reference(source, DAY))
    assert (outcome.accepted, outcome.rejected) == (len(rows), 0)
    if isinstance(counted_form(source), RecordForm):
        assert outcome.persons == 10 * len(rows)
    else:
        total = connection.scalar(
            text("SELECT sum(value) FROM warehouse.count WHERE delivery_id = :id"), {"id": outcome.delivery}
        )
        assert total == 10 * outcome.counts_written > 0


def test_an_address_that_nobody_knows_counts_for_the_city(
    connection: Connection, catalogue: Catalogue, tmp_path: Path
) -> None:
    source = catalogue.source["einwohner_bestand"]
    write_workbook(tmp_path / "a.xlsx", catalogue, source, DAY)
    fill(tmp_path / "a.xlsx", tmp_path / "b.xlsx", typed(catalogue, source.code), 2)
    outcome = deliver(connection, catalogue, source.code, tmp_path / "b.xlsx", reference_date=date(2025, 12, 31))
    assert (outcome.accepted, outcome.unlocated, outcome.persons) == (2, 1, 20)


def test_a_filled_csv_template_is_accepted(connection: Connection, catalogue: Catalogue, tmp_path: Path) -> None:
    path = tmp_path / "b.csv"
    assert write_csv(path, catalogue, catalogue.source["einwohner_bestand"])
    rows = [";".join(map(str, row)) for row in typed(catalogue, "einwohner_bestand")]
    path.write_text(path.read_text(encoding="utf-8") + "\n".join(rows) + "\n", encoding="utf-8")
    outcome = deliver(connection, catalogue, "einwohner_bestand", path, reference_date=date(2025, 12, 31))
    assert (outcome.accepted, outcome.rejected) == (2, 0)


def test_an_empty_template_is_refused_and_says_why(
    connection: Connection, catalogue: Catalogue, tmp_path: Path
) -> None:
    write_workbook(tmp_path / "a.xlsx", catalogue, catalogue.source["einwohner_bestand"], DAY)
    with pytest.raises(InputError, match="keine"):
        deliver(connection, catalogue, "einwohner_bestand", tmp_path / "a.xlsx", reference_date=date(2025, 12, 31))


def test_a_wrong_entry_is_quarantined_with_its_cell(
    connection: Connection, catalogue: Catalogue, tmp_path: Path
) -> None:
    source = catalogue.source["einwohner_bestand"]
    write_workbook(tmp_path / "a.xlsx", catalogue, source, DAY)
    rows = [list(row) for _ in range(5) for row in typed(catalogue, source.code)]
    rows[3][4] = "alt"
    fill(tmp_path / "a.xlsx", tmp_path / "b.xlsx", rows, 2)
    outcome = deliver(connection, catalogue, source.code, tmp_path / "b.xlsx", reference_date=date(2025, 12, 31))
    assert (outcome.accepted, outcome.rejected) == (9, 1)
    fault = connection.execute(
        text("SELECT line, column_name, value FROM intake.rejected_row WHERE delivery_id = :id"),
        {"id": outcome.delivery},
    ).one()
    assert tuple(fault) == (5, "alter", "alt")


def test_sources_that_are_only_fetched_have_no_template(catalogue: Catalogue, tmp_path: Path) -> None:
    fetched = [s for s in catalogue.sources if counted_form(s) is None]
    assert fetched
    for source in fetched:
        assert not write_workbook(tmp_path / "x.xlsx", catalogue, source, DAY)
        assert not (tmp_path / "x.xlsx").exists()


def test_no_template_asks_for_persons(catalogue: Catalogue) -> None:
    """Rows a person need a separated statistics office; the templates ask for counted rows."""
    for source in catalogue.sources:
        form = counted_form(source)
        assert not (isinstance(form, RecordForm) and form.person_level), source.code


@pytest.mark.parametrize(
    ("code", "day", "expected"),
    [
        ("einwohner_bestand", date(2026, 11, 2), date(2025, 12, 31)),
        ("einwohner_bestand", date(2026, 12, 31), date(2025, 12, 31)),
        ("kita_betreuung", date(2026, 3, 2), date(2026, 3, 1)),
        ("kita_betreuung", date(2026, 3, 1), date(2025, 3, 1)),
        ("akg_arbeitslose", date(2026, 11, 2), date(2026, 9, 30)),
        ("akg_arbeitslose", date(2026, 1, 1), date(2025, 12, 31)),
    ],
)
def test_the_last_reference_date(catalogue: Catalogue, code: str, day: date, expected: date) -> None:
    assert last_reference(catalogue.source[code], day) == expected
