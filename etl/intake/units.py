"""Units that an area table speaks of: the district version whose keys it uses."""

from __future__ import annotations

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


@dataclass
class Units:
    """The units of one level in one district version; ``by`` maps key or name to the unit's id."""

    version: str
    level: str
    by: dict[str, int]
    names: dict[int, str]

    def fault(self, word: str) -> str:
        """Reason for an area that this version does not have."""
        close = similar(word, self.by)
        hint = f"; ähnlich ist „{close}“" if close else ""
        return f"dieses Gebiet gibt es im Gebietsstand {self.version} auf der Ebene {self.level} nicht{hint}"


def find_units(connection: Connection, level: str, by_name: bool, words: set[str], at: date) -> Units:
    """The version whose units a table means: the current one, else the first that knows every area of the table.

    ``words`` are the keys (or names) in the file. Versions are tried in this order: current, valid at ``at``, newest.
    Raises SetupError where no version has the level.
    """
    versions: dict[int, Units] = {}
    for version, label, _current, _then, key, name, unit in connection.execute(_UNITS, {"level": level, "at": at}):
        units = versions.setdefault(version, Units(str(label), level, {}, {}))
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
