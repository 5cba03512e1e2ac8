"""Do the units of a level fill the units above them? Assignment, slivers between levels, and mending them."""

from __future__ import annotations

from dataclasses import dataclass

import shapely

from etl.districts.areas import Areas, Geometries
from etl.districts.findings import Findings, error, note, warning
from etl.districts.wording import area, count, listed, number

SURE = 0.9
"""Share of a child's area in one parent from which the parent is clear without a key column."""
BELONGS = 0.5
"""Share below which no parent can be said to contain the child."""


@dataclass(frozen=True)
class ParentSliver:
    """Where a parent and its children disagree, in square metres: ground of the parent that no child of it covers, and
    ground of its children outside it."""

    parent: str
    missing_m2: float
    excess_m2: float

    @property
    def total_m2(self) -> float:
        """Area of the symmetric difference between the parent and the union of its children."""
        return self.missing_m2 + self.excess_m2


def shares(children: Areas, parents: Areas) -> list[dict[int, float]]:
    """For each child: parent index → share (0 to 1) of the child's area that lies in it."""
    tree = shapely.STRtree(parents.geoms)
    child, parent = tree.query(children.geoms, predicate="intersects")
    common = shapely.area(shapely.intersection(children.geoms[child], parents.geoms[parent]))
    sizes = children.areas_m2()
    result: list[dict[int, float]] = [{} for _ in range(len(children))]
    for c, p, a in zip(child, parent, common, strict=True):
        if a > 0:
            result[c][int(p)] = float(a / sizes[c])
    return result


def assign(children: Areas, parents: Areas, findings: Findings, level: str) -> Areas:
    """The children with the keys of existing parents: by their own parent key where they have one, else by the largest
    overlap. ``level`` is the German name of the parent level in messages.

    Orphans (unknown key, or no parent with at least half of the child) become errors and keep ``None``; a parent key
    that contradicts the position, or an overlap below ``SURE``, becomes a warning.
    """
    known = sorted(parents.keys)
    result: list[str | None] = []
    for key, wanted, share in zip(children.keys, children.parents, shares(children, parents), strict=True):
        best = max(sorted(share), key=lambda p: share[p], default=None)
        largest = share[best] if best is not None else 0.0
        place = "in keinem" if best is None else f"zu {number(100 * largest)} % in „{parents.keys[best]}“"
        if wanted is None:
            result.append(_by_place(key, parents.keys[best] if best is not None else None, largest, findings, level))
        elif wanted not in known:
            text = f"Gebiet „{key}“ gehört laut Datei zu „{wanted}“, das es auf der Ebene {level} nicht gibt"
            findings.add(error("orphan", f"{text}; vorhanden: {listed(known, 15)}", key))
            result.append(None)
        else:
            if best is None or (parents.keys[best] != wanted and largest > BELONGS):
                text = f"Gebiet „{key}“ gehört laut Datei zu „{wanted}“, liegt aber {place}"
                findings.add(warning("parent_contradicts", text, key))
            result.append(wanted)
    return children.with_parents(result)


def _by_place(key: str, best: str | None, share: float, findings: Findings, level: str) -> str | None:
    """The parent that holds most of a child; ``None`` and an error if that is less than half."""
    if best is None or share < BELONGS:
        place = "in keinem" if best is None else f"nur zu {number(100 * share)} % in „{best}“"
        text = f"Gebiet „{key}“ liegt {place} und hat kein übergeordnetes Gebiet der Ebene {level}"
        findings.add(error("orphan", text, key))
        return None
    if share < SURE:
        text = f"Gebiet „{key}“ liegt nur zu {number(100 * share)} % in „{best}“ und wurde ihm zugeordnet"
        findings.add(warning("parent_unsure", text, key))
    return best


def slivers(children: Areas, parents: Areas) -> list[ParentSliver]:
    """Disagreement of each parent with its children, worst first; parents without children are left out."""
    found = []
    for key, geom in zip(parents.keys, parents.geoms, strict=True):
        own = [g for g, p in zip(children.geoms, children.parents, strict=True) if p == key]
        if not own:
            continue
        union = shapely.union_all(own)
        missing = float(shapely.difference(geom, union).area)
        excess = float(shapely.difference(union, geom).area)
        found.append(ParentSliver(key, missing, excess))
    return sorted(found, key=lambda s: (-s.total_m2, s.parent))


def check_nesting(
    children: Areas, parents: Areas, findings: Findings, *, min_sliver: float, mended: bool = False
) -> list[ParentSliver]:
    """Report parents without children and slivers between the levels; returns the slivers, worst first."""
    used = set(children.parents)
    childless = [k for k in parents.keys if k not in used]
    if childless:
        text = f"{count(len(childless), 'übergeordnetes Gebiet', 'übergeordnete Gebiete')} ohne Gebiete darin: "
        findings.add(warning("parent_childless", text + listed(childless), *childless))
    found = slivers(children, parents)
    wrong = [s for s in found if s.total_m2 >= min_sliver]
    say = note if mended else warning
    for s in wrong:
        text = (
            f"„{s.parent}“ und die Gebiete darin weichen um {area(s.total_m2)} voneinander ab "
            f"({area(s.missing_m2)} nicht bedeckt, {area(s.excess_m2)} ragen hinaus)"
        )
        findings.add(say("nesting_sliver", text, s.parent, area_m2=s.total_m2))
    if wrong:
        total = sum(s.total_m2 for s in wrong)
        text = f"Splitter zwischen den Ebenen: zusammen {area(total)}, am größten bei „{wrong[0].parent}“"
        findings.add(note("nesting_total", f"{text} mit {area(wrong[0].total_m2)}", area_m2=total))
    return found


def is_exact(children: Areas, parents: Areas) -> bool:
    """Whether both levels are valid coverages and each parent is exactly the union of its children."""
    if not (shapely.coverage_is_valid(children.geoms) and shapely.coverage_is_valid(parents.geoms)):
        return False
    return all(_same(geom, _own(children, key)) for key, geom in zip(parents.keys, parents.geoms, strict=True))


def _own(children: Areas, parent: str) -> Geometries:
    mask = [p == parent for p in children.parents]
    own: Geometries = children.geoms[mask]
    return own


def _same(geom: object, own: Geometries) -> bool:
    union = shapely.coverage_union_all(own)
    return bool(shapely.equals_exact(shapely.normalize(geom), shapely.normalize(_multi(union)), 0.0))


def _multi(geom: object) -> object:
    return shapely.multipolygons(shapely.get_parts(geom))
