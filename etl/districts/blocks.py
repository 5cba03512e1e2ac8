"""``boundaries load --level block``: sets of building blocks, and where addresses lie in them."""

from __future__ import annotations

from sqlalchemy import Connection

from etl.catalogue import City, Level
from etl.districts import store, versions
from etl.districts.areas import Areas
from etl.districts.faces import mend_nesting
from etl.districts.findings import Findings, note
from etl.districts.load import UNCHANGED, Outcome, Request, follow_up, level_of, stop
from etl.districts.nesting import assign, check_nesting
from etl.districts.prepare import Options, file_hash, prepare
from etl.districts.report import Report
from etl.districts.versions import Version
from etl.districts.wording import count, number

LEVEL = "block"


def load_blocks(connection: Connection, city: City, load: Request) -> Outcome:
    """Load building blocks as the set named by the request's version label, and locate all addresses in them.

    Blocks nest in the level above the districts (the Stadtteile) of the district version of the same label, or else of
    the current one; with neither they are taken unchecked. The set becomes the current one.
    Errors as ``load_boundaries``.
    """
    versions.lock(connection)
    label = load.version.label
    said = load.options.as_json() | {"block_set": label}
    # another set may have become the current one since: what people decided stays
    last = store.last_block_load(connection, label)
    if last is not None and last["sha256"] == file_hash(load.path) and last["options"] == said:
        return Outcome(False, UNCHANGED)
    prepared = prepare(load.path, load.options, city.extent)
    # blocks have numbers, not names
    prepared.findings.items = [f for f in prepared.findings.items if f.kind != "name_missing"]
    report = Report(prepared.source, "Block", label, prepared.areas, prepared.findings)
    stop(report)
    frame = versions.find(connection, label) or versions.current(connection)
    report.areas = _fit(connection, city, frame, prepared.areas, prepared.findings, load.options)
    stop(report, strict=load.strict)
    store.write_blocks(connection, label, report.areas, method="given", synthetic=load.version.synthetic)
    located, lost = store.locate_addresses(connection)
    report.result = f"{count(len(report.areas), 'Block', 'Blöcke')} als „{label}“ geladen."
    if located + lost:
        report.result += f" {number(located)} Adressen liegen in einem Block, {number(lost)} in keinem."
    journal = store.Journal(LEVEL, None, said, report.summary(), load.version.synthetic)
    store.record_load(connection, prepared.source, journal)
    return Outcome(True, report.result, report)


def above_districts(city: City) -> Level | None:
    """The level in which building blocks lie: the one above the districts, else the finest."""
    if city.district_level is None:
        return city.levels[-1]
    parent = level_of(city, city.district_level).parent
    return level_of(city, parent) if parent else None


def _fit(  # noqa: PLR0917
    connection: Connection, city: City, frame: Version | None, areas: Areas, findings: Findings, options: Options
) -> Areas:
    """The blocks under the units they lie in; with ``options.mend`` cut to them."""
    above = above_districts(city)
    if above is None:
        return areas
    parents = store.read_units(connection, frame.id, above.code) if frame is not None else None
    if frame is None or parents is None or not len(parents):
        findings.add(note("parent_unchecked", f"die Ebene {above.title} fehlt noch; die Zuordnung bleibt ungeprüft"))
        return areas
    areas = assign(areas, parents, findings, above.title)
    if findings.errors:
        return areas
    check_nesting(areas, parents, findings, min_sliver=options.min_sliver, mended=options.mend)
    if not options.mend:
        return areas
    areas, parents = mend_nesting(areas, parents, findings)
    if not findings.errors and frame.status not in versions.FROZEN:
        store.replace_geometry(connection, frame.id, above.code, parents)
        follow_up(connection, city, frame, above)
        versions.complete_version(connection, city, frame.id)
    return areas
