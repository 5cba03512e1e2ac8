"""The audit log: schema and table of a hash chain that is only added to

Revision ID: 0013
Revises: 0012
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0013"
down_revision: str | Sequence[str] | None = "0012"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "entry",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False, comment="Without gaps from 1"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, comment="The server's clock when it was written"),
        sa.Column("actor", sa.Text(), nullable=False, comment="Who logged in"),
        sa.Column("role", sa.Text(), nullable=False, comment="In which role"),
        sa.Column("application", sa.Text(), nullable=False, comment="With which program"),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("object", sa.Text(), nullable=False, comment="What it was done to"),
        sa.Column(
            "detail",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
            comment="More about it; nothing about persons, no withheld figure",
        ),
        sa.Column(
            "clock_behind_ms",
            sa.BigInteger(),
            nullable=True,
            comment="Milliseconds by which the clock had jumped back since the entry before",
        ),
        sa.Column(
            "previous_sha256", sa.Text(), nullable=False, comment="Hash of the entry before; zeros for the first"
        ),
        sa.Column("sha256", sa.Text(), nullable=False, comment="Hash over all columns above"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entry")),
        schema="audit",
        comment="Audit log: one hash chain, append-only",
    )


def downgrade() -> None:
    for function in ("record(text, text, jsonb)", "chain()", "keep()", "fingerprint(audit.entry)", "part(text)"):
        op.execute(f"DROP FUNCTION IF EXISTS audit.{function} CASCADE")
    op.drop_table("entry", schema="audit")
