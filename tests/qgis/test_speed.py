"""Seconds to open the project and to switch through ten map themes over all fields of action, without a screen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from etl.catalogue import Catalogue
from etl.publish import qgis_project

pytestmark = [pytest.mark.qgis, pytest.mark.bench]

MAPS = 10
# Far above what was measured (5 s, and 1 to 2 s a map, on a machine that others kept busy): what is found here is a
# view that became slow.
LOAD_SECONDS = 30
MAP_SECONDS = 10


def test_open_and_ten_map_themes(
    built: Path, qgis_service: Path, catalogue: Catalogue, record_property: Callable[[str, object], None]
) -> None:
    codes = qgis_project.sample_of_themes(catalogue, MAPS)
    assert {code[:3] for code in codes} == {theme.shown[0].code[:3] for theme in catalogue.themes}
    found = qgis_project.measure(built, codes, service_file=qgis_service)
    record_property("oeffnen", found.load)
    print(f"\nÖffnen {found.load:.2f} s")
    for name, seconds in found.maps:
        record_property(name, seconds)
        print(f"{seconds:6.2f} s  {name}")
    assert len(found.maps) == MAPS
    assert found.load < LOAD_SECONDS
    assert max(seconds for _name, seconds in found.maps) < MAP_SECONDS
