"""Repair and coverage of one level."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from etl.districts import coverage
from etl.districts.areas import Areas, geometry_array
from etl.districts.findings import Findings, Severity
from etl.districts.prepare import Options, prepare
from etl.districts.repair import repair
from tests.districts import files
from tests.districts.files import ORIGIN, square


def areas_of(units: dict[str, Any]) -> Areas:
    keys = list(units)
    multi = [shapely.multipolygons(shapely.get_parts(g)) for g in units.values()]
    return Areas(keys, [f"Gebiet {k}" for k in keys], [None] * len(keys), geometry_array(multi))


def kinds(findings: Findings) -> list[tuple[str, str]]:
    return [(f.severity.value, f.kind) for f in findings.items]


def ring(*points: tuple[float, float]) -> Any:
    return shapely.Polygon([(ORIGIN[0] + x, ORIGIN[1] + y) for x, y in points])


class TestRepair:
    def test_ring_that_touches_itself_keeps_its_area(self) -> None:
        touching = ring((0, 0), (100, 0), (100, 100), (50, 0), (0, 100))
        findings = Findings()
        fixed, repairs = repair(areas_of({"7": touching}), findings)
        assert fixed.geoms[0].is_valid
        assert kinds(findings) == [("Warnung", "ring_repaired")]
        assert repairs[0].after_m2 == pytest.approx(repairs[0].before_m2)
        assert "ein Ring berührt sich selbst bei 562.050,00 / 5.951.000,00" in findings.items[0].text

    def test_figure_of_eight_is_refused_with_both_areas(self) -> None:
        findings = Findings()
        _, repairs = repair(areas_of({"7": ring((0, 0), (100, 100), (100, 0), (0, 50))}), findings)
        assert kinds(findings) == [("Fehler", "ring_invalid")]
        assert repairs[0].changed_m2 > 0.01 * repairs[0].after_m2
        assert "der Rand überschneidet sich selbst" in findings.items[0].text

    def test_flat_polygon_vanishes_and_is_refused(self) -> None:
        findings = Findings()
        repair(areas_of({"7": ring((0, 0), (100, 0), (50, 0))}), findings)
        assert kinds(findings) == [("Fehler", "ring_invalid")]

    def test_accepted_repairs_are_notes(self) -> None:
        findings = Findings()
        repair(areas_of({"7": ring((0, 0), (100, 0), (100, 100), (50, 0), (0, 100))}), findings, accepted=True)
        assert kinds(findings) == [("Hinweis", "ring_repaired")]

    def test_valid_units_are_left_alone(self) -> None:
        findings = Findings()
        before = areas_of(files.four())
        after, repairs = repair(before, findings)
        assert not repairs
        assert not findings.items
        assert shapely.equals_identical(before.geoms, after.geoms).all()


class TestKeys:
    def test_duplicate_key_is_an_error_with_areas(self) -> None:
        areas = areas_of(files.four())
        findings = Findings()
        coverage.check_keys(Areas(["1", "2", "2", "4"], areas.names, areas.parents, areas.geoms), findings)
        assert findings.errors[0].text == "der Schlüssel „2“ kommt 2-mal vor (Flächen 1,00 km², 1,00 km²)"

    def test_empty_and_double_names(self) -> None:
        areas = areas_of(files.four())
        findings = Findings()
        coverage.check_keys(Areas(areas.keys, ["", "A", "A", "B"], areas.parents, areas.geoms), findings)
        assert kinds(findings) == [("Warnung", "name_missing"), ("Hinweis", "name_duplicate")]


class TestCoverage:
    def test_a_tiling_has_no_findings(self) -> None:
        findings = Findings()
        coverage.check_coverage(areas_of(files.four()), findings)
        assert not findings.items

    def test_overlap_sliver_and_gap_are_measured(self) -> None:
        units = files.four()
        units["1"] = square(0, 0, 1.005, 1)  # 5 m into unit 2: 5,000 m², half a percent
        units["5"] = shapely.difference(square(2, 0), square(2.4, 0.4, 0.01, 0.01))  # a hole of 100 m²
        findings = Findings()
        coverage.check_coverage(areas_of(units), findings)
        found = {f.kind: f for f in findings.items}
        assert found["overlap_sliver"].area_m2 == pytest.approx(5000)
        assert found["overlap_sliver"].units == ("1", "2")
        assert found["gap"].area_m2 == pytest.approx(100)
        assert found["gap"].severity is Severity.WARNING

    def test_gap_between_units_that_meet_only_in_points_is_found(self) -> None:
        left, right = (
            ring((0, 0), (100, 0), (50, 50), (100, 100), (0, 100)),
            ring((100, 0), (200, 0), (200, 100), (100, 100)),
        )
        notched = ring((100, 0), (200, 0), (200, 100), (100, 100), (150, 50))
        assert coverage.gaps(areas_of({"1": left, "2": right}))[0].area_m2 == pytest.approx(2500)
        assert coverage.gaps(areas_of({"1": left, "2": notched}))[0].area_m2 == pytest.approx(5000)

    def test_real_overlap_is_an_error(self) -> None:
        units = files.four() | {"1": square(0, 0, 1.2, 1)}
        findings = Findings()
        coverage.check_coverage(areas_of(units), findings)
        assert [f.kind for f in findings.errors] == ["overlap"]
        assert "20,0 % des kleineren Gebiets" in findings.errors[0].text

    def test_threshold_sums_up_what_is_small(self) -> None:
        units = files.four() | {"1": square(0, 0, 1.000002, 1)}  # 2 mm: 2 m²
        for limit, kind in ((1.0, "overlap_sliver"), (3.0, "overlap_small")):
            findings = Findings()
            coverage.check_coverage(areas_of(units), findings, min_sliver=limit)
            assert kind in {f.kind for f in findings.items}

    def test_missing_vertex_on_a_shared_edge_is_noted(self) -> None:
        units = files.four()
        units["5"] = square(2, 0, 1, 2)
        units["2"] = shapely.segmentize(units["2"], 400)
        findings = Findings()
        coverage.check_coverage(areas_of(units), findings)
        assert kinds(findings) == [("Hinweis", "edges_unmatched")]

    def test_tiny_detached_part_is_noted(self) -> None:
        units = files.four() | {"5": shapely.union(square(3, 0), square(4.5, 0, 0.005, 0.005))}
        findings = Findings()
        coverage.check_coverage(areas_of(units), findings)
        assert kinds(findings) == [("Hinweis", "part_tiny")]


def perturbed(geom: Any, shifts: np.ndarray) -> Any:
    """The polygon with extra points every 250 m, each point moved by its pair of ``shifts`` (metres)."""
    dense = shapely.segmentize(geom, 250.0)
    xy = shapely.get_coordinates(dense)[:-1]
    return shapely.Polygon(xy + shifts[: len(xy)])


shift = st.floats(-0.9, 0.9, allow_nan=False).map(lambda v: round(v, 4))
shifts = st.lists(st.tuples(shift, shift), min_size=20, max_size=20).map(np.array)


class TestMending:
    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(moves=st.lists(shifts, min_size=4, max_size=4))
    def test_mending_gives_a_valid_coverage_and_conserves_the_ground(self, moves: list[np.ndarray]) -> None:
        units = {k: perturbed(g, m) for (k, g), m in zip(files.four().items(), moves, strict=True)}
        areas = areas_of(units)
        findings = Findings()
        mended = coverage.mend_coverage(areas, findings)
        assert not findings.errors
        assert shapely.coverage_is_valid(mended.geoms)
        union = shapely.union_all(areas.geoms)
        whole = shapely.union_all(mended.geoms)
        assert float(shapely.difference(union, whole).area) < 0.01
        assert float(mended.areas_m2().sum()) == pytest.approx(whole.area, abs=1e-3)
        added = shapely.difference(whole, union)
        assert shapely.buffer(added, -coverage.GAP_WIDTH / 2).is_empty
        assert not coverage.gaps(mended)
        assert float(np.abs(mended.areas_m2() - areas.areas_m2()).max()) < 4000  # at most 1 m along 4 km of border

    def test_wide_gaps_stay(self) -> None:
        units = {"1": shapely.difference(square(0, 0, 3, 3), square(1, 1)), "2": square(1.05, 1.05, 0.9, 0.9)}
        findings = Findings()
        mended = coverage.mend_coverage(areas_of(units), findings)
        assert mended.areas_m2().tolist() == pytest.approx([8e6, 0.81e6])

    def test_mending_that_moves_too_much_is_refused(self) -> None:
        units = {"1": square(0, 0), "2": square(0.97, 0)}
        findings = Findings()
        coverage.mend_coverage(areas_of(units), findings)
        assert [f.kind for f in findings.errors] == ["mend_too_much"]

    def test_prepare_reports_and_mends(self, tmp_path: Path) -> None:
        units = files.four() | {"1": square(0, 0, 1.0005, 1)}
        path = files.write(tmp_path / "a.gpkg", units)
        options = Options(key="nr", name="name")
        assert [f.kind for f in prepare(path, options).findings.warnings] == ["overlap_sliver"]
        mended = prepare(path, Options(key="nr", name="name", mend=True))
        assert not mended.findings.warnings
        assert shapely.coverage_is_valid(mended.areas.geoms)
