"""Flensburg's 41 official districts, loaded without blocks, become the adopted version 2018; then it is for good."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import fiona
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from etl.catalogue import load_catalogue
from etl.districts import store, versions
from etl.districts.load import Request, load_boundaries
from etl.districts.plans.adopt import adopt
from etl.districts.plans.export import export
from etl.districts.plans.review import finish_review
from etl.districts.prepare import Options
from etl.districts.versions import NewVersion
from etl.errors import SozialberichtError
from etl.settings import PROJECT
from etl.warehouse import databases, engine, migrate, service

pytestmark = pytest.mark.reference


def test_official_districts_are_adopted_as_they_are(reference_dir: Path, tmp_path: Path, database: str) -> None:
    catalogue = load_catalogue(PROJECT / "examples" / "flensburg" / "katalog")
    name = f"{database}_flensburg"
    databases.ensure_database(name)
    try:
        opened = engine.open_engine(service.url(name, service.ADMIN))
        data = reference_dir / "data" / "flensburg"
        new = NewVersion("2018", "Kleinräumige Gliederung 2018", date(2018, 1, 1))
        with opened.begin() as connection:
            migrate.prepare(connection, catalogue)
            for level, file, parent in (
                ("stadtteil", "flensburg_stadtteile.zip", None),
                ("bezirk", "flensburg_stadtbezirke.zip", "PARENT_ARE"),
            ):
                options = Options("AREA_ID", "AREA_NAME", parent, mend=True)
                load_boundaries(connection, catalogue.city, Request(data / file, level, new, options))
        with opened.begin() as connection:
            with pytest.raises(SozialberichtError, match="noch ein Entwurf"):
                adopt(connection, catalogue.city, "2018", date(2018, 1, 1))
            finish_review(connection, versions.get(connection, "2018"))
            before = store.read_units(connection, versions.get(connection, "2018").id, "bezirk")
            done = adopt(connection, catalogue.city, "2018", date(2018, 1, 1))
            after = store.read_units(connection, versions.get(connection, "2018").id, "bezirk")
            folder = export(connection, catalogue.city, "2018", tmp_path)
        assert done.districts == 41
        assert (before.keys, before.names) == (after.keys, after.names)
        assert all(a.equals(b) for a, b in zip(before.geoms, after.geoms, strict=True))
        with fiona.open(folder / "bezirke.gpkg", layer="bezirk_50m") as source:
            assert len(source) == 41
        with (folder / "zuordnung.csv").open(encoding="utf-8", newline="") as handle:
            rows = list(csv.DictReader(handle, delimiter=";"))
        assert len(rows) == 41 and {r["block"] for r in rows} == {""}
        with opened.connect() as connection, pytest.raises(DatabaseError, match="beschlossen"):
            connection.execute(text("UPDATE geo.unit SET name = 'x' WHERE level = 'bezirk'"))
    finally:
        databases.drop_database(name)
