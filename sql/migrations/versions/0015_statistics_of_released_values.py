"""Statistics of released values: 99.8 % limits, comparisons, changes, smoothed shares, trends

Revision ID: 0015
Revises: 0014
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0015"
down_revision: str | Sequence[str] | None = "0014"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

COMPARED = ("hoeher", "niedriger", "nicht_unterscheidbar")
TREND = ("steigend", "fallend", "kein_trend")
NOTES = ("unsicher", "geschaetzt", "saldo", "streuung", "bestand", "teile_fehlen", "mehr_faelle", "passt_nicht")
COLUMNS: tuple[tuple[str, sa.types.TypeEngine[object], str], ...] = (
    ("ci998_lower", sa.Double(), "Lower limit of the 99.8 % confidence interval"),
    ("ci998_upper", sa.Double(), "Upper limit of the 99.8 % confidence interval"),
    ("ci_note", sa.Text(), "Why there are no limits"),
    ("compared_rest", sa.Text(), "Difference to the city without the unit"),
    ("compared_parent", sa.Text(), "Interval against the value of the area above, unless that is the city"),
    ("p_value", sa.Double(), "Of the difference to the city without the unit"),
    ("p_adjusted", sa.Double(), "Benjamini-Hochberg over units of a level and indicators of a year"),
    ("shrunk", sa.Double(), "Share drawn towards the area around (logit, empirical Bayes), beside the counted one"),
    ("shrunk_to", sa.Integer(), "Area that the share is drawn to"),
    ("change_1", sa.Double(), "Change since one year before"),
    ("change_1_lower", sa.Double(), "Its lower limit, 95 %"),
    ("change_1_upper", sa.Double(), "Its upper limit, 95 %"),
    ("changed_1", sa.Text(), "What its interval says"),
    ("change_3", sa.Double(), "Change since three years before"),
    ("change_3_lower", sa.Double(), "Its lower limit, 95 %"),
    ("change_3_upper", sa.Double(), "Its upper limit, 95 %"),
    ("changed_3", sa.Text(), "What its interval says"),
    ("change_5", sa.Double(), "Change since five years before"),
    ("change_5_lower", sa.Double(), "Its lower limit, 95 %"),
    ("change_5_upper", sa.Double(), "Its upper limit, 95 %"),
    ("changed_5", sa.Text(), "What its interval says"),
)
WORDS = {name: COMPARED for name in ("compared_rest", "compared_parent", "changed_1", "changed_3", "changed_5")} | {
    "ci_note": NOTES
}
NOTHING = "nothing_derived_where_withheld"


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(f"'{w}'" for w in words)


def upgrade() -> None:
    for name, kind, comment in COLUMNS:
        op.add_column("value", sa.Column(name, kind, nullable=True, comment=comment), schema="release")
    for name, words in WORDS.items():
        op.create_check_constraint(op.f(f"ck_value_{name}"), "value", f"{name} IN ({_listed(words)})", schema="release")
    numbers = ", ".join(name for name, _, _ in COLUMNS if name != "ci_note")
    op.create_check_constraint(
        op.f(f"ck_value_{NOTHING}"), "value", f"status = 'gueltig' OR num_nonnulls({numbers}) = 0", schema="release"
    )
    op.create_foreign_key(
        op.f("fk_value_shrunk_to"),
        "value",
        "unit",
        ["shrunk_to"],
        ["id"],
        source_schema="release",
        referent_schema="geo",
    )
    op.create_table(
        "trend",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False, comment="Published as trend_id"),
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("indicator_id", sa.Integer(), nullable=False),
        sa.Column("group_code", sa.Text(), nullable=False),
        sa.Column("first_period", sa.Text(), nullable=False),
        sa.Column("last_period", sa.Text(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False, comment="Yearly values that the trend rests on"),
        sa.Column("slope", sa.Double(), nullable=False, comment="Weighted straight line: indicator's unit a year"),
        sa.Column("slope_lower", sa.Double(), nullable=False, comment="Its lower limit, 95 %"),
        sa.Column("slope_upper", sa.Double(), nullable=False, comment="Its upper limit, 95 %"),
        sa.Column(
            "direction", sa.Text(), nullable=False, comment="By the test at 99.8 % and all fits without one year"
        ),
        sa.Column("chi2", sa.Double(), nullable=False, comment="Of the test for trend, one degree of freedom"),
        sa.Column("p_value", sa.Double(), nullable=False),
        sa.Column(
            "p_adjusted",
            sa.Double(),
            nullable=False,
            comment="Benjamini-Hochberg over units of a level and indicators with the same last year",
        ),
        sa.CheckConstraint(f"direction IN ({_listed(TREND)})", name=op.f("ck_trend_direction")),
        sa.ForeignKeyConstraint(["edition_id"], ["release.edition.id"], name=op.f("fk_trend_edition_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["geo.unit.id"], name=op.f("fk_trend_unit_id")),
        sa.ForeignKeyConstraint(["indicator_id"], ["catalogue.indicator.id"], name=op.f("fk_trend_indicator_id")),
        sa.ForeignKeyConstraint(["first_period"], ["warehouse.period.code"], name=op.f("fk_trend_first_period")),
        sa.ForeignKeyConstraint(["last_period"], ["warehouse.period.code"], name=op.f("fk_trend_last_period")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trend")),
        schema="release",
        comment="Trends by edition (append-only)",
    )
    op.create_index(
        "uq_trend_cell", "trend", ["edition_id", "unit_id", "indicator_id", "group_code", "last_period"],
        unique=True, schema="release",
    )  # fmt: skip


def downgrade() -> None:
    op.drop_table("trend", schema="release")
    op.drop_constraint(op.f("fk_value_shrunk_to"), "value", schema="release", type_="foreignkey")
    for name in (NOTHING, *WORDS):
        op.drop_constraint(op.f(f"ck_value_{name}"), "value", schema="release", type_="check")
    for name, _, _ in reversed(COLUMNS):
        op.drop_column("value", name, schema="release")
