"""What a pattern means for each withheld value: which part is hidden by which rule, or what it protects."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from etl.confidentiality.linked.candidates import ValueKey
from etl.confidentiality.linked.cells import Key
from etl.confidentiality.linked.shown import Shown
from etl.confidentiality.linked.system import EARLIER, System
from etl.confidentiality.suppression.table import Bools

SECONDARY, BASE, PART = "schutz", "kleiner_nenner", "bezirke"
"""Rules beside those of the primaries: protects others; a rate of too few; a district's part of a figure."""
NEIGHBOURS = 5
"""Cells named at most as protected by one."""


@dataclass(frozen=True)
class Reason:
    """Why a part of a value is hidden. ``value``: the true count; ``protects``: the primaries that it helps to hide."""

    key: ValueKey
    part: str
    value: float | None
    rule: str
    protects: tuple[Key, ...] = ()


def _near(system: System, hidden: Bools) -> dict[int, set[int]]:
    """Hidden cells → the hidden cells that they share a relation with."""
    near: dict[int, set[int]] = defaultdict(set)
    for relation in system.relations:
        inside = [n for n, _ in relation if hidden[n]]
        if 1 < len(inside) <= 60:
            for number in inside:
                near[number].update(inside)
    return near


def protected_by(number: int, system: System, near: dict[int, set[int]]) -> tuple[Key, ...]:
    """The primaries nearest to a hidden cell, at most two relations away."""
    seen, edge = {number}, [number]
    for _ in range(3):
        edge = sorted({n for e in edge for n in near.get(e, ())} - seen)
        seen.update(edge)
        found = [n for n in edge if system.cells[n].primary and system.cells[n].key.kind != "atom"]
        if found:
            return tuple(system.cells[n].key for n in found[:NEIGHBOURS])
    return ()


def reasons(
    system: System,
    hidden: Bools,
    withheld: Iterable[ValueKey],
    parts: dict[str, list[Shown]],
    kept: frozenset[ValueKey],
) -> list[Reason]:
    """The reasons of all withheld values that the system has, part by part."""
    near = _near(system, hidden)
    known: dict[int, tuple[Key, ...]] = {}
    found: list[Reason] = []
    for value in sorted(withheld):
        names = {(s.terms[0][0] if s.plain else s.name): s.part for s in parts.get(value.indicator, [])}
        before = len(found)
        for number in system.values.get(value, ()):
            cell = system.cells[number]
            part = names.get(cell.key.name, "numerator")
            if cell.primary:
                found.append(Reason(value, part, cell.value, PART if part == "formula" else cell.rule))
            elif hidden[number]:
                if number not in known:
                    known[number] = protected_by(number, system, near)
                rule = EARLIER if value in kept and not known[number] else SECONDARY
                found.append(Reason(value, part, cell.value, rule, known[number]))
        if len(found) == before:
            found.append(Reason(value, "value", None, EARLIER if value in kept else BASE))
    return found
