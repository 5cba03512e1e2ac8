"""A release's system read from a database, and tied together only as closely as its protection needs."""

from __future__ import annotations

from collections import defaultdict

from sqlalchemy import Connection

from etl.catalogue import Catalogue, RecordForm
from etl.confidentiality.linked.atoms import Atoms, read_atoms, read_pieces
from etl.confidentiality.linked.build import Builder
from etl.confidentiality.linked.candidates import POPULATION, Candidates, ValueKey, read_candidates
from etl.confidentiality.linked.cells import HIGHEST, Key, read_counts
from etl.confidentiality.linked.earlier import corrected_since, frozen_before, published_before, withheld_before
from etl.confidentiality.linked.noise import Noise, find_noise
from etl.confidentiality.linked.places import read_units
from etl.confidentiality.linked.shown import Shown, shown_parts
from etl.confidentiality.linked.sums import judge_sums
from etl.confidentiality.linked.system import EARLIER, System
from etl.confidentiality.linked.withheld import consistent


class Reading:
    """A system that can be tied together more and more closely: first only around what has to be protected."""

    def __init__(
        self, connection: Connection, catalogue: Catalogue, candidates: Candidates, *, before: bool = True
    ) -> None:
        self.connection = connection
        self.catalogue = catalogue
        parts: dict[str, list[Shown]] = defaultdict(list)
        for shown in shown_parts(catalogue):
            parts[shown.indicator].append(shown)
        identities = catalogue.identities
        measures = {m for found in parts.values() for shown in found for m, _, _ in shown.terms}
        measures |= {m for i in identities for m, _ in (i.total, *i.addends)}
        measures |= {catalogue.city.population} if catalogue.city.population else set()
        counts = read_counts(connection, catalogue, measures)
        self.parts = parts
        self.builder = Builder(catalogue, counts, read_units(connection))
        self.system = self.builder.system
        self._enter(candidates)
        self.builder.declared(identities)
        self.builder.hierarchy()
        frozen = frozen_before(connection, catalogue, measures) if before else {}
        self.kept = withheld_before(connection, frozen, counts, parts)
        self._keep_old(corrected_since(frozen, counts))
        self._pieces = read_pieces(connection)
        judge_sums(connection, catalogue, self.builder, self._pieces)
        self.builder.show(parts, self.kept)
        for value in published_before(connection) if before else ():
            for number in self.system.values.get(value, ()):
                cell = self.system.cells[number]
                cell.fixed = cell.shown and not cell.primary
        self._size = len(self.system.cells), len(self.system.relations)
        self._atoms: dict[tuple[str, int], list[Atoms]] = {}
        self.noise = find_noise(self.system, parts, self.source_of, catalogue.city.population, self.kept)

    def _keep_old(self, corrected: frozenset[Key]) -> None:
        """Protect what was withheld beside counts that have been corrected since.

        Whoever learns it now subtracts it from the old total, and has what the earlier edition hid there.
        """
        system = self.system
        changed = {system.index[key] for key in corrected if key in system.index}
        if not changed:
            return
        kept = {n for value in self.kept for n in system.values.get(value, ())}
        for relation in system.relations:
            numbers = {n for n, _ in relation}
            for number in numbers & kept if numbers & changed else ():
                cell = system.cells[number]
                if cell.threshold and not cell.primary:
                    cell.primary, cell.rule = True, EARLIER
                    cell.up = cell.down = cell.threshold

    def source_of(self, measure: str) -> str | None:
        """The source that a measure is counted from."""
        return self.catalogue.measure[measure].source

    def _enter(self, allowed: Candidates) -> None:
        """All values, the inhabitants of the units, and the counts of areas where too few people live."""
        builder = self.builder
        for value in allowed.open:
            builder.enter(value, self.parts[value.indicator])
        population = self.catalogue.city.population
        if population is not None:
            newest: dict[int, int] = {}
            for key in builder.counts:
                if key.name == population:
                    newest[key.place] = max(key.year, newest.get(key.place, 0))
            plain = [Shown(POPULATION, "numerator", ((population, 0, 1.0),))]
            for unit, year in sorted(newest.items()):
                builder.enter(ValueKey(POPULATION, unit, "insgesamt", str(year)), plain)
        for value in allowed.few:
            builder.withhold_areas(value, self.parts[value.indicator])
        # what others withhold, wherever an indicator reads it
        for key, count in builder.counts.items():
            if count.value is None and count.at_most < HIGHEST:
                builder.measure(key.name, key.group, key.place, key.year)

    def tie(self, noise: Noise | None = None) -> System:
        """The system with the atoms of every source and year in which something may be hidden."""
        self.noise = noise or self.noise
        system, measure = self.system, self.catalogue.measure
        system.cut(*self._size)
        hot: dict[str, set[int]] = defaultdict(set)
        for cell in system.cells:
            if cell.key.kind == "measure" and not self.noise.known(cell):
                source = measure[cell.key.name].source
                if source is not None:
                    hot[source].add(cell.key.year)
        wanted = {(c.key.name, c.key.group) for c in system.cells if c.key.kind == "measure"}
        for counted in self.catalogue.sources:
            if counted.smallest_level != "block" or not any(isinstance(f, RecordForm) for f in counted.forms):
                continue
            code, years = counted.code, hot[counted.code]
            missing = {year for year in years if (code, year) not in self._atoms}
            found = read_atoms(self.connection, self.catalogue, counted, self._pieces, years=missing, wanted=wanted)
            for year in missing:
                self._atoms[code, year] = [a for a in found if a.year == year]
            open_ = None if code in self.noise.sources else self.noise.scope
            for year in sorted(years):
                for atoms in self._atoms[code, year]:
                    self.builder.tie(atoms, self._pieces, open_)
        consistent(system.cells, system.relations)
        return system


def read_system(
    connection: Connection,
    catalogue: Catalogue,
    *,
    keep: bool = True,
    before: bool = True,
    candidates: Candidates | None = None,
) -> System:
    """The system of what a release of the present state would show. Counts and atoms: persons or cases.

    ``keep``: what has nothing to do with any primary is taken to be visible, so that themes fall apart into independent
    parts. ``before``: what earlier editions showed stays visible, because nobody can take it back.
    """
    reading = Reading(connection, catalogue, candidates or read_candidates(connection, catalogue), before=before)
    return reading.tie(None if keep else reading.noise.everything(reading.system))
