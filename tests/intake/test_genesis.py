"""GENESIS tables: three layouts of the same figures, the signs of official tables, and files that must be refused."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, text

from etl.catalogue import AreaForm, Catalogue
from etl.catalogue.sources import FileFormat
from etl.errors import InputError
from etl.intake import genesis
from etl.intake.archive import opened
from etl.intake.deliver import deliver
from etl.intake.genesis_cells import official_key
from etl.intake.genesis_signs import Figure, add, read_figure
from etl.intake.rejects import Rejects
from etl.sample.genesis_files import Table, Value, classic_by_attribute, classic_by_date, flat_new, flat_old
from etl.sample.official import EMPLOYED, POPULATION, SEXES, _population, figures

YEARS = (2023, 2024)


@pytest.fixture(scope="module")
def layout(catalogue: Catalogue) -> FileFormat:
    """The format of the population by age and sex."""
    form = catalogue.source["regionalstatistik_bevoelkerung"].forms[0]
    assert isinstance(form, AreaForm)
    return form.format


@pytest.fixture(scope="module")
def population() -> list[Value]:
    """Invented figures of six areas and two years, with one value withheld and the last year preliminary."""
    return _population(figures(1, 1.0, YEARS), YEARS[-1])


def read(path: Path, layout: FileFormat) -> tuple[pl.DataFrame, list[str], Rejects]:
    """Rows, remarks and rejects of a file."""
    rejects = Rejects()
    with opened(path) as delivered:
        rows, remarks = genesis.read_table(delivered, layout, rejects)
    return rows, [r.text for r in remarks], rejects


def figure_of(rows: pl.DataFrame, area: str, time: str, column: str) -> str:
    """The text of one figure."""
    found = rows.filter((pl.col("Gebiet") == area) & (pl.col("Zeit") == time) & (pl.col("Merkmal") == column))
    assert len(found) == 1
    return str(found["Wert"][0])


@pytest.mark.parametrize(
    ("text", "quality", "number", "sign", "weak"),
    [
        ("-", "", None, "-", False), ("–", "", None, "-", False), ("0", "", 0.0, None, False),
        (".", "", None, ".", False), ("•", "", None, ".", False), ("/", "", None, "/", False),
        ("…", "", None, "…", False), ("...", "", None, "…", False), ("x", "", None, "x", False),
        ("(12)", "", 12.0, None, True), ("()", "", None, "/", False), ("123p", "", 123.0, None, False),
        ("123 r", "", 123.0, None, False), ("123s", "", 123.0, None, True), ("35752,50", "e", 35752.5, None, False),
        ("17", "s", 17.0, None, True), ("", "/", None, "/", False), ("-5", "", -5.0, None, False),
    ],
)  # fmt: skip
def test_signs_of_official_tables(
    text: str, quality: str, number: float | None, sign: str | None, weak: bool
) -> None:  # fmt: skip
    found = read_figure(text, quality, ",")
    assert (found.number, found.sign, found.weak) == (number, sign, weak)


def test_nothing_is_guessed() -> None:
    for written in ("12.5", "1.234", "12abc", "", "abc"):
        assert read_figure(written, "", ",") == Figure(written)


@given(st.lists(st.one_of(st.integers(0, 10**6).map(str), st.sampled_from(["-", ".", "/", "x", "…"])), min_size=1))
def test_a_sum_is_exact_or_has_no_number(texts: list[str]) -> None:
    total = add([read_figure(t, "", ",") for t in texts], ",")
    hidden = {t for t in texts if not t.isdigit()} - {"-"}
    if hidden:
        assert total.number is None and total.sign in hidden
    elif any(t.isdigit() for t in texts):
        assert total.number == sum(int(t) for t in texts if t.isdigit())
    else:
        assert total.sign == "-"


def test_keys_of_any_length() -> None:
    frame = pl.DataFrame({"k": ["01", "01060", "01060063", "010600063063", " 092760130130"]})
    found = frame.select(official_key(pl.col("k")))["k"].to_list()
    assert found == ["01", "01060", "01060063", "01060063", "09276130"]


def test_three_layouts_give_the_same_rows(tmp_path: Path, layout: FileFormat, population: list[Value]) -> None:
    texts = {
        "new": flat_new(POPULATION, population).encode(),
        "old": flat_old(POPULATION, population).encode("utf-8-sig"),
        "classic": classic_by_attribute(POPULATION, population, "GES").encode("cp1252"),
    }
    order = ["Gebiet", "Merkmal", "Zeit"]
    tables = {}
    for name, raw in texts.items():
        path = tmp_path / f"{name}.csv"
        path.write_bytes(raw)
        assert genesis.recognised(path) == name
        rows, _, rejects = read(path, layout)
        assert rejects.lines == 0
        year = pl.col("Zeit").str.extract(r"(\d{4})").alias("Zeit")
        tables[name] = rows.with_columns(year).select(*order, "Wert").sort(order)
    assert len(tables["new"]) == 6 * 2 * 7
    assert tables["old"].equals(tables["new"])
    assert tables["classic"].equals(tables["new"])


def test_sums_and_secrets(tmp_path: Path, layout: FileFormat, population: list[Value]) -> None:
    path = tmp_path / "t.csv"
    path.write_text(flat_new(POPULATION, population), "utf-8")
    rows, remarks, _ = read(path, layout)
    truth = figures(1, 1.0, YEARS)
    own = next(f for f in truth if f.area.key == "01060063" and f.year == 2023)
    assert figure_of(rows, "01060063", "2023-12-31", "ew") == str(own.people)
    young = sum(n for (a, _), n in own.by_age_and_sex.items() if a < "ALT018")
    assert figure_of(rows, "01060063", "2023-12-31", "ew_u18") == str(young)
    # the total of an age group is given, only its men are withheld: columns over both sexes stay whole
    assert figure_of(rows, "01060005", "2023-12-31", "ew_65plus") not in (".", "0")
    assert any("vorläufig (p)" in r for r in remarks)


def test_a_sum_without_one_of_its_parts_is_a_fault(
    tmp_path: Path, layout: FileFormat, population: list[Value]
) -> None:  # fmt: skip
    gone = [v for v in population if not (v.key == "01060063" and v.attributes["ALTX20"] == "ALT003B06")]
    path = tmp_path / "t.csv"
    path.write_text(flat_new(POPULATION, gone), "utf-8")
    rows, _, rejects = read(path, layout)
    reasons = rejects.table()["reason"].to_list()
    assert len(reasons) == 2 * 2  # two columns need the group, in two years
    assert all("4 statt 5 Werte" in r or "5 statt 6 Werte" in r for r in reasons)
    assert rows.filter((pl.col("Gebiet") == "01060063") & (pl.col("Merkmal") == "ew_u18")).is_empty()


def test_dates_across_and_three_header_rows(tmp_path: Path, catalogue: Catalogue) -> None:
    form = catalogue.source["regionalstatistik_beschaeftigte"].forms[0]
    assert isinstance(form, AreaForm)
    values = [
        Value(f"30.06.{y}", "01060063", "Norderstedt, Stadt", {"GES": s}, t)
        for y, s, t in ((2023, "", "36.100"), (2023, "GESM", "19"), (2023, "GESW", "x"),
                        (2024, "", "100r"), (2024, "GESM", "(40)"), (2024, "GESW", "60"))
    ]  # fmt: skip
    path = tmp_path / "t.csv"
    path.write_bytes(classic_by_date(EMPLOYED, values).encode("cp1252"))
    rows, remarks, _ = read(path, form.format)
    told = {(z, m): (w, q) for z, m, w, q in rows.select("Zeit", "Merkmal", "Wert", "Zeichen").iter_rows()}
    assert told["30.06.2023", "svb_frauen"] == ("x", "")
    assert told["30.06.2024", "svb"] == ("100", "r")
    assert told["30.06.2024", "svb_frauen"] == ("60", "")
    assert told["30.06.2023", "svb"] == ("36.100", "")  # not guessed: the reader of cells says what is wrong with it
    assert "GENESIS-Tabelle: 13111-02-02-5" in remarks
    assert any("berichtigt (r)" in r for r in remarks)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.replace("12411-02-03-5", "12612-01-01-5"), "vereinbart ist die Tabelle 12411-02-03-5"),
        (lambda t: t.replace("weiblich", "weibl."), "„weibl.“ ist in der Vereinbarung"),
        (lambda t: t.replace("Bevölkerungsstand (Anzahl)", "Lebendgeborene (Anzahl)"), "was gezählt ist"),
        (lambda t: "Gemeinde;Wert\r\nNorderstedt;5\r\n", "ist keine GENESIS-Tabelle"),
        (lambda t: t.split("\r\n")[0] + "\r\n", "keine Kopfzeilen oder keine Werte"),
    ],
)
def test_wrong_tables_are_refused(
    tmp_path: Path, layout: FileFormat, population: list[Value], change, message: str
) -> None:  # fmt: skip
    path = tmp_path / "t.csv"
    path.write_bytes(change(classic_by_attribute(POPULATION, population, "GES")).encode("cp1252"))
    with pytest.raises(InputError, match=message):
        read(path, layout)


def comparison_areas(connection: Connection) -> None:
    """Units of the level of comparison areas where there are none yet."""
    if connection.scalar(text("SELECT EXISTS (SELECT FROM geo.unit WHERE level = 'vergleichsraum')")):
        return
    version = connection.scalar(
        text("INSERT INTO geo.district_version (label, title) VALUES ('Vergleichsräume', 'T') RETURNING id")
    )
    for key in ("01", "01060", "01060063", "01001000", "01004000"):
        connection.execute(
            text("INSERT INTO geo.unit (version_id, level, key, name) VALUES (:v, 'vergleichsraum', :key, :key)"),
            {"v": version, "key": key},
        )


def test_every_layout_gives_the_same_counts_in_the_database(
    db: Engine, catalogue: Catalogue, tmp_path: Path, population: list[Value]
) -> None:
    texts = {
        "new": flat_new(POPULATION, population).encode(),
        "old": flat_old(POPULATION, population).encode(),
        "classic": classic_by_attribute(POPULATION, population, "GES").encode("cp1252"),
    }
    stored = []
    for name, raw in texts.items():
        path = tmp_path / f"{name}.csv"
        path.write_bytes(raw)
        with db.begin() as connection:
            comparison_areas(connection)
            outcome = deliver(
                connection, catalogue, "regionalstatistik_bevoelkerung", path, reference_date=date(2024, 12, 31)
            )
            assert outcome.rejected == 0
            assert outcome.periods == ["2023", "2024"]
            stored.append(
                connection.execute(
                    text("""
                    SELECT m.code, u.key, c.period, c.value, c.status FROM warehouse.count c
                    JOIN catalogue.measure m ON m.id = c.measure_id JOIN geo.unit u ON u.id = c.unit_id ORDER BY 1, 2, 3
                    """)
                ).all()
            )
    assert len(stored[0]) == 7 * 5 * 2
    assert stored[0] == stored[1] == stored[2]
    own = {(code, period): value for code, key, period, value, _ in stored[0] if key == "01060063"}
    assert (
        own["amt_ew_u20", "2023"] + own["amt_ew_20_65", "2023"] + own["amt_ew_65plus", "2023"] == own["amt_ew", "2023"]
    )


_TABLE = Table(
    "12411-02-03-5", "12411", "Statistik", "BEVSTD", "Bevölkerungsstand", "Titel", "STAG", "Stichtag",
    {"ALTX20": ("Altersgruppen", {"ALT000B03": "unter 3 Jahre"}), "GES": ("Geschlecht", SEXES)},
)  # fmt: skip
_VALUES = [
    Value("31.12.2024", "01060063", "Norderstedt", {"ALTX20": a, "GES": s}, "7")
    for a in ("", "ALT000B03") for s in ("", "GESM", "GESW")
]  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), which=st.sampled_from(["new", "old", "classic"]))
def test_damaged_tables_end_in_a_german_error_or_in_fewer_rows(
    tmp_path: Path, layout: FileFormat, data: st.DataObject, which: str
) -> None:
    made = {
        "new": flat_new(_TABLE, _VALUES), "old": flat_old(_TABLE, _VALUES),
        "classic": classic_by_attribute(_TABLE, _VALUES, "GES"),
    }[which]  # fmt: skip
    start = data.draw(st.integers(0, len(made) - 1))
    end = data.draw(st.integers(start, min(len(made), start + 60)))
    inserted = data.draw(st.text(st.sampled_from(';"\n\r_-.xä01 \x00'), max_size=8))
    path = tmp_path / "t.csv"
    path.write_bytes((made[:start] + inserted + made[end:]).encode(data.draw(st.sampled_from(["utf-8", "cp1252"]))))
    try:
        rows, _, _ = read(path, layout)
    except InputError as error:
        assert str(error).startswith("t.csv")
    else:
        assert rows.columns == ["§line", *genesis.COLUMNS]
