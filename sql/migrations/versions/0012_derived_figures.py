"""Indices, inequality between units, neighbourhoods: figures made from the shown values of an edition

Revision ID: 0012
Revises: 0011
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0012"
down_revision: str | Sequence[str] | None = "0011"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "index_value",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False, comment="Published as index_wert_id"),
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("index_code", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False, comment="Units that took part"),
        sa.Column(
            "score", sa.Double(), nullable=True, comment="Rounded as the index says; classes are cut before rounding"
        ),
        sa.Column("class_no", sa.Integer(), nullable=True, comment="Code of the class in the catalogue"),
        sa.Column("rank", sa.Integer(), nullable=True, comment="1 has the highest score"),
        sa.Column("rank_lower", sa.Integer(), nullable=True, comment="Best rank of 95 % of the repeated runs"),
        sa.Column("rank_upper", sa.Integer(), nullable=True, comment="Last rank of 95 % of the repeated runs"),
        sa.Column(
            "firmness", sa.Double(), nullable=True, comment="Share of repeated runs in which the class stays, 0 to 1"
        ),
        sa.Column("firm", sa.Boolean(), nullable=True, comment="Whether that share reaches the index's limit"),
        sa.Column("without_part", sa.Double(), nullable=True, comment="The same with one part left out"),
        sa.Column("other_weights", sa.Double(), nullable=True, comment="The same with other weights"),
        sa.Column("other_limits", sa.Double(), nullable=True, comment="The same with shifted class limits"),
        sa.Column("other_counts", sa.Double(), nullable=True, comment="The same with cases drawn anew"),
        sa.CheckConstraint(
            "status = 'gueltig' OR num_nonnulls(score, class_no, rank, rank_lower, rank_upper, firmness, firm) = 0",
            name=op.f("ck_index_value_withheld_is_absent"),
        ),
        sa.CheckConstraint(
            "status IN ('gueltig', 'geheim', 'unsicher', 'folgt', 'fehlt', 'nicht_sinnvoll', 'nicht_vergleichbar')",
            name=op.f("ck_index_value_status"),
        ),
        sa.ForeignKeyConstraint(["edition_id"], ["release.edition.id"], name=op.f("fk_index_value_edition_id")),
        sa.ForeignKeyConstraint(
            ["index_code"], ["catalogue.social_index.code"], name=op.f("fk_index_value_index_code")
        ),
        sa.ForeignKeyConstraint(["period"], ["warehouse.period.code"], name=op.f("fk_index_value_period")),
        sa.ForeignKeyConstraint(["unit_id"], ["geo.unit.id"], name=op.f("fk_index_value_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_index_value")),
        schema="release",
        comment="Indices by edition (append-only)",
    )
    op.create_index(
        "uq_index_value_cell",
        "index_value",
        ["edition_id", "index_code", "unit_id", "period"],
        unique=True,
        schema="release",
    )
    op.create_table(
        "inequality",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("indicator_id", sa.Integer(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False, comment="Units that took part"),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("lower", sa.Double(), nullable=True, comment="95 % interval of redrawn cases; none for Moran's I"),
        sa.Column("upper", sa.Double(), nullable=True),
        sa.Column("p_value", sa.Double(), nullable=True, comment="Moran's I: two-sided, by permutation"),
        sa.CheckConstraint(
            "measure IN ('dissimilaritaet', 'isolation', 'gini', 'theil', 'moran')", name=op.f("ck_inequality_measure")
        ),
        sa.CheckConstraint(
            "status = 'gueltig' OR num_nonnulls(value, lower, upper, p_value) = 0",
            name=op.f("ck_inequality_withheld_is_absent"),
        ),
        sa.CheckConstraint(
            "status IN ('gueltig', 'geheim', 'unsicher', 'folgt', 'fehlt', 'nicht_sinnvoll', 'nicht_vergleichbar')",
            name=op.f("ck_inequality_status"),
        ),
        sa.ForeignKeyConstraint(["edition_id"], ["release.edition.id"], name=op.f("fk_inequality_edition_id")),
        sa.ForeignKeyConstraint(["indicator_id"], ["catalogue.indicator.id"], name=op.f("fk_inequality_indicator_id")),
        sa.ForeignKeyConstraint(["period"], ["warehouse.period.code"], name=op.f("fk_inequality_period")),
        sa.ForeignKeyConstraint(["version_id"], ["geo.district_version.id"], name=op.f("fk_inequality_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inequality")),
        schema="release",
        comment="Inequality between units by edition (append-only)",
    )
    op.create_index(
        "uq_inequality_cell",
        "inequality",
        ["edition_id", "version_id", "level", "indicator_id", "period", "measure"],
        unique=True,
        schema="release",
    )
    op.create_table(
        "neighbourhood",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("indicator_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("local_i", sa.Double(), nullable=False, comment="Local Moran's I"),
        sa.Column("p_adjusted", sa.Double(), nullable=False, comment="Two-sided, adjusted for testing all units"),
        sa.Column(
            "quadrant",
            sa.Integer(),
            nullable=False,
            comment="1 high among high, 2 low among high, 3 low among low, 4 high among low",
        ),
        sa.Column("found", sa.Boolean(), nullable=False, comment="Adjusted p below 5 %"),
        sa.ForeignKeyConstraint(["edition_id"], ["release.edition.id"], name=op.f("fk_neighbourhood_edition_id")),
        sa.ForeignKeyConstraint(
            ["indicator_id"], ["catalogue.indicator.id"], name=op.f("fk_neighbourhood_indicator_id")
        ),
        sa.ForeignKeyConstraint(["period"], ["warehouse.period.code"], name=op.f("fk_neighbourhood_period")),
        sa.ForeignKeyConstraint(["unit_id"], ["geo.unit.id"], name=op.f("fk_neighbourhood_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_neighbourhood")),
        schema="release",
        comment="Local spatial association by edition (append-only)",
    )
    op.create_index(
        "uq_neighbourhood_cell",
        "neighbourhood",
        ["edition_id", "indicator_id", "unit_id"],
        unique=True,
        schema="release",
    )
    op.create_table(
        "index_part",
        sa.Column("index_value_id", sa.Integer(), nullable=False),
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False, comment="Name within the index, for example S1"),
        sa.Column("indicator_id", sa.Integer(), nullable=False),
        sa.Column(
            "value",
            sa.Double(),
            nullable=False,
            comment="In the indicator's unit; change over years where the index says so",
        ),
        sa.Column("z", sa.Double(), nullable=False, comment="In the direction of the index"),
        sa.ForeignKeyConstraint(["edition_id"], ["release.edition.id"], name=op.f("fk_index_part_edition_id")),
        sa.ForeignKeyConstraint(
            ["index_value_id"], ["release.index_value.id"], name=op.f("fk_index_part_index_value_id")
        ),
        sa.ForeignKeyConstraint(["indicator_id"], ["catalogue.indicator.id"], name=op.f("fk_index_part_indicator_id")),
        sa.PrimaryKeyConstraint("index_value_id", "part", name=op.f("pk_index_part")),
        schema="release",
        comment="Parts of the indices by edition (append-only)",
    )
    op.create_table_comment(
        "social_index",
        "Indices that join indicators",
        existing_comment="Indices: declared, not computed yet",
        schema="catalogue",
    )


def downgrade() -> None:
    op.create_table_comment(
        "social_index",
        "Indices: declared, not computed yet",
        existing_comment="Indices that join indicators",
        schema="catalogue",
    )
    for name in ("index_part", "neighbourhood", "inequality", "index_value"):
        op.drop_table(name, schema="release")
