"""The attacker: all that is published as one system of relations between counts.

What is shown is known. Counts follow from each other by the hierarchy of the units, by the definitions of the measures,
by declared sums, between district versions by the ground they share, and between releases by what was not corrected.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from scipy.sparse import csr_array

from etl.catalogue import Catalogue, Indicator
from etl.confidentiality.audit.definitions import Class, Name, Weight, classes, terms_of, threshold, year_of
from etl.confidentiality.audit.facts import HIDDEN, NOWHERE, TOTAL, Inhabitants, Place, Row, Unit
from etl.confidentiality.audit.system import HIGHEST, System
from etl.confidentiality.audit.versions import Corrections, corrections

ROUNDED = 2e-6
"""Counts with fractions are published with six places."""

Cell = tuple[str, Name, Unit, int, int]
"""Kind (measure, class, part), name, unit or piece, year, state of the source's year."""

Terms = list[tuple[Cell, float]]


@dataclass(frozen=True)
class Target:
    """A hidden part of a value; ``cell`` is what is to be bounded, ``whole`` whether it can only be a whole number."""

    row: Row
    part: str
    cell: Cell
    threshold: float
    whole: bool = True


@dataclass(frozen=True)
class Choices:
    """What the attacker assumes; given up one by one where it contradicts what is shown."""

    estimates_add_up: bool = True
    releases: bool = True


@dataclass
class Relations:
    """Unknowns and what is known of them: ``low`` ≤ Σ factor × cell ≤ ``high``."""

    number: dict[Cell, int] = field(default_factory=dict)
    start: list[int] = field(default_factory=lambda: [0])
    cells: list[int] = field(default_factory=list)
    factors: list[float] = field(default_factory=list)
    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)

    def add(self, terms: Iterable[tuple[Cell, float]], low: float = 0.0, high: float | None = None) -> None:
        """Enter a relation; without ``high`` the sum is ``low``."""
        for cell, factor in terms:
            self.cells.append(self.number.setdefault(cell, len(self.number)))
            self.factors.append(factor)
        self.start.append(len(self.cells))
        self.low.append(low)
        self.high.append(low if high is None else high)


class Attack:
    """Relations and targets from what is shown; ``system`` for bounding."""

    def __init__(
        self,
        catalogue: Catalogue,
        rows: list[Row],
        place: Place,
        inhabitants: Iterable[Inhabitants] = (),
        choices: Choices | None = None,
    ) -> None:
        self.catalogue, self.place = catalogue, place
        self.indicators = {i.code: i for i in catalogue.indicators if i.formula != "segregation"}
        self.rows = [r for r in rows if r.indicator in self.indicators]
        self.choices = choices or Choices()
        self.corrected = corrections(catalogue, self.rows, place) if self.choices.releases else self._apart()
        self.relations = Relations()
        self.targets: list[Target] = []
        self.direct: dict[tuple[tuple[Cell, float], ...], float] = {}
        self.estimated: set[Cell] = set()
        self.already = 0
        self.nowhere = {r.unit[0]: r.unit for r in self.rows if r.level == NOWHERE}
        self._shown()
        self._inhabitants(inhabitants)
        self._hierarchy()
        self._definitions()
        self._declared()
        self._between_releases()
        self._ratios()

    def _apart(self) -> Corrections:
        """Every edition for itself: nothing is taken to be the same."""
        editions = sorted({r.edition for r in self.rows})[1:]
        years = {year_of(r.period) - lag for r in self.rows for lag in range(8)}
        units = {*self.place.level, *(r.unit for r in self.rows)}
        since = {(s.code, y): editions for s in self.catalogue.sources for y in years}
        return Corrections(since, {(u, y, e) for u in units for y in years for e in editions})

    def _cell(self, name: Name, unit: Unit, year: int, edition: int) -> Cell:
        source = self.catalogue.measure[name[0]].source or ""
        return ("measure", name, unit, year, self.corrected.state((source, year), edition))

    def _terms(self, indicator: Indicator, part: str, row: Row) -> Terms:
        year = year_of(row.period)
        found = []
        for measure, lag, factor in terms_of(indicator, part):
            if self.catalogue.measure[measure].kind == "area_km2":
                continue
            cell = self._cell((measure, row.group), row.unit, year - lag, row.edition)
            source = self.catalogue.measure[measure].source
            if not row.exact and (source is None or self._estimate(source)):
                self.estimated.add(cell)
            found.append((cell, factor))
        return found

    def _estimate(self, source: str) -> bool:
        found = self.catalogue.source[source]
        return found.estimate or found.smallest_level != "block"

    @staticmethod
    def _slack(terms: Terms, number: float) -> float:
        whole = abs(number - round(number)) < 1e-9 and all(f == round(f) for _, f in terms)
        return 0.0 if whole else ROUNDED * len(terms)

    def _shown(self) -> None:
        """Numerators and denominators: known where a number stands, else a target with the complement."""
        hidden = []
        for row in self.rows:
            indicator = self.indicators[row.indicator]
            parts = {p: self._terms(indicator, p, row) for p in ("numerator", "denominator")}
            numbers = {"numerator": row.numerator, "denominator": row.denominator}
            if row.status == "nicht_sinnvoll" and parts["denominator"]:
                numbers = {"numerator": None, "denominator": 0.0}
            for part, terms in parts.items():
                number = numbers[part]
                if terms and number is not None and row.status in ("gueltig", "unsicher", "nicht_sinnvoll"):
                    self._know(terms, number)
            if row.shown and row.value is not None and None in numbers.values():
                self._rate(row, indicator, parts)
            if row.status == HIDDEN:
                hidden.append((row, indicator, parts))
        self._targets(hidden)

    def _know(self, terms: Terms, number: float) -> None:
        key = tuple(sorted(terms))
        if key not in self.direct:
            self.direct[key] = number
            slack = self._slack(terms, number)
            self.relations.add(terms, number - slack, number + slack)

    def _rate(self, row: Row, indicator: Indicator, parts: Mapping[str, Terms]) -> None:
        """A rounded rate whose parts are not both shown: numerator × factor lies that close to rate × denominator."""
        assert row.value is not None  # noqa: S101  # asked before
        if not parts["denominator"] or not parts["numerator"]:
            return
        half = 0.5 * 10**-indicator.decimals * (1 + 1e-9)
        over = [(c, f * indicator.factor) for c, f in parts["numerator"]]
        for limit, low, high in ((row.value - half, 0.0, np.inf), (row.value + half, -np.inf, 0.0)):
            self.relations.add([*over, *((c, -f * limit) for c, f in parts["denominator"])], low, high)

    def _targets(self, hidden: list[tuple[Row, Indicator, dict[str, Terms]]]) -> None:
        seen: set[tuple[str, str, tuple[tuple[Cell, float], ...]]] = set()
        for row, indicator, parts in hidden:
            wanted = {p: t for p, t in parts.items() if t}
            if indicator.kind == "anteil" and len(wanted) == 2:
                wanted["complement"] = [*parts["denominator"], *((c, -f) for c, f in parts["numerator"])]
            for part, terms in wanted.items():
                key = tuple(sorted(terms))
                if key in self.direct:
                    self.already += 1
                elif (row.indicator, part, key) not in seen:
                    seen.add((row.indicator, part, key))
                    self._target(row, indicator, part, terms)

    def _target(self, row: Row, indicator: Indicator, part: str, terms: Terms) -> None:
        names = ("numerator", "denominator") if part == "complement" else (part,)
        used = [t for p in names for t in terms_of(indicator, p)]
        plain = len(terms) == 1 and terms[0][1] == 1
        cell = terms[0][0] if plain else self._part(row, part)
        if not plain:
            self.relations.add([(cell, -1.0), *terms])
        small = 0.0 if part != "complement" and any(f < 0 for _, _, f in used) else 1.0
        limit = small * threshold(self.catalogue, [m for m, _, _ in used])
        whole = all(f == round(f) and self._whole(c[1]) and c not in self.estimated for c, f in terms)
        self.targets.append(Target(row, part, cell, limit, whole))

    @staticmethod
    def _part(row: Row, part: str) -> Cell:
        return ("part", (f"{row.indicator} {part}", row.group), row.unit, year_of(row.period), row.edition)

    def _inhabitants(self, found: Iterable[Inhabitants]) -> None:
        population = self.catalogue.city.population
        if population is None:
            return
        newest = max((r.edition for r in self.rows), default=0)
        for one in found:
            if one.year is None:
                continue
            cell = self._cell((population, TOTAL), one.unit, one.year, newest)
            if one.persons is not None:
                self._know([(cell, 1.0)], one.persons)
            elif one.status == HIDDEN and ((cell, 1.0),) not in self.direct:
                level = self.place.level.get(one.unit, "")
                row = Row(one.unit, level, str(one.year), "einwohner", None, None, HIDDEN, exact=True, edition=newest)
                self.targets.append(Target(row, "numerator", cell, threshold(self.catalogue, [population])))

    def _used(self) -> list[tuple[Name, int, int]]:
        return sorted({(c[1], c[3], c[4]) for c in self.relations.number if c[0] == "measure"})

    def _hierarchy(self) -> None:
        """A unit is the sum of its children; the city also of what could not be attributed."""
        children = self.place.children
        for name, year, state in self._used():
            for (parent, _), units in children.items():
                whole: Cell = ("measure", name, parent, year, state)
                cells: list[Cell] = [("measure", name, u, year, state) for u in units]
                if not self.choices.estimates_add_up and not self.estimated.isdisjoint([whole, *cells]):
                    continue
                if parent not in self.place.parent:
                    cells.append(("measure", name, self._nowhere(parent[0]), year, state))
                slack = ROUNDED * len(cells) if not self._whole(name) or whole in self.estimated else 0.0
                self.relations.add([(whole, 1.0), *((c, -1.0) for c in cells)], -slack, slack)
        self._same_ground()

    def _nowhere(self, version: str) -> Unit:
        return self.nowhere.get(version, (version, NOWHERE))

    def _nobody_nowhere(self) -> set[str | None]:
        """Sources of tables by area, and others whose districts add up to the city wherever all are shown.

        An attacker expects the same elsewhere; not where somebody without a place was seen in any year.
        """
        shown = {key[0][0]: v for key, v in self.direct.items() if len(key) == 1 and key[0][1] == 1}
        rests: dict[str | None, list[float]] = defaultdict(list)
        for (parent, _), units in self.place.children.items():
            if parent in self.place.parent:
                continue
            for kind, name, unit, year, state in [c for c in shown if c[2] == parent]:
                parts = [shown.get((kind, name, u, year, state)) for u in units]
                if None not in parts:
                    rest = shown[kind, name, unit, year, state] - sum(p for p in parts if p is not None)
                    rests[self.catalogue.measure[name[0]].source].append(rest)
        told = {self.catalogue.measure[c[1][0]].source for c, v in shown.items() if c[2] in self.nowhere.values() and v}
        tables = {s.code for s in self.catalogue.sources if s.kind != "records"}
        somebody = {s for s, r in rests.items() if max(map(abs, r)) > 1e-3}
        return (tables | rests.keys()) - somebody - told

    def _same_ground(self) -> None:
        """Units of two versions with the same outline have the same counts."""
        ground: dict[frozenset[int], list[Unit]] = defaultdict(list)
        for unit in self.place.level:
            if pieces := self._ground(unit):
                ground[pieces].append(unit)
        for units in ground.values():
            for one, other in itertools.pairwise(units):
                for name, year, state in self._used() if one[0] != other[0] else ():
                    pair: tuple[Cell, Cell] = (
                        ("measure", name, one, year, state), ("measure", name, other, year, state),
                    )  # fmt: skip
                    if self.estimated.isdisjoint(pair) and all(c in self.relations.number for c in pair):
                        self.relations.add([(pair[0], 1.0), (pair[1], -1.0)])

    def _ground(self, unit: Unit) -> frozenset[int]:
        if unit in self.place.pieces:
            return self.place.pieces[unit]
        below = [u for u, p in self.place.parent.items() if p == unit]
        return frozenset().union(*(self._ground(u) for u in below)) if below else frozenset()

    def _pieces(self, unit: Unit) -> list[Unit]:
        return [("", str(p)) for p in sorted(self.place.pieces.get(unit, ()))] or [unit]

    def _definitions(self) -> None:
        """measure = Σ classes, in the units that have no children, over the pieces that versions share."""
        leaves = self.place.leaves
        leaves += sorted({self._nowhere(v) for v, _ in leaves})
        used = self._used()
        self.unread = []
        for source in self.catalogue.sources:
            if source.smallest_level != "block" or source.estimate:
                continue
            mine = [m for m in self.catalogue.measures_of(source.code) if m.source == source.code]
            names = {n for n, _, _ in used if n[0] in {m.code for m in mine}}
            kinds: dict[date, list[Class]] = {}
            for year, state in sorted({(y, s) for n, y, s in used if n in names}):
                at = date.fromisoformat(f"{year}-{source.reference_day}")
                if any(m.age_limit for m in mine):
                    found = kinds.setdefault(at, classes(mine, names, at))
                else:
                    found = kinds.setdefault(date.min, classes(mine, names, at))
                if names and not found and any(m.column is None for m in mine):
                    self.unread.append(source.code)
                for name in sorted(n for n, y, s in used if (y, s) == (year, state) and n in names):
                    self._definition((source.code, year, state), found, leaves, name)

    def _definition(self, given: tuple[str, int, int], found: list[Class], leaves: list[Unit], name: Name) -> None:
        source, year, state = given
        counted = [(n, c[name]) for n, c in enumerate(found) if name in c]
        if not counted:
            return
        exact = all(w.high - w.low < 1e-12 for _, w in counted)
        slack = ROUNDED if any(w.low != round(w.low) for _, w in counted) else 0.0
        for unit in leaves:
            measure: Cell = ("measure", name, unit, year, state)
            if measure not in self.relations.number or measure in self.estimated:
                continue
            at = self._pieces(unit)
            kinds: list[tuple[Cell, Weight]] = [
                (("class", (source, str(n)), p, year, state), w) for n, w in counted for p in at
            ]
            low = [(c, w.low) for c, w in kinds if w.low]
            self.relations.add([(measure, -1.0), *low], -slack if exact else -np.inf, slack)
            if not exact:
                high = [(c, w.high) for c, w in kinds]
                self.relations.add([(measure, -1.0), *high], -slack, np.inf)

    def _declared(self) -> None:
        """Sums that are known to hold between measures."""
        for entry in self.catalogue.identities:
            parts = [p.partition("@") for p in (entry.whole, *entry.parts)]
            names: list[Name] = [(m, g or TOTAL) for m, _, g in parts]
            if not all(m in self.catalogue.measure for m, _ in names):
                continue
            places = {c[2:] for c in self.relations.number if c[0] == "measure" and c[1] in names}
            for unit, year, state in sorted(places):
                cells: list[Cell] = [("measure", n, unit, year, state) for n in names]
                slack = 0.0 if self.estimated.isdisjoint(cells) else ROUNDED * len(cells)
                self.relations.add([(c, 1.0 if n == 0 else -1.0) for n, c in enumerate(cells)], -slack, slack)

    def _between_releases(self) -> None:
        """What a correction did not change is the same before and after it, in the finest units."""
        if not self.corrected.since:
            return
        moved = {(unit, year, edition) for unit, year, edition in self.corrected.changed}
        at_piece = {p: u for u in self.place.pieces for p in self._pieces(u)}
        finest = {*self.place.leaves, *self.nowhere.values(), *at_piece}
        for cell in list(self.relations.number):
            kind, name, unit, year, state = cell
            if state == 0 or unit not in finest or kind == "part":
                continue
            source = name[0] if kind == "class" else self.catalogue.measure[name[0]].source or ""
            if kind == "measure" and (self.catalogue.source[source].smallest_level == "block"):
                continue
            edition = self.corrected.since[source, year][state - 1]
            units = [u for u in self.place.pieces if unit in self._pieces(u)] if unit in at_piece else [unit]
            earlier: Cell = (kind, name, unit, year, state - 1)
            if earlier in self.relations.number and not any((u, year, edition) in moved for u in units):
                self.relations.add([(cell, 1.0), (earlier, -1.0)])

    def _ratios(self) -> None:
        """Published shares of inhabitants between versions."""
        population = self.catalogue.city.population
        known = [c for c in self.relations.number if c[0] == "measure" and c[1] == (population, TOTAL)]
        if not known or not self.place.ratios:
            return
        newest = max(c[3] for c in known)
        state = max(c[4] for c in known if c[3] == newest)
        for ratio in self.place.ratios:
            part: Cell = ("measure", (population or "", TOTAL), ratio.part, newest, state)
            whole: Cell = ("measure", (population or "", TOTAL), ratio.whole, newest, state)
            half = ratio.step / 2
            self.relations.add([(part, 1.0), (whole, -(ratio.share - half))], 0.0, np.inf)
            self.relations.add([(part, 1.0), (whole, -(ratio.share + half))], -np.inf, 0.0)

    def _whole(self, name: Name) -> bool:
        measure = self.catalogue.measure.get(name[0])
        return measure is not None and measure.kind == "count" and measure.age_limit is None

    def _least(self, target: Target) -> float:
        """What is known about a part anyway: differences may be negative, counts not."""
        indicator = self.indicators.get(target.row.indicator)
        if indicator is None:
            return 0.0
        if target.part == "complement":
            sources = {
                self.catalogue.measure[m].source for p in ("numerator", "denominator") for m, _, _ in
                terms_of(indicator, p)
            }  # fmt: skip
            lags = {lag for p in ("numerator", "denominator") for _, lag, _ in terms_of(indicator, p)}
            return 0.0 if len(sources) == 1 and (indicator.pool > 1 or len(lags) == 1) else -HIGHEST
        if any(f < 0 for _, _, f in terms_of(indicator, target.part)):
            return -HIGHEST
        # where zeros are shown, whatever is hidden is none
        shown = self.catalogue.policy.show_zeros and target.part == "numerator" and target.threshold > 0
        return 1.0 if shown else 0.0

    def system(self) -> tuple[System, np.ndarray]:
        """Everything as one system, and the numbers of the targets' cells."""
        relations = self.relations
        for target in self.targets:
            relations.number.setdefault(target.cell, len(relations.number))
        count = len(relations.number)
        matrix = csr_array(
            (np.array(relations.factors), np.array(relations.cells, dtype=np.int64), np.array(relations.start)),
            shape=(len(relations.low), count),
        )
        lower, upper = np.zeros(count), np.full(count, HIGHEST)
        whole = np.zeros(count, dtype=bool)
        for cell, place in relations.number.items():
            whole[place] = cell[0] == "class" or (
                cell[0] == "measure" and self._whole(cell[1]) and cell not in self.estimated
            )
        empty, nowhere = self._nobody_nowhere(), {self._nowhere(v) for v, _ in self.place.level}
        doubtful = np.zeros(count, dtype=bool)
        for cell, place in relations.number.items():
            if cell[0] == "measure" and cell[2] in nowhere:
                doubtful[place] = self.catalogue.measure[cell[1][0]].source in empty
        at = np.array([relations.number[t.cell] for t in self.targets], dtype=np.int64)
        for target, place in zip(self.targets, at, strict=True):
            plain = target.cell[0] == "measure"
            lower[place] = max(lower[place], self._least(target)) if plain else self._least(target)
            whole[place] |= target.whole
        return System(matrix, np.array(relations.low), np.array(relations.high), lower, upper, whole, doubtful), at
