"""Writers of the delivered files; the same content gives the same bytes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import fiona
import numpy as np
import polars as pl
import shapely
import xlsxwriter  # type: ignore[import-untyped]
from fiona.crs import CRS

from etl.sample import plan
from etl.sample.blocks import LAND_USE_NAMES
from etl.sample.city import City
from etl.sample.geometry import Floats
from etl.sample.streets import BROOK, RAIL

WRITTEN = datetime(2026, 1, 15, tzinfo=UTC)
"""Stands in files that record when they were written, so that two runs give the same bytes."""
SYNTHETIC = "synthetisch"


def write_csv(path: Path, rows: pl.DataFrame, encoding: str) -> None:
    """Semicolon-separated text; cp1252 files have Windows line ends, as they come from the registration office."""
    end = "\r\n" if encoding == "cp1252" else "\n"
    text = rows.write_csv(separator=";", line_terminator=end, quote_style="never")
    path.write_bytes(_encoded(text, encoding))


def _encoded(text: str, encoding: str) -> bytes:
    """cp1252 by way of ISO 8859-1, which is many times quicker and the same for letters."""
    if encoding != "cp1252":
        return text.encode(encoding)
    try:
        return text.encode("iso-8859-1")
    except UnicodeEncodeError:
        return text.encode("cp1252")


def _layer(
    path: Path, name: str, kind: str, fields: dict[str, str], rows: Iterable[tuple[object, dict[str, object]]]
) -> None:
    schema = {"geometry": kind, "properties": {**fields, "hinweis": "str:20"}}
    with fiona.open(path, "w", driver="GPKG", layer=name, crs=CRS.from_epsg(plan.EPSG), schema=schema) as sink:
        sink.writerecords(
            {"geometry": shapely.geometry.mapping(geometry), "properties": {**values, "hinweis": SYNTHETIC}}
            for geometry, values in rows
        )


def _multi(geometry: shapely.Geometry) -> shapely.Geometry:
    whole = shapely.normalize(geometry)
    return shapely.MultiPolygon([whole]) if whole.geom_type == "Polygon" else whole


def write_geopackage(path: Path, city: City) -> None:
    """City, Stadtteile, blocks, streets, rail and brooks; the polygon layers are exact unions of the blocks."""
    blocks, streets = city.blocks, city.streets
    parts = [
        (part, _multi(shapely.coverage_union_all(blocks.geometry[blocks.stadtteil == part.number])))
        for part in plan.STADTTEILE
    ]
    whole = _multi(shapely.coverage_union_all(blocks.geometry))
    path.unlink(missing_ok=True)
    with fiona.Env(OGR_CURRENT_DATE=WRITTEN.strftime("%Y-%m-%dT%H:%M:%S.000Z")):
        _layer(
            path, "stadt", "MultiPolygon", {"ags": "str:8", "name": "str:50"},
            [(whole, {"ags": plan.AGS, "name": plan.CITY_NAME})],
        )  # fmt: skip
        _layer(
            path, "stadtteile", "MultiPolygon", {"stadtteil_nr": "str:1", "name": "str:50"},
            [(g, {"stadtteil_nr": str(part.number), "name": part.name}) for part, g in parts],
        )  # fmt: skip
        _layer(
            path, "bloecke", "Polygon", {"block_nr": "str:4", "stadtteil_nr": "str:1", "nutzung": "str:20"},
            [
                (g, {"block_nr": str(n), "stadtteil_nr": str(s), "nutzung": LAND_USE_NAMES[u]})
                for g, n, s, u in zip(blocks.geometry, blocks.number, blocks.stadtteil, blocks.land_use, strict=True)
            ],
        )  # fmt: skip
        _layer(
            path, "strassen", "MultiLineString", {"strassenschluessel": "str:5", "name": "str:60", "klasse": "str:30"},
            [
                (g, {"strassenschluessel": str(k), "name": str(n), "klasse": str(c)})
                for g, k, n, c in zip(streets.geometry, streets.key, streets.name, streets.category, strict=True)
            ],
        )  # fmt: skip
        for layer, kind in (("bahn", RAIL), ("gewaesser", BROOK)):
            _layer(
                path, layer, "MultiLineString", {"name": "str:60", "art": "str:30"},
                [
                    (city.lines.of(i), {"name": f.name, "art": f.category})
                    for i, f in enumerate(city.network.features)
                    if f.kind == kind
                ],
            )  # fmt: skip


def house_coordinates(city: City) -> pl.DataFrame:
    """Addresses in the 18 fields of HK-DE; those that the file lacks are left out. Every column is text."""
    a, s = city.addresses, city.streets
    index = np.flatnonzero(~a.missing)
    n = len(index)

    def same(text: str) -> pl.Series:
        return pl.repeat(text, n, dtype=pl.String, eager=True)

    def metres(values: Floats, prefix: str) -> list[str]:
        return [prefix + f"{v:.3f}".replace(".", ",") for v in values]

    return pl.DataFrame(
        {
            "NBA": same("N"),
            "OI": [f"DESHSYN{i:09d}" for i in index],
            "QUA": same("A"),
            "LAN": same(plan.AGS[:2]),
            "RBZ": same(plan.AGS[2]),
            "KRS": same(plan.AGS[3:5]),
            "GMD": same(plan.AGS[5:]),
            "OTT": same("0000"),
            "SSS": s.key[a.street[index]],
            "HNR": a.number[index].astype(str),
            "ADZ": a.suffix[index],
            # The easting carries the zone number in front.
            "E": metres(a.xy[index, 0], "32"),
            "N": metres(a.xy[index, 1], ""),
            "STN": s.name[a.street[index]],
            "PLZ": a.postcode[index],
            "ONM": same(plan.CITY_NAME),
            "ZON": same(""),
            "POT": same(""),
        }
    )


def write_house_coordinates(path: Path, city: City) -> int:
    """HK-DE file without a header, UTF-8; returns the number of addresses."""
    rows = house_coordinates(city)
    path.write_bytes(rows.write_csv(separator=";", include_header=False, quote_style="never").encode())
    return len(rows)


TABLE_FOOTNOTES = (
    "* Zahlenwert kleiner als 10",
    "Synthetische Daten: keine Statistik der Bundesagentur für Arbeit",
)
UNLOCATED = "keine Angabe"
TOTAL = f"{plan.CITY_NAME} insgesamt"


def area_table(by_year: dict[int, dict[int, int]]) -> list[list[str | int]]:
    """Header and rows of the unemployment table, wide by date; counts from 1 to 9 are shown as ``*``."""

    def shown(count: int) -> str | int:
        return "*" if 1 <= count <= 9 else count

    names = {part.number: part.name for part in plan.STADTTEILE} | {0: UNLOCATED}
    table: list[list[str | int]] = [["Stadtteil", "Merkmal", *(f"31.12.{year}" for year in by_year)]]
    for number, name in names.items():
        table.append([name, "Arbeitslose", *(shown(counts[number]) for counts in by_year.values())])
    table.append([TOTAL, "Arbeitslose", *(sum(counts.values()) for counts in by_year.values())])
    return table


def write_area_csv(path: Path, table: list[list[str | int]]) -> None:
    """The table as text with dots between thousands; the footnotes follow the last row."""

    def text(cell: str | int) -> str:
        return cell if isinstance(cell, str) else f"{cell:,}".replace(",", ".")

    width = len(table[0])
    lines = [[text(cell) for cell in row] for row in table]
    lines += [[note, *[""] * (width - 1)] for note in TABLE_FOOTNOTES]
    path.write_text("".join(";".join(line) + "\n" for line in lines), encoding="utf-8", newline="")


def write_area_xlsx(path: Path, table: list[list[str | int]]) -> None:
    """The table as a workbook: title, blank row, header in row 3, footnotes at the end."""
    book = xlsxwriter.Workbook(str(path))
    book.set_properties(
        {"title": "Arbeitslose nach Stadtteilen (synthetisch)", "created": WRITTEN.replace(tzinfo=None)}
    )
    sheet = book.add_worksheet("Arbeitslose")
    bold = book.add_format({"bold": True})
    sheet.write(0, 0, f"Arbeitslose nach Stadtteilen, {plan.CITY_NAME} (synthetisch)", bold)
    for i, row in enumerate(table):
        sheet.write_row(i + 2, 0, row, bold if i == 0 else None)
    for i, note in enumerate(TABLE_FOOTNOTES):
        sheet.write(len(table) + 2 + i, 0, note)
    sheet.set_column(0, 0, 24)
    book.close()
