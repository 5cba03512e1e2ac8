"""Why values of a release are withheld, and the patterns found so far

Revision ID: 0018
Revises: 0017
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0018"
down_revision: str | Sequence[str] | None = "0017"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

PARTS = "'numerator', 'denominator', 'complement', 'formula', 'value'"
RULES = (
    "'klein', 'glied', 'wenige_einwohner', 'zurueckgehalten', 'beitragende', 'dominanz', 'kleiner_nenner', 'schutz', "
    "'frueher', 'bezirke'"
)


def upgrade() -> None:
    op.create_table(
        "hidden_cell",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column(
            "indicator",
            sa.Text(),
            nullable=False,
            comment="Code; EINWOHNER for the inhabitants in the view of the units",
        ),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("group_code", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column(
            "part", sa.Text(), nullable=False, comment="Which part of the value is hidden; value: the value as a whole"
        ),
        sa.Column(
            "value", sa.Double(), nullable=True, comment="True count; withheld by who delivered it: a possible one"
        ),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column(
            "protects",
            postgresql.JSONB(),
            nullable=False,
            comment="Cells that it helps to hide: name, group, unit, year",
        ),
        sa.CheckConstraint(f"part IN ({PARTS})", name=op.f("ck_hidden_cell_part")),
        sa.CheckConstraint(f"rule IN ({RULES})", name=op.f("ck_hidden_cell_rule")),
        sa.ForeignKeyConstraint(["edition_id"], ["release.edition.id"], name=op.f("fk_hidden_cell_edition_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hidden_cell")),
        schema="warehouse",
        comment="Why values of a release are withheld (restricted, append-only)",
    )
    op.create_index(
        "ix_hidden_cell_value", "hidden_cell", ["edition_id", "indicator", "unit_id", "group_code", "period"],
        schema="warehouse",
    )  # fmt: skip
    op.create_table(
        "solved_part",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("hidden", sa.LargeBinary(), nullable=False, comment="A bit for each cell, packed"),
        sa.Column("cells", sa.Integer(), nullable=False),
        sa.Column("price", sa.Double(), nullable=False),
        sa.Column("bound", sa.Double(), nullable=False),
        sa.Column("weak", postgresql.JSONB(), nullable=False, comment="Cells that cannot be protected in full"),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_solved_part")),
        schema="warehouse",
        comment="Patterns found, by the digest of their part (restricted)",
    )


def downgrade() -> None:
    op.drop_table("solved_part", schema="warehouse")
    op.drop_table("hidden_cell", schema="warehouse")
