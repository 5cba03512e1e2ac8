"""A database of its own with roles and rights in step, and a few rows that must not be seen."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from etl.catalogue import Catalogue
from etl.warehouse import cluster, databases, engine, role_sync, service
from tests.conftest import clone

MARKER = 4711.25
"""A value that stands in a draft and nowhere else."""

REPORT = """{"top_rejects": [["„Geheimwort 77“ ist mehrdeutig, hieße es 7", "alter", 2],
                              ["ist mehrdeutig (Geheimwort 77)", "alter", 1]]}"""

_ROWS = (
    "INSERT INTO geo.district_version (label, title, is_current) VALUES ('jetzt', 'Jetzt', true)",
    "INSERT INTO geo.unit (version_id, level, key, name) SELECT id, 'stadt', '0', 'Stadt' FROM geo.district_version "
    "WHERE label = 'jetzt'",
    "INSERT INTO warehouse.period (code, valid) VALUES ('2025', '[2025-01-01,2026-01-01)')",
    "INSERT INTO release.edition (label, status, policy, catalogue_sha256, deliveries) "
    "VALUES ('Entwurf', 'draft', '{}', '', '[]')",
    "INSERT INTO release.value (edition_id, unit_id, indicator_id, group_code, period, value, status, quality) "
    "SELECT e.id, u.id, i.id, 'insgesamt', '2025', 4711.25, 'gueltig', 'exakt' FROM release.edition e "
    "JOIN geo.unit u ON u.key = '0' JOIN catalogue.indicator i ON i.code = 'BEV01' WHERE e.label = 'Entwurf'",
    "INSERT INTO intake.delivery (source, form, reference_date, file_name, sha256, file_bytes, mapping_sha256, "
    "rows_read, rows_accepted, rows_rejected, report) SELECT s.code, 'gezaehlt', '2025-12-31', s.code || '.csv', "
    "s.code, 10, '', 9, 6, 3, CAST('" + REPORT + "' AS jsonb) "
    "FROM catalogue.source s WHERE s.owner IN ('jugend', 'schulen')",
    "ANALYZE",
)  # fmt: skip


@contextmanager
def role_city(template: str, catalogue: Catalogue) -> Iterator[str]:
    """Name of the database; dropped at the end."""
    name = clone(template)
    try:
        city = catalogue.city.model_copy(update={"database": name})
        opened = engine.open_engine(service.url(name, service.ADMIN))
        with opened.begin() as connection:
            for row in _ROWS:
                connection.exec_driver_sql(row)
        role_sync.sync(dataclasses.replace(catalogue, city=city))
        yield name
    finally:
        databases.drop_database(name)


def superuser(database: str) -> psycopg.Connection[tuple[object, ...]]:
    """The superuser's session in a database."""
    return psycopg.connect(service.dsn(database, cluster.SUPERUSER), autocommit=True)
