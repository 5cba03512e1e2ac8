"""Mends slivers between two levels by cutting both into common faces.

All borders of parents and children are noded together on a 1 mm grid and polygonised. Each face belongs to one parent
and goes to one child of it; children and parents are both rebuilt from the same faces, so that they agree vertex by
vertex and both are coverages by construction. Repeated snapping of one polygon to another gives no such guarantee.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from etl.districts.areas import Areas, Geometries, geometry_array
from etl.districts.coverage import TINY_PART, report_shift
from etl.districts.findings import Findings, error, note
from etl.districts.nesting import is_exact, slivers
from etl.districts.wording import area

GRID = 0.001
"""Metres to which borders are rounded while they are cut; cadastral coordinates are given to the millimetre."""
MAX_SHIFT = 0.05
"""Share of a child's area that snapping it to its parent may move."""

Index = NDArray[np.int64]


@dataclass
class _Mesh:
    """Faces with the parent each lies in (never -1), the child that owns it (-1: none yet), each child's parent, and
    for each face its neighbours with the length of the common border in metres."""

    faces: Geometries
    parent: Index
    owner: Index
    family: Index
    borders: list[dict[int, float]]

    def longest(self, face: int, without: int = -1) -> int | None:
        """The child of the face's parent that has the longest common border with the face."""
        lengths: dict[int, float] = defaultdict(float)
        for neighbour, common in self.borders[face].items():
            child = int(self.owner[neighbour])
            if child not in (-1, without) and self.family[child] == self.parent[face]:
                lengths[child] += common
        return max(sorted(lengths), key=lambda c: lengths[c], default=None)

    def give_away(self) -> None:
        """Give faces without a child to a neighbour, in rounds: leftovers may touch only other leftovers at first."""
        while True:
            gifts = {f: c for f in np.flatnonzero(self.owner < 0).tolist() if (c := self.longest(f)) is not None}
            if not gifts:
                return
            for face, child in gifts.items():
                self.owner[face] = child

    def rejoin_crumbs(self) -> None:
        """Cutting can leave crumbs of a child detached from it; they go to the neighbour they now lie in."""
        for child in np.unique(self.owner[self.owner >= 0]).tolist():
            groups = self._connected(np.flatnonzero(self.owner == child).tolist())
            sizes = [float(shapely.area(self.faces[g]).sum()) for g in groups]
            main = int(np.argmax(sizes))
            crumbs = [g for i, g in enumerate(groups) if i != main and sizes[i] < TINY_PART]
            for face in (f for group in crumbs for f in group):
                other = self.longest(face, without=child)
                if other is not None:
                    self.owner[face] = other

    def _connected(self, members: list[int]) -> list[list[int]]:
        left, groups = set(members), []
        while left:
            first = min(left)
            left.discard(first)
            stack, group = [first], []
            while stack:
                face = stack.pop()
                group.append(face)
                near = left.intersection(self.borders[face])
                left -= near
                stack.extend(near)
            groups.append(sorted(group))
        return groups


def mend_nesting(children: Areas, parents: Areas, findings: Findings) -> tuple[Areas, Areas]:
    """Children cut at their parent's border and parents with the children's vertices: each parent is then exactly the
    union of its children, and both levels are valid coverages.

    Every child needs a parent in ``parents``. Ground of a parent that none of its children covers goes to the child
    with the longest common border. Parents keep their shape to within ``GRID``. A child whose area changes by more than
    ``MAX_SHIFT`` or that vanishes, and a result that is not exact, become errors in ``findings``.
    """
    mesh = _mesh(children, parents)
    mesh.give_away()
    mesh.rejoin_crumbs()
    new_children = children.with_geoms(_dissolve(mesh.faces, mesh.owner, len(children)))
    new_parents = parents.with_geoms(_rebuilt_parents(new_children, parents, mesh.family))
    _report(children, parents, new_children, new_parents, findings)
    return new_children, new_parents


def _mesh(children: Areas, parents: Areas) -> _Mesh:
    faces = _cut([*children.geoms, *parents.geoms])
    inside = shapely.point_on_surface(faces)
    parent = _first_container(inside, parents.geoms)
    kept = parent >= 0
    faces, inside, parent = faces[kept], inside[kept], parent[kept]
    position = {k: i for i, k in enumerate(parents.keys)}
    family = np.array([-1 if p is None else position[p] for p in children.parents], dtype=np.int64)
    return _Mesh(faces, parent, _own_child(inside, parent, children.geoms, family), family, _borders(faces))


def _cut(geoms: Iterable[object]) -> Geometries:
    """The faces into which all borders together cut the plane, on the 1 mm grid."""
    lines = shapely.union_all(shapely.boundary(geometry_array(list(geoms))), grid_size=GRID)
    faces: Geometries = shapely.get_parts(shapely.polygonize(shapely.get_parts(lines)))
    return faces


def _first_container(points: Geometries, polygons: Geometries) -> Index:
    """Index of the first polygon that contains each point, -1 where there is none."""
    result = np.full(len(points), len(polygons), dtype=np.int64)
    at, by = shapely.STRtree(polygons).query(points, predicate="intersects")
    np.minimum.at(result, at, by)
    result[result == len(polygons)] = -1
    return result


def _own_child(points: Geometries, parent: Index, children: Geometries, family: Index) -> Index:
    """Index of the first child of the face's own parent that covers it, -1 where there is none."""
    result = np.full(len(points), len(children), dtype=np.int64)
    at, by = shapely.STRtree(children).query(points, predicate="intersects")
    own = family[by] == parent[at]
    np.minimum.at(result, at[own], by[own])
    result[result == len(children)] = -1
    return result


def _borders(faces: Geometries) -> list[dict[int, float]]:
    """For each face: neighbouring face → length of the common border in metres."""
    result: list[dict[int, float]] = [{} for _ in range(len(faces))]
    left, right = shapely.STRtree(faces).query(faces, predicate="intersects")
    once = left < right
    left, right = left[once], right[once]
    edges = shapely.boundary(faces)
    length = shapely.length(shapely.intersection(edges[left], edges[right]))
    for i, j, common in zip(left.tolist(), right.tolist(), length.tolist(), strict=True):
        if common > 0:
            result[i][j] = common
            result[j][i] = common
    return result


def _dissolve(faces: Geometries, owner: Index, n: int) -> Geometries:
    return geometry_array([_as_multi(shapely.coverage_union_all(faces[owner == i])) for i in range(n)])


def _rebuilt_parents(children: Areas, parents: Areas, family: Index) -> Geometries:
    """Parents dissolved from their children; one without children keeps its polygon."""
    result = []
    for i, geom in enumerate(parents.geoms):
        own = children.geoms[family == i]
        result.append(_as_multi(shapely.coverage_union_all(own)) if len(own) else geom)
    return geometry_array(result)


def _as_multi(geom: object) -> object:
    parts = [p for p in shapely.get_parts(geom) if p.geom_type == "Polygon"]
    return shapely.multipolygons(parts)


def _report(children: Areas, parents: Areas, new_children: Areas, new_parents: Areas, findings: Findings) -> None:
    before, after = children.areas_m2(), new_children.areas_m2()
    report_shift(children.keys, before.tolist(), after.tolist(), findings, MAX_SHIFT)
    outline = dict(zip(parents.keys, shapely.length(parents.geoms).tolist(), strict=True))
    left = [s for s in slivers(new_children, parents) if s.total_m2 > 1.0 + GRID * outline[s.parent]]
    if left or not is_exact(new_children, new_parents):
        findings.add(
            error("mend_failed", "die Ebenen lassen sich nicht selbsttätig angleichen; bitte im GIS bereinigen")
        )
        return
    changed = np.abs(after - before)
    worst = int(np.argmax(changed))
    text = (
        f"Gebiete an die übergeordneten Grenzen angepasst; Flächenänderungen zusammen {area(float(changed.sum()))}, am "
        f"größten bei „{children.keys[worst]}“ mit {area(float(changed[worst]))}"
    )
    findings.add(note("nesting_mended", text, area_m2=float(changed.sum())))
