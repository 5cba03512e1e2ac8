"""The linear system of a release: every cell that is shown or that ties shown ones together, and all relations.

A cell that no value shows is hidden anyway: it costs nothing and cannot be shown again. Attackers know how measures are
defined, so that every linear relation between measures of one source of counted rows follows from measure = Σ atoms.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from sqlalchemy import Connection

from etl.catalogue import Catalogue, RecordForm
from etl.confidentiality.linked.candidates import POPULATION, Candidates, ValueKey, read_candidates
from etl.confidentiality.linked.cells import Atoms, Count, Key, Units, read_atoms, read_counts, read_units
from etl.confidentiality.linked.earlier import published_before
from etl.confidentiality.linked.identities import Identity, load_identities
from etl.confidentiality.linked.shown import Shown, Terms, shown_parts, year_of
from etl.confidentiality.linked.withheld import consistent
from etl.confidentiality.suppression.table import Bools, Ints, Table
from etl.indicators.terms import withholds

EXACT = 1e-6
HIGHEST = 1e7
"""What anybody knows at least: no cell of a city is larger."""

ROOM = 5.0
"""Counts are taken to be known to this many times the threshold to either side, sums not."""

Relation = tuple[tuple[int, float], ...]


@dataclass
class Cell:
    """One unknown: its true value, what is known about it anyway, how it is protected.

    ``value`` None until a consistent one is found: whoever delivered it withholds it.
    """

    key: Key
    value: float | None
    lower: float = 0.0
    upper: float = HIGHEST
    shown: bool = False
    primary: bool = False
    fixed: bool = False
    threshold: float = 0.0
    cost: float = 0.0


@dataclass
class System:
    """Cells, relations Σ coefficient × cell = 0, and which cells each released value shows.

    A value made in no linear way (segregation) lists the districts' cells it is made of.
    ``left_out``: relations that the counts themselves do not fulfil (estimates, breaks) and that nobody could use.
    """

    cells: list[Cell] = field(default_factory=list)
    index: dict[Key, int] = field(default_factory=dict)
    relations: list[Relation] = field(default_factory=list)
    values: dict[ValueKey, tuple[int, ...]] = field(default_factory=dict)
    left_out: int = 0

    def add(self, cell: Cell) -> int:
        """The number of a cell, entered where it is new."""
        number = self.index.setdefault(cell.key, len(self.cells))
        if number == len(self.cells):
            self.cells.append(cell)
        return number

    def relate(self, terms: Iterable[tuple[int, float]]) -> None:
        """Enter a relation, if the known values fulfil it."""
        total: dict[int, float] = defaultdict(float)
        for number, coefficient in terms:
            total[number] += coefficient
        relation = tuple((n, c) for n, c in total.items() if c)
        values = [self.cells[n].value for n, _ in relation]
        known = [c * v for (_, c), v in zip(relation, values, strict=True) if v is not None]
        scale = max(1.0, sum(map(abs, known)))
        if len(known) == len(relation) and abs(sum(known)) > EXACT * scale:
            self.left_out += 1
        elif len(relation) > 1:
            self.relations.append(relation)

    @property
    def hidden_anyway(self) -> Bools:
        """Cells that no value shows."""
        return np.array([not c.shown for c in self.cells], dtype=bool)


@dataclass(frozen=True)
class Component:
    """A part of the system that nothing visible ties to the rest: ``cells`` are numbers in the system."""

    cells: Ints
    table: Table


class _Builder:
    def __init__(self, catalogue: Catalogue, counts: dict[Key, Count], units: Units) -> None:
        self.catalogue = catalogue
        self.counts = counts
        self.units = units
        self.system = System()
        self.deepest = max(units.rank.values(), default=0)

    def threshold(self, measures: Iterable[str]) -> float:
        """Counts below are withheld; 0 where the measures are no counts of persons or cases."""
        limits = []
        for code in measures:
            measure = self.catalogue.measure[code]
            if measure.source is None or measure.kind != "count" or not measure.confidential:
                return 0.0
            agency = withholds(self.catalogue.source[measure.source])
            limits.append(self.catalogue.policy.min_count_agency if agency else self.catalogue.policy.min_count)
        return float(max(limits, default=0))

    def measure(self, name: str, unit: int, year: int) -> int | None:
        """The cell of a measure, or None where it has no count."""
        key = Key("measure", name, unit, year)
        if key in self.system.index:
            return self.system.index[key]
        if (count := self.counts.get(key)) is None:
            return None
        high = min(HIGHEST, count.at_most)
        cell = Cell(key, count.value, count.at_least, high, threshold=self.threshold((name,)))
        # what others withhold is known to lie within their bounds and must not become known any closer
        cell.primary = count.value is None and count.at_most < HIGHEST
        return self.system.add(cell)

    def expression(self, shown: Shown, unit: int, year: int) -> int | None:
        """The cell of an expression and its relation to the measures; None where one of them has no count."""
        terms = [(self.measure(m, unit, year - lag), c) for m, lag, c in shown.terms]
        known = [(n, c) for n, c in terms if n is not None]
        if len(known) < len(terms):
            return None
        if shown.plain:
            return known[0][0]
        values = [(self.system.cells[n].value, c) for n, c in known]
        total = sum(c * v for v, c in values if v is not None)
        value = None if any(v is None for v, _ in values) else total
        if shown.part == "complement" and value is not None and value < -EXACT:
            return None  # numerators of another source or date: nothing is left over
        key = Key("expression", shown.name, unit, year)
        if key in self.system.index:
            return self.system.index[key]
        counted = shown.part == "complement" or all(c == 1 for _, _, c in shown.terms)
        limit = self.threshold({m for m, _, _ in shown.terms}) if counted else 0.0
        lowest = 0.0 if all(c >= 0 for _, _, c in shown.terms) or shown.part == "complement" else -HIGHEST
        number = self.system.add(Cell(key, value, lowest, threshold=limit))
        self.system.relate([(number, -1.0), *known])
        return number

    def show(self, value: ValueKey, parts: list[Shown]) -> None:
        """Enter all that a value shows; small counts among it, or in it, become primary."""
        year = year_of(value.period)
        numbers = []
        for shown in parts:
            if shown.part == "formula":
                numbers += [n for n in self.of_districts(value.unit, shown.terms, year)]
                continue
            if (number := self.expression(shown, value.unit, year)) is None:
                continue
            self.system.cells[number].shown = True
            self.weigh(number)
            numbers.append(number)
            for m, lag, _ in shown.terms:
                if (term := self.measure(m, value.unit, year - lag)) is not None:
                    self.judge(term)
            self.judge(number)
        self.system.values[value] = tuple(numbers)

    def of_districts(self, top: int, terms: Terms, year: int) -> Iterable[int]:
        """Cells of the finest units below a unit."""
        units, found = [top], []
        while units:
            unit = units.pop()
            below = [k for level in self.units.children.get(unit, []) for k in level]
            units += below
            if not below:
                found += [n for m, lag, _ in terms if (n := self.measure(m, unit, year - lag)) is not None]
        return found

    def judge(self, number: int) -> None:
        """Make a small count primary."""
        cell = self.system.cells[number]
        if cell.value is None or not cell.threshold:
            return
        zeros = self.catalogue.policy.show_zeros
        # that nobody lacks a place says nothing about anybody
        if abs(cell.value) < EXACT and (zeros or cell.key.place in self.units.not_located.values()):
            return
        if zeros and cell.key.kind == "measure":
            cell.lower = max(cell.lower, min(1.0, cell.value))
        cell.primary = cell.primary or cell.value < cell.threshold - EXACT

    def weigh(self, number: int) -> None:
        """Every value that a cell stands behind makes it dearer; totals and the newest year most."""
        cell = self.system.cells[number]
        above = self.deepest - max(0, self.units.rank.get(cell.key.place, 0)) + 1
        cell.cost += float(above * above)

    def hierarchy(self) -> None:
        """A unit = its children + what could not be attributed; units of the same outline are equal."""
        names = sorted({(c.key.name, c.key.year) for c in self.system.cells if c.key.kind == "measure"})
        for name, year in names:
            for parent, levels in self.units.children.items():
                whole = self.measure(name, parent, year)
                nowhere = self.units.not_located.get(parent)
                for children in levels if whole is not None else ():
                    parts = [self.measure(name, child, year) for child in children]
                    found = [p for p in parts if p is not None]
                    if len(found) < len(parts):
                        continue
                    rest = self.measure(name, nowhere, year) if nowhere is not None else None
                    last = [] if rest is None else [(rest, -1.0)]
                    self.system.relate([(whole, 1.0), *((p, -1.0) for p in found), *last])  # type: ignore[list-item]
            for one, other in self.units.same:
                a, b = self.measure(name, one, year), self.measure(name, other, year)
                if a is not None and b is not None:
                    self.system.relate([(a, 1.0), (b, -1.0)])

    def atoms(self, atoms: Atoms) -> None:
        """measure = Σ weight × atoms of the unit's pieces, at the units that are no sums of others."""
        by_measure: dict[str, list[tuple[str, float]]] = defaultdict(list)
        for name, weights in atoms.weights.items():
            for measure, weight in weights.items():
                by_measure[measure].append((name, weight))
        for measure, classes in by_measure.items():
            for unit, pieces in atoms.pieces.items():
                if (number := self.measure(measure, unit, atoms.year)) is None:
                    continue
                terms = [(number, -1.0)]
                for piece in sorted(pieces):
                    for name, weight in classes:
                        key = Key("atom", name, piece, atoms.year)
                        terms.append((self.system.add(Cell(key, atoms.counts[piece, name])), weight))
                self.system.relate(terms)

    def declared(self, identities: Iterable[Identity]) -> None:
        """Declared sums, wherever all their measures are."""
        places = sorted({(k.place, k.year) for k in self.system.index if k.kind == "measure"})
        for identity in identities:
            for unit, year in places:
                cells = [self.measure(m, unit, year) for m in (identity.whole, *identity.parts)]
                if all(c is not None for c in cells):
                    self.system.relate([(c, 1.0 if n == 0 else -1.0) for n, c in enumerate(cells) if c is not None])

    def hold(self, before: Iterable[ValueKey], *, keep: bool) -> None:
        """Cells that stay visible: what earlier releases showed; denominators of which none is small.

        The latter is a choice that keeps what has little to do with each other apart; see ``read_system``.
        """
        system = self.system
        for value in before:
            for number in system.values.get(value, ()):
                system.cells[number].fixed = system.cells[number].shown and not system.cells[number].primary
        small = {c.key.name for c in system.cells if c.primary}
        bases = {s.name for s in shown_parts(self.catalogue) if s.part == "denominator"}
        newest = max((c.key.year for c in system.cells), default=0)
        for cell in system.cells:
            if cell.key.year == newest:
                cell.cost *= 2
            if keep and cell.shown and not cell.primary and cell.key.name not in small:
                cell.fixed = cell.fixed or f"+1*{cell.key.name}" in bases or cell.key.name in bases


def read_system(
    connection: Connection,
    catalogue: Catalogue,
    *,
    keep: bool = True,
    before: bool = True,
    candidates: Candidates | None = None,
) -> System:
    """The system of what a release of the present state would show. Counts and atoms: persons or cases.

    ``keep``: denominators none of which is small stay visible, so that themes fall apart into independent parts; a
    pattern found so may be dearer than the best, and where it protects a cell in no way, read again without.
    ``before``: what earlier editions showed stays visible, because nobody can take it back.
    """
    parts: dict[str, list[Shown]] = defaultdict(list)
    for shown in shown_parts(catalogue):
        parts[shown.indicator].append(shown)
    identities = load_identities(catalogue)
    measures = {m for found in parts.values() for shown in found for m, _, _ in shown.terms}
    measures |= {m for i in identities for m in (i.whole, *i.parts)}
    measures |= {catalogue.city.population} if catalogue.city.population else set()
    counts = read_counts(connection, catalogue, measures)
    builder = _Builder(catalogue, counts, read_units(connection))
    _show(builder, candidates or read_candidates(connection, catalogue), parts)
    # what others withhold, wherever an indicator reads it
    for key, count in counts.items():
        if count.value is None and count.at_most < HIGHEST:
            builder.measure(key.name, key.place, key.year)
    builder.declared(identities)
    builder.hierarchy()
    for source in catalogue.sources:
        if source.smallest_level == "block" and any(isinstance(f, RecordForm) for f in source.forms):
            for atoms in read_atoms(connection, catalogue, source, measures):
                builder.atoms(atoms)
    builder.hold(published_before(connection) if before else (), keep=keep)
    consistent(builder.system.cells, builder.system.relations)
    return builder.system


def _show(builder: _Builder, allowed: Candidates, parts: dict[str, list[Shown]]) -> None:
    """Enter all values, the inhabitants of the units, and the counts of areas where too few people live."""
    for value in allowed.open:
        builder.show(value, parts[value.indicator])
    population = builder.catalogue.city.population
    if population is not None:
        newest: dict[int, int] = {}
        for key in builder.counts:
            if key.name == population and key.place not in builder.units.not_located.values():
                newest[key.place] = max(key.year, newest.get(key.place, 0))
        plain = [Shown(POPULATION, "numerator", ((population, 0, 1.0),))]
        for unit, year in newest.items():
            builder.show(ValueKey(POPULATION, unit, "insgesamt", str(year)), plain)
    for value in allowed.few:
        terms = [t for shown in parts[value.indicator] if shown.part == "numerator" for t in shown.terms]
        for measure, lag, _ in terms:
            number = builder.measure(measure, value.unit, year_of(value.period) - lag)
            # nothing of it is shown; whoever subtracts must not learn it either
            if number is not None and not builder.system.cells[number].shown:
                builder.system.cells[number].primary |= builder.system.cells[number].threshold > 0


def components(system: System) -> list[Component]:
    """The independent parts that hold something to protect, as tables; cells that stay visible tie nothing."""
    free = np.array([not c.fixed for c in system.cells], dtype=bool)
    pairs = [(r, n) for r, relation in enumerate(system.relations) for n, _ in relation if free[n]]
    if not pairs:
        return []
    rows, columns = np.array(pairs).T
    incidence = csr_array((np.ones(len(rows)), (rows, columns)), shape=(len(system.relations), len(system.cells)))
    _, label = connected_components(incidence.T @ incidence, directed=False)
    wanted = sorted({int(label[n]) for n, c in enumerate(system.cells) if c.primary})
    members: dict[int, list[int]] = {part: [] for part in wanted}
    for number in np.flatnonzero(free):
        if (part := int(label[number])) in members:
            members[part].append(int(number))
    inside: dict[int, list[Relation]] = defaultdict(list)
    for relation in system.relations:
        kept = tuple((n, c) for n, c in relation if free[n])
        if kept and int(label[kept[0][0]]) in members:
            inside[int(label[kept[0][0]])].append(kept)
    return [_component(system, members[part], inside[part]) for part in wanted]


def _component(system: System, numbers: list[int], relations: list[Relation]) -> Component:
    cells = [system.cells[n] for n in numbers]
    place = {n: i for i, n in enumerate(numbers)}
    # an attacker who knows counts this closely is stronger than any; narrow rooms make the bounds of the cost tight
    room = ROOM * max((c.threshold for c in cells if c.primary), default=1.0)
    value = np.array([c.value or 0.0 for c in cells])
    near = np.array([room if c.threshold or c.key.kind == "atom" else HIGHEST for c in cells])
    lower = np.minimum(np.maximum([c.lower for c in cells], value - near), value)
    upper = np.maximum(np.minimum([c.upper for c in cells], value + near), value)
    primary = np.array([c.primary for c in cells])
    within = np.array([c.upper < HIGHEST for c in cells])
    top = np.array([max(c.threshold, v + 1) for c, v in zip(cells, value, strict=True)])
    up = np.where(primary, np.where(within, upper, top) - value, 0.0)
    down = np.where(primary, np.where(within, value - lower, np.minimum(1.0, value - lower)), 0.0)
    return Component(
        np.array(numbers, dtype=np.int64),
        Table(
            value=value,
            cost=np.array([c.cost for c in cells]),
            # what no value shows is hidden anyway: like a primary cell without demands
            primary=primary | np.array([not c.shown for c in cells]),
            fixed=np.zeros(len(cells), dtype=bool),
            lower=lower,
            upper=upper,
            lower_protection=np.maximum(down, 0.0),
            upper_protection=np.maximum(up, 0.0),
            sliding=np.zeros(len(cells)),
            start=np.cumsum([0, *(len(r) for r in relations)]).astype(np.int64),
            cell=np.array([place[n] for r in relations for n, _ in r], dtype=np.int64),
            coefficient=np.array([c for r in relations for _, c in r], dtype=np.float64),
        ),
    )
