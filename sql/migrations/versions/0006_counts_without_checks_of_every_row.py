"""Counts and computed values without foreign keys of every row; what indicators rest on, for the threshold

A foreign key locks the row that it refers to, for each of the 15,000 counts of a delivery the same few rows: more than
half of the time that counting took. The check counts_refer_to_known asks the same question once.

Revision ID: 0006
Revises: 0005
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | Sequence[str] | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

DROPPED = (
    ("count", "delivery_id", "intake.delivery.id", "CASCADE"),
    ("count", "measure_id", "catalogue.measure.id", None),
    ("unit_count", "measure_id", "catalogue.measure.id", None),
    ("unit_count", "period", "warehouse.period.code", None),
    ("indicator_value", "indicator_id", "catalogue.indicator.id", None),
    ("indicator_value", "period", "warehouse.period.code", None),
)
ADDED = (
    ("smallest_agency", "Smallest count from files that withhold small counts of their own"),
    ("smallest_base", "Denominator, where it is made of persons or cases"),
)


def upgrade() -> None:
    for table, column, _, _ in DROPPED:
        op.drop_constraint(op.f(f"fk_{table}_{column}"), table, schema="warehouse", type_="foreignkey")
    for name, comment in ADDED:
        op.add_column(
            "indicator_value", sa.Column(name, sa.Double(), nullable=True, comment=comment), schema="warehouse"
        )


def downgrade() -> None:
    for name, _ in ADDED:
        op.drop_column("indicator_value", name, schema="warehouse")
    for table, column, target, on_delete in DROPPED:
        schema, referred, key = target.split(".")
        op.create_foreign_key(
            op.f(f"fk_{table}_{column}"), table, referred, [column], [key],
            source_schema="warehouse", referent_schema=schema, ondelete=on_delete,
        )  # fmt: skip
