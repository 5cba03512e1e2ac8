"""Areas that are only known by name: units without outlines, so that their counts have a place to go."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from etl.catalogue import City
from etl.districts import store, versions
from etl.districts.columns import pick
from etl.districts.load import UNCHANGED, Outcome, level_of
from etl.districts.prepare import Source, file_hash
from etl.districts.table import read_table
from etl.districts.versions import NewVersion
from etl.errors import InputError, InputProblem


@dataclass(frozen=True)
class AreaListOptions:
    """Level to make, column of the names (which are the keys), and the rows from ``start`` up to, without, ``end``."""

    level: str
    key: str
    charset: str | None = None
    start: str | None = None
    end: str | None = None

    def as_json(self) -> dict[str, Any]:
        """For the load journal."""
        return asdict(self)


def names_of(path: Path, options: AreaListOptions) -> list[str]:
    """The names from ``start`` up to ``end``. Raises ``InputError`` for unknown ends and repeated names."""
    table = read_table(path, options.charset)
    column = pick([c for c in table.columns if not c.startswith("__")], options.key, path.name, "--key")
    names = [str(name) for name in table[column].to_list() if name is not None]
    for bound in filter(None, (options.start, options.end)):
        if bound not in names:
            raise InputError(InputProblem(path.name, "diese Zeile gibt es nicht", None, column, bound))
    first = names.index(options.start) if options.start else 0
    chosen = names[first : names.index(options.end, first) if options.end else None]
    repeated = sorted({name for name in chosen if chosen.count(name) > 1})
    if repeated:
        raise InputError(
            *(InputProblem(path.name, "der Name kommt mehrmals vor", None, column, name) for name in repeated)
        )
    return chosen


def load_area_list(
    connection: Connection, city: City, path: Path, version: NewVersion, options: AreaListOptions
) -> Outcome:
    """Make the names of a table units of a level, below the city's unit, without geometry.

    Loading the same file with the same options again changes nothing. Raises ``InputError`` for a table that does not
    fit and ``SozialberichtError`` for an unknown level or an adopted version.
    """
    level = level_of(city, options.level)
    versions.lock(connection)
    target = versions.open_version(connection, version)
    sha256 = file_hash(path) if path.is_file() else ""
    last = store.last_load(connection, target.id, level.code)
    if last is not None and (last["sha256"], last["options"]) == (sha256, options.as_json()):
        return Outcome(False, UNCHANGED)
    names = names_of(path, options)
    connection.execute(
        text("""
        INSERT INTO geo.unit (version_id, level, key, name, parent_id)
        SELECT :version, :level, name, name, (SELECT id FROM geo.unit WHERE version_id = :version AND level = :parent)
        FROM unnest(CAST(:names AS text[])) AS name
        WHERE NOT EXISTS (SELECT FROM geo.unit u WHERE u.version_id = :version AND u.level = :level AND u.key = name)
        """),
        {"version": target.id, "level": level.code, "parent": level.parent, "names": names},
    )
    versions.complete_version(connection, city, target.id)
    message = f"{len(names)} Gebiete der Ebene {level.title} ohne Umriss angelegt."
    source = Source(path.name, sha256, "", "Tabelle", "", "ohne", "keine", 0.0)
    report = {"units": len(names), "result": message}
    store.record_load(
        connection, source, store.Journal(level.code, target.id, options.as_json(), report, target.synthetic)
    )
    return Outcome(True, message)
