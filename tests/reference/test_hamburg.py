"""Hamburg: the dirty profile table from CSV and XLSX, and its shares recomputed from its counts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import polars as pl
import pytest
from sqlalchemy import Engine, text

from etl.intake.deliver import deliver
from tests.reference.conftest import Example

pytestmark = pytest.mark.reference

SHARES = {
    "BEV04": "Anteil der unter 18-Jährigen in %",
    "BEV05": "Anteil der 65-Jährigen und Älteren in %",
    "BEV13": "Ausländeranteil in %",
    "BEV21": "Anteil der Einpersonen-haushalte in %",
    "BEV22": "Anteil der Haushalte mit Kindern in %",
    "BEV23": "Anteil der Haushalte von Alleinerziehenden in %",
    "SOZ01": "Anteil der Leistungs-empfänger/-innen nach SGB II in % (Dez 2013)",
    "WOH05": "Anteil der Wohnungen in Ein- und Zweifamilien-häusern in % (2013)",
    "WOH08": "Sozialwohnungs-anteil in % (Jan 2014)",
}
"""Indicator → heading of the published share in the same table."""


@pytest.fixture(scope="module")
def hamburg(run_example: Callable[[str, str], Example]) -> Example:
    """The example, published."""
    return run_example("hamburg", "hamburg")


def counts(engine: Engine) -> dict[tuple[str, str, str], tuple[float | None, str]]:
    """(level, area, measure) → (value, status) of all counts."""
    with engine.connect() as connection:
        rows = connection.execute(
            text("SELECT u.level, u.key, m.definition ->> 'column', c.value, c.status FROM warehouse.count c "
                 "JOIN geo.unit u ON u.id = c.unit_id JOIN catalogue.measure m ON m.id = c.measure_id")
        ).all()  # fmt: skip
    return {(level, key, column): (value, status) for level, key, column, value, status in rows}


def published_shares(example: Example) -> pl.DataFrame:
    """The table as text, read without the program under test."""
    raw = (example.folder / "stadtteilprofile_2014.csv").read_text(encoding="utf-8").replace("\u00ad", "")
    return pl.read_csv(raw.encode(), separator=";", infer_schema=False)


def test_all_107_rows_are_taken_in(hamburg: Example) -> None:
    assert len({(level, key) for level, key, _ in counts(hamburg.engine)}) == 107
    with hamburg.engine.connect() as connection:
        assert connection.scalar(text("SELECT sum(rows_rejected) FROM intake.delivery")) == 0


def test_nine_published_shares_follow_from_the_counts(hamburg: Example) -> None:
    table = published_shares(hamburg).head(99)
    with hamburg.engine.connect() as connection:
        rows = connection.execute(
            text("SELECT v.value, i.code, u.key FROM warehouse.indicator_value v "
                 "JOIN catalogue.indicator i ON i.id = v.indicator_id JOIN geo.unit u ON u.id = v.unit_id "
                 "WHERE u.level = 'stadtteil' AND v.value IS NOT NULL")
        ).all()  # fmt: skip
    computed = {(code, key): value for value, code, key in rows}
    for code, heading in SHARES.items():
        compared = 0
        for area, share in table.select("Stadtgebiet", heading).iter_rows():
            if (code, area) in computed:
                assert computed[code, area] == pytest.approx(float(share.strip().replace(",", ".")), abs=0.1), (
                    code,
                    area,
                )
                compared += 1
        assert compared >= 97, code


def test_negative_and_withheld_cells(hamburg: Example) -> None:
    found = counts(hamburg.engine)
    assert found["stadtteil", "Hamburg-Altstadt", "wanderungssaldo"] == (-23, "gueltig")
    assert found["stadtteil", "Curslack", "wanderungssaldo"] == (0, "gueltig")
    assert found["stadt", "Hamburg", "bevoelkerung"][0] == 1_788_994


def test_xlsx_gives_the_same(hamburg: Example) -> None:
    from_csv = counts(hamburg.engine)
    with hamburg.engine.begin() as connection:
        for part in ("stadtteile", "bezirke", "stadt"):
            file = hamburg.folder / "stadtteilprofile_2014.xlsx"
            outcome = deliver(connection, hamburg.catalogue, f"profil_{part}", file, reference_date=date(2013, 12, 31))
            assert outcome.state == "superseding"
            assert outcome.rejected == 0
    assert counts(hamburg.engine) == from_csv


def test_the_report_itself_finds_the_one_share_that_does_not_follow(hamburg: Example) -> None:
    with hamburg.engine.connect() as connection:
        reports = connection.scalars(text("SELECT report FROM intake.delivery WHERE status = 'active'")).all()
    assert len(reports) == 3
    for report in reports:
        strange = [rate for rate in report["rates"] if rate["met"] < rate["checked"]]
        assert [rate["column"] for rate in strange] == ["Anteil der Bevölkerung mit Migrations-hintergrund in %"]
        assert len(report["rates"]) == 10
        assert all(rate["left"] == 0 for rate in report["rates"])
    checked = {report["source"]: report["rates"][0]["checked"] for report in reports}
    assert checked == {"profil_stadtteile": 99 + 1, "profil_bezirke": 7 + 1, "profil_stadt": 1}
