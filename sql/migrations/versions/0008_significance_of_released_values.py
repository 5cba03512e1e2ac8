"""Significance of released values: interval, comparison with the city, trend

Revision ID: 0008
Revises: 0007
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0008"
down_revision: str | Sequence[str] | None = "0007"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

COMPARED = ("hoeher", "niedriger", "nicht_unterscheidbar")
TREND = ("steigend", "fallend", "kein_trend")


def upgrade() -> None:
    for name, comment in (
        ("ci_lower", "Lower limit of the 95 % confidence interval"),
        ("ci_upper", "Upper limit of the 95 % confidence interval"),
    ):
        op.add_column("value", sa.Column(name, sa.Double(), nullable=True, comment=comment), schema="release")
    for name, words, comment in (
        ("compared", COMPARED, "Interval against the value of the city"),
        ("trend", TREND, "Trend over the five years that end with this one"),
    ):
        op.add_column("value", sa.Column(name, sa.Text(), nullable=True, comment=comment), schema="release")
        listed = ", ".join(f"'{w}'" for w in words)
        op.create_check_constraint(op.f(f"ck_value_{name}"), "value", f"{name} IN ({listed})", schema="release")
    op.create_check_constraint(
        op.f("ck_value_no_interval_where_withheld"),
        "value",
        "status = 'gueltig' OR num_nonnulls(ci_lower, ci_upper, compared, trend) = 0",
        schema="release",
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_value_no_interval_where_withheld"), "value", schema="release", type_="check")
    for name in ("compared", "trend"):
        op.drop_constraint(op.f(f"ck_value_{name}"), "value", schema="release", type_="check")
    for name in ("trend", "compared", "ci_upper", "ci_lower"):
        op.drop_column("value", name, schema="release")
