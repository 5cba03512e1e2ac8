"""Forming districts: neighbourhood of blocks, plans, what review found, simplified outlines."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from etl.warehouse.models.base import SRID, Base, one_of

REVIEW_STATE = ("gueltig", "ungueltig")
CHANGE_KIND = ("zuordnung", "name")


class BlockNeighbour(Base):
    """Rook adjacency of the blocks of a set: a row for each direction."""

    __tablename__ = "block_neighbour"
    __table_args__ = (
        Index("ix_block_neighbour_neighbour_id", "neighbour_id"),
        {"schema": "geo", "comment": "Blocks that share a border line (rook contiguity), both directions"},
    )

    block_id: Mapped[int] = mapped_column(ForeignKey("geo.block.id", ondelete="CASCADE"), primary_key=True)
    neighbour_id: Mapped[int] = mapped_column(ForeignKey("geo.block.id", ondelete="CASCADE"), primary_key=True)
    border_m: Mapped[float] = mapped_column(Double, comment="Length of the common border, m")


class Plan(Base):
    """A plan that the search proposed for a draft version, with its quality sheet."""

    __tablename__ = "plan"
    __table_args__ = (
        UniqueConstraint("version_id", "name"),
        {"schema": "geo", "comment": "Proposed plans of a district version; at most one is chosen"},
    )

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("geo.district_version.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(Text, comment="gesamt, homogen, kompakt, ausgewogen")
    chosen: Mapped[bool] = mapped_column(server_default=text("false"))
    quality: Mapped[dict[str, Any]] = mapped_column(JSONB, comment="Quality sheet")
    certificate: Mapped[dict[str, Any] | None] = mapped_column(JSONB, comment="Proven bound and gap by parent")
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    created_by: Mapped[str] = mapped_column(Text, server_default=text("session_user"))


Index("uq_plan_chosen", Plan.version_id, unique=True, postgresql_where=text("chosen"))


class PlanAssignment(Base):
    """Block → district of a plan."""

    __tablename__ = "plan_assignment"
    __table_args__ = (
        Index("ix_plan_assignment_block_id", "block_id"),
        {"schema": "geo", "comment": "Which district a plan puts a block into"},
    )

    plan_id: Mapped[int] = mapped_column(ForeignKey("geo.plan.id", ondelete="CASCADE"), primary_key=True)
    block_id: Mapped[int] = mapped_column(ForeignKey("geo.block.id", ondelete="CASCADE"), primary_key=True)
    district: Mapped[str] = mapped_column(Text, comment="District key S+BB")


class PlanningBlock(Base):
    """What a version was planned with: persons and attributes by block, kept so that its figures can be repeated."""

    __tablename__ = "planning_block"
    __table_args__ = (
        CheckConstraint("persons >= 0", name="persons"),
        Index("ix_planning_block_block_id", "block_id"),
        {"schema": "warehouse", "comment": "Persons and attributes by block that a version was planned with"},
    )

    version_id: Mapped[int] = mapped_column(ForeignKey("geo.district_version.id", ondelete="CASCADE"), primary_key=True)
    block_id: Mapped[int] = mapped_column(ForeignKey("geo.block.id", ondelete="CASCADE"), primary_key=True)
    persons: Mapped[float] = mapped_column(Double)
    scores: Mapped[list[float]] = mapped_column(
        ARRAY(Double),
        comment="Population-weighted z-scores, in the order of the version's attributes",
    )
    barrier_side: Mapped[int | None] = mapped_column(Integer, comment="Face between barriers; other number, other side")


class UnitReview(Base):
    """What the last change made of a district: set by trigger, read by views of the schema planung."""

    __tablename__ = "unit_review"
    __table_args__ = (
        one_of("state", REVIEW_STATE),
        {"schema": "geo", "comment": "Validity of the districts of a draft, marked at each change"},
    )

    unit_id: Mapped[int] = mapped_column(ForeignKey("geo.unit.id", ondelete="CASCADE"), primary_key=True)
    state: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text, comment="German: what is invalid; empty where nothing is")
    changed_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    changed_by: Mapped[str] = mapped_column(Text, server_default=text("session_user"))


class AssignmentChange(Base):
    """Journal of the review: who moved which block or renamed which district, and what became of it."""

    __tablename__ = "assignment_change"
    __table_args__ = (
        one_of("kind", CHANGE_KIND),
        Index("ix_assignment_change_version_id", "version_id"),
        {"schema": "geo", "comment": "Journal of changes by hand"},
    )

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("geo.district_version.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text, comment="Key of the block, or of the district for a name")
    before: Mapped[str | None] = mapped_column(Text)
    after: Mapped[str | None] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text, server_default="", comment="German: what it made invalid")
    changed_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    changed_by: Mapped[str] = mapped_column(Text, server_default=text("session_user"))


class UnitSimplified(Base):
    """A unit's outline at a coarser scale; shared edges are simplified together."""

    __tablename__ = "unit_simplified"
    __table_args__ = ({"schema": "geo", "comment": "Outlines of adopted versions at coarser scales"},)

    unit_id: Mapped[int] = mapped_column(ForeignKey("geo.unit.id", ondelete="CASCADE"), primary_key=True)
    tolerance_m: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, comment="Tolerance, m")
    geom: Mapped[Any] = mapped_column(Geometry("MULTIPOLYGON", srid=SRID, spatial_index=False))
