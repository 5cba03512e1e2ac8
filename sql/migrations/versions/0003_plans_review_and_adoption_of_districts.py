"""Plans, review and adoption of districts

Revision ID: 0003
Revises: 0002
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision: str = "0003"
down_revision: str | Sequence[str] | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "assignment_change",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False, comment="Key of the block, or of the district for a name"),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("after", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False, comment="German: what it made invalid"),
        sa.Column(
            "changed_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("changed_by", sa.Text(), server_default=sa.text("session_user"), nullable=False),
        sa.CheckConstraint("kind IN ('zuordnung', 'name')", name=op.f("ck_assignment_change_kind")),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["geo.district_version.id"],
            name=op.f("fk_assignment_change_version_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment_change")),
        schema="geo",
        comment="Journal of changes by hand",
    )
    op.create_index("ix_assignment_change_version_id", "assignment_change", ["version_id"], unique=False, schema="geo")
    op.create_table(
        "plan",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False, comment="gesamt, homogen, kompakt, ausgewogen"),
        sa.Column("chosen", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("quality", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="Quality sheet"),
        sa.Column(
            "certificate",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="Proven bound and gap by parent",
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Text(), server_default=sa.text("session_user"), nullable=False),
        sa.ForeignKeyConstraint(
            ["version_id"], ["geo.district_version.id"], name=op.f("fk_plan_version_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan")),
        sa.UniqueConstraint("version_id", "name", name=op.f("uq_plan_version_id_name")),
        schema="geo",
        comment="Proposed plans of a district version; at most one is chosen",
    )
    op.create_index(
        "uq_plan_chosen", "plan", ["version_id"], unique=True, schema="geo", postgresql_where=sa.text("chosen")
    )
    op.create_table(
        "block_neighbour",
        sa.Column("block_id", sa.Integer(), nullable=False),
        sa.Column("neighbour_id", sa.Integer(), nullable=False),
        sa.Column("border_m", sa.Double(), nullable=False, comment="Length of the common border, m"),
        sa.ForeignKeyConstraint(
            ["block_id"], ["geo.block.id"], name=op.f("fk_block_neighbour_block_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["neighbour_id"], ["geo.block.id"], name=op.f("fk_block_neighbour_neighbour_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("block_id", "neighbour_id", name=op.f("pk_block_neighbour")),
        schema="geo",
        comment="Blocks that share a border line (rook contiguity), both directions",
    )
    op.create_index("ix_block_neighbour_neighbour_id", "block_neighbour", ["neighbour_id"], unique=False, schema="geo")
    op.create_table(
        "plan_assignment",
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("block_id", sa.Integer(), nullable=False),
        sa.Column("district", sa.Text(), nullable=False, comment="District key S+BB"),
        sa.ForeignKeyConstraint(
            ["block_id"], ["geo.block.id"], name=op.f("fk_plan_assignment_block_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["geo.plan.id"], name=op.f("fk_plan_assignment_plan_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("plan_id", "block_id", name=op.f("pk_plan_assignment")),
        schema="geo",
        comment="Which district a plan puts a block into",
    )
    op.create_index("ix_plan_assignment_block_id", "plan_assignment", ["block_id"], unique=False, schema="geo")
    op.create_table(
        "unit_review",
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False, comment="German: what is invalid; empty where nothing is"),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("changed_by", sa.Text(), server_default=sa.text("session_user"), nullable=False),
        sa.CheckConstraint("state IN ('gueltig', 'ungueltig')", name=op.f("ck_unit_review_state")),
        sa.ForeignKeyConstraint(["unit_id"], ["geo.unit.id"], name=op.f("fk_unit_review_unit_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("unit_id", name=op.f("pk_unit_review")),
        schema="geo",
        comment="Validity of the districts of a draft, marked at each change",
    )
    op.create_table(
        "unit_simplified",
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("tolerance_m", sa.Integer(), autoincrement=False, nullable=False, comment="Tolerance, m"),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="MULTIPOLYGON",
                srid=25832,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["geo.unit.id"], name=op.f("fk_unit_simplified_unit_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("unit_id", "tolerance_m", name=op.f("pk_unit_simplified")),
        schema="geo",
        comment="Outlines of adopted versions at coarser scales",
    )
    op.create_table(
        "planning_block",
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("block_id", sa.Integer(), nullable=False),
        sa.Column("persons", sa.Double(), nullable=False),
        sa.Column(
            "scores",
            sa.ARRAY(sa.Double()),
            nullable=False,
            comment="Population-weighted z-scores, in the order of the version's attributes",
        ),
        sa.Column(
            "barrier_side", sa.Integer(), nullable=True, comment="Face between barriers; other number, other side"
        ),
        sa.CheckConstraint("persons >= 0", name=op.f("ck_planning_block_persons")),
        sa.ForeignKeyConstraint(
            ["block_id"], ["geo.block.id"], name=op.f("fk_planning_block_block_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["version_id"], ["geo.district_version.id"], name=op.f("fk_planning_block_version_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("version_id", "block_id", name=op.f("pk_planning_block")),
        schema="warehouse",
        comment="Persons and attributes by block that a version was planned with",
    )
    op.create_index("ix_planning_block_block_id", "planning_block", ["block_id"], unique=False, schema="warehouse")
    op.add_column(
        "block_assignment",
        sa.Column(
            "id", sa.Integer(), sa.Identity(always=False), nullable=False, comment="Key of a row for editing in a GIS"
        ),
        schema="geo",
    )
    op.create_unique_constraint(op.f("uq_block_assignment_id"), "block_assignment", ["id"], schema="geo")
    op.add_column(
        "district_version",
        sa.Column("based_on", sa.Integer(), nullable=True, comment="The version it was planned near"),
        schema="geo",
    )
    op.add_column(
        "district_version",
        sa.Column(
            "parameters",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
            comment="How it was planned: band, attributes, weights, period, seed",
        ),
        schema="geo",
    )
    op.add_column(
        "district_version",
        sa.Column("band_reason", sa.Text(), nullable=True, comment="Why districts outside the band were accepted"),
        schema="geo",
    )
    op.add_column("district_version", sa.Column("adopted_at", sa.DateTime(timezone=True), nullable=True), schema="geo")
    op.add_column("district_version", sa.Column("adopted_by", sa.Text(), nullable=True), schema="geo")
    op.create_foreign_key(
        op.f("fk_district_version_based_on"),
        "district_version",
        "district_version",
        ["based_on"],
        ["id"],
        source_schema="geo",
        referent_schema="geo",
        ondelete="SET NULL",
    )
