"""Schema ``geo``: levels, district versions, units, building blocks, addresses, facilities."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import Computed, ForeignKey, Identity, Index, Integer, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import DATERANGE, JSONB, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column

from etl.warehouse.models.base import SRID, Base, one_of

VERSION_STATUS = ("draft", "reviewed", "adopted", "superseded")
EVER = text("'[1900-01-01,)'::daterange")


class Level(Base):
    """A level of the territorial hierarchy, as the city's catalogue declares it."""

    __tablename__ = "level"
    __table_args__ = (UniqueConstraint("rank"), {"schema": "geo", "comment": "Territorial levels of the city"})

    code: Mapped[str] = mapped_column(Text, primary_key=True, comment="Code, for example stadtteil")
    rank: Mapped[int] = mapped_column(comment="0 is the city; larger is finer")
    title: Mapped[str] = mapped_column(Text, comment="German title")
    parent: Mapped[str | None] = mapped_column(ForeignKey("geo.level.code"), comment="The level it nests in")


class DistrictVersion(Base):
    """A version of the city's division into units; adopted versions are immutable and never overlap in time."""

    __tablename__ = "district_version"
    __table_args__ = (
        one_of("status", VERSION_STATUS),
        ExcludeConstraint(
            ("valid", "&&"), where=text("status IN ('adopted', 'superseded')"), name="ex_district_version_valid"
        ),
        {"schema": "geo", "comment": "Versions of the territorial division"},
    )

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    label: Mapped[str] = mapped_column(Text, unique=True, comment="Short label shown to users as gebietsstand")
    title: Mapped[str] = mapped_column(Text, comment="German title")
    status: Mapped[str] = mapped_column(Text, server_default="draft")
    provisional: Mapped[bool] = mapped_column(server_default=text("false"), comment="Stands in until districts exist")
    synthetic: Mapped[bool] = mapped_column(server_default=text("false"), comment="Made from synthetic data")
    is_current: Mapped[bool] = mapped_column(
        server_default=text("false"), comment="The version that the _aktuell views show; at most one"
    )
    valid: Mapped[Range[date]] = mapped_column(DATERANGE, server_default=EVER, comment="Half-open validity")
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    based_on: Mapped[int | None] = mapped_column(
        ForeignKey("geo.district_version.id", ondelete="SET NULL"), comment="The version it was planned near"
    )
    parameters: Mapped[dict[str, Any]] = mapped_column(
        JSONB, server_default=text("'{}'::jsonb"), comment="How it was planned: band, attributes, weights, period, seed"
    )
    band_reason: Mapped[str | None] = mapped_column(Text, comment="Why districts outside the band were accepted")
    adopted_at: Mapped[datetime | None] = mapped_column()
    adopted_by: Mapped[str | None] = mapped_column(Text)


Index("uq_district_version_current", DistrictVersion.is_current, unique=True, postgresql_where=text("is_current"))


class Unit(Base):
    """A unit (area) of a level in a district version; the level ``nicht_zuordenbar`` has no geometry."""

    __tablename__ = "unit"
    __table_args__ = (
        ExcludeConstraint(("version_id", "="), ("level", "="), ("key", "="), ("valid", "&&"), name="ex_unit_key_valid"),
        Index("ix_unit_geom", "geom", postgresql_using="gist"),
        Index("ix_unit_version_level", "version_id", "level"),
        Index("ix_unit_parent_id", "parent_id"),
        {"schema": "geo", "comment": "Units of the levels in a district version"},
    )

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True, comment="Immutable internal id")
    version_id: Mapped[int] = mapped_column(ForeignKey("geo.district_version.id", ondelete="CASCADE"))
    level: Mapped[str] = mapped_column(ForeignKey("geo.level.code"))
    key: Mapped[str] = mapped_column(Text, comment="Key as users know it; S+BB for statistical districts")
    name: Mapped[str] = mapped_column(Text)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("geo.unit.id", ondelete="CASCADE"))
    valid: Mapped[Range[date]] = mapped_column(DATERANGE, server_default=EVER, comment="Half-open validity")
    geom: Mapped[Any | None] = mapped_column(Geometry("MULTIPOLYGON", srid=SRID, spatial_index=False))
    area_m2: Mapped[float | None] = mapped_column(Computed("st_area(geom)", persisted=True), comment="Plane area, m²")
    label_point: Mapped[Any | None] = mapped_column(
        Geometry("POINT", srid=SRID, spatial_index=False),
        Computed("st_pointonsurface(geom)::geometry(Point,25832)", persisted=True),
        comment="A point inside, for labels",
    )


class BoundaryLoad(Base):
    """Provenance of geometry: one row a loaded file and level."""

    __tablename__ = "boundary_load"
    __table_args__ = ({"schema": "geo", "comment": "Provenance of loaded boundaries"},)

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    version_id: Mapped[int | None] = mapped_column(ForeignKey("geo.district_version.id", ondelete="CASCADE"))
    level: Mapped[str] = mapped_column(Text, comment="Level, or block / address / facility / basemap")
    file_name: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(Text)
    options: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
    source_crs: Mapped[str | None] = mapped_column(Text)
    operation: Mapped[str | None] = mapped_column(Text, comment="Coordinate operation used and its accuracy")
    report: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
    synthetic: Mapped[bool] = mapped_column(server_default=text("false"))
    loaded_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    loaded_by: Mapped[str] = mapped_column(Text, server_default=text("session_user"))


class BlockSet(Base):
    """A set of building blocks that tiles the city; exactly one is current."""

    __tablename__ = "block_set"
    __table_args__ = ({"schema": "geo", "comment": "Sets of building blocks"},)

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    label: Mapped[str] = mapped_column(Text, unique=True)
    method: Mapped[str] = mapped_column(Text, comment="given, enclosed, grid or cluster")
    is_current: Mapped[bool] = mapped_column(server_default=text("false"))
    synthetic: Mapped[bool] = mapped_column(server_default=text("false"))
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))


Index("uq_block_set_current", BlockSet.is_current, unique=True, postgresql_where=text("is_current"))


class Block(Base):
    """A building block: the smallest area for which counts are kept."""

    __tablename__ = "block"
    __table_args__ = (
        UniqueConstraint("block_set_id", "key"),
        Index("ix_block_geom", "geom", postgresql_using="gist"),
        {"schema": "geo", "comment": "Building blocks; counts are kept by block"},
    )

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    block_set_id: Mapped[int] = mapped_column(ForeignKey("geo.block_set.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(Text)
    parent_key: Mapped[str | None] = mapped_column(Text, comment="Key of the Stadtteil it lies in")
    geom: Mapped[Any] = mapped_column(Geometry("MULTIPOLYGON", srid=SRID, spatial_index=False))
    area_m2: Mapped[float] = mapped_column(Computed("st_area(geom)", persisted=True))


class BlockAssignment(Base):
    """Block → district of a version. This table is the truth; district polygons are dissolved from it."""

    __tablename__ = "block_assignment"
    __table_args__ = (
        UniqueConstraint("id"),
        Index("ix_block_assignment_unit_id", "unit_id"),
        {"schema": "geo", "comment": "Which district a block belongs to, by district version"},
    )

    version_id: Mapped[int] = mapped_column(ForeignKey("geo.district_version.id", ondelete="CASCADE"), primary_key=True)
    block_id: Mapped[int] = mapped_column(ForeignKey("geo.block.id", ondelete="CASCADE"), primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("geo.unit.id", ondelete="CASCADE"))
    id: Mapped[int] = mapped_column(Integer, Identity(), comment="Key of a row for editing in a GIS")


class Address(Base):
    """An address point; it serves to locate rows and is never stored with them."""

    __tablename__ = "address"
    __table_args__ = (
        Index("ix_address_geom", "geom", postgresql_using="gist"),
        Index("ix_address_block_id", "block_id"),
        {"schema": "geo", "comment": "Address points with the block they fall into"},
    )

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    address_key: Mapped[str] = mapped_column(Text, unique=True, comment="Street key|house number|suffix")
    street_key: Mapped[str] = mapped_column(Text)
    house_number: Mapped[int] = mapped_column()
    suffix: Mapped[str] = mapped_column(Text, server_default="")
    street_name: Mapped[str | None] = mapped_column(Text)
    postal_code: Mapped[str | None] = mapped_column(Text)
    quality: Mapped[str | None] = mapped_column(Text, comment="A in the building, B on the parcel, C internal")
    geom: Mapped[Any] = mapped_column(Geometry("POINT", srid=SRID, spatial_index=False))
    block_id: Mapped[int | None] = mapped_column(ForeignKey("geo.block.id", ondelete="SET NULL"))


class Facility(Base):
    """A school, day-care centre or the like: public information about a place, not about persons."""

    __tablename__ = "facility"
    __table_args__ = (
        UniqueConstraint("kind", "key"),
        Index("ix_facility_geom", "geom", postgresql_using="gist"),
        {"schema": "geo", "comment": "Public facilities as points"},
    )

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    kind: Mapped[str] = mapped_column(Text, comment="schule, kita, ...")
    key: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    address: Mapped[str | None] = mapped_column(Text)
    attributes: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
    source: Mapped[str | None] = mapped_column(Text)
    synthetic: Mapped[bool] = mapped_column(server_default=text("false"))
    geom: Mapped[Any] = mapped_column(Geometry("POINT", srid=SRID, spatial_index=False))


class Basemap(Base):
    """Street, rail and water lines or areas for orientation."""

    __tablename__ = "basemap"
    __table_args__ = (
        Index("ix_basemap_geom", "geom", postgresql_using="gist"),
        {"schema": "geo", "comment": "Lines and areas for orientation"},
    )

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    kind: Mapped[str] = mapped_column(Text, comment="strasse, bahn, gewaesser")
    class_: Mapped[str | None] = mapped_column("class", Text, comment="Class within the kind, for example hauptstrasse")
    name: Mapped[str | None] = mapped_column(Text)
    synthetic: Mapped[bool] = mapped_column(server_default=text("false"))
    source: Mapped[str | None] = mapped_column(Text, comment="Attribution that must be shown with the object")
    geom: Mapped[Any] = mapped_column(Geometry("GEOMETRY", srid=SRID, spatial_index=False))
