"""Counts without an index by measure that nothing but planning read, counts by unit without a second one by unit

Counts are read by delivery; keeping the index by measure and period took a quarter of the time of writing them. The
primary key of counts by unit begins with the unit.

Revision ID: 0011
Revises: 0010
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0011"
down_revision: str | Sequence[str] | None = "0010"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.drop_index("ix_count_measure_period", "count", schema="warehouse")
    op.drop_index("ix_unit_count_unit_id", "unit_count", schema="warehouse")


def downgrade() -> None:
    op.create_index("ix_unit_count_unit_id", "unit_count", ["unit_id"], schema="warehouse")
    op.create_index("ix_count_measure_period", "count", ["measure_id", "period"], schema="warehouse")
