"""Maps drawn by PyQGIS show what the published views say."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from sqlalchemy import text

from etl.catalogue import Catalogue
from etl.errors import SozialberichtError
from etl.publish import colours, qgis_project
from tests.conftest import Published
from tests.qgis.conftest import ELDERLY, MAPPED, MINORS, RESIDENTS, Picture, pixels

pytestmark = pytest.mark.qgis

ENOUGH = 60
"""Pixels of a fill that is surely drawn: far less than a district, far more than the rim of a letter."""


@pytest.mark.parametrize("code", MAPPED)
def test_classes_in_the_picture_are_those_in_the_view(
    code: str, drawn: Callable[..., Picture], published: Published, catalogue: Catalogue
) -> None:
    indicator = next(i for i in catalogue.indicators if i.code == code)
    column = code.lower()
    theme = next(theme for theme in catalogue.themes if indicator in theme.indicators)
    query = text(
        f"SELECT {column}_status, {column}_klasse FROM sozialbericht.{theme.code}_aktuell WHERE ebene = :level"
    )
    with published.engine.connect() as connection:
        rows = connection.execute(query, {"level": indicator.lowest_level}).all()
    fills = colours.class_colours(
        indicator.class_breaks, indicator.polarity, diverging=indicator.kind in ("veraenderung", "saldo")
    )
    picture = drawn(code)
    expected = {fills[klasse - 1] for _status, klasse in rows if klasse is not None}
    if code[:3] in ("BEV", "WOH", "JUH"):  # in a twentieth of a city the counts of the other themes are withheld
        assert expected
    assert {fill for fill in fills if pixels(picture, fill) > ENOUGH} == expected
    states = {status for status, _klasse in rows}
    assert (pixels(picture, colours.WITHHELD_FILL) > ENOUGH) == ("geheim" in states)


def test_withheld_and_missing_are_drawn(
    drawn: Callable[..., Picture], published: Published, catalogue: Catalogue
) -> None:
    with published.engine.connect() as connection:
        query = text(
            "SELECT kennzahl, status, min(von) FROM sozialbericht.wert WHERE ebene = 'bezirk' "
            "AND status IN ('geheim', 'fehlt') AND gruppe = 'insgesamt' GROUP BY 1, 2 ORDER BY 1, 2"
        )
        found = {row[1]: (row[0], row[2].year) for row in connection.execute(query)}
    fills = {"geheim": colours.WITHHELD_FILL, "fehlt": colours.MISSING_FILL}
    series = [theme.name for theme in qgis_project.map_themes(catalogue) if theme.name.endswith("Zeitreihe")]
    assert found, "the sample must have withheld or missing values"
    for status, (code, year) in found.items():
        theme = next(name for name in series if name.startswith(code))
        assert pixels(drawn(theme, year), fills[status]) > ENOUGH, (code, year, status)


@pytest.mark.parametrize("year", [None, 2020, 2025])
def test_a_year_shows_its_own_classes(
    year: int | None, drawn: Callable[..., Picture], published: Published, catalogue: Catalogue
) -> None:
    indicator = next(i for i in catalogue.indicators if i.code == "BEV05")
    fills = colours.class_colours(indicator.class_breaks, indicator.polarity, diverging=False)
    # without a time controller the newest period lies on top
    query = text("SELECT bev05_klasse FROM sozialbericht.bevoelkerung_zeitreihe "
                 "WHERE ebene = 'bezirk' AND zeitraum = :period AND bev05_klasse IS NOT NULL")  # fmt: skip
    with published.engine.connect() as connection:
        classes = set(connection.scalars(query, {"period": str(year or 2025)}))
    picture = drawn(ELDERLY, year)
    assert classes
    assert {n for n, fill in enumerate(fills, start=1) if pixels(picture, fill) > ENOUGH} == classes


def test_without_a_time_controller_only_the_newest_labels_show(drawn: Callable[..., Picture]) -> None:
    newest, same, earlier = (int((drawn(RESIDENTS, year) < 40).all(axis=2).sum()) for year in (None, 2025, 2020))
    assert abs(newest - same) < 0.1 * same
    assert (drawn(RESIDENTS, 2025) != drawn(RESIDENTS, 2020)).any()
    assert earlier > 300


def test_a_year_without_data_is_empty(drawn: Callable[..., Picture]) -> None:
    filled, empty = drawn(MINORS, 2025), drawn(MINORS, 2026)
    # 2025 ends on 1 January 2026, which does not belong to it: only outlines and lines are left
    assert (empty == 255).all(axis=2).mean() > (filled == 255).all(axis=2).mean() + 0.2


def test_the_notice_about_synthetic_data_is_on_the_map(drawn: Callable[..., Picture]) -> None:
    corner = drawn("BEV04")[-60:, :450].astype(int)
    reddish = (corner[..., 0] > corner[..., 1] + 60) & (corner[..., 0] > corner[..., 2] + 60)
    assert reddish.sum() > 200


def test_areas_alone_have_names(drawn: Callable[..., Picture]) -> None:
    picture = drawn(qgis_project.UNITS_THEME)
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 20


def test_an_unknown_theme_is_named_with_what_there_is(drawn: Callable[..., Picture]) -> None:
    with pytest.raises(SozialberichtError, match=r"„XYZ99“ gibt es nicht.*BEV01"):
        drawn("XYZ99")
