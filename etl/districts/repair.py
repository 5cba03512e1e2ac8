"""Invalid polygons made valid without hiding what changed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import shapely

from etl.districts.areas import Areas, geometry_array, polygons_only
from etl.districts.findings import Findings, error, note, warning
from etl.districts.wording import number

MAX_CHANGE = 0.01
"""Share of a unit's area that a repair may change. A figure-of-eight changes far more: which half was meant?"""

REASONS = {
    "Ring Self-intersection": "ein Ring berührt sich selbst",
    "Self-intersection": "der Rand überschneidet sich selbst",
    "Hole lies outside shell": "ein Loch liegt außerhalb der Fläche",
    "Holes are nested": "Löcher liegen ineinander",
    "Interior is disconnected": "das Innere ist durch ein Loch getrennt",
    "Nested shells": "Teilflächen liegen ineinander",
    "Duplicate Rings": "ein Ring kommt doppelt vor",
    "Too few points in geometry component": "ein Ring hat zu wenige Punkte",
    "Invalid Coordinate": "eine Koordinate ist keine Zahl",
    "Ring is not closed": "ein Ring ist nicht geschlossen",
}


@dataclass(frozen=True)
class Repair:
    """One repaired unit: why, and its area before and after in square metres."""

    key: str
    reason: str
    before_m2: float
    after_m2: float

    @property
    def changed_m2(self) -> float:
        """Difference of the areas, never negative."""
        return abs(self.after_m2 - self.before_m2)


def reason_of(geom: Any) -> str:
    """Why a polygon is invalid and where, in German (from GEOS' explanation)."""
    said = str(shapely.is_valid_reason(geom))
    match = re.match(r"(?P<what>[^\[]+)\[(?P<x>\S+) (?P<y>\S+)\]", said)
    if match is None:
        return REASONS.get(said, said)
    what = REASONS.get(match["what"].strip(), match["what"].strip())
    try:
        return f"{what} bei {number(float(match['x']), 2)} / {number(float(match['y']), 2)}"
    except ValueError:
        return what


def repair(areas: Areas, findings: Findings, *, accepted: bool = False) -> tuple[Areas, list[Repair]]:
    """All units as valid MultiPolygons in EPSG:25832, and what was repaired.

    Uses ``make_valid(method="structure")``: shells are merged, holes subtracted, stray lines and points dropped.
    Each repair becomes a warning (a note where ``accepted``, that is under ``--mend``); a unit that would lose or win
    more than ``MAX_CHANGE`` of its area, or vanish, becomes an error.
    """
    result: list[Any] = []
    repairs: list[Repair] = []
    for key, geom in zip(areas.keys, areas.geoms, strict=True):
        if geom.is_valid:
            result.append(polygons_only(geom))
            continue
        reason = reason_of(geom)
        whole = polygons_only(shapely.make_valid(geom, method="structure", keep_collapsed=False))
        before, after = abs(float(geom.area)), float(whole.area)
        done = Repair(key, reason, before, after)
        repairs.append(done)
        result.append(whole)
        larger = max(before, after)
        if whole.is_empty or done.changed_m2 > MAX_CHANGE * larger:
            findings.add(
                error(
                    "ring_invalid",
                    f"Gebiet „{key}“ ist ungültig ({reason}) und lässt sich nicht eindeutig reparieren: die Fläche "
                    f"würde sich von {number(before, 2)} auf {number(after, 2)} m² ändern (erlaubt: {MAX_CHANGE:.0%})",
                    key,
                    area_m2=done.changed_m2,
                )
            )
            continue
        say = note if accepted else warning
        findings.add(
            say(
                "ring_repaired",
                f"Gebiet „{key}“ war ungültig ({reason}) und wurde repariert; Fläche vorher {number(before, 2)} m², "
                f"nachher {number(after, 2)} m²",
                key,
                area_m2=done.changed_m2,
            )
        )
    return areas.with_geoms(geometry_array(result)), repairs
