"""The published views keep their contract: keys, typed geometry, comments; and readers see nothing else."""

from __future__ import annotations

import psycopg
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from etl.warehouse import service

VIEWS = """
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'sozialbericht' AND c.relkind IN ('v', 'm') ORDER BY c.relname
"""
CONTRACT = {"gebiet", "kennzahl", "wert", "bevoelkerung_aktuell", "bevoelkerung_zeitreihe", "quelle", "lieferung"}


def test_contract_views_exist(db: Engine) -> None:
    with db.connect() as connection:
        assert set(connection.scalars(text(VIEWS))) >= CONTRACT


def test_every_column_and_view_has_a_comment(db: Engine) -> None:
    with db.connect() as connection:
        bare = connection.execute(
            text("""
            SELECT c.relname, a.attname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
            WHERE n.nspname = 'sozialbericht'
              AND (col_description(c.oid, a.attnum) IS NULL OR obj_description(c.oid, 'pg_class') IS NULL)
            """)
        ).all()
    assert bare == []


def test_geometry_is_typed_and_dated_views_have_two_date_columns(db: Engine) -> None:
    with db.connect() as connection:
        untyped = connection.execute(
            text(
                "SELECT f_table_name, type, srid FROM public.geometry_columns "
                "WHERE f_table_schema = 'sozialbericht' AND (type = 'GEOMETRY' OR srid <> 25832)"
            )
        ).all()
        dated = connection.execute(
            text(
                "SELECT table_name, count(*) FILTER (WHERE column_name IN ('von', 'bis') AND data_type = 'date') "
                "FROM information_schema.columns WHERE table_schema = 'sozialbericht' "
                "AND table_name IN ('gebiet', 'wert', 'bevoelkerung_zeitreihe') GROUP BY table_name"
            )
        ).all()
    assert untyped == []
    assert {name: number for name, number in dated} == {"gebiet": 2, "wert": 2, "bevoelkerung_zeitreihe": 2}


def test_first_column_is_an_integer_key(db: Engine) -> None:
    with db.connect() as connection:
        wrong = connection.execute(
            text(
                "SELECT table_name, column_name, data_type FROM information_schema.columns "
                "WHERE table_schema = 'sozialbericht' AND ordinal_position = 1 "
                "AND (data_type NOT IN ('integer', 'bigint') OR column_name NOT LIKE '%\\_id')"
            )
        ).all()
    assert wrong == []


@pytest.mark.parametrize("role", ["leser", "qgis_server"])
def test_readers_see_the_published_views_and_nothing_else(database: str, role: str) -> None:
    with psycopg.connect(service.dsn(database, role), autocommit=True) as connection:
        objects = connection.execute(
            "SELECT n.nspname, c.relname, c.relkind FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema' "
            "AND c.relkind IN ('r', 'p', 'v', 'm', 'S')"
        ).fetchall()
        assert len(objects) > 30
        seen = set()
        for schema, name, _ in objects:
            query = psycopg.sql.SQL("SELECT * FROM {} LIMIT 1").format(psycopg.sql.Identifier(schema, name))
            try:
                connection.execute(query)
            except psycopg.errors.InsufficientPrivilege:
                continue
            seen.add(f"{schema}.{name}")
    support = {"public.geometry_columns", "public.geography_columns", "public.spatial_ref_sys"}
    support |= {"public.qgis_projects", "public.layer_styles"}
    assert {name for name in seen if not name.startswith("sozialbericht.")} <= support
    assert {f"sozialbericht.{name}" for name in CONTRACT} <= seen


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE public.x (a int)",
        "CREATE TABLE sozialbericht.x (a int)",
        "CREATE SCHEMA x",
        "UPDATE sozialbericht.kennzahl SET titel = 'x'",
        "DELETE FROM sozialbericht.wert",
        "SET ROLE sozialbericht_owner",
        "SET ROLE statistik",
        "SELECT pg_read_file('/etc/passwd')",
        "COPY (SELECT 1) TO PROGRAM 'true'",
        "SELECT geo.address_key('1', '1', '')",
    ],
)
def test_readers_cannot(database: str, statement: str) -> None:
    with (
        psycopg.connect(service.dsn(database, "leser"), autocommit=True) as connection,
        pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.ObjectNotInPrerequisiteState)),
    ):
        connection.execute(statement)


def test_validity_never_overlaps(db: Engine) -> None:
    with db.begin() as connection:
        connection.execute(
            text("INSERT INTO geo.district_version (label, title, status, valid) "
                 "VALUES ('alt', 'Alt', 'adopted', '[2020-01-01,2025-01-01)')")
        )  # fmt: skip
        # half-open: the next begins on the day the former ends
        connection.execute(
            text("INSERT INTO geo.district_version (label, title, status, valid) "
                 "VALUES ('neu', 'Neu', 'adopted', '[2025-01-01,)')")
        )  # fmt: skip
        overlap = text("INSERT INTO geo.district_version (label, title, status, valid) "
                       "VALUES ('quer', 'Quer', 'adopted', '[2024-12-31,2025-01-01)')")  # fmt: skip
        with pytest.raises(IntegrityError, match="ex_district_version_valid"), connection.begin_nested():
            connection.execute(overlap)
        unit = text("INSERT INTO geo.unit (version_id, level, key, name, valid) "
                    "SELECT id, 'bezirk', '101', 'A', CAST(:valid AS daterange) "
                    "FROM geo.district_version WHERE label = 'entwurf'")  # fmt: skip
        connection.execute(text("INSERT INTO geo.district_version (label, title) VALUES ('entwurf', 'Entwurf')"))
        connection.execute(unit, {"valid": "[2020-01-01,2022-01-01)"})
        connection.execute(unit, {"valid": "[2022-01-01,2025-01-01)"})
        with pytest.raises(IntegrityError, match="ex_unit_key_valid"), connection.begin_nested():
            connection.execute(unit, {"valid": "[2021-12-31,2022-01-01)"})
