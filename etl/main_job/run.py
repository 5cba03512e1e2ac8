"""Running a job step by step: each step is one transaction, is timed, and is skipped where it has been done before."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path

from sqlalchemy import Connection, Engine, text

from etl.catalogue import AreaForm, Catalogue
from etl.console import say
from etl.districts.addresses import load_addresses
from etl.districts.arealist import AreaListOptions, load_area_list
from etl.districts.basemap import BasemapOptions, load_basemap
from etl.districts.blocks import load_blocks
from etl.districts.facilities import FacilityOptions, load_facilities
from etl.districts.grid import GridOptions, load_grid
from etl.districts.load import Outcome as Loaded
from etl.districts.load import Request, load_boundaries
from etl.districts.prepare import Options
from etl.districts.provisional import Target, form_provisional
from etl.districts.versions import NewVersion
from etl.errors import InputError, SozialberichtError
from etl.indicators.compute import compute
from etl.intake import journal
from etl.intake.deliver import deliver
from etl.main_job import agency
from etl.main_job.job import AgencyAnswers, AreaList, Boundaries, Delivery, Facilities, Grid, Job, Lines
from etl.publish.products import build_draft
from etl.releases import steps
from etl.releases.checks import run_checks
from etl.releases.edition import Edition

FORMED = text("""
SELECT EXISTS (SELECT FROM geo.block_assignment a JOIN geo.district_version v ON v.id = a.version_id
               WHERE v.label = :label)
""")


@dataclass
class Outcome:
    """What a job did: seconds by step, refused deliveries, the edition that is published now."""

    seconds: dict[str, float] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    edition: Edition | None = None

    @property
    def peak_memory_mib(self) -> float:
        """Largest memory of this process so far, MiB (the database server counts for itself)."""
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@dataclass
class Runner:
    """A job on the database of its catalogue; ``folder`` holds the files that the job names."""

    engine: Engine
    catalogue: Catalogue
    job: Job
    folder: Path
    outcome: Outcome = field(default_factory=Outcome)
    _active: dict[tuple[str, date, str], journal.Entry] | None = field(default=None, init=False)
    _mappings: dict[str, str] = field(default_factory=dict, init=False)

    def run(self) -> Outcome:
        """All steps in order. Raises SozialberichtError at the first that fails; those before it stand."""
        job = self.job
        for part in job.boundaries:
            self._step("Grenzen", self._boundaries, part)
        for grid in job.grids:
            self._step("Grenzen", self._grid, grid)
        for listed in job.area_lists:
            self._step("Grenzen", self._area_list, listed)
        if job.blocks is not None:
            self._step("Baublöcke", self._blocks)
        for lines in job.lines:
            self._step("Grundkarte", self._lines, lines)
        if job.addresses is not None:
            self._step("Adressen", self._addresses, self.folder / job.addresses.file)
        for facility in job.facilities:
            self._step("Einrichtungen", self._facilities, facility)
        late = [d for d in job.deliveries if self._needs_districts(d)]
        for delivery in job.deliveries:
            if delivery not in late:
                self._deliver(delivery)
        if job.provisional is not None:
            self._step("vorläufige Bezirke", self._provisional)
        if job.agency is not None:
            late += self._agency(job.agency)
        for delivery in late:
            self._deliver(delivery)
        self._step("Kennzahlen", self._compute)
        self._publish()
        return self.outcome

    def _step(self, name: str, work: Callable[..., str], *arguments: object) -> None:
        """Run one step in a transaction, add its seconds, say what it did."""
        with self._timed(name), self.engine.begin() as connection:
            message = work(connection, *arguments)
        say(f"  {name}: {message}")

    @contextmanager
    def _timed(self, name: str) -> Iterator[None]:
        start = time.perf_counter()
        try:
            yield
        finally:
            spent = time.perf_counter() - start
            self.outcome.seconds[name] = self.outcome.seconds.get(name, 0.0) + spent

    def _version(self) -> NewVersion:
        spec, job = self.job.version, self.job
        return NewVersion(
            spec.label, spec.title, spec.valid_from, spec.valid_to, provisional=job.provisional is not None,
            synthetic=job.synthetic,
        )  # fmt: skip

    def _boundaries(self, connection: Connection, part: Boundaries) -> str:
        options = Options(part.key, part.name, part.parent, part.layer, part.encoding, part.crs, mend=part.mend)
        request = Request(self.folder / part.file, part.level, self._version(), options)
        return _with_findings(load_boundaries(connection, self.catalogue.city, request))

    def _grid(self, connection: Connection, grid: Grid) -> str:
        options = GridOptions(grid.level, grid.x, grid.y, grid.size, grid.crs, grid.inside)
        path = self.folder / grid.file
        return load_grid(connection, self.catalogue.city, path, self._version(), options).message

    def _area_list(self, connection: Connection, part: AreaList) -> str:
        options = AreaListOptions(part.level, part.key, part.encoding, part.start, part.end)
        path = self.folder / part.file
        return load_area_list(connection, self.catalogue.city, path, self._version(), options).message

    def _blocks(self, connection: Connection) -> str:
        blocks = self.job.blocks
        assert blocks is not None  # noqa: S101  # the caller asks
        options = Options(blocks.key, None, blocks.parent, blocks.layer, mend=blocks.mend)
        request = Request(self.folder / blocks.file, "block", self._version(), options)
        return _with_findings(load_blocks(connection, self.catalogue.city, request))

    def _lines(self, connection: Connection, lines: Lines) -> str:
        options = BasemapOptions(lines.kind, lines.name, lines.class_, lines.layer, synthetic=self.job.synthetic)
        return load_basemap(connection, self.catalogue.city, self.folder / lines.file, options).message

    def _addresses(self, connection: Connection, path: Path) -> str:
        return load_addresses(connection, self.catalogue.city, path, synthetic=self.job.synthetic).message

    def _facilities(self, connection: Connection, part: Facilities) -> str:
        options = FacilityOptions(
            part.kind, part.key, part.name, part.x, part.y, part.crs, part.address,
            source=part.source, synthetic=self.job.synthetic,
        )  # fmt: skip
        return load_facilities(connection, self.catalogue.city, self.folder / part.file, options).message

    def _provisional(self, connection: Connection) -> str:
        assert self.job.provisional is not None  # noqa: S101  # the caller asks
        label, target = self.job.version.label, self.job.provisional.target
        if connection.scalar(FORMED, {"label": label}):
            return "sind schon gebildet"
        report = form_provisional(
            connection, self.catalogue.city, self._version(), Target(target, target / 2, target * 1.5)
        )
        return report.result

    def _needs_districts(self, part: Delivery) -> bool:
        """Whether a delivery counts by district: such files come after districts have been formed."""
        source, formed = self.catalogue.source.get(part.source), self.catalogue.city.district_level
        return source is not None and any(isinstance(f, AreaForm) and f.level == formed for f in source.forms)

    def _agency(self, part: AgencyAnswers) -> list[Delivery]:
        """The agency's answer to the districts of the job's version, as deliveries."""
        with self._timed("Antwort der Agentur"):
            return agency.answered(self.engine, self.catalogue, self.job.version.label, self.folder, part)

    def _taken_in(self, part: Delivery) -> bool:
        """Whether exactly this file is the active delivery, read as the catalogue says now.

        What ``deliver`` would find too, but once for all files of the job.
        """
        if self._active is None:
            with self.engine.connect() as connection:
                self._active = journal.active_files(connection)
        source = self.catalogue.source.get(part.source)
        path = self.folder / part.file
        if source is None or not path.is_file():
            return False
        if source.code not in self._mappings:
            self._mappings[source.code] = journal.mapping_sha256(self.catalogue, source)
        found = self._active.get((source.code, part.date, journal.file_sha256(path)))
        mapping, synthetic = self._mappings[source.code], self.job.synthetic
        return found is not None and found.still_holds(mapping, synthetic=synthetic, form=part.form)

    def _last_of_its_kind(self, part: Delivery) -> Delivery:
        """The delivery of the job that stands in the end for this source and date: itself or a correction."""
        same = [d for d in self.job.deliveries if (d.source, d.date) == (part.source, part.date)]
        return same[-1] if same else part

    def _deliver(self, part: Delivery) -> None:
        """One delivery; a refusal that the job expects is reported and the job goes on."""
        with self._timed("Lieferungen"):
            last = self._last_of_its_kind(part)
            taken_in = self._taken_in(part) or (last is not part and not part.refused and self._taken_in(last))
        if taken_in:
            say(f"  Lieferung {part.file}: schon eingelesen")
            return
        self._active = None  # it will change
        try:
            noted = journal.refusals_noted(self.engine, part.source, part.date, self.folder / part.file)
            with self._timed("Lieferungen"), noted, self.engine.begin() as connection:
                outcome = deliver(
                    connection, self.catalogue, part.source, self.folder / part.file, reference_date=part.date,
                    form=part.form, synthetic=self.job.synthetic,
                )  # fmt: skip
        except InputError as error:
            if not part.refused:
                raise
            first = str(error.problems[0])
            self.outcome.refused.append(first)
            say(f"  Lieferung abgelehnt (Fehler ist beabsichtigt): {first}")
            return
        if outcome.state == "unchanged":
            say(f"  Lieferung {part.file}: schon eingelesen")
            return
        words = f"{outcome.read} Zeilen gelesen, {outcome.accepted} übernommen, {outcome.rejected} abgewiesen"
        replaced = ", ersetzt die frühere" if outcome.superseded else ""
        say(f"  Lieferung {part.file}: {words}{replaced}")

    def _compute(self, connection: Connection) -> str:
        number = compute(connection, self.catalogue)
        broken = [r for r in run_checks(connection) if r.failures]
        if broken:
            listed = "; ".join(f"{r.name} ({r.rule}): {len(r.failures)} Zeilen, z. B. {r.failures[0]}" for r in broken)
            raise SozialberichtError(f"Die Prüfung der berechneten Werte schlägt fehl: {listed}")
        return f"{number} Werte berechnet, alle Prüfungen bestanden"

    def _publish(self) -> None:
        """Freeze, audit, approve, publish, each in its own transaction; stops where a second person has to approve."""
        say("  Veröffentlichung: Geheimhaltung wird berechnet, geprüft wird jede zurückgehaltene Zahl …")
        with self._timed("Veröffentlichung"):
            whole = self.job.audit == "ja"
            edition = steps.all_the_way(
                self.engine, self.catalogue, audited=whole, say=lambda words: say(f"    {words}"),
                build=partial(build_draft, self.engine, self.catalogue) if whole else None,
            )  # fmt: skip
        self.outcome.edition = edition
        if edition.state != "published":
            say(f"  Veröffentlichung: {steps.next_steps(edition.label, edition.state)}")
            return
        state = "gilt unverändert" if edition.unchanged else "ist veröffentlicht"
        numbers = f"{edition.values} Werte, davon {edition.withheld} geheim gehalten"
        say(f"  Veröffentlichung: Stand „{edition.label}“ {state}: {numbers}")


def _with_findings(outcome: Loaded) -> str:
    """The load's message and, below it, what was found and mended in the file."""
    findings = outcome.report.findings.items if outcome.report is not None else []
    return "\n".join([outcome.message, *(f"    {finding.severity.value}: {finding.text}" for finding in findings)])
