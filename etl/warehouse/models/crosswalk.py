"""Between district versions, and areas that someone drew: relations, weights, errors of estimates, shares, counts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import CheckConstraint, Double, ForeignKey, Identity, Index, Integer, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from etl.warehouse.models.base import SRID, STATUS, Base, one_of
from etl.warehouse.models.counts import DEFAULT_GROUP

RELATION = ("unchanged", "split", "merged", "irregular")
METHOD = ("blocks", "overlay")
BASIS = ("blocks", "cells")
LOCATED_BY = ("adressen", "flaeche", "bloecke")
AREA_QUALITY = ("exakt", "geschaetzt")


class Crosswalk(Base):
    """A unit of one version meets a unit of another version on the same level."""

    __tablename__ = "crosswalk"
    __table_args__ = (
        one_of("relation", RELATION),
        one_of("method", METHOD),
        UniqueConstraint("from_unit_id", "to_unit_id"),
        Index("ix_crosswalk_to_unit_id", "to_unit_id"),
        {"schema": "geo", "comment": "Relations between the units of two district versions, by level"},
    )

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    from_unit_id: Mapped[int] = mapped_column(ForeignKey("geo.unit.id", ondelete="CASCADE"))
    to_unit_id: Mapped[int] = mapped_column(ForeignKey("geo.unit.id", ondelete="CASCADE"))
    component: Mapped[int] = mapped_column(
        comment="Units linked with each other, numbered by pair of versions and level"
    )
    relation: Mapped[str] = mapped_column(Text)
    method: Mapped[str] = mapped_column(Text, comment="By whole blocks, or by laying the polygons over each other")
    area_m2: Mapped[float] = mapped_column(Double, comment="Common area, m²; 0 for units without geometry")
    area_weight: Mapped[float] = mapped_column(Double, comment="Share of the source's area; sums to 1 by source")
    built_at: Mapped[datetime] = mapped_column(server_default=text("now()"))


class CrosswalkWeight(Base):
    """How a measure divides a source among its targets: what weights of an estimate are taken from."""

    __tablename__ = "crosswalk_weight"
    __table_args__ = (
        one_of("basis", BASIS),
        CheckConstraint("amount >= 0 AND weight >= 0", name="not_negative"),
        {"schema": "warehouse", "comment": "Weights of crosswalk relations by measure and period (restricted)"},
    )

    crosswalk_id: Mapped[int] = mapped_column(ForeignKey("geo.crosswalk.id", ondelete="CASCADE"), primary_key=True)
    measure_id: Mapped[int] = mapped_column(ForeignKey("catalogue.measure.id"), primary_key=True)
    period: Mapped[str] = mapped_column(Text, primary_key=True, comment="Period of the counts behind the weight")
    basis: Mapped[str] = mapped_column(Text)
    amount: Mapped[float] = mapped_column(Double, comment="The measure in the common area")
    weight: Mapped[float] = mapped_column(Double, comment="Share of the source; sums to 1 by source")


class CrosswalkError(Base):
    """A year that is known exactly, estimated as if it were not: how far off estimates are."""

    __tablename__ = "crosswalk_error"
    __table_args__ = (
        Index("ix_crosswalk_error_versions", "from_version_id", "to_version_id", "level"),
        {"schema": "warehouse", "comment": "Errors of replayed estimates between two district versions (restricted)"},
    )

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    from_version_id: Mapped[int] = mapped_column(ForeignKey("geo.district_version.id", ondelete="CASCADE"))
    to_version_id: Mapped[int] = mapped_column(ForeignKey("geo.district_version.id", ondelete="CASCADE"))
    level: Mapped[str] = mapped_column(ForeignKey("geo.level.code"))
    measure_id: Mapped[int] = mapped_column(ForeignKey("catalogue.measure.id"), comment="What was estimated")
    period: Mapped[str] = mapped_column(Text)
    carrier_id: Mapped[int | None] = mapped_column(
        ForeignKey("catalogue.measure.id"), comment="Measure whose weights were used; NULL: area"
    )
    units: Mapped[int] = mapped_column(comment="Target units whose value had to be estimated")
    error: Mapped[float] = mapped_column(Double, comment="Sum of absolute errors / sum of true values of these units")
    worst: Mapped[float | None] = mapped_column(Double, comment="Largest relative error of a unit")


class CustomArea(Base):
    """An area that someone drew: a school catchment, a redevelopment area."""

    __tablename__ = "custom_area"
    __table_args__ = (
        UniqueConstraint("label", "key"),
        Index("ix_custom_area_geom", "geom", postgresql_using="gist"),
        {"schema": "geo", "comment": "Areas drawn beside the district versions"},
    )

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    label: Mapped[str] = mapped_column(Text, comment="What the set of areas is called")
    key: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    source: Mapped[str | None] = mapped_column(Text, comment="File it came from")
    synthetic: Mapped[bool] = mapped_column(server_default=text("false"))
    geom: Mapped[Any] = mapped_column(Geometry("MULTIPOLYGON", srid=SRID, spatial_index=False))
    added_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    added_by: Mapped[str] = mapped_column(Text, server_default=text("session_user"))


class CustomAreaShare(Base):
    """Which share of a district lies in a drawn area: of its people by block, else of its addresses or its ground."""

    __tablename__ = "custom_area_share"
    __table_args__ = (
        one_of("located_by", LOCATED_BY),
        CheckConstraint("share > 0 AND share <= 1", name="share"),
        Index("ix_custom_area_share_unit_id", "unit_id"),
        {"schema": "geo", "comment": "Share of a district that lies in a drawn area"},
    )

    area_id: Mapped[int] = mapped_column(ForeignKey("geo.custom_area.id", ondelete="CASCADE"), primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("geo.unit.id", ondelete="CASCADE"), primary_key=True)
    share: Mapped[float] = mapped_column(Double)
    located_by: Mapped[str] = mapped_column(Text)


class CustomAreaCount(Base):
    """A measure in a drawn area, for the statistics office only."""

    __tablename__ = "custom_area_count"
    __table_args__ = (
        one_of("status", STATUS),
        one_of("quality", AREA_QUALITY),
        {"schema": "warehouse", "comment": "Measures in drawn areas (restricted, never published)"},
    )

    area_id: Mapped[int] = mapped_column(ForeignKey("geo.custom_area.id", ondelete="CASCADE"), primary_key=True)
    measure_id: Mapped[int] = mapped_column(ForeignKey("catalogue.measure.id"), primary_key=True)
    group_code: Mapped[str] = mapped_column(Text, primary_key=True, server_default=DEFAULT_GROUP)
    period: Mapped[str] = mapped_column(ForeignKey("warehouse.period.code"), primary_key=True)
    value: Mapped[float | None] = mapped_column(Double)
    status: Mapped[str] = mapped_column(Text, server_default="gueltig")
    quality: Mapped[str] = mapped_column(Text, comment="exakt: the area is made of whole blocks; else geschaetzt")
    explanation: Mapped[str] = mapped_column(Text, comment="German: how the value came about")
