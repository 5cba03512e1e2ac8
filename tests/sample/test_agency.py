"""The agency's answer to the city's two files: right areas, right sums, hidden small numbers, planted faults."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from etl.districts.agency.files import AreaLine, Layout, Street, write_areas, write_grid
from etl.districts.agency.ranges import House, rows
from etl.sample import SampleManifest, plan, write_sample
from etl.sample.agency import FOLDER
from etl.sample.agency_answer import (
    CITY_SUM,
    FAULTY,
    KEYS,
    TABLES,
    UNKNOWN_KEY,
    WRONG_ROWS_YEAR,
    WRONG_TOTAL_YEAR,
    answer,
    place,
    read_grid,
    shown,
)
from etl.sample.city import City
from etl.sample.manifest import FileEntry
from tests.sample.conftest import SMALL

YEARS = (WRONG_ROWS_YEAR, WRONG_TOTAL_YEAR)
AGS = plan.AGS


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, SampleManifest]:
    folder = tmp_path_factory.mktemp("agentur")
    return folder, write_sample(folder, years=YEARS, scale=SMALL)


@pytest.fixture(scope="module")
def district(small_city: City) -> dict[tuple[str, str, int, str], str]:
    """Nine-digit key of every address of the address file: each Stadtteil has a western and an eastern district."""
    a, s = small_city.addresses, small_city.streets
    part = small_city.blocks.stadtteil[a.block]
    middle = {p: sorted(a.xy[part == p, 0])[int((part == p).sum()) // 2] for p in set(part.tolist())}
    return {
        (str(s.name[a.street[i]]), str(a.postcode[i]), int(a.number[i]), str(a.suffix[i])): (
            f"00{part[i]}00{1 + int(a.xy[i, 0] >= middle[part[i]])}001"
        )
        for i in range(len(a))
        if not a.missing[i]
    }


@pytest.fixture(scope="module")
def city_files(
    district: dict[tuple[str, str, int, str], str], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path]:
    """Street grid and list of areas as the city writes them."""
    folder = tmp_path_factory.mktemp("gliederung")
    streets: dict[Street, list[House]] = defaultdict(list)
    for (name, code, number, suffix), key in district.items():
        streets[Street(name, code)].append(House(number, suffix, key))
    keys = sorted(set(district.values()))
    lines = {k: AreaLine(k, f"Bezirk {k[2]}{k[4:6]}", 1000) for k in keys}
    lines |= {f"{k[:6]}000": AreaLine(f"{k[:6]}000", f"Bezirk {k[2]}{k[4:6]}", None) for k in keys}
    lines |= {f"{k[:3]}000000": AreaLine(f"{k[:3]}000000", f"Stadtteil {k[2]}", None) for k in keys}
    grid, areas = folder / f"{AGS}-ra.csv", folder / f"{AGS}-zu.csv"
    write_areas(areas, AGS, [lines[k] for k in sorted(lines)], Layout())
    write_grid(grid, AGS, plan.CITY_NAME, [(s, r) for s, houses in streets.items() for r in rows(houses)], Layout())
    return grid, areas


@pytest.fixture(scope="module")
def delivered(
    sample: tuple[Path, SampleManifest], city_files: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, list[FileEntry]]:
    out = tmp_path_factory.mktemp("antwort")
    return out, answer(*city_files, sample[0], out)


def _table(out: Path, entry: FileEntry) -> list[dict[str, str]]:
    if entry.form == "xlsx":
        sheet = CalamineWorkbook.from_path(out / entry.name).get_sheet_by_index(0).to_python()
        lines = [[c if isinstance(c, str) else str(int(c)) for c in row] for row in sheet]
    else:
        text = (out / entry.name).read_bytes().decode("cp1252")
        lines = [[c.replace(".", "") for c in row] for row in csv.reader(text.splitlines(), delimiter=";")]
    assert len(lines) - 1 == entry.rows
    assert tuple(lines[0]) == (*KEYS, *TABLES[entry.source or ""])
    return [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]


def _sound(out: Path, entry: FileEntry) -> list[dict[str, str]]:
    table = _table(out, entry)
    bad = {p.line - 2 for p in entry.planted if p.reason != "Summe stimmt nicht"}
    return [row for i, row in enumerate(table) if i not in bad]


def test_every_address_falls_into_its_district(
    district: dict[tuple[str, str, int, str], str], city_files: tuple[Path, Path]
) -> None:
    grid = read_grid(city_files[0])
    for (street, code, number, suffix), key in district.items():
        assert place(grid, street, code, (number, suffix)) == key
    assert place(grid, "Gibt es nicht", "22844", (1, "")) is None


def test_tables_of_all_years_and_forms(delivered: tuple[Path, list[FileEntry]]) -> None:
    _, entries = delivered
    assert [(e.source, e.form, (e.reference_date or "")[:4]) for e in entries] == [
        (source, "xlsx" if year == max(YEARS) and source.startswith("akg") else "csv", str(year))
        for year in YEARS
        for source in TABLES
    ]


def test_counts_are_those_of_the_addresses(
    sample: tuple[Path, SampleManifest],
    delivered: tuple[Path, list[FileEntry]],
    district: dict[tuple[str, str, int, str], str],
) -> None:
    """Addresses that the city's file lacks are placed by their range or not at all: only known ones are compared."""
    folder, manifest = sample
    out, entries = delivered
    for entry in entries:
        year = int((entry.reference_date or "")[:4])
        headings = TABLES[entry.source or ""]
        own = pl.read_parquet(folder / FOLDER / f"{year}.parquet")
        for row in _sound(out, entry):
            month = own.filter(pl.col("berichtsmonat") == int(row["Berichtsmonat"]))
            key = row["Städtische Gliederung"]
            if key == CITY_SUM:
                for heading, name in headings.items():
                    halved = any((p.reason, p.column) == ("Summe stimmt nicht", heading) for p in entry.planted)
                    true = int(month[name].sum())
                    wrong = halved and row["Berichtsmonat"].endswith("03")
                    assert row[heading] == str(shown(true // 2 if wrong else true))
            elif key.endswith("001"):
                here = {a for a, k in district.items() if k == key}
                places = pl.DataFrame(sorted(here), schema=month.columns[1:5], orient="row", infer_schema_length=None)
                mine = month.join(places.cast({"hausnummer": pl.Int32}), on=month.columns[1:5])
                for heading, name in headings.items():
                    least = int(mine[name].sum())
                    assert row[heading] == "*" or least <= int(row[heading]) <= least + 8
                    assert row[heading] != "*" or least <= 9
        truth = manifest.truth[year].figures
        december = own.filter(pl.col("berichtsmonat") == year * 100 + 12)
        assert {n: int(december[n].sum()) for n in headings.values()} == {n: truth[n] for n in headings.values()}


def test_sums_are_sums_of_true_values(delivered: tuple[Path, list[FileEntry]]) -> None:
    out, entries = delivered
    hidden = 0
    for entry in entries:
        if any(p.reason == "Summe stimmt nicht" for p in entry.planted):
            continue
        by_month: dict[str, list[dict[str, str]]] = defaultdict(list)
        for row in _sound(out, entry):
            by_month[row["Berichtsmonat"]].append(row)
        assert len(by_month) == (1 if entry.source == "ba_sonderauswertung" else 4)
        for table in by_month.values():
            keys = [r["Städtische Gliederung"] for r in table]
            assert len(set(keys)) == len(keys)
            assert sum(k.endswith("SUMSUM") for k in keys) == 6
            assert sum(k.endswith("SUM") for k in keys) == 6 + 10
            for heading in TABLES[entry.source or ""]:
                parts = [r[heading] for r in table if r["Städtische Gliederung"].endswith(("001", "Angabe"))]
                total = next(r[heading] for r in table if r["Städtische Gliederung"] == CITY_SUM)
                hidden += parts.count("*")
                shown_sum = sum(int(p) for p in parts if p != "*")
                if total != "*":
                    assert shown_sum + parts.count("*") <= int(total) <= shown_sum + 9 * parts.count("*")
    assert hidden > 50


def test_planted_faults(delivered: tuple[Path, list[FileEntry]]) -> None:
    out, entries = delivered
    faulty = {(e.reference_date or "")[:4]: e for e in entries if e.planted}
    assert {e.source for e in faulty.values()} == {FAULTY}
    assert set(faulty) == {str(y) for y in YEARS}
    for entry in faulty.values():
        table = _table(out, entry)
        for fault in entry.planted:
            assert table[fault.line - 2][fault.column] == fault.value
    total, wrong = faulty[str(WRONG_TOTAL_YEAR)], faulty[str(WRONG_ROWS_YEAR)]
    assert (total.rejected_rows, wrong.rejected_rows) == (0, 2)
    assert wrong.planted[0].value == UNKNOWN_KEY
    # The wrong total cannot be explained by hidden values.
    rows_of_march = [r for r in _table(out, total) if r["Berichtsmonat"].endswith("03")]
    least = sum(
        1 if r["Alo insgesamt"] == "*" else int(r["Alo insgesamt"])
        for r in rows_of_march
        if r["Städtische Gliederung"].endswith("001")
    )
    assert int(total.planted[0].value) < least


def test_same_answer_same_bytes(
    sample: tuple[Path, SampleManifest], city_files: tuple[Path, Path], delivered: tuple[Path, list[FileEntry]],
    tmp_path: Path,
) -> None:  # fmt: skip
    out, entries = delivered
    assert answer(*city_files, sample[0], tmp_path) == entries
    only = answer(*city_files, sample[0], tmp_path, years=[YEARS[0]])
    assert only == entries[: len(TABLES)]
    for entry in entries:
        assert (tmp_path / entry.name).read_bytes() == (out / entry.name).read_bytes()


@given(st.integers(min_value=0, max_value=2_000))
def test_one_to_nine_are_hidden(count: int) -> None:
    assert shown(count) == ("*" if 0 < count < 10 else count)


def test_commuters(sample: tuple[Path, SampleManifest]) -> None:
    folder, manifest = sample
    with (folder / "ba_pendler_reihe_synthetisch.csv").open(encoding="utf-8", newline="") as stream:
        table = list(csv.DictReader(stream, delimiter=";"))
    assert [r["Jahr"] for r in table] == [str(y) for y in YEARS]
    for row in table:
        here, out, at_work, into = (
            int(row[c].replace(".", "")) for c in ("SvB am Wohnort", "Auspendler", "SvB am Arbeitsort", "Einpendler")
        )
        truth = manifest.truth[int(row["Jahr"])].figures
        assert (here, out) == (truth["svb_wohnort"], truth["auspendler"])
        assert at_work - into == here - out > 0
