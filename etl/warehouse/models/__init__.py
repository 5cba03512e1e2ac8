"""SQLAlchemy models of all durable tables; ``Base.metadata`` is what the migrations must equal."""

from etl.warehouse.models import (
    audit,
    catalogue,
    counts,
    crosswalk,
    derived,
    geo,
    hidden,
    intake,
    land,
    outlook,
    plans,
    release,
)
from etl.warehouse.models.base import QUALITY, SCHEMAS, SRID, STATUS, Base

__all__ = [
    "QUALITY",
    "SCHEMAS",
    "SRID",
    "STATUS",
    "Base",
    "audit",
    "catalogue",
    "counts",
    "crosswalk",
    "derived",
    "geo",
    "hidden",
    "intake",
    "land",
    "outlook",
    "plans",
    "release",
]
