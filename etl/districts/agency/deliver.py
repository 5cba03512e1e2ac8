"""``districts deliver-agency``: both files of a version, made from its addresses and proven by reading them back."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection, text

from etl.catalogue import Catalogue
from etl.districts import versions
from etl.districts.agency.files import AreaLine, Layout, Street, read_areas, read_grid, write_areas, write_grid
from etl.districts.agency.ranges import House, Range, Row, covers, overlaps, rows
from etl.districts.wording import count, listed, number
from etl.errors import SozialberichtError

FEWEST = 1000
"""Inhabitants that the agency asks of its smallest areas."""
OPEN_LIMIT = 998

ADDRESSES = text("""
SELECT a.street_name, a.postal_code, a.house_number, a.suffix, coalesce(s.unit_id, g.unit_id) AS unit_id
FROM geo.address a
LEFT JOIN geo.block_assignment s ON s.version_id = :version AND s.block_id = a.block_id
LEFT JOIN LATERAL (
    SELECT u.id AS unit_id FROM geo.unit u
    WHERE s.unit_id IS NULL AND u.version_id = :version AND u.level = :level AND ST_Intersects(u.geom, a.geom)
    ORDER BY u.key LIMIT 1
) g ON true
ORDER BY a.street_name, a.postal_code, a.house_number, a.suffix
""")

UNITS = text("""
SELECT u.id, u.key, u.name, p.key AS parent_key, p.name AS parent_name, c.value
FROM geo.unit u
LEFT JOIN geo.unit p ON p.id = u.parent_id
LEFT JOIN (
    SELECT c.unit_id, c.value FROM warehouse.unit_count c JOIN catalogue.measure m ON m.id = c.measure_id
    WHERE m.code = :population AND c.group_code = 'insgesamt' AND c.period = :period
) c ON c.unit_id = u.id
WHERE u.version_id = :version AND u.level = :level ORDER BY p.key, u.key
""")

NEWEST = text("""
SELECT max(c.period) FROM warehouse.unit_count c
JOIN catalogue.measure m ON m.id = c.measure_id AND m.code = :population
JOIN geo.unit u ON u.id = c.unit_id AND u.version_id = :version AND u.level = :level
""")


@dataclass
class AgencyReport:
    """What was written, and what the office should look at before it sends the files."""

    areas_file: Path
    grid_file: Path
    areas: int
    lines: int
    addresses: int
    period: str | None
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Unit:
    """A district with its nine-digit key."""

    key: str
    name: str
    above: tuple[str, str]
    inhabitants: int | None


def nine_digits(districts: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Pairs of Stadtteil key and district key → 00S0BB001.

    The digits are those of the keys S+BB where every key is made so; otherwise both levels are numbered in the order of
    their keys. Raises ``SozialberichtError`` for more than 999 areas on a level.
    """
    pairs = sorted(set(districts))
    plain = all(re.fullmatch(r"\d{1,3}", s) and re.fullmatch(re.escape(s) + r"\d{1,3}", d) for s, d in pairs)
    if plain:
        keys = {(s, d): f"{int(s):03d}{int(d[len(s) :]):03d}001" for s, d in pairs}
        if len(set(keys.values())) == len(pairs):
            return keys
    above = {s: n for n, s in enumerate(sorted({s for s, _ in pairs}), start=1)}
    counted: dict[str, int] = defaultdict(int)
    result = {}
    for s, d in pairs:
        counted[s] += 1
        result[s, d] = f"{above[s]:03d}{counted[s]:03d}001"
    if len(above) > 999 or max(counted.values(), default=0) > 999:
        raise SozialberichtError("Der neunstellige Schlüssel fasst höchstens 999 Gebiete je Ebene.")
    return result


def deliver_agency(
    connection: Connection, catalogue: Catalogue, label: str, folder: Path,
    *, period: str | None = None, layout: Layout | None = None,
) -> AgencyReport:  # fmt: skip
    """Write the list of areas and the street grid of a version into ``folder`` and prove them by reading them back.

    Every address of the city that lies in a district lands in that district, exactly once. Inhabitants are those of
    ``period``, by default the newest counted. Raises ``SozialberichtError`` without districts or addresses, and where
    the files would not say the same as the addresses; then they are removed.
    """
    layout = layout or Layout()
    city = catalogue.city
    version = versions.get(connection, label)
    given: dict[str, object] = {"version": version.id, "level": city.district_level, "population": city.population}
    period = period or connection.scalar(NEWEST, given)
    units = _units(connection, given | {"period": period})
    if not units:
        raise SozialberichtError(f"Der Gebietsstand „{label}“ hat keine Bezirke, die man liefern könnte.")
    streets, notes = _streets(connection, given, units)
    grid = [(street, row) for street, houses in streets.items() for row in rows(houses)]
    areas = _lines(units.values())
    folder.mkdir(parents=True, exist_ok=True)
    areas_file, grid_file = folder / f"{city.ags}-zu.csv", folder / f"{city.ags}-ra.csv"
    write_areas(areas_file, city.ags, areas, layout)
    write_grid(grid_file, city.ags, city.name, grid, layout)
    faults = verify(areas_file, grid_file, streets, layout)
    if faults:
        areas_file.unlink()
        grid_file.unlink()
        raise SozialberichtError(
            f"Die Dateien geben die Adressen nicht richtig wieder ({number(len(faults))} Fehler): {listed(faults)}."
        )
    few = [u.name for u in units.values() if u.inhabitants is not None and u.inhabitants < FEWEST]
    if few:
        notes.append(f"unter {number(FEWEST)} Einwohnern, dem vertraglichen Mindestmaß: {listed(few)}")
    if period is None:
        notes.append("ohne Einwohnerzahlen: es ist noch kein Bestand gezählt")
    addresses = sum(len(houses) for houses in streets.values())
    return AgencyReport(areas_file, grid_file, len(areas), len(grid), addresses, period, notes)


def _units(connection: Connection, given: dict[str, object]) -> dict[int, _Unit]:
    found = connection.execute(UNITS, given).all()
    keys = nine_digits((r.parent_key or "0", r.key) for r in found)
    return {
        r.id: _Unit(
            keys[r.parent_key or "0", r.key], r.name, (r.parent_key or "0", r.parent_name or "Stadt"),
            None if r.value is None else round(r.value),
        )
        for r in found
    }  # fmt: skip


def _streets(
    connection: Connection, given: dict[str, object], units: dict[int, _Unit]
) -> tuple[dict[Street, list[House]], list[str]]:
    """Houses by street, and what cannot be told by street and number."""
    streets: dict[Street, list[House]] = defaultdict(list)
    outside = nameless = 0
    for row in connection.execute(ADDRESSES, given):
        if row.unit_id is None:
            outside += 1
        elif not row.street_name or not row.postal_code:
            nameless += 1
        else:
            house = House(row.house_number, row.suffix, units[row.unit_id].key)
            streets[Street(row.street_name, row.postal_code)].append(house)
    if not streets:
        raise SozialberichtError("Keine Adresse liegt in einem Bezirk; bitte zuerst addresses load ausführen.")
    notes = []
    if outside:
        notes.append(f"in keinem Bezirk liegt und fehlt: {count(outside, 'Adresse', 'Adressen')}")
    if nameless:
        notes.append(
            f"ohne Straßennamen oder Postleitzahl und deshalb nicht in der Datei: "
            f"{count(nameless, 'Adresse', 'Adressen')}"
        )
    twice = [f"{s.name}, {s.postal_code}" for s, houses in streets.items() if _contradicts(houses)]
    if twice:
        raise SozialberichtError(
            f"Dieselbe Straße, Postleitzahl und Hausnummer liegt in mehreren Bezirken: {listed(twice)}. Der Agentur "
            "lassen sich diese Adressen nicht eindeutig melden; bitte die Hauskoordinaten prüfen."
        )
    split = [f"{s.name} {n}" for s, houses in streets.items() for n in _split_numbers(houses)]
    if split:
        notes.append(f"Hausnummern, deren Zusätze in verschiedenen Bezirken liegen: {listed(split)}")
    high = sorted({s.name for s, houses in streets.items() if max(h.number for h in houses) > OPEN_LIMIT})
    if high:
        notes.append(f"Hausnummern über {OPEN_LIMIT}, deren letzter Bereich deshalb nicht offen endet: {listed(high)}")
    return dict(streets), notes


def _contradicts(houses: list[House]) -> bool:
    return len({(h.number, h.suffix) for h in houses}) < len(set(houses))


def _split_numbers(houses: list[House]) -> list[int]:
    areas: dict[int, set[str]] = defaultdict(set)
    for house in houses:
        areas[house.number].add(house.area)
    return sorted(n for n, found in areas.items() if len(found) > 1)


def _lines(units: Iterable[_Unit]) -> list[AreaLine]:
    """All areas of the three levels; the smallest is the district once more, with its inhabitants."""
    lines: dict[str, AreaLine] = {}
    for unit in units:
        district, quarter = f"{unit.key[:3]}000000", f"{unit.key[:6]}000"
        lines[district] = AreaLine(district, unit.above[1], None)
        lines[quarter] = AreaLine(quarter, unit.name, None)
        lines[unit.key] = AreaLine(unit.key, unit.name, unit.inhabitants)
    return [lines[key] for key in sorted(lines)]


def verify(areas_file: Path, grid_file: Path, streets: dict[Street, list[House]], layout: Layout) -> list[str]:
    """Faults of the written files against the addresses, in words; empty if each address lands in its area once."""
    known = {line.key for line in read_areas(areas_file, layout)}
    by_street: dict[Street, list[Row]] = defaultdict(list)
    for street, row in read_grid(grid_file, layout):
        by_street[street].append(row)
    faults = [f"Schlüssel {r.area} fehlt" for found in by_street.values() for r in found if r.area not in known]
    for street, houses in streets.items():
        sides: dict[int, list[tuple[Range, str]]] = {
            1: [(r.odd, r.area) for r in by_street[street] if r.odd is not None],
            0: [(r.even, r.area) for r in by_street[street] if r.even is not None],
        }
        for side in sides.values():
            faults += [f"{street.name}: Bereiche überschneiden sich" for _ in overlaps(r for r, _ in side)]
        for house in houses:
            hits = [(r, area) for r, area in sides[house.number % 2] if covers(r, house.number, house.suffix)]
            # of two ranges that meet within a number the one that begins later holds the suffix
            if not hits or max(hits, key=lambda hit: hit[0].start)[1] != house.area:
                faults.append(f"{street.name} {house.number}{house.suffix}")
    return faults
