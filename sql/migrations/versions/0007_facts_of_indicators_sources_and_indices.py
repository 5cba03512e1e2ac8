"""What the catalogue says of indicators and sources for six themes; indices

Revision ID: 0007
Revises: 0006
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0007"
down_revision: str | Sequence[str] | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_LIST = sa.text("'[]'::jsonb")


def upgrade() -> None:
    json = postgresql.JSONB(astext_type=sa.Text())
    for column in (
        sa.Column("owner", sa.Text(), nullable=True, comment="Code of the responsible office"),
        sa.Column(
            "reference",
            sa.Text(),
            server_default="31.12.",
            nullable=False,
            comment="Reference date or period, as shown to readers",
        ),
        sa.Column(
            "source_text", sa.Text(), nullable=True, comment="Source as shown to readers; NULL: titles of sources"
        ),
        sa.Column("formula", sa.Text(), server_default="ratio", nullable=False, comment="ratio or segregation"),
        sa.Column(
            "pool",
            sa.Integer(),
            server_default="1",
            nullable=False,
            comment="Successive periods that numerator and denominator are summed over",
        ),
        sa.Column("disclosure_risk", sa.Text(), server_default="mittel", nullable=False, comment="gering to sehr_hoch"),
        sa.Column("index_part", sa.Text(), nullable=True, comment="Part of an index that it is (S1, S2, ...)"),
        sa.Column(
            "breaks",
            json,
            server_default=_LIST,
            nullable=False,
            comment="Breaks in the definition, of the indicator and of its sources: since, reason, source",
        ),
        sa.Column("gap", json, nullable=True, comment="Why it cannot be computed, what would help, whom to ask"),
        sa.Column("comparison", json, nullable=True, comment="The same figure for comparison areas"),
        sa.Column("place", sa.Text(), server_default="wohnort", nullable=False, comment="Where the numerator lies"),
    ):
        op.add_column("indicator", column, schema="catalogue")
    for column in (
        sa.Column(
            "place", sa.Text(), server_default="wohnort", nullable=False, comment="wohnort, standort, arbeitsort"
        ),
        sa.Column("first_year", sa.Integer(), nullable=True, comment="First year for which it is expected"),
        sa.Column(
            "due_days",
            sa.Integer(),
            server_default="120",
            nullable=False,
            comment="Days after the reference date until a delivery is due",
        ),
        sa.Column("delivery", sa.Text(), nullable=True, comment="How and when it is to be delivered"),
        sa.Column("quality", sa.Text(), nullable=True, comment="What is required of the data's quality"),
        sa.Column(
            "breaks", json, server_default=_LIST, nullable=False, comment="Breaks in the definition: since, reason"
        ),
        sa.Column(
            "estimate",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="Values by area are estimates (spread over areas, perturbed)",
        ),
        sa.Column(
            "assumed",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="The layout of a form is not public and assumed",
        ),
    ):
        op.add_column("source", column, schema="catalogue")
    op.create_table(
        "social_index",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("needs", json, nullable=False, comment="Codes of the indicators or indices it is made of"),
        sa.Column("definition", json, nullable=False, comment="As declared in the catalogue"),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_social_index")),
        schema="catalogue",
        comment="Indices: declared, not computed yet",
    )
