"""Units that an area table speaks of: the district version whose keys it uses."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, text

from etl.errors import SetupError
from etl.intake.wording import similar

_UNITS = text("""
SELECT v.id, v.label, v.is_current, coalesce(v.valid @> CAST(:at AS date), false) AS at_the_time, u.key, u.name, u.id
FROM geo.district_version v
JOIN geo.unit u ON u.version_id = v.id AND u.level = :level
ORDER BY v.is_current DESC, at_the_time DESC, v.id DESC, u.key
""")


_ABOVE = text("""
WITH RECURSIVE up AS (
    SELECT u.id AS unit, u.parent_id AS above FROM geo.unit u WHERE u.version_id = :version AND u.level = :level
    UNION ALL
    SELECT up.unit, p.parent_id FROM up JOIN geo.unit p ON p.id = up.above
)
SELECT up.unit, a.id, a.key, a.name, l.rank
FROM up JOIN geo.unit a ON a.id = up.above JOIN geo.level l ON l.code = a.level
ORDER BY l.rank DESC
""")


@dataclass(frozen=True)
class Above:
    """Units of the levels above: ``inside`` maps each to the units of the table's level in it, ``city`` is the top."""

    by_key: dict[str, int]
    names: dict[int, str]
    inside: dict[int, frozenset[int]]
    city: int | None


@dataclass
class Units:
    """The units of one level in one district version; ``by`` maps key or name to the unit's id."""

    version: str
    level: str
    by: dict[str, int]
    names: dict[int, str]
    version_id: int = 0

    def fault(self, word: str, others: Iterable[str] = ()) -> str:
        """Reason for an area that this version does not have; ``others`` are further words that it may mean."""
        close = similar(word, [*self.by, *others])
        hint = f"; ähnlich ist „{close}“" if close else ""
        return f"dieses Gebiet gibt es im Gebietsstand {self.version} auf der Ebene {self.level} nicht{hint}"


def find_units(connection: Connection, level: str, by_name: bool, words: set[str], at: date) -> Units:
    """The version whose units a table means: the current one, else the first that knows every area of the table.

    ``words`` are the keys (or names) in the file. Versions are tried in this order: current, valid at ``at``, newest.
    Raises SetupError where no version has the level.
    """
    versions: dict[int, Units] = {}
    for version, label, _current, _then, key, name, unit in connection.execute(_UNITS, {"level": level, "at": at}):
        units = versions.setdefault(version, Units(str(label), level, {}, {}, int(version)))
        word = str(name if by_name else key)
        # a name that two units share says nothing
        units.by[word] = -1 if word in units.by else int(unit)
        units.names[int(unit)] = str(name)
    if not versions:
        raise SetupError(
            f"Es gibt noch keinen Gebietsstand mit der Ebene {level}; die Grenzen müssen zuerst geladen werden "
            f"(boundaries load … --level {level})."
        )
    for units in versions.values():
        units.by = {word: unit for word, unit in units.by.items() if unit >= 0}
    ordered = list(versions.values())
    complete = [u for u in ordered if words <= set(u.by)]
    return complete[0] if complete else max(ordered, key=lambda u: len(words & set(u.by)))


def find_above(connection: Connection, units: Units) -> Above:
    """The units above those of a table, in the same district version.

    Where two levels use the same key, it means the lower one.
    """
    by_key: dict[str, int] = {}
    names: dict[int, str] = {}
    inside: dict[int, set[int]] = {}
    ranks: dict[int, int] = {}
    for unit, above, key, name, rank in connection.execute(_ABOVE, {"version": units.version_id, "level": units.level}):
        by_key.setdefault(str(key), int(above))
        names[int(above)], ranks[int(above)] = str(name), int(rank)
        inside.setdefault(int(above), set()).add(int(unit))
    city = next((unit for unit, rank in ranks.items() if rank == 0), None)
    return Above(by_key, names, {unit: frozenset(parts) for unit, parts in inside.items()}, city)
