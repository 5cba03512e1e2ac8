"""Bounds of withheld counts: an agency's * is known to lie between 1 and 9

Revision ID: 0005
Revises: 0004
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0005"
down_revision: str | Sequence[str] | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    for name, word in (("at_least", "below"), ("at_most", "above")):
        op.add_column(
            "count",
            sa.Column(name, sa.Double(), nullable=True, comment=f"Of a value that is not known: not {word} this"),
            schema="warehouse",
        )
    op.create_check_constraint(
        op.f("ck_count_bounds_where_unknown"),
        "count",
        "(value IS NULL OR num_nonnulls(at_least, at_most) = 0) AND (at_least <= at_most) IS NOT FALSE",
        schema="warehouse",
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_count_bounds_where_unknown"), "count", schema="warehouse", type_="check")
    op.drop_column("count", "at_most", schema="warehouse")
    op.drop_column("count", "at_least", schema="warehouse")
