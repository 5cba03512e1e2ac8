"""A small city that the real command line delivers to, computes and publishes, in a database that is put back."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import Connection, text

from etl import cli, settings
from etl.releases import files
from etl.settings import PROJECT
from etl.warehouse import cluster, service
from tests.conftest import clone
from tests.intake.support import BLOCKS_EACH, STADTTEILE, register

REFUSED_CELL = "MUSTERZEILE-4711"
WAIT_SECONDS = 60.0
SOURCE = "einwohner_bestand"


def form_districts(connection: Connection) -> None:
    """Two districts in each Stadtteil of the small city, of two blocks each, and the place of what is nowhere."""
    run = connection.execute
    run(
        text("""
        INSERT INTO geo.unit (version_id, level, key, name, parent_id)
        SELECT version_id, 'nicht_zuordenbar', 'NZ', 'nicht zuordenbar', id FROM geo.unit WHERE level = 'stadt'
        """)
    )
    run(
        text("""
        INSERT INTO geo.unit (version_id, level, key, name, parent_id, geom)
        SELECT u.version_id, 'bezirk', u.key || '0' || half, u.name || ' ' || half, u.id, ST_Multi(ST_Union(b.geom))
        FROM (SELECT *, (row_number() OVER (PARTITION BY parent_key ORDER BY key) + 1) / 2 AS half FROM geo.block) b
        JOIN geo.unit u ON u.level = 'stadtteil' AND u.key = b.parent_key
        GROUP BY u.id, half
        """)
    )
    run(
        text("""
        INSERT INTO geo.block_assignment (version_id, block_id, unit_id)
        SELECT u.version_id, b.id, u.id
        FROM geo.block b JOIN geo.unit u ON u.level = 'bezirk' AND ST_Contains(u.geom, ST_Centroid(b.geom))
        """)
    )


def write_register(path: Path, year: int, more: int = 0) -> Path:
    """A counted register of some 20,000 people of 31.12. of a year; ``more`` changes it a little.

    All groups are large but one: in the first district live four people without German nationality.
    """
    rows = []
    for block in range(1, len(STADTTEILE) * BLOCKS_EACH + 1):
        for age in range(0, 95, 5):
            for sex, nation, people in (("w", "000", 30), ("m", "000", 28), ("w", "163", 20)):
                number = people + (block + age + year + more) % 3
                if block <= 2 and nation != "000":
                    if age != 35:
                        continue
                    number = 2
                rows.append(f"31.12.{year};{block:05d};{1 + (age % 6)};;{age};{sex};{nation};{number}")
    # one that is refused, with a cell that must not be found anywhere else
    rows.append(f"31.12.{year};00001;2;;{REFUSED_CELL};w;000;1")
    return register(path, rows)


@dataclass
class City:
    """The database ``name`` and the template it is put back from; ``folder`` holds files and the catalogue."""

    name: str
    template: str
    folder: Path
    catalogue: Path

    def put_back(self) -> None:
        """Let the database and the files of its releases be as they were made, and nothing else be known of it."""
        service.forget(self.name)
        with psycopg.connect(service.dsn("postgres", cluster.SUPERUSER), autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(self.name)))
        (settings.home() / "anker" / f"{self.name}.jsonl").unlink(missing_ok=True)
        clone(self.template, self.name)
        shutil.rmtree(files.root(self.name), ignore_errors=True)
        shutil.copytree(self.kept_files, files.root(self.name), symlinks=True)
        service.write_service_file(self.name)

    @property
    def kept_files(self) -> Path:
        """Copy of the files of the releases, as they belong to the template."""
        return self.folder / "dateien"

    def keep(self) -> None:
        """Make the template of the database as it is, with the files of its releases."""
        clone(self.name, self.template)
        shutil.copytree(files.root(self.name), self.kept_files, symlinks=True)

    def start(self, *arguments: str, temporary: Path | None = None) -> subprocess.Popen[str]:
        """Begin a command of the real command line."""
        variables = {**os.environ, "SOZIALBERICHT_CATALOGUE": str(self.catalogue), "PYTHONPATH": str(PROJECT)}
        if temporary is not None:
            variables["TMPDIR"] = str(temporary)
        return subprocess.Popen(
            [sys.executable, "-m", "etl", "--json", *arguments],
            env=variables, cwd=self.folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def call(self, *arguments: str, code: int = 0) -> Any:
        """Run a command in this process; returns what it said as JSON, or its error's words where it is to fail."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("SOZIALBERICHT_CATALOGUE", str(self.catalogue))
            patch.setattr(sys, "argv", ["sozialbericht", "--json", *arguments])
            patch.setattr(settings, "ui", settings.Ui())
            patch.chdir(self.folder)
            patch.setattr(sys, "stdout", out := io.StringIO())
            patch.setattr(sys, "stderr", err := io.StringIO())
            ended: object = 0
            try:
                cli.main()
            except SystemExit as end:
                ended = end.code or 0
        assert ended == code, (arguments, out.getvalue(), err.getvalue())
        return _said(out.getvalue()) if not err.getvalue() else err.getvalue()

    def connect(self, role: str = service.ADMIN) -> psycopg.Connection[tuple[Any, ...]]:
        return psycopg.connect(service.dsn(self.name, role), autocommit=True)

    def value(self, query: str) -> Any:
        with self.connect() as connection:
            row = connection.execute(query.encode()).fetchone()
        assert row is not None
        return row[0]

    def sessions(self) -> int:
        """Sessions of the command line in the database."""
        query = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()"
        with psycopg.connect(service.dsn("postgres", cluster.SUPERUSER), autocommit=True) as connection:
            row = connection.execute(query, (self.name,)).fetchone()
        assert row is not None
        return int(row[0])

    def wait_until_alone(self) -> None:
        """Until the server has noticed that a killed command is gone, and undone its work."""
        until(lambda: self.sessions() == 0)

    @contextmanager
    def held(self, table: str, *, writers_only: bool = False) -> Iterator[None]:
        """Nobody else comes past ``table`` meanwhile: a command stops just where it first touches (or changes) it."""
        schema, name = table.split(".")
        mode = sql.SQL("SHARE ROW EXCLUSIVE" if writers_only else "ACCESS EXCLUSIVE")
        with psycopg.connect(service.dsn(self.name, service.ADMIN)) as connection:
            connection.execute(sql.SQL("LOCK TABLE {} IN {} MODE").format(sql.Identifier(schema, name), mode))
            yield
            connection.rollback()

    def blocked(self, table: str) -> list[int]:
        """Server processes that wait for ``table``."""
        query = """
            SELECT l.pid FROM pg_locks l JOIN pg_database d ON d.oid = l.database
            WHERE d.datname = %s AND NOT l.granted AND l.locktype = 'relation' AND l.relation = %s::regclass
        """
        with self.connect() as connection:
            return [int(row[0]) for row in connection.execute(query.encode(), (self.name, table))]

    def state(self) -> dict[str, str]:
        """Fingerprints of all that counts, without numbers and times that differ from run to run."""
        with self.connect() as connection:
            found = {}
            for name, query in STATE.items():
                row = connection.execute(
                    f"SELECT count(*) || ' ' || coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '') "
                    f"FROM ({query}) t".encode()
                ).fetchone()
                assert row is not None
                found[name] = str(row[0])
            return found


def _said(words: str) -> Any:
    return json.loads(words.strip().splitlines()[-1]) if words.strip() else {}


STATE = {
    "journal": "SELECT source, form, reference_date, file_name, sha256, rows_read, rows_accepted, rows_rejected, "
    "status FROM intake.delivery",
    "zeilen": "SELECT d.sha256, b.key, r.cells, r.counts FROM intake.record r "
    "JOIN intake.delivery d ON d.id = r.delivery_id LEFT JOIN geo.block b ON b.id = r.block_id",
    "zaehlungen": "SELECT d.sha256, m.code, c.group_code, c.period, b.key, c.value, c.status FROM warehouse.count c "
    "JOIN intake.delivery d ON d.id = c.delivery_id JOIN catalogue.measure m ON m.id = c.measure_id "
    "LEFT JOIN geo.block b ON b.id = c.block_id",
    "kennzahlen": "SELECT to_jsonb(v) - 'id' FROM warehouse.indicator_value v",
    "staende": "SELECT label, status, synthetic, deliveries FROM release.edition",
    "ereignisse": "SELECT e.label, v.kind FROM release.event v JOIN release.edition e ON e.id = v.edition_id",
    "werte": "SELECT e.label, to_jsonb(v) - 'id' - 'edition_id' FROM release.value v "
    "JOIN release.edition e ON e.id = v.edition_id",
    "einwohner": "SELECT e.label, to_jsonb(p) - 'edition_id' FROM release.unit_population p "
    "JOIN release.edition e ON e.id = p.edition_id",
    "sichtbar": "SELECT to_jsonb(w) - 'wert_id' FROM sozialbericht.wert w",
}
"""What is compared between a disturbed and an undisturbed run."""


def until(condition: Any, seconds: float = WAIT_SECONDS) -> None:
    """Wait for a condition; fails after ``seconds``."""
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, "waited in vain"
        time.sleep(0.02)
