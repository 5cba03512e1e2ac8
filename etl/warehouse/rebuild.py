"""Replaceable objects: functions and the published views, dropped and rebuilt as a whole from ``sql/``."""

from __future__ import annotations

import hashlib
from functools import partial

import jinja2
from psycopg import sql
from sqlalchemy import Connection, text

from etl.catalogue import Catalogue
from etl.errors import SetupError
from etl.settings import SQL
from etl.warehouse import dependents as city_made
from etl.warehouse import grants
from etl.warehouse.engine import OWNER, driver
from etl.warehouse.role_matrix import role_matrix
from etl.warehouse.view_facts import view_facts

PUBLISHED = "sozialbericht"
PLANNING = "planung"
"""Views for the people who form districts; never granted to readers."""
CANDIDATE = "kandidat"
"""The published views once more, showing the newest draft as if it were published."""
STANDING = "release"
"""Its views say which releases the two schemas show."""

_EDITIONS = ("release.shown_edition", "release.candidate_edition")

_OURS = text("""
SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = ANY(:schemas) AND c.relkind IN ('v', 'm') AND pg_get_userbyid(c.relowner) = :owner
""")


def _literal(value: object) -> str:
    """A value as SQL literal, for the view templates (views cannot take parameters)."""
    return sql.Literal(value).as_string(None)


def render(catalogue: Catalogue) -> list[tuple[str, str]]:
    """File name and SQL text of every function and view, templates filled in from the catalogue.

    ``NAME.sql.j2`` is filled in once a theme, ``NAME.city.sql.j2`` once. Published views come a second time, for the
    candidate.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(SQL / "views"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # noqa: S701  # SQL, not HTML; values go through the literal filter
    )
    environment.filters["literal"] = _literal
    texts = [(p.name, p.read_text(encoding="utf-8")) for p in sorted((SQL / "functions").glob("*.sql"))]
    for path in sorted((SQL / "views").iterdir()):
        if path.name.endswith(".city.sql.j2"):
            texts.append((path.name, environment.get_template(path.name).render(view_facts(catalogue))))
        elif path.name.endswith(".sql.j2"):
            template = environment.get_template(path.name)
            texts += [
                (f"{path.name}:{t.code}", template.render(theme=t, city=catalogue.city)) for t in catalogue.themes
            ]
        elif path.suffix == ".sql":
            texts.append((path.name, path.read_text(encoding="utf-8")))
    return [*texts, *candidate(texts)]


def candidate(texts: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The files that make published views, made over for the schema of the candidate."""
    return [
        (f"{CANDIDATE}:{name}", body.replace(f"{PUBLISHED}.", f"{CANDIDATE}.").replace(*_EDITIONS))
        for name, body in texts
        if f"CREATE VIEW {PUBLISHED}." in body
    ]


def _digest(texts: list[tuple[str, str]]) -> str:
    return hashlib.sha256("\0".join(f"{name}\0{body}" for name, body in texts).encode()).hexdigest()


def drop_views(connection: Connection, *, keep_dependents: bool) -> list[city_made.Dependent]:
    """Drop our views; city-made views on them are returned for restoring, or refused by name."""
    dependents = city_made.find(connection)
    if dependents and not keep_dependents:
        names = ", ".join(map(str, dependents))
        raise SetupError(
            f"Die veröffentlichten Sichten müssen neu angelegt werden, aber städtische Sichten bauen darauf auf: "
            f"{names}. Nichts wurde geändert. Mit „./sozialbericht db upgrade --keep-dependents“ werden sie gesichert"
            " und danach unverändert wieder angelegt."
        )
    city_made.drop(connection, dependents)
    ours = connection.execute(_OURS, {"schemas": [PUBLISHED, PLANNING, CANDIDATE, STANDING], "owner": OWNER}).all()
    if ours:
        listed = sql.SQL(", ").join(sql.Identifier(*names) for names in ours)
        driver(connection).execute(sql.SQL("DROP VIEW {}").format(listed))
    return dependents


def rebuild(
    connection: Connection,
    catalogue: Catalogue,
    *,
    keep_dependents: bool = False,
    saved: list[city_made.Dependent] | None = None,
) -> bool:
    """Drop and rebuild functions and views, unless they are what ``sql/`` and the catalogue say; set the grants.

    ``saved``: dependents already dropped before a migration. Returns whether anything was rebuilt.
    """
    run = partial(driver(connection).execute)
    for schema in (PUBLISHED, PLANNING, CANDIDATE):
        run(sql.SQL("CREATE SCHEMA IF NOT EXISTS {} AUTHORIZATION {}").format(*map(sql.Identifier, (schema, OWNER))))
    texts = render(catalogue)
    digest = _digest(texts)
    stored = connection.scalar(text("SELECT sha256 FROM catalogue.replaceable"))
    matrix = role_matrix(catalogue)
    if saved is None and stored == digest:
        grants.apply(driver(connection), matrix)
        return False
    dependents = drop_views(connection, keep_dependents=keep_dependents) if saved is None else saved
    for _name, body in texts:
        run(body.encode())
    grants.apply(driver(connection), matrix)  # before what others have made: their views need the right to read ours
    city_made.restore(connection, dependents)
    connection.execute(text("DELETE FROM catalogue.replaceable"))
    connection.execute(text("INSERT INTO catalogue.replaceable (sha256) VALUES (:digest)"), {"digest": digest})
    return True
