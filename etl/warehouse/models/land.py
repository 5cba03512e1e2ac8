"""Schema ``geo``: buildings and land use of the cadastre (ALKIS); never who owns them."""

from __future__ import annotations

from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import Computed, Identity, Index, Integer, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from etl.warehouse.models.base import SRID, Base


class Building(Base):
    """The outline of a building: public information about a place, not about persons."""

    __tablename__ = "building"
    __table_args__ = (
        Index("ix_building_geom", "geom", postgresql_using="gist"),
        {"schema": "geo", "comment": "Buildings of the cadastre (ALKIS)"},
    )

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    key: Mapped[str] = mapped_column(Text, unique=True, comment="Identity in the cadastre")
    function_key: Mapped[str | None] = mapped_column(Text, comment="Key of the function, for example 31001_1010")
    function: Mapped[str | None] = mapped_column(Text, comment="Function in words")
    residential: Mapped[bool] = mapped_column(comment="People live in it, wholly or in part")
    synthetic: Mapped[bool] = mapped_column(server_default=text("false"))
    geom: Mapped[Any] = mapped_column(Geometry("MULTIPOLYGON", srid=SRID, spatial_index=False))
    area_m2: Mapped[float] = mapped_column(Computed("st_area(geom)", persisted=True), comment="Ground covered, m²")


class LandUse(Base):
    """A piece of ground of one use."""

    __tablename__ = "land_use"
    __table_args__ = (
        Index("ix_land_use_geom", "geom", postgresql_using="gist"),
        {"schema": "geo", "comment": "Land use of the cadastre (ALKIS)"},
    )

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    key: Mapped[str] = mapped_column(Text, unique=True, comment="Identity in the cadastre")
    use: Mapped[str] = mapped_column(Text, comment="Kind of use in words")
    settlement: Mapped[bool] = mapped_column(comment="Belongs to the settlement area (without traffic)")
    synthetic: Mapped[bool] = mapped_column(server_default=text("false"))
    geom: Mapped[Any] = mapped_column(Geometry("MULTIPOLYGON", srid=SRID, spatial_index=False))
