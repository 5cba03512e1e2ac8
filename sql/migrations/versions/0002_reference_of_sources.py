"""Whether a source is a stock or a flow, and the reference day of a yearly stock

Revision ID: 0002
Revises: 0001
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | Sequence[str] | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column(
        "source",
        sa.Column("reference", sa.Text(), server_default="stock", nullable=False, comment="stock or flow"),
        schema="catalogue",
    )
    op.add_column(
        "source",
        sa.Column("reference_day", sa.Text(), nullable=True, comment="Reference day of a yearly stock, MM-DD"),
        schema="catalogue",
    )
