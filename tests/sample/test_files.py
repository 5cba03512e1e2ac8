"""The written files: reproducible, in the agreed layouts, with exactly the planted faults."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path

import polars as pl
import pytest
from python_calamine import CalamineWorkbook

from etl.errors import SozialberichtError
from etl.sample import SampleManifest, load_manifest, write_sample
from etl.sample.files import TABLE_FOOTNOTES
from etl.sample.manifest import FILE_NAME, FileEntry
from tests.sample.conftest import SMALL, YEARS


def _rows(folder: Path, entry: FileEntry) -> pl.DataFrame:
    text = (folder / entry.name).read_bytes().decode(entry.encoding or "utf-8")
    lines = list(csv.reader(text.splitlines(), delimiter=";"))
    return pl.DataFrame(lines[1:], schema=lines[0], orient="row")


def _register(manifest: SampleManifest, form: str) -> list[FileEntry]:
    """The register's files of one form."""
    return [f for f in manifest.deliveries(form) if f.role == "register"]


def _names(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def _located(folder: Path) -> pl.DataFrame:
    """Address keys of the address file."""
    with (folder / "hauskoordinaten_synthetisch.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream, delimiter=";"))
    assert {len(r) for r in rows} == {18}
    return pl.DataFrame(
        {
            "strassenschluessel": [r[8] for r in rows],
            "hausnummer": [r[9] for r in rows],
            "zusatz": [r[10] for r in rows],
        }
    )


def _register(manifest: SampleManifest, form: str) -> list[FileEntry]:
    return [f for f in manifest.deliveries(form) if f.source == "einwohner_bestand"]


def _without_planted(rows: pl.DataFrame, entry: FileEntry) -> pl.DataFrame:
    bad = [p.line - 2 for p in entry.planted]
    return rows.with_row_index().filter(~pl.col("index").is_in(bad)).drop("index")


def test_same_seed_same_bytes(folder: Path, manifest: SampleManifest, tmp_path: Path) -> None:
    again = write_sample(tmp_path, years=YEARS, scale=SMALL)
    assert again == manifest
    names = _names(folder)
    assert _names(tmp_path) == names
    for name in names:
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes(), name


def test_another_seed_another_city(manifest: SampleManifest, tmp_path: Path) -> None:
    other = write_sample(tmp_path, seed=2, years=(2015,), scale=SMALL)
    assert other.files[0].sha256 != manifest.files[0].sha256


def test_manifest_can_be_read_back(folder: Path, manifest: SampleManifest) -> None:
    assert load_manifest(folder) == manifest
    text = (folder / FILE_NAME).read_text(encoding="utf-8")
    assert "synthetisch: true" in text
    listed = {f.name for f in manifest.files} | {FILE_NAME}
    assert listed == set(_names(folder))
    for file in manifest.files:
        assert hashlib.sha256((folder / file.name).read_bytes()).hexdigest() == file.sha256
        assert "synthetisch" in file.name or file.role == "readme"


def test_no_manifest_is_said(tmp_path: Path) -> None:
    with pytest.raises(SozialberichtError, match="keine Beispielstadt"):
        load_manifest(tmp_path)
    (tmp_path / FILE_NAME).write_text("version: 0\n", encoding="utf-8")
    with pytest.raises(SozialberichtError, match="andere"):
        load_manifest(tmp_path)


@pytest.mark.parametrize("years,scale", [((2010,), 0.05), ((2026,), 0.05), ((), 0.05), ((2020,), 0.0), ((2020,), 3.0)])
def test_impossible_wishes_are_refused(tmp_path: Path, years: tuple[int, ...], scale: float) -> None:
    with pytest.raises(SozialberichtError):
        write_sample(tmp_path / "nothing", years=years, scale=scale)
    assert not (tmp_path / "nothing").exists()


@pytest.mark.parametrize("year", YEARS)
def test_counted_files_equal_person_files(folder: Path, manifest: SampleManifest, year: int) -> None:
    date = f"{year}-12-31"
    counted = [f for f in _register(manifest, "gezaehlt") if f.reference_date == date][-1]
    persons = next(f for f in _register(manifest, "personen") if f.reference_date == date)
    left = _without_planted(_rows(folder, counted), counted)
    right = _without_planted(_rows(folder, persons), persons).filter(pl.col("wohnungsstatus") != "N")
    keys = ["strassenschluessel", "hausnummer", "zusatz", "alter", "geschlecht", "staatsangehoerigkeit"]
    right = right.with_columns(
        (year - pl.col("geburtsdatum").str.slice(6).cast(pl.Int64)).cast(pl.String).alias("alter")
    )
    expected = right.group_by(keys).agg(pl.len().cast(pl.Int64).alias("anzahl")).sort(keys)
    found = left.select(*keys, pl.col("anzahl").cast(pl.Int64)).sort(keys)
    assert not found.select(keys).is_duplicated().any()
    assert found.equals(expected)


def test_manifest_numbers_are_true(folder: Path, manifest: SampleManifest) -> None:
    known = _located(folder)
    assert len(known) == manifest.addresses
    keys = known.columns
    for entry in _register(manifest, "gezaehlt") + _register(manifest, "personen"):
        rows = _rows(folder, entry)
        assert len(rows) == entry.rows
        assert entry.rejected_rows == len(entry.planted)
        good = _without_planted(rows, entry)
        if entry.form == "personen":
            assert (good["wohnungsstatus"] == "N").sum() == entry.secondary_rows > 0
            good = good.filter(pl.col("wohnungsstatus") != "N").with_columns(anzahl=pl.lit("1"))
        if entry.persons is None:
            assert entry.outcome == "refused"
            continue
        n = pl.col("anzahl").cast(pl.Int64).sum()
        total = int(good.select(n).item())
        unlocated = int(good.join(known, on=keys, how="anti").select(n).item())
        assert total == entry.persons.total
        assert unlocated == entry.persons.unlocated > 0
        assert sum(entry.persons.stadtteile.values()) + unlocated == total


def test_planted_faults_stand_where_the_manifest_says(folder: Path, manifest: SampleManifest) -> None:
    seen = set()
    for entry in _register(manifest, "gezaehlt") + _register(manifest, "personen"):
        rows = _rows(folder, entry)
        for fault in entry.planted:
            row = rows.row(fault.line - 2, named=True)
            assert row[fault.column] == fault.value
            seen.add(fault.reason)
            if fault.column == "satznummer":
                earlier = rows.head(fault.line - 2).filter(pl.col("satznummer") == fault.value)
                assert len(earlier) == 1
                assert earlier.row(0, named=True) == row
    assert {"Satznummer doppelt", "Datum gibt es nicht", "Alter negativ", "Anzahl nicht ganz"} <= seen


def test_the_file_in_the_wrong_encoding(folder: Path, manifest: SampleManifest) -> None:
    first, second = [f for f in _register(manifest, "gezaehlt") if f.reference_date == "2019-12-31"]
    assert (first.outcome, second.outcome) == ("refused", "accepted")
    assert second.supersedes == first.name
    with pytest.raises(UnicodeDecodeError):
        (folder / first.name).read_bytes().decode(first.declared_encoding or "")
    assert (folder / second.name).read_bytes().decode("utf-8").count("ß") > 100
    assert _rows(folder, first).equals(_rows(folder, second))


def test_the_incomplete_file_lacks_half_a_stadtteil(manifest: SampleManifest) -> None:
    first, second = [f for f in _register(manifest, "gezaehlt") if f.reference_date == "2024-12-31"]
    assert first.persons is not None
    assert second.persons is not None
    assert second.persons == manifest.truth[2024].persons
    lost = {part: n - first.persons.stadtteile[part] for part, n in second.persons.stadtteile.items()}
    assert [part for part, n in lost.items() if n] == [5]
    assert 0.25 < lost[5] / second.persons.stadtteile[5] < 0.75


def test_area_table_is_the_same_in_both_forms(folder: Path, manifest: SampleManifest) -> None:
    lines = (folder / "arbeitslose_stadtteile_synthetisch.csv").read_text(encoding="utf-8").splitlines()
    table = [line.split(";") for line in lines]
    sheet = CalamineWorkbook.from_path(folder / "arbeitslose_stadtteile_synthetisch.xlsx").get_sheet_by_index(0)
    cells = [
        [str(c) if isinstance(c, str) else str(int(c)) for c in row] for row in sheet.to_python(skip_empty_area=False)
    ]
    assert "synthetisch" in cells[0][0]
    assert cells[2][:2] == ["Stadtteil", "Merkmal"]
    assert [[c.replace(".", "") for c in row[2:]] for row in table[1:8]] == [row[2:] for row in cells[3:10]]
    assert [row[0] for row in table[8:]] == list(TABLE_FOOTNOTES)
    assert [row[0] for row in cells[10:]] == list(TABLE_FOOTNOTES)
    total = {y: sum(t.unemployed.values()) for y, t in manifest.truth.items()}
    assert [row.replace(".", "") for row in table[7][2:]] == [str(total[y]) for y in YEARS]
    shown = {int(c.replace(".", "")) for row in table[1:7] for c in row[2:] if c != "*"}
    assert not shown & set(range(1, 10))
    assert any(c == "*" for row in table[1:7] for c in row[2:])


@pytest.mark.parametrize("kind,least", [("kita", 40), ("schule", 20)])
def test_facilities_stand_at_known_addresses(folder: Path, manifest: SampleManifest, kind: str, least: int) -> None:
    entry = next(f for f in manifest.files if f.role == "facilities" and f.form == kind)
    rows = _rows(folder, entry)
    assert len(rows) == entry.rows >= least
    assert rows["einrichtung_nr"].n_unique() == len(rows)
    assert rows["name"].n_unique() == len(rows)
    keys = ["strassenschluessel", "hausnummer", "zusatz"]
    assert rows.join(_located(folder), on=keys, how="anti").is_empty()


def test_the_note_names_every_source(folder: Path, manifest: SampleManifest) -> None:
    text = (folder / "LIESMICH.txt").read_text(encoding="utf-8")
    sources = {str(f.source) for f in manifest.deliveries()}
    assert {s for s in sources if s not in text and f"_{s.rsplit('_', 1)[-1]}" not in text} == set()
    assert max(map(len, text.splitlines())) < 120
