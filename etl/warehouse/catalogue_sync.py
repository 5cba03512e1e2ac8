"""Writing the validated catalogue into the tables that views show; what disappears from YAML is only deactivated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import Connection, Table, text, update
from sqlalchemy.dialects.postgresql import insert

from etl.catalogue import NOT_LOCATED, Catalogue, Indicator, Source
from etl.catalogue.city import COMPARISON
from etl.errors import CatalogueError
from etl.warehouse.comparison import LEVEL_RANK, sync_comparison_areas
from etl.warehouse.models import Base, geo
from etl.warehouse.models import catalogue as tables


def _upsert(connection: Connection, model: type[Base], key: str, rows: Sequence[dict[str, Any]]) -> None:
    """Insert or update rows by a unique key; those no longer given become inactive where the table knows that."""
    table = cast("Table", model.__table__)
    if rows:
        statement = insert(model).values(list(rows))
        changed = {c: statement.excluded[c] for c in rows[0] if c != key}
        # untouched rows stay untouched, so that a repeated run writes nothing
        differs = text(" OR ".join(f"{table.name}.{c} IS DISTINCT FROM excluded.{c}" for c in changed))
        connection.execute(statement.on_conflict_do_update(index_elements=[key], set_=changed, where=differs))
    if "active" in table.c:
        gone = table.c[key].not_in([r[key] for r in rows])
        connection.execute(update(model).where(gone, table.c.active).values(active=False))


def _indicator_row(catalogue: Catalogue, theme: str, rank: int, indicator: Indicator) -> dict[str, Any]:
    """A row of catalogue.indicator; breaks of its sources follow its own, with the source's code."""
    sources = catalogue.sources_of(indicator)
    numerator = [m.source for t in indicator.terms("numerator") if (m := catalogue.measure[t.measure]).source]
    own = [b.model_dump(mode="json") | {"source": None} for b in indicator.breaks]
    told = {b.since for b in indicator.breaks}
    inherited = [
        b.model_dump(mode="json") | {"source": s.code} for s in sources for b in s.breaks if b.since not in told
    ]
    known = cast("Table", tables.Indicator.__table__).c
    facts = indicator.model_dump(mode="json", exclude={"numerator", "denominator"})
    return {
        # what the catalogue knows beyond the table stays in the catalogue
        **{key: value for key, value in facts.items() if key in known},
        "theme": theme,
        "rank": rank,
        "sources": [s.code for s in sources],
        "owner": catalogue.owner_of(indicator),
        "breaks": sorted(own + inherited, key=lambda b: b["since"]),
        "place": catalogue.source[numerator[0]].place if numerator else "wohnort",
        "active": True,
    }


def _source_row(source: Source) -> dict[str, Any]:
    known = cast("Table", tables.Source.__table__).c
    facts = source.model_dump(mode="json", exclude={"forms"})
    return {
        **{key: value for key, value in facts.items() if key in known},
        "assumed": any(getattr(form, "assumed", False) for form in source.forms),
        "active": True,
    }


def sync(connection: Connection, catalogue: Catalogue) -> None:
    """Make the tables of schema ``catalogue`` and ``geo.level`` equal the YAML.

    Raises CatalogueError where the database belongs to another city.
    """
    city = catalogue.city
    held = connection.scalar(text("SELECT ags FROM catalogue.city"))
    if held is not None and held != city.ags:
        raise CatalogueError(
            f"Diese Datenbank gehört zur Gemeinde {held}, der Katalog beschreibt {city.ags} ({city.name}); "
            "richtig wäre in city.yaml ein eigener Wert für „database“."
        )
    policy = catalogue.policy.model_dump()
    row = {"ags": city.ags, "name": city.name, "catalogue_sha256": catalogue.sha256, "policy": policy}
    _upsert(connection, tables.City, "ags", [row])
    levels = [
        {"code": level.code, "rank": n, "title": level.title, "parent": level.parent}
        for n, level in enumerate(city.levels)
    ]
    levels.append({"code": NOT_LOCATED, "rank": 99, "title": "nicht zuordenbar", "parent": city.top.code})
    levels.append({"code": COMPARISON, "rank": LEVEL_RANK, "title": "Vergleichsraum", "parent": None})
    _upsert(connection, geo.Level, "code", levels)
    sync_comparison_areas(connection, city)
    _upsert(connection, tables.Owner, "code", [o.model_dump() for o in catalogue.owners])
    sources = [_source_row(source) for source in catalogue.sources]
    _upsert(connection, tables.Source, "code", sources)
    themes = [{"code": t.code, "rank": t.rank, "title": t.title} for t in catalogue.themes]
    _upsert(connection, tables.Theme, "code", themes)
    measures = [
        {
            "code": m.code,
            "title": m.title,
            "source": m.source,
            "kind": m.kind,
            "definition": m.model_dump(mode="json", exclude_defaults=True),
            "active": True,
        }
        for m in catalogue.measures
    ]
    _upsert(connection, tables.Measure, "code", measures)
    indicators = [
        _indicator_row(catalogue, theme.code, n, indicator)
        for theme in catalogue.themes
        for n, indicator in enumerate(theme.indicators, start=1)
    ]
    _upsert(connection, tables.Indicator, "code", indicators)
    indices = [
        {
            "code": index.code,
            "title": index.title,
            "needs": list(index.needs),
            "definition": index.model_dump(mode="json", exclude_defaults=True),
            "active": True,
        }
        for index in catalogue.indices
    ]
    _upsert(connection, tables.SocialIndex, "code", indices)
