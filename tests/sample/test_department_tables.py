"""The departments' tables by area: merged headers, signs, totals, footnotes; and the levels of the whole city."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from etl.sample import SampleManifest, plan
from etl.sample.city import City
from etl.sample.daycare import write_daycare
from etl.sample.families import families
from etl.sample.housing import write_housing
from etl.sample.register import extract
from etl.sample.schools import write_school_series, write_schools
from etl.sample.simulation import Simulation, simulate
from etl.sample.situation import situation
from etl.sample.snapshot import Snapshot
from etl.sample.welfare_files import write_welfare
from etl.sample.writer import Writer
from etl.sample.youth import write_youth
from tests.sample.conftest import YEARS

WHOLE_YEARS = (2015, 2019, 2020, 2021, 2023, 2025)
NAMES = [p.name for p in plan.STADTTEILE]


@pytest.fixture(scope="module")
def whole(city: City, tmp_path_factory: pytest.TempPathFactory) -> Writer:
    """The departments' files of the whole city in some years."""
    simulation = Simulation(city)
    writer = Writer(tmp_path_factory.mktemp("departments"), city, WHOLE_YEARS)
    snapshots = []
    for state in simulate(simulation, WHOLE_YEARS):
        data = extract(city, simulation.homes, state.year, state.people)
        homes = families(data)
        snapshots.append(Snapshot(city, simulation.homes, state, data, homes, situation(city, data, homes)))
        for write in (write_housing, write_welfare, write_youth, write_schools, write_daycare):
            write(writer, snapshots[-1])
        people = data.people.take(data.people.main_residence)
        age = people.age_on(state.year)
        bands = {"ew": (0, 200), "u3": (0, 3), "a3_6": (3, 6), "u18": (0, 18), "u21": (0, 21)}
        writer.truth(state.year, {code: int(((age >= a) & (age < b)).sum()) for code, (a, b) in bands.items()})
        writer.truth(state.year, {"haushalte": len(homes)})
    write_school_series(writer, snapshots)
    return writer


def _sheet(path: Path) -> list[list[str]]:
    cells = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python(skip_empty_area=False)
    return [[str(int(c)) if isinstance(c, float) else str(c) for c in row] for row in cells]


@pytest.mark.parametrize("year", WHOLE_YEARS)
def test_homes_at_risk_have_two_header_rows_and_a_total(whole: Writer, year: int) -> None:
    path = whole.folder / f"wohnungsnotfaelle_tabelle_{year}_synthetisch.xlsx"
    cells = _sheet(path)
    assert "synthetisch" in cells[0][0]
    assert cells[2] == [""] * 4
    assert cells[3] == ["Stadtteil", "Wohnungsnotfälle", "", ""]
    assert cells[4] == ["", "Räumungsklagen", "Mietschulden", "insgesamt"]
    merged = CalamineWorkbook.from_path(path).get_sheet_by_index(0).merged_cell_ranges
    assert set(merged or ()) == {((3, 0), (4, 0)), ((3, 1), (3, 3))}
    areas, total = cells[5:11], cells[11]
    assert [row[0].rstrip().removesuffix(" 1)") for row in areas] == [*NAMES, "ohne Zuordnung"]
    assert any(row[0].endswith(" ") for row in areas)
    assert any(row[0].rstrip().endswith(" 1)") for row in areas) == (year == 2023)
    assert total[0] == "Stadt insgesamt"
    sums = [sum(0 if row[i] == "-" else int(row[i]) for row in areas) for i in (1, 2, 3)]
    wrong = 3 if year == 2021 else 0
    assert [int(c) for c in total[1:]] == [sums[0], sums[1] + wrong, sums[2]]
    (entry,) = [e for e in whole.entries if e.name == path.name]
    assert entry.total == sums[2]
    assert (entry.note is not None) == bool(wrong)
    assert all(int(row[1].replace("-", "0")) + int(row[2].replace("-", "0")) <= int(row[3]) for row in areas)
    assert cells[12] == [""] * 4
    assert cells[13][0].startswith("1) ")
    assert cells[-1][0].startswith("Synthetische Daten")


def test_the_court_table_withholds_small_numbers_with_another_sign_since_2020(
    folder: Path, manifest: SampleManifest
) -> None:
    withheld = 0
    for year in YEARS:
        (entry,) = [
            e for e in manifest.deliveries("tabelle")
            if e.source == "jugendgerichtshilfe" and e.reference_date == f"{year}-12-31"
        ]  # fmt: skip
        lines = (folder / entry.name).read_bytes().decode("cp1252").split("\r\n")
        assert lines[3] == "Stadtteil;Personen 14 bis unter 21"
        rows = [line.split(";") for line in lines[4:11]]
        assert [r[0] for r in rows] == [*NAMES, "ohne Zuordnung", "Stadt insgesamt"]
        sign, other = ("", ".") if year < 2020 else (".", "")
        cells = [r[1] for r in rows[:-1]]
        assert other not in cells
        withheld += cells.count(sign)
        assert not {c for c in cells if c.isdigit()} & {"0", "1", "2", "3", "4"}
        known = sum(int(c) for c in cells if c.isdigit())
        assert known + cells.count(sign) <= int(rows[-1][1]) <= known + 4 * cells.count(sign)
        assert rows[-1][1] == str(entry.total)
        assert lines[11].startswith("1) ")
        assert lines[12].startswith("Synthetische Daten")
    assert withheld > 3


def _long(path: Path) -> tuple[list[str], list[list[str]]]:
    lines = list(csv.reader(path.read_text(encoding="utf-8").splitlines(), delimiter=";"))
    return lines[0], lines[1:]


def test_school_leavers_stand_in_one_long_table(whole: Writer) -> None:
    header, rows = _long(whole.folder / "schulentlassene_reihe_synthetisch.csv")
    assert header == ["Schuljahr", "Stadtteil", "Abschluss", "Anzahl"]
    (entry,) = [e for e in whole.entries if e.source == "schulentlassene"]
    (double,) = entry.planted
    assert rows[double.line - 2] == rows[double.line - 3]
    del rows[double.line - 2]
    assert len({tuple(r[:3]) for r in rows}) == len(rows) == len(WHOLE_YEARS) * 7 * 5
    for year in WHOLE_YEARS:
        mine = [r for r in rows if r[0] == f"{year - 1}/{year % 100:02d}"]
        for word in ("ohne ESA", "ESA", "MSA", "FHR", "AHR"):
            cells = [r[3] for r in mine if r[2] == word and r[1] != "Norderstedt insgesamt"]
            (total,) = [int(r[3]) for r in mine if r[2] == word and r[1] == "Norderstedt insgesamt"]
            known, hidden = sum(int(c) for c in cells if c.isdigit()), cells.count(".")
            assert known + hidden <= total <= known + 4 * hidden
            assert not {c for c in cells if c.isdigit()} & {"0", "1", "2", "3", "4"}
        assert (
            sum(int(r[3]) for r in mine if r[1] == "Norderstedt insgesamt") == (whole.figures[year]["schulentlassene"])
        )


def test_special_needs_are_a_figure_of_the_city(whole: Writer) -> None:
    header, rows = _long(whole.folder / "foerderbedarf_reihe_synthetisch.csv")
    assert header == ["Schuljahr", "Gebiet", "Schüler Klassen 1 bis 10", "davon mit Förderbedarf"]
    assert [r[0] for r in rows] == [f"{y}/{(y + 1) % 100:02d}" for y in WHOLE_YEARS]
    assert {r[1] for r in rows} == {"Stadt"}
    assert all(0.04 < int(r[3]) / int(r[2]) < 0.09 for r in rows)


Figures = dict[str, int]
LEVELS: dict[str, tuple[Callable[[Figures], float], float, float]] = {
    "under three in care, %": (lambda f: 100 * f["kita_folgejahr_u3"] / f["u3"], 31, 42),
    "three to five in care, %": (lambda f: 100 * f["kita_folgejahr_3_6"] / f["a3_6"], 89, 97),
    "help towards upbringing per 1,000": (lambda f: 1000 * f["hze"] / f["u21"], 24, 37),
    "gymnasium, %": (lambda f: 100 * f["uebergaenge_gymnasium"] / f["uebergaenge"], 36, 47),
    "without certificate, %": (lambda f: 100 * f["schulentlassene_ohne_esa"] / f["schulentlassene"], 5, 11),
    "university entrance, %": (lambda f: 100 * f["schulentlassene_ahr"] / f["schulentlassene"], 30, 45),
    "conspicuous speech, %": (lambda f: 100 * f["sprache_auffaellig"] / f["untersucht"], 22, 33),
    "overweight, %": (lambda f: 100 * f["uebergewicht"] / f["untersucht"], 7, 16),
    "subsidised dwellings, %": (lambda f: 100 * f["sozialwohnungen"] / f["wohnungen"], 4, 7),
    "floor space per resident, m²": (lambda f: f["wohnflaeche"] / f["ew"], 40, 48),
    "residents per dwelling": (lambda f: f["ew"] / f["wohnungen"], 1.85, 2.05),
    "homes at risk per 1,000 households": (lambda f: 1000 * f["wohnungsnotfaelle"] / f["haushalte"], 5, 13),
    "maintenance advance, % of minors": (lambda f: 100 * f["uvg"] / f["u18"], 2, 10),
    "juvenile court per 1,000 of age 14 to 20": (lambda f: 1000 * f["jgh_personen"] / (f["u21"] / 3), 12, 32),
    "places for under threes per child in care": (lambda f: f["kita_plaetze_u3"] / f["kita_folgejahr_u3"], 0.85, 1.5),
}


@pytest.mark.parametrize("level", LEVELS)
def test_levels_are_plausible_in_every_year(whole: Writer, level: str) -> None:
    of, least, most = LEVELS[level]
    found = {year: round(of(whole.figures[year]), 2) for year in WHOLE_YEARS}
    assert all(least <= value <= most for value in found.values()), found


def test_two_years_of_the_pandemic_examined_few(whole: Writer) -> None:
    share = {y: whole.figures[y]["untersucht"] / whole.figures[y]["schulpflichtig"] for y in WHOLE_YEARS}
    assert {y for y, s in share.items() if s < 0.6} == {2020, 2021}
    assert all(s > 0.94 for y, s in share.items() if y not in (2020, 2021))


def test_places_of_the_last_year_are_those_of_the_list(whole: Writer, manifest: SampleManifest, folder: Path) -> None:
    header, rows = _long(folder / "einrichtungen_kita_synthetisch.csv")
    listed = sum(int(r[header.index("plaetze")]) for r in rows)
    figures = whole.figures[plan.LAST_YEAR]
    assert abs(figures["kita_plaetze_u3"] + figures["kita_plaetze_ue3"] - listed) <= 0.1 * listed
