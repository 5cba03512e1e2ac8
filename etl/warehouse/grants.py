"""Rights inside a database: what the matrix says is granted, everything else on our objects is taken back.

With it views that leave rows out are made security barriers, and the planner keeps no statistics of what it could tell.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

import psycopg
from psycopg import sql

from etl.warehouse.role_matrix import OF_COLUMN, Role, RoleMatrix

OWNER = "sozialbericht_owner"
PUBLIC = ""
"""Grantee of what everybody has."""


class Right(NamedTuple):
    """A privilege of a role on an object; ``target`` is SQL after ON, ``column`` is empty for the whole object."""

    target: str
    role: str
    privilege: str
    column: str = ""


Rights = frozenset[Right]

_ROLES = "SELECT rolname FROM pg_catalog.pg_roles"

# Our objects as (kind, schema, name, SQL after ON).
_OBJECTS = """
SELECT 'database', '', '', format('DATABASE %%I', current_database())
UNION ALL
SELECT 'schema', n.nspname::text, '', format('SCHEMA %%I', n.nspname)
FROM pg_catalog.pg_namespace n WHERE pg_get_userbyid(n.nspowner) = %(owner)s
UNION ALL
SELECT 'relation', n.nspname, c.relname, format('TABLE %%I.%%I', n.nspname, c.relname)
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE pg_get_userbyid(c.relowner) = %(owner)s AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
UNION ALL
SELECT 'function', n.nspname, format('%%s(%%s)', p.proname, oidvectortypes(p.proargtypes)),
       format('ROUTINE %%I.%%I(%%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid))
FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
WHERE pg_get_userbyid(p.proowner) = %(owner)s
"""

# What stands in the access lists of these objects, whoever gave it; the owner's own rights are left out.
_GRANTED = """
WITH object AS (
    SELECT format('DATABASE %%I', d.datname) AS target, '' AS attribute, d.datdba AS owner,
           coalesce(d.datacl, acldefault('d', d.datdba)) AS acl
    FROM pg_catalog.pg_database d WHERE d.datname = current_database()
    UNION ALL
    SELECT format('SCHEMA %%I', n.nspname), '', n.nspowner, coalesce(n.nspacl, acldefault('n', n.nspowner))
    FROM pg_catalog.pg_namespace n WHERE pg_get_userbyid(n.nspowner) = %(owner)s
    UNION ALL
    SELECT format(CASE c.relkind WHEN 'S' THEN 'SEQUENCE %%I.%%I' ELSE 'TABLE %%I.%%I' END, n.nspname, c.relname), '',
           c.relowner, c.relacl
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE pg_get_userbyid(c.relowner) = %(owner)s AND c.relacl IS NOT NULL
    UNION ALL
    SELECT format('TABLE %%I.%%I', n.nspname, c.relname), a.attname, c.relowner, a.attacl
    FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE pg_get_userbyid(c.relowner) = %(owner)s AND a.attacl IS NOT NULL AND NOT a.attisdropped
    UNION ALL
    SELECT format('ROUTINE %%I.%%I(%%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)), '',
           p.proowner, coalesce(p.proacl, acldefault('f', p.proowner))
    FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
    WHERE pg_get_userbyid(p.proowner) = %(owner)s
)
SELECT o.target, CASE WHEN g.grantee = 0 THEN '' ELSE pg_get_userbyid(g.grantee)::text END,
       lower(g.privilege_type), o.attribute
FROM object o CROSS JOIN LATERAL aclexplode(o.acl) g
WHERE g.grantee <> o.owner
"""

_NO_BARRIER = """
SELECT format('%%I.%%I', n.nspname, c.relname)
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname IN ('sozialbericht', 'kandidat') AND c.relkind = 'v' AND pg_get_userbyid(c.relowner) = %(owner)s
  AND c.relname <> ALL (%(open)s) AND NOT coalesce(c.reloptions, '{}') && '{security_barrier=true,security_barrier=on}'
ORDER BY 1
"""

# Measured columns (real, double precision, numeric, bigint) by name; keys are needed for plans.
_MEASURED = """
SELECT format('ALTER TABLE %%I.%%I ALTER COLUMN %%I SET STATISTICS 0', n.nspname, c.relname, a.attname)
FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE pg_get_userbyid(c.relowner) = %(owner)s AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
  AND a.atttypid IN (20, 700, 701, 1700) AND a.attname !~ '(^|_)id$' AND a.attstattarget IS DISTINCT FROM 0
  AND concat_ws('.', n.nspname, c.relname, a.attname) LIKE ANY (%(patterns)s)
ORDER BY 1
"""

# Functions are born with EXECUTE for everybody; ours are not.
_BORN_OPEN = """
SELECT NOT EXISTS (
    SELECT FROM pg_catalog.pg_default_acl
    WHERE defaclnamespace = 0 AND defaclobjtype = 'f' AND pg_get_userbyid(defaclrole) = %(owner)s)
"""


def _of_object(role: str, privileges: tuple[str, ...], target: str) -> Iterator[Right]:
    for privilege in privileges:
        columns = OF_COLUMN.match(privilege)
        if columns is None:
            yield Right(target, role, privilege)
        else:
            yield from (Right(target, role, columns[1], column) for column in columns[2].split(", "))


def _of_role(name: str, role: Role, objects: list[tuple[str, str, str, str]]) -> Iterator[Right]:
    used = set()
    for kind, schema, found, target in objects:
        if kind == "database":
            yield Right(target, name, "connect")
        elif kind != "schema" and (privileges := role.may(schema, found)):
            used.add(schema)
            yield from _of_object(name, privileges, target)
    yield from (Right(t, name, "usage") for kind, schema, _, t in objects if kind == "schema" and schema in used)


def wanted(connection: psycopg.Connection, matrix: RoleMatrix) -> Rights:
    """The rights that the matrix gives on the objects of this database, to those of its roles that exist."""
    objects = [(str(k), str(s), str(n), str(t)) for k, s, n, t in connection.execute(_OBJECTS, {"owner": OWNER})]
    known = {str(row[0]) for row in connection.execute(_ROLES)}
    named = [(name, role) for name, role in matrix.roles.items() if name in known and name != OWNER]
    return frozenset(right for name, role in named for right in _of_role(name, role, objects))


def granted(connection: psycopg.Connection) -> Rights:
    """The rights that others than the owner have on the objects of this database."""
    return frozenset(Right(*map(str, row)) for row in connection.execute(_GRANTED, {"owner": OWNER}))


def statements(word: str, rights: Rights) -> list[str]:
    """``GRANT`` or ``REVOKE`` for rights, one statement an object and role, in order."""
    by_object: dict[tuple[str, str], list[str]] = defaultdict(list)
    for right in sorted(rights):
        column = f" ({sql.Identifier(right.column).as_string(None)})" if right.column else ""
        by_object[right.target, right.role].append(right.privilege.upper() + column)
    joint, end = ("TO", "") if word == "GRANT" else ("FROM", " CASCADE")
    return [
        f"{word} {', '.join(privileges)} ON {target} {joint} "
        f"{'PUBLIC' if role == PUBLIC else sql.Identifier(role).as_string(None)}{end}"
        for (target, role), privileges in by_object.items()
    ]


def plan(connection: psycopg.Connection, matrix: RoleMatrix) -> list[str]:
    """Statements that make the rights in this database equal the matrix; none where they do already."""
    should, are = wanted(connection, matrix), granted(connection)
    born_open = connection.execute(_BORN_OPEN, {"owner": OWNER}).fetchone()
    first = (
        [f"ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER} REVOKE EXECUTE ON ROUTINES FROM PUBLIC"]
        if born_open == (True,)
        else []
    )
    bare = connection.execute(_NO_BARRIER, {"owner": OWNER, "open": list(matrix.open_views)}).fetchall()
    first += [f"ALTER VIEW {row[0]} SET (security_barrier = true)" for row in bare]
    patterns = [name.replace("_", r"\_").replace("*", "%") for name in matrix.no_statistics]
    first += [str(row[0]) for row in connection.execute(_MEASURED, {"owner": OWNER, "patterns": patterns}).fetchall()]
    return [*first, *statements("REVOKE", are - should), *statements("GRANT", should - are)]


def apply(connection: psycopg.Connection, matrix: RoleMatrix) -> list[str]:
    """Carry out ``plan`` as the owner, in the caller's transaction; returns the statements."""
    needed = plan(connection, matrix)
    if needed:
        connection.execute(";\n".join(needed).encode())
    return needed
