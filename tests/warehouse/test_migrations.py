"""Models equal migrations; an upgraded database equals a fresh one; the rebuild spares what the city has made."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import psycopg
import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text

from etl.catalogue import Catalogue, load_catalogue
from etl.errors import CatalogueError, SetupError
from etl.settings import DEFAULT_CATALOGUE, SQL
from etl.warehouse import databases, dependents, engine, migrate, service

REVISIONS = [s.revision for s in reversed(list(ScriptDirectory(str(SQL / "migrations")).walk_revisions()))]


def dump(database: str) -> str:
    """Schema of a database as text, with comments, owners and grants, without what differs by nature."""
    done = subprocess.run(
        ["pg_dump", "--schema-only", service.dsn(database, service.ADMIN)], capture_output=True, text=True, check=True
    )
    return "\n".join(line for line in done.stdout.splitlines() if not line.startswith(("\\restrict", "\\unrestrict")))


def test_models_equal_migrations(db: Engine) -> None:
    with db.begin() as connection:
        migrate.check(connection)


@pytest.mark.parametrize("stops", [REVISIONS[:1], REVISIONS], ids=["at once", "one by one"])
def test_upgraded_equals_fresh(database: str, catalogue: Catalogue, stops: list[str]) -> None:
    """A database of the first program, brought up in one go, or by every version that there was."""
    name = f"{database}_alt"
    databases.ensure_database(name)
    try:
        old = engine.open_engine(service.url(name, service.ADMIN))
        for stop in stops:
            with old.begin() as connection:
                migrate.migrate_tables(connection, stop)
        with old.begin() as connection:
            migrate.prepare(connection, catalogue)
        assert dump(name) == dump(database)
    finally:
        databases.drop_database(name)


def test_newer_database_is_refused(db: Engine, catalogue: Catalogue) -> None:
    with db.begin() as connection:
        connection.execute(text("UPDATE catalogue.schema_version SET version_num = '9999'"))
    with pytest.raises(SetupError, match="9999"), db.begin() as connection:
        migrate.prepare(connection, catalogue)


def test_preparing_twice_changes_nothing(db: Engine, database: str, catalogue: Catalogue) -> None:
    before = dump(database)
    with db.begin() as connection:
        built = connection.scalar(text("SELECT built_at FROM catalogue.replaceable"))
        migrate.prepare(connection, catalogue)
        assert connection.scalar(text("SELECT built_at FROM catalogue.replaceable")) == built
    assert dump(database) == before


def test_database_of_another_city_is_refused(db: Engine, tmp_path: Path) -> None:
    other = Path(shutil.copytree(DEFAULT_CATALOGUE, tmp_path / "katalog"))
    city = other / "city.yaml"
    city.write_text(city.read_text(encoding="utf-8").replace("01060063", "01001000"), encoding="utf-8")
    with pytest.raises(CatalogueError, match="01060063"), db.begin() as connection:
        migrate.prepare(connection, load_catalogue(other))


@pytest.fixture
def city_views(db: Engine, database: str) -> Engine:
    """A view of the city on ours, a materialized one on that, both owned by a role that is not ours."""
    with psycopg.connect(service.dsn(database, "postgres"), autocommit=True) as connection:
        connection.execute("CREATE SCHEMA stadt AUTHORIZATION statistik")
        connection.execute("SET ROLE statistik")
        connection.execute("CREATE VIEW stadt.stadtteile AS SELECT gebiet, name FROM sozialbericht.gebiet")
        connection.execute("CREATE MATERIALIZED VIEW stadt.namen AS SELECT name FROM stadt.stadtteile")
        connection.execute("CREATE UNIQUE INDEX namen_name ON stadt.namen (name)")
        connection.execute("COMMENT ON VIEW stadt.stadtteile IS 'Stadtteile der Stadt'")
        connection.execute("GRANT SELECT ON stadt.stadtteile TO leser")
    return db


def changed(catalogue: Catalogue, tmp_path: Path) -> Catalogue:
    """The catalogue with another title, so that the generated views must be rebuilt."""
    other = Path(shutil.copytree(DEFAULT_CATALOGUE, tmp_path / "katalog"))
    theme = other / "themes" / "bevoelkerung.yaml"
    words = theme.read_text(encoding="utf-8")
    theme.write_text(words.replace("title: Einwohnerdichte", "title: Dichte"), encoding="utf-8")
    return load_catalogue(other)


def test_rebuild_refuses_by_name(city_views: Engine, database: str, catalogue: Catalogue, tmp_path: Path) -> None:
    before = dump(database)
    with pytest.raises(SetupError, match=r"stadt\.stadtteile, stadt\.namen"), city_views.begin() as connection:
        migrate.prepare(connection, changed(catalogue, tmp_path))
    assert dump(database) == before


def test_unchanged_views_need_no_refusal(city_views: Engine, catalogue: Catalogue) -> None:
    with city_views.begin() as connection:
        migrate.prepare(connection, catalogue)


def test_city_views_survive_on_request(city_views: Engine, database: str, catalogue: Catalogue, tmp_path: Path) -> None:
    before = dump(database)
    as_administrator = engine.open_engine(service.url(database, "postgres"))
    with as_administrator.begin() as connection:
        migrate.prepare(connection, changed(catalogue, tmp_path), keep_dependents=True)
    after = dump(database)
    assert before != after
    assert before == after.replace("Dichte (", "Einwohnerdichte (").replace("Dichte:", "Einwohnerdichte:")


def test_misfit_is_named_and_nothing_changes(city_views: Engine, database: str) -> None:
    with city_views.begin() as connection:
        found = dependents.find(connection)
    before = dump(database)
    as_administrator = engine.open_engine(service.url(database, "postgres"))
    with pytest.raises(SetupError, match=r"stadt\.stadtteile passt nicht"), as_administrator.begin() as connection:
        dependents.drop(connection, found)
        connection.execute(text("DROP VIEW sozialbericht.gebiet"))
        dependents.restore(connection, found)
    assert dump(database) == before


def test_foreign_views_need_an_administrator(
    city_views: Engine, database: str, catalogue: Catalogue, tmp_path: Path
) -> None:
    before = dump(database)
    with pytest.raises(SetupError, match="gehört einer anderen Rolle"), city_views.begin() as connection:
        migrate.prepare(connection, changed(catalogue, tmp_path), keep_dependents=True)
    assert dump(database) == before
