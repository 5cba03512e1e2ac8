"""The database of a catalogue, ready to work in: server running, roles and extensions there, migrated."""

from __future__ import annotations

from sqlalchemy import Engine, text

from etl.catalogue import Catalogue
from etl.errors import SetupError
from etl.warehouse import auditlog_anchor, cluster, databases, engine, migrate, service
from etl.warehouse.role_matrix import role_matrix


def prepared_engine(catalogue: Catalogue, *, keep_dependents: bool = False, migrated: bool = True) -> Engine:
    """An engine as owner on the catalogue's database; made, migrated and synchronised where need be.

    ``migrated=False`` only opens it and raises SetupError where it has never been set up.
    """
    database = catalogue.city.database
    databases.ensure_database(database, matrix=role_matrix(catalogue))
    auditlog_anchor.expect(database)
    ready = engine.open_engine(service.url(database, service.ADMIN))
    if migrated:
        # views that others own are only made anew by who may act for them all
        login = cluster.SUPERUSER if keep_dependents else service.ADMIN
        with engine.open_engine(service.url(database, login)).begin() as connection:
            migrate.prepare(connection, catalogue, keep_dependents=keep_dependents)
        return ready
    with ready.connect() as connection:
        revision = migrate.current_revision(connection)
        if revision != migrate.head_revision():
            raise SetupError(
                f"Die Datenbank {database} ist nicht auf dem Stand des Programms "
                f"({revision or 'leer'} statt {migrate.head_revision()}). Abhilfe: ./sozialbericht db upgrade"
            )
        stored = connection.scalar(text("SELECT catalogue_sha256 FROM catalogue.city"))
    if stored != catalogue.sha256:
        # definitions changed since: bring tables and views to the catalogue before anything is counted
        with ready.begin() as connection:
            migrate.prepare(connection, catalogue, keep_dependents=keep_dependents)
    return ready
