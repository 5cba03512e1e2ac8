"""Small faces given to the neighbour that they share most border with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

from etl.districts.areas import Geometries, geometry_array


def shared_borders(faces: Geometries) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
    """Pairs of faces (i < j) that meet along a line, and the length of that line in metres."""
    i, j = shapely.STRtree(faces).query(faces, predicate="intersects")
    keep = i < j
    i, j = i[keep], j[keep]
    length = shapely.length(shapely.intersection(shapely.boundary(faces[i]), shapely.boundary(faces[j])))
    touching = length > 0
    return i[touching], j[touching], length[touching]


def absorb(faces: Geometries, groups: Sequence[str], small: NDArray[np.bool_]) -> Geometries:
    """The faces with every small one united with its neighbour of the same group across the longest border.

    Shortest-lived first: small faces that only touch small ones join them, and the cluster joins on. A small face
    without any neighbour in its group stays. The union of a group is unchanged.
    """
    i, j, length = shared_borders(faces)
    name = np.array(groups)
    inside = name[i] == name[j]
    owner = list(range(len(faces)))

    def root(face: int) -> int:
        while owner[face] != face:
            owner[face] = owner[owner[face]]
            face = owner[face]
        return face

    is_small = small.copy()
    area = shapely.area(faces)
    # the longest border in the city first; area decides between equals, so that the result has one meaning
    for edge in np.lexsort((area[j[inside]], -length[inside])):
        a, b = root(int(i[inside][edge])), root(int(j[inside][edge]))
        if a != b and (is_small[a] or is_small[b]):
            keep, gone = (a, b) if not is_small[a] or (is_small[b] and area[a] >= area[b]) else (b, a)
            owner[gone] = keep
            is_small[keep] = is_small[keep] and is_small[gone]
    members: dict[int, list[int]] = {}
    for face in range(len(faces)):
        members.setdefault(root(face), []).append(face)
    return geometry_array(
        [shapely.coverage_union_all(faces[m]) if len(m) > 1 else faces[m[0]] for m in members.values()]
    )
