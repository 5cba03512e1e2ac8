"""Plays the employment agency: from the city's two files and the agency's own counts to the tables by area.

The city sends the list of areas (Zuordnungsdatei) and the street grid (Rasterdatei); the agency places its addresses
by the ranges of house numbers and answers with tables in which 1 to 9 is an asterisk, sums are sums of the true values
and everybody who could not be placed stands in a row of their own. Column headings are not published and assumed here.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import xlsxwriter  # type: ignore[import-untyped]

from etl.sample.agency import FOLDER
from etl.sample.dirt import Planted
from etl.sample.files import UNLOCATED, WRITTEN
from etl.sample.manifest import FileEntry, sha256

TABLES: dict[str, dict[str, str]] = {
    "akg_beschaeftigte": {
        "SvB insgesamt": "svb", "SvB Frauen": "svb_frauen", "SvB Teilzeit": "svb_teilzeit", "aGeB": "ageb",
    },
    "akg_arbeitslose": {
        "Alo insgesamt": "alo", "Alo SGB II": "alo_sgb2", "Alo SGB III": "alo_sgb3", "Alo u25": "alo_u25",
        "Alo 55plus": "alo_55plus", "Alo Langzeit": "alo_lang", "Alo Ausländer": "alo_ausl",
    },
    "akg_grundsicherung": {
        "BG": "bg", "BG Alleinerz": "bg_alleinerziehend", "LB": "lb", "ELB": "elb", "NEF u15": "nef_u15",
        "NEF u3": "nef_u3", "NEF 3-u6": "nef_3_6", "NEF 6-u15": "nef_6_15",
    },
    "ba_sonderauswertung": {
        "SvB": "svb", "SvB ohne Abschluss": "svb_ohne_abschluss", "ELB": "elb",
        "ELB erwerbstätig": "elb_erwerbstaetig",
    },
}  # fmt: skip
"""Heading → count of the agency, by source."""
YEARLY = ("ba_sonderauswertung",)
"""Sources with December only."""
KEYS = ("Berichtsmonat", "Gemeindeschlüssel", "Städtische Gliederung", "Bezeichnung")
CITY_SUM = "SUMSUMSUM"
FAULTY = "akg_arbeitslose"
WRONG_ROWS_YEAR, WRONG_TOTAL_YEAR = 2021, 2022
"""In the first an unknown key and a repeated row stand; in the second the city's total of March is halved."""
UNKNOWN_KEY = "009099001"

Cell = str | int
Number = tuple[int, str]


@dataclass(frozen=True)
class Area:
    """An area of the city by its nine-digit key."""

    key: str
    name: str


@dataclass(frozen=True)
class _Side:
    """House numbers of one parity in one area, from start to end."""

    start: Number
    end: Number
    area: str

    def holds(self, house: Number) -> bool:
        """An empty suffix at the end stands for all suffixes of the number."""
        last = house[0] == self.end[0] and not self.end[1]
        return house >= self.start and (last or house <= self.end)


Grid = dict[tuple[str, str, int], list[_Side]]
"""Ranges by street, postal code and parity (1: odd)."""


def _lines(path: Path, columns: int) -> list[list[str]]:
    with path.open(encoding="cp1252", newline="") as stream:
        lines = list(csv.reader(stream, delimiter=";"))[1:]
    if any(len(line) != columns for line in lines):
        raise ValueError(f"{path.name}: {columns} columns expected")
    return lines


def read_areas(path: Path) -> tuple[str, list[Area]]:
    """Municipality key and areas of the list of areas (4 columns)."""
    lines = _lines(path, 4)
    return lines[0][0], [Area(key, name) for _, key, name, _ in lines]


def read_grid(path: Path) -> Grid:
    """Ranges by street, postal code and parity (1: odd) from the street grid (13 columns)."""
    found: Grid = {}
    for line in _lines(path, 13):
        for parity, at in ((1, 4), (0, 8)):
            if line[at]:
                start, end = (int(line[at]), line[at + 1]), (int(line[at + 2]), line[at + 3])
                found.setdefault((line[1], line[2], parity), []).append(_Side(start, end, line[12]))
    return found


def place(grid: Grid, street: str, postcode: str, house: Number) -> str | None:
    """The area of an address, None where the grid does not hold it.

    Of two ranges that meet within a number the one that begins later holds the house.
    """
    hits = [s for s in grid.get((street, postcode, house[0] % 2), ()) if s.holds(house)]
    return max(hits, key=lambda s: s.start).area if hits else None


def _placed(grid: Grid, counts: pl.DataFrame, columns: Iterable[str]) -> pl.DataFrame:
    """Counts by month and area; the area of those who cannot be placed is null."""
    address = ["strasse", "plz", "hausnummer", "zusatz"]
    known = counts.select(address).unique(maintain_order=True)
    area = [place(grid, street, code, (number, suffix)) for street, code, number, suffix in known.iter_rows()]
    located = known.with_columns(pl.Series("area", area, dtype=pl.String))
    return counts.join(located, on=address).group_by("berichtsmonat", "area").agg(pl.col(*columns).sum())


def shown(count: int) -> Cell:
    """As the agency prints it: 1 to 9 as an asterisk."""
    return "*" if 1 <= count <= 9 else count


def _month(ags: str, areas: Sequence[Area], month: int, counts: dict[str | None, tuple[int, ...]]) -> list[list[Cell]]:
    """All rows of one month: smallest areas, each followed by the sums it closes, then who is not placed, the city."""
    names = {a.key: a.name for a in areas}
    smallest = sorted(a.key for a in areas if not a.key.endswith("000"))
    width = len(next(iter(counts.values())))

    def total(prefix: str) -> tuple[int, ...]:
        inside = [values for key, values in counts.items() if key is not None and key.startswith(prefix)]
        return tuple(map(sum, zip(*inside, strict=True))) if inside else (0,) * width

    def row(key: str, name: str, values: tuple[int, ...]) -> list[Cell]:
        return [str(month), ags, key, name, *map(shown, values)]

    rows: list[list[Cell]] = []
    for i, key in enumerate(smallest):
        following = smallest[i + 1] if i + 1 < len(smallest) else ""
        rows.append(row(key, names[key], total(key)))
        if following[:6] != key[:6]:
            rows.append(row(f"{key[:6]}SUM", names.get(f"{key[:6]}000", names[key]), total(key[:6])))
        if following[:3] != key[:3]:
            rows.append(row(f"{key[:3]}SUMSUM", names.get(f"{key[:3]}000000", key[:3]), total(key[:3])))
    lost = counts.get(None, (0,) * width)
    everybody = tuple(a + b for a, b in zip(total(""), lost, strict=True))
    return [*rows, row(UNLOCATED, UNLOCATED, lost), row(CITY_SUM, "Stadt insgesamt", everybody)]


def _soil(source: str, year: int, header: Sequence[str], rows: list[list[Cell]]) -> tuple[list[Planted], int]:
    """Put the agreed faults into the table of a year; what was planted, and how many rows must be rejected."""
    if source != FAULTY or year not in (WRONG_TOTAL_YEAR, WRONG_ROWS_YEAR):
        return [], 0
    march = f"{year}03"
    if year == WRONG_TOTAL_YEAR:
        at = next(i for i, r in enumerate(rows) if r[2] == CITY_SUM and r[0] == march)
        total = rows[at][4]
        if total == "*":
            return [], 0
        rows[at][4] = int(total) // 2
        return [Planted(at + 2, header[4], str(rows[at][4]), "Summe stimmt nicht")], 0
    first = rows[0]
    rows.insert(1, [march, first[1], UNKNOWN_KEY, "Unbekannt", *[0] * (len(header) - len(KEYS))])
    rows.append(list(rows[0]))
    return [
        Planted(3, KEYS[2], UNKNOWN_KEY, "unbekannter Schlüssel"),
        Planted(len(rows) + 1, KEYS[2], str(first[2]), "Gebiet doppelt"),
    ], 2


def _write_csv(path: Path, header: Sequence[str], rows: list[list[Cell]]) -> None:
    """cp1252, Windows line ends, dots between thousands."""

    def text(cell: Cell) -> str:
        return cell if isinstance(cell, str) else f"{cell:,}".replace(",", ".")

    lines = [";".join(header), *(";".join(map(text, row)) for row in rows)]
    path.write_bytes(("\r\n".join(lines) + "\r\n").encode("cp1252"))


def _write_xlsx(path: Path, title: str, header: Sequence[str], rows: list[list[Cell]]) -> None:
    book = xlsxwriter.Workbook(str(path))
    book.set_properties({"title": f"{title} (synthetisch)", "created": WRITTEN.replace(tzinfo=None)})
    sheet = book.add_worksheet("Tabelle")
    sheet.write_row(0, 0, header, book.add_format({"bold": True}))
    for i, row in enumerate(rows, start=1):
        sheet.write_row(i, 0, row)
    sheet.set_column(2, 3, 22)
    book.close()


def answer(
    grid_file: Path, area_file: Path, folder: Path, out: Path, years: Sequence[int] | None = None
) -> list[FileEntry]:
    """Write the agency's tables for the areas in ``area_file`` into ``out``; the entries in the order of delivery.

    ``folder`` is that of the sample; ``years`` are by default all that it has. Three quarterly tables and one yearly
    a year, as CSV, in the last year of the quarterly ones as a workbook.

    Raises:
        ValueError: a file of the city has another number of columns.
    """
    found = sorted(int(path.stem) for path in (folder / FOLDER).glob("*.parquet"))
    wanted = [year for year in found if years is None or year in years]
    ags, areas = read_areas(area_file)
    grid = read_grid(grid_file)
    out.mkdir(parents=True, exist_ok=True)
    columns = sorted({name for table in TABLES.values() for name in table.values()})
    counts = pl.concat([pl.read_parquet(folder / FOLDER / f"{year}.parquet") for year in wanted])
    placed = _placed(grid, counts, columns)
    entries = []
    for year in wanted:
        for source, headings in TABLES.items():
            form = "xlsx" if year == found[-1] and source not in YEARLY else "csv"
            name = f"{source}_{form}_{year}_synthetisch.{form}"
            rows: list[list[Cell]] = []
            for month in (12,) if source in YEARLY else (3, 6, 9, 12):
                mine = placed.filter(pl.col("berichtsmonat") == year * 100 + month).select("area", *headings.values())
                rows += _month(ags, areas, year * 100 + month, {r[0]: r[1:] for r in mine.iter_rows()})
            header = [*KEYS, *headings]
            planted, rejected = _soil(source, year, header, rows)
            if form == "csv":
                _write_csv(out / name, header, rows)
            else:
                _write_xlsx(out / name, source, header, rows)
            entries.append(
                FileEntry(
                    name, "area_table", sha256(out / name), len(rows), source=source, form=form,
                    reference_date=f"{year}-12-31", encoding="cp1252" if form == "csv" else None,
                    declared_encoding="cp1252" if form == "csv" else None, rejected_rows=rejected, planted=planted,
                )
            )  # fmt: skip
    return entries
