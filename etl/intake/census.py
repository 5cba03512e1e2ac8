"""A delivery of grid tables (Zensus 2022): read, made into amounts, and divided among building blocks as estimates."""

from __future__ import annotations

import tempfile
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path, PurePosixPath

import polars as pl
from sqlalchemy import Connection, text

from etl.catalogue import Catalogue, Source
from etl.catalogue.grids import GridForm
from etl.errors import InputError, InputProblem, SetupError
from etl.intake import counting, journal, periods
from etl.intake.archive import check_members, read_member
from etl.intake.census_amounts import CODE, SIZE, VALUE, amounts_of
from etl.intake.census_tables import Bounds, GridTable, X, Y, read_grid_table
from etl.intake.copy import copy_in
from etl.intake.outcome import DeliveryOutcome, Remark, State
from etl.intake.rejects import Rejects
from etl.intake.take_records import store_rejects

MAX_TABLES = 100
NEAR = 10_000.0
"""Metres around the plausible extent of the city from which cells are read."""

_BOUNDS = text("""
SELECT ST_XMin(b), ST_YMin(b), ST_XMax(b), ST_YMax(b)
FROM (SELECT Box2D(ST_Transform(ST_SetSRID(ST_Extent(geom), 25832), CAST(:epsg AS integer))) AS b
      FROM geo.block WHERE block_set_id = (SELECT id FROM geo.block_set WHERE is_current)) e
""")

_CELLS = text("""
CREATE TEMPORARY TABLE grid_cell ON COMMIT DROP AS
SELECT id, size, ST_Transform(ST_MakeEnvelope(x - size / 2.0, y - size / 2.0, x + size / 2.0, y + size / 2.0,
                                              CAST(:epsg AS integer)), 25832) AS geom
FROM pg_temp.grid_place
""")

_SHARES = text("""
-- How a cell divides among the blocks that it meets: what lies outside all blocks lies outside the city. Inside, by the
-- addresses of the blocks in the cell (or the ground of residential buildings), by area where it has none of them.
CREATE TEMPORARY TABLE grid_share ON COMMIT DROP AS
WITH met AS MATERIALIZED (
    SELECT c.id, b.id AS block_id, ST_Area(c.geom) AS whole,
           ST_Area(CASE WHEN ST_Within(c.geom, b.geom) THEN c.geom ELSE ST_Intersection(c.geom, b.geom) END) AS m2
    FROM pg_temp.grid_cell c
    JOIN geo.block b ON ST_Intersects(b.geom, c.geom)
     AND b.block_set_id = (SELECT id FROM geo.block_set WHERE is_current)
), lived AS MATERIALIZED (
    SELECT c.id, a.block_id, count(*)::float8 AS n
    FROM pg_temp.grid_cell c JOIN geo.address a ON ST_Intersects(a.geom, c.geom) AND a.block_id IS NOT NULL
    WHERE CAST(:weights AS text) = 'addresses'
    GROUP BY c.id, a.block_id
    UNION ALL
    SELECT c.id, b.id, sum(g.area_m2)
    FROM pg_temp.grid_cell c
    JOIN geo.building g ON g.residential AND ST_Intersects(ST_PointOnSurface(g.geom), c.geom)
    JOIN geo.block b ON ST_Intersects(b.geom, ST_PointOnSurface(g.geom))
     AND b.block_set_id = (SELECT id FROM geo.block_set WHERE is_current)
    WHERE CAST(:weights AS text) = 'buildings'
    GROUP BY c.id, b.id
), both_ways AS (
    SELECT m.id, m.block_id, m.m2, m.whole, coalesce(l.n, 0) AS n,
           sum(m.m2) OVER w AS inside, sum(coalesce(l.n, 0)) OVER w AS addresses
    FROM met m LEFT JOIN lived l USING (id, block_id)
    WINDOW w AS (PARTITION BY m.id)
)
SELECT id, block_id,
       least(1, inside / whole) * CASE WHEN addresses > 0 THEN n / addresses ELSE m2 / inside END AS share,
       addresses > 0 AS lived
FROM both_ways WHERE inside > 0 AND (n > 0 OR (addresses = 0 AND m2 > 0))
""")

_COUNT = text("""
INSERT INTO warehouse.count (delivery_id, measure_id, group_code, period, block_id, value)
SELECT CAST(:delivery AS integer), w.measure_id, w.group_code, :period, s.block_id, sum(a.value * s.share)
FROM pg_temp.grid_amount a
JOIN pg_temp.grid_share s ON s.id = a.id
JOIN pg_temp.grid_wanted w ON w.code = a.code
GROUP BY w.measure_id, w.group_code, s.block_id
HAVING sum(a.value * s.share) > 0
""")


@contextmanager
def _tables(file: Path) -> Iterator[list[tuple[Path, str]]]:
    """The CSV files of a delivery with their names: the file itself, or the members of a zip (removed at the end)."""
    if not file.is_file():
        raise InputError(InputProblem(str(file), "die Datei gibt es nicht"))
    with tempfile.TemporaryDirectory() as folder:
        if not zipfile.is_zipfile(file):
            yield [(file, file.name)]
            return
        with zipfile.ZipFile(file) as archive:
            members = [
                m for m in archive.infolist() if not m.is_dir() and m.filename.lower().endswith((".csv", ".txt"))
            ]
            check_members(members, file.name, "das Zip-Archiv")
            if not 0 < len(members) <= MAX_TABLES:
                reason = f"das Zip-Archiv enthält {len(members)} CSV-Dateien; erwartet sind 1 bis {MAX_TABLES}"
                raise InputError(InputProblem(file.name, reason))
            found = []
            for number, member in enumerate(members):
                # the name inside is only shown, never used as a path
                target = Path(folder) / f"{number}.csv"
                with target.open("wb") as sink:
                    for block in read_member(archive, member.filename, file.name):
                        sink.write(block)
                found.append((target, PurePosixPath(member.filename.replace("\\", "/")).name))
            yield found


def _bounds(connection: Connection, form: GridForm) -> Bounds:
    row = connection.execute(_BOUNDS, {"epsg": form.epsg}).one()
    if row[0] is None:
        raise SetupError("Es sind noch keine Baublöcke geladen (zuerst: boundaries load … für die Blöcke).")
    west, south, east, north = (float(v) for v in row)
    return (west - NEAR, south - NEAR, east + NEAR, north + NEAR)


def _form(source: Source) -> GridForm:
    form = source.forms[0]
    if not isinstance(form, GridForm):
        raise TypeError(f"{source.code} is no grid source")
    return form


def deliver_grid(
    connection: Connection,
    catalogue: Catalogue,
    source: Source,
    file: Path,
    *,
    reference_date: date,
    synthetic: bool = False,
    again: bool = False,
) -> DeliveryOutcome:
    """Take in a zip of grid tables (or one of them) as the delivery of a source, within the caller's transaction.

    The amounts of the form are divided among the blocks of the current set and stored as fractional counts by block;
    cells outside the city are left out. The same file again is a no-op unless ``again`` is set or the mapping changed.
    Raises InputError for files that are refused, SetupError where there are no blocks.
    """
    started = time.monotonic()
    form = _form(source)
    with connection.begin_nested(), _tables(file) as files, tempfile.TemporaryDirectory() as scratch:
        journal.lock(connection, source.code)
        journal.require_source(connection, source)
        sha256, mapping = journal.file_sha256(file), journal.mapping_sha256(catalogue, source)
        known = journal.same_file(connection, source.code, sha256, reference_date)
        active = known is not None and known.status == "active"
        if known is not None and not again and known.still_holds(mapping, synthetic=synthetic):
            return DeliveryOutcome("unchanged", source.code, form.name, file.name, reference_date, known.id)
        bounds = _bounds(connection, form)
        tables: list[GridTable] = []
        rejects = Rejects()
        for path, name in files:
            own = Rejects()
            tables.append(read_grid_table(path, name, form, bounds, Path(scratch), own))
            if own.lines:
                own.refuse(name, len(tables[-1].frame) + own.lines, len(tables[-1].frame))
            faults = own.table().with_columns(pl.format("{}: {}", pl.lit(name), pl.col("column")).alias("column"))
            rejects.add(faults)
        entered = journal.enter(connection, source.code, form.name, reference_date, file, sha256, mapping, synthetic)
        state: State = "recounted" if active else "superseding" if entered[1] is not None else "new"
        outcome = DeliveryOutcome(state, source.code, form.name, file.name, reference_date, entered[0], entered[1])
        _store(connection, catalogue, source, form, tables, outcome)
        outcome.rejected, outcome.top_rejects = rejects.lines, rejects.top()
        store_rejects(connection, outcome.delivery, rejects.table())
        outcome.seconds = round(time.monotonic() - started, 3)
        journal.close(connection, outcome)
    return outcome


def _store(  # noqa: PLR0917
    connection: Connection,
    catalogue: Catalogue,
    source: Source,
    form: GridForm,
    tables: list[GridTable],
    outcome: DeliveryOutcome,
) -> None:
    """Divide the amounts among blocks and write the counts; fills the figures of ``outcome``."""
    amounts = amounts_of(tables, form, outcome.file)
    places = amounts.cells.select(X, Y, SIZE).unique(maintain_order=True).with_row_index("id")
    cells = amounts.cells.join(places, on=[X, Y, SIZE])
    for table in ("grid_place", "grid_cell", "grid_share", "grid_amount", "grid_wanted"):
        connection.execute(text(f"DROP TABLE IF EXISTS pg_temp.{table}"))
    connection.execute(
        text("CREATE TEMPORARY TABLE grid_place (id integer, x integer, y integer, size integer) ON COMMIT DROP")
    )
    connection.execute(
        text("CREATE TEMPORARY TABLE grid_amount (id integer, code text, value float8) ON COMMIT DROP")
    )  # fmt: skip
    connection.execute(
        text("CREATE TEMPORARY TABLE grid_wanted (code text, measure_id integer, group_code text) ON COMMIT DROP")
    )
    copy_in(connection, ("pg_temp", "grid_place"), places.select("id", x=pl.col(X), y=pl.col(Y), size=pl.col(SIZE)))
    copy_in(connection, ("pg_temp", "grid_amount"), cells.select("id", code=pl.col(CODE), value=pl.col(VALUE)))
    measures = tuple(m for m in catalogue.measures_of(source.code) if m.column is not None)
    copy_in(connection, ("pg_temp", "grid_wanted"), counting.area_columns(connection, measures))
    connection.execute(_CELLS, {"epsg": form.epsg})
    connection.execute(text("CREATE INDEX ON pg_temp.grid_cell USING gist (geom)"))
    connection.execute(text("ANALYZE pg_temp.grid_cell"))
    connection.execute(_SHARES, {"weights": form.weights})
    period = periods.period_of(source, outcome.reference_date)
    periods.store(connection, {period})
    outcome.periods = [period.code]
    outcome.counts_written = connection.execute(_COUNT, {"delivery": outcome.delivery, "period": period.code}).rowcount
    if outcome.counts_written == 0:
        raise InputError(InputProblem(outcome.file, "keine Zelle mit Werten liegt im Stadtgebiet"))
    inside, lived = connection.execute(
        text("SELECT count(DISTINCT id), count(DISTINCT id) FILTER (WHERE lived) FROM pg_temp.grid_share")
    ).one()
    outcome.read = sum(t.read for t in tables)
    near = sum(len(t.frame) for t in tables)
    outcome.ignored, outcome.accepted = outcome.read - near, near
    by = {"addresses": "Adressen", "buildings": "Wohngebäuden"}.get(form.weights)
    weighed = f"{lived} nach {by}, {inside - lived} nach Fläche" if by else "nach Fläche"
    outcome.remarks.append(Remark("hinweis", f"{inside} Zellen liegen in der Stadt; auf Blöcke verteilt: {weighed}"))
    outcome.remarks += [Remark("hinweis", note) for note in amounts.notes]
