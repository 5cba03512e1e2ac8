"""Faults of one index: its parts, their direction and level, and the cells of a cross table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from etl.catalogue.faults import Fault, unknown
from etl.catalogue.indices import CrossTable, Index, Part

if TYPE_CHECKING:
    from etl.catalogue.load import Catalogue

FILE = "indices.yaml"


def _part_faults(catalogue: Catalogue, index: Index, part: Part, *, used: bool) -> Iterator[Fault]:
    at = f"{index.code}.{part.name}"
    indicator = catalogue.indicator.get(part.indicator)
    if indicator is None:
        yield unknown(FILE, at, part.indicator, "die Kennzahl", catalogue.indicator)
        return
    if indicator.gap is not None and used:
        yield Fault(FILE, at, f"{part.indicator} ist eine Lücke und wird nicht berechnet; sie kann nur „optional“ sein")
    levels = [level.code for level in catalogue.city.levels]
    known = {index.level, indicator.lowest_level} <= set(levels)
    if used and known and levels.index(indicator.lowest_level) < levels.index(index.level):
        yield Fault(FILE, at, f"{part.indicator} gibt es nur bis {indicator.lowest_level}, nicht für {index.level}")
    both = (indicator.polarity, index.polarity)
    if "neutral" in both:
        return
    right = 1 if indicator.polarity == index.polarity else -1
    if part.direction != right:
        yield Fault(
            FILE,
            at,
            f"hohe Werte von {part.indicator} sind {both[0]}, die des Index {both[1]}; richtig wäre direction: {right}",
        )


def _cross_faults(catalogue: Catalogue, index: Index, cross: CrossTable) -> Iterator[Fault]:
    at = f"{index.code}.cross"
    known = {i.code: i for i in catalogue.indices if i.classes}
    lacking = [(key, code) for key, code in (("rows", cross.rows), ("columns", cross.columns)) if code not in known]
    for key, code in lacking:
        yield unknown(FILE, f"{at}.{key}", code, "den Index mit Klassen", known)
    if lacking:
        return
    cells = {10 * r.code + c.code for r in known[cross.rows].classes for c in known[cross.columns].classes}
    if without := sorted(cells - set(cross.labels)):
        yield Fault(FILE, f"{at}.labels", f"ein Name fehlt für {', '.join(map(str, without))}")
    if strange := sorted(set(cross.labels) - cells):
        yield Fault(FILE, f"{at}.labels", f"diese Gruppen gibt es nicht: {', '.join(map(str, strange))}")


def index_faults(catalogue: Catalogue, index: Index) -> Iterator[Fault]:
    """Faults of an index."""
    levels = {level.code for level in catalogue.city.levels}
    owners = {owner.code for owner in catalogue.owners}
    if index.level not in levels:
        yield unknown(FILE, f"{index.code}.level", index.level, "die Ebene", levels)
    if index.owner not in owners:
        yield unknown(FILE, f"{index.code}.owner", index.owner, "die Stelle", owners)
    for used, parts in ((True, index.parts), (False, index.optional)):
        for part in parts:
            yield from _part_faults(catalogue, index, part, used=used)
    if index.cross is not None:
        yield from _cross_faults(catalogue, index, index.cross)
