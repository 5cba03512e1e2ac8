"""The departments' files: layouts, sums, faults and their agreement with the register, on the small sample."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from etl.catalogue import age_limit, load_catalogue
from etl.catalogue.sources import RecordForm
from etl.sample import SampleManifest
from etl.sample.cases import UNKNOWN_STREET
from etl.settings import DEFAULT_CATALOGUE
from tests.sample.conftest import YEARS
from tests.sample.department_support import (
    ADDRESS,
    COLUMNS,
    counted,
    known_addresses,
    of_year,
    register,
    rows,
    sound,
)


@pytest.mark.parametrize("source", COLUMNS)
def test_every_year_has_its_file_in_the_agreed_layout(folder: Path, manifest: SampleManifest, source: str) -> None:
    entries = counted(manifest, source)
    shift = 1 if source == "kita_betreuung" else 0
    assert [int((e.reference_date or "")[:4]) for e in entries] == [y + shift for y in YEARS]
    for entry in entries:
        table = rows(folder, entry)
        assert table.columns == ["stichtag", *ADDRESS, *COLUMNS[source]]
        day = date.fromisoformat(entry.reference_date or "")
        assert sound(folder, entry)["stichtag"].unique().to_list() == [day.strftime("%d.%m.%Y")]
        assert len(table) == entry.rows > 0


def test_sums_and_what_is_not_located_are_as_the_manifest_says(folder: Path, manifest: SampleManifest) -> None:
    known = known_addresses(folder)
    mistyped = 0
    for entry in counted(manifest):
        table = sound(folder, entry).with_columns(pl.col(COLUMNS[entry.source or ""][-1]).cast(pl.Int64).alias("n"))
        lost = table.join(known, on=ADDRESS, how="anti")
        assert (table["n"].sum(), lost["n"].sum()) == (entry.total, entry.unlocated), entry.name
        here = (table["strassenschluessel"] == UNKNOWN_STREET).sum()
        assert bool(here) == (entry.note is not None), entry.name
        mistyped += here
    assert mistyped > 20


def test_faults_stand_where_the_manifest_says_and_are_few(folder: Path, manifest: SampleManifest) -> None:
    seen = set()
    for entry in counted(manifest):
        table = rows(folder, entry)
        assert entry.rejected_rows == len(entry.planted) <= 0.1 * len(table), entry.name
        for fault in entry.planted:
            assert table.row(fault.line - 2, named=True)[fault.column] == fault.value
            seen.add(fault.reason)
    assert seen == {
        "unbekannter Schlüssel", "Anzahl negativ", "anderer Stichtag", "Anzahl nicht ganz", "Anzahl fehlt",
    }  # fmt: skip


def test_the_catalogue_knows_every_column_and_every_word(folder: Path, manifest: SampleManifest) -> None:
    sources = {s.code: s for s in load_catalogue(DEFAULT_CATALOGUE).sources}
    for entry in counted(manifest):
        form = next(f for f in sources[entry.source or ""].forms if f.name == entry.form)
        assert isinstance(form, RecordForm)
        table = sound(folder, entry)
        used = {d.column for d in form.dimensions.values()} | {form.count, form.reference_date, *form.location.address}
        assert used <= set(table.columns), entry.name
        for dimension in form.dimensions.values():
            words = set(table[dimension.column].unique())
            if dimension.type == "code":
                assert words <= set(dimension.values), entry.name
            elif dimension.type in ("number", "age"):
                assert all(dimension.min <= int(w) <= dimension.max for w in words), entry.name


def test_the_stock_of_dwellings_grows_by_the_completions(folder: Path, manifest: SampleManifest) -> None:
    def stock(year: int) -> pl.DataFrame:
        table = of_year(folder, manifest, "gebaeude", year).filter(pl.col("strassenschluessel") != UNKNOWN_STREET)
        return table.group_by(ADDRESS).agg(pl.col("n").sum())

    built = of_year(folder, manifest, "bautaetigkeit", 2019).filter(pl.col("vorgang") == "fertigstellung")
    before, after = (of_year(folder, manifest, "gebaeude", y)["n"].sum() for y in (2018, 2019))
    assert after - before == built["n"].sum() == manifest.truth[2019].figures["fertigstellungen"] > 0
    grown = stock(2019).join(stock(2018), on=ADDRESS, how="anti")
    built = built.filter(pl.col("strassenschluessel") != UNKNOWN_STREET)
    assert built.group_by(ADDRESS).agg(pl.col("n").sum()).join(grown, on=[*ADDRESS, "n"], how="anti").is_empty()


def _age_on(day: date) -> pl.Expr:
    month, of_month = pl.col("born").dt.month().cast(pl.Int64), pl.col("born").dt.day().cast(pl.Int64)
    birthday = month * 100 + of_month > day.month * 100 + day.day
    return (day.year - pl.col("born").dt.year() - birthday.cast(pl.Int64)).cast(pl.Int64)


def _within_register(cases: pl.DataFrame, residents: pl.DataFrame, keys: list[str]) -> None:
    """No more cases at an address than people of that kind."""
    cases = cases.filter(pl.col("strassenschluessel") != UNKNOWN_STREET)
    people = residents.group_by(*ADDRESS, *keys).agg(pl.len().alias("people"))
    found = cases.group_by(*ADDRESS, *keys).agg(pl.col("n").sum())
    beside = found.join(people, on=[*ADDRESS, *keys], how="left").with_columns(pl.col("people").fill_null(0))
    assert beside.filter(pl.col("n") > pl.col("people")).is_empty()
    assert len(found) > 10


@pytest.mark.parametrize("year", YEARS)
def test_children_in_care_live_at_their_address(folder: Path, manifest: SampleManifest, year: int) -> None:
    cases = of_year(folder, manifest, "kita_betreuung", year + 1).with_columns(pl.col("alter").cast(pl.Int64))
    people = register(folder, manifest, year).with_columns(_age_on(date(year + 1, 3, 1)).alias("alter"))
    _within_register(cases, people, ["alter"])
    assert cases["alter"].max() <= 6


@pytest.mark.parametrize("source", ["jugendhilfe", "bildung_teilhabe", "uvg"])
def test_helped_children_live_at_their_address(folder: Path, manifest: SampleManifest, source: str) -> None:
    cases = of_year(folder, manifest, source, 2024).with_columns(pl.col("alter").cast(pl.Int64))
    if source == "jugendhilfe":
        # several kinds of help may meet in one child; one kind reaches it once
        cases = cases.group_by(*ADDRESS, "alter", "hilfeart").agg(pl.col("n").sum()).group_by(*ADDRESS, "alter")
        cases = cases.agg(pl.col("n").max())
    people = register(folder, manifest, 2024).with_columns(_age_on(date(2024, 12, 31)).alias("alter"))
    _within_register(cases, people, ["alter"])


@pytest.mark.parametrize("source,ages", [("schuleingang", (6, 7)), ("schuluebergaenge", (10, 12))])
def test_pupils_are_of_the_age_for_their_step(
    folder: Path, manifest: SampleManifest, source: str, ages: tuple[int, int]
) -> None:
    people = register(folder, manifest, 2024).filter(_age_on(date(2024, 12, 31)).is_between(*ages))
    _within_register(of_year(folder, manifest, source, 2024), people, [])


def test_kinds_of_school_add_up_to_all_transitions(folder: Path, manifest: SampleManifest) -> None:
    for year in YEARS:
        table = of_year(folder, manifest, "schuluebergaenge", year)
        figures = manifest.truth[year].figures
        assert table["n"].sum() == figures["uebergaenge"]
        assert table.filter(pl.col("schulart") == "gymnasium")["n"].sum() == figures["uebergaenge_gymnasium"]


def test_findings_exist_only_for_the_examined(folder: Path, manifest: SampleManifest) -> None:
    table = of_year(folder, manifest, "schuleingang", 2024)
    for column in ("sprachbefund", "gewicht", "heft"):
        assert ((table[column] == "-") == (table["untersucht"] == "nein")).all()
    assert ((table["frueherkennung"] == "-") == (table["heft"] != "ja")).all()
    assert table["n"].sum() == manifest.truth[2024].figures["schulpflichtig"]


def test_obligations_in_the_file_have_not_ended(folder: Path, manifest: SampleManifest) -> None:
    for year in YEARS:
        ends = of_year(folder, manifest, "sozialwohnungen", year)["bindungsende"].str.to_date("%d.%m.%Y")
        assert ends.min() > date(year, 12, 31)


def test_single_cases_and_counts_of_social_assistance_agree(folder: Path, manifest: SampleManifest) -> None:
    last = date(YEARS[-1], 12, 31)
    (entry,) = [f for f in manifest.deliveries("faelle") if f.source == "sgb12"]
    assert (entry.reference_date, entry.deliver) == (last.isoformat(), False)
    cases = sound(folder, entry)
    assert cases["fallnummer"].n_unique() == len(cases) == entry.total

    def group(born: date) -> str:
        if last.year - born.year < 18:
            return "unter 18"
        return "18 bis Altersgrenze" if age_limit.below(born, last) else "ab Altersgrenze"

    keys = [*ADDRESS, "kapitel", "altersgruppe", "einrichtung"]
    born = cases["geburtsdatum"].str.to_date("%d.%m.%Y")
    cases = cases.with_columns(pl.Series("altersgruppe", [group(b) for b in born]))
    single = cases.group_by(keys).agg(pl.len().cast(pl.Int64).alias("n")).sort(keys)
    table = of_year(folder, manifest, "sgb12", last.year)
    assert table.group_by(keys).agg(pl.col("n").sum()).sort(keys).equals(single)
    assert {"18 bis Altersgrenze", "ab Altersgrenze"} <= set(single["altersgruppe"])
