"""``facilities load``: schools, day-care centres and other public places as points."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import shapely
from sqlalchemy import Connection, text

from etl.catalogue import City
from etl.districts import crs, read, store, versions
from etl.districts.areas import SRID, Geometries, geometry_array
from etl.districts.columns import as_text, pick
from etl.districts.load import UNCHANGED, Outcome
from etl.districts.prepare import Source, file_hash
from etl.districts.table import ROW, numbers, read_table
from etl.districts.wording import count
from etl.errors import InputError, InputProblem
from etl.warehouse.engine import driver

LEVEL = "facility"
TABLES = (".csv", ".txt", ".parquet")


@dataclass(frozen=True)
class FacilityOptions:
    """Columns as the user named them; ``address`` and ``attributes`` list columns to keep, others are dropped."""

    kind: str
    key: str
    name: str
    x: str | None = None
    y: str | None = None
    epsg: int | None = None
    address: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    layer: str | None = None
    charset: str | None = None
    source: str | None = None
    synthetic: bool = False

    def as_json(self) -> dict[str, Any]:
        """For the load journal."""
        return {k: list(v) if isinstance(v, tuple) else v for k, v in self.__dict__.items()}


def load_facilities(connection: Connection, city: City, path: Path, options: FacilityOptions) -> Outcome:
    """Make the facilities of a kind equal the file; loading the same file again changes nothing.

    A table needs coordinate columns (EPSG:25832 unless ``epsg`` says otherwise), a vector file has its own. Rows of a
    table without coordinates are left out and named in the message. Raises ``InputError`` naming line and column of
    what is wrong.
    """
    versions.lock(connection)
    sha256 = file_hash(path) if path.is_file() else ""
    if store.is_last_of_kind(connection, LEVEL, sha256, options.as_json()):
        return Outcome(False, UNCHANGED)
    places = _places(path, options)
    key = pick(places.columns, options.key, path.name, "--key")
    name = pick(places.columns, options.name, path.name, "--name")
    address = [pick(places.columns, c, path.name, "--address") for c in options.address]
    extra = [pick(places.columns, c, path.name, "--attribute") for c in options.attributes]
    moved, operation = crs.to_utm(places.points, places.crs, path.name, city.extent)
    _check(places.rows, key, name, path.name)
    records = [
        (
            as_text(row[key]),
            as_text(row[name]),
            " ".join(filter(None, (as_text(row[c]) for c in address))) or None,
            json.dumps({c: as_text(row[c]) for c in extra}, ensure_ascii=False),
            shapely.to_wkb(point),
        )
        for row, point in zip(places.rows, moved, strict=True)
    ]
    _write(connection, records, options)
    source = Source(
        file=path.name,
        sha256=sha256,
        layer="",
        driver=places.driver,
        encoding=options.charset or "utf-8",
        crs=str(places.crs),
        operation=operation.name,
        accuracy_m=operation.accuracy_m,
    )
    message = f"{count(len(records), 'Einrichtung', 'Einrichtungen')} der Art „{options.kind}“ geladen."
    if places.lost:
        message += f" Ohne Koordinaten und daher ausgelassen: Zeile {', '.join(str(n) for n in places.lost[:20])}."
    report = {"facilities": len(records), "kind": options.kind, "without_place": places.lost, "result": message}
    store.record_load(connection, source, store.Journal(LEVEL, None, options.as_json(), report, options.synthetic))
    return Outcome(True, message)


@dataclass(frozen=True)
class _Places:
    """Rows with their line under ``ROW``, their points in the file's CRS, and lines of the file without coordinates."""

    rows: list[dict[str, Any]]
    columns: list[str]
    points: Geometries
    crs: crs.Crs
    driver: str
    lost: list[int]


def _places(path: Path, options: FacilityOptions) -> _Places:
    if path.suffix.lower() not in TABLES:
        features = read.read_features(path, layer=options.layer, charset=options.charset)
        found = crs.found(features.crs_wkt, path.name, options.epsg)
        rows = [{**row, ROW: line} for line, row in enumerate(features.rows, start=1)]
        return _Places(rows, features.columns, read.points_of(features), found, features.driver, [])
    if options.x is None or options.y is None:
        raise InputError(InputProblem(path.name, "für eine Tabelle sind --x und --y (Spalten der Koordinaten) nötig"))
    frame = read_table(path, options.charset)
    columns = [c for c in frame.columns if c != ROW]
    x_column = pick(columns, options.x, path.name, "--x")
    y_column = pick(columns, options.y, path.name, "--y")
    placed = frame.drop_nulls([x_column, y_column])
    if placed.is_empty():
        raise InputError(InputProblem(path.name, "keine Zeile hat Koordinaten"))
    x, y = numbers(placed, x_column, path.name), numbers(placed, y_column, path.name)
    points = geometry_array(list(shapely.points(x.to_numpy(), y.to_numpy())))
    lost = sorted(set(frame[ROW].to_list()) - set(placed[ROW].to_list()))
    return _Places(placed.to_dicts(), columns, points, crs.from_epsg(options.epsg or SRID), "Tabelle", lost)


def _check(rows: list[dict[str, Any]], key: str, name: str, file: str) -> None:
    """Every row has a key of its own and a name."""
    problems = []
    times = Counter(as_text(r[key]) for r in rows)
    for row in rows:
        line = int(row[ROW])
        value = as_text(row[key])
        if value is None:
            problems.append(InputProblem(file, "der Schlüssel fehlt", line, key))
        elif times[value] > 1:
            problems.append(InputProblem(file, f"der Schlüssel kommt {times[value]}-mal vor", line, key, value))
        if as_text(row[name]) is None:
            problems.append(InputProblem(file, "der Name fehlt", line, name))
    if problems:
        raise InputError(*problems[:20])


def _write(connection: Connection, records: list[tuple[Any, ...]], options: FacilityOptions) -> None:
    connection.execute(text("DROP TABLE IF EXISTS pg_temp.delivered_facility"))
    connection.execute(
        text("""
            CREATE TEMPORARY TABLE delivered_facility (key text, name text, address text, attributes jsonb, geom bytea)
            ON COMMIT DROP
        """)
    )
    with driver(connection).cursor().copy("COPY pg_temp.delivered_facility FROM STDIN") as copy:
        for record in records:
            copy.write_row(record)
    given = {"kind": options.kind, "source": options.source, "synthetic": options.synthetic, "srid": SRID}
    connection.execute(
        text("""
            DELETE FROM geo.facility f
            WHERE f.kind = :kind AND NOT EXISTS (SELECT FROM pg_temp.delivered_facility d WHERE d.key = f.key)
        """),
        given,
    )
    connection.execute(
        text("""
            INSERT INTO geo.facility (kind, key, name, address, attributes, source, synthetic, geom)
            SELECT :kind, key, name, address, attributes, :source, :synthetic, ST_GeomFromWKB(geom, :srid)
            FROM pg_temp.delivered_facility ORDER BY key
            ON CONFLICT (kind, key) DO UPDATE
            SET name = excluded.name, address = excluded.address, attributes = excluded.attributes,
                source = excluded.source, synthetic = excluded.synthetic, geom = excluded.geom
        """),
        given,
    )
