"""``districts import``: an official list of districts becomes a version, instead of an optimised plan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import shapely
from sqlalchemy import Connection, text

from etl.catalogue import City
from etl.districts import store as units
from etl.districts.areas import Areas, geometry_array
from etl.districts.columns import pick
from etl.districts.crs import IDENTITY
from etl.districts.load import level_of
from etl.districts.plans import store
from etl.districts.plans.export import ASSIGNMENT_HEADER
from etl.districts.plans.frame import lock_changes, open_draft
from etl.districts.prepare import Options, Source, file_hash, prepare
from etl.districts.report import Report
from etl.districts.table import read_table
from etl.districts.versions import Version
from etl.districts.wording import count, listed
from etl.districts.zoning.shapes import shapes_of
from etl.errors import InputError, InputProblem, SozialberichtError

CUT_SHARE = 0.01
"""Share of a block's area that may lie outside its district: more is a border that does not follow the blocks."""
TABLES = (".csv", ".txt")


@dataclass(frozen=True)
class ImportOptions:
    """Columns of the file: ``block`` and ``district`` of a table, ``district`` and ``name`` of polygons."""

    block: str = ASSIGNMENT_HEADER[0]
    district: str = ASSIGNMENT_HEADER[1]
    name: str | None = None
    layer: str | None = None
    epsg: int | None = None
    like: str | None = None


@dataclass(frozen=True)
class Imported:
    """What an import made."""

    label: str
    districts: int
    blocks: int
    cut: tuple[str, ...] = ()

    def message(self) -> str:
        """What was made, in German."""
        words = f"{count(self.districts, 'Bezirk', 'Bezirke')} in den Gebietsstand „{self.label}“ übernommen"
        words += f", {count(self.blocks, 'Block', 'Blöcke')} zugeordnet." if self.blocks else "."
        if self.cut:
            words += (
                f" {count(len(self.cut), 'Block liegt', 'Blöcke liegen')} nur teilweise im Bezirk und "
                f"{'folgt' if len(self.cut) == 1 else 'folgen'} dem größeren Teil: {listed(self.cut)}."
            )
        return words


def import_districts(connection: Connection, city: City, path: Path, label: str, options: ImportOptions) -> Imported:
    """Make the districts of a file the draft ``label``.

    A table (CSV, semicolons or commas) names the district of every block of the current set; polygons (any vector
    format) take the blocks that lie in them, or where no blocks exist become the districts themselves. City and
    Stadtteile come from the version ``options.like`` or the current one. Raises ``InputError`` naming line and value,
    and ``SozialberichtError`` if the version is adopted.
    """
    if not path.is_file():
        raise InputError(InputProblem(path.name, "die Datei gibt es nicht"))
    lock_changes(connection)
    version = open_draft(connection, city, label, like=options.like)
    blocks = _blocks(connection)
    level = level_of(city, city.district_level or "")
    if path.suffix.lower() in TABLES:
        if not len(blocks):
            raise SozialberichtError("Es sind keine Blöcke geladen; eine Blockliste lässt sich nicht zuordnen.")
        district_of, names = _from_table(path, options, blocks)
        source = Source(path.name, file_hash(path), "", "Tabelle", "utf-8", "", IDENTITY, 0.0)
        cut: tuple[str, ...] = ()
    else:
        wanted = Options(options.district, options.name, None, options.layer, None, options.epsg)
        prepared = prepare(path, wanted, city.extent)
        report = Report(prepared.source, level.title, label, prepared.areas, prepared.findings)
        refusal = report.refusal()
        if refusal is not None:
            raise refusal
        if not len(blocks):
            raise SozialberichtError(
                "Es sind keine Blöcke geladen; Polygone ohne Blöcke lädt boundaries load … --level "
                f"{level.code} --version {label}."
            )
        source = prepared.source
        district_of, cut = _from_polygons(path.name, prepared.areas, blocks)
        given = zip(prepared.areas.keys, prepared.areas.names, strict=True)
        names = {k: n for k, n in given if n} if options.name else {}
    _check_parents(path.name, blocks, district_of)
    store.write_neighbours(connection, blocks.ids, shapes_of(blocks.geoms).edges)
    by_id = {block: district_of[key] for block, key in zip(blocks.ids, blocks.keys, strict=True)}
    made = store.write_districts(connection, city, version, by_id, names)
    _journal(connection, version, level.code, source, options)
    return Imported(label, made, len(blocks), cut)


@dataclass(frozen=True)
class _Blocks:
    ids: list[int]
    keys: list[str]
    parents: list[str]
    geoms: Any

    def __len__(self) -> int:
        return len(self.ids)


def _blocks(connection: Connection) -> _Blocks:
    rows = connection.execute(
        text("""
            SELECT b.id, b.key, coalesce(b.parent_key, ''), ST_AsBinary(b.geom)
            FROM geo.block b JOIN geo.block_set s ON s.id = b.block_set_id AND s.is_current ORDER BY b.key
        """)
    ).all()
    geoms = geometry_array([shapely.from_wkb(bytes(r[3])) for r in rows])
    return _Blocks([int(r[0]) for r in rows], [str(r[1]) for r in rows], [str(r[2]) for r in rows], geoms)


def _from_table(path: Path, options: ImportOptions, blocks: _Blocks) -> tuple[dict[str, str], dict[str, str]]:
    """District by block key, and names by district, of a table that names every block exactly once."""
    table = read_table(path)
    columns = [c for c in table.columns if not c.startswith("__")]
    block, district = (
        pick(columns, options.block, path.name, "--block"),
        pick(columns, options.district, path.name, "--district"),
    )
    name = options.name or (ASSIGNMENT_HEADER[2] if ASSIGNMENT_HEADER[2] in columns else None)
    name = pick(columns, name, path.name, "--name") if name else None
    known = set(blocks.keys)
    district_of: dict[str, str] = {}
    names: dict[str, str] = {}
    problems: list[InputProblem] = []
    for row in table.iter_rows(named=True):
        line, key, own = int(row["__zeile"]), str(row[block] or "").strip(), str(row[district] or "").strip()
        if key not in known:
            problems.append(InputProblem(path.name, "diesen Block gibt es nicht", line, block, key))
        elif key in district_of:
            problems.append(InputProblem(path.name, "der Block steht mehrfach in der Liste", line, block, key))
        elif not own:
            problems.append(InputProblem(path.name, "der Bezirk fehlt", line, district, ""))
        else:
            district_of[key] = own
        called = str(row[name] or "").strip() if name else ""
        if own and called and names.setdefault(own, called) != called:
            reason = f"der Bezirk {own} heißt weiter oben „{names[own]}“"
            problems.append(InputProblem(path.name, reason, line, name, called))
    missing = [k for k in blocks.keys if k not in district_of]
    if missing and not problems:
        problems.append(
            InputProblem(path.name, f"{count(len(missing), 'Block fehlt', 'Blöcke fehlen')}: {listed(missing)}")
        )
    if problems:
        raise InputError(*problems[:20])
    return district_of, names


def _from_polygons(file: str, districts: Areas, blocks: _Blocks) -> tuple[dict[str, str], tuple[str, ...]]:
    """District by block key, by the largest common area; and the blocks that lie partly outside."""
    left, right = shapely.STRtree(districts.geoms).query(blocks.geoms, predicate="intersects")
    shared = shapely.area(shapely.intersection(blocks.geoms[left], districts.geoms[right]))
    best: dict[int, tuple[float, int]] = {}
    for block, district, size in zip(left.tolist(), right.tolist(), shared.tolist(), strict=True):
        if size > 0 and (block not in best or size > best[block][0]):
            best[block] = (size, district)
    outside = [blocks.keys[b] for b in range(len(blocks)) if b not in best]
    if outside:
        reason = f"{count(len(outside), 'Block liegt', 'Blöcke liegen')} in keinem Bezirk: {listed(outside)}"
        raise InputError(InputProblem(file, reason))
    empty = [k for i, k in enumerate(districts.keys) if i not in {d for _, d in best.values()}]
    if empty:
        raise InputError(InputProblem(file, f"in diesen Bezirken liegt kein Block: {listed(empty)}"))
    size = shapely.area(blocks.geoms)
    cut = tuple(blocks.keys[b] for b, (own, _) in sorted(best.items()) if own < (1 - CUT_SHARE) * size[b])
    return {blocks.keys[b]: districts.keys[d] for b, (_, d) in best.items()}, cut


def _check_parents(file: str, blocks: _Blocks, district_of: Mapping[str, str]) -> None:
    """A district lies in one Stadtteil; where blocks say otherwise the file is refused."""
    seen = Counter((district_of[k], p) for k, p in zip(blocks.keys, blocks.parents, strict=True))
    several: dict[str, list[tuple[int, str]]] = {}
    for (district, parent), n in seen.items():
        several.setdefault(district, []).append((n, parent))
    problems = [
        InputProblem(
            file,
            f"der Bezirk {district} liegt in mehreren Stadtteilen ("
            + ", ".join(f"{parent}: {count(n, 'Block', 'Blöcke')}" for n, parent in sorted(found, reverse=True))
            + ")",
        )
        for district, found in sorted(several.items())
        if len(found) > 1
    ]
    if problems:
        raise InputError(*problems[:20])


def _journal(connection: Connection, version: Version, level: str, source: Source, options: ImportOptions) -> None:
    report = {"result": "amtliche Liste übernommen"}
    units.record_load(connection, source, units.Journal(level, version.id, vars(options), report, version.synthetic))
