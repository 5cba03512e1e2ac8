"""``boundaries load``: one file, one level, one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from etl.catalogue import City, Level
from etl.districts import store, versions
from etl.districts.areas import Areas, geometry_array
from etl.districts.faces import GRID, mend_nesting
from etl.districts.findings import Findings
from etl.districts.nesting import assign, check_nesting, slivers
from etl.districts.prepare import Options, file_hash, prepare
from etl.districts.report import Report
from etl.districts.versions import NewVersion, Version, dissolve
from etl.districts.wording import count
from etl.errors import SozialberichtError

UNCHANGED = "Dieselbe Datei ist schon geladen; nichts geändert."


@dataclass
class Outcome:
    """What a load did. ``report`` is missing where the same file had been loaded before."""

    changed: bool
    message: str
    report: Report | None = None


@dataclass(frozen=True)
class Request:
    """What the user asks for: this file as this level of this version, read so."""

    path: Path
    level: str
    version: NewVersion
    options: Options
    strict: bool = False


def level_of(city: City, code: str) -> Level:
    """The catalogue's level of that code. Raises ``SozialberichtError`` naming those that exist."""
    for level in city.levels:
        if level.code == code:
            return level
    known = ", ".join(level.code for level in city.levels)
    raise SozialberichtError(f"Die Ebene „{code}“ gibt es im Katalog nicht; vorhanden: {known}, block.")


def stop(report: Report, *, strict: bool = False) -> None:
    """Raise the report's refusal if there is one."""
    refusal = report.refusal(strict=strict)
    if refusal is not None:
        raise refusal


@dataclass
class BoundaryLoad:
    """One level of one version of one city. Methods run in the caller's transaction."""

    connection: Connection
    city: City
    target: Version
    level: Level
    options: Options

    def run(self, path: Path, *, strict: bool = False, synthetic: bool = False) -> Outcome:
        """Load the file. See ``load_boundaries``."""
        if self._is_loaded(file_hash(path)):
            return Outcome(False, UNCHANGED)
        prepared = prepare(path, self.options, self.city.extent)
        report = Report(prepared.source, self.level.title, self.target.label, prepared.areas, prepared.findings)
        stop(report)
        report.areas, parents = self._fit_above(prepared.areas, prepared.findings)
        stop(report)
        report.areas, below = self._fit_below(report.areas, prepared.findings)
        stop(report, strict=strict)
        above = self.level.parent
        if parents is not None and above is not None:
            store.replace_geometry(self.connection, self.target.id, above, parents)
        store.write_units(self.connection, self.target.id, self.level.code, report.areas, above)
        for code, children in below:
            store.replace_geometry(self.connection, self.target.id, code, children)
        report.result = (
            f"{count(len(report.areas), 'Gebiet', 'Gebiete')} in den Gebietsstand „{self.target.label}“ geladen."
        )
        store.record_load(
            self.connection,
            prepared.source,
            store.Journal(
                level=self.level.code,
                version_id=self.target.id,
                options=self.options.as_json(),
                report=report.summary(),
                synthetic=synthetic,
            ),
        )
        if parents is not None and above is not None:
            follow_up(self.connection, self.city, self.target, level_of(self.city, above))
        versions.complete_version(self.connection, self.city, self.target.id)
        return Outcome(True, report.result, report)

    def _is_loaded(self, sha256: str) -> bool:
        """Whether the newest load of this level is this file with these options, and none above it is newer."""
        last = store.last_load(self.connection, self.target.id, self.level.code)
        if last is None or last["sha256"] != sha256 or last["options"] != self.options.as_json():
            return False
        parent = self.level.parent
        above = store.last_load(self.connection, self.target.id, parent) if parent else None
        return above is None or above["id"] < last["id"]

    def _fit_above(self, areas: Areas, findings: Findings) -> tuple[Areas, Areas | None]:
        """The units under their parents, and the parents' new polygons where mending gave them new vertices.

        A city that is only the union of this level is no check of it, and is made anew afterwards.
        """
        loose = areas.with_parents([None] * len(areas))
        code = self.level.parent
        if code is None:
            return loose, None
        if code == self.city.top.code and not versions.has_own_file(self.connection, self.target.id, code):
            return loose, None
        above = level_of(self.city, code)
        parents = store.read_units(self.connection, self.target.id, code)
        if not len(parents):
            raise SozialberichtError(
                f"Im Gebietsstand „{self.target.label}“ fehlt noch die Ebene {above.title}; bitte zuerst diese laden "
                f"(--level {code})."
            )
        # whatever the file calls the city, there is only one
        areas = assign(loose if len(parents) == 1 else areas, parents, findings, above.title)
        if findings.errors:
            return areas, None
        check_nesting(areas, parents, findings, min_sliver=self.options.min_sliver, mended=self.options.mend)
        return mend_nesting(areas, parents, findings) if self.options.mend else (areas, None)

    def _fit_below(self, areas: Areas, findings: Findings) -> tuple[Areas, list[tuple[str, Areas]]]:
        """The units again, and new polygons of the levels below that had been loaded before this one."""
        changed = []
        for below in (lower for lower in self.city.levels if lower.parent == self.level.code):
            children = store.read_units(self.connection, self.target.id, below.code)
            if not len(children) or not versions.has_own_file(self.connection, self.target.id, below.code):
                continue
            if len(areas) == 1:
                children = children.with_parents([None] * len(children))
            children = assign(children, areas, findings, self.level.title)
            if findings.errors:
                break
            check_nesting(children, areas, findings, min_sliver=self.options.min_sliver, mended=self.options.mend)
            if self.options.mend:
                children, areas = mend_nesting(children, areas, findings)
                changed.append((below.code, children))
        return areas, changed


def load_boundaries(connection: Connection, city: City, load: Request) -> Outcome:
    """Load a file as one level of a version.

    Loading the same file with the same options again changes nothing. Levels are loaded from the top down; a level is
    checked against the level above it and, when it replaces an earlier one, against the level below it. With
    ``options.mend`` slivers within and between levels are mended. Raises ``InputError`` for a file that is refused and
    ``SozialberichtError`` for an unknown level or an adopted version; the caller must then roll back.
    """
    level = level_of(city, load.level)
    versions.lock(connection)
    target = versions.open_version(connection, load.version)
    job = BoundaryLoad(connection, city, target, level, load.options)
    return job.run(load.path, strict=load.strict, synthetic=load.version.synthetic)


def follow_up(connection: Connection, city: City, target: Version, level: Level) -> None:
    """Give the levels above a mended one its new vertices, where they agreed with it to within the mending grid."""
    while level.parent is not None and versions.has_own_file(connection, target.id, level.parent):
        children = store.read_units(connection, target.id, level.code)
        above = store.read_units(connection, target.id, level.parent)
        apart = {s.parent: s.total_m2 for s in slivers(children, above)}
        rebuilt = []
        for key, geom in zip(above.keys, above.geoms, strict=True):
            own = children.geoms[[p == key for p in children.parents]]
            agrees = len(own) and apart[key] <= 1.0 + GRID * geom.length
            rebuilt.append(dissolve(own) if agrees else geom)
        store.replace_geometry(connection, target.id, level.parent, above.with_geoms(geometry_array(rebuilt)))
        level = level_of(city, level.parent)
