"""Buildings and land use of the cadastre; where objects of the base map come from

Revision ID: 0010
Revises: 0009
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry

revision: str = "0010"
down_revision: str | Sequence[str] | None = "0009"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

OUTLINE = Geometry("MULTIPOLYGON", srid=25832, spatial_index=False)


def upgrade() -> None:
    op.add_column(
        "basemap",
        sa.Column("source", sa.Text(), nullable=True, comment="Attribution that must be shown with the object"),
        schema="geo",
    )
    op.create_table(
        "building",
        sa.Column("id", sa.Integer(), sa.Identity(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False, comment="Identity in the cadastre"),
        sa.Column("function_key", sa.Text(), nullable=True, comment="Key of the function, for example 31001_1010"),
        sa.Column("function", sa.Text(), nullable=True, comment="Function in words"),
        sa.Column("residential", sa.Boolean(), nullable=False, comment="People live in it, wholly or in part"),
        sa.Column("synthetic", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("geom", OUTLINE, nullable=False),
        sa.Column(
            "area_m2",
            sa.Double(),
            sa.Computed("st_area(geom)", persisted=True),
            nullable=False,
            comment="Ground covered, m²",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_building")),
        sa.UniqueConstraint("key", name=op.f("uq_building_key")),
        schema="geo",
        comment="Buildings of the cadastre (ALKIS)",
    )
    op.create_index("ix_building_geom", "building", ["geom"], schema="geo", postgresql_using="gist")
    op.create_table(
        "land_use",
        sa.Column("id", sa.Integer(), sa.Identity(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False, comment="Identity in the cadastre"),
        sa.Column("use", sa.Text(), nullable=False, comment="Kind of use in words"),
        sa.Column(
            "settlement", sa.Boolean(), nullable=False, comment="Belongs to the settlement area (without traffic)"
        ),
        sa.Column("synthetic", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("geom", OUTLINE, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_land_use")),
        sa.UniqueConstraint("key", name=op.f("uq_land_use_key")),
        schema="geo",
        comment="Land use of the cadastre (ALKIS)",
    )
    op.create_index("ix_land_use_geom", "land_use", ["geom"], schema="geo", postgresql_using="gist")


def downgrade() -> None:
    op.drop_table("land_use", schema="geo")
    op.drop_table("building", schema="geo")
    op.drop_column("basemap", "source", schema="geo")
