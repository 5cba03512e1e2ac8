"""Views that the city has made on ours: found by name, saved, and made anew after a rebuild."""

from __future__ import annotations

from dataclasses import dataclass

from psycopg import Error as DatabaseError
from psycopg import sql
from psycopg.errors import InsufficientPrivilege
from sqlalchemy import Connection, text

from etl.errors import SetupError
from etl.warehouse.engine import OWNER, as_login, driver

FIND = text("""
WITH RECURSIVE ours AS (
    SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname IN ('sozialbericht', 'planung', 'kandidat', 'release') AND c.relkind IN ('v', 'm')
      AND pg_get_userbyid(c.relowner) = :owner
), edge AS (
    SELECT DISTINCT r.ev_class AS dependent, d.refobjid AS base
    FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid
    WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass AND r.ev_class <> d.refobjid
), found AS (
    SELECT e.dependent, 1 AS depth FROM edge e JOIN ours o ON o.oid = e.base
    WHERE e.dependent NOT IN (SELECT oid FROM ours)
    UNION
    SELECT e.dependent, f.depth + 1 FROM edge e JOIN found f ON f.dependent = e.base
)
SELECT c.oid, n.nspname, c.relname, c.relkind, pg_get_userbyid(c.relowner) AS owner, pg_get_viewdef(c.oid) AS body,
       coalesce(c.reloptions, '{}') AS options, max(f.depth) AS depth
FROM found f JOIN pg_class c ON c.oid = f.dependent JOIN pg_namespace n ON n.oid = c.relnamespace
GROUP BY c.oid, n.nspname, c.relname, c.relkind, c.relowner, c.reloptions
ORDER BY max(f.depth), n.nspname, c.relname
""")

GRANTS = text("""
SELECT g.grantee::regrole::text AS grantee, g.privilege_type, g.is_grantable
FROM pg_class c, aclexplode(c.relacl) g
WHERE c.oid = :oid AND g.grantee <> c.relowner AND g.grantee <> 0
UNION ALL
SELECT 'PUBLIC', g.privilege_type, g.is_grantable
FROM pg_class c, aclexplode(c.relacl) g WHERE c.oid = :oid AND g.grantee = 0
""")

COMMENTS = text("""
SELECT a.attname, col_description(a.attrelid, a.attnum) AS comment FROM pg_attribute a
WHERE a.attrelid = :oid AND a.attnum > 0 AND col_description(a.attrelid, a.attnum) IS NOT NULL
UNION ALL SELECT NULL, obj_description(:oid, 'pg_class') WHERE obj_description(:oid, 'pg_class') IS NOT NULL
""")

INDEXES = text("SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = :oid")


@dataclass(frozen=True)
class Dependent:
    """A city-made view or materialized view on ours, with all that is needed to make it anew."""

    schema: str
    name: str
    materialized: bool
    statements: tuple[sql.SQL | sql.Composed, ...]

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"


def find(connection: Connection) -> list[Dependent]:
    """City-made views that depend on ours, directly or through each other, in the order they can be made anew."""
    found = []
    for row in connection.execute(FIND, {"owner": OWNER}).mappings():
        kind = sql.SQL("MATERIALIZED VIEW") if row["relkind"] == "m" else sql.SQL("VIEW")
        name = sql.Identifier(row["nspname"], row["relname"])
        options = sql.SQL(f" WITH ({', '.join(row['options'])})") if row["options"] else sql.SQL("")
        statements: list[sql.SQL | sql.Composed] = [
            sql.SQL("CREATE {} {}{} AS {}").format(kind, name, options, sql.SQL(row["body"].rstrip().rstrip(";"))),
            # an owner cannot be set by the ETL role unless it is a member; then the grant below names the reason
            sql.SQL("ALTER {} {} OWNER TO {}").format(kind, name, sql.Identifier(row["owner"])),
        ]
        statements += [sql.SQL(index) for index in connection.scalars(INDEXES, {"oid": row["oid"]})]
        for grant in connection.execute(GRANTS, {"oid": row["oid"]}).mappings():
            statements.append(
                sql.SQL("GRANT {} ON {} TO {}{}").format(
                    sql.SQL(grant["privilege_type"]),
                    name,
                    sql.SQL(grant["grantee"]),  # regrole::text is quoted already
                    sql.SQL(" WITH GRANT OPTION" if grant["is_grantable"] else ""),
                )
            )
        for comment in connection.execute(COMMENTS, {"oid": row["oid"]}).mappings():
            target = (
                sql.SQL("COLUMN {}").format(sql.Identifier(row["nspname"], row["relname"], comment["attname"]))
                if comment["attname"]
                else sql.SQL("{} {}").format(kind, name)
            )
            statements.append(sql.SQL("COMMENT ON {} IS {}").format(target, sql.Literal(comment["comment"])))
        found.append(Dependent(row["nspname"], row["relname"], row["relkind"] == "m", tuple(statements)))
    return found


def drop(connection: Connection, dependents: list[Dependent]) -> None:
    """Drop the dependents, the outermost first; never CASCADE."""
    with as_login(connection):
        for dependent in reversed(dependents):
            kind = sql.SQL("MATERIALIZED VIEW" if dependent.materialized else "VIEW")
            name = sql.Identifier(dependent.schema, dependent.name)
            try:
                driver(connection).execute(sql.SQL("DROP {} {}").format(kind, name))
            except InsufficientPrivilege as error:
                raise SetupError(
                    f"Die städtische Sicht {dependent} gehört einer anderen Rolle; diese Anmeldung darf sie nicht neu"
                    " anlegen. Nichts wurde geändert; bitte als Verwalter der Datenbank ausführen."
                ) from error


def restore(connection: Connection, dependents: list[Dependent]) -> None:
    """Make the dependents anew. Raises SetupError by name where one no longer fits; the caller rolls back."""
    with as_login(connection):
        for statement, dependent in ((s, d) for d in dependents for s in d.statements):
            try:
                driver(connection).execute(statement)
            except DatabaseError as error:
                raise SetupError(
                    f"Die städtische Sicht {dependent} passt nicht mehr zu den veröffentlichten Sichten: "
                    f"{str(error).splitlines()[0]}. Nichts wurde geändert; bitte die Sicht anpassen oder entfernen."
                ) from error
