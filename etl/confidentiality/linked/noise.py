"""What a pattern may hide at all: measures with something to protect, and those shown in one value with them.

Everything else is taken to be visible to the attacker. He may know less; so what protects against him protects.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from etl.confidentiality.linked.candidates import ValueKey
from etl.confidentiality.linked.shown import Shown
from etl.confidentiality.linked.system import Cell, System

Named = tuple[str, str]
"""A measure and a group."""


@dataclass(frozen=True)
class Noise:
    """``measures``: may be hidden; ``scope``: their classes of persons may vary; ``sources``: all of their classes."""

    measures: frozenset[Named]
    scope: frozenset[Named]
    sources: frozenset[str] = frozenset()

    def known(self, cell: Cell) -> bool:
        """Whether a cell is taken to be visible."""
        if cell.key.kind == "atom" or cell.fixed:
            return cell.fixed
        return not cell.primary and cell.base.isdisjoint(self.measures)

    def everything(self, system: System) -> Noise:
        """Nothing is taken to be visible but what must stay so."""
        base = frozenset(named for cell in system.cells for named in cell.base)
        return Noise(base, base, frozenset(self.sources))

    def wider(self, system: System, cells: Iterable[Cell], source_of: Callable[[str], str | None], step: int) -> Noise:
        """More may be hidden around cells that cannot be protected otherwise: first what shares a value with them.

        Then all measures of the sources of that, then everything near again.
        """
        base = {named for cell in cells for named in cell.base}
        for numbers in system.values.values():
            shared = {named for n in numbers for named in system.cells[n].base}
            if not shared.isdisjoint(base):
                base |= shared
        sources = {source for m, _ in base if (source := source_of(m)) is not None} if step > 1 else set()
        return _of_sources(system, self.measures | base, self.scope | base, source_of, self.sources | sources)


def _of_sources(
    system: System,
    measures: Iterable[Named],
    scope: Iterable[Named],
    source_of: Callable[[str], str | None],
    sources: Iterable[str],
) -> Noise:
    """Noise with all measures of the sources besides those given."""
    whole = frozenset(sources)
    every = {named for cell in system.cells for named in cell.base}
    inside = {(m, g) for m, g in every if source_of(m) in whole}
    return Noise(frozenset({*measures, *inside}), frozenset({*scope, *inside}), whole)


def find_noise(
    system: System,
    parts: dict[str, list[Shown]],
    source_of: Callable[[str], str | None],
    population: str | None,
    kept: Collection[ValueKey] = (),
) -> Noise:
    """What may be hidden first: measures with primaries, numerators of values that have some, and their sources.

    Of the source of the population, on which everything else is based, only the measures themselves.
    """
    names = {(c.key.name, c.key.group) for c in system.cells if c.primary}
    noisy = {named for c in system.cells if c.key.kind == "measure" and (c.primary or c.unknown) for named in c.base}
    scope = set(noisy)
    secret = {(value.indicator, value.group) for value in kept}
    for indicator, group in {(value.indicator, value.group) for value in system.values}:
        found = parts.get(indicator, [])
        if (indicator, group) in secret or any(
            ((p.terms[0][0] if p.plain else p.name), group) in names for p in found
        ):  # fmt: skip
            for part in found:
                base = {(m, group) for m, _, _ in part.terms}
                scope |= base
                noisy |= base if part.part == "numerator" else set()
    everybody = source_of(population) if population else None
    sources = {source for m, _ in noisy if (source := source_of(m)) not in (None, everybody)}
    return _of_sources(system, noisy, scope, source_of, [s for s in sources if s is not None])
