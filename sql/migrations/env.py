"""Alembic environment: durable tables of our schemas only; PostGIS' own tables and the views are left alone.

The connection comes from the caller (``etl.warehouse.migrate``) in ``config.attributes["connection"]``; Alembic's own
command line takes the address from ``SOZIALBERICHT_DSN``.
"""

import os

from alembic import context
from geoalchemy2 import alembic_helpers
from sqlalchemy import Connection, create_engine

from etl.warehouse.models import SCHEMAS, Base

config = context.config


def include_name(name: str | None, kind: str, _parents: object) -> bool:
    return name in SCHEMAS if kind == "schema" else True


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        include_schemas=True,
        include_name=include_name,
        include_object=alembic_helpers.include_object,
        render_item=alembic_helpers.render_item,
        compare_type=True,
        compare_server_default=False,
        version_table="schema_version",
        version_table_schema="catalogue",
    )
    with context.begin_transaction():
        context.run_migrations()


given = config.attributes.get("connection")
if given is not None:
    run(given)
else:
    with create_engine(os.environ["SOZIALBERICHT_DSN"]).connect() as fresh:
        run(fresh)
        fresh.commit()
