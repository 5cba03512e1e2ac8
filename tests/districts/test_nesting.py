"""Nesting of levels, and mending it exactly."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from etl.districts import faces, nesting
from etl.districts.areas import Areas, geometry_array
from etl.districts.findings import Findings
from tests.districts.files import square
from tests.districts.test_coverage import areas_of, kinds, perturbed, shifts

PARENTS = {"A": square(0, 0, 2, 2), "B": square(2, 0, 2, 2)}
CHILDREN = {f"{c}{r}": square(c, r) for c in range(4) for r in range(2)}
PARENT_OF = {k: "A" if k[0] in "01" else "B" for k in CHILDREN}


def with_parents(units: dict[str, Any], parents: dict[str, str | None] | None = None) -> Areas:
    areas = areas_of(units)
    return areas.with_parents([(parents or {}).get(k) for k in areas.keys])


def test_exact_nesting_has_no_findings_with_or_without_key() -> None:
    for given_parents in (PARENT_OF, {}):
        findings = Findings()
        parents = areas_of(PARENTS)
        children = nesting.assign(with_parents(CHILDREN, dict(given_parents)), parents, findings, "Stadtteil")
        assert dict(zip(children.keys, children.parents, strict=True)) == PARENT_OF
        assert all(s.total_m2 == 0 for s in nesting.check_nesting(children, parents, findings, min_sliver=1.0))
        assert not findings.items


def test_orphans_are_named() -> None:
    units = CHILDREN | {"99": square(9, 9), "98": square(3.8, 0.5)}
    parents: dict[str, str | None] = dict(PARENT_OF) | {"00": "Z"}
    findings = Findings()
    children = nesting.assign(with_parents(units, parents), areas_of(PARENTS), findings, "Stadtteil")
    assert [(f.kind, f.units[0]) for f in findings.errors] == [("orphan", "00"), ("orphan", "99"), ("orphan", "98")]
    assert (
        "gehört laut Datei zu „Z“, das es auf der Ebene Stadtteil nicht gibt; vorhanden: „A“, „B“"
        in findings.items[0].text
    )
    assert "nur zu 20 % in „B“" in findings.items[2].text
    assert children.parents[0] is None


def test_key_that_contradicts_the_place() -> None:
    findings = Findings()
    nesting.assign(with_parents(CHILDREN, dict(PARENT_OF) | {"00": "B"}), areas_of(PARENTS), findings, "Stadtteil")
    assert kinds(findings) == [("Warnung", "parent_contradicts")]
    assert "liegt aber zu 100 % in „A“" in findings.items[0].text


def test_unsure_assignment_is_a_warning() -> None:
    units = CHILDREN | {"10": square(1, 0, 1.3, 1)}
    findings = Findings()
    children = nesting.assign(with_parents(units), areas_of(PARENTS), findings, "Stadtteil")
    assert kinds(findings) == [("Warnung", "parent_unsure")]
    assert children.parents[children.keys.index("10")] == "A"


def test_slivers_are_measured_per_parent_and_in_total() -> None:
    units = CHILDREN | {"10": square(1, 0, 1.002, 1), "20": square(2.002, 0, 0.998, 1)}  # 2 m × 1 km
    children, parents, findings = with_parents(units, dict(PARENT_OF)), areas_of(PARENTS), Findings()
    found = nesting.check_nesting(children, parents, findings, min_sliver=1.0)
    assert [(s.parent, round(s.missing_m2), round(s.excess_m2)) for s in found] == [("A", 0, 2000), ("B", 2000, 0)]
    assert findings.items[-1].area_m2 == pytest.approx(4000)
    assert not nesting.is_exact(children, parents)


def test_childless_parent_is_a_warning() -> None:
    parents = areas_of(PARENTS | {"C": square(4, 0)})
    findings = Findings()
    nesting.check_nesting(with_parents(CHILDREN, dict(PARENT_OF)), parents, findings, min_sliver=1.0)
    assert kinds(findings) == [("Warnung", "parent_childless")]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(moves=st.lists(shifts, min_size=10, max_size=10))
def test_mended_children_make_up_their_parent_exactly(moves: list[np.ndarray]) -> None:
    """Laws: both levels are valid coverages, parent == union of its children point for point, ground is conserved."""
    noisy = {k: perturbed(g, m) for (k, g), m in zip(CHILDREN.items(), moves, strict=False)}
    children = with_parents(noisy, dict(PARENT_OF))
    parents = areas_of(PARENTS)
    findings = Findings()
    mended, new_parents = faces.mend_nesting(children, parents, findings)
    assert not findings.errors
    assert shapely.coverage_is_valid(mended.geoms)
    assert shapely.coverage_is_valid(new_parents.geoms)
    for key, geom in zip(new_parents.keys, new_parents.geoms, strict=True):
        own = [g for g, p in zip(mended.geoms, mended.parents, strict=True) if p == key]
        union = shapely.coverage_union_all(geometry_array(own))
        assert shapely.equals(union, geom)
        assert float(sum(shapely.area(own))) == pytest.approx(geom.area, abs=1e-3)
    assert float(mended.areas_m2().sum()) == pytest.approx(8e6, abs=0.001 * 24_000)
    assert float(np.abs(new_parents.areas_m2() - parents.areas_m2()).max()) < 0.001 * 8_000
    assert nesting.is_exact(mended, new_parents)


def test_mending_twice_changes_nothing() -> None:
    units = CHILDREN | {"10": square(1, 0, 1.002, 1), "20": square(2.002, 0, 0.998, 1)}
    once, parents = faces.mend_nesting(with_parents(units, dict(PARENT_OF)), areas_of(PARENTS), Findings())
    twice, again = faces.mend_nesting(once, parents, Findings())
    assert shapely.equals_exact(shapely.normalize(once.geoms), shapely.normalize(twice.geoms), 0).all()
    assert shapely.equals_exact(shapely.normalize(parents.geoms), shapely.normalize(again.geoms), 0).all()


def test_leftover_goes_to_the_longest_border_within_the_parent() -> None:
    """A strip of A along B is left uncovered; it touches B's child with 1 km, but must stay in A."""
    units = dict(CHILDREN) | {"10": square(1, 0, 0.99, 1), "11": square(1, 1, 0.99, 1)}
    mended, _ = faces.mend_nesting(with_parents(units, dict(PARENT_OF)), areas_of(PARENTS), Findings())
    assert float(mended.areas_m2()[mended.keys.index("20")]) == pytest.approx(1e6)
    a = sum(x for x, p in zip(mended.areas_m2().tolist(), mended.parents, strict=True) if p == "A")
    assert a == pytest.approx(4e6)


def test_levels_that_disagree_are_not_mended_silently() -> None:
    units = CHILDREN | {"10": square(1, 0, 1.2, 1), "20": square(2.2, 0, 0.8, 1)}
    findings = Findings()
    faces.mend_nesting(with_parents(units, dict(PARENT_OF)), areas_of(PARENTS), findings)
    assert {f.kind for f in findings.errors} == {"mend_too_much"}
