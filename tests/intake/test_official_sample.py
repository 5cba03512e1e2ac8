"""Official statistics and the census grid of the sample city, taken in by the main job."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from etl.sample.manifest import load_manifest
from tests.conftest import Published


def test_census_estimates_come_close_to_what_is_true(published: Published) -> None:
    truth = load_manifest(published.folder).truth[2022].figures
    with published.engine.connect() as connection:
        rows = connection.execute(
            text("""
            SELECT m.code, c.quality, c.value FROM warehouse.unit_count c
            JOIN catalogue.measure m ON m.id = c.measure_id AND m.code LIKE 'z\\_%'
            JOIN geo.unit u ON u.id = c.unit_id AND u.level = 'stadt'
            JOIN geo.district_version v ON v.id = u.version_id AND v.is_current
            """)
        ).all()
    found = {code: value for code, _, value in rows}
    assert {quality for _, quality, _ in rows} == {"geschaetzt"}
    for code in ("z_wohnungen", "z_bewohnt"):
        assert found[code] == pytest.approx(truth[code], rel=0.05)
    # cells with few rented dwellings withhold their rent: they are left out, not counted as zero
    assert 0.6 * truth["z_miete_wohnungen"] < found["z_miete_wohnungen"] < truth["z_miete_wohnungen"]
    # shares of small cells are withheld and filled, so that owners come less near
    assert found["z_eigentum"] == pytest.approx(truth["z_eigentum"], rel=0.25)
    assert found["z_leer"] + found["z_bewohnt"] == pytest.approx(found["z_wohnungen"])
    assert 6 < found["z_miete_summe"] / found["z_miete_wohnungen"] < 12


def test_official_figures_stand_at_comparison_areas(published: Published) -> None:
    manifest = load_manifest(published.folder)
    with published.engine.connect() as connection:
        rows = connection.execute(
            text("""
            SELECT u.key, m.code, c.period, c.value FROM warehouse.count c
            JOIN catalogue.measure m ON m.id = c.measure_id AND m.code LIKE 'amt\\_%'
            JOIN geo.unit u ON u.id = c.unit_id AND u.level = 'vergleichsraum'
            """)
        ).all()
    found = {(key, code, period): value for key, code, period, value in rows}
    assert {key for key, _, _ in found} == {"01", "01060", "01060063", "01001000", "01004000"}
    for year, figures in manifest.truth.items():
        for code in ("amt_ew", "amt_ew_ausl", "amt_alo", "amt_svb"):
            assert found["01060063", code, str(year)] == figures.figures[code]
