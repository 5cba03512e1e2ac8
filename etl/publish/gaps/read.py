"""The rows of the views ``datenluecke`` and ``lieferstand``, and what of them belongs together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, text

STATES = {
    "geliefert": "geliefert",
    "geschaetzt": "geliefert, zum Teil geschätzt",
    "anteil_geheim": "geliefert, zum Teil geheim",
    "teilweise": "unvollständig",
    "verspaetet": "überfällig",
    "fehlt": "fehlt",
    "kleinraeumig_nicht_verfuegbar": "auf dieser Ebene nicht verfügbar",
}
"""States of the view in the words of readers, from good to bad."""
THERE = ("geliefert", "geschaetzt", "anteil_geheim")
"""States in which every part has been delivered."""
OPEN = ("verspaetet", "fehlt")

_GAPS = text("""
SELECT herkunft, thema, kennzahl, titel, zeitraum, jahr, ebene, eigner, quellen, zustand, zustand_kennzahl,
       fehlende_lieferungen, geheim_anteil, coalesce(geschaetzt, false) AS geschaetzt,
       coalesce(veroeffentlicht, false) AS veroeffentlicht, grund, schliesst, blockiert
FROM sozialbericht.datenluecke ORDER BY datenluecke_id
""")
_OVERDUE = text("""
SELECT eigner, quelle, titel, zeitraum, jahr, faellig_am, zustand, tage_ueberfaellig
FROM sozialbericht.lieferstand WHERE zustand IN ('verspaetet', 'fehlt') ORDER BY eigner, titel, zeitraum
""")


@dataclass(frozen=True)
class Row:
    """One row of ``datenluecke``: an indicator's period on a level and one office's part in it."""

    herkunft: str
    thema: str | None
    kennzahl: str | None
    titel: str
    zeitraum: str | None
    jahr: int | None
    ebene: str
    eigner: str
    quellen: str | None
    zustand: str
    zustand_kennzahl: str
    fehlende_lieferungen: str | None
    geheim_anteil: str | None
    geschaetzt: bool
    veroeffentlicht: bool
    grund: str | None
    schliesst: str | None
    blockiert: str | None

    @property
    def of_catalogue(self) -> bool:
        """Whether it is one of our indicators, not a question of another report."""
        return self.herkunft == "Katalog"


@dataclass(frozen=True)
class Overdue:
    """A period of a source that has not come although it was due."""

    eigner: str
    quelle: str
    titel: str
    zeitraum: str
    jahr: int
    faellig_am: date
    zustand: str
    tage_ueberfaellig: int


def set_today(connection: Connection, today: date | None) -> None:
    """Judge what is due as of another day, for the caller's transaction."""
    if today is not None:
        connection.execute(text("SELECT set_config('sozialbericht.heute', :day, true)"), {"day": today.isoformat()})


def read_rows(connection: Connection) -> list[Row]:
    """All rows of ``datenluecke`` in their order."""
    return [Row(**row) for row in connection.execute(_GAPS).mappings()]


def read_overdue(connection: Connection) -> list[Overdue]:
    """All overdue periods by office and source."""
    return [Overdue(**row) for row in connection.execute(_OVERDUE).mappings()]


def at_smallest_level(rows: Iterable[Row], levels: tuple[str, ...]) -> list[Row]:
    """Our indicators' periods, one row each: on the smallest level that the data reach.

    ``levels``: codes from the city down. Of several offices the first row stands for all: the state of the indicator
    as a whole is the same in them.
    """
    chosen: dict[tuple[str, str], Row] = {}
    for row in rows:
        if not row.of_catalogue or row.kennzahl is None or row.zeitraum is None:
            continue
        if row.zustand_kennzahl == "kleinraeumig_nicht_verfuegbar":
            continue
        key = (row.kennzahl, row.zeitraum)
        held = chosen.get(key)
        if held is None or levels.index(row.ebene) > levels.index(held.ebene):
            chosen[key] = row
    return list(chosen.values())


def spans(periods: Iterable[str]) -> str:
    """Periods in short: 2020, 2021, 2022, 2025-Q1 is „2020 bis 2022, 2025-Q1“; a year of four quarters is a year."""
    held = sorted(set(periods))
    quarters: dict[str, list[str]] = {}
    for period in held:
        if "-Q" in period:
            quarters.setdefault(period[:4], []).append(period)
    whole = {year for year, found in quarters.items() if len(found) == 4}
    words = sorted({p[:4] if p[:4] in whole and "-Q" in p else p for p in held})
    runs: list[list[str]] = []
    for word in words:
        if runs and _follows(runs[-1][-1], word):
            runs[-1].append(word)
        else:
            runs.append([word])
    return ", ".join(r[0] if len(r) == 1 else f"{r[0]}{' bis ' if len(r) > 2 else ', '}{r[-1]}" for r in runs)


def _follows(before: str, word: str) -> bool:
    same_kind = len(before) == len(word) and "Q" not in before and "Q" not in word
    return same_kind and int(word[:4]) == int(before[:4]) + 1
