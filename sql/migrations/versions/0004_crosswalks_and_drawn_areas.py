"""Crosswalks between district versions and drawn areas

Revision ID: 0004
Revises: 0003
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry

revision: str = "0004"
down_revision: str | Sequence[str] | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "custom_area",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("label", sa.Text(), nullable=False, comment="What the set of areas is called"),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=True, comment="File it came from"),
        sa.Column("synthetic", sa.Boolean(), server_default=sa.text("false"), nullable=False),
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
        sa.Column("added_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("added_by", sa.Text(), server_default=sa.text("session_user"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_custom_area")),
        sa.UniqueConstraint("label", "key", name=op.f("uq_custom_area_label_key")),
        schema="geo",
        comment="Areas drawn beside the district versions",
    )
    op.create_index("ix_custom_area_geom", "custom_area", ["geom"], unique=False, schema="geo", postgresql_using="gist")
    op.create_table(
        "crosswalk",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("from_unit_id", sa.Integer(), nullable=False),
        sa.Column("to_unit_id", sa.Integer(), nullable=False),
        sa.Column(
            "component",
            sa.Integer(),
            nullable=False,
            comment="Units linked with each other, numbered by pair of versions and level",
        ),
        sa.Column("relation", sa.Text(), nullable=False),
        sa.Column(
            "method", sa.Text(), nullable=False, comment="By whole blocks, or by laying the polygons over each other"
        ),
        sa.Column("area_m2", sa.Double(), nullable=False, comment="Common area, m²; 0 for units without geometry"),
        sa.Column(
            "area_weight", sa.Double(), nullable=False, comment="Share of the source's area; sums to 1 by source"
        ),
        sa.Column("built_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("method IN ('blocks', 'overlay')", name=op.f("ck_crosswalk_method")),
        sa.CheckConstraint(
            "relation IN ('unchanged', 'split', 'merged', 'irregular')", name=op.f("ck_crosswalk_relation")
        ),
        sa.ForeignKeyConstraint(
            ["from_unit_id"], ["geo.unit.id"], name=op.f("fk_crosswalk_from_unit_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["to_unit_id"], ["geo.unit.id"], name=op.f("fk_crosswalk_to_unit_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crosswalk")),
        sa.UniqueConstraint("from_unit_id", "to_unit_id", name=op.f("uq_crosswalk_from_unit_id_to_unit_id")),
        schema="geo",
        comment="Relations between the units of two district versions, by level",
    )
    op.create_index("ix_crosswalk_to_unit_id", "crosswalk", ["to_unit_id"], unique=False, schema="geo")
    op.create_table(
        "custom_area_share",
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("share", sa.Double(), nullable=False),
        sa.Column("located_by", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "located_by IN ('adressen', 'flaeche', 'bloecke')", name=op.f("ck_custom_area_share_located_by")
        ),
        sa.CheckConstraint("share > 0 AND share <= 1", name=op.f("ck_custom_area_share_share")),
        sa.ForeignKeyConstraint(
            ["area_id"], ["geo.custom_area.id"], name=op.f("fk_custom_area_share_area_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["geo.unit.id"], name=op.f("fk_custom_area_share_unit_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("area_id", "unit_id", name=op.f("pk_custom_area_share")),
        schema="geo",
        comment="Share of a district that lies in a drawn area",
    )
    op.create_index("ix_custom_area_share_unit_id", "custom_area_share", ["unit_id"], unique=False, schema="geo")
    op.create_table(
        "crosswalk_error",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("from_version_id", sa.Integer(), nullable=False),
        sa.Column("to_version_id", sa.Integer(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("measure_id", sa.Integer(), nullable=False, comment="What was estimated"),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("carrier_id", sa.Integer(), nullable=True, comment="Measure whose weights were used; NULL: area"),
        sa.Column("units", sa.Integer(), nullable=False, comment="Target units whose value had to be estimated"),
        sa.Column(
            "error", sa.Double(), nullable=False, comment="Sum of absolute errors / sum of true values of these units"
        ),
        sa.Column("worst", sa.Double(), nullable=True, comment="Largest relative error of a unit"),
        sa.ForeignKeyConstraint(["carrier_id"], ["catalogue.measure.id"], name=op.f("fk_crosswalk_error_carrier_id")),
        sa.ForeignKeyConstraint(
            ["from_version_id"],
            ["geo.district_version.id"],
            name=op.f("fk_crosswalk_error_from_version_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["level"], ["geo.level.code"], name=op.f("fk_crosswalk_error_level")),
        sa.ForeignKeyConstraint(["measure_id"], ["catalogue.measure.id"], name=op.f("fk_crosswalk_error_measure_id")),
        sa.ForeignKeyConstraint(
            ["to_version_id"],
            ["geo.district_version.id"],
            name=op.f("fk_crosswalk_error_to_version_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crosswalk_error")),
        schema="warehouse",
        comment="Errors of replayed estimates between two district versions (restricted)",
    )
    op.create_index(
        "ix_crosswalk_error_versions",
        "crosswalk_error",
        ["from_version_id", "to_version_id", "level"],
        unique=False,
        schema="warehouse",
    )
    op.create_table(
        "crosswalk_weight",
        sa.Column("crosswalk_id", sa.Integer(), nullable=False),
        sa.Column("measure_id", sa.Integer(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False, comment="Period of the counts behind the weight"),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("amount", sa.Double(), nullable=False, comment="The measure in the common area"),
        sa.Column("weight", sa.Double(), nullable=False, comment="Share of the source; sums to 1 by source"),
        sa.CheckConstraint("basis IN ('blocks', 'cells')", name=op.f("ck_crosswalk_weight_basis")),
        sa.CheckConstraint("amount >= 0 AND weight >= 0", name=op.f("ck_crosswalk_weight_not_negative")),
        sa.ForeignKeyConstraint(
            ["crosswalk_id"], ["geo.crosswalk.id"], name=op.f("fk_crosswalk_weight_crosswalk_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["measure_id"], ["catalogue.measure.id"], name=op.f("fk_crosswalk_weight_measure_id")),
        sa.PrimaryKeyConstraint("crosswalk_id", "measure_id", "period", name=op.f("pk_crosswalk_weight")),
        schema="warehouse",
        comment="Weights of crosswalk relations by measure and period (restricted)",
    )
    op.create_table(
        "custom_area_count",
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("measure_id", sa.Integer(), nullable=False),
        sa.Column("group_code", sa.Text(), server_default="insgesamt", nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("status", sa.Text(), server_default="gueltig", nullable=False),
        sa.Column(
            "quality", sa.Text(), nullable=False, comment="exakt: the area is made of whole blocks; else geschaetzt"
        ),
        sa.Column("explanation", sa.Text(), nullable=False, comment="German: how the value came about"),
        sa.CheckConstraint("quality IN ('exakt', 'geschaetzt')", name=op.f("ck_custom_area_count_quality")),
        sa.CheckConstraint(
            "status IN ('gueltig', 'geheim', 'unsicher', 'folgt', 'fehlt', 'nicht_sinnvoll', 'nicht_vergleichbar')",
            name=op.f("ck_custom_area_count_status"),
        ),
        sa.ForeignKeyConstraint(
            ["area_id"], ["geo.custom_area.id"], name=op.f("fk_custom_area_count_area_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["measure_id"], ["catalogue.measure.id"], name=op.f("fk_custom_area_count_measure_id")),
        sa.ForeignKeyConstraint(["period"], ["warehouse.period.code"], name=op.f("fk_custom_area_count_period")),
        sa.PrimaryKeyConstraint("area_id", "measure_id", "group_code", "period", name=op.f("pk_custom_area_count")),
        schema="warehouse",
        comment="Measures in drawn areas (restricted, never published)",
    )
