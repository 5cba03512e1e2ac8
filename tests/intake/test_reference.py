"""Real deliveries read where they lie: the dirty Hamburg table, Flensburg's tables, the Zensus grids."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from etl.catalogue import AreaForm, Source
from etl.intake.archive import opened
from etl.intake.arearows import AREA, KIND
from etl.intake.areatable import CODE, PERIOD, STATUS, VALUE, AreaValues, read_area_values
from etl.intake.csvtable import LINE
from etl.intake.forms import choose_form
from etl.intake.rejects import Rejects
from etl.intake.tablefile import read_table

pytestmark = pytest.mark.reference

SHARES = {
    # published share: (numerator, denominator), all by the number of their column in the file; the shares of people
    # with a migration background do not follow from the counts shown
    3: (2, 1), 5: (4, 1), 7: (6, 1), 15: (14, 12), 17: (16, 12), 19: (18, 16), 38: (37, 1), 48: (47, 45), 52: (51, 45),
}  # fmt: skip


def _read(path: Path, form: dict[str, Any], at: date) -> AreaValues:
    source = Source.model_validate(
        {"code": "quelle", "title": "Quelle", "owner": "o", "periodicity": "jaehrlich",
         "smallest_level": "stadtteil", "forms": [form]}
    )  # fmt: skip
    declared = source.forms[0]
    assert isinstance(declared, AreaForm)
    with opened(path) as delivered:
        fit = choose_form(source, delivered, None)
        rejects = Rejects()
        frame, _ = read_table(delivered, declared, fit.names, rejects)
        return read_area_values(frame, fit.names, source, declared, at, rejects)


def _hamburg(headings: list[str], **layout: Any) -> dict[str, Any]:
    codes = {heading: f"c{n}" for n, heading in enumerate(headings) if n}
    return {
        "kind": "areas", "name": "profil", "level": "stadtteil", "integer": False,
        "format": {"decimal": ",", "thousands": " ", **layout},
        "area": {"column": "Stadtgebiet", "skip": ["Stadtgebiet"]},
        "values": codes, "negative": list(codes.values()),
        "symbols": {".": {"status": "geheim"}, "-": {"status": "gueltig", "value": 0}},
    }  # fmt: skip


@pytest.fixture
def headings(reference_dir: Path) -> list[str]:
    text = (reference_dir / "data/hamburg/stadtteilprofile_2014.csv").read_text(encoding="utf-8")
    return next(csv.reader([text.splitlines()[0]], delimiter=";"))


@pytest.fixture
def from_csv(reference_dir: Path, headings: list[str]) -> pl.DataFrame:
    path = reference_dir / "data/hamburg/stadtteilprofile_2014.csv"
    values = _read(path, _hamburg(headings), date(2013, 12, 31))
    assert values.rejects.table().is_empty()
    return values.cells


def test_hamburg_is_read_whole(from_csv: pl.DataFrame, headings: list[str]) -> None:
    assert len(headings) == 69
    assert from_csv[LINE].n_unique() == 107
    assert len(from_csv) == 107 * 68
    hidden = from_csv.filter(pl.col(STATUS) == "geheim")
    assert len(hidden) == 84
    assert hidden[VALUE].null_count() == 84
    assert from_csv.filter((pl.col(CODE) == "c28") & (pl.col(AREA) == "Hamburg-Altstadt"))[VALUE].item() == -23


def test_hamburg_from_xlsx_is_the_same(reference_dir: Path, from_csv: pl.DataFrame, headings: list[str]) -> None:
    """The CSV shows what the workbook holds, rounded: to one decimal, or to whole numbers."""
    path = reference_dir / "data/hamburg/stadtteilprofile_2014.xlsx"
    values = _read(path, _hamburg(headings, type="xlsx", header_row=3), date(2013, 12, 31))
    assert values.rejects.table().is_empty()
    assert values.ignored == 1  # the row of explanations below the headings
    both = pl.concat(
        [from_csv.sort(CODE, LINE), values.cells.sort(CODE, LINE).select(pl.all().name.suffix("_x"))], how="horizontal"
    )
    assert (both[AREA] == both[f"{AREA}_x"]).all()
    assert (both[STATUS] == both[f"{STATUS}_x"]).all()
    differs = both.filter(pl.col(VALUE) != pl.col(f"{VALUE}_x"))
    whole = differs[VALUE] == differs[VALUE].round(0)
    gap = (differs[VALUE] - differs[f"{VALUE}_x"]).abs()
    assert (gap.filter(~whole) <= 0.05 + 1e-9).all()
    assert (gap.filter(whole) <= 0.5 + 1e-9).all()
    # no count differs at all: columns of the workbook with whole numbers only
    counts = values.cells.group_by(CODE).agg((pl.col(VALUE) == pl.col(VALUE).round(0)).all().alias("whole"))
    codes = counts.filter("whole")[CODE].to_list()
    assert len(codes) > 30
    assert differs.filter(pl.col(CODE).is_in(codes)).is_empty()


@pytest.mark.parametrize("encoding", ["iso-8859-1", "cp1252"])
def test_hamburg_in_another_encoding_is_the_same(
    reference_dir: Path, from_csv: pl.DataFrame, headings: list[str], tmp_path: Path, encoding: str
) -> None:
    text = (reference_dir / "data/hamburg/stadtteilprofile_2014.csv").read_text(encoding="utf-8")
    lines = text.splitlines()
    soft = lines[0].replace("Migrations-hintergrund", "Migrations\u00ad-hintergrund")
    path = tmp_path / "profil.csv"
    path.write_bytes("\r\n".join([soft, *lines[1:]]).encode(encoding))
    values = _read(path, _hamburg(headings, encoding=encoding), date(2013, 12, 31))
    assert values.cells.equals(from_csv)


def test_nine_published_shares_follow_from_the_counts(from_csv: pl.DataFrame) -> None:
    wide = from_csv.pivot(CODE, index=LINE, values=VALUE)
    assert len(SHARES) == 9
    for share, (numerator, denominator) in SHARES.items():
        n, d = wide[f"c{numerator}"], wide[f"c{denominator}"]
        shown = wide.select(((100 * n / d) - wide[f"c{share}"]).abs().alias("gap"), d.alias("d")).filter(d > 0)
        assert len(shown.drop_nulls()) == 107, share
        assert shown["gap"].max() <= 0.1, share


def _flensburg(column: str = "residents", **more: Any) -> dict[str, Any]:
    return {
        "kind": "areas", "name": "tabelle", "level": "stadtteil", "format": {"separator": ",", "decimal": "."},
        "area": {"column": "district_id", "total": [""]}, "period": {"by": "column", "column": "year"},
        "value": column, "code": "wert", "symbols": {"": {"status": "geheim"}}, **more,
    }  # fmt: skip


def test_flensburg_population_by_year(reference_dir: Path) -> None:
    path = reference_dir / "data/flensburg/tables/residents_by_district.csv"
    values = _read(path, _flensburg(), date(2022, 12, 31))
    assert values.rejects.table().is_empty()
    sums = dict(values.cells.group_by(PERIOD).agg(pl.col(VALUE).sum()).iter_rows())
    assert sums["2021"] == 97_877
    assert sorted(sums) == ["2011", "2017", "2018", "2019", "2020", "2021", "2022"]


def test_flensburg_blanks_are_withheld(reference_dir: Path) -> None:
    path = reference_dir / "data/flensburg/tables/housing_assistance_cases_by_district.csv"
    cells = _read(path, _flensburg("action_for_eviction"), date(2022, 12, 31)).cells
    blank = cells.filter(pl.col(STATUS) == "geheim")
    assert 0 < len(blank) < len(cells)
    assert blank[VALUE].null_count() == len(blank)


def test_every_flensburg_table_by_district_is_read(reference_dir: Path) -> None:
    folder = reference_dir / "data/flensburg/tables"
    read = 0
    for path in sorted(folder.glob("*.csv")):
        names = path.read_text(encoding="utf-8").splitlines()[0].split(",")
        if not {"year", "district_id"} <= set(names):
            continue
        columns = [n for n in names if n not in ("id", "year", "district_id")]
        form = _flensburg() | {"value": None, "code": None, "integer": False, "values": {c: c for c in columns}}
        values = _read(path, {k: v for k, v in form.items() if v is not None}, date(2022, 12, 31))
        assert values.rejects.table().is_empty(), path.name
        read += 1
    assert read == 19


def test_zensus_1_km_cells(reference_dir: Path) -> None:
    path = reference_dir / "data/norderstedt/zensus2011_1km.csv"
    form = {
        "kind": "areas", "name": "gitter", "level": "gitter", "format": {"separator": ",", "decimal": "."},
        "area": {"grid": {"x": "x", "y": "y", "size": 1000}},
        "values": {"continuous_Einwohner": "einwohner", "continuous_Auslaender_A": "auslaender"},
        "fractional": ["auslaender"], "ignore_columns": ["continuous_*", "ordinal_*", "share_in"],
        "symbols": {"-1": {"status": "geheim"}, "-9": {"status": "fehlt"}},
    }  # fmt: skip
    values = _read(path, form, date(2011, 5, 9))
    assert values.rejects.table().is_empty()
    raw = pl.read_csv(path)
    persons = values.cells.filter(pl.col(CODE) == "einwohner")
    assert persons[VALUE].sum() == raw.filter(pl.col("continuous_Einwohner") > 0)["continuous_Einwohner"].sum()
    assert "CRS3035RES1000mN3395000E4316000" in persons[AREA].to_list()
    foreign = values.cells.filter(pl.col(CODE) == "auslaender")
    assert (foreign[STATUS] == "fehlt").sum() == (raw["continuous_Auslaender_A"] == -9).sum() > 0


def test_zensus_100_m_cells_in_long_form(reference_dir: Path) -> None:
    path = reference_dir / "data/norderstedt/zensus2011_100m_long.parquet"
    form = {
        "kind": "areas", "name": "gitter", "level": "gitter", "format": {"type": "parquet"},
        "area": {"grid": {"x": "x", "y": "y", "size": 100}}, "feature": "feature", "value": "value",
        "features": {"demography_ALTER_10JG_1": "alter_1", "dwellings_RAUMANZAHL_5": "raeume_5"},
        "ignore_columns": ["quality", "gitter_id_100m"],
    }  # fmt: skip
    values = _read(path, form, date(2011, 5, 9))
    raw = pl.read_parquet(path).filter(pl.col("feature") == "demography_ALTER_10JG_1")
    found = values.cells.filter(pl.col(CODE) == "alter_1")
    assert values.rejects.table().is_empty()
    assert (len(found), found[VALUE].sum()) == (len(raw), raw["value"].sum())
    assert (found[KIND] == "unit").all()
    keys = found[AREA].str.extract(r"N(\d{5})\d\dE(\d{5})", 1) + found[AREA].str.extract(r"E(\d{5})", 1)
    assert keys.to_list() == raw["gitter_id_100m"].str.replace("100mN", "").str.replace("E", "").to_list()
