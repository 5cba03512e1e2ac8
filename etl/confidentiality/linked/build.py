"""Fills the linear system: values that may be shown, the measures behind them, hierarchy, declared sums, atoms."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable

from etl.catalogue import Catalogue
from etl.catalogue.identities import Identity
from etl.confidentiality.linked.atoms import Atoms, Named, Pieces
from etl.confidentiality.linked.candidates import ValueKey
from etl.confidentiality.linked.cells import HIGHEST, Count, Key
from etl.confidentiality.linked.places import Units
from etl.confidentiality.linked.shown import Shown, Terms, year_of
from etl.confidentiality.linked.system import EXACT, FEW, SMALL, TERM, UNKNOWN, Cell, System
from etl.indicators.terms import withholds
from etl.warehouse.models.counts import DEFAULT_GROUP

TOTAL = 2.0
"""What a total is worth, in values of one of its groups."""
INDEXED = 12.0
"""The same for a total that an index is made of."""


class Builder:
    """Makes the system of a catalogue's values; cells are made as they are asked for."""

    def __init__(self, catalogue: Catalogue, counts: dict[Key, Count], units: Units) -> None:
        self.catalogue = catalogue
        self.counts = counts
        self.units = units
        self.system = System()
        self.nowhere = set(units.not_located.values())
        self.deepest = max(units.rank.values(), default=0)
        self._thresholds: dict[str, float] = {}

    def threshold(self, measures: Iterable[str]) -> float:
        """Counts below are withheld; 0 where the measures are no counts of persons or cases."""
        limits = [self._thresholds.setdefault(code, self._threshold(code)) for code in measures]
        return max(limits, default=0.0) if all(limits) else 0.0

    def _threshold(self, code: str) -> float:
        measure = self.catalogue.measure[code]
        if measure.source is None or measure.kind != "count" or not measure.confidential:
            return 0.0
        agency = withholds(self.catalogue.source[measure.source])
        return float(self.catalogue.policy.min_count_agency if agency else self.catalogue.policy.min_count)

    def measure(self, name: str, group: str, unit: int, year: int) -> int | None:
        """The cell of a measure, or None where it has no count."""
        key = Key("measure", name, group, unit, year)
        if (number := self.system.index.get(key)) is not None:
            return number
        if (count := self.counts.get(key)) is None:
            return None
        cell = Cell(key, count.value, count.at_least, count.at_most, threshold=self.threshold((name,)))
        cell.base = frozenset({(name, group)})
        cell.unknown = count.value is None
        if cell.unknown and count.at_most < HIGHEST:
            # what others withhold is known to lie within their bounds and must not become known any closer
            cell.primary, cell.rule = True, UNKNOWN
        return self.system.add(cell)

    def expression(self, shown: Shown, group: str, unit: int, year: int) -> int | None:
        """The cell of an expression and its relation to the measures; None where one of them has no count."""
        known: list[tuple[int, float]] = []
        for m, lag, c in shown.terms:
            if (number := self.measure(m, group, unit, year - lag)) is None:
                return None
            known.append((number, c))
        if shown.plain:
            return known[0][0]
        key = Key("expression", shown.name, group, unit, year)
        if (found := self.system.index.get(key)) is not None:
            return found
        values = [(self.system.cells[n].value, c) for n, c in known]
        value = None if any(v is None for v, _ in values) else sum(c * v for v, c in values if v is not None)
        rest = shown.part == "complement"
        if rest and value is not None and value < -EXACT:
            return None  # numerators of another source or date: nothing is left over
        counted = rest or all(c == 1 for _, _, c in shown.terms)
        limit = self.threshold({m for m, _, _ in shown.terms}) if counted else 0.0
        lowest = 0.0 if rest or all(c >= 0 for _, _, c in shown.terms) else -HIGHEST
        cell = Cell(key, value, lowest, threshold=limit, unknown=value is None)
        cell.base = frozenset((m, group) for m, _, _ in shown.terms)
        number = self.system.add(cell)
        self.system.relate([(number, -1.0), *known])
        return number

    def enter(self, value: ValueKey, parts: list[Shown]) -> None:
        """Enter all that a value would show; small counts among it, or in it, become primary."""
        year = year_of(value.period)
        numbers = []
        for shown in parts:
            if shown.part == "formula":
                numbers += [n for n in self.of_districts(value.unit, value.group, shown.terms, year)]
                continue
            if (number := self.expression(shown, value.group, value.unit, year)) is None:
                continue
            numbers.append(number)
            if not shown.plain:
                for m, lag, _ in shown.terms:
                    if (term := self.measure(m, value.group, value.unit, year - lag)) is not None:
                        self.judge(term, TERM)
            self.judge(number)
        self.system.values[value] = tuple(numbers)

    def of_districts(self, top: int, group: str, terms: Terms, year: int) -> Iterable[int]:
        """Cells of the finest units below a unit."""
        units, found = [top], []
        while units:
            unit = units.pop()
            below = [k for level in self.units.children.get(unit, []) for k in level]
            units += below
            if not below:
                found += [n for m, lag, _ in terms if (n := self.measure(m, group, unit, year - lag)) is not None]
        return found

    def judge(self, number: int, rule: str = SMALL) -> None:
        """Make a small count primary."""
        cell = self.system.cells[number]
        if cell.value is None or not cell.threshold:
            return
        zeros = self.catalogue.policy.show_zeros
        if cell.value == 0 and self._structural(cell):
            cell.fixed = True
            return
        # that nobody lacks a place says nothing about anybody
        if abs(cell.value) < EXACT and (zeros or cell.key.place in self.nowhere):
            return
        if zeros and cell.key.kind == "measure":
            cell.lower = max(cell.lower, min(1.0, cell.value))
        if cell.value < cell.threshold - EXACT and (not cell.primary or cell.rule == TERM):
            cell.primary, cell.rule = True, rule

    def _structural(self, cell: Cell) -> bool:
        """Whether there can be none of a measure in a unit, so that its zero is known."""
        measure = self.catalogue.measure.get(cell.key.name)
        return measure is not None and self.units.key.get(cell.key.place, "") in measure.structural_zeros

    def withhold_areas(self, value: ValueKey, parts: list[Shown]) -> None:
        """Counts of an area where too few people live: nothing shows them; whoever subtracts must not learn them."""
        for shown in parts:
            for m, lag, _ in shown.terms if shown.part == "numerator" else ():
                number = self.measure(m, value.group, value.unit, year_of(value.period) - lag)
                if number is None or not (cell := self.system.cells[number]).threshold or cell.primary:
                    continue
                if cell.value != 0 or value.unit not in self.nowhere:
                    cell.primary, cell.rule = True, FEW

    def show(self, parts: dict[str, list[Shown]], kept: Collection[ValueKey] = ()) -> None:
        """Mark what is visible as long as only primaries are hidden, and what each value is worth.

        A value with a primary part, or one ``kept`` from before, is withheld as a whole and shows no part. A city
        counts more than a district, the newest period twice, a total more than its groups, and most what an index is
        made of: without it a district has no index. Denominator - numerator is worth nothing of its own.
        """
        indexed = {part.indicator for index in self.catalogue.indices for part in index.parts}
        cells = self.system.cells
        newest: dict[str, int] = defaultdict(int)
        for value in self.system.values:
            newest[value.indicator] = max(newest[value.indicator], year_of(value.period))
        formulas = {code for code, found in parts.items() if any(s.part == "formula" for s in found)}
        rests = {(s.indicator, s.name) for found in parts.values() for s in found if s.part == "complement"}
        for value, numbers in self.system.values.items():
            if value in kept or value.indicator in formulas or any(cells[n].primary for n in numbers):
                continue
            above = self.deepest - max(0, self.units.rank.get(value.unit, 0)) + 1
            worth = float(above * above) * (2 if year_of(value.period) == newest[value.indicator] else 1)
            if value.group == DEFAULT_GROUP:
                worth *= INDEXED if value.indicator in indexed else TOTAL
            for number in numbers:
                cell = cells[number]
                cell.shown = True
                if cell.key.kind == "measure" or (value.indicator, cell.key.name) not in rests:
                    cell.cost += worth

    def hierarchy(self) -> None:
        """A unit = its children + what could not be attributed; units of the same outline are equal."""
        keys = (c.key for c in self.system.cells if c.key.kind == "measure")
        for name, group, year in sorted({(k.name, k.group, k.year) for k in keys}):
            for parent, levels in self.units.children.items():
                whole = self.measure(name, group, parent, year)
                nowhere = self.units.not_located.get(parent)
                for children in levels if whole is not None else ():
                    parts = [self.measure(name, group, child, year) for child in children]
                    found = [p for p in parts if p is not None]
                    if len(found) < len(parts) or whole is None:
                        continue
                    rest = self.measure(name, group, nowhere, year) if nowhere is not None else None
                    last = [] if rest is None else [(rest, -1.0)]
                    self.system.relate([(whole, 1.0), *((p, -1.0) for p in found), *last])
            for one, other in self.units.same:
                a, b = self.measure(name, group, one, year), self.measure(name, group, other, year)
                if a is not None and b is not None:
                    self.system.relate([(a, 1.0), (b, -1.0)])

    def declared(self, identities: Iterable[Identity]) -> None:
        """Declared sums, wherever all their measures are."""
        years = sorted({k.year for k in self.counts})
        for identity in identities:
            for unit in self.units.level:
                for year in years:
                    cells = [self.measure(*named, unit, year) for named in (identity.total, *identity.addends)]
                    if all(c is not None for c in cells):
                        self.system.relate([(c, 1.0 if n == 0 else -1.0) for n, c in enumerate(cells) if c is not None])

    def tie(self, atoms: Atoms, pieces: Pieces, open_: Collection[Named] | None) -> None:
        """measure = Σ weight × atoms of the unit's pieces, at the units that are no sums of others.

        Only classes that count for an ``open_`` measure may vary (None: all); of the others the attacker is taken to
        know everything.
        """
        by_measure: dict[Named, list[tuple[str, float]]] = defaultdict(list)
        free = set()
        # where nothing has to be protected, people of a kind that there are none of need not be reckoned with
        wanted = {
            piece
            for named in {n for weights in atoms.weights.values() for n in weights}
            for unit, inside in pieces.of_unit.items()
            if (n := self.measure(*named, unit, atoms.year)) is not None and self.system.cells[n].primary
            for piece in inside
        }
        for name, weights in atoms.weights.items():
            if open_ is None or not weights.keys().isdisjoint(open_):
                free.add(name)
            for named, weight in weights.items():
                by_measure[named].append((name, weight))
        for named, classes in by_measure.items():
            if free.isdisjoint(c for c, _ in classes):
                continue
            for unit, inside in pieces.of_unit.items():
                if (number := self.measure(*named, unit, atoms.year)) is None:
                    continue
                terms = [(number, -1.0)]
                for piece in sorted(inside):
                    for name, weight in classes:
                        cell = Cell(Key("atom", name, "", piece, atoms.year), atoms.counts[piece, name])
                        cell.fixed = name not in free or (not cell.value and piece not in wanted)
                        terms.append((self.system.add(cell), weight))
                self.system.relate(terms)
