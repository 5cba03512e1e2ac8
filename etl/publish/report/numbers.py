"""The published numbers as a report needs them: read once, found by indicator, unit and period."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from etl.catalogue import Catalogue
from etl.catalogue.chapters import Plan, plan_of
from etl.publish import german
from etl.publish.drawing.areas import Areas, read_areas, short_name
from etl.publish.drawing.classes import measure_of
from etl.publish.drawing.figure import MISSING, Measure, Reading
from etl.publish.source import Source

ALL = "insgesamt"
COLUMNS = (
    "wert_id", "gebietsstand", "ebene", "gebiet", "zeitraum", "stichtag", "von", "bis", "kennzahl", "zaehler", "nenner",
    "wert", "status", "guete", "ki_unten", "ki_oben", "vergleich_stadt", "bewertung_stadt", "trend", "klasse",
    "vergleich_rest", "signifikant_bh", "kennzeichen",
)  # fmt: skip
Row = dict[str, Any]


@dataclass(frozen=True)
class Unit:
    """A unit of the current district version."""

    level: str
    key: str
    name: str
    parent: str


@dataclass
class Numbers:
    """Everything that the chapters read of a source; ``used`` notes the ids of values that the report shows."""

    source: Source
    catalogue: Catalogue
    used: set[int] = field(default_factory=set)

    @cached_property
    def plan(self) -> Plan:
        """Chapters in order."""
        return plan_of(self.catalogue)

    @cached_property
    def _units(self) -> list[Row]:
        columns = ("gebiet_id", "gebietsstand", "ebene", "gebiet", "name", "uebergeordnet", "flaeche_ha", "einwohner",
                   "einwohner_status", "einwohner_zeitraum", "hinweis", "von")  # fmt: skip
        return self.source.frame("gebiet", columns, "aktuell").sort("gebiet").to_dicts()

    @property
    def version(self) -> str:
        """Label of the current district version."""
        return str(self._units[0]["gebietsstand"]) if self._units else ""

    @cached_property
    def provisional(self) -> bool:
        """Whether any unit is provisional."""
        return any("vorläufig" in (u["hinweis"] or "") for u in self._units)

    @cached_property
    def units(self) -> dict[str, tuple[Unit, ...]]:
        """Units by level, coarse to fine; levels without units are left out."""
        found = {
            level.code: tuple(
                Unit(u["ebene"], u["gebiet"], short_name(u["name"]), u["uebergeordnet"] or "")
                for u in self._units
                if u["ebene"] == level.code
            )
            for level in self.catalogue.city.levels
        }
        return {level: units for level, units in found.items() if units}

    @property
    def city(self) -> Unit:
        """The city itself; without a row where no district version is current."""
        top, known = self.catalogue.city.top.code, self.units
        return known[top][0] if top in known else Unit(top, "", self.catalogue.city.name, "")

    @property
    def lowest(self) -> str:
        """The finest level that has units, the city's where none has."""
        return next(reversed(self.units), self.catalogue.city.top.code)

    def level_of(self, code: str) -> str:
        """The finest level of an indicator that has units and any value that is shown."""
        chosen = self.city.level
        for level, units in self.units.items():
            if any(self.newest(code, u).shown for u in units):
                chosen = level
        return chosen

    def plural(self, level: str) -> str:
        """„Bezirke“: the noun alone, as sentences inflect what stands before it."""
        return next(entry.plural for entry in self.catalogue.city.levels if entry.code == level).split()[-1]

    def singular(self, level: str) -> str:
        """„Bezirk“."""
        return next(entry.title for entry in self.catalogue.city.levels if entry.code == level).split()[-1]

    @cached_property
    def areas(self) -> dict[str, Areas]:
        """Outlines by level, without the city's own."""
        return {level: read_areas(self.source, level) for level in self.units if level != self.city.level}

    @cached_property
    def _rows(self) -> dict[str, dict[tuple[str, str, str], Row]]:
        found: dict[str, dict[tuple[str, str, str], Row]] = defaultdict(dict)
        frame = self.source.frame(
            "wert", COLUMNS, "aktuell AND gruppe = %(group)s AND gebietsstand = %(version)s", group=ALL,
            version=self.version,
        )  # fmt: skip
        for row in frame.iter_rows(named=True):
            found[row["kennzahl"]][row["ebene"], row["gebiet"], row["zeitraum"]] = row
        return found

    @cached_property
    def _newest(self) -> dict[str, str]:
        """Newest period of each indicator with anything but „keine Angabe“ in a unit that is shown."""
        shown = {(u.level, u.key) for units in self.units.values() for u in units}
        return {
            code: max(there, key=lambda r: r["bis"])["zeitraum"]
            for code, rows in self._rows.items()
            if (there := [r for r in rows.values() if r["status"] != "fehlt" and (r["ebene"], r["gebiet"]) in shown])
        }

    def has(self, code: str) -> bool:
        """Whether anything is published of an indicator."""
        return code in self._newest

    def period(self, code: str) -> str:
        """Newest period of an indicator, as in the views; empty where there is none."""
        return self._newest.get(code, "")

    def periods(self, code: str) -> list[str]:
        """All periods with a value for any unit, in order of time."""
        ends = {r["zeitraum"]: r["bis"] for r in self._rows[code].values() if r["status"] in german.SHOWN}
        return sorted(ends, key=lambda p: (ends[p], p))

    def row(self, code: str, unit: Unit, period: str | None = None) -> Row | None:
        """A row of the view ``wert``, the newest or of a period."""
        wanted = self.period(code) if period is None else period
        return self._rows.get(code, {}).get((unit.level, unit.key, wanted))

    def newest(self, code: str, unit: Unit, period: str | None = None) -> Reading:
        """A value as drawn, the newest or of a period."""
        row = self.row(code, unit, period)
        return MISSING if row is None else reading_of(row)

    def show(self, code: str, unit: Unit, period: str | None = None) -> Reading:
        """The same, noted as shown in the report."""
        row = self.row(code, unit, period)
        if row is None:
            return MISSING
        self.used.add(row["wert_id"])
        return reading_of(row)

    def records(self) -> list[Row]:
        """The values that the report shows, as rows of the view, for readers by machine and for the audit."""
        columns = ("gebietsstand", "ebene", "gebiet", "zeitraum", "kennzahl", "wert", "status", "ki_unten", "ki_oben")
        found = [r for rows in self._rows.values() for r in rows.values() if r["wert_id"] in self.used]
        return [{c: r[c] for c in columns} for r in sorted(found, key=lambda r: int(r["wert_id"]))]

    @cached_property
    def changes(self) -> dict[tuple[str, str, str, str], dict[int, Row]]:
        """Changes by indicator, level, key and later period: years → row of the view ``veraenderung``."""
        found: dict[tuple[str, str, str, str], dict[int, Row]] = defaultdict(dict)
        columns = ("veraenderung_id", "ebene", "gebiet", "kennzahl", "zeitraum", "jahre", "veraenderung", "ki_unten",
                   "ki_oben", "ergebnis", "bewertung")  # fmt: skip
        frame = self.source.frame(
            "veraenderung", columns,
            "aktuell AND gruppe = %(group)s AND gebietsstand = %(version)s AND zeitraum = ANY(%(periods)s)",
            group=ALL, version=self.version, periods=sorted(set(self._newest.values())),
        )  # fmt: skip
        for row in frame.iter_rows(named=True):
            found[row["kennzahl"], row["ebene"], row["gebiet"], row["zeitraum"]][row["jahre"]] = row
        return found

    def change(self, code: str, unit: Unit) -> dict[int, Row]:
        """Changes of the newest value against one, three and five years before, as far as there are."""
        return self.changes.get((code, unit.level, unit.key, self.period(code)), {})

    def measure(self, code: str) -> Measure:
        """How an indicator's values are written."""
        return measure_of(self.catalogue.indicator[code])

    def when(self, code: str, period: str | None = None) -> str:
        """„31.12.2025“, „Schuljahr 2024/25“, „2023 bis 2025“: the newest period or this one, in words."""
        wanted = self.period(code) if period is None else period
        row = next((r for r in self._rows.get(code, {}).values() if r["zeitraum"] == wanted), None)
        if row is not None and row["stichtag"] is not None:
            return f"{row['stichtag']:%d.%m.%Y}"
        return spoken_period(wanted)

    def source_line(self, code: str) -> str:
        """Date, source and office of an indicator's newest values."""
        indicator = self.catalogue.indicator[code]
        owner = self.catalogue.owner_of(indicator)
        office = next((o.title for o in self.catalogue.owners if o.code == owner), "")
        synthetic = " Synthetische Daten." if self.source.edition.synthetic else ""
        stand = f"Stand {self.source.edition.label}"
        return f"{self.when(code)}, {stand}. Quelle: {office}.{synthetic}"


def reading_of(row: Row) -> Reading:
    """A row of the view ``wert`` as drawn."""
    shown = row["status"] in german.SHOWN
    return Reading(
        value=row["wert"] if shown else None, status=row["status"], low=row["ki_unten"] if shown else None,
        high=row["ki_oben"] if shown else None, category=row["klasse"] if shown else None,
        compared=row["vergleich_stadt"] if shown else None, judged=row["bewertung_stadt"] if shown else None,
        trend=row["trend"] if shown else None, quality=row["guete"] or "exakt", period=row["zeitraum"],
    )  # fmt: skip


def spoken_period(period: str) -> str:
    """„2024/25“ as „Schuljahr 2024/25“, „2023-2025“ as „2023 bis 2025“, „2025-Q1“ as „1. Quartal 2025“."""
    if "/" in period and "-" not in period:
        return f"Schuljahr {period}"
    if "-Q" in period:
        year, quarter = period.split("-Q")
        return f"{quarter}. Quartal {year}"
    first, _, last = period.partition("-")
    if last and len(last) >= 4:
        return f"Schuljahre {first} bis {last}" if "/" in first else f"{first} bis {last}"
    return period
