"""The two files in the agency's layout: written, and read back as the agency would.

Published about the layout: two CSV files, 4 columns (nine-digit keys and names of all districts, quarters and
sub-quarters, inhabitants of the smallest) and 13 columns (street, postal code, ranges of odd and even numbers, key).
The order of the columns stands in the contract's annex, which is not public: it is set here, in one place.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from etl.districts.agency.ranges import Number, Range, Row
from etl.errors import InputError, InputProblem

AREA_COLUMNS = ("Gemeindeschlüssel", "Schlüssel", "Bezeichnung", "Einwohner")
GRID_COLUMNS = (
    "Gemeindeschlüssel", "Straße", "PLZ", "Ort",
    "ungerade von", "ungerade von Zusatz", "ungerade bis", "ungerade bis Zusatz",
    "gerade von", "gerade von Zusatz", "gerade bis", "gerade bis Zusatz", "Stadtviertel",
)  # fmt: skip


@dataclass(frozen=True)
class Street:
    """A street within a postal code."""

    name: str
    postal_code: str


@dataclass(frozen=True)
class AreaLine:
    """A line of the list of areas; inhabitants only for the smallest areas."""

    key: str
    name: str
    inhabitants: int | None


@dataclass(frozen=True)
class Layout:
    """How the files are written."""

    encoding: str = "cp1252"
    header: bool = True


def _write(path: Path, columns: Sequence[str], lines: Iterable[Sequence[object]], layout: Layout) -> None:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    if layout.header:
        writer.writerow(columns)
    writer.writerows(lines)
    try:
        raw = text.getvalue().encode(layout.encoding)
    except UnicodeEncodeError as trouble:
        reason = f"„{trouble.object[trouble.start]}“ gibt es in der Kodierung {layout.encoding} nicht; --encoding utf-8"
        raise InputError(InputProblem(path.name, reason)) from trouble
    path.write_bytes(raw)


def write_areas(path: Path, ags: str, areas: Iterable[AreaLine], layout: Layout) -> None:
    """The list of areas (Zuordnungsdatei)."""
    lines = [(ags, a.key, a.name, "" if a.inhabitants is None else a.inhabitants) for a in areas]
    _write(path, AREA_COLUMNS, lines, layout)


def _cells(found: Range | None) -> tuple[object, ...]:
    return ("", "", "", "") if found is None else (*found.start, *found.end)


def write_grid(path: Path, ags: str, city: str, grid: Iterable[tuple[Street, Row]], layout: Layout) -> None:
    """The street grid (Rasterdatei)."""
    lines = [(ags, s.name, s.postal_code, city, *_cells(r.odd), *_cells(r.even), r.area) for s, r in grid]
    _write(path, GRID_COLUMNS, lines, layout)


def _read(path: Path, columns: Sequence[str], layout: Layout) -> list[list[str]]:
    with path.open(encoding=layout.encoding, newline="") as source:
        lines = list(csv.reader(source, delimiter=";"))[1 if layout.header else 0 :]
    for number, line in enumerate(lines, start=2 if layout.header else 1):
        if len(line) != len(columns):
            raise InputError(InputProblem(path.name, f"{len(columns)} Spalten erwartet, {len(line)} gefunden", number))
    return lines


def read_areas(path: Path, layout: Layout) -> list[AreaLine]:
    """The list of areas as written."""
    lines = _read(path, AREA_COLUMNS, layout)
    return [AreaLine(key, name, int(people) if people else None) for _, key, name, people in lines]


def read_grid(path: Path, layout: Layout) -> list[tuple[Street, Row]]:
    """The street grid as written. Raises ``InputError`` for a line without any range."""
    found = []
    for number, line in enumerate(_read(path, GRID_COLUMNS, layout), start=2 if layout.header else 1):
        odd, even = (_range(line[at : at + 4]) for at in (4, 8))
        if odd is None and even is None:
            raise InputError(InputProblem(path.name, "der Hausnummernbereich ist leer", number))
        found.append((Street(line[1], line[2]), Row(line[12], odd, even)))
    return found


def _range(cells: list[str]) -> Range | None:
    if not cells[0]:
        return None
    start: Number = (int(cells[0]), cells[1])
    return Range(start, (int(cells[2]), cells[3]))
