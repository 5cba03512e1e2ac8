"""Common ground of all durable tables: naming of constraints, schemas, SRID, status words."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, DateTime, Double, MetaData, Text
from sqlalchemy.orm import DeclarativeBase

SRID = 25832
"""ETRS89 / UTM zone 32N, metres. Everything is stored in it."""

SCHEMAS = ("geo", "catalogue", "intake", "warehouse", "release", "audit")
"""Schemas with durable tables. The published schema ``sozialbericht`` holds views only and is not among them."""

STATUS = ("gueltig", "geheim", "unsicher", "folgt", "fehlt", "nicht_sinnvoll", "nicht_vergleichbar")
"""Status words of a count or value, from best to worst (the published contract uses the same words)."""

QUALITY = ("exakt", "exakt_teilung", "geschaetzt")


class Base(DeclarativeBase):
    """Declarative base; constraint names are fixed so that migrations and models agree."""

    type_annotation_map = {datetime: DateTime(timezone=True), str: Text, float: Double}  # noqa: RUF012

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def one_of(column: str, words: tuple[str, ...]) -> CheckConstraint:
    """A check that ``column`` holds one of ``words``."""
    listed = ", ".join(f"'{w}'" for w in words)
    return CheckConstraint(f"{column} IN ({listed})", name=column)
