"""The ways that are compared. Each runs in a process of its own, whose largest memory is then its own too.

``python -m etl.intake.bench.ways WAY ARGUMENTS`` prints the measurement as JSON; the arguments are JSON as well.
"""

from __future__ import annotations

import importlib.util
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypedDict

from sqlalchemy import Connection, text

from etl.intake.bench.city import AT
from etl.intake.bench.load import bare_copy, whole_delivery
from etl.intake.bench.memory import cpu_seconds, peak_mib

SOURCE = "einwohner_bestand"


class Files(TypedDict):
    """What a way gets: the extract, blocks and address points, the database, and the catalogue's folder."""

    register: str
    blocks: str
    addresses: str
    url: str
    catalogue: str
    person_level: bool


def _connected(files: Files, work: Callable[[Connection], dict[str, Any]]) -> dict[str, Any]:
    """Run in a transaction that is rolled back; adds the memory of the database's own process."""
    from etl.warehouse.engine import open_engine  # noqa: PLC0415  # other ways shall not carry it

    with open_engine(files["url"]).connect() as connection:
        process = connection.scalar(text("SELECT pg_backend_pid()"))
        before = cpu_seconds(str(process))
        result = work(connection)
        used = cpu_seconds(str(process)) - before
        connection.rollback()
        return {**result, "server_mib": peak_mib(str(process)), "server_cpu": used}


def delivery(files: Files) -> dict[str, Any]:
    """Ours: judged, located, stored, and all measures of the source counted."""
    from etl.catalogue import load_catalogue  # noqa: PLC0415

    def work(connection: Connection) -> dict[str, Any]:
        catalogue = load_catalogue(Path(files["catalogue"]))
        register = Path(files["register"])
        seconds, outcome = whole_delivery(
            connection, catalogue, SOURCE, register, AT, person_level=files["person_level"]
        )
        located = (outcome.persons or 0) - (outcome.persons_unlocated or 0)
        found = {"seconds": seconds, "persons": outcome.persons, "located": located}
        return {**found, "steps": outcome.steps, "counts": outcome.counts_written}

    return _connected(files, work)


def copy(files: Files) -> dict[str, Any]:
    """COPY into an unlogged text table: nothing is judged, located or counted."""
    return _connected(files, lambda connection: {"seconds": bare_copy(connection, Path(files["register"]))})


def geopandas(files: Files) -> dict[str, Any]:
    """A spatial join of address points with blocks, merged with the rows, grouped by block and characteristics."""
    import geopandas as gpd  # noqa: PLC0415
    import pandas as pd  # type: ignore[import-untyped]  # noqa: PLC0415

    started = time.perf_counter()
    text_columns = {"strassenschluessel": str, "hausnummer": str, "zusatz": str, "staatsangehoerigkeit": str}
    rows = pd.read_csv(files["register"], sep=";", dtype=text_columns, keep_default_na=False)
    addresses = pd.read_csv(files["addresses"], sep=";", dtype={"strassenschluessel": str, "hausnummer": str})
    points = gpd.GeoDataFrame(addresses, geometry=gpd.points_from_xy(addresses["x"], addresses["y"]), crs="EPSG:25832")
    placed = gpd.sjoin(points, gpd.read_file(files["blocks"]), predicate="within")
    keys = ["strassenschluessel", "hausnummer"]
    joined = rows.merge(placed[[*keys, "block"]], on=keys, how="left")
    joined["deutsch"] = joined["staatsangehoerigkeit"] == "000"
    counted = joined.groupby(["block", "alter", "geschlecht", "deutsch"], dropna=False)["anzahl"].sum().reset_index()
    counted.to_csv(Path(files["register"]).with_name("geopandas.csv"), index=False)
    seconds = time.perf_counter() - started
    located = int(counted.loc[counted["block"].notna(), "anzahl"].sum())
    return {"seconds": seconds, "persons": int(counted["anzahl"].sum()), "located": located}


def _spatial(connection: Any) -> str | None:
    """Load DuckDB's spatial extension, from a Python package or as installed; the reason where there is none."""
    package = importlib.util.find_spec("duckdb_extension_spatial")
    places = [] if package is None or package.origin is None else [
        str(p) for p in Path(package.origin).parent.rglob("spatial.duckdb_extension")
    ]  # fmt: skip
    reason = "nicht installiert"
    for name in (*places, "spatial"):
        try:
            connection.load_extension(name)
        except Exception as error:  # whatever DuckDB raises, the way is told as not available
            reason = str(error).splitlines()[0]
        else:
            return None
    return reason


def duckdb(files: Files) -> dict[str, Any]:
    """The same in DuckDB: ST_Contains of blocks and address points, joined with the rows, grouped."""
    import duckdb as engine  # noqa: PLC0415

    started = time.perf_counter()
    connection = engine.connect()
    if reason := _spatial(connection):
        return {"missing": f"DuckDB ohne die Erweiterung spatial ({reason})"}
    target = Path(files["register"]).with_name("duckdb.csv")
    connection.execute(
        """
        CREATE TABLE counted AS
        WITH placed AS (
            SELECT a.strassenschluessel, a.hausnummer, b.block
            FROM read_csv($addresses, delim = ';', all_varchar = true) a
            JOIN ST_Read($blocks) b ON ST_Contains(b.geom, ST_Point(a.x::DOUBLE, a.y::DOUBLE))
        )
        SELECT p.block, r.alter, r.geschlecht, r.staatsangehoerigkeit = '000' AS deutsch,
               sum(r.anzahl::INTEGER) AS anzahl
        FROM read_csv($register, delim = ';', all_varchar = true) r
        LEFT JOIN placed p USING (strassenschluessel, hausnummer)
        GROUP BY ALL
        """,
        {k: files[k] for k in ("addresses", "blocks", "register")},
    )
    connection.table("counted").write_csv(str(target))
    seconds = time.perf_counter() - started
    query = "SELECT sum(anzahl)::BIGINT, sum(anzahl) FILTER (WHERE block IS NOT NULL)::BIGINT FROM counted"
    persons, located = connection.execute(query).fetchone() or (0, 0)
    return {"seconds": seconds, "persons": persons, "located": located}


WAYS: dict[str, tuple[str, str, Callable[[Files], dict[str, Any]], str | None]] = {
    "lieferung": ("Lieferung", "prüfen, verorten, speichern und alle Messgrößen zählen", delivery, None),
    "copy": ("COPY", "in eine Texttabelle kopieren, sonst nichts", copy, None),
    "geopandas": ("GeoPandas", "sjoin der Adressen mit den Blöcken, merge, groupby", geopandas, "geopandas"),
    "duckdb": ("DuckDB", "ST_Contains, JOIN und GROUP BY", duckdb, "duckdb"),
}
"""Name → title, what it does, function, and the module without which it cannot run."""


def main() -> None:
    """Run one way and print what it took."""
    way, arguments = sys.argv[1:3]
    before = cpu_seconds()
    result = WAYS[way][2](json.loads(arguments))
    used = cpu_seconds() - before + result.pop("server_cpu", 0.0)
    print(json.dumps({**result, "memory_mib": peak_mib(), "cpu_seconds": used}))


if __name__ == "__main__":
    main()
