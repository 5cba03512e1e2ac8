"""Every role may do what stands in ``sql/roles.yaml``, and nothing else: asked of the server, and tried."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from psycopg import sql

from etl import settings
from etl.catalogue import Catalogue
from etl.warehouse import service
from tests.warehouse.role_city import MARKER, role_city, superuser

Row = tuple[Any, ...]
SUPPORT = {"geometry_columns", "geography_columns", "spatial_ref_sys"}
"""Of PostGIS: its clients ask them where geometries are."""

REFUSED = (
    psycopg.errors.InsufficientPrivilege,
    psycopg.errors.InvalidSchemaName,
    psycopg.errors.UndefinedFunction,
    psycopg.errors.ObjectNotInPrerequisiteState,
)


@pytest.fixture(scope="module")
def city(template: str, catalogue: Catalogue) -> Iterator[str]:
    """A database of its own with roles and rights in step."""
    with role_city(template, catalogue) as name:
        yield name


@pytest.fixture(scope="module")
def matrix(catalogue: Catalogue) -> dict[str, dict[str, Any]]:
    """Role to its entry in the file, those of departments among them; read here anew, not by the program."""
    content = yaml.safe_load((settings.SQL / "roles.yaml").read_text(encoding="utf-8"))
    departments = {d.code: content["departments"] for d in catalogue.departments}
    assert len(departments) > 3
    return {**content["roles"], **departments}


@pytest.fixture(scope="module")
def people(matrix: dict[str, dict[str, Any]]) -> list[str]:
    """Roles that log in and do not act as the owner."""
    return [name for name, role in matrix.items() if role.get("login", True) and name != service.ADMIN]


def may(matrix: dict[str, dict[str, Any]], role: str, schema: str, name: str) -> set[str]:
    """Privileges that the file gives a role on an object, its groups' among them."""
    found: set[str] = set()
    for one in (role, *matrix[role].get("member_of", ())):
        objects = matrix[one].get("rights", {}).get(schema, {})
        found |= set(objects.get(name, [] if name.endswith(")") else objects.get("*", [])))
    return found


def asked(city: str, query: str, *values: object) -> list[Row]:
    with superuser(city) as connection:
        return connection.execute(query, values).fetchall()


def test_tables_and_views(city: str, matrix: dict[str, dict[str, Any]], people: list[str]) -> None:
    rows = asked(
        city,
        "SELECT r, n.nspname, c.relname, p, has_table_privilege(r, c.oid, p) "
        "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, unnest(%s::text[]) r, "
        "unnest(ARRAY['select', 'insert', 'update', 'delete', 'truncate', 'references', 'trigger']) p "
        "WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'",
        people,
    )
    wrong = [
        row[:4] for row in rows
        if row[4] != (row[3] in may(matrix, row[0], row[1], row[2])
                      or (row[1] == "public" and row[2] in SUPPORT and row[3] == "select"))
    ]  # fmt: skip
    assert wrong == []
    assert len(rows) > 60 * 7 * len(people)
    assert sum(row[4] for row in rows) > 200


def test_columns(city: str, matrix: dict[str, dict[str, Any]], people: list[str]) -> None:
    rows = asked(
        city,
        "SELECT r, n.nspname, c.relname, a.attname, p FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid "
        "JOIN pg_namespace n ON n.oid = c.relnamespace, unnest(%s::text[]) r, "
        "unnest(ARRAY['select', 'insert', 'update', 'references']) p "
        "WHERE a.attnum > 0 AND NOT a.attisdropped AND pg_get_userbyid(c.relowner) = 'sozialbericht_owner' "
        "AND c.relkind IN ('r', 'p', 'v', 'm') AND has_column_privilege(r, c.oid, a.attnum, p) "
        "AND NOT has_table_privilege(r, c.oid, p)",
        people,
    )
    single = {
        (role, schema, name, column, match[1])
        for role in people
        for schema, objects in matrix[role].get("rights", {}).items()
        for name, privileges in objects.items()
        for privilege in privileges
        if (match := re.fullmatch(r"(\w+) \((.+)\)", privilege))
        for column in match[2].split(", ")
    }
    assert set(rows) == single != set()


def test_sequences_belong_to_the_owner_alone(city: str, people: list[str]) -> None:
    rows = asked(
        city,
        "SELECT has_sequence_privilege(r, c.oid, p) FROM pg_class c, unnest(%s::text[]) r, "
        "unnest(ARRAY['usage', 'select', 'update']) p WHERE c.relkind = 'S'",
        people,
    )
    assert len(rows) > 20 * 3 * len(people)
    assert not any(row[0] for row in rows)


def test_schemas(city: str, matrix: dict[str, dict[str, Any]], people: list[str]) -> None:
    rows = asked(
        city,
        "SELECT r, n.nspname, has_schema_privilege(r, n.oid, 'usage'), has_schema_privilege(r, n.oid, 'create') "
        "FROM pg_namespace n, unnest(%s::text[]) r WHERE n.nspname !~ '^pg_(toast|temp)'",
        people,
    )
    for role, schema, usage, create in rows:
        groups = (role, *matrix[role].get("member_of", ()))
        inside = any(schema in matrix[one].get("rights", {}) for one in groups)
        assert usage == (inside or schema in {"public", "pg_catalog", "information_schema"}), (role, schema)
        assert not create, (role, schema)


def test_functions(city: str, matrix: dict[str, dict[str, Any]], people: list[str]) -> None:
    rows = asked(
        city,
        "SELECT r, n.nspname, p.proname || '(' || oidvectortypes(p.proargtypes) || ')', "
        "has_function_privilege(r, p.oid, 'execute') FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace, "
        "unnest(%s::text[]) r WHERE pg_get_userbyid(p.proowner) = 'sozialbericht_owner'",
        people,
    )
    assert len(rows) >= 14 * len(people)
    assert [row[:3] for row in rows if row[3] != bool(may(matrix, row[0], row[1], row[2]))] == []


def test_what_postgresql_gives_to_everybody_is_closed(city: str, people: list[str]) -> None:
    closed = yaml.safe_load((settings.SQL / "roles.yaml").read_text(encoding="utf-8"))["closed"]
    rows = asked(
        city,
        "SELECT r, p.proname, has_function_privilege(r, p.oid, 'execute') FROM pg_proc p, unnest(%s::text[]) r "
        "WHERE p.pronamespace = 'pg_catalog'::regnamespace",
        [*people, service.ADMIN],
    )
    for pattern, keep in closed["functions"].items():
        hit = [row for row in rows if fnmatch.fnmatch(row[1], pattern)]
        assert hit, pattern
        assert {row[0] for row in hit if row[2]} == ({service.ADMIN} if keep else set()), (pattern, hit)
    # what reads files or reaches other servers was never given
    dangerous = (
        r"^(pg_read_(binary_)?file|pg_ls_.*|pg_stat_file|lo_(im|ex)port|pg_reload_conf|pg_rotate_logfile|pg_file_.*)$"
    )
    assert not [row for row in rows if re.match(dangerous, row[1]) and row[2]]
    languages = asked(
        city, "SELECT r, lanname FROM pg_language, unnest(%s::text[]) r WHERE has_language_privilege(r, oid, 'usage') "
        "AND lanpltrusted AND lanname <> 'sql'", people,
    )  # fmt: skip
    assert languages == []


def test_databases_and_the_rest_of_the_server(city: str, people: list[str]) -> None:
    held = asked(
        city,
        "SELECT r, p FROM unnest(%s::text[]) r, unnest(ARRAY['connect', 'temporary', 'create']) p "
        "WHERE has_database_privilege(r, current_database(), p)",
        people,
    )
    assert set(held) == {(role, "connect") for role in people}
    elsewhere = "SELECT r, d FROM unnest(%s::text[]) r, unnest(ARRAY['postgres', 'template1']) d " \
                "WHERE has_database_privilege(r, d, 'connect')"  # fmt: skip
    assert asked(city, elsewhere, people) == []
    assert asked(city, "SELECT r, spcname FROM pg_tablespace, unnest(%s::text[]) r "
                       "WHERE has_tablespace_privilege(r, oid, 'create')", people) == []  # fmt: skip
    assert asked(city, "SELECT srvname FROM pg_foreign_server UNION SELECT fdwname FROM pg_foreign_data_wrapper "
                       "UNION SELECT extname FROM pg_extension WHERE extname IN ('dblink', 'postgres_fdw', 'file_fdw', "
                       "'adminpack') UNION SELECT oid::text FROM pg_largeobject_metadata "
                       "UNION SELECT parname FROM pg_parameter_acl") == []  # fmt: skip


def test_roles_have_no_powers_and_no_other_groups(city: str, matrix: dict[str, dict[str, Any]]) -> None:
    rows = asked(
        city,
        "SELECT r.rolname, rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls, rolcanlogin, "
        "rolconnlimit, ARRAY(SELECT g.rolname::text FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid "
        "WHERE m.member = r.oid ORDER BY 1) FROM pg_roles r WHERE r.rolname = ANY(%s)",
        list(matrix),
    )
    assert {row[0] for row in rows} == set(matrix)
    for role, powers, login, limit, groups in rows:
        entry = matrix[role]
        assert (powers, login, limit) == (False, entry.get("login", True), entry.get("connections", -1)), role
        assert groups == sorted(entry.get("member_of", [])), role


def test_settings_keep_a_mistake_from_stopping_others(city: str, people: list[str]) -> None:
    waits = {}
    for role in people:
        with psycopg.connect(service.dsn(city, role)) as connection:
            shown = [connection.execute(f"SHOW {name}").fetchone() for name in
                     ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")]  # fmt: skip
            waits[role] = [str(row[0]) for row in shown if row]
    readers = [role for role in people if role in {"leser", "qgis_server"} or role.startswith("abteilung_")]
    assert {tuple(waits[role]) for role in readers} == {("2min", "10s", "10min")}
    assert all("0" not in waits[role][1:] for role in people if role != "vorschau")


def test_every_table_is_tried_by_every_role(city: str, matrix: dict[str, dict[str, Any]], people: list[str]) -> None:
    """Not what the server says about rights, but what happens."""
    objects = asked(
        city,
        "SELECT n.nspname, c.relname, c.relkind::text, (SELECT attname FROM pg_attribute a WHERE a.attrelid = c.oid "
        "AND attnum = 1) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname !~ '^pg_' "
        "AND n.nspname <> 'information_schema' AND c.relkind IN ('r', 'p', 'v', 'm', 'S') ORDER BY 1, 2",
    )
    assert len(objects) > 80
    for role in people:
        with psycopg.connect(service.dsn(city, role), autocommit=True) as connection:
            for schema, name, kind, first in objects:
                table = sql.Identifier(schema, name)
                allowed = may(matrix, role, schema, name) if kind != "S" else set()
                if schema == "public" and name in SUPPORT:
                    # what is written to PostGIS's views goes nowhere
                    connection.execute(sql.SQL("SELECT * FROM {} LIMIT 1").format(table))
                    continue
                tries = {
                    "select": sql.SQL("SELECT * FROM {} LIMIT 1").format(table),
                    "insert": sql.SQL("INSERT INTO {} DEFAULT VALUES").format(table),
                    "delete": sql.SQL("DELETE FROM {} WHERE false").format(table),
                    "update": sql.SQL("UPDATE {} SET {c} = NULL WHERE false").format(table, c=sql.Identifier(first)),
                    "truncate": sql.SQL("TRUNCATE {}").format(table),
                }
                for privilege, statement in tries.items():
                    if (kind != "r" and privilege == "truncate") or (kind == "S" and privilege != "select"):
                        continue
                    if privilege in allowed:
                        connection.execute(statement)
                        continue
                    with pytest.raises(psycopg.Error) as refusal:
                        connection.execute(statement)
                        pytest.fail(f"{role}: {privilege} on {schema}.{name}")
                    # a view that cannot be changed at all, or an identity column, is refused before rights are asked
                    assert isinstance(refusal.value, (*REFUSED, psycopg.errors.GeneratedAlways)), (role, schema, name)


HOSTILE = (Path(__file__).parent / "hostile.sql").read_text(encoding="utf-8")
KINDS = re.findall(r"^-- (.+)\n((?:.+;\n)+)", HOSTILE, re.MULTILINE)


@pytest.mark.parametrize(("kind", "statements"), KINDS)
def test_hostile_statements_are_refused(city: str, people: list[str], kind: str, statements: str) -> None:
    """By every role, the statistics office among them, unless it may read what is asked for."""
    for role in people:
        # these may read the tables named above
        trusted = (
            {"EXPLAIN SELECT", "SELECT query", "SELECT * FROM ts_", "SELECT pg_get"} if role == "statistik" else set()
        )
        with psycopg.connect(service.dsn(city, role), autocommit=True) as connection:
            for statement in statements.splitlines():
                if any(statement.startswith(begin) for begin in trusted):
                    continue
                with pytest.raises(psycopg.Error) as refusal:
                    connection.execute(statement)
                connection.rollback()
                words = str(refusal.value)
                assert isinstance(refusal.value, REFUSED), f"{role}: {statement}: {words}"
                assert "does not exist" not in words or "schema" not in words, f"{role}: {statement}: {words}"


def test_a_role_steps_only_into_its_own_group(city: str, matrix: dict[str, dict[str, Any]], people: list[str]) -> None:
    for role in people:
        with psycopg.connect(service.dsn(city, role), autocommit=True) as connection:
            for other in matrix:
                step = sql.SQL("SET ROLE {}").format(sql.Identifier(other))
                if other == role or other in matrix[role].get("member_of", ()):
                    connection.execute(step)
                    connection.execute("RESET ROLE")
                    continue
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(step)


def test_other_databases_are_closed(city: str, people: list[str]) -> None:
    for role in people:
        for database in ("postgres", "template1"):
            with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
                psycopg.connect(service.dsn(database, role))


def test_statistics_of_restricted_tables_are_not_seen(city: str, people: list[str]) -> None:
    with superuser(city) as connection:
        known = connection.execute("SELECT count(*) FROM pg_stats WHERE schemaname = 'release'").fetchone()
    assert known is not None
    assert int(str(known[0])) > 10
    for role in people:
        if role in {"statistik", "freigabe"}:
            continue
        with psycopg.connect(service.dsn(city, role)) as connection:
            seen = connection.execute(
                "SELECT schemaname, tablename FROM pg_stats WHERE schemaname IN ('intake', 'warehouse', 'release') "
                "UNION ALL SELECT schemaname, tablename FROM pg_stats_ext UNION ALL "
                "SELECT schemaname, tablename FROM pg_stats_ext_exprs"
            ).fetchall()
        assert seen == [], role


def test_what_others_are_asking_is_not_seen(city: str) -> None:
    with (
        psycopg.connect(service.dsn(city, "statistik")) as office,
        psycopg.connect(service.dsn(city, "leser")) as reader,
    ):
        office.execute("SELECT 'Geheimwort 77', pid FROM pg_stat_activity LIMIT 1")
        shown = reader.execute(
            "SELECT query FROM pg_stat_activity WHERE usename = 'statistik' AND datname = current_database()"
        ).fetchall()
    assert {row[0] for row in shown} == {"<insufficient privilege>"}


LEAKS = (
    f"SELECT * FROM sozialbericht.wert WHERE 1 / (CASE WHEN wert = {MARKER} THEN 0 ELSE 1 END) > 0",
    f"SELECT * FROM sozialbericht.wert WHERE (CASE WHEN wert = {MARKER} THEN 'verraten' ELSE '1' END)::int > 0",
)


@pytest.mark.parametrize("statement", LEAKS)
def test_a_readers_condition_never_sees_what_the_view_leaves_out(city: str, statement: str) -> None:
    """A division by zero or a bad cast would tell the value of a draft."""
    with psycopg.connect(service.dsn(city, "leser"), autocommit=True) as reader:
        assert reader.execute(statement).fetchall() == []
        with superuser(city) as connection:
            connection.execute("ALTER VIEW sozialbericht.wert SET (security_barrier = false)")
            try:
                with pytest.raises((psycopg.errors.DivisionByZero, psycopg.errors.InvalidTextRepresentation)):
                    reader.execute(statement)
            finally:
                connection.execute("ALTER VIEW sozialbericht.wert SET (security_barrier = true)")


def test_estimates_tell_nothing_of_drafts(city: str) -> None:
    """EXPLAIN shows how many rows the planner expects: of a value that a draft holds no more than of any other."""
    with superuser(city) as connection:
        connection.execute(
            "INSERT INTO release.value (edition_id, unit_id, indicator_id, group_code, period, value, numerator, "
            "status, quality) SELECT edition_id, unit_id, indicator_id, 'g' || n, period, value, value, status, "
            "quality "
            "FROM release.value, generate_series(1, 500) AS n"
        )
        connection.execute("ANALYZE release.value")
        tables = ("value", "unit_population")
        kept = connection.execute(
            "SELECT tablename, attname FROM pg_stats WHERE schemaname = 'release' AND tablename = ANY(%s) "
            "AND attname IN ('value', 'numerator', 'denominator', 'persons', 'ci_lower')", (list(tables),)
        ).fetchall()  # fmt: skip
    assert kept == []
    with psycopg.connect(service.dsn(city, "leser")) as reader:
        told = [
            reader.execute(
                f"EXPLAIN (FORMAT JSON) SELECT * FROM sozialbericht.wert WHERE {column} = {value}"
            ).fetchone()
            for column in ("wert", "zaehler")
            for value in (MARKER, MARKER + 1)
        ]
    rows = [str(plan[0][0]["Plan"]["Plan Rows"]) for plan in told if plan]  # type: ignore[index]
    assert rows[0] == rows[1]
    assert rows[2] == rows[3]


def test_every_view_is_a_barrier_or_leaves_nothing_out(city: str) -> None:
    content = yaml.safe_load((settings.SQL / "roles.yaml").read_text(encoding="utf-8"))
    bare = asked(
        city,
        "SELECT n.nspname, c.relname, pg_get_viewdef(c.oid) FROM pg_class c "
        "JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname IN ('sozialbericht', 'kandidat') "
        "AND c.relkind = 'v' AND NOT coalesce(c.reloptions, '{}') @> '{security_barrier=true}'",
    )
    assert {row[1] for row in bare} == set(content["open_views"])
    for _schema, name, definition in bare:
        assert set(re.findall(r"(?:FROM|JOIN) \(*(\w+\.\w+)", definition)) <= {"geo.basemap", "geo.facility"}, name


def test_a_department_sees_its_own_deliveries(city: str) -> None:
    def seen(role: str, *before: str) -> set[str]:
        with psycopg.connect(service.dsn(city, role), autocommit=True) as connection:
            for statement in before:
                connection.execute(statement)
            return {str(r[0]) for r in connection.execute("SELECT quelle FROM sozialbericht.eigene_lieferung")}

    youth, schools = seen("abteilung_jugend"), seen("abteilung_schule")
    assert "jugendeinrichtungen" in youth
    assert schools
    assert not youth & schools
    assert seen("abteilung_soziales") == seen("leser") == seen("qgis_server") == seen("freigabe") == set()
    assert seen("statistik") == youth | schools
    # stepping into the group gives the department's view away, nothing else can be stepped into
    assert seen("abteilung_jugend", "SET ROLE leser") == set()
    with psycopg.connect(service.dsn(city, "abteilung_jugend")) as connection:
        words = connection.execute("SELECT abweisungsgruende FROM sozialbericht.eigene_lieferung").fetchall()
    assert {row[0] for row in words} == {"alter: ist mehrdeutig (3)"}


def test_the_filter_asks_for_the_reader_also_through_a_view_of_somebody_else(city: str) -> None:
    """A view runs with its owner's rights, but the current role stays the reader's; a function would change it."""
    with superuser(city) as connection:
        connection.execute("CREATE SCHEMA stadt AUTHORIZATION statistik")
        try:
            connection.execute("SET ROLE statistik")
            connection.execute("CREATE VIEW stadt.alle AS SELECT quelle FROM sozialbericht.eigene_lieferung")
            connection.execute("GRANT USAGE ON SCHEMA stadt TO abteilung_schule")
            connection.execute("GRANT SELECT ON stadt.alle TO abteilung_schule")
            with psycopg.connect(service.dsn(city, "abteilung_schule"), autocommit=True) as reader:
                through = reader.execute("SELECT quelle FROM stadt.alle").fetchall()
                assert through == reader.execute("SELECT quelle FROM sozialbericht.eigene_lieferung").fetchall() != []
        finally:
            connection.execute("RESET ROLE")
            connection.execute("DROP SCHEMA stadt CASCADE")
