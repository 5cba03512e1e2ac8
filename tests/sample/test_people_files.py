"""Traits, events and households: consistent with the register and with each other, in all forms."""

from __future__ import annotations

import csv
from pathlib import Path

import polars as pl
import pytest

from etl.sample import SampleManifest
from etl.sample.manifest import FileEntry
from etl.sample.movements import Event
from etl.sample.people_files import FIXED_WIDTHS
from tests.sample.conftest import YEARS

ADDRESS = ["strassenschluessel", "hausnummer", "zusatz"]
PERSON = ["alter", "geschlecht", "staatsangehoerigkeit"]


def _entry(manifest: SampleManifest, source: str, form: str, year: int) -> FileEntry:
    wanted = (source, form, f"{year}-12-31")
    return [f for f in manifest.files if (f.source, f.form, f.reference_date) == wanted][-1]


def _sound(folder: Path, entry: FileEntry) -> pl.DataFrame:
    """All rows without the planted ones, which must stand where the manifest says."""
    text = (folder / entry.name).read_bytes().decode(entry.encoding or "")
    lines = list(csv.reader(text.splitlines(), delimiter=";"))
    rows = pl.DataFrame(lines[1:], schema=lines[0], orient="row").with_row_index("line", offset=2)
    assert len(rows) == entry.rows
    assert entry.rejected_rows == len(entry.planted) > 0
    for fault in entry.planted:
        assert rows.row(fault.line - 2, named=True)[fault.column] == fault.value
    return rows.filter(~pl.col("line").is_in([p.line for p in entry.planted])).drop("line")


def _sum(rows: pl.DataFrame, keys: list[str]) -> dict[tuple[str, ...], int]:
    counts = rows.group_by(keys).agg(pl.col("anzahl").cast(pl.Int64).sum())
    return {row[:-1]: row[-1] for row in counts.iter_rows()}


@pytest.mark.parametrize("source", ["einwohner_merkmale", "einwohner_bewegung", "haushalte"])
@pytest.mark.parametrize("year", YEARS)
def test_totals_are_those_of_the_manifest(folder: Path, manifest: SampleManifest, source: str, year: int) -> None:
    entry = _entry(manifest, source, "gezaehlt", year)
    rows = _sound(folder, entry)
    assert rows["anzahl"].cast(pl.Int64).sum() == entry.total
    with (folder / "hauskoordinaten_synthetisch.csv").open(encoding="utf-8", newline="") as stream:
        known = pl.DataFrame([r[8:11] for r in csv.reader(stream, delimiter=";")], schema=ADDRESS, orient="row")
    unlocated = rows.join(known, on=ADDRESS, how="anti")["anzahl"].cast(pl.Int64).sum()
    assert unlocated == entry.unlocated


@pytest.mark.parametrize("year", YEARS)
def test_traits_are_those_of_the_register(folder: Path, manifest: SampleManifest, year: int) -> None:
    rows = _sound(folder, _entry(manifest, "einwohner_merkmale", "gezaehlt", year))
    register = _entry(manifest, "einwohner_bestand", "personen", year)
    people = _sound(folder, register).filter(pl.col("wohnungsstatus") != "N").with_columns(
        alter=(year - pl.col("geburtsdatum").str.slice(6).cast(pl.Int64)).cast(pl.String), anzahl=pl.lit("1")
    )  # fmt: skip
    assert _sum(rows, [*ADDRESS, "alter"]) == _sum(people, [*ADDRESS, "alter"])
    long = people.filter(pl.col("einzugsdatum").str.slice(6).cast(pl.Int64) <= year - 10)
    assert _sum(rows.filter(pl.col("wohndauer") == "ab 10"), ADDRESS) == _sum(long, ADDRESS)
    background = rows.filter(pl.col("migrationshintergrund") == "ja")["anzahl"].cast(pl.Int64).sum()
    truth = manifest.truth[year]
    assert background == truth.figures["ew_mh"]
    assert truth.foreign < background < 0.45 * truth.persons.total


@pytest.mark.parametrize("year", YEARS)
def test_all_forms_of_the_events_give_equal_counts(folder: Path, manifest: SampleManifest, year: int) -> None:
    counted = _sound(folder, _entry(manifest, "einwohner_bewegung", "gezaehlt", year))
    events = _sound(folder, _entry(manifest, "einwohner_bewegung", "ereignisse", year))
    if year == max(YEARS):
        fixed = _entry(manifest, "einwohner_bewegung", "ereignisse_fest", year)
        assert not fixed.deliver
        lines = (folder / fixed.name).read_bytes().decode("cp1252").splitlines()
        assert {len(line) for line in lines} == {sum(FIXED_WIDTHS.values())}
        table, start = {}, 0
        for name, width in FIXED_WIDTHS.items():
            table[name] = [line[start : start + width].strip() for line in lines]
            start += width
        turned = (
            (pl.col(d).str.slice(6) + "." + pl.col(d).str.slice(4, 2) + "." + pl.col(d).str.slice(0, 4)).alias(d)
            for d in ("ereignisdatum", "geburtsdatum")
        )
        assert pl.DataFrame(table).with_columns(turned).equals(events.select(table.keys()))
    events = events.with_columns(
        alter=(year - pl.col("geburtsdatum").str.slice(6).cast(pl.Int64)).cast(pl.String), anzahl=pl.lit("1")
    )
    parts = []
    at_target = {Event.BIRTH: "geburt", Event.ARRIVAL: "zuzug", Event.MOVE: "umzug_zu"}
    at_origin = {Event.DEATH: "tod", Event.DEPARTURE: "fortzug", Event.MOVE: "umzug_fort"}
    for side, names in (("ziel", at_target), ("herkunft", at_origin)):
        for kind, name in names.items():
            chosen = events.filter(pl.col("ereignis") == str(int(kind)))
            place = [pl.col(f"{side}_{part}").alias(part) for part in ADDRESS]
            parts.append(chosen.select(*place, *PERSON, "anzahl", ereignis=pl.lit(name)))
    keys = [*ADDRESS, "ereignis", *PERSON]
    assert _sum(counted, keys) == _sum(pl.concat(parts), keys)
    figures, by_kind = manifest.truth[year].figures, _sum(counted, ["ereignis"])
    assert by_kind["umzug_zu",] == by_kind["umzug_fort",] == figures["umzuege"]
    assert by_kind["geburt",] == figures["geburten"] == manifest.truth[year].births
    assert by_kind["zuzug",] - by_kind["fortzug",] == figures["zuzuege"] - figures["fortzuege"]


def test_stock_and_events_balance_at_every_address(folder: Path, manifest: SampleManifest) -> None:
    """2019 follows 2018: residents before + what came − what went = residents after, address by address."""
    before = _sum(_sound(folder, _entry(manifest, "einwohner_bestand", "gezaehlt", 2018)), ADDRESS)
    corrected = _entry(manifest, "einwohner_bestand", "personen", 2019)
    people = _sound(folder, corrected).filter(pl.col("wohnungsstatus") != "N").with_columns(anzahl=pl.lit("1"))
    after = _sum(people, ADDRESS)
    for (*address, kind), n in _sum(
        _sound(folder, _entry(manifest, "einwohner_bewegung", "gezaehlt", 2019)), [*ADDRESS, "ereignis"]
    ).items():
        sign = 1 if kind in ("geburt", "zuzug", "umzug_zu") else -1
        before[tuple(address)] = before.get(tuple(address), 0) + sign * n
    assert {k: n for k, n in before.items() if n} == after


@pytest.mark.parametrize("year", YEARS)
def test_households_hold_everybody_with_an_abode(folder: Path, manifest: SampleManifest, year: int) -> None:
    rows = _sound(folder, _entry(manifest, "haushalte", "gezaehlt", year)).cast(
        {"groesse": pl.Int64, "kinder": pl.Int64, "anzahl": pl.Int64}
    )
    truth = manifest.truth[year]
    assert (rows["groesse"] * rows["anzahl"]).sum() == truth.persons.total - truth.figures["ohne_haushalt"]
    assert 0 < truth.figures["ohne_haushalt"] < 10
    minors = int(truth.age_groups["0-17"])
    assert (rows["kinder"] * rows["anzahl"]).sum() == minors
    assert (rows["kinder"] < rows["groesse"]).all()
    for kind, households in rows.group_by("typ"):
        assert households["anzahl"].sum() == truth.figures[f"hh_{kind[0]}"] > 0
    single, couple = (rows.filter(pl.col("typ") == t) for t in ("einperson", "paar_ohne_kind"))
    assert set(single["groesse"]) == {1}
    assert set(couple["groesse"]) == {2}
    with_children = rows.filter(pl.col("typ").is_in(["paar_mit_kindern", "alleinerziehend"]))
    assert (with_children["kinder"] > 0).all()
    assert with_children["anzahl"].sum() == rows.filter(pl.col("kinder") > 0)["anzahl"].sum()


@pytest.mark.parametrize("year", YEARS)
def test_all_tables_of_unemployed_have_the_same_truth(manifest: SampleManifest, year: int) -> None:
    truth = manifest.truth[year]
    assert sum(truth.unemployed.values()) == truth.figures["alo"] > 50
    assert truth.figures["alo_sgb2"] + truth.figures["alo_sgb3"] == truth.figures["alo"]
    assert truth.figures["elb"] + truth.figures["nef_u15"] == truth.figures["lb"] > truth.figures["bg"]
    parts = ("nef_u3", "nef_3_6", "nef_6_15")
    assert sum(truth.figures[p] for p in parts) == truth.figures["nef_u15"]
