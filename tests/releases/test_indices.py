"""Indices and inequality of an edition, from what it shows."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from sqlalchemy import text

from etl.catalogue import Catalogue
from etl.catalogue.indices import Index
from etl.releases.derived import indices, inequality
from tests.conftest import Published

SHARES = {1: 4.0, 2: 6.0, 3: 8.0, 4: 10.0, 5: 22.0, 6: 9.0}


def declared(**more: object) -> Index:
    facts = {
        "code": "IDX09", "title": "Probe", "definition": "Probe", "level": "bezirk", "owner": "sozialplanung",
        "parts": [{"name": "S1", "indicator": "ARB05"}, {"name": "S2", "indicator": "SOZ01"}],
        "classes": [{"code": 1, "label": "hoch", "below": -1, "included": False},
                    {"code": 2, "label": "mittel", "below": 1}, {"code": 4, "label": "niedrig"}],
    }  # fmt: skip
    return Index.model_validate({**facts, **more})


def visible(
    hidden: dict[tuple[int, str], str] | None = None, persons: float = 4000.0, year: int = 2025
) -> pl.DataFrame:
    """Six districts: shares of the two parts and inhabitants; ``hidden``: (unit, indicator) → status."""
    rows = []
    for unit, share in SHARES.items():
        for indicator, value in (("ARB05", share), ("SOZ01", 2 * share + unit), ("BEV01", persons)):
            status = (hidden or {}).get((unit, indicator), "gueltig")
            shown = status == "gueltig"
            base = 2000.0 if indicator != "BEV01" else None
            rows.append({
                "version_id": 1, "unit_id": unit, "key": f"10{unit}", "indicator": indicator, "year": year,
                "status": status, "value": value if shown else None, "factor": 100.0 if base else 1.0,
                "numerator": value * 20 if shown and base else None, "denominator": base if shown else None,
                "counted": base is not None,
            })  # fmt: skip
    return pl.DataFrame(rows, infer_schema_length=None)


def test_from_raw_shares_to_classes_by_hand():
    found = {r.unit: r for r in indices.of_version(declared(), visible(), "BEV01")}
    one = np.array(list(SHARES.values()))
    two = 2 * one + np.arange(1, 7)
    total = (one - one.mean()) / one.std() + (two - two.mean()) / two.std()
    expected = total / total.std()
    assert [found[u].score for u in SHARES] == pytest.approx(np.round(expected, 2).tolist())
    assert [found[u].rank for u in SHARES] == [6, 5, 4, 2, 1, 3]
    assert found[5].class_code == 4 and found[1].class_code == 1 and found[3].class_code == 2
    # far from any limit whatever is varied
    assert found[5].firmness == 1.0 and found[5].rank_low == found[5].rank_high == 1
    assert [p[:2] for p in found[5].parts] == [("S1", "ARB05"), ("S2", "SOZ01")]
    assert found[5].parts[0][3] == pytest.approx((22 - one.mean()) / one.std(), abs=1e-4)


def test_a_withheld_part_withholds_the_index_and_changes_nothing_but_the_yardstick():
    found = {r.unit: r for r in indices.of_version(declared(), visible({(2, "SOZ01"): "geheim"}), "BEV01")}
    assert found[2].status == "geheim" and found[2].score is None and found[2].parts == ()
    others = visible().filter(pl.col("unit_id") != 2)
    assert [found[u].score for u in (1, 3, 4, 5, 6)] == [
        r.score for r in indices.of_version(declared(), others, "BEV01")
    ]


def test_small_units_declared_ones_and_too_few_units_have_none():
    small = indices.of_version(declared(), visible(persons=250.0), "BEV01")
    assert {r.status for r in small} == {"geheim"}
    by_name = {r.unit: r for r in indices.of_version(declared(exclusion={"units": ["101"]}), visible(), "BEV01")}
    assert by_name[1].status == "nicht_sinnvoll" and by_name[2].score is not None
    few = visible().filter(pl.col("unit_id") < 4)
    assert {r.status for r in indices.of_version(declared(), few, "BEV01")} == {"nicht_sinnvoll"}
    outlier = {r.unit: r for r in indices.of_version(declared(exclusion={"outlier_z": 2.0}), visible(), "BEV01")}
    assert outlier[5].status == "nicht_sinnvoll" and outlier[1].units == 5


def test_a_limit_belongs_to_the_class_that_the_catalogue_says():
    frame = visible().with_columns(value=pl.when(pl.col("indicator") == "SOZ01").then(pl.lit(1.0)).otherwise("value"))
    flat = frame.with_columns(numerator=pl.lit(None, pl.Float64), denominator=pl.lit(None, pl.Float64))
    only = {"parts": [{"name": "S1", "indicator": "ARB05"}], "rescale": False}
    one = np.array(list(SHARES.values()))
    at = float((10.0 - one.mean()) / one.std())
    for included, expected in ((True, 1), (False, 2)):
        classes = [{"code": 1, "label": "a", "below": at, "included": included}, {"code": 2, "label": "b"}]
        found = {r.unit: r for r in indices.of_version(declared(**only, classes=classes), flat, "BEV01")}
        assert found[4].class_code == expected


def test_changes_are_against_the_year_that_the_index_names():
    later = visible().with_columns(
        value=pl.col("value") + pl.when(pl.col("unit_id") == 1).then(3.0).otherwise(0.0), year=pl.lit(2025)
    ).with_columns(numerator=pl.when(pl.col("counted")).then(pl.col("value") * 20))  # fmt: skip
    frame = pl.concat([visible(year=2023), later], how="vertical_relaxed")
    found = [r for r in indices.of_version(declared(change_years=2), frame, "BEV01") if r.year == 2025]
    assert found[0].rank == 1 and found[0].parts[0][2] == pytest.approx(3.0)
    assert {r.status for r in indices.of_version(declared(change_years=2), frame, "BEV01") if r.year == 2023} == {
        "fehlt"
    }


def test_the_cross_class_is_the_two_classes_side_by_side():
    cross = Index.model_validate({
        "code": "IDX08", "title": "Kreuz", "definition": "Kreuz", "level": "bezirk", "owner": "sozialplanung",
        "cross": {"rows": "IDX01", "columns": "IDX02", "labels": {11: "hoch, positiv"}},
    })  # fmt: skip
    rows = [indices.Row(1, 2025, "gueltig", 6, class_code=4, firmness=0.9), indices.Row(2, 2025, "geheim", 6)]
    columns = [
        indices.Row(1, 2025, "gueltig", 6, class_code=5, firmness=0.8),
        indices.Row(2, 2025, "gueltig", 6, class_code=1),
    ]
    one, two = indices.crossed(cross, rows, columns)
    assert (one.class_code, one.firmness) == (45, pytest.approx(0.72))
    assert (two.status, two.class_code) == ("geheim", None)


def test_spread_over_districts_and_what_hides_it():
    frame = pl.DataFrame({
        "version_id": 1, "indicator_id": 1, "period": "2025", "unit_id": range(1, 7), "status": "gueltig",
        "numerator": [10.0, 20, 30, 40, 50, 60], "denominator": 100.0, "estimated": False,
    })  # fmt: skip
    line = np.eye(6, k=1) + np.eye(6, k=-1)
    found = {s.measure: s for s in inequality._spreads(frame, line)}
    share = frame["numerator"] / frame["numerator"].sum()
    rest = (100 - frame["numerator"]) / (100 - frame["numerator"]).sum()
    assert found["dissimilaritaet"].value == pytest.approx(0.5 * (share - rest).abs().sum(), abs=1e-4)
    assert found["moran"].status == "nicht_sinnvoll"  # a test of six units would say nothing
    one_hidden = frame.with_columns(status=pl.when(pl.col("unit_id") == 3).then(pl.lit("geheim")).otherwise("status"))
    assert {(s.status, s.value) for s in inequality._spreads(one_hidden, line)} == {("geheim", None)}


def test_the_published_sample_has_its_indices(published: Published, catalogue: Catalogue):
    with published.engine.connect() as connection:
        rows = connection.execute(text("SELECT * FROM sozialbericht.index_aktuell")).mappings().all()
        parts = connection.execute(text("SELECT * FROM sozialbericht.index_bestandteil")).mappings().all()
        units = connection.scalar(text("SELECT count(*) FROM sozialbericht.gebiet WHERE ebene = 'bezirk'"))
    for code in {r["index"] for r in rows}:
        mine = [r for r in rows if r["index"] == code]
        assert len(mine) == units
        assert all((r["status"] == "gueltig") == (r["klasse_name"] is not None) for r in mine)
    shown = {r["index_wert_id"] for r in rows if r["status"] == "gueltig"}
    assert {p["index_wert_id"] for p in parts} >= {r["index_wert_id"] for r in rows if r["index"] == "IDX01"} & shown
